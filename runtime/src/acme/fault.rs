//! What goes wrong, in words: problem documents (RFC 7807; RFC 8555, 6.7), and all else.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

/// What the types of problems of ACME begin with.
const NAMESPACE: &str = "urn:ietf:params:acme:error:";
/// The longest text of an authority that is shown.
const MOST_SHOWN: usize = 600;

/// Why something has not come about.
#[derive(Debug)]
pub(super) struct Fault {
    /// For people.
    pub(super) text: String,
    /// The type of the problem in ACME, without what all begin with; empty for any other.
    pub(super) kind: String,
    /// How long the authority wants to be left alone.
    pub(super) rest: Option<Duration>,
}

impl Fault {
    /// Whether the authority has been asked too often.
    pub(super) fn is_limit(&self) -> bool {
        self.kind == "rateLimited"
    }

    /// The same, with what was tried.
    pub(super) fn while_doing(self, what: &str) -> Fault {
        Fault { text: format!("{what}: {}", self.text), ..self }
    }

    /// What a response says that is not a good one.
    pub(super) fn of_response(status: u16, rest: Option<Duration>, body: &[u8]) -> Fault {
        let problem: Option<Value> = serde_json::from_slice(body).ok();
        let mut fault = match problem {
            Some(problem) if problem.is_object() => Fault::of_problem(&problem),
            _ => Fault::from(format!("the authority has answered {status}")),
        };
        if status == 429 {
            fault.kind = "rateLimited".to_owned();
        }
        Fault { rest, ..fault }
    }

    /// What a problem document says.
    pub(super) fn of_problem(problem: &Value) -> Fault {
        let text = |value: &Value, name: &str| cleaned(value[name].as_str().unwrap_or_default());
        let kind = text(problem, "type");
        let kind = kind.strip_prefix(NAMESPACE).unwrap_or(&kind).to_owned();
        let mut told = match text(problem, "detail") {
            detail if detail.is_empty() => text(problem, "title"),
            detail => detail,
        };
        for part in problem["subproblems"].as_array().into_iter().flatten() {
            let name = text(&part["identifier"], "value");
            let _ = write!(told, "; `{name}`: {}", text(part, "detail"));
        }
        let told = match (told.is_empty(), kind.is_empty()) {
            (true, true) => "the authority gives no reason".to_owned(),
            (true, false) => kind.clone(),
            (false, true) => told,
            (false, false) => format!("{told} ({kind})"),
        };
        Fault { text: told, kind, rest: None }
    }
}

impl From<String> for Fault {
    fn from(text: String) -> Fault {
        Fault { text, kind: String::new(), rest: None }
    }
}

/// A text of somebody else's, fit for a terminal.
pub(super) fn cleaned(text: &str) -> String {
    let plain = text.chars().map(|it| if it.is_control() { ' ' } else { it });
    plain.take(MOST_SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_problem_is_told_in_words() {
        let told = |problem: Value| Fault::of_problem(&problem).text;
        let of = |kind: &str| format!("{NAMESPACE}{kind}");
        assert_eq!(
            told(json!({"type": of("connection"), "detail": "refused\nby 192.0.2.1"})),
            "refused by 192.0.2.1 (connection)"
        );
        assert_eq!(
            told(json!({"type": of("compound"), "detail": "two are wrong", "subproblems": [
                {"identifier": {"type": "dns", "value": "a.test"}, "detail": "is not yours"}]})),
            "two are wrong; `a.test`: is not yours (compound)"
        );
        assert_eq!(told(json!({"type": of("malformed")})), "malformed");
        assert_eq!(told(json!({"title": "no"})), "no");
        assert_eq!(told(json!({})), "the authority gives no reason");
    }

    #[test]
    fn what_is_no_problem_document_is_told_too() {
        let fault = Fault::of_response(502, None, b"<html>");
        assert_eq!((&fault.text[..], fault.is_limit()), ("the authority has answered 502", false));
        let fault = Fault::of_response(429, Some(Duration::from_secs(9)), b"[]");
        assert!(fault.is_limit() && fault.rest == Some(Duration::from_secs(9)));
        let long = format!("{{\"detail\": \"{}\"}}", "x".repeat(9000));
        assert_eq!(Fault::of_response(400, None, long.as_bytes()).text.len(), MOST_SHOWN);
    }
}
