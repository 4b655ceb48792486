//! `multipart/form-data`: every part that is a file is stored under its name, all of them or
//! none.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::rc::Rc;

use super::{FILE_MODE, check_taken, if_taken, name, publish, write_failed};
use crate::escape;
use crate::exchange::Refusal;
use crate::files::{Directory, Draft, Files, Saved, Spot};
use crate::handler::{Outcome, Receiver, Request, Response, change, escape_path};
use crate::http::multipart::{Event, Malformed, Reader};
use crate::site::Upload;

/// The most files of one form: what is known of each takes memory.
const MAX_FILES: usize = 1000;
/// Files that are written each to a draft of its own. More share one, so that no client can use
/// up the descriptors.
pub const MAX_DRAFTS: usize = 64;

/// A form that is being received.
pub(super) struct Form {
    reader: Reader,
    batch: Batch,
}

/// The files of a form.
struct Batch {
    upload: &'static Upload,
    /// The folder in the path of the request, without its slash.
    folder: Vec<u8>,
    parent: Rc<File>,
    /// The part under way.
    part: Part,
    /// The files that are whole.
    stored: Vec<Stored>,
    /// The draft that files past [`MAX_DRAFTS`] share.
    shared: Option<Draft>,
}

/// A part under way.
enum Part {
    /// None, or one that is no file.
    Skipped,
    /// A file that nobody has chosen: browsers send it without a name, and empty.
    Unnamed,
    /// A file with a draft of its own.
    File(Draft, Spot),
    /// A file in the shared draft, from this byte.
    Shared(u64, Spot),
}

/// A file that is whole.
struct Stored {
    spot: Spot,
    content: Content,
}

enum Content {
    Draft(Draft),
    Shared(Range<u64>),
}

impl Form {
    pub(super) fn begin(
        upload: &'static Upload,
        folder: &[u8],
        boundary: &[u8],
        directory: &Directory,
    ) -> Form {
        let batch = Batch {
            upload,
            folder: folder.to_vec(),
            parent: directory.file().clone(),
            part: Part::Skipped,
            stored: Vec::new(),
            shared: None,
        };
        Form { reader: Reader::new(boundary), batch }
    }
}

