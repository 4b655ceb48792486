//! `open_file_cache`, and what goes with it.

use sitec_runtime::site::FileCache;

use super::reader::Reader;
use crate::ast::Directive;
use crate::diagnostic::Diagnostic;
use crate::directive::Values;
use crate::value::{Checked, count, time_ms};

/// The most that a conf may want to be remembered: each costs memory, and may hold a descriptor.
const MAX_KNOWN: u64 = 1 << 20;

/// The `open_file_cache` of one context, or the inherited one.
#[derive(Clone, Copy)]
pub(super) enum Caching {
    Unsaid,
    Off,
    On,
}

impl Caching {
    /// Takes an `open_file_cache`; `on` is what holds where it is on.
    pub(super) fn set(
        &mut self,
        directive: &Directive,
        on: &mut FileCache,
        reader: &mut Reader<'_>,
    ) -> Checked<()> {
        let (mut max, mut inactive_ms) = (None, Values::DEFAULT.cache.inactive_ms);
        for word in &directive.args {
            match word.option() {
                Some((b"max", value)) => max = Some(count(&value, 1..=MAX_KNOWN)? as usize),
                Some((b"inactive", value)) => inactive_ms = time_ms(&value)?,
                _ if word.value == b"off" && directive.args.len() == 1 => {
                    *self = Caching::Off;
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
        *self = Caching::On;
        on.inactive_ms = inactive_ms;
        reader.tables.known_files = reader.tables.known_files.max(Some(max));
        Ok(())
    }

    /// What it comes to.
    pub(super) fn resolved(self, on: FileCache) -> FileCache {
        match self {
            Caching::Unsaid => FileCache::USUAL,
            Caching::Off => FileCache { valid_ms: 0, ..FileCache::USUAL },
            Caching::On => on,
        }
    }
}
