//! What nginx calls rewriting: steps that a server or a location takes before anything else.

use sitec_runtime::site::{Assigned, LocationId, PathTest, Then};

use super::{Pattern, Return, Value};

/// One step. The steps of a context follow one another, those within an `if` behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Op {
    /// `set`: the variable, its name, and what it is given.
    Set(Assigned, String, Value),
    /// `if`.
    If {
        /// What is asked.
        condition: Condition,
        /// How many of the steps that follow stand in it.
        skip: usize,
        /// The location without a path that it is, where that differs from the one around it.
        location: Option<LocationId>,
    },
    /// `rewrite`.
    Rewrite(Rewrite),
    /// `return`.
    Return(Return),
    /// `break`.
    Break,
}

/// The condition of an `if`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    /// Whether it holds where the test fails.
    pub negated: bool,
    /// The test.
    pub test: Test,
}

/// What a condition asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Test {
    /// Whether a value is neither empty nor `0`.
    Truth(Value),
    /// Whether two values are the same.
    Equal(Value, Value),
    /// Whether a regex matches a value.
    Matches(Value, Regex),
    /// What is at a path of the file system.
    Path(Value, PathTest),
}

/// A regex of a condition or a `rewrite`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Regex {
    /// What it is.
    pub pattern: Pattern,
    /// Whether a value may look at what its groups match.
    pub captures_used: bool,
}

/// A `rewrite`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rewrite {
    /// What the path has to match.
    pub regex: Regex,
    /// The path in its place; of a redirect, all of the target.
    pub target: Value,
    /// The arguments, where the target names any; a redirect has them in the target.
    pub args: Option<Value>,
    /// Whether the request's arguments are appended.
    pub keep_args: bool,
    /// What follows.
    pub then: Then,
}

impl Op {
    /// The regex that it asks.
    pub fn regex(&self) -> Option<&Regex> {
        match self {
            Op::If { condition: Condition { test: Test::Matches(_, regex), .. }, .. } => {
                Some(regex)
            }
            Op::Rewrite(rewrite) => Some(&rewrite.regex),
            Op::If { .. } | Op::Set(..) | Op::Return(_) | Op::Break => None,
        }
    }

    /// The same, to settle whether its captures are used.
    pub(crate) fn regex_mut(&mut self) -> Option<&mut Regex> {
        match self {
            Op::If { condition: Condition { test: Test::Matches(_, regex), .. }, .. } => {
                Some(regex)
            }
            Op::Rewrite(rewrite) => Some(&mut rewrite.regex),
            Op::If { .. } | Op::Set(..) | Op::Return(_) | Op::Break => None,
        }
    }
}
