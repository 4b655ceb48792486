//! `auth_basic`, `auth_basic_user_file` and `satisfy`: who is asked for a password, and whose it may be.

use sitec_runtime::site::{ParamKind, UsersId};
use sitec_runtime::users::Users;

use super::groups::Groups;
use super::reader::Reader;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::files::{Kind, is_certain};
use crate::ir::{self, Value};
use crate::source::Span;
use crate::value::Checked;

/// The directives in one context, inherited ones included.
#[derive(Clone, Default)]
pub(super) struct Auth {
    /// What a password is asked for, and where that is written; `None`: nobody is asked.
    pub(super) realm: Option<(Value, Span)>,
    pub(super) users: Option<UsersId>,
}

impl Auth {
    /// Takes those among the directives of a context.
    pub(super) fn set(
        &mut self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
    ) {
        if let Some(directive) = named(directives, "auth_basic").next() {
            let word = &directive.args[0];
            self.realm = match &word.value[..] {
                b"off" => None,
                _ => {
                    reader.warn_of_return(
                        directives,
                        directive,
                        "`auth_basic` asks for a password",
                    );
                    let realm = reader.value(word, 0, groups);
                    reader.report(realm).map(|realm| (realm, directive.span()))
                }
            };
        }
        if let Some(directive) = named(directives, "auth_basic_user_file").next() {
            let users = reader.users(&directive.args[0]);
            // A file that is wrong is none to ask for another.
            self.users = reader.report(users).or(self.users).or(Some(UsersId::MAX));
        }
    }
}

impl Reader<'_> {
    /// Says that a `return` is everyone's.
    pub(super) fn warn_of_return(
        &mut self,
        directives: &[Directive],
        asks: &Directive,
        what: &str,
    ) {
        let Some(answer) = named(directives, "return").next() else { return };
        let message = format!("`return` answers before {what}, as in nginx");
        self.diagnostics.push(
            Diagnostic::warning("X09", asks.span(), message)
                .also(answer.span(), "everyone gets this")
                .help("serve what is to be protected from a `location` without `return`"),
        );
    }

    /// The file of an `auth_basic_user_file`, as it is now.
    fn users(&mut self, word: &Word) -> Checked<UsersId> {
        let text = self.params.start_text(word, 0, ParamKind::Path)?;
        if let Some(name) = ir::known_text(&text) {
            let name = name.to_owned();
            self.must_exist_for("A01", word, &name, Kind::File)?;
            self.look_at_users(word, &name)?;
        }
        Ok(self.tables.users.add(text) as UsersId)
    }

    fn look_at_users(&mut self, word: &Word, name: &str) -> Checked<()> {
        let path = self.folder.join(name);
        if self.files.kind(&path) != Some(Kind::File) {
            return Ok(());
        }
        let is_certain = is_certain(self.files, &self.folder, &path);
        let read = self.files.read(&path);
        self.dependencies.push(path);
        let wrong = |text: String| match is_certain {
            true => Diagnostic::error("A01", word.span, text),
            false => Diagnostic::warning("A01", word.span, text),
        };
        let users = match read.map(|text| Users::parse(&text)) {
            Ok(Ok(users)) => users,
            Ok(Err(fault)) => {
                let wrong = wrong(format!("`{name}`, line {}: {}", fault.line, fault.reason));
                let wrong = wrong.help("a line is `NAME:HASH`, as `htpasswd -nB NAME` prints it");
                return self.tell(wrong, is_certain);
            }
            Err(error) => {
                return self.tell(wrong(format!("cannot read `{name}`: {error}")), is_certain);
            }
        };
        if users.is_empty() {
            self.diagnostics.push(
                Diagnostic::warning("A01", word.span, format!("there are no users in `{name}`"))
                    .label("nobody can come in")
                    .help(format!("add one: `htpasswd -B {name} NAME`")),
            );
        }
        if users.stored().any(|stored| stored.is_plain()) {
            let message = format!("`{name}` holds a password as it is");
            self.diagnostics.push(
                Diagnostic::warning("A01", word.span, message)
                    .label("who reads the file knows it")
                    .help(format!("store a hash of it: `htpasswd -B {name} NAME`")),
            );
        }
        Ok(())
    }

    /// Reports a mistake, or a warning and goes on.
    fn tell(&mut self, diagnostic: Diagnostic, is_error: bool) -> Checked<()> {
        if is_error {
            return Err(Box::new(diagnostic));
        }
        self.diagnostics.push(diagnostic);
        Ok(())
    }
}
