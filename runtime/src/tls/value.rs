//! What a client's certificate says, as variables tell it: in nginx's forms, which are OpenSSL's.

use std::fmt::Write as _;

use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha1::{Digest as _, Sha1};
use x509_parser::asn1_rs::Tag;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::time::ASN1Time;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use crate::clock::MONTHS;
use crate::site::ClientValue;

/// A line of PEM has so many characters (RFC 7468, 2).
const LINE_LEN: usize = 64;
/// What is escaped in a component of a URL (RFC 3986, 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const DAY_S: i64 = 86_400;

/// Appends a value of a certificate, which is in DER; nothing where it cannot be read.
pub(super) fn write(der: &[u8], which: ClientValue, out: &mut Vec<u8>) {
    match which {
        ClientValue::RawCert => return out.extend_from_slice(pem(der).as_bytes()),
        ClientValue::Cert => {
            // Further lines of a field begin with white space.
            let text = pem(der).trim_end().replace('\n', "\n\t");
            return out.extend_from_slice(text.as_bytes());
        }
        ClientValue::EscapedCert => {
            let text = pem(der);
            let escaped = percent_encode(text.as_bytes(), RESERVED);
            return escaped.for_each(|piece| out.extend_from_slice(piece.as_bytes()));
        }
        ClientValue::Fingerprint => {
            return out.extend_from_slice(HEXLOWER.encode(&Sha1::digest(der)).as_bytes());
        }
        _ => {}
    }
    let Ok((_, certificate)) = X509Certificate::from_der(der) else { return };
    let validity = certificate.validity();
    let text = match which {
        ClientValue::Issuer => name(certificate.issuer()),
        ClientValue::Subject => name(certificate.subject()),
        ClientValue::LegacyIssuer => legacy_name(certificate.issuer()),
        ClientValue::LegacySubject => legacy_name(certificate.subject()),
        ClientValue::Serial => serial(certificate.raw_serial()),
        ClientValue::ValidFrom => time(validity.not_before),
        ClientValue::ValidUntil => time(validity.not_after),
        ClientValue::DaysLeft => {
            let left_s = validity.not_after.timestamp() - ASN1Time::now().timestamp();
            left_s.max(0).div_euclid(DAY_S).to_string()
        }
        ClientValue::RawCert
        | ClientValue::Cert
        | ClientValue::EscapedCert
        | ClientValue::Fingerprint => String::new(),
    };
    out.extend_from_slice(text.as_bytes());
}

/// A certificate in PEM.
fn pem(der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in text.as_bytes().chunks(LINE_LEN) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

/// A number in hex, without the zero that only says that it is positive.
fn serial(raw: &[u8]) -> String {
    let first = raw.iter().position(|byte| *byte != 0).unwrap_or(raw.len().saturating_sub(1));
    HEXUPPER.encode(&raw[first..])
}

/// A time like `Jan  2 15:04:05 2026 GMT`.
fn time(time: ASN1Time) -> String {
    let time = time.to_datetime();
    format!(
        "{} {:>2} {:02}:{:02}:{:02} {} GMT",
        MONTHS[usize::from(u8::from(time.month())) - 1],
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.year()
    )
}

/// A name by RFC 2253: the last part first, and what is not printable in hex.
fn name(name: &X509Name<'_>) -> String {
    let mut out = String::new();
    let parts: Vec<_> = name.iter_rdn().collect();
    for (index, part) in parts.into_iter().rev().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let attributes: Vec<_> = part.iter().collect();
        for (index, attribute) in attributes.into_iter().rev().enumerate() {
            if index > 0 {
                out.push('+');
            }
            write_attribute(attribute, &mut out);
        }
    }
    out
}

fn write_attribute(attribute: &AttributeTypeAndValue<'_>, out: &mut String) {
    let oid = attribute.attr_type().to_id_string();
    match (short_name(&oid), text(attribute)) {
        (Some(short), Some(text)) => {
            let _ = write!(out, "{short}=");
            write_escaped(text.as_bytes(), out);
        }
        // What has no name is shown as it is encoded (RFC 2253, 2.4).
        (short, _) => {
            let value = attribute.attr_value();
            let der = [&[value.header.tag().0 as u8, value.data.len() as u8], value.data].concat();
            let _ = write!(out, "{}=#{}", short.unwrap_or(&oid), HEXUPPER.encode(&der));
        }
    }
}

/// Escapes a value (RFC 2253, 2.4).
fn write_escaped(text: &[u8], out: &mut String) {
    for (index, byte) in text.iter().enumerate() {
        let is_first = index == 0;
        let is_last = index + 1 == text.len();
        match byte {
            b',' | b'+' | b'"' | b'\\' | b'<' | b'>' | b';' => {
                let _ = write!(out, "\\{}", *byte as char);
            }
            b'#' | b' ' if is_first => {
                let _ = write!(out, "\\{}", *byte as char);
            }
            b' ' if is_last => out.push_str("\\ "),
            b' '..=b'~' => out.push(*byte as char),
            _ => {
                let _ = write!(out, "\\{byte:02X}");
            }
        }
    }
}

/// A name as OpenSSL showed it once: the first part first, each behind a slash.
fn legacy_name(name: &X509Name<'_>) -> String {
    let mut out = String::new();
    for attribute in name.iter_attributes() {
        let oid = attribute.attr_type().to_id_string();
        let _ = write!(out, "/{}=", short_name(&oid).unwrap_or(&oid));
        for byte in attribute.attr_value().data {
            match byte {
                b' '..=b'~' => out.push(*byte as char),
                _ => {
                    let _ = write!(out, "\\x{byte:02X}");
                }
            }
        }
    }
    out
}

/// A value as text in UTF-8, where it is one.
fn text(attribute: &AttributeTypeAndValue<'_>) -> Option<String> {
    let value = attribute.attr_value();
    let data = value.data;
    match value.header.tag() {
        Tag::Utf8String => String::from_utf8(data.to_vec()).ok(),
        Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            data.is_ascii().then(|| String::from_utf8_lossy(data).into_owned())
        }
        // Taken for Latin 1, as by OpenSSL.
        Tag::T61String => Some(data.iter().map(|byte| *byte as char).collect()),
        Tag::BmpString => {
            let units = data.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        _ => None,
    }
}

/// OpenSSL's short names of what names are made of.
fn short_name(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "street",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "title",
        "2.5.4.13" => "description",
        "2.5.4.15" => "businessCategory",
        "2.5.4.17" => "postalCode",
        "2.5.4.41" => "name",
        "2.5.4.42" => "GN",
        "2.5.4.43" => "initials",
        "2.5.4.44" => "generationQualifier",
        "2.5.4.46" => "dnQualifier",
        "2.5.4.65" => "pseudonym",
        "2.5.4.97" => "organizationIdentifier",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "emailAddress",
        "1.2.840.113549.1.9.2" => "unstructuredName",
        "1.3.6.1.4.1.311.60.2.1.1" => "jurisdictionL",
        "1.3.6.1.4.1.311.60.2.1.2" => "jurisdictionST",
        "1.3.6.1.4.1.311.60.2.1.3" => "jurisdictionC",
        _ => return None,
    })
}
