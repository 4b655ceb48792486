//! Static files, as nginx's index and static modules serve them.

use std::io;

use super::hidden::is_hidden;
use super::representation;
use super::resource::{AnyFile, Resource, Variant};
use super::{Outcome, Request, change, folder_uri};
use crate::escape::Escaped;
use crate::exchange::compress;
use crate::files::{Entry, Files, Links, Name, Question, path};
use crate::http::accept::Coding;
use crate::http::method::Method;
use crate::site::{CompressionSettings, ErrorLog, Level, Text};

/// Serves what the path of the request leads to.
pub fn serve(request: &Request<'_>, files: &mut Files) -> Outcome {
    match request.method {
        Method::Get | Method::Head | Method::Post => {}
        Method::Delete => return change::delete(request, files),
        _ => return Outcome::Status(405),
    }
    if request.variables.path.ends_with(b"/") {
        return serve_directory(request, files);
    }
    let (variant, compressed) = beside(request, files);
    if let Some(compressed) = compressed {
        return respond(request, compressed, variant);
    }
    match look_up(request, files, request.variables.path) {
        Entry::File(_) | Entry::Packed(_) if request.method == Method::Post => Outcome::Status(405),
        Entry::File(file) => respond(request, AnyFile::Stored(file), variant),
        Entry::Packed(file) => respond(request, AnyFile::Packed(file), variant),
        Entry::Directory => slash_redirect(request),
        Entry::Unreadable { .. } => fail(request, libc::EACCES),
        Entry::Special => {
            let name = name_of(request);
            (request.report)(Level::Crit, format_args!("\"{name}\" is not a regular file"));
            Outcome::Status(404)
        }
        Entry::Failed(error) => fail(request, error),
    }
}

fn respond(request: &Request<'_>, file: AnyFile, variant: Option<Variant>) -> Outcome {
    representation::respond(request, Resource::new(request, file, variant))
}

/// What is sent of the compressed files beside what the path leads to, if there are any and
/// `gzip_static` or one of its kind looks for them.
fn beside(request: &Request<'_>, files: &mut Files) -> (Option<Variant>, Option<AnyFile>) {
    let settings = request.variables.settings;
    if request.method == Method::Post {
        return (None, None);
    }
    let (mut there, mut found, mut count) = (Coding::ORDER, [None, None, None], 0);
    for coding in settings.codings_beside() {
        let ending = coding.ending().as_bytes();
        let file = match look_up_with(request, files, request.variables.path, ending) {
            Entry::File(file) => AnyFile::Stored(file),
            Entry::Packed(file) => AnyFile::Packed(file),
            _ => continue,
        };
        (there[count], found[count]) = (coding, Some(file));
        count += 1;
    }
    if count == 0 {
        return (None, None);
    }
    let there = &there[..count];
    let plain = settings.compression.map_or(CompressionSettings::DEFAULT, |found| found.plain);
    let variant = compress::beside(&settings.plain, &plain, request.variables.head, there);
    let chosen = there.iter().position(|coding| variant.coding == Some(*coding));
    (Some(variant), chosen.and_then(|index| found[index].take()))
}

/// What a path leads to beneath the root or alias of the request. A path that cannot lead to a
/// file is as one that leads to none; so is a hidden one.
pub(crate) fn look_up(request: &Request<'_>, files: &mut Files, path: &[u8]) -> Entry {
    look_up_with(request, files, path, b"")
}

/// The same with something at the end of the file's name.
fn look_up_with(
    request: &Request<'_>,
    files: &mut Files,
    path: &[u8],
    ending: &'static [u8],
) -> Entry {
    let Request { variables, append_path, .. } = *request;
    let settings = variables.settings;
    let base = &settings.base;
    let is_fixed = settings.pack.is_none()
        && matches!((&base.inner, &settings.symlinks.from), (Text::Fixed(_), Text::Fixed(_)));
    let name = is_fixed.then_some(Name { settings, append_path, path, ending });
    if let Some(known) = name.and_then(|name| files.recall(&name, variables.now)) {
        return known;
    }
    if !settings.hidden_files && is_hidden(request, path) {
        return Entry::Failed(libc::ENOENT);
    }
    let question = Question {
        name,
        directory: base.directory,
        links: Links::of(&settings.symlinks, variables),
        pack: settings.pack,
        cache: settings.file_cache,
        now: variables.now,
    };
    files.find(question, |out| {
        path::write_beneath(base, path, variables, append_path, out)?;
        out.extend_from_slice(ending);
        Some(())
    })
}

