//! A file as a response: whole, in part, or not at all since the client has it.

use std::ops::Range;
use std::rc::Rc;

use super::resource::Resource;
use super::{Outcome, Request};
use crate::files::StoredFile;
use crate::http::conditional::{Conditions, Verdict};
use crate::http::method::Method;
use crate::http::range::{self, Selection, write_content_range};
use crate::http::response::Fields;
use crate::output::{FileBody, Parts};

/// The response that a file is.
#[derive(Debug)]
pub struct FileResponse {
    /// 200, 206 or 304.
    pub status: u16,
    /// The content. Empty for HEAD and with 304.
    pub body: FileBody,
    resource: Resource,
    form: Form,
}

/// What of the file is sent.
#[derive(Debug)]
enum Form {
    Whole {
        accept_ranges: bool,
    },
    Part(Range<u64>),
    /// Several parts: what stands between them, and the length of the whole.
    Parts(Box<(String, u64)>),
    NotModified,
}

/// The response to a GET or HEAD of `resource`: preconditions first, then ranges.
pub(super) fn respond(request: &Request<'_>, resource: Resource) -> Outcome {
    let settings = request.variables.settings;
    let accept_ranges = request.conditional && settings.max_ranges > 0 && resource.has_parts();
    let mut selection = Selection::Whole;
    let conditions = Conditions::find(request.variables.head.fields());
    if let Some(conditions) = conditions.filter(|_| request.conditional) {
        let validators = resource.validators();
        match conditions.evaluate(validators, settings.if_modified_since) {
            Verdict::Failed => return Outcome::Status(412),
            Verdict::NotModified => {
                let (body, form) = (FileBody::Empty, Form::NotModified);
                return Outcome::File(FileResponse { status: 304, body, resource, form });
            }
            Verdict::Proceed => {}
        }
        if let Some(value) = conditions.range(validators).filter(|_| accept_ranges)
            && !resource.is_changed_for(request)
        {
            selection = range::select(value, resource.len(), settings.max_ranges as usize);
        }
    }
    let sends = request.method != Method::Head && resource.len() > 0;
    let piece = |range: &Range<u64>| match sends {
        true => FileBody::One(resource.piece(range.clone())),
        false => FileBody::Empty,
    };
    let (status, body, form) = match selection {
        Selection::Unsatisfiable => return Outcome::RangeNotSatisfiable(resource.len()),
        Selection::Whole => (200, piece(&(0..resource.len())), Form::Whole { accept_ranges }),
        Selection::One(range) => (206, piece(&range), Form::Part(range)),
        Selection::Several(ranges) => {
            let mut content_type = Fields::default();
            resource.write_type(&mut content_type);
            let whole = resource.piece(0..resource.len());
            let parts = Box::new(Parts::new(whole, content_type, ranges));
            let form = Form::Parts(Box::new((parts.boundary().to_owned(), parts.len())));
            (206, if sends { FileBody::Multipart(parts) } else { FileBody::Empty }, form)
        }
    };
    Outcome::File(FileResponse { status, body, resource, form })
}

impl FileResponse {
    /// Length of the content that a GET is sent; 0 with 304.
    pub fn content_len(&self) -> u64 {
        match &self.form {
            Form::NotModified => 0,
            Form::Whole { .. } => self.resource.len(),
            Form::Part(range) => range.end - range.start,
            Form::Parts(parts) => parts.1,
        }
    }

    /// When the file was last modified, in seconds since 1970.
    pub fn modified_s(&self) -> i64 {
        self.resource.validators().modified_s
    }

    /// The file, where it is on the disk.
    pub fn stored(&self) -> Option<Rc<StoredFile>> {
        self.resource.stored()
    }

    /// Adds the fields that describe the content: Content-Type, Content-Length, Content-Range,
    /// Accept-Ranges, Last-Modified, ETag, as the status has them.
    pub fn write_fields(&self, fields: &mut Fields) {
        if let Form::Whole { accept_ranges } = self.form {
            return self.resource.write_whole(accept_ranges, fields);
        }
        self.resource.write_coding(self.status, fields);
        match &self.form {
            Form::NotModified | Form::Whole { .. } => {}
            Form::Part(range) => {
                self.resource.write_type(fields);
                fields.set_content_len(self.content_len());
                write_content_range(range, self.resource.len(), fields);
            }
            Form::Parts(parts) => {
                let boundary = parts.0.as_bytes();
                fields.add_parts("Content-Type", &[b"multipart/byteranges; boundary=", boundary]);
                fields.set_content_len(self.content_len());
            }
        }
        self.resource.write_validators(fields);
    }
}

#[cfg(test)]
mod tests {
    use std::io::read_to_string;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::thread;

    use crate::handler::Outcome;
    use crate::handler::tests::{folder, serve};
    use crate::output::{Body, Chunks, Copying, Output, Progress, Turn};
    use crate::samples::SETTINGS;
    use crate::transport::Transport;

    #[test]
    fn many_parts_of_a_file_take_turns() {
        const PARTS: usize = 500;
        let folder = folder();
        folder.write("large", vec![b'x'; 1 << 20]);
        let ranges: Vec<_> = (0..PARTS).map(|part| format!("{0}-{0}", 2 * part)).collect();
        let fields = format!("Range: bytes={}\r\n", ranges.join(","));
        let Outcome::File(response) = serve(&folder, SETTINGS, "/large", &fields) else { panic!() };
        let len = response.content_len();
        let (ours, theirs) = UnixStream::pair().expect("a socket");
        let mut ours = Transport::plain(OwnedFd::from(ours));
        let reader = thread::spawn(move || read_to_string(theirs).expect("text"));
        let mut output = Output::new(None);
        output.append(Body::File(response.body), Chunks::None);
        let mut turns = 1;
        while output
            .send(&mut ours, Copying { sendfile: true, nopush: true }, &mut Turn::default())
            .expect("sent")
            != Progress::Done
        {
            turns += 1;
        }
        drop(ours);
        let content = reader.join().expect("all is read");
        assert_eq!((content.len() as u64, content.matches("Content-Range").count()), (len, PARTS));
        // Two calls of the kernel for each.
        assert!(turns > PARTS / 100, "{turns}");
    }
}
