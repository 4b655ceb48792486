//! Packets over a pair of connected sockets, and descriptors with them.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::{MaybeUninit, size_of, size_of_val};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use super::{check, check_len};

/// The most descriptors that go with one packet.
pub const MAX_PASSED: usize = 3;

/// Room for one control message with [`MAX_PASSED`] descriptors, aligned as its head must be.
#[repr(C, align(8))]
struct Control([u8; 64]);

/// Two connected sockets that keep the bounds of packets and never block.
pub fn packet_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: socketpair(2) writes two descriptors into the array.
    check(unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, ends.as_mut_ptr()) })?;
    // SAFETY: the kernel has just made this descriptor, and nothing else owns it.
    let first = unsafe { OwnedFd::from_raw_fd(ends[0]) };
    // SAFETY: as above.
    let second = unsafe { OwnedFd::from_raw_fd(ends[1]) };
    Ok((first, second))
}

/// Sends one packet, which has two parts, and up to [`MAX_PASSED`] descriptors with it: all of it
/// or nothing.
pub fn send_packet(socket: BorrowedFd<'_>, parts: [&[u8]; 2], fds: &[OwnedFd]) -> io::Result<()> {
    let mut control = Control([0; 64]);
    let slices = parts.map(IoSlice::new);
    // SAFETY: all-zero bytes are a valid `msghdr` that names nothing.
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_iov = slices.as_ptr().cast_mut().cast();
    message.msg_iovlen = slices.len() as _;
    if !fds.is_empty() {
        let fds: Vec<RawFd> = fds.iter().take(MAX_PASSED).map(AsRawFd::as_raw_fd).collect();
        let fds_len = size_of_val(fds.as_slice());
        message.msg_control = (&raw mut control).cast();
        // SAFETY: computes a length; takes no pointers.
        message.msg_controllen = unsafe { libc::CMSG_SPACE(fds_len as u32) } as _;
        // SAFETY: `msg_control` and its length describe `control`.
        let head = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
        // SAFETY: `control` has room for one head, and is aligned as one.
        let head = unsafe { &mut *head };
        head.cmsg_level = libc::SOL_SOCKET;
        head.cmsg_type = libc::SCM_RIGHTS;
        // SAFETY: computes a length; takes no pointers.
        head.cmsg_len = unsafe { libc::CMSG_LEN(fds_len as u32) } as _;
        // SAFETY: points behind the head, within `control`.
        let data = unsafe { libc::CMSG_DATA(&raw const *head) };
        // SAFETY: `CMSG_SPACE` of this length fits in `control`, and `fds` is elsewhere.
        unsafe { std::ptr::copy_nonoverlapping(fds.as_ptr().cast(), data, fds_len) };
    }
    // SAFETY: `IoSlice` has the layout of `iovec` on Unix; all that the message names outlives
    // the call, which only reads it.
    check_len(unsafe {
        libc::sendmsg(socket.as_raw_fd(), &raw const message, libc::MSG_NOSIGNAL)
    })?;
    Ok(())
}

/// What [`receive_packet`] has received.
#[derive(Debug)]
pub struct Packet {
    /// Length of the packet, at the front of the buffer. 0: the other end is closed.
    pub len: usize,
    /// The descriptors that came with it, closed on exec.
    pub fds: Vec<OwnedFd>,
    /// Whether part of it is lost: the buffer was too small, or there was no room for its
    /// descriptors in this process.
    pub truncated: bool,
}

/// Receives one packet into the front of `buffer`.
pub fn receive_packet(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Packet> {
    let mut control = Control([0; 64]);
    let mut slices = [IoSliceMut::new(buffer)];
    // SAFETY: all-zero bytes are a valid `msghdr` that names nothing.
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_iov = slices.as_mut_ptr().cast();
    message.msg_iovlen = slices.len() as _;
    message.msg_control = (&raw mut control).cast();
    message.msg_controllen = size_of::<Control>() as _;
    let flags = libc::MSG_CMSG_CLOEXEC;
    // SAFETY: `IoSliceMut` has the layout of `iovec` on Unix; what the message names is
    // exclusive, outlives the call, and is as long as it says.
    let len = check_len(unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, flags) })?;
    let mut fds = Vec::new();
    // SAFETY: the kernel has set the length of what it wrote into `control`.
    let mut next = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
    // SAFETY: null or a head that the kernel wrote within `control`.
    while let Some(head) = unsafe { next.as_ref() } {
        if (head.cmsg_level, head.cmsg_type) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            take_descriptors(head, &mut fds);
        }
        // SAFETY: `next` is a head of this message.
        next = unsafe { libc::CMSG_NXTHDR(&raw const message, next) };
    }
    let truncated = message.msg_flags & (libc::MSG_TRUNC | libc::MSG_CTRUNC) != 0;
    Ok(Packet { len, fds, truncated })
}

/// Takes over the descriptors of a control message that the kernel has just written.
fn take_descriptors(head: &libc::cmsghdr, fds: &mut Vec<OwnedFd>) {
    // SAFETY: computes a length; takes no pointers.
    let empty_len = unsafe { libc::CMSG_LEN(0) } as usize;
    // A `socklen_t` where the C library is musl.
    #[allow(clippy::unnecessary_cast)]
    let count = (head.cmsg_len as usize - empty_len) / size_of::<RawFd>();
    // SAFETY: points behind the head, within the buffer that the head is in.
    let data = unsafe { libc::CMSG_DATA(&raw const *head) }.cast::<RawFd>();
    for index in 0..count {
        // SAFETY: the kernel has written `count` descriptors here.
        let place = unsafe { data.add(index) };
        // SAFETY: as above; the place need not be aligned.
        let fd = unsafe { place.read_unaligned() };
        // SAFETY: the kernel has just made this descriptor, and nothing else owns it.
        fds.push(unsafe { OwnedFd::from_raw_fd(fd) });
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn packets_keep_their_bounds_and_bring_descriptors() {
        let (here, there) = packet_pair().expect("a pair");
        let (mut reader, writer) = io::pipe().expect("a pipe");
        send_packet(here.as_fd(), [b"one", b""], &[]).expect("sent");
        send_packet(here.as_fd(), [b"t", b"wo"], &[writer.into()]).expect("sent");
        let mut buffer = [0; 16];
        let packet = receive_packet(there.as_fd(), &mut buffer).expect("received");
        assert_eq!((&buffer[..packet.len], packet.fds.len()), (&b"one"[..], 0));
        let mut packet = receive_packet(there.as_fd(), &mut buffer).expect("received");
        assert_eq!((&buffer[..packet.len], packet.fds.len()), (&b"two"[..], 1));
        let mut passed = std::fs::File::from(packet.fds.remove(0));
        passed.write_all(b"hello").expect("written");
        drop(passed);
        let mut text = String::new();
        reader.read_to_string(&mut text).expect("text");
        assert_eq!(text, "hello");
        let error = receive_packet(there.as_fd(), &mut buffer).expect_err("nothing is there");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        drop(here);
        assert_eq!(receive_packet(there.as_fd(), &mut buffer).expect("the end").len, 0);
    }
}
