//! `limit_req`, `limit_conn` and their zones: how much one client may ask for.

use sitec_runtime::site::{ConnLimit, ReqLimit, ZoneId};

use super::groups::Groups;
use super::noted::{Counts, ZonePlace};
use super::reader::Reader;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::ir::Zone;
use crate::source::Span;
use crate::suggest::closest;
use crate::value::{Checked, count, size};

/// The smallest and the largest zone, in bytes.
const LEAST_LEN: u64 = 32 << 10;
const MOST_LEN: u64 = 1 << 30;
/// The most of anything that is counted.
const MOST: u64 = u32::MAX as u64;

impl Counts {
    /// The directive that makes such a zone.
    fn zone_name(self) -> &'static str {
        match self {
            Counts::Requests => "limit_req_zone",
            Counts::Connections => "limit_conn_zone",
        }
    }
}

impl Reader<'_> {
    /// Takes the zones of a conf, which limits may come before.
    pub(super) fn read_zones(&mut self, directives: &[Directive]) {
        for directive in directives {
            let counts = match &directive.name.value[..] {
                b"limit_req_zone" => Counts::Requests,
                b"limit_conn_zone" => Counts::Connections,
                b"http" => {
                    let block = directive.block.iter();
                    block.for_each(|block| self.read_zones(&block.directives));
                    continue;
                }
                _ => continue,
            };
            let zone = self.zone(directive, counts);
            if let Some((zone, span)) = self.report(zone) {
                self.zones.push(zone);
                self.zone_places.push(ZonePlace { span, counts, is_used: false });
            }
        }
    }

    fn zone(&mut self, directive: &Directive, counts: Counts) -> Checked<(Zone, Span)> {
        let [key, rest @ ..] = &directive.args[..] else {
            unreachable!("the structure is checked")
        };
        let key = self.value(key, 0, &Groups::AtMost(9))?;
        let (mut named, mut rate) = (None, None);
        for word in rest {
            match (word.option(), counts) {
                (Some((b"zone", value)), _) => {
                    named = Some(zone_name_and_len(&value, "zone=NAME:1m")?)
                }
                (Some((b"rate", value)), Counts::Requests) => rate = Some(thousandths(&value)?),
                _ => return Err(unknown(directive, word)),
            }
        }
        let Some((name, len, span)) = named else {
            return Err(missing(directive, "`zone=NAME:SIZE`"));
        };
        if counts == Counts::Requests && rate.is_none() {
            return Err(missing(directive, "`rate=10r/s`"));
        }
        if let Some(at) = self.zones.iter().position(|zone| zone.name == name) {
            let message = format!("there is a zone `{name}` already");
            return Err(Box::new(
                Diagnostic::error("D06", span, message)
                    .also(self.zone_places[at].span, "the first one is here")
                    .help("give it another name"),
            ));
        }
        Ok((Zone { name, key, len, rate: rate.unwrap_or(0) }, span))
    }

    /// The zone of a limit.
    fn find_zone(&mut self, name: &Word, counts: Counts) -> Checked<ZoneId> {
        let shown = name.shown();
        let Some(at) = self.zones.iter().position(|zone| zone.name == shown) else {
            let message = format!("there is no zone `{shown}`");
            let wrong = Diagnostic::error("K15", name.span, message);
            let places = self.zones.iter().zip(&self.zone_places);
            let names = places.filter(|(_, place)| place.counts == counts);
            let meant = closest(&shown, names.map(|(zone, _)| zone.name.as_str()));
            let directive = counts.zone_name();
            return Err(Box::new(match meant {
                Some(meant) => {
                    wrong.patch(format!("did you mean `{meant}`?"), name.span, meant.to_owned())
                }
                None => {
                    let rate = if counts == Counts::Requests { " rate=10r/s" } else { "" };
                    wrong.help(format!(
                        "add it: `{directive} $binary_remote_addr zone={shown}:1m{rate};`"
                    ))
                }
            }));
        };
        let place = &mut self.zone_places[at];
        place.is_used = true;
        if place.counts != counts {
            let message = format!("the zone `{shown}` is not one of `{}`", counts.zone_name());
            return Err(Box::new(
                Diagnostic::error("K15", name.span, message)
                    .also(place.span, "it counts something else"),
            ));
        }
        Ok(at as ZoneId)
    }

    /// Every `limit_req` among these directives.
    pub(super) fn request_limits(&mut self, directives: &[Directive]) -> Vec<ReqLimit> {
        let mut limits: Vec<ReqLimit> = Vec::new();
        for directive in named(directives, "limit_req") {
            let limit = self.request_limit(directive);
            let Some(limit) = self.report(limit) else { continue };
            match limits.iter().any(|other| other.zone == limit.zone) {
                true => self.diagnostics.push(twice(directive)),
                false => limits.push(limit),
            }
        }
        limits
    }

    fn request_limit(&mut self, directive: &Directive) -> Checked<ReqLimit> {
        let (mut zone, mut burst, mut delay) = (None, 0, 0);
        for word in &directive.args {
            match word.option() {
                Some((b"zone", name)) => zone = Some(self.find_zone(&name, Counts::Requests)?),
                Some((b"burst", value)) => burst = 1000 * count(&value, 1..=MOST)?,
                Some((b"delay", value)) => delay = 1000 * count(&value, 1..=MOST)?,
                None if word.value == b"nodelay" => delay = u64::MAX,
                _ => return Err(unknown(directive, word)),
            }
        }
        let zone = zone.ok_or_else(|| missing(directive, "`zone=NAME`"))?;
        Ok(ReqLimit { zone, burst, delay })
    }

    /// Every `limit_conn` among these directives.
    pub(super) fn connection_limits(&mut self, directives: &[Directive]) -> Vec<ConnLimit> {
        let mut limits: Vec<ConnLimit> = Vec::new();
        for directive in named(directives, "limit_conn") {
            let limit = self.find_zone(&directive.args[0], Counts::Connections);
            let limit = limit.and_then(|zone| {
                Ok(ConnLimit { zone, most: count(&directive.args[1], 1..=65_535)? })
            });
            let Some(limit) = self.report(limit) else { continue };
            match limits.iter().any(|other| other.zone == limit.zone) {
                true => self.diagnostics.push(twice(directive)),
                false => limits.push(limit),
            }
        }
        limits
    }

    /// Says which zones nothing counts in.
    pub(super) fn warn_of_unused_zones(&mut self) {
        for (zone, place) in self.zones.iter().zip(&self.zone_places) {
            if !place.is_used {
                let message = format!("nothing counts in the zone `{}`", zone.name);
                self.diagnostics
                    .push(Diagnostic::warning("K16", place.span, message).help("delete it"));
            }
        }
    }
}

