//! The directive table: the one source for names, contexts, parameters, defaults,
//! inheritance, and the reference page.
//!
//! A row says where a directive may stand and what it may look like; what its values mean is
//! the business of `check`. The rows stand in one file for each group of the reference page.

use std::collections::HashMap;
use std::sync::LazyLock;

mod access;
mod acme;
mod caches;
mod cgi;
mod compression;
mod example;
mod files;
mod grpc;
mod http2;
mod keyword;
mod kind;
mod limits;
mod logs;
mod memcached;
mod naming;
mod process;
mod reference;
mod responses;
mod rewriting;
mod routing;
mod scripts;
mod servers;
mod setting;
mod subrequests;
mod tls;
mod upstream;
mod userid;
mod writing;

pub use keyword::Keyword;
pub(crate) use kind::timeout;
pub use kind::{InheritFields, Satisfy};
use kind::{Kind, Plain};
pub use naming::{At, NameKind, Naming};
pub use reference::reference;
pub(crate) use reference::{explain, markdown};
use setting::Typed;
pub use setting::{CompiledSettings, Setting, Values};
use sitec_runtime::http::accept::Coding;

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
    IfInServer,
    IfInLocation,
    Upstream,
    AcmeIssuer,
}

impl Context {
    /// Its name in messages and on the reference page.
    pub const fn name(self) -> &'static str {
        match self {
            Context::Main => "main",
            Context::Events => "events",
            Context::Http => "http",
            Context::Server => "server",
            Context::Location => "location",
            Context::LimitExcept => "limit_except",
            Context::IfInServer => "if",
            Context::IfInLocation => "if in location",
            Context::Upstream => "upstream",
            Context::AcmeIssuer => "acme_issuer",
        }
    }
}

/// Whether a directive ends in `;` or encloses others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// `NAME ARGS;`
    Simple,
    /// `NAME ARGS { … }` with directives of this table inside.
    Block(Context),
    /// `if (…) { … }`: what may stand in it depends on what it stands in.
    Condition,
    /// `NAME { … }` whose lines are not directives (`types`).
    Table,
}

impl Form {
    /// What stands within such a block in a context; `None` if that is not directives.
    pub const fn within(self, outer: Context) -> Option<Context> {
        match (self, outer) {
            (Form::Block(context), _) => Some(context),
            (Form::Condition, Context::Location) => Some(Context::IfInLocation),
            (Form::Condition, _) => Some(Context::IfInServer),
            (Form::Simple | Form::Table, _) => None,
        }
    }
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
#[derive(Debug)]
pub struct Directive {
    /// Its name.
    pub name: &'static str,
    /// Where it may stand.
    pub contexts: &'static [Context],
    /// Simple or block.
    pub form: Form,
    /// Fewest and most parameters.
    pub args: (usize, usize),
    /// How many of its parameters, from the first on, may hold `${NAME}` of a `param`.
    pub params: usize,
    /// Whether it may stand more than once in one context.
    pub repeats: bool,
    /// How it is inherited.
    pub merge: Merge,
    /// What its parameters are, as shown in messages: `SIZE`, `CODE [TEXT | URL]`.
    pub usage: &'static str,
    /// What holds without it, in the conf's own words; empty for nothing. A setting has its default
    /// from the run-time contract.
    default: &'static str,
    /// What it sets, if that is one plain value.
    pub setting: Option<&'static dyn Setting>,
    /// Whether no answer is made of it: it says when and how something is sent, or what is logged.
    pub unseen: bool,
    /// What it does, for the reference page. Markdown, a few sentences; `{with_params}` stands
    /// for the names of the directives that have `params`.
    pub doc: &'static str,
    /// Where it is not what nginx does, in sentences; empty if it is. Those in `⟪⟫` are about a conf that
    /// says nothing of it, or does not compile: whoever moves a conf here need not know them.
    differs: &'static str,
    /// Of a group that is about files: whether it holds for a `return` too.
    pub for_every_answer: bool,
    /// The names of the conf that stand in its parameters.
    pub names: &'static [Naming],
}

/// Rows that belong together on the reference page.
pub struct Group {
    /// Its heading.
    pub title: &'static str,
    /// What the rows are about, in a sentence or two.
    pub about: &'static str,
    /// Whether the rows say how files, scripts and uploads are found, sent and stored: of no effect
    /// where a `return` answers.
    pub about_files: bool,
    /// The rows.
    pub rows: &'static [Directive],
}

/// Every directive of the language, by group.
pub const GROUPS: &[Group] = &[
    process::GROUP,
    servers::GROUP,
    tls::GROUP,
    acme::GROUP,
    routing::GROUP,
    rewriting::GROUP,
    files::GROUP,
    compression::GROUP,
    responses::GROUP,
    upstream::GROUP,
    caches::PROXY,
    scripts::FASTCGI,
    caches::FASTCGI,
    scripts::SCGI,
    caches::SCGI,
    scripts::UWSGI,
    caches::UWSGI,
    memcached::GROUP,
    grpc::GROUP,
    upstream::LINES,
    cgi::GROUP,
    writing::GROUP,
    access::GROUP,
    subrequests::GROUP,
    limits::GROUP,
    http2::GROUP,
    logs::GROUP,
    userid::GROUP,
];

/// Every directive of the language, in the order of the reference page.
pub fn all() -> impl Iterator<Item = &'static Directive> {
    GROUPS.iter().flat_map(|group| group.rows)
}

