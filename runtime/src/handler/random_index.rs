//! `random_index`: a file of a directory, drawn for each request.

use std::hash::{BuildHasher, RandomState};

use super::{Outcome, Request, file, listing};
use crate::files::{Files, ItemKind};
use crate::http::method::Method;

/// Serves what the path of the request leads to: of a directory, one of its files.
pub(crate) fn serve(request: &Request<'_>, files: &mut Files) -> Outcome {
    draw(request, files).unwrap_or_else(|| file::serve(request, files))
}

/// What comes of a directory, if there is a file in it.
fn draw(request: &Request<'_>, files: &mut Files) -> Option<Outcome> {
    let path = request.variables.path;
    let is_asked = matches!(request.method, Method::Get | Method::Head | Method::Post);
    if !request.variables.settings.random_index || !is_asked || !path.ends_with(b"/") {
        return None;
    }
    let mut items = match listing::items(request, files) {
        Ok(items) => items,
        Err(error) => return Some(file::fail(request, error)),
    };
    loop {
        match items.read() {
            Ok(true) => break,
            Ok(false) => {}
            Err(error) => {
                let error = error.raw_os_error().unwrap_or(libc::EIO);
                return Some(file::fail(request, error));
            }
        }
    }
    items.skip_to_file(|count| {
        // Each state has keys of its own.
        let number = RandomState::new().hash_one(count) as usize;
        number.checked_rem(count).unwrap_or(0)
    });
    let item = items.find(|item| item.kind == ItemKind::File)?;
    Some(Outcome::InternalRedirect([path, &item.name].concat()))
}
