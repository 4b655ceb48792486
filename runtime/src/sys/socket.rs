//! Options of sockets, as a conf gives them.

/// Options of a listening socket, which its connections inherit. `None` leaves what the
/// system has.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SocketOptions {
    /// `rcvbuf`, in bytes.
    pub rcvbuf: Option<i32>,
    /// `sndbuf`, in bytes.
    pub sndbuf: Option<i32>,
    /// `so_keepalive`.
    pub keepalive: Option<TcpKeepalive>,
    /// `fastopen`: connections that may send before they are known to be there.
    pub fastopen: Option<i32>,
}

/// `so_keepalive`: whether connections on which nothing happens are probed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TcpKeepalive {
    /// Whether they are.
    pub on: bool,
    /// After so many seconds.
    pub idle_s: Option<i32>,
    /// Every so many seconds.
    pub interval_s: Option<i32>,
    /// So often.
    pub count: Option<i32>,
}

impl SocketOptions {
    /// Nothing said.
    pub const NONE: SocketOptions =
        SocketOptions { rcvbuf: None, sndbuf: None, keepalive: None, fastopen: None };
}
