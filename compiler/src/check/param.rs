//! `param`: values that may still be set when the binary starts. What one must look like
//! follows from where it is used.

pub(crate) mod places;

use sitec_runtime::pure::is_whole_name;
use sitec_runtime::site::ParamKind;

use crate::ast::{Directive, Word};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir;
use crate::ir::StartPiece;
use crate::source::Span;
use crate::suggest::closest;
use crate::value::{self, Checked, Part};

/// The params of a conf.
#[derive(Default)]
pub(crate) struct Params {
    list: Vec<Param>,
}

struct Param {
    name: Word,
    default: Word,
    /// What its uses so far demand, and where the one is that demands most.
    used: Option<(ParamKind, Span)>,
}

impl Params {
    /// The params that these directives define.
    pub(crate) fn collect(directives: &[Directive], diagnostics: &mut Diagnostics) -> Params {
        let mut params = Params::default();
        for directive in directives.iter().filter(|directive| directive.name.value == b"param") {
            if let [name, default] = &directive.args[..]
                && let Err(wrong) = params.define(name, default)
            {
                diagnostics.push(*wrong);
            }
        }
        params
    }

    fn define(&mut self, name: &Word, default: &Word) -> Checked<()> {
        let wrong = |message: String| Box::new(Diagnostic::error("T26", name.span, message));
        let shown = name.shown();
        let fits = shown.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && shown.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !fits {
            let message = format!("`{shown}` is not a name for a param");
            return Err(Box::new(
                wrong(message).help("a name has letters, digits and `_`, as in `DATA_DIR`"),
            ));
        }
        if value::variable(&shown).is_some() {
            return Err(wrong(format!("`${shown}` is a variable of each request")));
        }
        if let Some(first) = self.list.iter().find(|param| param.name.value == name.value) {
            let message = format!("there is a param `{shown}` already");
            let diagnostic = Diagnostic::error("D06", name.span, message);
            return Err(Box::new(diagnostic.also(first.name.span, "first defined here")));
        }
        self.list.push(Param { name: name.clone(), default: default.clone(), used: None });
        Ok(())
    }

    /// The index of the param with this name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|param| param.name.value == name.as_bytes())
    }

    /// A text unless its params are set.
    pub(crate) fn text(&self, text: &ir::StartText) -> String {
        let piece = |piece: &StartPiece| match piece {
            StartPiece::Literal(text) => text.clone(),
            StartPiece::Param(param) => self.list[*param].default.shown(),
            StartPiece::HostName => StartPiece::HOST_NAME.to_owned(),
        };
        text.iter().map(piece).collect()
    }

    /// That no param is part of the word, which takes it for text.
    pub(crate) fn refuse_in(&self, word: &Word, why: &str) -> Checked<()> {
        let mut references = places::references(word);
        match references.find(|(name, _)| self.find(name).is_some()) {
            None => Ok(()),
            Some((name, range)) => {
                Err(Box::new(places::misplaced(name, word.part(range)).note(why)))
            }
        }
    }

    /// Notes that `param` is used as a `kind` at `span`.
    pub(crate) fn demand(&mut self, param: usize, kind: ParamKind, span: Span) -> Checked<()> {
        let entry = &mut self.list[param];
        entry.used = match entry.used {
            None => Some((kind, span)),
            Some((before, place)) => match narrower(before, kind) {
                Some(both) if both == before => Some((both, place)),
                Some(both) => Some((both, span)),
                None => {
                    let name = entry.name.shown();
                    let message =
                        format!("`{name}` cannot be {} and {}", described(before), described(kind));
                    let diagnostic = Diagnostic::error("T26", span, message);
                    let label = format!("used as {} here", described(before));
                    return Err(Box::new(diagnostic.also(place, label)));
                }
            },
        };
        Ok(())
    }

    /// The text that the word's value is from `start` on, with each param in it a `kind`.
    pub(crate) fn start_text(
        &mut self,
        word: &Word,
        start: usize,
        kind: ParamKind,
    ) -> Checked<ir::StartText> {
        let mut text = Vec::new();
        for part in value::split(word, start)? {
            text.push(match part {
                Part::Literal(bytes) => StartPiece::Literal(utf8(word, bytes)?),
                Part::Name { name, range, .. } => {
                    let span = word.part(range);
                    let Some(param) = self.find(&name) else {
                        return Err(self.unknown(&name, span));
                    };
                    self.demand(param, kind, span)?;
                    StartPiece::Param(param)
                }
                Part::Group { number, range } => {
                    return Err(self.unknown(&number.to_string(), word.part(range)));
                }
            });
        }
        Ok(text)
    }

    /// That `$name` is no param, where only params may stand.
    fn unknown(&self, name: &str, span: Span) -> Box<Diagnostic> {
        if value::variable(name).is_some() || name.parse::<usize>().is_ok() {
            let message = format!("`${name}` is not known before there is a request");
            return Box::new(
                Diagnostic::error("T26", span, message)
                    .help("only `${NAME}` of a `param` may stand here"),
            );
        }
        let diagnostic = Diagnostic::error("T18", span, format!("there is no param `{name}`"));
        let names: Vec<_> = self.list.iter().map(|param| param.name.shown()).collect();
        Box::new(match closest(name, names.iter().map(String::as_str)) {
            Some(meant) => {
                diagnostic.patch(format!("did you mean `{meant}`?"), span, format!("${{{meant}}}"))
            }
            None => diagnostic.help(format!("define it at top level: `param {name} DEFAULT;`")),
        })
    }

    /// The params, each of the kind that its uses demand; a default must fit it.
    pub(crate) fn finish(self, diagnostics: &mut Diagnostics) -> Vec<ir::Param> {
        self.list
            .into_iter()
            .map(|param| {
                let name = param.name.shown();
                // A use may have been in something that is wrong.
                if param.used.is_none() && !diagnostics.has_errors() {
                    let message = format!("`{name}` is never used");
                    diagnostics.push(Diagnostic::warning("K16", param.name.span, message));
                }
                let kind = param.used.map_or(ParamKind::Text, |(kind, _)| kind);
                if let Err(wrong) = check_default(&param.default, kind) {
                    let place = param.used.map(|(_, place)| place);
                    let label = format!("used as {} here", described(kind));
                    diagnostics.push(match place {
                        Some(place) => wrong.also(place, label),
                        None => *wrong,
                    });
                }
                ir::Param { name, default: param.default.shown(), kind }
            })
            .collect()
    }
}

