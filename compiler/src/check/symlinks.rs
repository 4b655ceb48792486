//! `disable_symlinks`.

use sitec_runtime::site::Follow;

use super::groups::Groups;
use super::reader::Reader;
use crate::ast::{Directive, named};
use crate::diagnostic::Diagnostic;
use crate::ir::{Symlinks, Value};
use crate::value::{Checked, keyword};

/// What holds where nothing was said.
pub(super) fn usual() -> Symlinks {
    Symlinks { follow: Follow::Beneath, from: Value::default() }
}

impl Reader<'_> {
    /// What `disable_symlinks` among these directives says, if it is there.
    pub(super) fn symlinks(
        &mut self,
        directives: &[Directive],
        groups: &Groups,
    ) -> Checked<Option<Symlinks>> {
        let Some(directive) = named(directives, "disable_symlinks").next() else {
            return Ok(None);
        };
        let [first, rest @ ..] = &directive.args[..] else { return Ok(None) };
        let words =
            [("off", Follow::Anywhere), ("on", Follow::Never), ("if_not_owner", Follow::SameOwner)];
        let follow = keyword(first, &words)?;
        let mut from = Value::default();
        for word in rest {
            if !matches!(word.option(), Some((b"from", _))) || follow == Follow::Anywhere {
                let message = match follow {
                    Follow::Anywhere => "nothing may stand behind `off`".to_owned(),
                    _ => format!("`disable_symlinks` has no parameter `{}`", word.shown()),
                };
                return Err(Box::new(
                    Diagnostic::error("T25", word.span, message)
                        .help("behind `on` or `if_not_owner`, `from=$document_root` may stand"),
                ));
            }
            from = self.value(word, b"from=".len(), groups)?;
        }
        Ok(Some(Symlinks { follow, from }))
    }
}
