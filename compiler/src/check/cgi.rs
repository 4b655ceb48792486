//! `cgi_pass` and what goes with it.

use std::rc::Rc;

use sitec_runtime::site::{CgiSettings, ParamKind, ProgramId};

use super::groups::Groups;
use super::path::Path;
use super::reader::Reader;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::files::{Kind, is_certain};
use crate::ir::{self, CgiParam, StartPiece};
use crate::source::Span;
use crate::suggest::closest;
use crate::value::Checked;

/// What a level has been given for scripts.
#[derive(Clone)]
pub(super) struct Cgi {
    pass: Pass,
    params: Rc<[CgiParam]>,
}

#[derive(Clone)]
enum Pass {
    Nothing,
    Extensions(Rc<[Rule]>),
    Program { program: ProgramId, name_len: usize },
}

/// A `cgi_pass .EXT`.
#[derive(Clone)]
pub(super) struct Rule {
    /// The extension, with its dot.
    pub(super) extension: Vec<u8>,
    /// What runs such files.
    pub(super) interpreter: Option<ProgramId>,
    /// The extension in the conf.
    pub(super) span: Span,
}

/// One `cgi_pass`.
enum Line {
    Off,
    Rule(Rule),
    Program(ProgramId),
}

impl Cgi {
    /// What holds where nothing was said.
    pub(super) fn outermost() -> Cgi {
        Cgi { pass: Pass::Nothing, params: Rc::new([]) }
    }

    /// Takes what these directives say; `path` is that of the location that they stand in.
    pub(super) fn set(
        &mut self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
        path: Option<&Path>,
    ) {
        if let Some(pass) = reader.cgi_pass(directives, path) {
            self.pass = pass;
        }
        if named(directives, "cgi_param").next().is_some() {
            self.params = reader.cgi_params(directives, groups).into();
        }
    }

    /// Forgets what was inherited.
    pub(super) fn turn_off(&mut self) {
        self.pass = Pass::Nothing;
    }

    /// Where the extensions stand.
    pub(super) fn spans(&self) -> Vec<Span> {
        match &self.pass {
            Pass::Extensions(rules) => rules.iter().map(|rule| rule.span).collect(),
            Pass::Nothing | Pass::Program { .. } => Vec::new(),
        }
    }

    /// What a location does that has been given this; `None` if there are no scripts.
    pub(super) fn resolved(&self, plain: CgiSettings) -> Option<ir::Cgi> {
        let scripts = match &self.pass {
            Pass::Nothing => return None,
            Pass::Extensions(rules) => {
                let rule = |rule: &Rule| ir::CgiRule {
                    extension: rule.extension.clone(),
                    interpreter: rule.interpreter,
                };
                ir::Scripts::ByExtension(rules.iter().map(rule).collect())
            }
            &Pass::Program { program, name_len } => ir::Scripts::Program { program, name_len },
        };
        Some(ir::Cgi { scripts, params: self.params.to_vec(), plain })
    }
}

