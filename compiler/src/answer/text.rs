//! An answer for people: one paragraph for the server and for each place that the request comes
//! to, then the response's head.

use std::fmt::Write;
use std::path::Path;

use sitec_runtime::http::status;
use sitec_runtime::site::LocationId;

use super::{Answer, End, Looker, ServerBy, Step, address};
use crate::ir;
use crate::places::{Places, ServerPlace};
use crate::route::Asked;
use crate::source::Sources;

/// Regexes that did not match are listed one by one up to this many.
const FEW: usize = 5;

/// What an answer is shown with.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The site that was asked.
    pub site: &'a ir::Site,
    /// Where the conf says what.
    pub places: &'a Places,
    /// The conf's files.
    pub sources: &'a Sources,
    /// The folder of the conf, which relative paths are beneath.
    pub folder: &'a Path,
}

impl Shown<'_> {
    /// The answer, step by step.
    pub fn text(&self, answer: &Answer) -> String {
        let mut out = format!("{}\n\n", answer.asked);
        let _ = writeln!(out, "{}", self.server(answer));
        for step in &answer.steps {
            self.step(&mut out, step);
        }
        let _ = writeln!(out, "{}", self.end(answer));
        for doubt in &answer.doubts {
            let _ = writeln!(out, "not known here: {doubt}");
        }
        if answer.end != End::Close {
            out.push('\n');
            head(&mut out, answer);
        }
        out
    }

    fn server(&self, answer: &Answer) -> String {
        let place = &self.places.servers[usize::from(answer.server)];
        let host = String::from_utf8_lossy(&answer.host);
        let why = match &answer.server_by {
            ServerBy::Asked => "the one that was asked".to_owned(),
            ServerBy::Alone => "the only one there".to_owned(),
            ServerBy::Param => format!("`{host}` is the value of a param in its names"),
            ServerBy::HostName => format!("`{host}` is the name of the machine"),
            ServerBy::Exact if host.is_empty() => "it takes requests without a host".to_owned(),
            ServerBy::Exact => format!("`{host}` is one of its names"),
            ServerBy::Suffix(name) => {
                format!("no name is `{host}`, and `{name}` is the longest that fits at its end")
            }
            ServerBy::Prefix(name) => {
                format!("no other name fits `{host}`, and `{name}` is the longest at its front")
            }
            ServerBy::Regex(nth) => {
                let name = regex_name(place, *nth);
                format!("no other name fits `{host}`, and `{name}` is the first regex to match")
            }
            ServerBy::Default => format!("no name fits `{host}`, and this is the default server"),
        };
        let names = match &place.names[..] {
            [] => String::new(),
            names => format!(" `{}`", names.join(" ")),
        };
        let listen = address(self.site, answer.listen);
        format!("server{names} on {listen} ({})\n    {why}", self.sources.place(place.span))
    }

    fn step(&self, out: &mut String, step: &Step) {
        let text = match step {
            Step::Location { path, asked, location } => {
                let path = String::from_utf8_lossy(path);
                let _ = writeln!(out, "{} for {path}", self.location(*location));
                self.asked(out, asked, *location);
                return;
            }
            Step::Named(location) => {
                let _ = writeln!(out, "{}", self.location(*location));
                return;
            }
            Step::Looked { by, path, found } => {
                let what = match by {
                    Looker::File | Looker::Condition => "",
                    Looker::TryFiles if is_folder(path) => "the folder ",
                    Looker::TryFiles | Looker::Index | Looker::Script => "the file ",
                };
                let by = looker(*by);
                let found = if *found { "there" } else { "not there" };
                format!("{by} looks for {what}`{}`: {found}", self.file(path))
            }
            Step::Asked { condition, holds } => {
                let holds = if *holds { "holds" } else { "does not hold" };
                format!("`if ({condition})` {holds}")
            }
            Step::Assigned { name, value } => {
                format!("`set ${name}` gives it \"{}\"", String::from_utf8_lossy(value))
            }
            Step::Rewritten { regex, uri } => {
                format!("`rewrite {regex}` makes it {}", String::from_utf8_lossy(uri))
            }
            Step::Inquired { uri, steps, status } => {
                let uri = String::from_utf8_lossy(uri);
                let _ = writeln!(out, "    `auth_request` asks for {uri}:");
                let mut inner = String::new();
                steps.iter().for_each(|step| self.step(&mut inner, step));
                for line in inner.lines() {
                    let _ = writeln!(out, "        {line}");
                }
                match status {
                    Some(status) => format!("`auth_request` is answered {status}"),
                    None => "what `auth_request` is answered is not known here".to_owned(),
                }
            }
            Step::Mirrored { uri } => {
                format!("`mirror` has it go to {} too", String::from_utf8_lossy(uri))
            }
            Step::Added { uri } => {
                format!("the answer for {} goes into the content", String::from_utf8_lossy(uri))
            }
            Step::Included => "`ssi` does what the content says".to_owned(),
            Step::Limited { by, zones } => {
                format!("`{by}` counts it in `{}`, and lets in the first", zones.join("`, `"))
            }
            Step::Status { status, reason } => format!("{status}: {reason}"),
            Step::ErrorPage { status, target } => {
                format!("`error_page {status}` leads to {target}")
            }
            Step::Redirect { by, uri } => {
                format!("{} leads to {}", looker(*by), String::from_utf8_lossy(uri))
            }
        };
        let _ = writeln!(out, "    {text}");
    }

    /// What was asked for a path, and what follows from it.
    fn asked(&self, out: &mut String, asked: &[Asked], location: LocationId) {
        let missed =
            asked.iter().filter(|asked| matches!(asked, Asked::Regex { matches: false, .. }));
        let (mut listed, missed) = (0, missed.count());
        for asked in asked {
            let said = match *asked {
                Asked::Exact(id) => format!("{} is this path and no other", self.location(id)),
                Asked::Prefix { location, no_regex: false } => {
                    format!("{} is the longest prefix", self.location(location))
                }
                Asked::Prefix { location, no_regex: true } => {
                    format!("{} is the longest prefix; no regex is asked", self.location(location))
                }
                Asked::Regex { location, matches: true } => {
                    format!("{} matches first", self.location(location))
                }
                Asked::Regex { location, matches: false } => {
                    listed += 1;
                    match listed {
                        FEW.. if listed == missed || listed > FEW => continue,
                        FEW if missed > FEW => format!("{} more do not match", missed - FEW + 1),
                        _ => format!("{} does not match", self.location(location)),
                    }
                }
            };
            let _ = writeln!(out, "    {said}");
        }
        if asked.is_empty() && self.places.locations[location as usize].written.is_empty() {
            let _ = writeln!(out, "    no location takes this path");
        }
    }

    /// Where an answer ends, in words.
    pub(crate) fn end(&self, answer: &Answer) -> String {
        match &answer.end {
            End::File(file) if answer.status == Some(206) => {
                format!("parts of the file `{}` are sent", self.file(file))
            }
            End::File(file) => format!("the file `{}` is sent", self.file(file)),
            End::Unchanged(file) => format!("the client has `{}` as it is", self.file(file)),
            End::Listing(folder) => format!("what is in `{}` is listed", self.file(folder)),
            End::Counts => "the counts of the process are told".to_owned(),
            End::Removed(file) => format!("the file `{}` is removed", self.file(file)),
            End::Stored(file) => format!("`{}` is stored", self.file(file)),
            End::StoredForm(folder) => {
                format!("the files of the form are stored in `{}`", self.file(folder))
            }
            End::Moved(file) => format!("`{}` is copied or moved", self.file(file)),
            End::Script { file, interpreter, extra_path } => {
                let by = interpreter.as_ref().map_or(String::new(), |name| format!(" by `{name}`"));
                let extra = String::from_utf8_lossy(extra_path);
                let extra = match &extra[..] {
                    "" => String::new(),
                    extra => format!(", with PATH_INFO `{extra}`"),
                };
                format!("the script `{}` is run{by}{extra}", self.file(file))
            }
            End::PassedOn { upstream, lines } => {
                let lines: String = lines.iter().map(|line| format!("\n    {line}")).collect();
                format!("the upstream `{upstream}` is asked{lines}")
            }
            End::Text(text) if text.is_empty() => "an empty text is sent".to_owned(),
            End::Text(text) => format!("the text {:?} is sent", String::from_utf8_lossy(text)),
            End::Page => "the page of the status is sent".to_owned(),
            End::Close => "the connection is closed without a response".to_owned(),
        }
    }

    /// A location and where it is.
    fn location(&self, id: LocationId) -> String {
        let place = &self.places.locations[id as usize];
        let name = match &place.written[..] {
            "" => "the server itself".to_owned(),
            written => format!("location {written}"),
        };
        format!("{name} ({})", self.sources.place(place.span))
    }

    /// A file as the conf would name it.
    pub(crate) fn file(&self, path: &Path) -> String {
        path.strip_prefix(self.folder).unwrap_or(path).display().to_string()
    }
}