/// An index beneath the path of the request.
fn look_up_index(request: &Request<'_>, files: &mut Files, candidate: &[u8]) -> Entry {
    if request.variables.settings.base.append_path {
        return look_up(request, files, candidate);
    }
    // The `alias` is complete, and the directory itself. As in nginx, the name of an index is put
    // right behind it, and only behind a slash does that lead into the directory.
    if !path::alias_ends_with_slash(request.variables) {
        return Entry::Failed(libc::ENOENT);
    }
    let name = &candidate[request.variables.path.len() - 1..];
    look_up(&Request { append_path: true, ..*request }, files, name)
}

/// The first of `index` that is there, by an internal redirect; else the listing, if there is to
/// be one.
fn serve_directory(request: &Request<'_>, files: &mut Files) -> Outcome {
    let (path, settings) = (request.variables.path, request.variables.settings);
    let mut directory_seen = false;
    let mut candidate = Vec::with_capacity(path.len() + 32);
    for name in settings.index {
        candidate.clear();
        candidate.extend_from_slice(path);
        name.write(request.variables, &mut candidate);
        if candidate.get(path.len()) == Some(&b'/') {
            return Outcome::InternalRedirect(candidate.split_off(path.len()));
        }
        match look_up_index(request, files, &candidate) {
            Entry::Failed(libc::ENOENT | libc::EXDEV) => {}
            Entry::Failed(error) => return fail(request, error),
            _ => return Outcome::InternalRedirect(candidate),
        }
        if !directory_seen {
            match look_up(request, files, path) {
                Entry::Directory | Entry::Unreadable { directory: true } => directory_seen = true,
                Entry::Failed(error) => return fail(request, error),
                _ => return fail(request, libc::ENOTDIR),
            }
        }
    }
    if let (Some(listing), Some(list)) = (settings.listing, request.list) {
        return match request.method {
            Method::Post => Outcome::Status(405),
            _ => list(request, files, listing),
        };
    }
    let name = name_of(request);
    (request.report)(Level::Error, format_args!("directory index of \"{name}\" is forbidden"));
    Outcome::Status(403)
}

/// A directory without its slash: 301 to the path with it.
fn slash_redirect(request: &Request<'_>) -> Outcome {
    let variables = &request.variables;
    Outcome::Redirect(301, folder_uri(variables.path, variables.args))
}

/// The response to a path that cannot be opened.
pub(super) fn fail(request: &Request<'_>, error: i32) -> Outcome {
    let (status, level) = match error {
        libc::ENOENT | libc::ENOTDIR | libc::ENAMETOOLONG => (404, Level::Error),
        // A symlink that leads out of the directory.
        libc::EXDEV => (404, Level::Error),
        // One that leads round in circles, or may not be followed.
        libc::EACCES | libc::ELOOP => (403, Level::Error),
        libc::EMFILE | libc::ENFILE => (503, Level::Crit),
        _ => (500, Level::Crit),
    };
    let settings = request.variables.settings;
    let wanted = status != 404 || settings.log_not_found;
    // To make the text costs more than the rest of the response.
    if wanted && ErrorLog::any_takes(settings.error_logs, level) {
        let name = name_of(request);
        let text = io::Error::from_raw_os_error(error).to_string();
        let text = text.split(" (os error").next().unwrap_or_default();
        (request.report)(level, format_args!("open() \"{name}\" failed ({error}: {text})"));
    }
    Outcome::Status(status)
}

/// The name of the file, for the log.
pub(super) fn name_of(request: &Request<'_>) -> String {
    let mut name = Vec::new();
    request.variables.request_filename(&mut name);
    Escaped(&name).to_string()
}