impl Reader<'_> {
    /// What the `cgi_pass`es among these directives come to, if there are any.
    fn cgi_pass(&mut self, directives: &[Directive], path: Option<&Path>) -> Option<Pass> {
        let mut found: Option<(Pass, Span)> = None;
        for directive in named(directives, "cgi_pass") {
            let line = self.cgi_line(directive, path.is_some());
            let Some(line) = self.report(line) else { continue };
            let added = match (line, found.take()) {
                (line, None) => Ok((Pass::of(line, path), directive.span())),
                (Line::Rule(rule), Some((Pass::Extensions(rules), span))) => {
                    add_rule(&rules, rule).map(|rules| (Pass::Extensions(rules), span))
                }
                (_, Some((_, span))) => Err(side_by_side(directive, span)),
            };
            found = self.report(added);
        }
        found.map(|(pass, _)| pass)
    }

    fn cgi_line(&mut self, directive: &Directive, in_location: bool) -> Checked<Line> {
        let (first, second) = (&directive.args[0], directive.args.get(1));
        let value = &first.value[..];
        if let Some(name) = value.strip_prefix(b".")
            && !name.is_empty()
            && !value.contains(&b'/')
        {
            self.params.refuse_in(first, "an extension is the same wherever the server runs")?;
            let interpreter = second.map(|word| self.program(word)).transpose()?;
            let rule = Rule { extension: value.to_vec(), interpreter, span: first.span };
            return Ok(Line::Rule(rule));
        }
        let off = value == b"off";
        if !off && !value.contains(&b'/') && !value.starts_with(b"$") {
            return Err(no_pass(first, second.is_none()));
        }
        if let Some(second) = second {
            let message = "only an extension has an interpreter";
            return Err(Box::new(
                Diagnostic::error("T27", second.span, message)
                    .help("write `cgi_pass .EXT INTERPRETER;` or `cgi_pass PROGRAM;`"),
            ));
        }
        match (off, in_location) {
            (true, _) => Ok(Line::Off),
            (false, true) => self.program(first).map(Line::Program),
            (false, false) => Err(Box::new(
                Diagnostic::error("D04", first.span, "a program stands in a `location`").help(
                    "what is behind the location's prefix is the program's `PATH_INFO`: \
                     `location / { cgi_pass …; }`",
                ),
            )),
        }
    }

    /// A program, which must be there and fit to be run.
    pub(super) fn program(&mut self, word: &Word) -> Checked<ProgramId> {
        let text = self.params.start_text(word, 0, ParamKind::Path)?;
        match &text[..] {
            [] => {
                let message = "the name of a program is not empty";
                return Err(Box::new(Diagnostic::error("F05", word.span, message)));
            }
            [StartPiece::Literal(path)] if path.contains('/') => {
                self.must_exist_for("F05", word, path, Kind::File)?;
                let path = self.folder.join(path);
                if self.files.kind(&path).is_some() && !self.files.is_executable(&path) {
                    let message = format!("`{}` is not executable", word.shown());
                    let help = format!("`chmod +x {}`", word.shown());
                    let is_certain = is_certain(self.files, &self.folder, &path);
                    let diagnostic = Diagnostic::error("F06", word.span, message).help(help);
                    return Err(Box::new(diagnostic.of_this_disk(is_certain)));
                }
            }
            [StartPiece::Literal(name)] => self.must_be_installed(word, name)?,
            _ => {}
        }
        Ok(self.tables.programs.add(text) as ProgramId)
    }

    /// That a program of this name is in the search path.
    fn must_be_installed(&mut self, word: &Word, name: &str) -> Checked<()> {
        let folders = self.files.search_path();
        if folders.iter().any(|folder| self.files.is_executable(&folder.join(name))) {
            return Ok(());
        }
        self.dependencies.extend(folders.iter().map(|folder| folder.join(name)));
        let diagnostic =
            Diagnostic::error("F05", word.span, format!("there is no program `{name}` in `PATH`"));
        let listed = folders.iter().filter_map(|folder| self.files.list(folder).ok()).flatten();
        let names: Vec<_> = listed.map(|(name, _)| name).collect();
        let diagnostic = match closest(name, names.iter().map(String::as_str)) {
            Some(meant) => diagnostic.patch(format!("did you mean `{meant}`?"), word.span, meant),
            None => diagnostic,
        };
        Err(Box::new(diagnostic.help(format!(
            "where only the machine that serves has it, name its path: `/usr/bin/{name}`"
        ))))
    }

    /// The variables that the `cgi_param`s among these directives set.
    fn cgi_params(&mut self, directives: &[Directive], groups: &Groups) -> Vec<CgiParam> {
        let mut params: Vec<(CgiParam, Span)> = Vec::new();
        for directive in named(directives, "cgi_param") {
            let [name, value] = &directive.args[..] else { continue };
            let first = params.iter().find(|(param, _)| param.name == name.value);
            let checked = match first {
                Some((_, first)) => {
                    let message = format!("`{}` is set already", name.shown());
                    let diagnostic = Diagnostic::error("D06", name.span, message);
                    Err(Box::new(diagnostic.also(*first, "first set here")))
                }
                None => variable_name(name).and_then(|()| self.value(value, 0, groups)),
            };
            if let Some(value) = self.report(checked) {
                params.push((CgiParam { name: name.value.clone(), value }, name.span));
            }
        }
        params.into_iter().map(|(param, _)| param).collect()
    }
}

