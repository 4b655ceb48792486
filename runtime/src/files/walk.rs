//! Walking a path segment by segment, and resolving its symlinks here. Each segment is opened
//! without following, so that no race can slip a symlink in between.

use std::ffi::{CStr, CString};
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::site::Follow;
use crate::sys::fs::{self, OpenFor};

/// Symlinks on the way, as many as Linux itself follows.
const MAX_LINKS: usize = 40;

/// Where a path begins, and what it may do.
#[derive(Clone, Copy)]
pub(super) struct Start<'d> {
    /// The directory.
    pub(super) file: &'d File,
    /// Its path.
    pub(super) path: &'d Path,
    /// Which symlinks are followed.
    pub(super) follow: Follow,
}

/// A path on its way.
pub(super) struct Walk<'d> {
    start: Start<'d>,
    todo: Segments,
    /// The directories passed, for `..` in the target of a symlink.
    passed: Vec<File>,
    links: usize,
    link: Option<FollowedLink>,
}

/// A symlink in the path itself, whose owner is to be that of what it leads to. Those that it
/// leads through are nobody's business, as in nginx.
struct FollowedLink {
    owner: u32,
    /// The segments that were to do behind it.
    behind: usize,
}

impl<'d> Walk<'d> {
    /// A relative path without `..`.
    pub(super) fn new(start: Start<'d>, path: &CStr) -> Walk<'d> {
        let todo = Segments::new(path.to_bytes());
        Walk { start, todo, passed: Vec::new(), links: 0, link: None }
    }

    /// Opens what it leads to, if that is beneath the directory.
    pub(super) fn open(mut self, purpose: OpenFor) -> io::Result<File> {
        loop {
            if self.link.is_some() {
                self.arrive(&self.here().metadata()?)?;
            }
            let Some(segment) = self.todo.next() else {
                return fs::open_at(self.here().as_fd(), c".", purpose);
            };
            if segment == b".." {
                self.passed.pop().ok_or_else(|| error(libc::EXDEV))?;
                continue;
            }
            let name = CString::new(segment)?;
            let found = fs::open_at_no_follow(self.here().as_fd(), &name, OpenFor::Knowing)?;
            let metadata = found.metadata()?;
            if metadata.is_symlink() {
                self.follow(&found, &metadata)?;
            } else if metadata.is_dir() {
                self.passed.push(found);
            } else if self.todo.is_empty() {
                self.arrive(&metadata)?;
                return fs::open_at_no_follow(self.here().as_fd(), &name, purpose);
            } else {
                return Err(error(libc::ENOTDIR));
            }
        }
    }

    /// The directory that the walk has come to.
    fn here(&self) -> &File {
        self.passed.last().unwrap_or(self.start.file)
    }

    /// Goes on with what a symlink says.
    fn follow(&mut self, link: &File, metadata: &Metadata) -> io::Result<()> {
        let follow = self.start.follow;
        if follow == Follow::Never {
            return Err(error(if self.todo.is_empty() { libc::ELOOP } else { libc::ENOTDIR }));
        }
        self.links += 1;
        if self.links > MAX_LINKS {
            return Err(error(libc::ELOOP));
        }
        if follow == Follow::SameOwner && self.link.is_none() {
            self.link = Some(FollowedLink { owner: metadata.uid(), behind: self.todo.len() });
        }
        let target = fs::read_link(link.as_fd())?;
        if target.starts_with(b"/") {
            self.passed.clear();
        }
        let target = self.relative(&target)?;
        self.todo.push(target);
        Ok(())
    }

    /// Sees who owns what the walk has come to, if that is what a symlink leads to.
    fn arrive(&mut self, found: &Metadata) -> io::Result<()> {
        match self.link.take_if(|link| self.todo.len() <= link.behind) {
            Some(link) if link.owner != found.uid() => Err(error(libc::ELOOP)),
            _ => Ok(()),
        }
    }

    /// The target of a symlink as a path from where the walk goes on. An absolute one leads
    /// back inside if it begins with the directory's name, as the conf has it or with its own
    /// symlinks resolved.
    fn relative<'t>(&self, target: &'t [u8]) -> io::Result<&'t [u8]> {
        if !target.starts_with(b"/") {
            return Ok(target);
        }
        let beneath = |name: &Path| {
            let name = name.as_os_str().as_bytes();
            let rest = target.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with(b"/") || name.ends_with(b"/")).then_some(rest)
        };
        let rest =
            beneath(self.start.path).or_else(|| beneath(&self.start.path.canonicalize().ok()?));
        rest.ok_or_else(|| error(libc::EXDEV))
    }
}

fn error(code: i32) -> io::Error {
    io::Error::from_raw_os_error(code)
}

/// The segments of a path that are still to be walked, the next one last.
struct Segments {
    reversed: Vec<Vec<u8>>,
    /// Whether the path ends in a slash, so that it must be a directory.
    directory: bool,
}

impl Segments {
    fn new(path: &[u8]) -> Segments {
        let mut segments = Segments { reversed: Vec::new(), directory: path.ends_with(b"/") };
        segments.push(path);
        segments
    }

    /// Puts the segments of `path` in front of the others.
    fn push(&mut self, path: &[u8]) {
        let segments = path.split(|&byte| byte == b'/').rev();
        let named = segments.filter(|segment| !segment.is_empty() && *segment != b".");
        if self.reversed.is_empty() && path.ends_with(b"/") {
            self.directory = true;
        }
        self.reversed.extend(named.map(<[u8]>::to_vec));
    }

    fn next(&mut self) -> Option<Vec<u8>> {
        self.reversed.pop()
    }

    /// How many there are.
    fn len(&self) -> usize {
        self.reversed.len()
    }

    /// Whether nothing is left, not even a slash.
    fn is_empty(&self) -> bool {
        self.reversed.is_empty() && !self.directory
    }
}
