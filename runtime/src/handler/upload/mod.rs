//! Uploads: what is sent to an `upload_store` becomes a file in it, whole or not at all.

mod form;
pub mod name;

pub use form::MAX_DRAFTS;

use std::fs::Metadata;
use std::io;

use super::{Outcome, Receiver, Request, change, file};
use crate::exchange::Refusal;
use crate::files::{Directory, Draft, Files, Links, Present, Spot};
use crate::http::method::Method;
use crate::http::multipart;
use crate::site::{Level, Upload};

/// Permissions of a stored file, as far as the umask lets them be.
const FILE_MODE: u32 = 0o666;

/// Answers a request to a location that stores uploads.
pub fn serve(upload: &'static Upload, request: &Request<'_>, files: &mut Files) -> Outcome {
    match request.method {
        Method::Get | Method::Head => file::serve(request, files),
        Method::Post | Method::Put => match receiver(upload, request, files) {
            Ok(receiver) => Outcome::Receive(receiver),
            Err(outcome) => outcome,
        },
        Method::Delete => delete(upload, request, files),
        _ => Outcome::Status(405),
    }
}

/// What takes the content of a POST or PUT. What can be refused, is before the content comes.
fn receiver(
    upload: &'static Upload,
    request: &Request<'_>,
    files: &mut Files,
) -> Result<Box<dyn Receiver>, Outcome> {
    let variables = request.variables;
    let fields = variables.head.fields();
    if fields.first(b"content-range").is_some() {
        return Err(change::refuse(request, 400, "a part of a file cannot be stored"));
    }
    if !change::has_length(request) {
        return Err(change::refuse(request, 411, "client sent neither length nor chunks"));
    }
    let (folder, name) = split(upload, variables.path).ok_or(Outcome::Status(404))?;
    let failed = |error| change::fail(request, "open()", variables.path, &error, 500);
    let directory = store(upload, request, files).map_err(failed)?;
    if request.method == Method::Post {
        let content_type = fields.first(b"content-type").unwrap_or_default();
        let boundary = multipart::boundary(content_type)
            .map_err(|error| change::refuse(request, 400, error.0))?;
        if let Some(boundary) = boundary {
            let form = form::Form::begin(upload, folder, &boundary, &directory);
            return Ok(Box::new(form));
        }
    }
    let name = name::check(name).map_err(|error| change::refuse(request, 400, error))?;
    let spot = directory.spot(name);
    let present = check(upload, request, &spot)?;
    let draft = Draft::begin(spot.parent(), FILE_MODE).map_err(failed)?;
    Ok(Box::new(Raw { upload, spot, present, draft }))
}

/// The folder of the store within a path, without its slash, and the name behind it. `None`
/// where the path is not of this location.
fn split<'p>(upload: &Upload, path: &'p [u8]) -> Option<(&'p [u8], &'p [u8])> {
    let folder_len = upload.folder_len.or_else(|| memchr::memrchr(b'/', path))?;
    let (folder, rest) = path.split_at_checked(folder_len)?;
    match rest {
        [] => Some((folder, b"")),
        [b'/', name @ ..] => Some((folder, name)),
        _ => None,
    }
}

/// Whether a file may be stored at a place, as things stand, and what becomes of one there.
fn check(upload: &Upload, request: &Request<'_>, spot: &Spot) -> Result<Present, Outcome> {
    let found = match spot.metadata() {
        Ok(found) => Some(found),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(change::fail(request, "stat()", spot.name(), &error, 500)),
    };
    if !change::preconditions_hold(request, found.as_ref()) {
        return Err(Outcome::Status(412));
    }
    let Some(found) = found else { return Ok(if_taken(upload)) };
    let taken = check_taken(upload, &found).map(|()| Present::KnownReplaced);
    taken.map_err(|refusal| change::refuse(request, refusal.status, &refusal.reason))
}

/// What becomes of a file that has the name of an upload, if there is one.
fn if_taken(upload: &Upload) -> Present {
    if upload.overwrite { Present::Replaced } else { Present::Kept }
}

/// Whether a file may take the place of what is there.
fn check_taken(upload: &Upload, found: &Metadata) -> Result<(), Refusal> {
    match found.is_dir() {
        true => Err(Refusal::of_client(409, "a directory has the name of the upload")),
        false if !upload.overwrite => {
            Err(Refusal::of_client(409, "the file exists, and `upload_overwrite` is off"))
        }
        false => Ok(()),
    }
}

/// A raw body on its way to becoming a file.
#[derive(Debug)]
struct Raw {
    upload: &'static Upload,
    spot: Spot,
    present: Present,
    draft: Draft,
}

impl Receiver for Raw {
    fn receive(&mut self, data: &[u8]) -> Result<(), Refusal> {
        self.draft.write(data).map_err(|error| write_failed(&self.spot, &error))
    }

    fn finish(self: Box<Self>, request: &Request<'_>, files: &mut Files) -> Outcome {
        let Raw { upload, spot, mut present, draft } = *self;
        let path = request.variables.path;
        // What is there now matters to conditions; whether the name is taken, publishing tells.
        if change::has_preconditions(request) {
            present = match check(upload, request, &spot) {
                Ok(present) => present,
                Err(outcome) => return outcome,
            };
        }
        match publish(upload, draft, &spot, present, files) {
            Ok(true) if request.method == Method::Put => super::no_content(),
            Ok(_) => super::created(path),
            Err(refusal) => {
                (request.report)(refusal.level, format_args!("{}", refusal.reason));
                Outcome::Status(refusal.status)
            }
        }
    }
}

/// Makes a draft visible; true if it has replaced a file. 409 if somebody else was faster.
fn publish(
    upload: &Upload,
    draft: Draft,
    spot: &Spot,
    present: Present,
    files: &Files,
) -> Result<bool, Refusal> {
    use io::ErrorKind::{AlreadyExists, IsADirectory};
    match draft.publish(spot, present, upload.sync) {
        Ok(replaced) => {
            files.announce_change();
            Ok(replaced)
        }
        Err(error) if matches!(error.kind(), AlreadyExists | IsADirectory) => {
            let refusal = change::refusal("link()", spot.name(), &error, 500);
            Err(Refusal { status: 409, level: Level::Error, ..refusal })
        }
        Err(error) => Err(change::refusal("link()", spot.name(), &error, 500)),
    }
}

fn write_failed(spot: &Spot, error: &io::Error) -> Refusal {
    change::refusal("write()", spot.name(), error, 500)
}

/// Removes a file of the store.
fn delete(upload: &Upload, request: &Request<'_>, files: &mut Files) -> Outcome {
    let path = request.variables.path;
    let name = match split(upload, path) {
        None => return Outcome::Status(404),
        Some((_, b"")) => return change::refuse(request, 403, "cannot delete a directory"),
        Some((_, name)) => name,
    };
    let name = match name::check(name) {
        Ok(name) => name,
        Err(error) => return change::refuse(request, 400, error),
    };
    match store(upload, request, files) {
        Ok(directory) => {
            let spot = directory.spot(name);
            change::delete_spot(request, files, &spot)
        }
        Err(error) => change::fail(request, "open()", path, &error, 500),
    }
}

/// The directory that uploads are stored in. No name in it is followed.
fn store(upload: &Upload, request: &Request<'_>, files: &mut Files) -> io::Result<Directory> {
    files.directory(upload.directory, Links::BENEATH, request.variables.now)
}

#[cfg(test)]
mod tests;
