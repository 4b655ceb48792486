//! COPY and MOVE: from the path of the request to the one in Destination.

use std::ffi::CString;
use std::io;

use super::task::{Aim, Stage, Task};
use super::{Depth, depth, directory_mode};
use crate::files::{Directory, Files, Place, Placement, Spot};
use crate::handler::work;
use crate::handler::{Outcome, Request, change, no_content};
use crate::http::method::Method;
use crate::http::target::{normalize, split_args, split_port};
use crate::site::{Action, Dav, Endpoint, Handler, Location};

/// Carries a COPY or MOVE out, or begins to: 201 for a collection, 204 for a file.
pub(super) fn relocate(
    dav: &Dav,
    request: &Request<'_>,
    files: &mut Files,
) -> Result<Outcome, Outcome> {
    let path = request.variables.path;
    let destination = destination(request)?;
    let whole = match depth(request, Depth::Infinity)? {
        Depth::Infinity => true,
        Depth::Zero if request.method == Method::Copy => false,
        _ => return Err(change::refuse(request, 400, "\"Depth\" header must be infinity")),
    };
    let overwrite = overwrite(request)?;
    let from = change::beneath(request, path).ok_or(Outcome::Status(404))?;
    let to = change::beneath(request, &destination).ok_or(Outcome::Status(403))?;
    check_apart(request, &from, &to)?;
    let directory = change::directory(request, files)
        .map_err(|error| change::fail(request, "open()", path, &error, 404))?;
    let relocation = Relocation { dav, request, directory: &directory, from, to, destination };
    let place = files.places.wish();
    match relocation.carry_out(overwrite, whole, place)? {
        Step::Done(outcome) => {
            files.announce_change();
            Ok(outcome)
        }
        Step::Long(task) => Ok(work::begin(task, request, files)),
    }
}

/// The path that Destination names: of the same host, and such that an `alias` leads it to the
/// same directory. It ends in a slash if and only if the path of the request does.
fn destination(request: &Request<'_>) -> Result<Vec<u8>, Outcome> {
    let variables = request.variables;
    let refuse = |reason| change::refuse(request, 400, reason);
    let value = variables.head.fields().first(b"destination");
    let value = value.ok_or_else(|| refuse("client sent no \"Destination\" header"))?;
    let target = local_target(value, variables.host)
        .ok_or_else(|| refuse("\"Destination\" is not on this server"))?;
    let end = memchr::memchr(b'#', target).unwrap_or(target.len());
    let (target, _) = split_args(&target[..end]);
    let mut path = Vec::with_capacity(target.len());
    normalize(target, variables.server.merge_slashes, &mut path)
        .map_err(|_| refuse("client sent invalid \"Destination\" header"))?;
    if path.ends_with(b"/") != variables.path.ends_with(b"/") {
        let reason = "both URI and \"Destination\" should be collections or non-collections";
        return Err(change::refuse(request, 409, reason));
    }
    let base = &variables.settings.base;
    let replaced = variables.path.get(..base.replaced_len);
    if base.alias && !(base.append_path && path.get(..base.replaced_len) == replaced) {
        return Err(refuse("\"Destination\" must be within the location's \"alias\""));
    }
    match allows(request, (request.locate)(&path)) {
        true => Ok(path),
        false => Err(change::refuse(request, 403, "the method is not for \"Destination\"")),
    }
}

/// Whether the location that a destination belongs to lets this client use the method too, and
/// has its files in the same place: else clients could write where the conf does not let them.
fn allows(request: &Request<'_>, there: &Location) -> bool {
    let (own, base) = (&request.variables.settings.base, &there.settings.base);
    let same_place = own.directory == base.directory && own.replaced_len == base.replaced_len;
    let Action::Serve { handler: Handler::Dav(dav), .. } = &there.action else { return false };
    let client = match request.variables.client() {
        Endpoint::Ip(address) => Some(address.ip()),
        Endpoint::Unix(_) => None,
    };
    let method = request.method;
    let usable = there.methods.contains(method) && dav.methods.contains(method);
    let here = &request.variables.settings.admission;
    same_place && usable && !there.internal && !there.keeps_out(Some(method), client, here)
}

/// The path and what follows it in the value of Destination, if it is on this host. In front of
/// this server there may be one that speaks TLS, so the scheme does not matter, nor the port.
fn local_target<'v>(value: &'v [u8], host: &[u8]) -> Option<&'v [u8]> {
    if value.starts_with(b"/") {
        return Some(value);
    }
    let schemes = [&b"http://"[..], b"https://"];
    let rest = schemes.iter().find_map(|scheme| {
        let (front, rest) = value.split_at_checked(scheme.len())?;
        front.eq_ignore_ascii_case(scheme).then_some(rest)
    })?;
    let (authority, target) = rest.split_at(memchr::memchr(b'/', rest)?);
    let (name, _) = split_port(authority);
    let name = name.strip_suffix(b".").unwrap_or(name);
    name.eq_ignore_ascii_case(host).then_some(target)
}