/// A server's regex name, as it is written.
pub(super) fn regex_name(place: &ServerPlace, nth: usize) -> &str {
    place.names.iter().filter(|name| name.starts_with('~')).nth(nth).map_or("", String::as_str)
}

/// Whether what is looked for ends in a slash, as folders do.
fn is_folder(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// What looks, in the conf's words.
pub(super) fn looker(by: Looker) -> &'static str {
    match by {
        Looker::TryFiles => "`try_files`",
        Looker::Index => "`index`",
        Looker::File => "the path",
        Looker::Script => "`cgi_pass`",
        Looker::Condition => "`if`",
    }
}

/// The response's head, as far as it is known.
fn head(out: &mut String, answer: &Answer) {
    match answer.status {
        Some(code) => {
            let reason = status::reason(code).unwrap_or_default();
            let _ = writeln!(out, "{}", format!("HTTP/1.1 {code} {reason}").trim_end());
        }
        None if matches!(answer.end, End::Script { .. }) => {
            out.push_str("HTTP/1.1 … (the script decides)\n");
        }
        None if matches!(answer.end, End::PassedOn { .. }) => {
            out.push_str("HTTP/1.1 … (the upstream decides)\n");
        }
        None => out.push_str("HTTP/1.1 … (not known here)\n"),
    }
    for field in &answer.fields {
        let value = field.value.as_deref().unwrap_or("…");
        let _ = writeln!(out, "{}: {value}", field.name);
    }
}
