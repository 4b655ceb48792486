//! `fastcgi_pass`, `scgi_pass`, `uwsgi_pass` and `memcached_pass`, and what goes with them.

use std::rc::Rc;

use super::caches::{Keeping, withheld_fields};
use super::groups::Groups;
use super::path::Path;
use super::proxy::{Line, Stand, field_name};
use super::reader::Reader;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::directive::Values;
use crate::ir::{self, PassedParam, Target, Value};
use crate::value::{Checked, regex, size};

/// The directives by which a location passes requests on.
pub(super) const PASSES: [&str; 6] =
    ["proxy_pass", "grpc_pass", "fastcgi_pass", "scgi_pass", "uwsgi_pass", "memcached_pass"];

/// The fields of an answer that no client is sent, unless `fastcgi_pass_header` or its like names
/// them. The first says the status, and goes on by uwsgi, as in nginx.
const HIDDEN: &[&str] = &[
    "status",
    "x-accel-expires",
    "x-accel-redirect",
    "x-accel-limit-rate",
    "x-accel-buffering",
    "x-accel-charset",
];

/// What the names of each protocol's directives begin with, in the order of [`Protocol`].
const FRONTS: [&str; 4] = ["fastcgi", "scgi", "uwsgi", "memcached"];

/// What is spoken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Fastcgi,
    Scgi,
    Uwsgi,
    Memcached,
}

impl Protocol {
    const ALL: [Protocol; 4] =
        [Protocol::Fastcgi, Protocol::Scgi, Protocol::Uwsgi, Protocol::Memcached];

    /// The directives of this protocol whose name ends so.
    fn named<'d>(
        self,
        directives: &'d [Directive],
        end: &'static str,
    ) -> impl Iterator<Item = &'d Directive> {
        let front = FRONTS[self as usize].as_bytes();
        let is_it = move |name: &[u8]| {
            let rest = name.strip_prefix(front).and_then(|rest| rest.strip_prefix(b"_"));
            rest == Some(end.as_bytes())
        };
        directives.iter().filter(move |directive| is_it(&directive.name.value))
    }
}

/// What a level has been given for such servers.
#[derive(Clone)]
pub(super) struct Fastcgi {
    /// Whom it asks, which holds where it stands and in an `if` there.
    pass: Option<(Protocol, Target)>,
    /// What holds by protocol.
    given: [Given; 4],
    index: Option<Value>,
    split: Option<ir::Regex>,
    /// `fastcgi_catch_stderr`.
    caught: Rc<[Vec<u8>]>,
    /// `$memcached_key`, where it is asked for.
    key: Option<Value>,
}

/// What a level has been given for one protocol.
#[derive(Clone)]
struct Given {
    params: Rc<[PassedParam]>,
    hidden: Rc<[Vec<u8>]>,
    shown: Rc<[Vec<u8>]>,
    line: Line,
    keeping: Keeping,
}

impl Given {
    fn nothing() -> Given {
        let (line, keeping) = (Line::default(), Keeping::default());
        Given { params: Rc::new([]), hidden: Rc::new([]), shown: Rc::new([]), line, keeping }
    }
}

impl Fastcgi {
    /// What holds where nothing was said.
    pub(super) fn outermost() -> Fastcgi {
        Fastcgi {
            pass: None,
            given: std::array::from_fn(|_| Given::nothing()),
            key: None,
            index: None,
            split: None,
            caught: Rc::new([]),
        }
    }

    /// Forgets whom it asks.
    pub(super) fn turn_off(&mut self) {
        self.pass = None;
    }

    /// What a location within this one has of it.
    pub(super) fn inherited(&self) -> Fastcgi {
        Fastcgi { pass: None, ..self.clone() }
    }

