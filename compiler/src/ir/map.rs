//! `map`, `geo` and `split_clients`: a variable whose value another one decides on.

use super::{Regex, Value};

/// A `map`, a `geo` or a `split_clients`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Map {
    /// The variable's name, without `$`, in lower case.
    pub name: String,
    /// What is looked up.
    pub source: Value,
    /// Whether it is looked up at every use.
    pub volatile: bool,
    /// How it is looked up.
    pub lookup: Lookup,
    /// The number of the value where nothing is found.
    pub default: u32,
    /// The values.
    pub values: Vec<Value>,
}

/// How a value is found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lookup {
    /// By a text: `map`.
    Text(Texts),
    /// By an address: `geo`. Where the parts of all addresses begin, and the numbers of their values.
    Address(Vec<(u32, u32)>, Vec<(u128, u32)>),
    /// By a hash: `split_clients`. Bounds of the hash, and the numbers of the values below them.
    Share(Vec<(u32, u32)>),
}

/// What a text is looked up among.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Texts {
    /// Whole names, in lower case, each with the number of its value.
    pub exact: Vec<(Vec<u8>, u32)>,
    /// With `hostnames`: `*.NAME`, as `.NAME`.
    pub suffix: Vec<(Vec<u8>, u32)>,
    /// With `hostnames`: `NAME.*`, as `NAME.`.
    pub prefix: Vec<(Vec<u8>, u32)>,
    /// Regexes, in the order in which they are asked. Not about an empty text.
    pub regexes: Vec<(Regex, u32)>,
    /// Whether a dot at the end of a name is left out: `hostnames`.
    pub hostnames: bool,
}

impl Map {
    /// All values in it.
    pub fn all_values(&self) -> impl Iterator<Item = &Value> {
        std::iter::once(&self.source).chain(&self.values)
    }

    /// Its regexes, to settle whether their captures are used.
    pub(crate) fn regexes_mut(&mut self) -> impl Iterator<Item = &mut Regex> {
        let regexes = match &mut self.lookup {
            Lookup::Text(texts) => &mut texts.regexes[..],
            Lookup::Address(..) | Lookup::Share(_) => &mut [],
        };
        regexes.iter_mut().map(|(regex, _)| regex)
    }
}