impl Pass {
    /// What one line comes to in the location with this path.
    fn of(line: Line, path: Option<&Path>) -> Pass {
        match line {
            Line::Off => Pass::Nothing,
            Line::Rule(rule) => Pass::Extensions(Rc::new([rule])),
            Line::Program(program) => {
                let prefix = match path {
                    Some(Path::Prefix { path, .. } | Path::Exact(path)) => &path[..],
                    Some(Path::Regex(_) | Path::Named(_)) | None => b"",
                };
                let name_len = prefix.strip_suffix(b"/").unwrap_or(prefix).len();
                Pass::Program { program, name_len }
            }
        }
    }
}

/// The rules with one more, whose extension must be new.
fn add_rule(rules: &Rc<[Rule]>, rule: Rule) -> Checked<Rc<[Rule]>> {
    if let Some(first) = rules.iter().find(|other| other.extension == rule.extension) {
        let shown = String::from_utf8_lossy(&rule.extension).into_owned();
        let message = format!("there is a `cgi_pass {shown}` already");
        let diagnostic = Diagnostic::error("D06", rule.span, message);
        return Err(Box::new(diagnostic.also(first.span, "first defined here")));
    }
    Ok(rules.iter().cloned().chain([rule]).collect())
}

/// What is neither an extension nor a path.
/// Interpreters by the names that people give them, the extension of their scripts, and what
/// runs those as CGI programs.
const INTERPRETERS: &[(&str, &str, &str)] = &[
    ("bash", ".sh", "bash"),
    ("node", ".js", "node"),
    ("perl", ".pl", "perl"),
    ("php", ".php", "php-cgi"),
    ("php-cgi", ".php", "php-cgi"),
    ("python", ".py", "python3"),
    ("python3", ".py", "python3"),
    ("ruby", ".rb", "ruby"),
    ("sh", ".sh", "sh"),
];

fn no_pass(word: &Word, is_alone: bool) -> Box<Diagnostic> {
    let shown = word.shown();
    let message = format!("`{shown}` is neither an extension nor the path of a program");
    let diagnostic = Diagnostic::error("T27", word.span, message);
    let interpreter = INTERPRETERS.iter().find(|(name, ..)| is_alone && *name == shown);
    if let Some((_, extension, runs)) = interpreter {
        let meant = format!("{extension} {runs}");
        return Box::new(diagnostic.patch(
            format!("write `cgi_pass {meant};` for the files that end in `{extension}`"),
            word.span,
            meant,
        ));
    }
    let bare = shown.strip_prefix('*').unwrap_or(&shown);
    let bare = bare.trim_start_matches('.');
    Box::new(match !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        true => diagnostic.patch(
            format!("write `.{bare}` for the files that end in it"),
            word.span,
            format!(".{bare}"),
        ),
        false => diagnostic.help("write `cgi_pass .EXT INTERPRETER;` or `cgi_pass /PROGRAM;`"),
    })
}

fn side_by_side(directive: &Directive, first: Span) -> Box<Diagnostic> {
    let message = "this `cgi_pass` cannot stand beside another one";
    Box::new(
        Diagnostic::error("D10", directive.span(), message)
            .also(first, "the other one is here")
            .help("give each its own `location`; only extensions may stand side by side"),
    )
}

/// That a variable may have this name.
fn variable_name(word: &Word) -> Checked<()> {
    let shown = word.shown();
    if shown == "HTTP_PROXY" {
        let message = "`HTTP_PROXY` is what programs take their proxy from, and looks like a field";
        return Err(Box::new(
            Diagnostic::error("X14", word.span, message)
                .help("set `http_proxy`, in lower case")
                .note("for the same reason a request's Proxy field never reaches a script"),
        ));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if shown.is_empty() || !shown.bytes().all(plain) || shown.as_bytes()[0].is_ascii_digit() {
        let message = format!("`{shown}` is not a name for a variable");
        return Err(Box::new(
            Diagnostic::error("T27", word.span, message)
                .help("a name has letters, digits and `_`, as in `GIT_PROJECT_ROOT`"),
        ));
    }
    Ok(())
}