/// The row of `name`, for all contexts but those with rows of their own.
pub fn find(name: &str) -> Option<&'static Directive> {
    find_in(name, Context::Main)
}

/// The row of `name` where it stands in a context: some names mean something else in an `upstream`.
pub fn find_in(name: &str, context: Context) -> Option<&'static Directive> {
    static BY_NAME: LazyLock<HashMap<(&str, bool), &Directive>> =
        LazyLock::new(|| all().map(|row| ((row.name, row.is_line()), row)).collect());
    BY_NAME.get(&(name, context == Context::Upstream)).copied()
}

/// Whether a directive says what is compressed on its way, and how.
pub(crate) fn is_for_compression(name: &str) -> bool {
    compression::GROUP.rows.iter().any(|row| row.name == name)
}

/// The names of a coding's directives: that which compresses, and that which sends a file that is.
pub(crate) const fn beside(coding: Coding) -> (&'static str, &'static str) {
    match coding {
        Coding::Gzip => ("gzip", "gzip_static"),
        Coding::Brotli => ("brotli", "brotli_static"),
        Coding::Zstd => ("zstd", "zstd_static"),
    }
}

/// The row of `name`, wherever it may stand; of several, that for this context.
pub(crate) fn find_for(name: &str, context: Context) -> Option<&'static Directive> {
    [context, Context::Main, Context::Upstream].into_iter().find_map(|it| find_in(name, it))
}

/// What holds where no directive of this name is given, in the conf's own words.
pub fn default_words(name: &str) -> String {
    find(name).map_or_else(String::new, Directive::default_words)
}

/// The directives that may hold `${NAME}` of a `param`, for people.
pub fn with_params() -> String {
    let names: Vec<_> = all().filter(|row| row.params > 0).map(Directive::named).collect();
    match &names[..] {
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
        [] => "nothing".to_owned(),
    }
}

/// Whether `name` says how files, scripts or uploads are found, sent or stored, and nothing else.
pub fn is_for_files(name: &str) -> bool {
    let mut groups = GROUPS.iter().filter(|group| group.about_files);
    groups.any(|group| group.rows.iter().any(|row| row.name == name && !row.for_every_answer))
}

/// Any number of parameters.
const MANY: usize = usize::MAX;