impl Receiver for Form {
    fn receive(&mut self, mut data: &[u8]) -> Result<(), Refusal> {
        let malformed = |Malformed(reason)| Refusal::of_client(400, reason);
        while let Some(event) = self.reader.next(&mut data).map_err(malformed)? {
            match event {
                Event::Part(file_name) => self.batch.begin_part(file_name)?,
                Event::Data(data) => self.batch.write(data)?,
                Event::End => self.batch.end_part()?,
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>, request: &Request<'_>, files: &mut Files) -> Outcome {
        let Form { reader, mut batch } = *self;
        if !reader.is_done() {
            return change::refuse(request, 400, "the last boundary of a form is missing");
        }
        if batch.stored.is_empty() {
            return change::refuse(request, 400, "a form has no file");
        }
        match batch.publish(files) {
            Ok(()) => match batch.upload.redirect {
                Some(uri) => Outcome::Redirect(303, uri.as_bytes().to_vec()),
                None => Outcome::Response(batch.response(wants_page(request))),
            },
            Err(refusal) => {
                (request.report)(refusal.level, format_args!("{}", refusal.reason));
                Outcome::Status(refusal.status)
            }
        }
    }
}

impl Batch {
    /// Begins a part.
    fn begin_part(&mut self, file_name: Option<Vec<u8>>) -> Result<(), Refusal> {
        let Some(file_name) = file_name else { return Ok(()) };
        if file_name.is_empty() {
            self.part = Part::Unnamed;
            return Ok(());
        }
        let name = name::check(&file_name).map_err(|error| Refusal::of_client(400, error))?;
        if self.stored.len() == MAX_FILES {
            return Err(Refusal::of_client(413, "a form has too many files"));
        }
        let spot = Spot::new(self.parent.clone(), name);
        self.check(&spot)?;
        let begin =
            || Draft::begin(&self.parent, FILE_MODE).map_err(|error| write_failed(&spot, &error));
        self.part = match &self.shared {
            _ if self.stored.len() < MAX_DRAFTS => Part::File(begin()?, spot),
            Some(shared) => Part::Shared(shared.len(), spot),
            None => {
                self.shared = Some(begin()?);
                Part::Shared(0, spot)
            }
        };
        Ok(())
    }

    /// Refuses a name that is taken, before its content comes.
    fn check(&self, spot: &Spot) -> Result<(), Refusal> {
        let twice = || self.stored.iter().any(|stored| stored.spot.name() == spot.name());
        match spot.metadata() {
            Ok(found) => check_taken(self.upload, &found),
            Err(_) if !self.upload.overwrite && twice() => {
                Err(Refusal::of_client(409, "a form has two files of one name"))
            }
            // Whatever it is, it comes up again when the file is made.
            Err(_) => Ok(()),
        }
    }

    fn write(&mut self, data: &[u8]) -> Result<(), Refusal> {
        let (spot, draft) = match &mut self.part {
            Part::Skipped => return Ok(()),
            Part::Unnamed => return Err(Refusal::of_client(400, "a file has no name")),
            Part::File(draft, spot) => (spot, Some(draft)),
            Part::Shared(_, spot) => (spot, self.shared.as_mut()),
        };
        let written = draft.map_or(Ok(()), |draft| draft.write(data));
        written.map_err(|error| write_failed(spot, &error))
    }

    /// The part under way is whole.
    fn end_part(&mut self) -> Result<(), Refusal> {
        let (spot, content) = match std::mem::replace(&mut self.part, Part::Skipped) {
            Part::Skipped | Part::Unnamed => return Ok(()),
            Part::File(mut draft, spot) => {
                draft.flush().map_err(|error| write_failed(&spot, &error))?;
                (spot, Content::Draft(draft))
            }
            Part::Shared(start, spot) => {
                let end = self.shared.as_ref().map_or(start, Draft::len);
                (spot, Content::Shared(start..end))
            }
        };
        self.stored.push(Stored { spot, content });
        Ok(())
    }

    /// Makes all files visible. If one fails, those before it are removed again, and what they have
    /// replaced is put back.
    fn publish(&mut self, files: &Files) -> Result<(), Refusal> {
        let mut published: Vec<(&Spot, bool, Option<Saved>)> = Vec::new();
        let may_replace = self.upload.overwrite && self.stored.len() > 1;
        let mut result = Ok(());
        for stored in &mut self.stored {
            let failed = |error: io::Error| write_failed(&stored.spot, &error);
            let draft = take_draft(&mut stored.content, &mut self.shared).map_err(failed);
            let present = if_taken(self.upload);
            let saved = match may_replace {
                true => Saved::of(&stored.spot).map_err(failed),
                false => Ok(None),
            };
            let publish = |draft| publish(self.upload, draft, &stored.spot, present, files);
            match saved.and_then(|saved| Ok((draft.and_then(publish)?, saved))) {
                Ok((replaced, saved)) => published.push((&stored.spot, replaced, saved)),
                Err(refusal) => {
                    result = Err(refusal);
                    break;
                }
            }
        }
        if result.is_err() {
            // The last first, since a form may have two files of one name. One that cannot be
            // removed stays: it is whole.
            for (spot, replaced, saved) in published.into_iter().rev() {
                let _ = match saved {
                    Some(saved) => saved.restore(),
                    None if replaced => Ok(()),
                    None => spot.remove(),
                };
            }
            files.announce_change();
        }
        result
    }

    /// 201, with the paths of the files: as links in a page, or a line each.
    fn response(&self, as_page: bool) -> Response {
        let path = |stored: &Stored| {
            escape_path(&[self.folder.as_slice(), b"/", stored.spot.name()].concat())
        };
        let paths: Vec<Vec<u8>> = self.stored.iter().map(path).collect();
        let (content_type, content) = match as_page {
            true => (&b"text/html"[..], self.page(&paths)),
            false => (&b"text/plain"[..], [paths.join(&b'\n'), vec![b'\n']].concat()),
        };
        let location = if let [path] = paths.as_slice() { Some(path.clone()) } else { None };
        Response { status: 201, location, content_type, content, modified_s: None }
    }

    /// A page with a link to each file.
    fn page(&self, paths: &[Vec<u8>]) -> Vec<u8> {
        let mut page = PAGE_FRONT.as_bytes().to_vec();
        for (stored, path) in self.stored.iter().zip(paths) {
            page.extend(b"<li><a href=\"");
            escape::write_html(path, &mut page);
            page.extend(b"\">");
            escape::write_html(stored.spot.name(), &mut page);
            page.extend(b"</a></li>\n");
        }
        page.extend(b"</ul>\n");
        page
    }
}

/// What stands before the links to stored files.
const PAGE_FRONT: &str = "\
<!DOCTYPE html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>Stored</title>
<style>:root{color-scheme:light dark}body{max-width:40rem;margin:15vh auto 0;padding:0 1.5rem;font:1.05rem/1.6 system-ui,sans-serif}</style>
<h1>Stored</h1>
<ul>
";

/// Whether a client would rather be shown a page than a list: browsers name HTML in Accept.
fn wants_page(request: &Request<'_>) -> bool {
    let accept = request.variables.head.fields().first(b"accept").unwrap_or_default();
    accept.split(|&byte| byte == b',').any(|range| {
        let media_type = range.split(|&byte| byte == b';').next().unwrap_or_default();
        media_type.trim_ascii().eq_ignore_ascii_case(b"text/html")
    })
}

/// The draft of a file that is whole; one that shares a draft is copied to its own.
fn take_draft(content: &mut Content, shared: &mut Option<Draft>) -> io::Result<Draft> {
    let nothing = Content::Shared(0..0);
    match (std::mem::replace(content, nothing), shared) {
        (Content::Draft(draft), _) => Ok(draft),
        (Content::Shared(range), Some(shared)) => shared.copy_part(range, FILE_MODE),
        (Content::Shared(_), None) => Err(io::ErrorKind::NotFound.into()),
    }
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Form").field("files", &self.batch.stored.len()).finish_non_exhaustive()
    }
}
