//! What all handlers that change files have in common: where a path leads for changing,
//! preconditions, and which status a failure has.

use std::fs::Metadata;
use std::io;

use super::hidden::is_hidden;
use super::{Outcome, Request};
use crate::escape::Escaped;
use crate::exchange::Refusal;
use crate::files::{Directory, Files, Links, Spot, is_reserved, path};
use crate::http::conditional::{Conditions, Validators, Verdict};
use crate::http::etag;
use crate::site::{IfModifiedSince, Level};

/// Where a path leads beneath the root or alias of the request, as a path beneath its
/// directory. `None`, a 404: nowhere, to something hidden, or to a name that is the server's own.
pub(super) fn beneath(request: &Request<'_>, path: &[u8]) -> Option<Vec<u8>> {
    let Request { variables, append_path, .. } = *request;
    let settings = variables.settings;
    if !settings.hidden_files && is_hidden(request, path) {
        return None;
    }
    let mut out = Vec::with_capacity(path.len() + 64);
    path::write_beneath(&settings.base, path, variables, append_path, &mut out)?;
    (!is_reserved(&out)).then_some(out)
}

/// The directory of the request's root or alias.
pub(super) fn directory(request: &Request<'_>, files: &mut Files) -> io::Result<Directory> {
    let variables = request.variables;
    let links = Links::of(&variables.settings.symlinks, variables).for_changes();
    files.directory(variables.settings.base.directory, links, variables.now)
}

/// The same for a new file: with `disable_symlinks off`, it goes where symlinks lead, as nginx has
/// it. Nothing is removed there.
pub(super) fn directory_to_fill(request: &Request<'_>, files: &mut Files) -> io::Result<Directory> {
    let variables = request.variables;
    let links = Links::of(&variables.settings.symlinks, variables);
    files.directory(variables.settings.base.directory, links, variables.now)
}

/// Removes the file that the path of the request leads to: `DELETE` where the conf allows it.
/// 404 if there is none, 403 for a directory.
pub(super) fn delete(request: &Request<'_>, files: &mut Files) -> Outcome {
    let path = request.variables.path;
    let Some(beneath) = beneath(request, path) else { return Outcome::Status(404) };
    match directory(request, files).and_then(|directory| directory.spot_beneath(&beneath)) {
        Ok(spot) => delete_spot(request, files, &spot),
        Err(error) => fail(request, "unlink()", path, &error, 404),
    }
}

/// The same for a place that is known.
pub(super) fn delete_spot(request: &Request<'_>, files: &Files, spot: &Spot) -> Outcome {
    let path = request.variables.path;
    let found = match spot.metadata() {
        Ok(found) => found,
        Err(error) => return fail(request, "unlink()", path, &error, 404),
    };
    if !preconditions_hold(request, Some(&found)) {
        return Outcome::Status(412);
    }
    if found.is_dir() {
        return refuse(request, 403, "cannot delete a directory");
    }
    if path.ends_with(b"/") {
        let error = io::Error::from_raw_os_error(libc::ENOTDIR);
        return fail(request, "unlink()", path, &error, 404);
    }
    match spot.remove() {
        Ok(()) => {
            files.announce_change();
            super::no_content()
        }
        Err(error) => fail(request, "unlink()", path, &error, 404),
    }
}

/// Whether what the client demands of the resource that it changes holds (RFC 9110, 13.1).
/// `found` is what is there, if anything.
pub(super) fn preconditions_hold(request: &Request<'_>, found: Option<&Metadata>) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Some(conditions) = Conditions::find(request.variables.head.fields()) else { return true };
    let Some(found) = found else { return conditions.hold_for_nothing() };
    let mut tag = Vec::new();
    etag::write(found.mtime(), found.mtime_nsec(), found.len(), &mut tag);
    let etag = request.variables.settings.etag.then_some(tag.as_slice());
    let validators = Validators { etag, modified_s: found.mtime() };
    // If-Modified-Since is for GET and HEAD alone.
    conditions.evaluate(validators, IfModifiedSince::Off) == Verdict::Proceed
}

/// Whether the client demands anything of the resource that it changes.
pub(super) fn has_preconditions(request: &Request<'_>) -> bool {
    Conditions::find(request.variables.head.fields()).is_some()
}

/// Whether the request says how long its content is, or that it comes in chunks.
pub(super) fn has_length(request: &Request<'_>) -> bool {
    let fields = request.variables.head.fields();
    !request.framing.is_empty() || fields.first(b"content-length").is_some()
}

/// Answers what the client should not have asked, and writes why to the log.
pub(super) fn refuse(request: &Request<'_>, status: u16, reason: &str) -> Outcome {
    (request.report)(Level::Error, format_args!("{reason}"));
    Outcome::Status(status)
}

/// Answers a failure: `missing` where there is no such path.
pub(super) fn fail(
    request: &Request<'_>,
    call: &str,
    path: &[u8],
    error: &io::Error,
    missing: u16,
) -> Outcome {
    let Refusal { status, level, reason } = refusal(call, path, error, missing);
    if status != 404 || request.variables.settings.log_not_found {
        (request.report)(level, format_args!("{reason}"));
    }
    Outcome::Status(status)
}

/// What a failure makes of a request whose content is being received.
pub(super) fn refusal(call: &str, path: &[u8], error: &io::Error, missing: u16) -> Refusal {
    let code = error.raw_os_error().unwrap_or(match error.kind() {
        io::ErrorKind::NotFound => libc::ENOENT,
        io::ErrorKind::NotADirectory => libc::ENOTDIR,
        _ => 0,
    });
    let (status, level) = match code {
        libc::ENOENT | libc::ENOTDIR | libc::ENAMETOOLONG => (missing, Level::Error),
        // A symlink that leads out of the directory.
        libc::EXDEV => (missing, Level::Error),
        // ELOOP: of a symlink that leads round in circles, or may not be followed. EBUSY: of a
        // mount point, or of the root itself.
        libc::EACCES | libc::EPERM | libc::ELOOP | libc::EBUSY => (403, Level::Error),
        libc::EMFILE | libc::ENFILE => (503, Level::Crit),
        libc::ENOSPC | libc::EDQUOT | libc::EFBIG => (507, Level::Crit),
        _ => (500, Level::Crit),
    };
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    Refusal {
        status,
        level,
        reason: format!("{call} \"{}\" failed ({code}: {text})", Escaped(path)),
    }
}
