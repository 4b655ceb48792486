//! What servers say of TLS.

use sitec_runtime::site::{Group, Suite, TlsId};

use super::{Fact, Facts, action, details, plain_facts};
use crate::directive::Values;
use crate::ir::{self, StartText};
use crate::wording;

impl Facts<'_> {
    /// What a server says of TLS; nothing of one without.
    pub(super) fn of_tls(self, id: Option<TlsId>) -> Vec<Fact> {
        let tls = id.map(|id| &self.site.tls[usize::from(id)]);
        let path = |text: &StartText| wording::start_text(self.site, text);
        let file = |text: Option<&StartText>| text.map_or_else(String::new, path);
        let Some(ir::Tls { plain, certificates, stapling, ticket_keys, suites, groups, clients }) =
            tls
        else {
            return Vec::new();
        };
        let chains = certificates.iter().map(|ir::Certificate { chain, .. }| path(chain));
        let keys = certificates.iter().map(|ir::Certificate { key, .. }| path(key));
        let passwords = certificates.iter().find_map(|it| it.passwords.as_ref());
        let fetched = certificates.iter().map(|certificate| self.of_fetched(certificate));
        let fetched: Vec<_> = fetched.filter(|text| !text.is_empty()).collect();
        let suites: Vec<_> = suites.iter().map(|suite: &Suite| suite.name()).collect();
        let groups: Vec<_> = groups.iter().map(|group: &Group| group.names()[0]).collect();
        let (authorities, trusted, revoked) = match clients {
            Some(ir::Clients { authorities, trusted, revoked }) => {
                (authorities.as_ref(), trusted.as_ref(), revoked.as_ref())
            }
            None => (None, None, None),
        };
        let files = details([
            ("ssl_certificate", chains.collect::<Vec<_>>().join(", ")),
            ("ssl_certificate_key", keys.collect::<Vec<_>>().join(", ")),
            ("ssl_password_file", file(passwords)),
            ("acme_certificate", fetched.join(", ")),
            ("ssl_ciphers", suites.join(":")),
            ("ssl_ecdh_curve", groups.join(":")),
            ("ssl_stapling_file", file(stapling.as_ref())),
            ("ssl_session_ticket_key", ticket_keys.iter().map(path).collect::<Vec<_>>().join(", ")),
            ("ssl_client_certificate", file(authorities)),
            ("ssl_trusted_certificate", file(trusted)),
            ("ssl_crl", file(revoked)),
        ]);
        let values = Values { tls: *plain, ..Values::DEFAULT };
        let speaks = action("listen", "ssl".to_owned());
        plain_facts("tls", &values).chain(files).chain([speaks]).collect()
    }

    /// Who issues a certificate, and for what; nothing where it is not fetched.
    fn of_fetched(&self, certificate: &ir::Certificate) -> String {
        let ir::Certificate { chain, key, is_fetched: _, passwords: _ } = certificate;
        let found = self.site.fetched.iter().find(|it| it.chain == *chain && it.key == *key);
        let Some(ir::Fetched { issuer, names, key_type, chain: _, key: _ }) = found else {
            return String::new();
        };
        let ir::Issuer {
            name,
            uri,
            contacts,
            accepts_terms,
            state,
            account_key,
            trusted,
            external,
            challenge,
            profile,
        } = &self.site.issuers[*issuer];
        let text = |text: &StartText| wording::start_text(self.site, text);
        let names: Vec<_> = names.iter().map(text).collect();
        let mut words = vec![name.clone(), names.join(" "), format!("key={}", key_type.name())];
        words.push(format!("uri {}", text(uri)));
        words.push(format!("challenge {}", challenge.name()));
        words.push(format!("state_path {}", text(state)));
        words.extend(contacts.iter().map(|contact| format!("contact {contact}")));
        words.extend(accepts_terms.then(|| "accept_terms_of_service".to_owned()));
        words.extend(account_key.iter().map(|key| format!("account_key {}", text(key))));
        words.extend(trusted.iter().map(|it| format!("ssl_trusted_certificate {}", text(it))));
        words.extend(external.iter().map(|(id, _)| format!("external_account_key {id}")));
        words.extend(profile.iter().map(|profile| format!("profile {profile}")));
        words.join(" ")
    }
}
