//! Which script a request runs.
//!
//! By extension, it is the front of the path that is a regular file and has an extension with a
//! rule; the rest of the path is the script's extra path. So what stands behind a file that is
//! no script never makes it one: `/picture.jpg/x.php` is no script, unless `x.php` is a file.

pub(super) mod environment;

use super::spool::{Spool, Spooled};
use super::{Outcome, Request, file};
use crate::backend::Input;
use crate::cgi::{Call, Command, ERRORS_LEVEL};
use crate::escape::Escaped;
use crate::exchange::Room;
use crate::files::{Entry, Files, path};
use crate::http::body::Framing;
use crate::site::{Cgi, CgiRule, ErrorLog, Level, ProgramId, Scripts};

use environment::Named;

/// A script that a request was led to.
pub(super) struct Script {
    /// Its path in the file system.
    file: Vec<u8>,
    /// How much of the request's path names it.
    name_len: usize,
    /// What runs it; `None`: it runs by itself.
    interpreter: Option<ProgramId>,
    cgi: &'static Cgi,
}

/// Runs the script that the path leads to, or serves a file that is no script.
pub fn serve(cgi: &'static Cgi, request: &Request<'_>, files: &mut Files) -> Outcome {
    match &cgi.scripts {
        Scripts::Program { program, name_len } => {
            let extra_path = request.variables.path.get(*name_len..);
            if !extra_path.is_some_and(|path| path.is_empty() || path.starts_with(b"/")) {
                return Outcome::Status(404);
            }
            let file = request.program(*program).to_vec();
            Script { file, name_len: *name_len, interpreter: None, cgi }.begin(request)
        }
        Scripts::ByExtension(rules) => match find(rules, request, files) {
            Some(Found { file, name_len, interpreter }) => {
                Script { file, name_len, interpreter, cgi }.begin(request)
            }
            None => file::serve(request, files),
        },
    }
}

/// What [`find`] has found.
struct Found {
    file: Vec<u8>,
    name_len: usize,
    interpreter: Option<ProgramId>,
}

/// The script that stands at the front of the path. Only names with a rule are looked up, and
/// none behind the first that is not there.
fn find(rules: &'static [CgiRule], request: &Request<'_>, files: &mut Files) -> Option<Found> {
    let path = request.variables.path;
    let base = &request.variables.settings.base;
    if !(base.append_path || request.append_path) {
        // An `alias` that names the whole file: its own name decides.
        let file = file_at(request, path)?;
        let interpreter = rule_for(rules, &file)?.interpreter;
        let found = is_file(&file::look_up(request, files, path));
        return found.then_some(Found { file, name_len: path.len(), interpreter });
    }
    let ends = memchr::memchr_iter(b'/', path).skip(1).chain([path.len()]);
    for name_len in ends {
        let front = &path[..name_len];
        let Some(rule) = rule_for(rules, front) else { continue };
        match file::look_up(request, files, front) {
            Entry::Directory | Entry::Unreadable { directory: true } => {}
            entry if is_file(&entry) => {
                let (file, interpreter) = (file_at(request, front)?, rule.interpreter);
                return Some(Found { file, name_len, interpreter });
            }
            _ => return None,
        }
    }
    None
}

/// The rule for the extension of a path's last segment.
fn rule_for(rules: &'static [CgiRule], path: &[u8]) -> Option<&'static CgiRule> {
    rules.iter().find(|rule| {
        path.strip_suffix(rule.extension).is_some_and(|name| !matches!(name, [] | [.., b'/']))
    })
}

fn is_file(entry: &Entry) -> bool {
    matches!(entry, Entry::File(_) | Entry::Unreadable { directory: false })
}

/// The path in the file system that a path of the URI leads to.
fn file_at(request: &Request<'_>, path: &[u8]) -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStrExt;
    let variables = request.variables;
    let base = &variables.settings.base;
    let directory = variables.directories.get(usize::from(base.directory))?;
    let mut file = directory.as_os_str().as_bytes().to_vec();
    if !file.ends_with(b"/") {
        file.push(b'/');
    }
    let append_path = base.append_path || request.append_path;
    path::write_beneath(base, path, variables, append_path, &mut file)?;
    Some(file)
}

impl Spooled for Script {
    fn finish(&self, request: &Request<'_>, input: Input, len: u64) -> Outcome {
        self.call(request, input, Some(len))
    }
}

impl Script {
    /// What becomes of the request: content without a length is gathered first.
    fn begin(self, request: &Request<'_>) -> Outcome {
        match request.framing {
            Framing::Length(0) => {
                let head = request.variables.head;
                let said = head.fields().first(b"content-length").and(Some(0));
                // What was there may have gone to another one.
                self.call(request, Input::Empty, said.filter(|_| head.framing.is_empty()))
            }
            Framing::Length(len) => self.call(request, Input::Stream, Some(len)),
            Framing::Chunked => {
                // A script reads a file by itself.
                let room = Room { shared_len: 0, ..Room::of(request.variables.settings) };
                Outcome::Receive(Box::new(Spool::new(Box::new(self), room)))
            }
        }
    }

    /// The script with its environment, ready to be started. `content_len` is the length of the
    /// content, if there is any.
    pub(super) fn call(
        &self,
        request: &Request<'_>,
        input: Input,
        content_len: Option<u64>,
    ) -> Outcome {
        let folder = match memchr::memrchr(b'/', &self.file) {
            Some(0) | None => b"/",
            Some(slash) => &self.file[..slash],
        };
        let command = match self.interpreter {
            None => Command::new(&self.file, folder, &[&self.file]),
            Some(id) => {
                let program = request.program(id);
                Command::new(program, folder, &[program, &self.file])
            }
        };
        match command {
            Some(mut command) => {
                let (params, out) = (self.cgi.params, command.environment());
                let script = Named { file: &self.file, name_len: self.name_len };
                environment::write(request, script, content_len, params, out);
                let timeout_ms = self.cgi.timeout_ms;
                // A pipe less for each script, where the conf logs nothing of what comes by it.
                let logs = request.variables.settings.error_logs;
                let errors = ErrorLog::any_takes(logs, ERRORS_LEVEL);
                Outcome::Script(Box::new(Call { command, input, errors, timeout_ms }))
            }
            None => {
                let file = Escaped(&self.file);
                let text = format_args!("\"{file}\" is no path of a script");
                (request.report)(Level::Error, text);
                Outcome::Status(404)
            }
        }
    }
}
