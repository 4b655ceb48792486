//! The sockets that a parent has handed over, as sd_listen_fds(3) takes them: `LISTEN_FDS` of
//! them from descriptor 3 on, for the process `LISTEN_PID`, with the names in `LISTEN_FDNAMES`.

use std::fmt;
use std::net::SocketAddr;
use std::os::fd::{OwnedFd, RawFd};

use crate::params::BindAddress;
use crate::sys::net::{self, Inherited, NotInherited};

/// The first descriptor that is handed over.
const FIRST: RawFd = 3;

/// A listening socket that the parent has opened.
#[derive(Debug)]
pub struct HandedOver {
    what: Descriptor,
    address: Inherited,
    socket: OwnedFd,
}

/// A descriptor for a message.
#[derive(Debug)]
struct Descriptor {
    number: RawFd,
    name: Option<String>,
}

impl fmt::Display for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "descriptor {}", self.number)?;
        match &self.name {
            Some(name) => write!(f, " (`{}`)", name.escape_debug()),
            None => Ok(()),
        }
    }
}

/// Takes what is handed over to the process `own_id`. This comes before anything else is opened:
/// where there are fewer sockets than is said, the numbers are free for others.
pub fn take(
    own_id: u32,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Vec<HandedOver>, Vec<String>> {
    let names = variable("LISTEN_FDNAMES");
    let count = match count(own_id, &variable) {
        Ok(count) => count,
        Err(fault) => return Err(vec![fault]),
    };
    let names: Vec<_> = names.as_deref().map_or_else(Vec::new, |names| names.split(':').collect());
    if count > 0 && !names.is_empty() && names.len() != count as usize {
        let told = names.len();
        return Err(vec![format!("LISTEN_FDS is {count}, and LISTEN_FDNAMES has {told} names")]);
    }
    let (mut taken, mut faults) = (Vec::new(), Vec::new());
    for index in 0..count {
        let number = FIRST + index;
        let name = names.get(index as usize).filter(|name| !name.is_empty());
        let what = Descriptor { number, name: name.map(|name| (*name).to_owned()) };
        match net::inherited_listener(number) {
            Ok((socket, address)) => taken.push(HandedOver { what, address, socket }),
            Err(NotInherited::NotOpen) => {
                faults.push(format!("LISTEN_FDS is {count}, and {what} is not open"));
                break;
            }
            Err(fault) => faults.push(format!("LISTEN_FDS: {what} {fault}")),
        }
    }
    if faults.is_empty() { Ok(taken) } else { Err(faults) }
}

/// How many sockets are handed over to the process `own_id`.
fn count(own_id: u32, variable: impl Fn(&str) -> Option<String>) -> Result<RawFd, String> {
    let Some(id) = variable("LISTEN_PID") else { return Ok(0) };
    let meant: u32 = id.parse().map_err(|_| format!("LISTEN_PID is \"{id}\", no process id"))?;
    let Some(count) = variable("LISTEN_FDS").filter(|_| meant == own_id) else { return Ok(0) };
    let fits = |count: &RawFd| (1..RawFd::MAX - FIRST).contains(count);
    let number = count.parse().ok().filter(fits);
    number.ok_or_else(|| format!("LISTEN_FDS is \"{count}\", no number of sockets"))
}

/// Takes the first socket that is bound to an address.
pub fn take_for(sockets: &mut Vec<HandedOver>, address: &BindAddress) -> Option<OwnedFd> {
    let index = sockets.iter().position(|socket| socket.is_at(address))?;
    Some(sockets.remove(index).socket)
}

impl HandedOver {
    /// The IP address that it listens on.
    pub fn ip(&self) -> Option<SocketAddr> {
        match self.address {
            Inherited::Ip(address) => Some(address),
            Inherited::Unix(_) | Inherited::Unnamed => None,
        }
    }

    fn is_at(&self, address: &BindAddress) -> bool {
        use std::os::unix::ffi::OsStrExt;
        match (&self.address, address) {
            (Inherited::Ip(bound), BindAddress::Ip(address)) => bound == address,
            (Inherited::Unix(bound), BindAddress::Unix(path)) => {
                bound == path.as_os_str().as_bytes()
            }
            _ => false,
        }
    }

    /// What to say of a socket that no `listen` takes: its clients would wait for ever.
    pub fn unwanted(&self) -> String {
        let (what, address) = (&self.what, &self.address);
        format!("LISTEN_FDS: {what} listens on {address}, and no `listen` is left for it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count_of(id: Option<&str>, fds: Option<&str>) -> Result<RawFd, String> {
        count(7, |name| match name {
            "LISTEN_PID" => id.map(str::to_owned),
            _ => fds.map(str::to_owned),
        })
    }

    #[test]
    fn only_the_process_that_is_meant_has_any() {
        assert_eq!(count_of(None, None), Ok(0));
        assert_eq!(count_of(None, Some("2")), Ok(0));
        assert_eq!(count_of(Some("7"), None), Ok(0));
        assert_eq!(count_of(Some("8"), Some("nonsense")), Ok(0));
        assert_eq!(count_of(Some("7"), Some("2")), Ok(2));
        for fds in ["", "0", "-1", "two", "2147483647"] {
            let fault = format!("LISTEN_FDS is \"{fds}\", no number of sockets");
            assert_eq!(count_of(Some("7"), Some(fds)), Err(fault));
        }
        let fault = "LISTEN_PID is \"x\", no process id".to_owned();
        assert_eq!(count_of(Some("x"), Some("2")), Err(fault));
    }
}
