//! Sites in a few words, for tests: what routing depends on and nothing else, drawn at random
//! and written out as a conf.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Servers that share one listen; the first is the default.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sketch {
    /// The servers.
    pub(crate) servers: Vec<Server>,
}

/// A server: its names as in `server_name`, and its locations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Server {
    /// `a.test`, `*.a.test`, `.a.test`, `www.*`, `~regex`, or empty.
    pub(crate) names: Vec<String>,
    /// Its locations.
    pub(crate) locations: Vec<Location>,
}

/// A location.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Location {
    /// `=`, `^~`, `~`, `~*` or nothing.
    pub(crate) modifier: &'static str,
    /// A path or a pattern.
    pub(crate) path: String,
    /// What stands within it.
    pub(crate) nested: Vec<Location>,
}

impl Location {
    fn is_regex(&self) -> bool {
        self.modifier.starts_with('~')
    }
}

impl Sketch {
    /// The sketch without what nginx refuses: equal names in one listen, equal paths in one
    /// scope, locations in an exact one, and nested ones that do not begin with their parent.
    pub(crate) fn legal(mut self) -> Sketch {
        let mut names = Vec::new();
        for (index, server) in self.servers.iter_mut().enumerate() {
            server.names.retain(|name| !clashes(name, &mut names));
            // Without any name, a server has the empty one.
            if server.names.is_empty() && clashes("", &mut names) {
                server.names.push(format!("s{index}.test"));
            }
            legal_scope(&mut server.locations, None);
        }
        self
    }

    /// The conf. Each location returns its number in the order of the text, from 1.
    pub(crate) fn conf(&self) -> String {
        let mut out = String::new();
        let mut count = 0;
        for (index, server) in self.servers.iter().enumerate() {
            let names: Vec<_> = server.names.iter().map(|name| format!("\"{name}\"")).collect();
            let default = if index == 0 { " default_server" } else { "" };
            let _ = writeln!(out, "server {{\n    listen 8080{default};");
            if !names.is_empty() {
                let _ = writeln!(out, "    server_name {};", names.join(" "));
            }
            conf_scope(&mut out, &server.locations, &mut count, 1);
            out.push_str("}\n");
        }
        out
    }
}

/// Whether `name` or a part of it is in `names` already; else it is put there.
fn clashes(name: &str, names: &mut Vec<String>) -> bool {
    let parts = match name.strip_prefix('.') {
        Some(base) => vec![base.to_owned(), format!("*.{base}")],
        None => vec![name.to_owned()],
    };
    let clash = parts.iter().any(|part| names.contains(part));
    if !clash {
        names.extend(parts);
    }
    clash
}

fn legal_scope(locations: &mut Vec<Location>, parent: Option<&Location>) {
    let mut paths = Vec::new();
    locations.retain(|location| {
        // `^~ /a` and `/a` are the same location to nginx, `= /a` is not.
        let key = (location.modifier == "=", location.is_regex(), location.path.clone());
        let fits = location.is_regex()
            || parent.is_none_or(|p| p.is_regex() || location.path.starts_with(&p.path));
        let new = location.is_regex() || !paths.contains(&key);
        paths.push(key);
        fits && new
    });
    for location in locations {
        if location.modifier == "=" {
            location.nested.clear();
        }
        let parent = Location { nested: Vec::new(), ..location.clone() };
        legal_scope(&mut location.nested, Some(&parent));
    }
}

fn conf_scope(out: &mut String, locations: &[Location], count: &mut u32, depth: usize) {
    let indent = "    ".repeat(depth);
    for location in locations {
        *count += 1;
        let modifier = location.modifier;
        let space = if modifier.is_empty() { "" } else { " " };
        let _ = writeln!(out, "{indent}location {modifier}{space}\"{}\" {{", location.path);
        let _ = writeln!(out, "{indent}    return 200 {count};");
        conf_scope(out, &location.nested, count, depth + 1);
        let _ = writeln!(out, "{indent}}}");
    }
}

