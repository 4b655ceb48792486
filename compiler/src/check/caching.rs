//! `open_file_cache`, and what goes with it.

use sitec_runtime::site::FileCache;

use super::Checker;
use super::log::option;
use crate::ast::Directive;
use crate::diagnostic::Diagnostic;
use crate::value::{Checked, count, time_ms};

/// The most that a conf may want to be remembered: each costs memory, and may hold a descriptor.
const MAX_KNOWN: u64 = 1 << 20;

/// The directives in one context, inherited ones included.
#[derive(Clone)]
pub(super) struct Caching {
    state: State,
    /// What holds where the state is `On`.
    pub(super) on: FileCache,
}

#[derive(Clone, Copy)]
enum State {
    Unsaid,
    Off,
    On,
}

impl Caching {
    /// nginx's defaults for a cache that is on.
    pub(super) const fn outermost() -> Caching {
        let on = FileCache { valid_ms: 60_000, inactive_ms: 60_000, min_uses: 1, errors: false };
        Caching { state: State::Unsaid, on }
    }

    /// Takes an `open_file_cache`.
    pub(super) fn set(&mut self, directive: &Directive, checker: &mut Checker<'_>) -> Checked<()> {
        let (mut max, mut inactive_ms) = (None, Caching::outermost().on.inactive_ms);
        for word in &directive.args {
            match option(word) {
                Some((b"max", value)) => max = Some(count(&value, 1..=MAX_KNOWN)? as usize),
                Some((b"inactive", value)) => inactive_ms = time_ms(&value)?,
                _ if word.value == b"off" && directive.args.len() == 1 => {
                    self.state = State::Off;
                    return Ok(());
                }
                _ => {
                    let message = format!("`open_file_cache` has no parameter `{}`", word.shown());
                    return Err(Box::new(
                        Diagnostic::error("T25", word.span, message)
                            .help("it takes `off`, or `max=N` and perhaps `inactive=TIME`"),
                    ));
                }
            }
        }
        let Some(max) = max else {
            let message = "nothing says how much is to be remembered";
            return Err(Box::new(
                Diagnostic::error("D05", directive.name.span, message).help("add `max=1000`"),
            ));
        };
        (self.state, self.on.inactive_ms) = (State::On, inactive_ms);
        checker.known_files = checker.known_files.max(Some(max));
        Ok(())
    }

    /// What it comes to.
    pub(super) fn resolved(&self) -> FileCache {
        match self.state {
            State::Unsaid => FileCache::USUAL,
            State::Off => FileCache { valid_ms: 0, ..FileCache::USUAL },
            State::On => self.on,
        }
    }
}