/// Whether what is at the destination may be overwritten (RFC 4918, 10.6).
fn overwrite(request: &Request<'_>) -> Result<bool, Outcome> {
    match request.variables.head.fields().first(b"overwrite") {
        None | Some(b"T" | b"t") => Ok(true),
        Some(b"F" | b"f") => Ok(false),
        Some(_) => Err(change::refuse(request, 400, "client sent invalid \"Overwrite\" header")),
    }
}

/// Refuses two paths that are the same, or one collection within the other.
fn check_apart(request: &Request<'_>, from: &[u8], to: &[u8]) -> Result<(), Outcome> {
    let segments = |path: &[u8]| -> Vec<Vec<u8>> {
        path.split(|&byte| byte == b'/')
            .filter(|name| !name.is_empty())
            .map(<[u8]>::to_vec)
            .collect()
    };
    let (source, target) = (segments(from), segments(to));
    let collection = request.variables.path.ends_with(b"/");
    if source == target
        || collection && (source.starts_with(&target) || target.starts_with(&source))
    {
        return Err(change::refuse(request, 403, "URI and \"Destination\" are not apart"));
    }
    Ok(())
}

/// What has become of a COPY or MOVE.
enum Step {
    Done(Outcome),
    /// It may take longer.
    Long(Box<Task>),
}

/// A COPY or MOVE whose fields are good.
struct Relocation<'a> {
    dav: &'a Dav,
    request: &'a Request<'a>,
    directory: &'a Directory,
    from: Vec<u8>,
    to: Vec<u8>,
    /// The path of the destination.
    destination: Vec<u8>,
}

impl Relocation<'_> {
    /// Looks at the destination first and then at the source, as nginx does.
    fn carry_out(&self, overwrite: bool, whole: bool, place: Place) -> Result<Step, Outcome> {
        let collection = self.destination.ends_with(b"/");
        let to = self.directory.spot_beneath(&self.to);
        let replaced = to.as_ref().ok().and_then(|to| to.metadata().ok());
        if let Some(replaced) = &replaced {
            if replaced.is_dir() && !collection {
                return Err(self.refuse(409, "\"Destination\" is a collection"));
            }
            if !overwrite {
                return Err(self.refuse(412, "\"Destination\" exists"));
            }
        }
        let from = self.directory.spot_beneath(&self.from);
        let from = from.map_err(|error| self.failed_from(&error))?;
        let found = from.metadata().map_err(|error| self.failed_from(&error))?;
        if !change::preconditions_hold(self.request, Some(&found)) {
            return Err(Outcome::Status(412));
        }
        let task = |to: Spot, stage| {
            let aim = if self.request.method == Method::Move { Aim::Move } else { Aim::Copy };
            let destination = self.destination.clone();
            Task { place, aim, from: from.clone(), to, destination, stage, left_over: false }
        };
        match (found.is_dir(), collection) {
            (true, false) => Err(self.refuse(400, "URI is a collection")),
            (false, true) => Err(self.failed_from(&io::ErrorKind::NotADirectory.into())),
            (true, true) => {
                let to = to.map_err(|error| self.failed_to(&error, 404))?;
                let there = (self.to.as_slice(), &to, replaced.as_ref());
                let placement = Placement::new(self.directory, there, overwrite);
                let stage = if self.request.method == Method::Move {
                    Stage::Move(Box::new(placement.moved_from(&self.from, &found)))
                } else {
                    Stage::CopyTree { whole, placement: Box::new(placement) }
                };
                Ok(Step::Long(Box::new(task(to, stage))))
            }
            (false, false) => self.relocate_file(&from, to, task),
        }
    }

    /// Whatever is at the destination is replaced at once. Moving makes the way to it, as in
    /// nginx.
    fn relocate_file(
        &self,
        from: &Spot,
        to: io::Result<Spot>,
        task: impl FnOnce(Spot, Stage) -> Task,
    ) -> Result<Step, Outcome> {
        let failed = |error: io::Error| self.failed_to(&error, 409);
        let moves = self.request.method == Method::Move;
        let to = match to {
            Err(error) if moves && error.kind() == io::ErrorKind::NotFound => {
                self.directory.make_way(&self.to, directory_mode(self.dav.file_mode))
            }
            to => to,
        };
        let to = to.map_err(failed)?;
        if moves {
            match from.rename(&to) {
                Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
                result => return result.map(|()| Step::Done(no_content())).map_err(failed),
            }
        }
        // What GET would send: a symlink is followed, as long as it stays beneath the root.
        let path = CString::new(self.from.as_slice()).map_err(|error| failed(error.into()))?;
        let source = self.directory.open_to_read(&path).map_err(failed)?;
        Ok(Step::Long(Box::new(task(to, Stage::CopyFile(source)))))
    }

    fn refuse(&self, status: u16, reason: &str) -> Outcome {
        change::refuse(self.request, status, reason)
    }

    fn failed_from(&self, error: &io::Error) -> Outcome {
        change::fail(self.request, "open()", self.request.variables.path, error, 404)
    }

    fn failed_to(&self, error: &io::Error, missing: u16) -> Outcome {
        let call = if self.request.method == Method::Move { "rename()" } else { "copy()" };
        change::fail(self.request, call, &self.destination, error, missing)
    }
}