/// Contexts that many rows share.
const HTTP_SERVER: &[Context] = &[Context::Http, Context::Server];
const HTTP_SERVER_LOCATION: &[Context] = &[Context::Http, Context::Server, Context::Location];
const SERVER_LOCATION: &[Context] = &[Context::Server, Context::Location];
const HTTP_SERVER_LOCATION_IF: &[Context] =
    &[Context::Http, Context::Server, Context::Location, Context::IfInLocation];
const SERVER_LOCATION_IF: &[Context] =
    &[Context::Server, Context::Location, Context::IfInServer, Context::IfInLocation];

/// A row for `NAME ARGS;` that holds only where it stands.
const fn simple(
    name: &'static str,
    contexts: &'static [Context],
    args: (usize, usize),
    usage: &'static str,
) -> Directive {
    Directive {
        name,
        contexts,
        form: Form::Simple,
        args,
        params: 0,
        repeats: false,
        merge: Merge::None,
        usage,
        default: "",
        setting: None,
        unseen: false,
        doc: "",
        differs: "",
        for_every_answer: false,
        names: &[],
    }
}

/// A row for `NAME ARGS { … }` with directives inside.
const fn block(
    name: &'static str,
    contexts: &'static [Context],
    args: (usize, usize),
    inside: Context,
    usage: &'static str,
) -> Directive {
    Directive { form: Form::Block(inside), ..simple(name, contexts, args, usage) }
}

/// A row for `NAME { … }` with lines of its own kind inside.
const fn table(name: &'static str, contexts: &'static [Context]) -> Directive {
    Directive { form: Form::Table, ..simple(name, contexts, (0, 0), "") }
}

/// A row for `NAME VALUE;` that `http`, `server` and `location` take, inherited.
const fn inherited(
    name: &'static str,
    usage: &'static str,
    default: &'static str,
    doc: &'static str,
) -> Directive {
    simple(name, HTTP_SERVER_LOCATION, (1, 1), usage).inherits(default).doc(doc)
}

/// The same for a setting: see [`setting!`](setting::setting).
const fn of_setting<T: Plain>(
    name: &'static str,
    setting: &'static Typed<T>,
    doc: &'static str,
) -> Directive {
    let Kind { usage, args, .. } = setting.kind;
    let row = inherited(name, usage, "", doc).args(args.0, args.1);
    Directive { setting: Some(setting), ..row }
}

impl Directive {
    /// So many of its parameters, from the first on, may hold `${NAME}` of a `param`.
    const fn params(self, params: usize) -> Self {
        Directive { params, ..self }
    }

    /// May stand more than once in one context.
    const fn repeats(self) -> Self {
        Directive { repeats: true, ..self }
    }

    /// Inner contexts have it unless they say something themselves.
    const fn inherits(self, default: &'static str) -> Self {
        Directive { merge: Merge::Inherit, default, ..self }
    }

    /// May repeat; inner contexts have all of them unless they have any of their own.
    const fn inherits_all(self, default: &'static str) -> Self {
        Directive { merge: Merge::InheritAll, default, repeats: true, ..self }
    }

    /// In the `if` of a `location`, too.
    const fn and_in_if(self) -> Self {
        self.only_in(HTTP_SERVER_LOCATION_IF)
    }

    /// Not in `location`.
    const fn server_wide(self) -> Self {
        self.only_in(HTTP_SERVER)
    }

    /// Only in these contexts, and nothing within them has it from there.
    const fn holds_only_in(self, contexts: &'static [Context]) -> Self {
        Directive { contexts, merge: Merge::None, ..self }
    }

    const fn only_in(self, contexts: &'static [Context]) -> Self {
        Directive { contexts, ..self }
    }

    const fn args(self, least: usize, most: usize) -> Self {
        Directive { args: (least, most), ..self }
    }

    const fn default(self, default: &'static str) -> Self {
        Directive { default, ..self }
    }

    const fn doc(self, doc: &'static str) -> Self {
        Directive { doc, ..self }
    }

    const fn differs(self, differs: &'static str) -> Self {
        Directive { differs, ..self }
    }

