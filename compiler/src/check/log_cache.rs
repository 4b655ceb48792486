//! `open_log_file_cache`.

use sitec_runtime::site::LogCache;

use crate::ast::Directive;
use crate::diagnostic::Diagnostic;
use crate::value::{Checked, count, time_ms};

/// The most files that a conf may want to stay open: each holds a descriptor.
const MAX_OPEN: u64 = 1 << 20;

/// What holds where the conf says nothing of it, as in nginx.
const USUAL: LogCache = LogCache { max: 0, inactive_ms: 10_000, min_uses: 1, valid_ms: 60_000 };

/// What an `open_log_file_cache` says.
pub(super) fn log_cache(directive: &Directive) -> Checked<LogCache> {
    let mut cache = USUAL;
    for word in &directive.args {
        match word.option() {
            Some((b"max", value)) => cache.max = count(&value, 1..=MAX_OPEN)? as usize,
            Some((b"inactive", value)) => cache.inactive_ms = time_ms(&value)?,
            Some((b"min_uses", value)) => {
                cache.min_uses = count(&value, 1..=u64::from(u32::MAX))? as u32;
            }
            Some((b"valid", value)) => cache.valid_ms = time_ms(&value)?,
            _ if word.value == b"off" && directive.args.len() == 1 => return Ok(LogCache::OFF),
            _ => {
                let message = format!("`open_log_file_cache` has no parameter `{}`", word.shown());
                let help = "it takes `off`, or `max=N` and perhaps `inactive=TIME`, `min_uses=N` \
                            and `valid=TIME`";
                return Err(Box::new(Diagnostic::error("T25", word.span, message).help(help)));
            }
        }
    }
    if cache.max == 0 {
        let message = "nothing says how many files may stay open";
        return Err(Box::new(
            Diagnostic::error("D05", directive.name.span, message).help("add `max=100`"),
        ));
    }
    Ok(cache)
}
