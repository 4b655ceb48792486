//! What lines are appended to: a file, a pipe, a terminal, a socket. No write waits for the other
//! end.

use std::ffi::CStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use super::fs::append_beneath;
use super::poll::{PollFd, poll};
use super::{check_len, retry};

/// A pipe takes so much whole or not at all, and at once where it can be written to.
const WHOLE_LEN: usize = libc::PIPE_BUF;

/// How a write is kept from waiting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// A file of the file system: nobody has to take what is written.
    File,
    /// A pipe or a device that was opened here, so that `O_NONBLOCK` is nobody else's.
    Opened,
    /// A socket: the call itself says that it does not wait.
    Socket,
    /// A pipe or a device that others write to by the same open file description, whose flags are
    /// theirs too: it is asked before each write.
    Shared,
}

/// What lines are appended to.
#[derive(Debug)]
pub struct Appender {
    file: File,
    kind: Kind,
}

impl Appender {
    /// Opens what has this path, or makes a file. A FIFO is opened whether or not somebody reads
    /// it.
    pub fn open(path: &Path) -> io::Result<Appender> {
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o644);
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
        let file = match options.open(path) {
            // A FIFO that nobody reads yet. With a reading end of our own, it keeps some lines.
            Err(error) if error.raw_os_error() == Some(libc::ENXIO) => {
                options.read(true).open(path)?
            }
            result => result?,
        };
        Appender::of(file)
    }

    /// Opens a file beneath a folder, or makes it. Whatever the path says, it does not leave the
    /// folder.
    pub fn open_beneath(folder: BorrowedFd<'_>, path: &CStr) -> io::Result<Appender> {
        Appender::of(append_beneath(folder, path, 0o644)?)
    }

    fn of(file: File) -> io::Result<Appender> {
        let kind = if file.metadata()?.is_file() { Kind::File } else { Kind::Opened };
        Ok(Appender { file, kind })
    }

    /// Appends to a stream that the process was started with.
    pub fn standard(fd: BorrowedFd<'_>) -> io::Result<Appender> {
        let file = File::from(fd.try_clone_to_owned()?);
        let kind = file.metadata()?.file_type();
        if kind.is_file() {
            return Ok(Appender { file, kind: Kind::File });
        }
        if kind.is_socket() {
            return Ok(Appender { file, kind: Kind::Socket });
        }
        // Opened again, it has flags of its own. That wants the right to open it, and `/proc`.
        match Appender::open(Path::new(&format!("/proc/self/fd/{}", fd.as_raw_fd()))) {
            Ok(opened) => Ok(opened),
            Err(_) => Ok(Appender { file, kind: Kind::Shared }),
        }
    }

    /// Writes from the front of `lines`, and returns how much. A pipe gets whole lines as long as
    /// they are no longer than what it takes at once, so that other writers cannot break one.
    pub fn append(&self, lines: &[u8]) -> io::Result<usize> {
        match self.kind {
            Kind::File => retry(|| (&self.file).write(lines)),
            Kind::Opened => retry(|| (&self.file).write(front(lines))),
            Kind::Socket => retry(|| send(self.file.as_fd(), lines)),
            Kind::Shared if self.is_writable(0) => retry(|| (&self.file).write(front(lines))),
            Kind::Shared => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// Waits until more can be written, for so many milliseconds at most; whether it can be.
    pub fn is_writable(&self, timeout_ms: i32) -> bool {
        poll(&mut [PollFd::new(self.file.as_raw_fd(), true)], timeout_ms)
            .is_ok_and(|ready| ready > 0)
    }
}

/// The lines at the front that a pipe takes as one; of a longer line, its front.
fn front(lines: &[u8]) -> &[u8] {
    if lines.len() <= WHOLE_LEN {
        return lines;
    }
    let front = &lines[..WHOLE_LEN];
    memchr::memrchr(b'\n', front).map_or(front, |end| &lines[..=end])
}

fn send(socket: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    let flags = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
    // SAFETY: pointer and length describe one slice, which send(2) only reads.
    check_len(unsafe { libc::send(socket.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), flags) })
}

/// Writes a text to standard error as far as that takes it now: where there is no log yet, or in a
/// process that has none.
pub fn say(text: &str) {
    if let Ok(stderr) = Appender::standard(io::stderr().as_fd()) {
        let mut rest = text.as_bytes();
        while let Ok(len @ 1..) = stderr.append(rest) {
            rest = &rest[len..];
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    /// Appends lines until no more are taken; how many bytes were.
    fn fill(appender: &Appender) -> usize {
        let lines = b"a line\n".repeat(10_000);
        let mut taken = 0;
        loop {
            match appender.append(&lines) {
                Ok(len) => taken += len,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return taken,
                Err(error) => panic!("{error}"),
            }
        }
    }

    #[test]
    fn nothing_waits_for_a_reader() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let opened = Appender::standard(writer.as_fd()).expect("opened");
        assert_eq!(opened.kind, Kind::Opened);
        let shared = Appender { file: OwnedFd::from(writer).into(), kind: Kind::Shared };
        let taken = fill(&opened);
        assert!(taken > 0 && fill(&shared) == 0 && !shared.is_writable(0));
        let mut text = vec![0; taken];
        reader.read_exact(&mut text).expect("all that was written");
        assert!(text.chunks(7).all(|line| line == b"a line\n"), "lines are whole");
        assert_eq!(fill(&shared) % 7, 0);

        let (ours, mut theirs) = UnixStream::pair().expect("sockets");
        let socket = Appender::standard(ours.as_fd()).expect("a socket");
        assert_eq!(socket.kind, Kind::Socket);
        let taken = fill(&socket);
        theirs.read_exact(&mut vec![0; taken]).expect("all that was written");
        // Others that have the socket or the pipe find it as it was.
        ours.set_nonblocking(false).expect("still a socket");
    }

    #[test]
    fn a_long_line_goes_in_parts_and_short_ones_whole() {
        let long = [b'x'; 2 * WHOLE_LEN];
        assert_eq!(front(&long).len(), WHOLE_LEN);
        let lines = [&b"one\n"[..], &long].concat();
        assert_eq!(front(&lines), b"one\n");
        assert_eq!(front(b"one\ntwo"), b"one\ntwo");
    }

    #[test]
    fn a_fifo_is_opened_before_anybody_reads_it() {
        let folder = crate::samples::Folder::new();
        let path = folder.0.join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("mkfifo").success());
        let appender = Appender::open(&path).expect("opened");
        assert_eq!(appender.append(b"kept\n").expect("written"), 5);
        let mut text = [0; 5];
        let mut reader = File::open(&path).expect("the FIFO");
        reader.read_exact(&mut text).expect("a line");
        assert_eq!(&text, b"kept\n");
    }
}
