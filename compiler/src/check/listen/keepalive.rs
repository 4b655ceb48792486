//! `so_keepalive` of a `listen`.

use std::ops::RangeInclusive;

use sitec_runtime::site::TcpKeepalive;

use crate::ast::Word;
use crate::diagnostic::Diagnostic;
use crate::value::{self, Checked};

/// The seconds that Linux takes for `TCP_KEEPIDLE` and `TCP_KEEPINTVL`.
const TIMES_S: RangeInclusive<u64> = 1..=32_767;
/// How many probes it takes for `TCP_KEEPCNT`.
const COUNTS: RangeInclusive<u64> = 1..=127;

/// The meaning of `on`, `off` or `[IDLE]:[INTERVAL]:[COUNT]`.
pub(super) fn keepalive(word: &Word) -> Checked<TcpKeepalive> {
    let plain = |on| TcpKeepalive { on, idle_s: None, interval_s: None, count: None };
    match &word.value[..] {
        b"on" => return Ok(plain(true)),
        b"off" => return Ok(plain(false)),
        _ => {}
    }
    let mut parts = Vec::new();
    let mut start = 0;
    for text in word.value.split(|&byte| byte == b':') {
        parts.push(word.tail(start).front(text.len()));
        start += text.len() + 1;
    }
    if parts.len() > 3 || parts.iter().all(|part| part.value.is_empty()) {
        return Err(Box::new(
            Diagnostic::error("T25", word.span, "`so_keepalive` is not understood")
                .help("write `on`, `off`, or `IDLE:INTERVAL:COUNT`, of which two may be left out"),
        ));
    }
    let mut parts = parts.iter().map(Some).chain([None; 2]);
    let mut next = || parts.next().flatten().filter(|part| !part.value.is_empty());
    Ok(TcpKeepalive {
        on: true,
        idle_s: next().map_or(Ok(None), time)?,
        interval_s: next().map_or(Ok(None), time)?,
        count: next().map_or(Ok(None), count)?,
    })
}

/// A time; 0 is the system's own.
fn time(word: &Word) -> Checked<Option<i32>> {
    match value::seconds(word)? {
        0 => Ok(None),
        time if TIMES_S.contains(&time) => Ok(Some(time as i32)),
        _ => {
            let message = format!("`{}` is longer than {} seconds", word.shown(), TIMES_S.end());
            Err(Box::new(Diagnostic::error("T04", word.span, message)))
        }
    }
}

/// A number of probes, likewise.
fn count(word: &Word) -> Checked<Option<i32>> {
    let count = value::count(word, 0..=*COUNTS.end())?;
    Ok(COUNTS.contains(&count).then_some(count as i32))
}
