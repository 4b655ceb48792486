//! Compressed forms that are kept, so that a content which is sent often is compressed once.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;

use crate::http::accept::Coding;

/// Bytes of the forms that one worker keeps, with those that it makes.
pub const MAX_FORMS_LEN: usize = 16 << 20;
/// The longest content whose form is kept, in bytes.
pub(crate) const MAX_CONTENT_LEN: u64 = 1 << 20;

/// A compressed form.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) coding: Coding,
    pub(crate) bytes: Rc<[u8]>,
    _share: Share,
}

/// Bytes of what one worker may keep.
#[derive(Debug)]
struct Share {
    len: usize,
    held: Rc<Cell<usize>>,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.held.set(self.held.get() - self.len);
    }
}

/// A form in the making. Its room is taken beforehand.
#[derive(Debug)]
pub(crate) struct Making {
    coding: Coding,
    bytes: Vec<u8>,
    share: Share,
}

impl Making {
    /// Takes the next bytes. Whether there is room for them: a form may be longer than what it is of.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> bool {
        if self.bytes.len() + bytes.len() > self.share.len {
            return false;
        }
        self.bytes.extend_from_slice(bytes);
        true
    }

    /// The form, which is whole.
    pub(crate) fn finish(self) -> Form {
        let Making { coding, bytes, mut share } = self;
        let unused = share.len - bytes.len();
        share.len -= unused;
        share.held.set(share.held.get() - unused);
        Form { coding, bytes: bytes.into(), _share: share }
    }
}

/// The forms of one worker. Those of files stand with the files; these are those of the site's own
/// bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forms(Rc<Kept>);

#[derive(Debug, Default)]
struct Kept {
    held: Rc<Cell<usize>>,
    of_site: RefCell<HashMap<Key, Form, RandomState>>,
}

/// Where the bytes are, how many they are, and how they are compressed.
type Key = (usize, usize, Coding);

fn key(content: &'static [u8], coding: Coding) -> Key {
    (content.as_ptr().addr(), content.len(), coding)
}

impl Forms {
    /// Room for the form of a content of this length, in bytes, if there is enough.
    pub(crate) fn make(&self, coding: Coding, len: u64) -> Option<Making> {
        // What cannot be compressed becomes a little longer.
        let len = usize::try_from(len).ok().filter(|_| len <= MAX_CONTENT_LEN)? + 64;
        let held = &self.0.held;
        if held.get() + len > MAX_FORMS_LEN {
            return None;
        }
        held.set(held.get() + len);
        Some(Making { coding, bytes: Vec::new(), share: Share { len, held: held.clone() } })
    }

    /// The form of bytes of the site.
    pub(crate) fn of_site(&self, content: &'static [u8], coding: Coding) -> Option<Rc<[u8]>> {
        let kept = self.0.of_site.borrow();
        kept.get(&key(content, coding)).map(|form| form.bytes.clone())
    }

    /// Keeps it.
    pub(crate) fn keep_of_site(&self, content: &'static [u8], form: Form) {
        self.0.of_site.borrow_mut().insert(key(content, form.coding), form);
    }
}
