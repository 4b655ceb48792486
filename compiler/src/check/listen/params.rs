//! Addresses with params in them.

use std::net::IpAddr;

use sitec_runtime::site::ParamKind;

use crate::ast::Word;
use crate::check::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::ir::{Address, StartPiece, StartText};
use crate::value::{self, Checked, Part};

/// What `host` says.
pub(super) enum Host {
    Ip(IpAddr),
    Param(StartText),
}

impl Reader<'_> {
    /// An address in which `${NAME}` is the whole, the port, the host, or part of a path.
    pub(super) fn address_with_params(
        &mut self,
        word: &Word,
        host: Option<&Host>,
    ) -> Checked<Address> {
        if word.value.starts_with(b"unix:") {
            return Ok(Address::Unix(self.params.start_text(word, 5, ParamKind::Path)?));
        }
        let kinds: &[ParamKind] = match &value::split(word, 0)?[..] {
            [Part::Name { .. }] if host.is_some() => &[ParamKind::Port],
            [Part::Name { .. }] => &[ParamKind::Listen],
            [Part::Literal(front), Part::Name { .. }] if front.ends_with(b":") => {
                // With a port in the place of the param, it must be an address.
                let mut probe = word.clone();
                probe.value = [&front[..], b"1"].concat();
                value::bind(&probe)?;
                &[ParamKind::Port]
            }
            [Part::Name { .. }, Part::Literal(end)] if end.starts_with(b":") => {
                value::port(&word.tail(word.value.len() - end.len() + 1))?;
                &[ParamKind::Ip]
            }
            [Part::Name { .. }, Part::Literal(colon), Part::Name { .. }] if colon == b":" => {
                &[ParamKind::Ip, ParamKind::Port]
            }
            _ => return Err(partial(word)),
        };
        let mut kinds = kinds.iter();
        let mut text = Vec::new();
        if let ([ParamKind::Port], Some(host), true) =
            (kinds.as_slice(), host, word.value.starts_with(b"$"))
        {
            text.extend(host_text(host));
            text.push(StartPiece::Literal(":".into()));
        }
        for part in value::split(word, 0)? {
            match part {
                Part::Name { range, .. } => {
                    let kind = *kinds.next().unwrap_or(&ParamKind::Text);
                    let one = one_param(word, range);
                    text.extend(self.params.start_text(&one, 0, kind)?);
                }
                Part::Literal(bytes) => {
                    let literal = String::from_utf8_lossy(&bytes).replace('*', "0.0.0.0");
                    text.push(StartPiece::Literal(literal));
                }
                Part::Group { .. } => return Err(partial(word)),
            }
        }
        Ok(Address::Param(text))
    }
}

fn host_text(host: &Host) -> StartText {
    match host {
        Host::Ip(IpAddr::V4(ip)) => vec![StartPiece::Literal(ip.to_string())],
        Host::Ip(IpAddr::V6(ip)) => vec![StartPiece::Literal(format!("[{ip}]"))],
        Host::Param(text) => text.clone(),
    }
}

/// The part of a word that is one `${NAME}`, as a word.
fn one_param(word: &Word, range: std::ops::Range<usize>) -> Word {
    let mut one = word.tail(range.start);
    one.value.truncate(range.len());
    one
}

pub(super) fn partial(word: &Word) -> Box<Diagnostic> {
    let message = "a param is a whole address, a whole port or a whole `ADDRESS:PORT` here";
    Box::new(Diagnostic::error("T26", word.span, message))
}