/// `NAME:SIZE`, and where the name is. `example` is what to write instead of what is none.
pub(super) fn zone_name_and_len(word: &Word, example: &str) -> Checked<(String, usize, Span)> {
    let colon = word.value.iter().position(|&byte| byte == b':').filter(|&at| at > 0);
    let name = colon.and_then(|at| str::from_utf8(&word.value[..at]).ok());
    let (Some(at), Some(name)) = (colon, name) else {
        let message = format!("`{}` is no name and size", word.shown());
        return Err(Box::new(
            Diagnostic::error("T25", word.span, message).help(format!("write `{example}`")),
        ));
    };
    let span = word.part(at + 1..word.value.len());
    let len = Word { value: word.value[at + 1..].to_vec(), span, ..word.clone() };
    let bytes = size(&len)?;
    if !(LEAST_LEN..=MOST_LEN).contains(&bytes) {
        let message = format!("a zone of `{}` is too small or too large", len.shown());
        return Err(Box::new(
            Diagnostic::error("T25", span, message)
                .help("32k to 1g; `1m` is enough for 8,000 of them"),
        ));
    }
    Ok((name.to_owned(), bytes as usize, word.part(0..at)))
}

/// A rate in thousandths of requests a second. Without a unit, it is of a second, as in nginx.
fn thousandths(word: &Word) -> Checked<u64> {
    let text = word.text().unwrap_or_default();
    let (digits, per_s) = match (text.strip_suffix("r/s"), text.strip_suffix("r/m")) {
        (Some(digits), _) => (digits, 1),
        (_, Some(digits)) => (digits, 60),
        _ => (text, 1),
    };
    let number = digits.parse::<u64>().ok().filter(|number| (1..=MOST).contains(number));
    number.map(|number| number * 1000 / per_s).ok_or_else(|| {
        let message = format!("`{}` is no rate", word.shown());
        Box::new(
            Diagnostic::error("T25", word.span, message)
                .help("write `10r/s`, or `30r/m` for a rate below one a second"),
        )
    })
}

/// A parameter that there is none of.
pub(super) fn unknown(directive: &Directive, word: &Word) -> Box<Diagnostic> {
    let message = format!("`{}` has no parameter `{}`", directive.name.shown(), word.shown());
    let usage = directive.name.text().and_then(crate::directive::find);
    let usage = usage.map_or("", |row| row.usage);
    let help = format!("it takes `{usage}`");
    Box::new(Diagnostic::error("T25", word.span, message).help(help))
}

fn missing(directive: &Directive, what: &str) -> Box<Diagnostic> {
    let message = format!("`{}` lacks {what}", directive.name.shown());
    Box::new(Diagnostic::error("D05", directive.name.span, message).help("add it"))
}

fn twice(directive: &Directive) -> Diagnostic {
    Diagnostic::error("D06", directive.span(), "this zone is counted in here already")
        .help("keep one of the two")
}
