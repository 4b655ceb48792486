//! What all protocols say of a connection to another server: where it comes from, and how fast it is
//! read.

use std::net::{IpAddr, SocketAddr};

use crate::ast::{Directive, Word};
use crate::check::groups::Groups;
use crate::check::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::ir::{Amount, Value};
use crate::value::Checked;

/// `proxy_bind` and `proxy_limit_rate`, or those of another protocol.
#[derive(Clone, Default)]
pub(in crate::check) struct Line {
    local: Option<Value>,
    rate: Option<Amount>,
}

impl Line {
    /// Takes those among these directives whose names begin with `front`.
    pub(in crate::check) fn set(
        &mut self,
        front: &str,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
    ) {
        for directive in directives {
            let name = directive.name.text().and_then(|name| name.strip_prefix(front));
            match name {
                Some("_bind") => {
                    let local = reader.local_address(directive, groups);
                    self.local = reader.report(local).flatten();
                }
                Some("_limit_rate") => {
                    let rate = reader.amount(directive, groups);
                    self.rate = reader.report(rate).filter(|rate| *rate != Amount::Fixed(0));
                }
                _ => {}
            }
        }
    }

    /// Where connections come from.
    pub(in crate::check) fn local(&self) -> Option<Value> {
        self.local.clone()
    }

    /// How fast answers are read.
    pub(in crate::check) fn rate(&self) -> Option<Amount> {
        self.rate.clone()
    }
}

impl Reader<'_> {
    /// The address of a `proxy_bind`; `None`: it is the system's to choose.
    fn local_address(&mut self, directive: &Directive, groups: &Groups) -> Checked<Option<Value>> {
        let [word, rest @ ..] = &directive.args[..] else {
            unreachable!("the structure is checked")
        };
        if let Some(word) = rest.first() {
            return Err(no_parameter(directive, word));
        }
        if word.value == b"off" {
            return Ok(None);
        }
        let value = self.value(word, 0, groups)?;
        if let Some(text) = value.literal() {
            let text = String::from_utf8_lossy(text);
            let bare = text.trim_matches(['[', ']']);
            if bare.parse::<IpAddr>().is_err() && text.parse::<SocketAddr>().is_err() {
                let message = format!("`{text}` is not an address");
                return Err(Box::new(
                    Diagnostic::error("T07", word.span, message)
                        .help("name one that this machine has, as `192.0.2.1`, or `off`"),
                ));
            }
        }
        Ok(Some(value))
    }
}

fn no_parameter(directive: &Directive, word: &Word) -> Box<Diagnostic> {
    let name = directive.name.shown();
    if word.value == b"transparent" {
        return Box::new(
            Diagnostic::error("D14", word.span, "nginx's `transparent` is not supported")
                .label("the server would send from addresses that are not its own")
                .note("that takes root for as long as it runs, and routes of the system's (TPROXY)")
                .help("tell the other server who the client is: `proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;`"),
        );
    }
    let message = format!("`{name}` has no parameter `{}`", word.shown());
    Box::new(Diagnostic::error("T25", word.span, message).help(format!("write `{name} ADDRESS;`")))
}
