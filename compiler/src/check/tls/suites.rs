//! `ssl_ciphers`: a list as OpenSSL reads it, over the suites that there are.

use sitec_runtime::site::Suite::{self, *};

/// Why others are not there.
pub(super) const LACKING: &str = "rustls has no suite without forward secrecy (RSA), with finite-field \
    Diffie-Hellman (DHE), or in CBC mode";

/// The suites in the order that OpenSSL has them in.
const ALL: [Suite; 6] = [
    EcdheEcdsaAes256GcmSha384,
    EcdheRsaAes256GcmSha384,
    EcdheEcdsaChacha20Poly1305,
    EcdheRsaChacha20Poly1305,
    EcdheEcdsaAes128GcmSha256,
    EcdheRsaAes128GcmSha256,
];

/// The suites of a list, the preferred ones first. As in OpenSSL, a name that is not known stands
/// for none.
pub(super) fn suites(list: &str) -> Vec<Suite> {
    // What is on, and what is off and may come on again: as OpenSSL has them, in one order.
    let (mut on, mut off) = (Vec::new(), ALL.to_vec());
    let mut rules = list.split([':', ',', ';', ' ']).filter(|rule| !rule.is_empty()).peekable();
    if rules.next_if_eq(&"DEFAULT").is_some() {
        on.append(&mut off);
    }
    for rule in rules {
        let (sign, name) = match rule.as_bytes()[0] {
            sign @ (b'!' | b'-' | b'+') => (Some(sign), &rule[1..]),
            _ => (None, rule),
        };
        match (sign, name) {
            (None, "@STRENGTH") => on.sort_by_key(|suite| !has(*suite, "256")),
            (None, command) if command.starts_with('@') => {}
            (None, _) => on.extend(off.extract_if(.., |suite| fits(*suite, name))),
            (Some(b'+'), _) => {
                let last: Vec<_> = on.extract_if(.., |suite| fits(*suite, name)).collect();
                on.extend(last);
            }
            (Some(b'-'), _) => {
                let mut gone: Vec<_> = on.extract_if(.., |suite| fits(*suite, name)).collect();
                gone.append(&mut off);
                off = gone;
            }
            (Some(_), _) => {
                on.retain(|suite| !fits(*suite, name));
                off.retain(|suite| !fits(*suite, name));
            }
        }
    }
    on
}

/// Whether a suite is one of a group, or of all groups with a `+` between.
fn fits(suite: Suite, name: &str) -> bool {
    name.split('+').all(|part| is_in(suite, part))
}

/// Whether a suite has this name, or is of this group.
fn is_in(suite: Suite, name: &str) -> bool {
    match name {
        "ALL" | "HIGH" | "TLSv1.2" => true,
        "ECDH" | "ECDHE" | "EECDH" | "kECDHE" | "kEECDH" => true,
        "ECDSA" | "aECDSA" => has(suite, "ECDSA"),
        "aRSA" => has(suite, "RSA"),
        "AES" | "AESGCM" | "FIPS" => has(suite, "GCM"),
        "AES128" => has(suite, "AES128"),
        "AES256" => has(suite, "AES256"),
        "CHACHA20" => has(suite, "CHACHA20"),
        _ => suite.name() == name,
    }
}

/// Whether a suite's name has such a part. ChaCha20 has keys of 256 bits.
fn has(suite: Suite, part: &str) -> bool {
    let mut parts = suite.name().split('-');
    match part {
        "256" => !has(suite, "AES128"),
        _ => parts.any(|it| it == part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The suites as letters: `E` or `R` for the key, and what encrypts.
    fn short(list: &str) -> String {
        let names = suites(list).into_iter().map(|suite| {
            let parts: Vec<_> = suite.name().split('-').collect();
            let cipher = parts[2].replace("AES", "").replace("CHACHA20", "C");
            format!("{}{cipher}", if parts[1] == "RSA" { "R" } else { "E" })
        });
        names.collect::<Vec<_>>().join(" ")
    }

    /// What `openssl ciphers -s -tls1_2 LIST` of OpenSSL 3.0 says, as far as there are such suites.
    #[test]
    fn as_openssl_has_it() {
        let all = "E256 R256 EC RC E128 R128";
        for (list, expected) in [
            ("HIGH:!aNULL:!MD5", all),
            ("DEFAULT", all),
            ("DEFAULT:!RSA", all),
            ("ALL:!DEFAULT", all),
            ("ALL:+HIGH", all),
            ("RC4:HIGH:!aNULL", all),
            ("HIGH,!aNULL", all),
            ("@SECLEVEL=2:ECDHE", all),
            ("EECDH", all),
            ("TLSv1.2", all),
            ("EECDH+AESGCM:EDH+AESGCM", "E256 R256 E128 R128"),
            ("EECDH+aRSA+AESGCM", "R256 R128"),
            ("HIGH !CHACHA20", "E256 R256 E128 R128"),
            ("AES128:AES256:@STRENGTH", "E256 R256 E128 R128"),
            ("AES128:CHACHA20:AES256:@STRENGTH", "EC RC E256 R256 E128 R128"),
            ("ECDHE-RSA-AES128-GCM-SHA256:ALL:!ECDSA", "R128 R256 RC"),
            ("ALL:-AES:AES256", "EC RC E256 R256"),
            ("ALL;!AES", "EC RC"),
            ("!ECDSA:ALL", "R256 RC R128"),
            ("ECDHE+AESGCM:ECDHE+CHACHA20:-ECDSA:ECDSA", "R256 R128 RC E256 E128 EC"),
            ("HIGH:+AES256", "EC RC E128 R128 E256 R256"),
            ("CHACHA20:HIGH:+CHACHA20", "E256 R256 E128 R128 EC RC"),
            ("FIPS", "E256 R256 E128 R128"),
            ("HIGH:!SHA1:!SHA256:!SHA384", all),
            ("ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:AES256-SHA", "R128"),
            ("RSA", ""),
            ("SHA384", ""),
            ("SSLv3", ""),
            ("TLS_AES_128_GCM_SHA256", ""),
            ("high", ""),
            ("kRSA:DHE", ""),
        ] {
            assert_eq!(short(list), expected, "{list}");
        }
    }
}
