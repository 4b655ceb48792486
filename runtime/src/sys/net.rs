//! Sockets: those of libc's options that std does not offer.

use std::ffi::CString;
use std::fmt;
use std::io::{self, IoSlice};
use std::mem::{MaybeUninit, size_of};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::Path;

use super::socket::SocketOptions;
use super::{check, check_len};

/// Options of a listening socket.
pub struct ListenOptions {
    /// `SO_REUSEPORT`.
    pub reuse_port: bool,
    /// `IPV6_V6ONLY`.
    pub ipv6_only: bool,
}

/// A socket bound to `address`, not yet listening, non-blocking.
pub fn bind_ip(address: SocketAddr, options: &ListenOptions) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let socket = stream_socket(family)?;
    set_option(&socket, libc::SOL_SOCKET, libc::SO_REUSEADDR, true)?;
    if options.reuse_port {
        set_option(&socket, libc::SOL_SOCKET, libc::SO_REUSEPORT, true)?;
    }
    if address.is_ipv6() {
        set_option(&socket, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, options.ipv6_only)?;
    }
    let (storage, len) = encode(address);
    // SAFETY: `storage` is a socket address of `len` bytes, and bind(2) only reads it.
    check(unsafe { libc::bind(socket.as_raw_fd(), (&raw const storage).cast(), len) })?;
    Ok(socket)
}

/// A socket bound to `path`, not yet listening, non-blocking.
pub fn bind_unix(path: &Path) -> io::Result<OwnedFd> {
    let socket = stream_socket(libc::AF_UNIX)?;
    let (address, len) = encode_path(path)?;
    // SAFETY: `address` is a socket address of `len` bytes, and bind(2) only reads it.
    check(unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), len) })?;
    Ok(socket)
}

/// A socket for a connection to `address`, non-blocking.
pub fn socket_for(address: SocketAddr) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let socket = stream_socket(family)?;
    set_nodelay(socket.as_fd(), true)?;
    Ok(socket)
}

/// Has a connection that is not made yet come from `local`; a port of 0 is any.
pub fn bind_local(socket: BorrowedFd<'_>, local: SocketAddr) -> io::Result<()> {
    if local.port() == 0 {
        // Which port is free is for connect(2) to find: then one port can lead to several peers.
        set_option(&socket, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, true)?;
    }
    let (storage, len) = encode(local);
    // SAFETY: `storage` is a socket address of `len` bytes, and bind(2) only reads it.
    check(unsafe { libc::bind(socket.as_raw_fd(), (&raw const storage).cast(), len) })?;
    Ok(())
}

/// Connects a socket to `address`, and tells whether it is connected already.
pub fn connect_ip(socket: OwnedFd, address: SocketAddr) -> io::Result<(OwnedFd, bool)> {
    let (storage, len) = encode(address);
    // SAFETY: `storage` is a socket address of `len` bytes, and connect(2) only reads it.
    let result =
        check(unsafe { libc::connect(socket.as_raw_fd(), (&raw const storage).cast(), len) });
    match result {
        Ok(_) => Ok((socket, true)),
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => Ok((socket, false)),
        Err(error) => Err(error),
    }
}

/// The same for a socket of the file system. `EAGAIN`: its queue is full.
pub fn connect_unix(path: &Path) -> io::Result<(OwnedFd, bool)> {
    let socket = stream_socket(libc::AF_UNIX)?;
    let (address, len) = encode_path(path)?;
    // SAFETY: `address` is a socket address of `len` bytes, and connect(2) only reads it.
    check(unsafe { libc::connect(socket.as_raw_fd(), (&raw const address).cast(), len) })?;
    Ok((socket, true))
}

/// The error that a socket has come to, which is forgotten then.
pub fn take_error(socket: BorrowedFd<'_>) -> io::Result<()> {
    let mut value: libc::c_int = 0;
    let mut len = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: `value` has room for `len` bytes, and getsockopt(2) writes no more.
    check(unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ERROR,
            (&raw mut value).cast(),
            &raw mut len,
        )
    })?;
    match value {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}

