//! `userid`: a cookie by which clients are known again.

use std::rc::Rc;

use sitec_runtime::site::{UserIdExpires, UserIdForm};

use super::reader::Reader;
use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::ir::{AddedField, Piece, UserId, Value, Variable};
use crate::suggest::closest;
use crate::value::{Checked, count, is_token, keyword, seconds};

/// The directives in one context, inherited ones included.
#[derive(Clone)]
pub(super) struct Ids {
    form: Option<UserIdForm>,
    name: Rc<[u8]>,
    domain: Rc<[u8]>,
    path: Rc<[u8]>,
    flags: Rc<[u8]>,
    expires: UserIdExpires,
    mark: Option<u8>,
    p3p: Rc<[u8]>,
    service: Option<u32>,
    /// `$uid_reset`, where the conf gives it values.
    reset: Value,
}

/// The flags, and how they are written, in the order in which nginx writes them.
const FLAGS: [(&str, &[u8]); 6] = [
    ("secure", b"; secure"),
    ("httponly", b"; httponly"),
    ("samesite", b"; samesite"),
    ("samesite=strict", b"; samesite=strict"),
    ("samesite=lax", b"; samesite=lax"),
    ("samesite=none", b"; samesite=none"),
];

impl Ids {
    /// What holds where nothing was said.
    pub(super) fn outermost() -> Ids {
        Ids {
            form: None,
            name: b"uid"[..].into(),
            domain: Rc::new([]),
            path: b"/"[..].into(),
            flags: Rc::new([]),
            expires: UserIdExpires::Off,
            mark: None,
            p3p: Rc::new([]),
            service: None,
            reset: Value::default(),
        }
    }

    /// Takes those among the directives of a context.
    pub(super) fn set(&mut self, directives: &[Directive], reader: &mut Reader<'_>) {
        let reset = reader.own_variable("uid_reset").map(Piece::Variable);
        self.reset = Value(reset.into_iter().collect());
        for directive in directives {
            let Some(name) = directive.name.text().filter(|name| name.starts_with("userid")) else {
                continue;
            };
            let set = self.set_one(name, directive);
            reader.report(set);
        }
    }

    fn set_one(&mut self, name: &str, directive: &Directive) -> Checked<()> {
        let word = &directive.args[0];
        match name {
            "userid" => {
                let (log, v1, v2) = (UserIdForm::Log, UserIdForm::V1, UserIdForm::V2);
                let words = [("on", Some(v2)), ("v1", Some(v1)), ("log", Some(log)), ("off", None)];
                self.form = keyword(word, &words)?;
            }
            "userid_name" if !is_token(&word.value) => {
                let message = format!("`{}` is not the name of a cookie", word.shown());
                return Err(Box::new(Diagnostic::error("T13", word.span, message)));
            }
            "userid_name" => self.name = word.value[..].into(),
            "userid_domain" => self.domain = part(word, b';')?,
            "userid_path" => self.path = part(word, b';')?,
            "userid_p3p" => self.p3p = part(word, b'\n')?,
            "userid_flags" => self.flags = flags(&directive.args)?,
            "userid_expires" => {
                self.expires = match &word.value[..] {
                    b"off" => UserIdExpires::Off,
                    b"max" => UserIdExpires::Max,
                    _ => match seconds(word)? {
                        0 => UserIdExpires::Off,
                        seconds => UserIdExpires::After(seconds),
                    },
                };
            }
            "userid_mark" => {
                self.mark = match word.value[..] {
                    [mark] if mark.is_ascii_alphanumeric() || mark == b'=' => Some(mark),
                    [b'o', b'f', b'f'] => None,
                    _ => {
                        let message = format!("`{}` is no mark", word.shown());
                        return Err(Box::new(
                            Diagnostic::error("T25", word.span, message)
                                .help("it is one letter, one digit, `=` or `off`"),
                        ));
                    }
                };
            }
            "userid_service" => {
                self.service = Some(count(word, 0..=u32::MAX.into())? as u32);
            }
            _ => {}
        }
        Ok(())
    }

    /// What they come to.
    pub(super) fn resolved(&self) -> Option<UserId> {
        let Ids { form, name, domain, path, flags, expires, mark, p3p, service, reset } = self;
        let mut attributes = Vec::new();
        if !domain.is_empty() {
            attributes.extend([b"; domain=", &domain[..]].concat());
        }
        attributes.extend([b"; path=", &path[..], flags].concat());
        Some(UserId {
            form: (*form)?,
            name: name.to_vec(),
            attributes,
            expires: *expires,
            mark: *mark,
            p3p: p3p.to_vec(),
            service: *service,
            reset: reset.clone(),
        })
    }
}

impl UserId {
    /// The fields that it adds to responses: which are not there where a client needs none.
    pub(super) fn fields(&self) -> impl Iterator<Item = AddedField> {
        let gives = self.form != UserIdForm::Log;
        let field = |name: &str, variable| AddedField {
            name: name.to_owned(),
            value: Value(vec![Piece::Variable(Variable::Simple(variable))]),
            always: true,
            replaces: false,
        };
        let cookie = gives.then(|| field("Set-Cookie", UserId::COOKIE));
        let p3p = (gives && !self.p3p.is_empty()).then(|| field("P3P", UserId::P3P));
        cookie.into_iter().chain(p3p)
    }
}

/// A part of a field, or `none`. No byte of it is a control character or `end`.
fn part(word: &Word, end: u8) -> Checked<Rc<[u8]>> {
    let is_bad = |byte: &u8| byte.is_ascii_control() || *byte == end;
    if let Some(at) = word.value.iter().position(is_bad) {
        let message = "a cookie cannot have this in it";
        return Err(Box::new(Diagnostic::error("T13", word.part(at..at + 1), message)));
    }
    Ok(if word.value == b"none" { Rc::new([]) } else { word.value[..].into() })
}

fn flags(words: &[Word]) -> Checked<Rc<[u8]>> {
    if let [off] = words
        && off.value == b"off"
    {
        return Ok(Rc::new([]));
    }
    for word in words {
        let known = FLAGS.iter().map(|(name, _)| *name);
        if !known.clone().any(|name| name.as_bytes() == word.value) {
            let message = format!("`userid_flags` knows no `{}`", word.shown());
            let wrong = Diagnostic::error("T25", word.span, message);
            return Err(Box::new(match closest(&word.shown(), known) {
                Some(meant) => {
                    wrong.patch(format!("did you mean `{meant}`?"), word.span, meant.to_owned())
                }
                None => {
                    wrong.help("it is `secure`, `httponly`, `samesite=lax` and its like, or `off`")
                }
            }));
        }
    }
    let given = |name: &str| words.iter().any(|word| word.value == name.as_bytes());
    let flags = FLAGS.iter().filter(|(name, _)| given(name)).map(|(_, text)| *text);
    Ok(flags.collect::<Vec<_>>().concat().into())
}
