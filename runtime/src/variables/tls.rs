//! What TLS tells of a connection. All of it is absent where none is spoken.

use super::offered::{GROUPS, SUITES, write_names};
use super::{Variables, write_some};
use crate::site::{Agreed, ClientValue, ClientVerdict};

/// What the two sides have agreed on.
impl Variables<'_> {
    /// `$ssl_protocol`.
    pub fn ssl_protocol(&self, out: &mut Vec<u8>) -> bool {
        self.write_agreed(|agreed| agreed.protocol.as_bytes(), out)
    }

    /// `$ssl_cipher`.
    pub fn ssl_cipher(&self, out: &mut Vec<u8>) -> bool {
        self.write_agreed(|agreed| agreed.cipher.as_bytes(), out)
    }

    /// `$ssl_curve`.
    pub fn ssl_curve(&self, out: &mut Vec<u8>) -> bool {
        self.write_agreed(|agreed| agreed.group.as_bytes(), out)
    }

    /// `$ssl_ciphers`: the cipher suites that the client offers.
    pub fn ssl_ciphers(&self, out: &mut Vec<u8>) -> bool {
        let offered = self.connection.agreed().map(|agreed| &agreed.offered);
        let offered = offered.filter(|offered| !offered.suites.is_empty());
        offered.map(|offered| write_names(&offered.suites, SUITES, out)).is_some()
    }

    /// `$ssl_curves`: the groups that it offers.
    pub fn ssl_curves(&self, out: &mut Vec<u8>) -> bool {
        let offered = self.connection.agreed().map(|agreed| &agreed.offered);
        let offered = offered.filter(|offered| !offered.groups.is_empty());
        offered.map(|offered| write_names(&offered.groups, GROUPS, out)).is_some()
    }

    /// `$ssl_server_name`: the name that the client has asked for.
    pub fn ssl_server_name(&self, out: &mut Vec<u8>) -> bool {
        self.write_agreed(|agreed| &agreed.name, out)
    }

    /// `$ssl_session_reused`: `r` or `.`.
    pub fn ssl_session_reused(&self, out: &mut Vec<u8>) -> bool {
        self.write_agreed(|agreed| if agreed.resumed { b"r" } else { b"." }, out)
    }

    /// `$ssl_alpn_protocol`.
    pub fn ssl_alpn_protocol(&self, out: &mut Vec<u8>) -> bool {
        self.write_agreed(|agreed| agreed.alpn, out)
    }

    /// `$ssl_early_data`: no request comes before a handshake is over.
    pub fn ssl_early_data(&self, _out: &mut Vec<u8>) -> bool {
        false
    }

    /// Appends what is not empty.
    fn write_agreed(&self, part: impl FnOnce(&Agreed) -> &[u8], out: &mut Vec<u8>) -> bool {
        let part = self.connection.agreed().map(part);
        write_some(part.filter(|part| !part.is_empty()), out)
    }
}

/// The client's certificate.
impl Variables<'_> {
    /// `$ssl_client_verify`: `SUCCESS`, `FAILED:` and a reason, or `NONE`.
    pub fn ssl_client_verify(&self, out: &mut Vec<u8>) -> bool {
        let Some(agreed) = self.connection.agreed() else { return false };
        match agreed.client {
            ClientVerdict::None => out.extend_from_slice(b"NONE"),
            ClientVerdict::Good => out.extend_from_slice(b"SUCCESS"),
            ClientVerdict::Bad { reason, .. } => {
                out.extend_from_slice(b"FAILED:");
                out.extend_from_slice(reason.as_bytes());
            }
        }
        true
    }

    /// `$ssl_client_cert`.
    pub fn ssl_client_cert(&self, out: &mut Vec<u8>) -> bool {
        self.write_client(ClientValue::Cert, out)
    }

    /// `$ssl_client_raw_cert`.
    pub fn ssl_client_raw_cert(&self, out: &mut Vec<u8>) -> bool {
        self.write_client(ClientValue::RawCert, out)
    }

    /// `$ssl_client_escaped_cert`.
    pub fn ssl_client_escaped_cert(&self, out: &mut Vec<u8>) -> bool {
        self.write_client(ClientValue::EscapedCert, out)
    }

    /// `$ssl_client_fingerprint`.
    pub fn ssl_client_fingerprint(&self, out: &mut Vec<u8>) -> bool {
        self.write_client(ClientValue::Fingerprint, out)
    }

    /// `$ssl_client_i_dn`.
    pub fn ssl_client_i_dn(&self, out: &mut Vec<u8>) -> bool {
        self.write_client(ClientValue::Issuer, out)
    }

    /// `$ssl_client_s_dn`.
    pub fn ssl_client_s_dn(&self, out: &mut Vec<u8>) -> bool {
        self.write_client(ClientValue::Subject, out)
    }

    /// `$ssl_client_i_dn_legacy`.
    pub fn ssl_client_i_dn_legacy(&self, out: &mut Vec<u8>) -> bool {
        self.write_client(ClientValue::LegacyIssuer, out)
    }

    /// `$ssl_client_s_dn_legacy`.
    pub fn ssl_client_s_dn_legacy(&self, out: &mut Vec<u8>) -> bool {
        self.write_client(ClientValue::LegacySubject, out)
    }

    /// `$ssl_client_serial`.
    pub fn ssl_client_serial(&self, out: &mut Vec<u8>) -> bool {
        self.write_client(ClientValue::Serial, out)
    }

    /// `$ssl_client_v_start`.
    pub fn ssl_client_v_start(&self, out: &mut Vec<u8>) -> bool {
        self.write_client(ClientValue::ValidFrom, out)
    }

    /// `$ssl_client_v_end`.
    pub fn ssl_client_v_end(&self, out: &mut Vec<u8>) -> bool {
        self.write_client(ClientValue::ValidUntil, out)
    }

    /// `$ssl_client_v_remain`: days.
    pub fn ssl_client_v_remain(&self, out: &mut Vec<u8>) -> bool {
        self.write_client(ClientValue::DaysLeft, out)
    }

    fn write_client(&self, which: ClientValue, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        self.connection.write_client(which, out);
        out.len() > start
    }
}