/// Whether a socket is open at its other end and has nothing to be read.
pub fn is_quiet(socket: BorrowedFd<'_>) -> bool {
    let mut byte = 0u8;
    let flags = libc::MSG_PEEK | libc::MSG_DONTWAIT;
    // SAFETY: `byte` has room for the one byte that recv(2) may write.
    let result =
        check_len(unsafe { libc::recv(socket.as_raw_fd(), (&raw mut byte).cast(), 1, flags) });
    result.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

/// A path as a socket address, and its length.
fn encode_path(path: &Path) -> io::Result<(libc::sockaddr_un, libc::socklen_t)> {
    let name = CString::new(path.as_os_str().as_bytes())?;
    let name = name.as_bytes_with_nul();
    // SAFETY: all-zero bytes are a valid `sockaddr_un`.
    let mut address: libc::sockaddr_un = unsafe { MaybeUninit::zeroed().assume_init() };
    if name.len() > address.sun_path.len() {
        return Err(io::Error::from_raw_os_error(libc::ENAMETOOLONG));
    }
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    for (to, from) in address.sun_path.iter_mut().zip(name) {
        *to = *from as libc::c_char;
    }
    Ok((address, size_of::<libc::sockaddr_un>() as libc::socklen_t))
}

/// Starts to listen on a bound socket.
pub fn listen(socket: &OwnedFd, backlog: i32) -> io::Result<()> {
    // SAFETY: takes no pointers.
    check(unsafe { libc::listen(socket.as_raw_fd(), backlog) })?;
    Ok(())
}

/// Lets connections wait for their first bytes before they can be accepted (`TCP_DEFER_ACCEPT`),
/// for about so many seconds.
pub fn defer_accept(listener: &OwnedFd, seconds: i32) -> io::Result<()> {
    set_option(listener, libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, seconds)
}

/// Sets what the conf says of a listening socket. The connections that it accepts inherit it; the
/// sizes of buffers do so where they are set before it listens.
pub fn set_socket_options(listener: &OwnedFd, options: &SocketOptions) -> io::Result<()> {
    let SocketOptions { rcvbuf, sndbuf, keepalive, fastopen } = *options;
    let keeps = keepalive.map(|keepalive| i32::from(keepalive.on));
    let probes = keepalive.filter(|keepalive| keepalive.on);
    for (level, name, value) in [
        (libc::SOL_SOCKET, libc::SO_RCVBUF, rcvbuf),
        (libc::SOL_SOCKET, libc::SO_SNDBUF, sndbuf),
        (libc::SOL_SOCKET, libc::SO_KEEPALIVE, keeps),
        (libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, probes.and_then(|probes| probes.idle_s)),
        (libc::IPPROTO_TCP, libc::TCP_KEEPINTVL, probes.and_then(|probes| probes.interval_s)),
        (libc::IPPROTO_TCP, libc::TCP_KEEPCNT, probes.and_then(|probes| probes.count)),
        (libc::IPPROTO_TCP, libc::TCP_FASTOPEN, fastopen),
    ] {
        if let Some(value) = value {
            set_option(listener, level, name, value)?;
        }
    }
    Ok(())
}

/// Accepts one connection, non-blocking and closed on exec. The address is `None` for a
/// socket of the file system.
pub fn accept(listener: BorrowedFd<'_>) -> io::Result<(OwnedFd, Option<SocketAddr>)> {
    let mut storage = MaybeUninit::<libc::sockaddr_storage>::zeroed();
    let mut len = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: `storage` has room for `len` bytes, and accept4(2) writes no more than that.
    let fd = check(unsafe {
        libc::accept4(listener.as_raw_fd(), storage.as_mut_ptr().cast(), &raw mut len, flags)
    })?;
    // SAFETY: the kernel has just made this descriptor, and nothing else owns it.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: it was zeroed, and all-zero bytes are a valid address of no family.
    let storage = unsafe { storage.assume_init() };
    Ok((socket, decode(&storage)))
}

/// The local address of a connected socket; `None` for one of the file system.
pub fn local_address(socket: BorrowedFd<'_>) -> io::Result<Option<SocketAddr>> {
    let mut storage = MaybeUninit::<libc::sockaddr_storage>::zeroed();
    let mut len = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    // SAFETY: `storage` has room for `len` bytes, and getsockname(2) writes no more.
    check(unsafe {
        libc::getsockname(socket.as_raw_fd(), storage.as_mut_ptr().cast(), &raw mut len)
    })?;
    // SAFETY: it was zeroed, and all-zero bytes are a valid address of no family.
    let storage = unsafe { storage.assume_init() };
    Ok(decode(&storage))
}

/// Reads into the front of `buffer`; 0 is the end of the stream.
pub fn recv(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    // SAFETY: pointer and length describe one exclusive slice.
    check_len(unsafe {
        libc::recv(socket.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), 0)
    })
}

