//! Differences for people and for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Change, Difference, Handling};

/// How many of the locations that change alike are named.
const MOST_OTHERS: usize = 4;
/// How many characters of a value are shown.
const MOST_SHOWN: usize = 240;

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
                "others": change.others,
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
            let shown = |value: &str| match (value, cut(value)) {
                ("", _) => "nothing".to_owned(),
                (value, None) => format!("`{value}`"),
                (_, Some((front, more))) => format!("`{front}…` and {more} characters more"),
            };
            let _ = writeln!(out, "    {name}: {} -> {}", shown(was), shown(becomes));
        }
        if !self.others.is_empty() {
            let (told, more) = self.others.split_at(self.others.len().min(MOST_OTHERS));
            let more = match more.len() {
                0 => String::new(),
                count => format!(" and {count} more"),
            };
            let _ = writeln!(out, "    likewise in {}{more}", told.join(", "));
        }
        if self.witness.is_some() && !self.shows {
            out.push_str("    no request found that shows it on the wire\n");
        }
    }
}

/// The front of a long text, and how much follows it.
fn cut(text: &str) -> Option<(&str, usize)> {
    let (end, _) = text.char_indices().nth(MOST_SHOWN)?;
    Some((&text[..end], text[end..].chars().count()))
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
        let end = match cut(&self.end) {
            None => self.end.clone(),
            Some((front, more)) => format!("{front}… and {more} characters more"),
        };
        let both = [&end[..], &location].into_iter().filter(|text| !text.is_empty());
        f.write_str(&both.collect::<Vec<_>>().join("; "))
    }
}
