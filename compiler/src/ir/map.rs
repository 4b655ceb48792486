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
    /// `proxy` and `proxy_recursive` of a `geo`: whose word counts of an address, and whether that of those
    /// whom they name does, too. Index into [`Site::accesses`](super::Site::accesses).
    pub proxies: Option<(usize, bool)>,
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

/// Names in lower case, each with the number of what is known of it. A whole name comes first, then the
/// longest end, then the longest front.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct NameTable {
    /// Whole names.
    pub exact: Vec<(Vec<u8>, u32)>,
    /// `*.NAME`, as `.NAME`.
    pub suffix: Vec<(Vec<u8>, u32)>,
    /// `NAME.*`, as `NAME.`.
    pub prefix: Vec<(Vec<u8>, u32)>,
}

impl NameTable {
    /// The number that a name in lower case has.
    pub fn find(&self, name: &[u8]) -> Option<u32> {
        let exact = self.exact.iter().find(|(text, _)| *text == name);
        let longest = |names: &'_ [(Vec<u8>, u32)], fits: &dyn Fn(&[u8]) -> bool| {
            let fitting = names.iter().filter(|(text, _)| fits(text));
            fitting.max_by_key(|(text, _)| text.len()).map(|(_, number)| *number)
        };
        let exact = exact.map(|(_, number)| *number);
        exact
            .or_else(|| longest(&self.suffix, &|text| name.ends_with(text)))
            .or_else(|| longest(&self.prefix, &|text| name.starts_with(text)))
    }
}

/// What a text is looked up among.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Texts {
    /// Whole texts in lower case and, with `hostnames`, parts of names, each with the number of its value.
    pub names: NameTable,
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