/// What is both; `None` if nothing can be.
fn narrower(a: ParamKind, b: ParamKind) -> Option<ParamKind> {
    use ParamKind::{HostName, Ip, Listen, Port, Text};
    match (a, b) {
        _ if a == b => Some(a),
        (Text, other) | (other, Text) => Some(other),
        (Listen, Port) | (Port, Listen) => Some(Port),
        (HostName, Ip) | (Ip, HostName) => Some(Ip),
        _ => None,
    }
}

fn described(kind: ParamKind) -> &'static str {
    match kind {
        ParamKind::Text => "a text",
        ParamKind::Port => "a port",
        ParamKind::Listen => "an address to listen on",
        ParamKind::Ip => "an IP address",
        ParamKind::Path => "a path",
        ParamKind::HostName => "a host name",
    }
}

fn check_default(word: &Word, kind: ParamKind) -> Checked<()> {
    let text = utf8(word, word.value.clone())?;
    if text.chars().any(char::is_control) {
        let message = "the value of a param has no control characters";
        return Err(Box::new(Diagnostic::error("T26", word.span, message)));
    }
    match kind {
        ParamKind::Text => Ok(()),
        ParamKind::Port => value::port(word).map(drop),
        ParamKind::Listen => value::bind(word).map(drop),
        ParamKind::Ip => value::ip(word).map(drop),
        ParamKind::Path if text.is_empty() => {
            Err(Box::new(Diagnostic::error("T26", word.span, "a path is not empty")))
        }
        ParamKind::Path => Ok(()),
        ParamKind::HostName => match value::server_name(word)? {
            value::ServerName::Exact(_) if is_whole_name(&text) => Ok(()),
            _ => {
                let message = "the value of a param is one whole name";
                Err(Box::new(Diagnostic::error("T20", word.span, message)))
            }
        },
    }
}

/// `bytes` of the word as text.
pub(crate) fn utf8(word: &Word, bytes: Vec<u8>) -> Checked<String> {
    String::from_utf8(bytes).map_err(|_| {
        let message = format!("`{}` is not UTF-8", word.shown());
        Box::new(Diagnostic::error("T26", word.span, message))
    })
}
