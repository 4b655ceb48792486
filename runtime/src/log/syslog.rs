//! Logs that are sent to a syslog server: each line is a datagram of its own, as RFC 3164 and nginx
//! have it. None waits for the server: what its socket does not take is kept and dropped as lines of
//! other logs are.

use std::io::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use crate::clock::{LocalClock, Now};
use crate::site::{Level, Syslog};
use crate::sys::identity::host_name;
use crate::sys::poll::{PollFd, poll};

/// The port of a server that names none.
const DEFAULT_PORT: u16 = 514;

/// Finds a syslog server.
pub(crate) type OpenSyslog = fn(&str, &Path) -> io::Result<Box<dyn Datagrams>>;

/// What takes lines as datagrams.
pub trait Datagrams: Send {
    /// Sends a line without its end, or says at once that it cannot.
    fn send(&mut self, line: &[u8]) -> io::Result<()>;
    /// Waits until more can be sent, for so many milliseconds at most; whether it can be.
    fn is_writable(&self, timeout_ms: i32) -> bool;
}

/// Where a syslog server is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SyslogServer {
    /// A socket in the file system.
    Unix(PathBuf),
    /// A host, by its name or address, and a port.
    Udp(String, u16),
}

impl SyslogServer {
    /// What `unix:PATH`, `HOST`, `HOST:PORT` or the same with an IPv6 address in brackets means.
    pub fn parse(text: &str) -> Option<SyslogServer> {
        if let Some(path) = text.strip_prefix("unix:") {
            return (!path.is_empty()).then(|| SyslogServer::Unix(path.into()));
        }
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                host.parse::<Ipv6Addr>().ok()?;
                (host, port)
            }
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => DEFAULT_PORT,
            None => return None,
            Some(port) => port.parse().ok().filter(|&port| port > 0)?,
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
        let fits = !host.is_empty() && host.bytes().all(is_name);
        fits.then(|| SyslogServer::Udp(host.to_owned(), port))
    }
}

impl Syslog {
    /// Appends what stands before a message: `<190>Nov 22 21:05:10 host nginx: `.
    pub(crate) fn write_front(
        &self,
        level: Level,
        (now, clock): (Now, &LocalClock),
        out: &mut Vec<u8>,
    ) {
        let priority = u32::from(self.facility) * 8 + level as u32;
        // Writing to a vector does not fail.
        let _ = write!(out, "<{priority}>");
        clock.write_syslog(now, out);
        out.push(b' ');
        if self.hostname {
            out.extend_from_slice(host_name());
            out.push(b' ');
        }
        out.extend_from_slice(self.tag.as_bytes());
        out.extend_from_slice(b": ");
    }
}

/// Finds a server. A path is beneath `prefix`. Nobody has to listen there yet.
pub(crate) fn open(server: &str, prefix: &Path) -> io::Result<Box<dyn Datagrams>> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidInput, "this is no address");
    match SyslogServer::parse(server).ok_or_else(wrong)? {
        SyslogServer::Unix(path) => {
            let socket = UnixDatagram::unbound()?;
            socket.set_nonblocking(true)?;
            Ok(Box::new(Local { socket, path: prefix.join(path) }))
        }
        SyslogServer::Udp(host, port) => {
            let address = (&host[..], port).to_socket_addrs()?.next().ok_or_else(wrong)?;
            let any: SocketAddr = match address {
                SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
                SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
            };
            let socket = UdpSocket::bind(any)?;
            socket.set_nonblocking(true)?;
            // So that it is told when nobody listens there.
            socket.connect(address)?;
            Ok(Box::new(socket))
        }
    }
}

/// A socket in the file system. A server that begins again has another one under the same name.
struct Local {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Datagrams for Local {
    fn send(&mut self, line: &[u8]) -> io::Result<()> {
        self.socket.send_to(line, &self.path).map(drop)
    }

    fn is_writable(&self, timeout_ms: i32) -> bool {
        is_writable(&self.socket, timeout_ms)
    }
}

impl Datagrams for UdpSocket {
    fn send(&mut self, line: &[u8]) -> io::Result<()> {
        UdpSocket::send(self, line).map(drop)
    }

    fn is_writable(&self, timeout_ms: i32) -> bool {
        is_writable(self, timeout_ms)
    }
}

fn is_writable(socket: &impl AsRawFd, timeout_ms: i32) -> bool {
    poll(&mut [PollFd::new(socket.as_raw_fd(), true)], timeout_ms).is_ok_and(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_servers_are() {
        let udp = |host: &str, port| Some(SyslogServer::Udp(host.to_owned(), port));
        for (text, expected) in [
            ("unix:/dev/log", Some(SyslogServer::Unix("/dev/log".into()))),
            ("127.0.0.1", udp("127.0.0.1", 514)),
            ("127.0.0.1:1514", udp("127.0.0.1", 1514)),
            ("[::1]", udp("::1", 514)),
            ("[::1]:1514", udp("::1", 1514)),
            ("log.example.test:99", udp("log.example.test", 99)),
            ("unix:", None),
            ("", None),
            (":514", None),
            ("a:", None),
            ("a:0", None),
            ("a:70000", None),
            ("[::1", None),
            ("[a]", None),
            ("[::1]514", None),
            ("::1", None),
            ("a b", None),
        ] {
            assert_eq!(SyslogServer::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_stands_before_a_message() {
        let now = Now { monotonic_ms: 0, unix_ms: 1_794_949_510_000 };
        let clock = LocalClock::new(now);
        let mut time = Vec::new();
        clock.write_syslog(now, &mut time);
        let time = String::from_utf8(time).expect("ASCII");
        assert!(time.starts_with("Nov 17 "), "{time}");
        let host = String::from_utf8_lossy(host_name());
        for (hostname, expected) in
            [(true, format!("<155>{time} {host} site: ")), (false, format!("<155>{time} site: "))]
        {
            let syslog =
                Syslog { server: &[], facility: 19, severity: Level::Info, tag: "site", hostname };
            let mut front = Vec::new();
            syslog.write_front(Level::Error, (now, &clock), &mut front);
            assert_eq!(String::from_utf8_lossy(&front), expected);
        }
    }
}
