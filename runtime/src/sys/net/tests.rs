use std::net::TcpStream;

use super::super::socket::TcpKeepalive;
use super::*;

fn option(socket: &OwnedFd, level: libc::c_int, name: libc::c_int) -> i32 {
    let mut value: libc::c_int = 0;
    let mut len = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: `value` has room for `len` bytes, and getsockopt(2) writes no more.
    check(unsafe {
        libc::getsockopt(socket.as_raw_fd(), level, name, (&raw mut value).cast(), &raw mut len)
    })
    .unwrap();
    value
}

#[test]
fn connections_inherit_options() {
    let plain = ListenOptions { reuse_port: false, ipv6_only: false };
    let listener = bind_ip("127.0.0.1:0".parse().unwrap(), &plain).unwrap();
    let keepalive = TcpKeepalive { on: true, idle_s: Some(100), interval_s: None, count: Some(7) };
    let options = SocketOptions {
        rcvbuf: Some(16_384),
        sndbuf: Some(32_768),
        keepalive: Some(keepalive),
        fastopen: Some(3),
    };
    set_socket_options(&listener, &options).unwrap();
    listen(&listener, 5).unwrap();
    let address = local_address(listener.as_fd()).unwrap().unwrap();
    let _client = TcpStream::connect(address).unwrap();
    let (socket, _) = loop {
        match accept(listener.as_fd()) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::yield_now(),
            accepted => break accepted.unwrap(),
        }
    };
    for (level, name, expected) in [
        // Linux doubles what it is told.
        (libc::SOL_SOCKET, libc::SO_RCVBUF, 32_768),
        (libc::SOL_SOCKET, libc::SO_SNDBUF, 65_536),
        (libc::SOL_SOCKET, libc::SO_KEEPALIVE, 1),
        (libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, 100),
        (libc::IPPROTO_TCP, libc::TCP_KEEPCNT, 7),
    ] {
        assert_eq!(option(&socket, level, name), expected, "{name}");
    }
    assert_eq!(option(&listener, libc::IPPROTO_TCP, libc::TCP_FASTOPEN), 3);
    let off = TcpKeepalive { on: false, ..keepalive };
    set_socket_options(&socket, &SocketOptions { keepalive: Some(off), ..SocketOptions::NONE })
        .unwrap();
    assert_eq!(option(&socket, libc::SOL_SOCKET, libc::SO_KEEPALIVE), 0);
}