    /// Takes what these directives say.
    pub(super) fn set(
        &mut self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
        stand: Stand<'_>,
    ) {
        for protocol in Protocol::ALL {
            self.set_given(protocol, directives, reader, groups);
        }
        if let Some(directive) = named(directives, "fastcgi_index").next() {
            let mut index = Value::default();
            index.push_literal(&directive.args[0].value);
            self.index = Some(index);
        }
        if let Some(directive) = named(directives, "fastcgi_split_path_info").next() {
            let split = split(&directive.args[0]);
            self.split = reader.report(split).or(self.split.take());
        }
        if named(directives, "fastcgi_catch_stderr").next().is_some() {
            let texts =
                named(directives, "fastcgi_catch_stderr").map(|it| it.args[0].value.clone());
            self.caught = texts.filter(|text| !text.is_empty()).collect();
        }
        for protocol in Protocol::ALL {
            if let Some(directive) = protocol.named(directives, "pass").next() {
                let target = reader.passed_address(directive, groups);
                self.pass = reader.report(target).map(|target| (protocol, target));
                if protocol == Protocol::Memcached {
                    let key = reader.memcached_key(directive);
                    self.key = reader.report(key);
                }
                self.check(directive, directives, reader, stand);
            }
        }
    }

    fn set_given(
        &mut self,
        protocol: Protocol,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
    ) {
        let given = &mut self.given[protocol as usize];
        if protocol.named(directives, "param").next().is_some() {
            let params: Vec<_> = protocol
                .named(directives, "param")
                .map(|it| reader.passed_param(it, groups))
                .collect();
            given.params = params.into_iter().filter_map(|it| reader.report(it)).collect();
        }
        for (end, place) in [("hide_header", &mut given.hidden), ("pass_header", &mut given.shown)]
        {
            if protocol.named(directives, end).next().is_some() {
                let names: Vec<_> =
                    protocol.named(directives, end).map(|it| field_name(&it.args[0])).collect();
                *place = names.into_iter().filter_map(|name| reader.report(name)).collect();
            }
        }
        given.line.set(FRONTS[protocol as usize], directives, reader, groups);
        given.keeping.set(FRONTS[protocol as usize], directives, reader, groups);
        for end in ["busy_buffers_size", "max_temp_file_size", "temp_file_write_size"] {
            for directive in protocol.named(directives, end) {
                let len = size(&directive.args[0]).map(drop);
                reader.report(len);
            }
        }
    }

    /// Says what is missing for scripts to be found, and for nothing else to be taken for one.
    fn check(
        &self,
        pass: &Directive,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        stand: Stand<'_>,
    ) {
        let Some((protocol, _)) = self.pass else { return };
        let params = &self.given[protocol as usize].params;
        if protocol == Protocol::Fastcgi && !params.iter().any(|it| it.name == b"SCRIPT_FILENAME") {
            let message = "the other server is not told which script to run";
            reader.diagnostics.push(
                Diagnostic::warning("U11", pass.span(), message)
                    .label("no `fastcgi_param SCRIPT_FILENAME` holds here")
                    .help(
                        "`include fastcgi.conf;`, or `fastcgi_param SCRIPT_FILENAME \
                         $document_root$fastcgi_script_name;`",
                    ),
            );
        }
        let is_of_scripts = match stand.path {
            Some(Path::Regex(regex)) => {
                regex.pattern.text.to_ascii_lowercase().contains("php") && !stand.is_if
            }
            _ => false,
        };
        if protocol == Protocol::Fastcgi && is_of_scripts && !asks_for_files(directives) {
            let message = "what is no script may be run as one";
            reader.diagnostics.push(
                Diagnostic::warning("U06", pass.span(), message)
                    .label("nothing here looks whether the script is there")
                    .note(
                        "for `/upload/x.jpg/y.php`, PHP may run `/upload/x.jpg` \
                         (`cgi.fix_pathinfo`)",
                    )
                    .help("add `try_files $fastcgi_script_name =404;`"),
            );
        }
    }

