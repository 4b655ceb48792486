//! When a certificate is renewed: when its authority says so (RFC 9773), else when two thirds of its time
//! are over.

use std::time::{Duration, SystemTime};

use ureq::Agent;

use super::fault::Fault;
use super::jose::sha256;
use super::pair::Leaf;
use super::session::{Directory, get};
use super::time::{at, seconds};

/// How long what an authority says of renewing holds, where it does not say.
const USUAL_LOOK: Duration = Duration::from_secs(6 * 3600);
/// The bounds of it.
const LOOKS: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(86_400));

/// When a certificate is due.
pub(super) struct Due {
    pub(super) at: SystemTime,
    /// When to ask again, where somebody can be asked.
    pub(super) look_again: Option<SystemTime>,
}

/// When a certificate is due. Its authority is asked where it has an opinion.
pub(super) fn due(leaf: &Leaf, agent: &Agent, directory: &Directory) -> Due {
    let usual = Due { at: leaf.last_third(), look_again: None };
    let (Some(url), Some(id)) = (&directory.renewal_info, &leaf.id) else { return usual };
    let url = format!("{}/{id}", url.trim_end_matches('/'));
    match suggested(agent, &url, id) {
        // One that has none of it does not know the certificate, or cannot say now.
        Err(_) => usual,
        Ok((suggested, rest)) => {
            let rest = rest.unwrap_or(USUAL_LOOK).clamp(LOOKS.0, LOOKS.1);
            // Whatever it says, a certificate does not end unnoticed.
            let latest = leaf.until - leaf.until.duration_since(leaf.from).unwrap_or_default() / 20;
            Due { at: suggested.min(latest), look_again: Some(SystemTime::now() + rest) }
        }
    }
}

/// A time within the window that is suggested: the same at each look, and for each certificate another.
fn suggested(agent: &Agent, url: &str, id: &str) -> Result<(SystemTime, Option<Duration>), Fault> {
    let reply = get(agent, url)?;
    let window = &reply.json()?["suggestedWindow"];
    let time = |name: &str| window[name].as_str().and_then(seconds);
    match (time("start"), time("end")) {
        (Some(start), Some(end)) => Ok((at(within(start, end, id)), reply.rest)),
        _ => Err(Fault::from("no window is suggested".to_owned())),
    }
}

fn within(start: i64, end: i64, id: &str) -> i64 {
    let hash = sha256(id.as_bytes());
    let draw = hash.iter().take(6).fold(0i64, |sum, byte| sum << 8 | i64::from(*byte));
    start + draw % end.saturating_sub(start).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_within_a_window_is_drawn_once() {
        for id in ["a.b", "c.d", "e.f"] {
            let drawn = within(100, 200, id);
            assert!((100..200).contains(&drawn) && drawn == within(100, 200, id), "{drawn}");
        }
        assert_ne!(within(0, 1 << 40, "a.b"), within(0, 1 << 40, "c.d"));
        // One that is none.
        assert_eq!((within(5, 5, "a.b"), within(5, -9, "a.b")), (5, 5));
    }
}