/// Writes from the front of `bytes`. `more` says that further bytes follow at once.
pub fn send(socket: BorrowedFd<'_>, bytes: &[u8], more: bool) -> io::Result<usize> {
    let flags = libc::MSG_NOSIGNAL | if more { libc::MSG_MORE } else { 0 };
    // SAFETY: pointer and length describe one slice, which send(2) only reads.
    check_len(unsafe { libc::send(socket.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), flags) })
}

/// Writes from the front of `slices`, as one. `more` says that further bytes follow at once.
pub fn send_vectored(
    socket: BorrowedFd<'_>,
    slices: &[IoSlice<'_>],
    more: bool,
) -> io::Result<usize> {
    let flags = libc::MSG_NOSIGNAL | if more { libc::MSG_MORE } else { 0 };
    // SAFETY: all-zero bytes are a valid `msghdr` that names nothing.
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_iov = slices.as_ptr().cast_mut().cast();
    message.msg_iovlen = slices.len() as _;
    // SAFETY: `IoSlice` has the layout of `iovec` on Unix; sendmsg(2) only reads through it,
    // and all slices outlive the call.
    check_len(unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, flags) })
}

/// Sends no more; what the peer sends can still be read.
pub fn shutdown_write(socket: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: takes no pointers.
    check(unsafe { libc::shutdown(socket.as_raw_fd(), libc::SHUT_WR) })?;
    Ok(())
}

/// `TCP_NODELAY`.
pub fn set_nodelay(socket: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    set_option(&socket, libc::IPPROTO_TCP, libc::TCP_NODELAY, on)
}

/// `SO_KEEPALIVE`.
pub fn set_keepalive(socket: BorrowedFd<'_>) -> io::Result<()> {
    set_option(&socket, libc::SOL_SOCKET, libc::SO_KEEPALIVE, true)
}

/// Makes close(2) reset the connection (`SO_LINGER` with no time).
pub fn set_reset_on_close(socket: BorrowedFd<'_>) -> io::Result<()> {
    let value = libc::linger { l_onoff: 1, l_linger: 0 };
    let len = size_of::<libc::linger>() as libc::socklen_t;
    // SAFETY: `value` is `len` bytes, and setsockopt(2) only reads it.
    check(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_LINGER,
            (&raw const value).cast(),
            len,
        )
    })?;
    Ok(())
}

