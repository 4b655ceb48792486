//! The directive table: the one source for names, contexts, parameters, defaults,
//! inheritance, and the reference page.

use Context::{Events, Http, Location, Main, Server};

/// Where a directive may stand. Top level counts as `Main`, `Events` and `Http` at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Context {
    Main,
    Events,
    Http,
    Server,
    Location,
    LimitExcept,
}

/// Whether a directive ends in `;` or encloses others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// `NAME ARGS;`
    Simple,
    /// `NAME ARGS { … }` with directives of this table inside.
    Block(Context),
    /// `NAME { … }` whose lines are not directives (`types`).
    Table,
}

/// How an inner context gets what an outer one says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Merge {
    /// Holds only where it stands.
    None,
    /// Inner contexts have it unless they say something themselves.
    Inherit,
    /// Inner contexts have all of them unless they have any of their own.
    InheritAll,
}

/// One row.
pub struct Directive {
    /// Its name.
    pub name: &'static str,
    /// Where it may stand.
    pub contexts: &'static [Context],
    /// Simple or block.
    pub form: Form,
    /// Fewest and most parameters.
    pub args: (usize, usize),
    /// Whether it may stand more than once in one context.
    pub repeats: bool,
    /// How it is inherited.
    pub merge: Merge,
    /// What its parameters are, as shown in messages: `SIZE`, `CODE [TEXT | URL]`.
    pub usage: &'static str,
    /// What holds without it, in the conf's own words; empty for nothing.
    pub default: &'static str,
    /// What it does, for the reference page. Markdown, a few sentences.
    pub doc: &'static str,
}

/// Any number of parameters.
const MANY: usize = usize::MAX;

const fn simple(
    name: &'static str,
    contexts: &'static [Context],
    args: (usize, usize),
    usage: &'static str,
) -> Directive {
    let (form, merge) = (Form::Simple, Merge::None);
    Directive { name, contexts, form, args, repeats: false, merge, usage, default: "", doc: "" }
}

const fn block(
    name: &'static str,
    contexts: &'static [Context],
    args: (usize, usize),
    inside: Context,
    usage: &'static str,
) -> Directive {
    Directive { form: Form::Block(inside), ..simple(name, contexts, args, usage) }
}

impl Directive {
    const fn repeats(self) -> Self {
        Directive { repeats: true, ..self }
    }

    const fn inherits(self, default: &'static str) -> Self {
        Directive { merge: Merge::Inherit, default, ..self }
    }

    const fn doc(self, doc: &'static str) -> Self {
        Directive { doc, ..self }
    }
}

/// Every directive of the language.
pub const DIRECTIVES: &[Directive] = &[
    block("server", &[Main, Http], (0, 0), Server, "").repeats(),
    block("location", &[Server, Location], (1, 2), Location, "[= | ^~ | ~ | ~*] URI").repeats(),
    block("http", &[Main], (0, 0), Http, ""),
    block("events", &[Main], (0, 0), Events, ""),
    simple("index", &[Http, Server, Location], (1, MANY), "FILE…")
        .inherits("index.html")
        .doc("File names that are tried, in order, for a URI that ends in a slash."),
];

/// The row of `name`.
pub fn find(name: &str) -> Option<&'static Directive> {
    DIRECTIVES.iter().find(|directive| directive.name == name)
}
