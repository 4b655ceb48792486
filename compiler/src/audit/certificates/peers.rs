//! Keys and certificates by which this server is a client of others.

use sitec_runtime::site::LocationId;

use super::files::File;
use super::{Look, Pair};
use crate::ir::{StartText, TlsPeer, Wire};

impl<'a> Look<'a, '_> {
    pub(super) fn at_location(&mut self, id: LocationId, peer: &'a TlsPeer) {
        let TlsPeer { plain: _, suites: _, certificate, trusted, revoked, is_http2: _ } = peer;
        if let Some(own) = certificate {
            let chain =
                self.named(id, ["proxy_ssl_certificate", "grpc_ssl_certificate"], &own.chain);
            let key = ["proxy_ssl_certificate_key", "grpc_ssl_certificate_key"];
            let key = self.named(id, key, &own.key);
            let passwords = own.passwords.as_ref().and_then(|text| {
                self.named(id, ["proxy_ssl_password_file", "grpc_ssl_password_file"], text)
            });
            if let (Some(chain), Some(key)) = (chain, key) {
                self.shown_pair(Pair { chain, key, passwords });
            }
        }
        for (names, text) in [
            (["proxy_ssl_trusted_certificate", "grpc_ssl_trusted_certificate"], trusted),
            (["proxy_ssl_crl", "grpc_ssl_crl"], revoked),
        ] {
            let file = text.as_ref().and_then(|text| self.named(id, names, text));
            if let Some(file) = file {
                self.other_file(names[0], &file);
            }
        }
    }

    /// A file that a directive names which holds for a location: that of the protocol which it passes on in.
    fn named(&self, id: LocationId, names: [&str; 2], text: &'a StartText) -> Option<File<'a>> {
        let proxy = self.subject.site.locations[id as usize].action.proxy();
        let is_grpc = proxy.is_some_and(|proxy| proxy.wire == Wire::Grpc);
        let directive = self.subject.nearest(id, &[names[usize::from(is_grpc)]])?;
        Some(File { text, span: directive.args.first()?.span })
    }
}
