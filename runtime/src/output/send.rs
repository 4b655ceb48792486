//! One call of the kernel: what is sent from memory, from a file, and from the program's own.

use std::fs::File;
use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use super::COPIED_LEN;
use super::piece::Piece;
use crate::image::Image;
use crate::pack::LARGE_LEN;
use crate::site::Settings;
use crate::transport::Transport;

/// The kernel keeps files in pages of this length, or of a multiple of it.
const PAGE_LEN: u64 = 4096;
/// What a turn may leave of a content, if it is no more, is sent with it: another turn for the
/// length of a head would cost a file of 256 KiB a quarter.
const REST_LEN: u64 = 16 << 10;

/// How what lies in files is sent.
#[derive(Clone, Copy, Debug)]
pub struct Copying {
    /// By the kernel alone (`sendfile`).
    pub sendfile: bool,
    /// Whether a head waits for the file's start, to share a packet with it (`tcp_nopush`).
    pub nopush: bool,
}

impl Copying {
    /// What the conf says.
    pub fn of(settings: &Settings) -> Copying {
        Copying { sendfile: settings.sendfile, nopush: settings.tcp_nopush }
    }

    /// What comes of that over this connection. `tcp_nopush` is about `sendfile`: what is copied by
    /// way of memory follows its head at once.
    pub(super) fn over(self, transport: &Transport) -> Copying {
        let sendfile = self.sendfile && transport.sends_files();
        Copying { sendfile, nopush: self.nopush || !sendfile }
    }
}

/// Sends from a head and from bytes of the site behind it. What is large goes from the program's
/// file, and what stands before its first whole page goes with the head: what begins within a page
/// takes the kernel up to twice the time. Returns what was sent of both, and of the bytes.
pub(super) fn from_site(
    transport: &mut Transport,
    (head, nopush): (&[u8], bool),
    bytes: &[u8],
    (image, turn_left): (Option<&Image>, u64),
) -> io::Result<(usize, usize)> {
    // Behind a head, it is another call of the kernel.
    let least = if head.is_empty() { COPIED_LEN } else { LARGE_LEN };
    let image = image.filter(|_| bytes.len() >= least);
    let Some((file, offset)) = image.and_then(|image| image.place(bytes)) else {
        return as_one(transport, head, bytes, false);
    };
    if !head.is_empty() {
        let page_rest = offset.next_multiple_of(PAGE_LEN) - offset;
        return as_one(transport, head, &bytes[..page_rest as usize], nopush);
    }
    match transport.send_file(file, offset, share(bytes.len() as u64, turn_left)) {
        Ok(sent @ 1..) => Ok((sent, sent)),
        Err(error) if is_passing(&error) => Err(error),
        // Whatever hinders it, the bytes are in memory. A socket that is gone says so again.
        _ => as_one(transport, head, bytes, false),
    }
}

/// Whether a send has failed because of the file that is sent: it cannot be read, or has become
/// shorter. Other failures are the client's, whose connection is gone.
pub(super) fn is_of_file(error: &io::Error) -> bool {
    let of_network = matches!(
        error.raw_os_error(),
        Some(
            libc::EPIPE
                | libc::ECONNRESET
                | libc::ECONNABORTED
                | libc::ENOTCONN
                | libc::ETIMEDOUT
                | libc::EHOSTUNREACH
                | libc::EHOSTDOWN
                | libc::ENETUNREACH
                | libc::ENETDOWN
                | libc::ENETRESET
                | libc::ECONNREFUSED
                | libc::ENOBUFS
                | libc::EBADF
        )
    );
    !of_network
}

/// How much of `len` bytes is sent in a turn of which so much is left.
fn share(len: u64, turn_left: u64) -> usize {
    let most = if len <= turn_left + REST_LEN { len } else { turn_left };
    most as usize
}

/// Whether the same call may succeed later.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// Sends from two slices as one. `more` says that further bytes follow at once. Returns what was
/// sent of both, and of the second.
pub(super) fn as_one(
    transport: &mut Transport,
    head: &[u8],
    tail: &[u8],
    more: bool,
) -> io::Result<(usize, usize)> {
    let sent = match head {
        [] => transport.write(tail, more)?,
        _ => transport.write_slices(&[IoSlice::new(head), IoSlice::new(tail)], more)?,
    };
    Ok((sent, sent.saturating_sub(head.len())))
}

/// Sends from the front of a piece of a file, and takes what was sent off it.
pub(super) fn from_file(
    transport: &mut Transport,
    piece: &mut Piece,
    sendfile: bool,
    (turn_left, most): (u64, usize),
) -> io::Result<usize> {
    let Piece::File { file, offset, len } = piece else { return Ok(0) };
    let open_len = transport.open_len();
    if open_len == 0 {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    let most = share(*len, turn_left).min(most).min(open_len);
    let sent = match sendfile {
        true => transport.send_file(file.as_fd(), *offset, most)?,
        false => copy_file(transport, file, *offset, most, *len)?,
    };
    if sent == 0 {
        // The file has become shorter than its head said: the client must see a broken end.
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    *offset += sent as u64;
    *len -= sent as u64;
    Ok(sent)
}

/// Sends at most `most` of the `left` bytes at `offset` by way of a buffer. Apart from what calls
/// it, so that only who needs the buffer pays for so much of the stack.
#[inline(never)]
fn copy_file(
    transport: &mut Transport,
    file: &File,
    offset: u64,
    most: usize,
    left: u64,
) -> io::Result<usize> {
    let mut buffer = [0; 32 * 1024];
    let most = most.min(buffer.len());
    match file.read_at(&mut buffer[..most], offset)? {
        0 => Ok(0),
        read => transport.write(&buffer[..read], left > read as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_the_file_s_or_the_client_s() {
        for (errno, of_file) in [
            (libc::EIO, true),
            (libc::ESTALE, true),
            (libc::EPIPE, false),
            (libc::ECONNRESET, false),
        ] {
            assert_eq!(is_of_file(&io::Error::from_raw_os_error(errno)), of_file, "{errno}");
        }
        assert!(is_of_file(&io::ErrorKind::UnexpectedEof.into()));
    }

    #[test]
    fn a_head_goes_alone_only_before_sendfile() {
        use std::os::unix::net::UnixStream;

        let (plain, _other) = UnixStream::pair().expect("a pair");
        let plain = Transport::plain(plain.into());
        for (sendfile, nopush, waits) in
            [(true, true, true), (true, false, false), (false, true, true), (false, false, true)]
        {
            let copying = Copying { sendfile, nopush }.over(&plain);
            assert_eq!((copying.sendfile, copying.nopush), (sendfile, waits));
        }
    }

    #[test]
    fn a_short_rest_belongs_to_the_turn() {
        for (len, turn_left, expected) in [
            (0, 1000, 0),
            (1000, 1000, 1000),
            (1000 + REST_LEN, 1000, 1000 + REST_LEN),
            (1001 + REST_LEN, 1000, 1000),
            (u64::from(u32::MAX), 1, 1),
        ] {
            assert_eq!(share(len, turn_left) as u64, expected, "{len} of {turn_left}");
        }
    }
}