/// Has the kernel drop what asks a listening socket for a new connection, without an answer: clients ask
/// again a second later, and come to another socket at the same address if this one is closed by then.
/// Connections that were begun before are taken on.
pub fn refuse_new(socket: BorrowedFd<'_>) -> io::Result<()> {
    const fn step(code: u32, jt: u8, jf: u8, k: u32) -> libc::sock_filter {
        libc::sock_filter { code: code as u16, jt, jf, k }
    }
    /// Of the flags of a segment (RFC 9293, 3.1), SYN without ACK.
    const FLAGS_AT: u32 = 13;
    const SYN: u32 = 0x02;
    const ACK: u32 = 0x10;
    let mut steps = [
        step(libc::BPF_LD | libc::BPF_B | libc::BPF_ABS, 0, 0, FLAGS_AT),
        step(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, 0, 0, SYN | ACK),
        step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, SYN),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, 0),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, u32::MAX),
    ];
    let program = libc::sock_fprog { len: steps.len() as u16, filter: steps.as_mut_ptr() };
    let len = size_of::<libc::sock_fprog>() as libc::socklen_t;
    // SAFETY: `program` is `len` bytes and names `steps`, which are there until the call has copied
    // them; setsockopt(2) only reads both.
    check(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_FILTER,
            (&raw const program).cast(),
            len,
        )
    })?;
    Ok(())
}

/// Where an inherited socket is bound.
#[derive(PartialEq, Eq, Debug)]
pub enum Inherited {
    /// An IP socket.
    Ip(SocketAddr),
    /// A socket of the file system.
    Unix(Vec<u8>),
    /// A socket of this machine that has no path.
    Unnamed,
}

impl fmt::Display for Inherited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Inherited::Ip(address) => write!(f, "{address}"),
            Inherited::Unix(path) => write!(f, "unix:{}", path.escape_ascii()),
            Inherited::Unnamed => f.write_str("a name that is no path"),
        }
    }
}

/// Why a descriptor is no listening socket of ours.
#[derive(Debug)]
pub enum NotInherited {
    /// Nothing has that number.
    NotOpen,
    /// It is something else, which follows its number in a message.
    Other(&'static str),
    /// The system did not say.
    Failed(io::Error),
}

impl fmt::Display for NotInherited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotInherited::NotOpen => f.write_str("is not open"),
            NotInherited::Other(what) => f.write_str(what),
            NotInherited::Failed(error) => write!(f, "cannot be used: {error}"),
        }
    }
}

impl From<io::Error> for NotInherited {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::EBADF) => NotInherited::NotOpen,
            Some(libc::ENOTSOCK) => NotInherited::Other("is not a socket"),
            _ => NotInherited::Failed(error),
        }
    }
}

/// Takes over a listening socket that a parent has handed down, and says where it is bound. It
/// is non-blocking and closed on exec from here on. What is no listening socket stays as it is.
pub fn inherited_listener(fd: RawFd) -> Result<(OwnedFd, Inherited), NotInherited> {
    // SAFETY: takes no pointers; fails if `fd` is not open.
    let flags = check(unsafe { libc::fcntl(fd, libc::F_GETFL) })?;
    if option(&fd, libc::SO_TYPE)? != libc::SOCK_STREAM {
        return Err(NotInherited::Other("is a socket without connections, as UDP has them"));
    }
    let domain = option(&fd, libc::SO_DOMAIN)?;
    if ![libc::AF_INET, libc::AF_INET6, libc::AF_UNIX].contains(&domain) {
        return Err(NotInherited::Other("is a socket of neither TCP nor the file system"));
    }
    if option(&fd, libc::SO_ACCEPTCONN)? == 0 {
        return Err(NotInherited::Other("is a socket that does not listen"));
    }
    // SAFETY: takes no pointers; `fd` is open.
    check(unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    // SAFETY: takes no pointers; `fd` is open.
    check(unsafe { libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK) })?;
    // SAFETY: by the protocol this descriptor is handed over to this process, and this is
    // called once for it, before anything else could have opened it.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    let address = bound_address(&socket)?;
    Ok((socket, address))
}

fn bound_address(socket: &OwnedFd) -> io::Result<Inherited> {
    if let Some(address) = local_address(socket.as_fd())? {
        return Ok(Inherited::Ip(address));
    }
    let address = UnixListener::from(socket.try_clone()?).local_addr()?;
    let path = address.as_pathname().map(|path| path.as_os_str().as_bytes().to_vec());
    Ok(path.map_or(Inherited::Unnamed, Inherited::Unix))
}

