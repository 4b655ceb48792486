//! The names that a conf gives to things, and where they stand in the parameters of directives.

use std::ops::Range;

use crate::ast::Word;

/// What a name is of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum NameKind {
    Upstream,
    /// A named location, which is its server's own.
    Location,
    LogFormat,
    RequestZone,
    ConnectionZone,
    Cache,
    Match,
    Issuer,
    Param,
    /// A variable of the conf's own.
    Variable,
}

impl NameKind {
    /// What a name is of, for people.
    pub const fn noun(self) -> &'static str {
        match self {
            NameKind::Upstream => "upstream",
            NameKind::Location => "named location",
            NameKind::LogFormat => "log format",
            NameKind::RequestZone => "zone of `limit_req`",
            NameKind::ConnectionZone => "zone of `limit_conn`",
            NameKind::Cache => "cache",
            NameKind::Match => "match",
            NameKind::Issuer => "issuer",
            NameKind::Param => "param",
            NameKind::Variable => "variable",
        }
    }

    /// Whether a text may be such a name.
    pub fn allows(self, name: &str) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        match self {
            NameKind::Variable | NameKind::Param => {
                !name.starts_with(|first: char| first.is_ascii_digit())
                    && name.bytes().all(is_plain)
            }
            _ => name.bytes().all(|byte| is_plain(byte) || b".-".contains(&byte)),
        }
    }
}

/// Where a name stands in the parameters of a directive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// It is this parameter, counted from 0.
    Word(usize),
    /// In `KEY=NAME` or `KEY=NAME:…`, with this key.
    Option(&'static str),
    /// Behind the `@` of a parameter.
    Marked,
    /// The host of the URL, or of the address, that is the first parameter.
    Host,
    /// Behind the `$` of the first parameter.
    FirstVariable,
    /// Behind the `$` of the last one.
    LastVariable,
}

/// A name in the parameters of a directive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Naming {
    /// The directive gives it.
    Gives(NameKind, At),
    /// The directive is about what has it.
    Uses(NameKind, At),
}

impl At {
    /// Where names stand, as far as they are written: the number of the parameter, and the range of
    /// its value.
    pub fn find(self, args: &[Word]) -> Vec<(usize, Range<usize>)> {
        let each = args.iter().enumerate();
        match self {
            At::Word(index) => {
                args.get(index).map(|word| (index, 0..word.value.len())).into_iter().collect()
            }
            At::Option(key) => each
                .filter_map(|(index, word)| {
                    let start = word.value.strip_prefix(key.as_bytes())?.strip_prefix(b"=")?;
                    let len = start.iter().take_while(|&&byte| byte != b':').count();
                    let start = word.value.len() - start.len();
                    Some((index, start..start + len))
                })
                .collect(),
            At::Marked => each
                .filter(|(_, word)| word.value.starts_with(b"@"))
                .map(|(index, word)| (index, 1..word.value.len()))
                .collect(),
            At::Host => {
                let Some(word) = args.first() else { return Vec::new() };
                let scheme = word.value.windows(3).position(|part| part == b"://");
                let start = scheme.map_or(0, |at| at + 3);
                let is_host = |byte: &&u8| !b":/?".contains(byte);
                let len = word.value[start..].iter().take_while(is_host).count();
                vec![(0, start..start + len)]
            }
            At::FirstVariable => variable(args, 0),
            At::LastVariable => variable(args, args.len().saturating_sub(1)),
        }
    }
}

/// The parameter at `index`, if it is a variable.
fn variable(args: &[Word], index: usize) -> Vec<(usize, Range<usize>)> {
    let is_one = |word: &&Word| word.value.starts_with(b"$");
    let word = args.get(index).filter(is_one);
    word.map(|word| (index, 1..word.value.len())).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::word;

    #[test]
    fn names_are_found_where_the_table_says() {
        for (at, args, expected) in [
            (At::Word(1), "logs/a.log main", Some("main")),
            (At::Word(1), "logs/a.log", None),
            (At::Option("zone"), "$uri zone=a:1m rate=1r/s", Some("a")),
            (At::Option("zone"), "zone=", Some("")),
            (At::Option("zone"), "zones=a", None),
            (At::Marked, "404 = @app", Some("app")),
            (At::Host, "http://app/x", Some("app")),
            (At::Host, "http://app", Some("app")),
            (At::Host, "app:81", Some("app")),
            (At::Host, "http://", Some("")),
            (At::FirstVariable, "$a $b", Some("a")),
            (At::LastVariable, "$a $b", Some("b")),
            (At::LastVariable, "$a b", None),
            (At::LastVariable, "", None),
        ] {
            let args: Vec<_> = args.split_whitespace().map(word).collect();
            let found = at.find(&args).into_iter().next();
            let found = found.map(|(index, range)| args[index].value[range].to_vec());
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{at:?} {expected:?}");
        }
    }
}
