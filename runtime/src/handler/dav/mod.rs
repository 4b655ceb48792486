//! `dav_methods`: PUT, DELETE, MKCOL, COPY and MOVE beneath the root of a location, as nginx's
//! module carries them out. Nothing here reaches outside of the root, or changes the root.

mod multistatus;
mod put;
mod relocate;
mod task;

use std::io;

use super::{Outcome, Request, change, file, work};
use crate::files::Files;
use crate::http::method::Method;
use crate::site::Dav;
use task::{Aim, Stage, Task};

/// Answers a request to a location with `dav_methods`.
pub fn serve(dav: &'static Dav, request: &Request<'_>, files: &mut Files) -> Outcome {
    if !dav.methods.contains(request.method) {
        return file::serve(request, files);
    }
    let has_content = !request.framing.is_empty();
    let done = match request.method {
        Method::Put => put::receiver(dav, request, files).map(Outcome::Receive),
        _ if has_content => Err(change::refuse(request, 415, "the method takes no content")),
        Method::Delete => delete(dav, request, files),
        Method::Mkcol => make_collection(dav, request, files),
        Method::Copy | Method::Move => relocate::relocate(dav, request, files),
        _ => Err(Outcome::Status(405)),
    };
    done.unwrap_or_else(|outcome| outcome)
}

/// The permissions that directories get where files get these: what may be read may be entered.
fn directory_mode(file_mode: u32) -> u32 {
    file_mode | (file_mode & 0o444) >> 2
}

/// How much of a collection a request is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Depth {
    Zero,
    One,
    Infinity,
}

/// The Depth field, or what goes without (RFC 4918, 10.2).
fn depth(request: &Request<'_>, default: Depth) -> Result<Depth, Outcome> {
    match request.variables.head.fields().first(b"depth") {
        None => Ok(default),
        Some(b"0") => Ok(Depth::Zero),
        Some(b"1") => Ok(Depth::One),
        Some(b"infinity") => Ok(Depth::Infinity),
        Some(_) => Err(change::refuse(request, 400, "client sent invalid \"Depth\" header")),
    }
}

/// Removes a file, or a collection and all that is in it.
fn delete(dav: &Dav, request: &Request<'_>, files: &mut Files) -> Result<Outcome, Outcome> {
    let path = request.variables.path;
    if path_depth(path) < dav.min_delete_depth as usize {
        return Err(change::refuse(request, 409, "insufficient URI depth to DELETE"));
    }
    let beneath = change::beneath(request, path).ok_or(Outcome::Status(404))?;
    let failed = |error: io::Error| {
        let missing = if error.kind() == io::ErrorKind::NotADirectory { 409 } else { 404 };
        change::fail(request, "unlink()", path, &error, missing)
    };
    let directory = change::directory(request, files).map_err(failed)?;
    let spot = directory.spot_beneath(&beneath).map_err(failed)?;
    let found = spot.metadata().map_err(failed)?;
    let collection = path.ends_with(b"/");
    if found.is_dir() != collection {
        return Err(change::refuse(request, 409, "the path of a collection ends in a slash"));
    }
    let default = if collection { Depth::Infinity } else { Depth::Zero };
    match depth(request, default)? {
        Depth::Infinity => {}
        Depth::Zero if !collection => {}
        _ => return Err(change::refuse(request, 400, "\"Depth\" header must be infinity")),
    }
    if !change::preconditions_hold(request, Some(&found)) {
        return Err(Outcome::Status(412));
    }
    if collection {
        let task = Task {
            place: files.places.wish(),
            aim: Aim::Delete,
            to: spot.clone(),
            from: spot,
            destination: path.to_vec(),
            stage: Stage::Delete,
            left_over: false,
        };
        return Ok(work::begin(Box::new(task), request, files));
    }
    let removed = spot.remove();
    files.announce_change();
    removed.map(|()| super::no_content()).map_err(failed)
}

/// How many segments a path has; what is behind the last slash counts if it is not empty.
fn path_depth(path: &[u8]) -> usize {
    let slashes = path.iter().filter(|&&byte| byte == b'/').count();
    slashes - usize::from(path.ends_with(b"/"))
}

/// Makes a collection.
fn make_collection(
    dav: &Dav,
    request: &Request<'_>,
    files: &mut Files,
) -> Result<Outcome, Outcome> {
    let path = request.variables.path;
    if !path.ends_with(b"/") {
        return Err(change::refuse(request, 409, "MKCOL can create a collection only"));
    }
    let failed = |error: io::Error| match error.raw_os_error() {
        // It is there, or it is the root itself.
        Some(libc::EEXIST | libc::EBUSY) => {
            change::refuse(request, 405, "the collection exists already")
        }
        _ => change::fail(request, "mkdir()", path, &error, 409),
    };
    let beneath = change::beneath(request, path).ok_or(Outcome::Status(404))?;
    let directory = change::directory(request, files).map_err(failed)?;
    let spot = directory.spot_beneath(&beneath).map_err(failed)?;
    spot.make_directory(directory_mode(dav.file_mode)).map_err(failed)?;
    files.announce_change();
    Ok(super::created(path))
}

#[cfg(test)]
mod tests;
