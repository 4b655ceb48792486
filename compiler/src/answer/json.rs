//! An answer for programs.

use serde_json::{Map, Value, json};
use sitec_runtime::site::LocationId;

use super::text::{Shown, looker, regex_name};
use super::{Answer, End, ServerBy, Step, address};
use crate::places::ServerPlace;
use crate::route::Asked;

impl Shown<'_> {
    /// The answer as one JSON object.
    pub fn json(&self, answer: &Answer) -> Value {
        let place = &self.places.servers[usize::from(answer.server)];
        let (by, name) = server_by(&answer.server_by, place);
        let fields = answer.fields.iter().map(|field| json!([field.name, field.value]));
        json!({
            "request": answer.asked,
            "listen": address(self.site, answer.listen),
            "host": lossy(&answer.host),
            "server": {
                "names": place.names, "place": self.sources.place(place.span), "by": by, "name": name,
            },
            "steps": answer.steps.iter().map(|step| self.step_json(step)).collect::<Vec<_>>(),
            "end": self.end_json(&answer.end),
            "status": answer.status,
            "fields": fields.collect::<Vec<_>>(),
            "unknown": answer.doubts,
        })
    }

    fn step_json(&self, step: &Step) -> Value {
        match step {
            Step::Location { path, asked, location } => {
                let asked = asked.iter().map(|asked| self.asked_json(asked));
                json!({
                    "step": "location", "path": lossy(path),
                    "asked": asked.collect::<Vec<_>>(), "chosen": self.location_json(*location),
                })
            }
            Step::Named(location) => {
                json!({ "step": "named", "chosen": self.location_json(*location) })
            }
            Step::Looked { by, path, found } => json!({
                "step": "looked", "by": plain(looker(*by)), "file": self.file(path),
                "found": found,
            }),
            Step::Asked { condition, holds } => {
                json!({ "step": "if", "condition": condition, "holds": holds })
            }
            Step::Assigned { name, value } => {
                json!({ "step": "set", "variable": name, "value": lossy(value) })
            }
            Step::Rewritten { regex, uri } => {
                json!({ "step": "rewrite", "regex": regex, "uri": lossy(uri) })
            }
            Step::Inquired { uri, steps, status } => json!({
                "step": "auth_request", "uri": lossy(uri), "status": status,
                "steps": steps.iter().map(|step| self.step_json(step)).collect::<Vec<_>>(),
            }),
            Step::Added { uri } => json!({ "step": "add", "uri": lossy(uri) }),
            Step::Included => json!({ "step": "ssi" }),
            Step::Mirrored { uri } => json!({ "step": "mirror", "uri": lossy(uri) }),
            Step::Limited { by, zones } => json!({ "step": "limit", "by": by, "zones": zones }),
            Step::Status { status, reason } => {
                json!({ "step": "status", "status": status, "reason": reason })
            }
            Step::ErrorPage { status, target } => {
                json!({ "step": "error_page", "status": status, "target": target })
            }
            Step::Redirect { by, uri } => {
                json!({ "step": "redirect", "by": plain(looker(*by)), "uri": lossy(uri) })
            }
        }
    }

    fn asked_json(&self, asked: &Asked) -> Value {
        let (kind, location, matches) = match *asked {
            Asked::Exact(location) => ("exact", location, true),
            Asked::Prefix { location, .. } => ("prefix", location, true),
            Asked::Regex { location, matches } => ("regex", location, matches),
        };
        let Value::Object(mut object) = self.location_json(location) else { return Value::Null };
        object.insert("kind".into(), kind.into());
        object.insert("matches".into(), matches.into());
        Value::Object(object)
    }

    fn location_json(&self, id: LocationId) -> Value {
        let place = &self.places.locations[id as usize];
        json!({ "location": place.written, "place": self.sources.place(place.span) })
    }

    fn end_json(&self, end: &End) -> Value {
        let mut object = Map::new();
        let file_alone = |file| vec![("file", self.file(file).into())];
        let (kind, more) = match end {
            End::File(file) => ("file", file_alone(file)),
            End::Unchanged(file) => ("unchanged", file_alone(file)),
            End::Listing(folder) => ("listing", file_alone(folder)),
            End::Counts => ("counts", Vec::new()),
            End::Removed(file) => ("removed", file_alone(file)),
            End::Stored(file) | End::StoredForm(file) => ("stored", file_alone(file)),
            End::Moved(file) => ("moved", file_alone(file)),
            End::Script { file, interpreter, extra_path } => {
                let more = vec![
                    ("file", self.file(file).into()),
                    ("interpreter", interpreter.clone().into()),
                    ("path_info", lossy(extra_path)),
                ];
                ("script", more)
            }
            End::PassedOn { upstream, lines } => (
                "upstream",
                vec![("upstream", upstream.clone().into()), ("request", lines.clone().into())],
            ),
            End::Text(text) => ("text", vec![("text", lossy(text))]),
            End::Page => ("page", Vec::new()),
            End::Close => ("close", Vec::new()),
        };
        object.insert("kind".into(), kind.into());
        object.extend(more.into_iter().map(|(name, value): (&str, Value)| (name.into(), value)));
        Value::Object(object)
    }
}

fn server_by<'p>(by: &'p ServerBy, place: &'p ServerPlace) -> (&'static str, Option<&'p str>) {
    match by {
        ServerBy::Asked => ("asked", None),
        ServerBy::Alone => ("alone", None),
        ServerBy::Param => ("param", None),
        ServerBy::HostName => ("hostname", None),
        ServerBy::Exact => ("exact", None),
        ServerBy::Suffix(name) => ("suffix", Some(name)),
        ServerBy::Prefix(name) => ("prefix", Some(name)),
        ServerBy::Regex(nth) => ("regex", Some(regex_name(place, *nth))),
        ServerBy::Default => ("default", None),
    }
}

fn lossy(bytes: &[u8]) -> Value {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// A name without the quotes that it has in a sentence.
fn plain(name: &str) -> &str {
    name.trim_matches('`')
}