    /// What a location does that has been given this; `None` if it passes nothing on so.
    pub(super) fn resolved(&self, values: &Values) -> Option<ir::Proxy> {
        let (protocol, target) = self.pass.as_ref()?;
        let Given { params, hidden, shown, line, keeping } = &self.given[*protocol as usize];
        let caching = keeping.resolved("host");
        let mut params = params.to_vec();
        if caching.is_some() {
            for (field, value) in withheld_fields() {
                let name = format!("HTTP_{}", field.to_ascii_uppercase().replace('-', "_"));
                let name = name.into_bytes();
                if !params.iter().any(|param| param.name == name) {
                    params.push(PassedParam { name, value, if_not_empty: true });
                }
            }
        }
        let (plain, wire) = match protocol {
            Protocol::Fastcgi => {
                let (index, split) = (self.index.clone(), self.split.clone());
                let keeps = values.compiled.fastcgi_keep_conn;
                let caught = self.caught.to_vec();
                let wire = ir::Wire::Fastcgi(ir::Fastcgi { params, index, split, keeps, caught });
                (values.fastcgi, wire)
            }
            Protocol::Memcached => {
                let gzip_flag = values.compiled.memcached_gzip_flag;
                let key = self.key.clone()?;
                (values.memcached, ir::Wire::Memcached { key, gzip_flag })
            }
            Protocol::Scgi => (values.scgi, ir::Wire::Scgi(params)),
            Protocol::Uwsgi => {
                let compiled = &values.compiled;
                let modifiers = [compiled.uwsgi_modifier1, compiled.uwsgi_modifier2];
                (values.uwsgi, ir::Wire::Uwsgi { params, modifiers })
            }
        };
        let hidden_here = if *protocol == Protocol::Uwsgi { &HIDDEN[1..] } else { HIDDEN };
        let usual = hidden_here.iter().map(|name| name.as_bytes().to_vec());
        let mut hidden: Vec<_> = usual.chain(hidden.iter().cloned()).collect();
        hidden.retain(|name| !shown.contains(name));
        hidden.sort_unstable();
        hidden.dedup();
        Some(ir::Proxy {
            target: target.clone(),
            wire,
            tls: None,
            method: None,
            fields: Vec::new(),
            body: None,
            redirects: Vec::new(),
            cookie_domains: Vec::new(),
            cookie_paths: Vec::new(),
            cookie_flags: Vec::new(),
            local: line.local(),
            rate: line.rate(),
            caching,
            hidden,
            plain,
        })
    }
}

impl Reader<'_> {
    /// `$memcached_key`, which the conf says what it is.
    fn memcached_key(&mut self, pass: &Directive) -> Checked<Value> {
        let variable = self.variable("memcached_key", pass.name.span).map_err(|_| {
            let message = "`$memcached_key` is set nowhere";
            Box::new(
                Diagnostic::error("T18", pass.name.span, message)
                    .label("it is the key that is asked for")
                    .help("`set $memcached_key $uri?$args;`"),
            )
        })?;
        Ok(Value(vec![ir::Piece::Variable(variable)]))
    }

    fn passed_param(&mut self, directive: &Directive, groups: &Groups) -> Checked<PassedParam> {
        let [name, value, rest @ ..] = &directive.args[..] else {
            unreachable!("the structure is checked")
        };
        if let Some(word) = rest.first().filter(|word| word.value != b"if_not_empty") {
            let message =
                format!("`{}` has no parameter `{}`", directive.name.shown(), word.shown());
            let wrong = Diagnostic::error("T25", word.span, message);
            return Err(Box::new(wrong.help("it takes `NAME VALUE [if_not_empty]`")));
        }
        let value = self.value(value, 0, groups)?;
        Ok(PassedParam { name: name.value.clone(), value, if_not_empty: !rest.is_empty() })
    }
}

/// The regex of a `fastcgi_split_path_info`.
fn split(word: &Word) -> Checked<ir::Regex> {
    let regex = regex(word, 0, false)?;
    if regex.groups != 2 {
        let message = format!("`{}` must have two groups", word.shown());
        return Err(Box::new(Diagnostic::error("T25", word.span, message).help(
            "the first is the script's name, the second what is behind it: \
                 `^(.+?\\.php)(/.*)$`",
        )));
    }
    Ok(ir::Regex { pattern: regex.pattern, captures_used: true })
}

/// Whether these directives look whether a file is there.
fn asks_for_files(directives: &[Directive]) -> bool {
    let is_test = |directive: &Directive| {
        let words = directive.args.iter().map(|word| &word.value[..]);
        words.into_iter().any(|word| {
            let word = word.strip_prefix(b"(").unwrap_or(word);
            matches!(word, b"-f" | b"!-f" | b"-e" | b"!-e")
        })
    };
    named(directives, "try_files").next().is_some() || named(directives, "if").any(is_test)
}
