//! `secure_link`, `secure_link_md5` and `secure_link_secret`: links that only who knows a secret can make.

use super::groups::Groups;
use super::reader::Reader;
use crate::ast::{Directive, named};
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Value};
use crate::source::Span;

/// The directives in one context, inherited ones included.
#[derive(Clone, Default)]
pub(super) struct Links {
    /// What a link says of itself.
    link: Option<Value>,
    /// What its digest is of.
    hashed: Option<Value>,
    /// `secure_link_secret`.
    secret: Option<Vec<u8>>,
}

impl Links {
    /// Takes those among the directives of a context.
    pub(super) fn set(
        &mut self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
    ) {
        let first = |name| named(directives, name).next();
        let pair =
            [("secure_link", first("secure_link")), ("secure_link_md5", first("secure_link_md5"))];
        if let Some(secret) = first("secure_link_secret") {
            if let Some((name, other)) = pair.iter().find_map(|(name, it)| it.map(|it| (name, it)))
            {
                reader.diagnostics.push(mixed(name, secret.span(), other.span()));
            }
            let word = &secret.args[0];
            if word.value.is_empty() {
                reader.diagnostics.push(
                    Diagnostic::warning("A15", word.span, "anybody knows this secret")
                        .help("write a long one, which no client is told"),
                );
            }
            // What stands around it does not hold any more.
            *self = Links { link: None, hashed: None, secret: Some(word.value.clone()) };
            return;
        }
        for ((_, directive), value) in pair.iter().zip([&mut self.link, &mut self.hashed]) {
            let Some(directive) = directive else { continue };
            let read = reader.value(&directive.args[0], 0, groups);
            if let Some(read) = reader.report(read) {
                *value = Some(read);
                self.secret = None;
            }
        }
    }

    /// What they come to: of the pair, one says nothing without the other.
    pub(super) fn resolved(&self) -> Option<ir::SecureLink> {
        match (&self.link, &self.hashed, &self.secret) {
            (Some(link), Some(hashed), _) => {
                Some(ir::SecureLink::Pair { link: link.clone(), hashed: hashed.clone() })
            }
            (_, _, Some(secret)) => Some(ir::SecureLink::Secret(secret.clone())),
            _ => None,
        }
    }
}

fn mixed(name: &str, secret: Span, other: Span) -> Diagnostic {
    let (first, second) = if secret < other { (secret, other) } else { (other, secret) };
    let message = format!("`secure_link_secret` and `{name}` exclude each other");
    Diagnostic::error("A13", second, message)
        .also(first, "the other one")
        .help("keep `secure_link` and `secure_link_md5`: such links can expire")
}
