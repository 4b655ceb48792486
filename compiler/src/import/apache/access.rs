//! Who may: what a section says, gathered, as it holds only together.

use crate::import::draft::Draft;
use crate::import::tree::Item;
use crate::source::Span;

/// What a section says of who may come in.
#[derive(Default)]
pub(super) struct Access {
    rules: Vec<(Span, Vec<String>)>,
    realm: Option<(Span, String)>,
    users: Option<(Span, String)>,
    /// Whether the last rule is that nobody else may.
    closes: bool,
    wants_user: bool,
    /// `Order deny,allow`: what is denied may be allowed after all.
    denies_first: bool,
    /// Whether one `Require` of several is enough: addresses, beside users.
    requires: bool,
    lost: Vec<Item>,
    is_lost: bool,
}

impl Access {
    /// Whether anybody is kept out.
    pub(super) fn keeps_out(&self) -> bool {
        self.is_lost
            || self.closes
            || self.wants_user
            || self.rules.iter().any(|it| it.1[0] == "deny")
    }

    /// Takes a directive that is about access; whether it is one.
    pub(super) fn take(
        &mut self,
        name: &str,
        args: &[String],
        span: Span,
        draft: &mut Draft,
    ) -> bool {
        let words: Vec<_> = args.iter().map(|arg| arg.to_ascii_lowercase()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.requires |= name.eq_ignore_ascii_case("require") && words != ["valid-user"];
        match (&name.to_ascii_lowercase()[..], &words[..]) {
            ("authtype", ["basic"]) => {
                self.lost.push(draft.needless(span, name, "passwords are always asked for so"))
            }
            ("authbasicprovider", ["file"]) => {
                self.lost.push(draft.needless(span, name, "users are always those of a file"));
            }
            ("authname", [_]) => self.realm = Some((span, args[0].clone())),
            ("authuserfile", [_]) => self.users = Some((span, args[0].clone())),
            ("require", ["valid-user"]) => self.wants_user = true,
            ("require", ["all", "granted"]) => self.rule(span, "allow", "all"),
            ("require", ["all", "denied"]) => self.rule(span, "deny", "all"),
            ("require", ["local"]) => {
                self.rule(span, "allow", "127.0.0.0/8");
                self.rule(span, "allow", "::1");
                self.closes = true;
            }
            ("require", ["ip", addresses @ ..]) if addresses.iter().all(|it| is_address(it)) => {
                addresses.iter().for_each(|address| self.rule(span, "allow", &network(address)));
                self.closes = true;
            }
            ("order", ["deny,allow"] | ["deny", "allow"] | ["deny,", "allow"]) => {
                self.denies_first = true;
                self.lost.push(draft.needless(span, name, "rules hold in their order"));
            }
            ("order", ["allow,deny"] | ["allow", "deny"] | ["allow,", "deny"]) => {
                self.closes = true;
                self.lost.push(draft.needless(span, name, "rules hold in their order"));
            }
            ("allow" | "deny", ["from", addresses @ ..])
                if addresses.iter().all(|it| is_address(it) || *it == "all") =>
            {
                let rule = name.to_ascii_lowercase();
                addresses.iter().for_each(|address| self.rule(span, &rule, &network(address)));
            }
            ("satisfy", ["any" | "all"]) => {
                let item = draft.simple(span, &["satisfy", words[0]]);
                self.lost.push(item);
            }
            ("require" | "allow" | "deny" | "order" | "satisfy", _) => self.lose(name, span, draft),
            (other, _) if other.starts_with("auth") => self.lose(name, span, draft),
            _ => return false,
        }
        true
    }

    /// Notes a rule that cannot be kept: nobody comes in.
    pub(super) fn lose(&mut self, name: &str, span: Span, draft: &mut Draft) {
        self.is_lost = true;
        let help = "`allow`, `deny` and `auth_basic` say who may: addresses and passwords";
        self.lost.push(draft.lost(span, name, "", help));
    }

    fn rule(&mut self, span: Span, rule: &str, address: &str) {
        self.rules.push((span, vec![rule.to_owned(), address.to_owned()]));
    }

    /// The directives.
    pub(super) fn end(self, draft: &mut Draft) -> Vec<Item> {
        let mut items = self.lost;
        if self.is_lost {
            let said = self.rules.iter().map(|it| it.0).chain(self.realm.iter().map(|it| it.0));
            for span in said.chain(self.users.iter().map(|it| it.0)) {
                let why =
                    "who may come in is said by all of it, and not all of it has a counterpart";
                items.push(draft.lost(span, "Require", why, ""));
            }
            items.push(draft.added(&["deny", "all"]));
            return items;
        }
        let mut rules = self.rules;
        // Of equal rules the last one counts in Apache, and the first one here.
        let is_all = |rule: &(Span, Vec<String>)| rule.1[1] == "all";
        let last = if self.denies_first { "deny" } else { "allow" };
        rules.sort_by_key(|rule| (is_all(rule), rule.1[0] == last));
        let closes = self.closes && !rules.iter().any(is_all) && !rules.is_empty();
        for (span, words) in &rules {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            items.push(draft.simple(*span, &words));
        }
        if closes {
            items.push(draft.added(&["deny", "all"]));
        }
        if !self.wants_user {
            for (span, _) in self.realm.into_iter().chain(self.users) {
                items.push(draft.needless(
                    span,
                    "Auth",
                    "nobody is asked without `Require valid-user`",
                ));
            }
            return items;
        }
        if self.requires {
            items.push(draft.added(&["satisfy", "any"]));
        }
        let realm = self.realm.unwrap_or_else(|| (Span::default(), "Restricted".to_owned()));
        items.push(draft.simple(realm.0, &["auth_basic", &realm.1]));
        match self.users {
            Some((span, users)) => {
                let users = draft.base.prefix.join(users).to_string_lossy().into_owned();
                items.push(draft.simple(span, &["auth_basic_user_file", &users]));
            }
            None => items.push(draft.added(&["deny", "all"])),
        }
        items
    }
}

fn is_address(word: &str) -> bool {
    word.contains(['.', ':']) && word.chars().all(|c| c.is_ascii_hexdigit() || ".:/".contains(c))
}

/// Apache's `10.1` is `10.1.0.0/16`.
fn network(address: &str) -> String {
    let parts: Vec<_> = address.trim_end_matches('.').split('.').collect();
    if address.contains([':', '/']) || address == "all" || parts.len() == 4 {
        return address.to_owned();
    }
    let bits = parts.len() * 8;
    let zeros = std::iter::repeat_n("0", 4 - parts.len().min(4));
    format!("{}/{bits}", parts.iter().copied().chain(zeros).collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        for (written, expected) in
            [("10.1", "10.1.0.0/16"), ("10.", "10.0.0.0/8"), ("1.2.3.4", "1.2.3.4"), ("::1", "::1")]
        {
            assert_eq!(network(written), expected);
        }
        assert!(is_address("fe80::1/64") && !is_address("example.test") && !is_address("all"));
    }
}