    /// Names of the conf stand in its parameters.
    const fn names(self, names: &'static [Naming]) -> Self {
        Directive { names, ..self }
    }

    /// No answer is made of it.
    const fn unseen(self) -> Self {
        Directive { unseen: true, ..self }
    }

    /// Its name for people.
    fn named(&self) -> String {
        let place = if self.is_line() { " of an `upstream`" } else { "" };
        format!("`{}`{place}", self.name)
    }

    /// Whether it may stand in a context. Top level counts as `main`, `events` and `http`.
    pub fn allowed_in(&self, context: Context) -> bool {
        self.contexts.iter().any(|&own| match context {
            Context::Main => matches!(own, Context::Main | Context::Events | Context::Http),
            inside => own == inside,
        })
    }

    /// Whether it is a line of an `upstream`, whatever its name means elsewhere.
    pub fn is_line(&self) -> bool {
        self.contexts == [Context::Upstream]
    }

    /// Where it is not what nginx does; empty if it is.
    pub fn difference(&self) -> String {
        self.differs.replace(['⟪', '⟫'], "")
    }

    /// The same for a directive that stands in a conf that compiles.
    pub fn difference_in_use(&self) -> String {
        let mut parts = self.differs.split('⟪');
        let first = parts.next().unwrap_or_default();
        let behind = parts.filter_map(|part| part.split_once('⟫')).map(|(_, behind)| behind);
        let told = [first].into_iter().chain(behind).map(str::trim).filter(|part| !part.is_empty());
        told.collect::<Vec<_>>().join(" ")
    }

    /// What holds without it, in the conf's own words; empty for nothing.
    pub fn default_words(&self) -> String {
        self.setting.map_or_else(|| self.default.to_owned(), |it| it.words(&Values::DEFAULT))
    }

    /// Holds for a `return` too, in a group that is about files.
    const fn for_every_answer(self) -> Self {
        Directive { for_every_answer: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for row in all() {
            let found = find_in(row.name, row.contexts[0]).unwrap();
            assert!(std::ptr::eq(found, row), "{} stands twice", row.name);
        }
        assert!(find("lisen").is_none());
    }

    #[test]
    fn what_holds_of_a_conf_that_compiles_is_told() {
        let row = |differs| Directive { differs, ..*find("root").expect("a row") };
        for (differs, told, whole) in [
            ("", "", ""),
            ("⟪The default is `off`.⟫", "", "The default is `off`."),
            ("One. ⟪Two. Three.⟫ Four.", "One. Four.", "One. Two. Three. Four."),
            ("⟪One.⟫ Two. ⟪Three.⟫", "Two.", "One. Two. Three."),
        ] {
            let row = row(differs);
            assert_eq!((row.difference_in_use(), row.difference()), (told.into(), whole.into()));
        }
        for row in all() {
            let marks: String = row.differs.chars().filter(|c| "⟪⟫".contains(*c)).collect();
            assert_eq!(marks, "⟪⟫".repeat(marks.chars().count() / 2), "{}", row.name);
            // What is about a default is not about a directive that is there.
            let told = row.difference_in_use();
            assert!(!told.contains("The default is"), "{}: {told}", row.name);
        }
        assert_eq!(find("worker_connections").expect("a row").difference_in_use(), "");
    }

    #[test]
    fn every_row_is_complete() {
        for row in all() {
            assert!(!row.contexts.is_empty() && !row.doc.is_empty(), "{}", row.name);
            assert!(row.args.0 <= row.args.1, "{}", row.name);
            assert_eq!(row.args.1 == 0, row.usage.is_empty(), "{}", row.name);
            let differs = row.difference();
            assert!(!differs.contains(['⟪', '⟫']), "{}: {differs}", row.name);
            for text in [row.doc, &differs].into_iter().filter(|text| !text.is_empty()) {
                assert!(text.ends_with('.') && !text.contains("  "), "{}: {text}", row.name);
            }
        }
    }
}