/// An option of a socket that is a number.
fn option(socket: &impl AsRawFd, name: libc::c_int) -> io::Result<libc::c_int> {
    let mut value: libc::c_int = 0;
    let mut len = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: `value` has room for `len` bytes, and getsockopt(2) writes no more.
    check(unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            name,
            (&raw mut value).cast(),
            &raw mut len,
        )
    })?;
    Ok(value)
}

fn stream_socket(family: libc::c_int) -> io::Result<OwnedFd> {
    let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: takes no pointers.
    let fd = check(unsafe { libc::socket(family, kind, 0) })?;
    // SAFETY: the kernel has just made this descriptor, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn set_option(
    socket: &impl AsRawFd,
    level: libc::c_int,
    name: libc::c_int,
    value: impl Into<libc::c_int>,
) -> io::Result<()> {
    let value: libc::c_int = value.into();
    let len = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: `value` is `len` bytes, and setsockopt(2) only reads it.
    check(unsafe {
        libc::setsockopt(socket.as_raw_fd(), level, name, (&raw const value).cast(), len)
    })?;
    Ok(())
}

/// A socket address as the kernel wants it, and its length.
fn encode(address: SocketAddr) -> (libc::sockaddr_storage, libc::socklen_t) {
    // SAFETY: all-zero bytes are a valid `sockaddr_storage`.
    let mut storage: libc::sockaddr_storage = unsafe { MaybeUninit::zeroed().assume_init() };
    match address {
        SocketAddr::V4(address) => {
            // SAFETY: all-zero bytes are a valid `sockaddr_in`.
            let mut inet: libc::sockaddr_in = unsafe { MaybeUninit::zeroed().assume_init() };
            inet.sin_family = libc::AF_INET as libc::sa_family_t;
            inet.sin_port = address.port().to_be();
            inet.sin_addr.s_addr = u32::from(*address.ip()).to_be();
            // SAFETY: `sockaddr_storage` is large and aligned enough for every address.
            unsafe { (&raw mut storage).cast::<libc::sockaddr_in>().write(inet) };
            (storage, size_of::<libc::sockaddr_in>() as libc::socklen_t)
        }
        SocketAddr::V6(address) => {
            // SAFETY: all-zero bytes are a valid `sockaddr_in6`.
            let mut inet: libc::sockaddr_in6 = unsafe { MaybeUninit::zeroed().assume_init() };
            inet.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            inet.sin6_port = address.port().to_be();
            inet.sin6_addr.s6_addr = address.ip().octets();
            inet.sin6_flowinfo = address.flowinfo();
            inet.sin6_scope_id = address.scope_id();
            // SAFETY: `sockaddr_storage` is large and aligned enough for every address.
            unsafe { (&raw mut storage).cast::<libc::sockaddr_in6>().write(inet) };
            (storage, size_of::<libc::sockaddr_in6>() as libc::socklen_t)
        }
    }
}

/// The IP address that the kernel has written.
fn decode(storage: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match libc::c_int::from(storage.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that this is a `sockaddr_in`.
            let inet = unsafe { &*(&raw const *storage).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(inet.sin_addr.s_addr));
            Some(SocketAddr::new(IpAddr::V4(ip), u16::from_be(inet.sin_port)))
        }
        libc::AF_INET6 => {
            // SAFETY: the family says that this is a `sockaddr_in6`.
            let inet = unsafe { &*(&raw const *storage).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(inet.sin6_addr.s6_addr);
            let port = u16::from_be(inet.sin6_port);
            let (flow, scope) = (inet.sin6_flowinfo, inet.sin6_scope_id);
            Some(SocketAddr::V6(SocketAddrV6::new(ip, port, flow, scope)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
