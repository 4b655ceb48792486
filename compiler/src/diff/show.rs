//! Differences for people and for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Change, Difference, Handling};

impl Difference {
    /// The changes, one paragraph for each.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for change in &self.changes {
            if !out.is_empty() {
                out.push('\n');
            }
            change.show(&mut out);
        }
        if !self.complete {
            let _ = writeln!(
                out,
                "\nnot all classes of requests were looked at: the regexes of these confs are too \
                 many or too large"
            );
        }
        out
    }

    /// The changes as one JSON object.
    pub fn json(&self) -> Value {
        let changes = self.changes.iter().map(|change| {
            let witness = change.witness.as_ref();
            let directives = change.directives.iter().map(
                |(name, was, becomes)| json!({ "directive": name, "was": was, "becomes": becomes }),
            );
            json!({
                "method": witness.map(|witness| &witness.method),
                "url": witness.map(|witness| &witness.url),
                "without_host": witness.map(|witness| witness.without_host),
                "fields": witness.map(|witness| &witness.fields),
                "from": witness.and_then(|witness| witness.from).map(|from| from.to_string()),
                "files": witness.and_then(|witness| witness.files),
                "shows": change.shows,
                "was": handling(&change.was),
                "becomes": handling(&change.becomes),
                "directives": directives.collect::<Vec<_>>(),
            })
        });
        let changes = changes.collect::<Vec<_>>();
        json!({ "version": 1, "changes": changes, "complete": self.complete })
    }
}

fn handling(handling: &Handling) -> Value {
    let text = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    json!({
        "location": text(&handling.location),
        "place": text(&handling.place),
        "status": handling.status,
        "end": text(&handling.end),
    })
}

impl Change {
    fn show(&self, out: &mut String) {
        let _ = match &self.witness {
            Some(witness) => writeln!(out, "{witness}"),
            None => writeln!(out, "the whole process"),
        };
        let answered = |handling: &Handling| (handling.status, handling.end.clone());
        let as_before = answered(&self.was) == answered(&self.becomes);
        let _ = match &self.witness {
            None => Ok(()),
            Some(_) if as_before && self.was.location == self.becomes.location => {
                writeln!(out, "    still    {}", self.becomes)
            }
            Some(_) => {
                writeln!(out, "    was      {}\n    becomes  {}", self.was, self.becomes)
            }
        };
        for (name, was, becomes) in &self.directives {
            let shown = |value: &str| match value {
                "" => "nothing".to_owned(),
                value => format!("`{value}`"),
            };
            let _ = writeln!(out, "    {name}: {} -> {}", shown(was), shown(becomes));
        }
        if self.witness.is_some() && !self.shows {
            out.push_str("    no request found that shows it on the wire\n");
        }
    }
}

impl std::fmt::Display for Handling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(status) = self.status {
            write!(f, "{status}: ")?;
        }
        let location = match &self.location[..] {
            "" => String::new(),
            location => format!("{location} ({})", self.place),
        };
        let both = [&self.end[..], &location].into_iter().filter(|text| !text.is_empty());
        f.write_str(&both.collect::<Vec<_>>().join("; "))
    }
}
