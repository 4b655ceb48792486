//! PUT: the content becomes the file, whole or not at all.

use std::io;

use super::directory_mode;
use crate::exchange::Refusal;
use crate::files::{Draft, Files, Present, Spot};
use crate::handler::{Outcome, Receiver, Request, change, created, no_content};
use crate::http::date;
use crate::site::Dav;

/// What takes the content. What can be refused, is before the content comes.
pub(super) fn receiver(
    dav: &'static Dav,
    request: &Request<'_>,
    files: &mut Files,
) -> Result<Box<dyn Receiver>, Outcome> {
    let path = request.variables.path;
    if path.ends_with(b"/") {
        return Err(change::refuse(request, 409, "cannot PUT to a collection"));
    }
    if request.variables.head.fields().first(b"content-range").is_some() {
        return Err(change::refuse(request, 501, "PUT with range is unsupported"));
    }
    if !change::has_length(request) {
        return Err(change::refuse(request, 411, "client sent neither length nor chunks"));
    }
    let beneath = change::beneath(request, path).ok_or(Outcome::Status(404))?;
    let failed = |error| change::fail(request, "open()", path, &error, 409);
    let directory = change::directory_to_fill(request, files).map_err(failed)?;
    let place = match directory.spot_beneath(&beneath) {
        Ok(spot) => Some((check(request, &spot)?, spot)),
        Err(error) if dav.create_full_put_path && error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    let parent = match &place {
        Some((_, spot)) => spot.parent().clone(),
        None => directory.nearest(&beneath).map_err(failed)?,
    };
    let draft = Draft::begin(&parent, dav.file_mode).map_err(failed)?;
    Ok(Box::new(Put { dav, beneath, place, draft }))
}

/// Whether a file may be put to a place, as things stand, and what becomes of one there.
fn check(request: &Request<'_>, spot: &Spot) -> Result<Present, Outcome> {
    let found = match spot.metadata() {
        Ok(found) => Some(found),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            return Err(change::fail(request, "stat()", request.variables.path, &error, 409));
        }
    };
    match found {
        Some(found) if found.is_dir() => Err(taken(request)),
        found if !change::preconditions_hold(request, found.as_ref()) => Err(Outcome::Status(412)),
        Some(_) => Ok(Present::KnownReplaced),
        None => Ok(Present::Replaced),
    }
}

/// Answers that a directory has the name.
fn taken(request: &Request<'_>) -> Outcome {
    change::refuse(request, 409, "a collection is in the place of the file")
}

/// A file on its way.
#[derive(Debug)]
struct Put {
    dav: &'static Dav,
    /// Its path beneath the directory of the request.
    beneath: Vec<u8>,
    /// Where it goes, and what becomes of a file there; `None` where its directories are yet to
    /// be made.
    place: Option<(Present, Spot)>,
    draft: Draft,
}

impl Put {
    /// Gives the file its name, and the directories that it has to be in; true if it has
    /// replaced another.
    fn publish(self, request: &Request<'_>, files: &mut Files) -> Result<bool, Outcome> {
        let Put { dav, beneath, place, mut draft } = self;
        let path = request.variables.path;
        let failed = |error| change::fail(request, "link()", path, &error, 409);
        draft.set_mode(dav.file_mode).map_err(failed)?;
        let time = request.variables.head.fields().first(b"date").and_then(date::parse);
        if let Some(seconds) = time.and_then(|time| u64::try_from(time).ok()) {
            draft.set_modified_s(seconds).map_err(failed)?;
        }
        let (present, spot) = match place {
            // What is there now matters to conditions; whether a directory is, the call tells.
            Some((_, spot)) if change::has_preconditions(request) => (check(request, &spot)?, spot),
            Some(place) => place,
            None => {
                let directory = change::directory_to_fill(request, files).map_err(failed)?;
                let spot = directory.make_way(&beneath, directory_mode(dav.file_mode));
                let spot = spot.map_err(failed)?;
                (check(request, &spot)?, spot)
            }
        };
        let replaced =
            draft.publish(&spot, present, false).map_err(|error| match error.kind() {
                io::ErrorKind::IsADirectory => taken(request),
                _ => failed(error),
            })?;
        files.announce_change();
        Ok(replaced)
    }
}

impl Receiver for Put {
    fn receive(&mut self, data: &[u8]) -> Result<(), Refusal> {
        let written = self.draft.write(data);
        written.map_err(|error| change::refusal("write()", &self.beneath, &error, 500))
    }

    fn finish(self: Box<Self>, request: &Request<'_>, files: &mut Files) -> Outcome {
        match self.publish(request, files) {
            Ok(true) => no_content(),
            Ok(false) => created(request.variables.path),
            Err(outcome) => outcome,
        }
    }
}