/// A sketch with more names and locations than match arms are written for.
pub(crate) fn large() -> Sketch {
    let location = |modifier, path| Location { modifier, path, nested: Vec::new() };
    let prefixes = (0..600).map(|i| location("", format!("/{i}/")));
    let exact = (0..100).map(|i| location("=", format!("/{i}")));
    let regexes = [location("~", "/7.*b".to_owned()), location("~*", "[.]PNG$".to_owned())];
    let locations = prefixes.chain(exact).chain(regexes).collect();
    let first = Server { names: vec!["www.*".to_owned()], locations };
    let others = (0..300).map(|i| Server {
        names: vec![format!("a{i}.test"), format!(".b{i}.test")],
        locations: Vec::new(),
    });
    Sketch { servers: [first].into_iter().chain(others).collect() }
}

/// Sketches drawn at random. Names and paths are made of few parts, so that they overlap.
pub(crate) fn sketches() -> impl Strategy<Value = Sketch> {
    let server = (vec(server_name(), 0..4), vec(location(), 0..7));
    let server = server.prop_map(|(names, locations)| Server { names, locations });
    vec(server, 1..4).prop_map(|servers| Sketch { servers }.legal())
}

/// Hosts that the names of a sketch may take.
pub(crate) fn hosts() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), vec(label(), 1..5).prop_map(|labels| labels.join("."))]
}

/// Paths that the locations of a sketch may take.
pub(crate) fn paths() -> impl Strategy<Value = String> {
    let segment = select(&["a", "b", "ab", "A", "x.php", "y.PNG", ""][..]);
    vec(segment, 1..6).prop_map(|segments| format!("/{}", segments.join("/")))
}

fn label() -> impl Strategy<Value = &'static str> {
    select(&["a", "b", "www", "test"][..])
}

fn server_name() -> impl Strategy<Value = String> {
    let name = vec(label(), 1..4).prop_map(|labels| labels.join("."));
    let form = select(&["N", "N", "*.N", ".N", "N.*", "~N", "~^(w+)[.]N$", "~[ab][.]N", ""][..]);
    (name, form).prop_map(|(name, form)| form.replace('N', &name))
}

fn location() -> impl Strategy<Value = Location> {
    let leaf = (modifier(), path(), pattern()).prop_map(|(modifier, path, pattern)| {
        let path = if modifier.starts_with('~') { pattern } else { path };
        Location { modifier, path, nested: Vec::new() }
    });
    leaf.prop_recursive(3, 12, 4, |inner| {
        (modifier(), path(), pattern(), vec(inner, 0..4)).prop_map(
            |(modifier, path, pattern, mut nested)| {
                let path = if modifier.starts_with('~') { pattern } else { path };
                for location in &mut nested {
                    if !modifier.starts_with('~') && !location.is_regex() {
                        location.path = format!("{path}{}", location.path.trim_start_matches('/'));
                    }
                }
                Location { modifier, path, nested }
            },
        )
    })
}

fn modifier() -> impl Strategy<Value = &'static str> {
    select(&["", "", "", "=", "^~", "~", "~*"][..])
}

fn path() -> impl Strategy<Value = String> {
    let segment = select(&["a", "b", "ab", "a/", "b/", "x.php"][..]);
    vec(segment, 0..4).prop_map(|segments| format!("/{}", segments.concat()))
}

fn pattern() -> impl Strategy<Value = String> {
    let plain = select(&["a", "b/", "/a/", "[ab]", ".*", "(a|b)", r"\.php", r"\.png", "b?"][..]);
    let look = select(&["(?!a)", "(?=.*b)", "(?<!a)", "(?<=/)", "(?:(?!b).)*", "(?!/(a|x))"][..]);
    let part = prop_oneof![6 => plain, 1 => look];
    let front = select(&["", "", "^/", "^"][..]);
    let back = select(&["", "", "$"][..]);
    (front, vec(part, 1..4), back)
        .prop_map(|(front, parts, back)| format!("{front}{}{back}", parts.concat()))
}
