//! `map`: a variable whose value another one decides on.

use super::{Regex, Value};

/// A `map`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Map {
    /// The variable's name, without `$`, in lower case.
    pub name: String,
    /// What is looked up.
    pub source: Value,
    /// Whether it is looked up at every use.
    pub volatile: bool,
    /// Whole names, in lower case, each with the number of its value.
    pub exact: Vec<(Vec<u8>, u32)>,
    /// With `hostnames`: `*.NAME`, as `.NAME`.
    pub suffix: Vec<(Vec<u8>, u32)>,
    /// With `hostnames`: `NAME.*`, as `NAME.`.
    pub prefix: Vec<(Vec<u8>, u32)>,
    /// Regexes, in the order in which they are asked. Not about an empty text.
    pub regexes: Vec<(Regex, u32)>,
    /// The number of the value where nothing is found.
    pub default: u32,
    /// The values.
    pub values: Vec<Value>,
    /// Whether a dot at the end of a name is left out: `hostnames`.
    pub hostnames: bool,
}

impl Map {
    /// All values in it.
    pub fn all_values(&self) -> impl Iterator<Item = &Value> {
        std::iter::once(&self.source).chain(&self.values)
    }
}
