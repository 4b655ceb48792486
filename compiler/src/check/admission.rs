//! Who may come in at a level.

use super::level::Level;
use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::directive::Satisfy;
use crate::ir::{self, Admission};

impl Level {
    /// Whether those whom the rules of addresses do not name may come in by a password or by the word of
    /// another location.
    pub(super) fn asks_others(&self) -> bool {
        let asks = self.auth.realm.is_some() || self.inquiry.uri.is_some();
        asks && self.values.compiled.satisfy == Satisfy::Any
    }

    /// Whether everyone may come in.
    pub(super) fn keeps_nobody_out(&self) -> bool {
        self.access.is_none() && self.auth.realm.is_none() && self.inquiry.uri.is_none()
    }
}

impl Reader<'_> {
    /// Who may come in at a level, where anybody `is_asked`.
    pub(super) fn admission(&mut self, level: &Level, is_asked: bool) -> Admission {
        let auth = match (&level.auth.realm, level.auth.users) {
            (Some((realm, _)), Some(users)) => Some(ir::Auth { realm: realm.clone(), users }),
            (Some((_, place)), None) if is_asked => {
                let message = "nobody is asked for a password: no file says whose it may be";
                self.report_once::<()>(Err(Box::new(
                    Diagnostic::error("A02", *place, message).help(
                        "add `auth_basic_user_file users;`, made by `htpasswd -cB users NAME`",
                    ),
                )));
                None
            }
            _ => None,
        };
        let inquiry = level.inquiry.uri.as_ref().map(|(uri, _)| uri.clone());
        let rules = level.access.as_ref();
        let parties = [rules.is_some(), auth.is_some(), inquiry.is_some()];
        let satisfy_any = level.values.compiled.satisfy == Satisfy::Any
            && parties.into_iter().filter(|is_there| *is_there).count() > 1;
        let named = rules.filter(|_| satisfy_any).map(|rules| rules.named.as_ref().clone());
        Admission {
            access: rules.map(|rules| rules.access),
            named: named.map(|named| self.tables.accesses.add(named)),
            satisfy_any,
            auth,
            inquiry,
        }
    }
}
