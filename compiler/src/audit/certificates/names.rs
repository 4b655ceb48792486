//! Whether certificates are for the names of the servers that show them.

use std::net::IpAddr;

use sitec_runtime::site::ServerId;

use super::Look;
use super::files::File;
use crate::ast::Word;
use crate::certificates::Certificate;
use crate::ir::{Listen, ServerNames};
use crate::source::Span;

/// The most names that a message names.
const MOST_SHOWN: usize = 3;

impl Look<'_, '_> {
    /// That each certificate of a server is for each of its names.
    pub(super) fn check_names(&mut self, id: ServerId, shown: &[(File<'_>, (Span, Span))]) {
        let names = self.names(id);
        for (file, places) in shown {
            let Some(Some(chain)) = self.chains.get(places) else { continue };
            let leaf = &chain[0];
            let missing: Vec<_> = names.iter().filter(|name| !is_covered(leaf, name)).collect();
            let Some(first) = missing.first() else { continue };
            let listed: Vec<_> =
                missing.iter().take(MOST_SHOWN).map(|name| format!("`{name}`")).collect();
            let more = match missing.len().saturating_sub(MOST_SHOWN) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let name = file.shown(self.subject);
            let message = format!("`{name}` is not for {}{more}", listed.join(", "));
            let own = leaf.names.iter().cloned();
            let own: Vec<_> = own.chain(leaf.addresses.iter().map(IpAddr::to_string)).collect();
            let note = match own.is_empty() {
                true => "it is for no name: common names count for nothing".to_owned(),
                false => format!("it is for `{}`", own.join("`, `")),
            };
            let word = self.name_word(id, first);
            self.doubtful(file, "S03", message, |it| {
                let it = it.label("clients that ask for such a name refuse it").note(note);
                let it =
                    word.into_iter().fold(it, |it, span| it.also(span, "a name of the server"));
                it.help("have one made for it, or show another one in a `server` of its own")
            });
        }
    }

    /// The names that clients may ask a server for over TLS: whole ones, and those beneath one as
    /// `*.NAME`.
    fn names(&self, id: ServerId) -> Vec<String> {
        let mut names = Vec::new();
        for Listen { tls, names: ServerNames { exact, suffix, .. }, .. } in
            &self.subject.site.listens
        {
            if !tls {
                continue;
            }
            let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
            let own = |(name, server): &&(Vec<u8>, ServerId)| *server == id && is_meant(name);
            names.extend(exact.iter().filter(own).map(|(name, _)| text(name)));
            names.extend(suffix.iter().filter(own).map(|(name, _)| format!("*{}", text(name))));
        }
        names.sort();
        names.dedup();
        names
    }

    /// Where a name of a server is written.
    fn name_word(&self, id: ServerId, name: &str) -> Option<Span> {
        let words = self.subject.all_of_server(id, "server_name").into_iter();
        let words: Vec<&Word> = words.flat_map(|directive| &directive.args).collect();
        let is_it = |word: &&&Word| {
            let written = word.shown().to_ascii_lowercase();
            written == name
                || written.trim_start_matches(['*', '.']) == name.trim_start_matches("*.")
        };
        words.iter().find(is_it).map(|word| word.span)
    }
}

/// Whether a name is one that clients ask for, and does not stand for nobody.
fn is_meant(name: &[u8]) -> bool {
    name.contains(&b'.') || name == b"localhost"
}

/// Whether a certificate is for a name; of one with a star, for those with one label more.
fn is_covered(certificate: &Certificate, name: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(_) => certificate.names.iter().any(|other| other == name),
        None => certificate.covers(name),
    }
}
