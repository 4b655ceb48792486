//! What a connection tells the event loop, whatever protocol it speaks.

mod pace;
mod places;

use std::net::{IpAddr, Ipv6Addr};
use std::os::fd::RawFd;

use crate::poll_set::Interest;
use crate::sys::poll::Readiness;

pub(crate) use pace::{Pace, in_steps, slow};
pub use places::Places;

/// What the event loop should do with a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Wait for what it is interested in, with this deadline.
    Wait(Deadline),
    /// Close it.
    Close,
}

/// When a wait has lasted long enough.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deadline {
    /// When it was already.
    Keep,
    /// So many milliseconds from now.
    In(u64),
}

/// A descriptor of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// The client.
    Client,
    /// What the client's script reads.
    ScriptInput,
    /// What it writes.
    ScriptOutput,
    /// What it says about its troubles.
    ScriptErrors,
    /// The server behind this one that is asked. It has a token of its own.
    Upstream,
}

/// A pipe, and what to watch it for.
pub type Pipe = Option<(RawFd, Interest)>;

/// What `poll(2)` should watch of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Interests {
    /// The client.
    pub client: Option<Interest>,
    /// What its script reads.
    pub input: Pipe,
    /// What it writes.
    pub output: Pipe,
    /// What it says about its troubles.
    pub errors: Pipe,
    /// The connection to the server that is asked.
    pub upstream: Option<UpstreamInterest>,
}

/// A connection to another server that somebody has: its place, and how often that was taken before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeaseId {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

/// What to watch a connection to another server for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UpstreamInterest {
    /// Which connection.
    pub lease: LeaseId,
    /// What for.
    pub readiness: Readiness,
}

impl Interests {
    /// Of the client alone.
    pub fn of_client(interest: Interest) -> Interests {
        Interests { client: Some(interest), ..Interests::default() }
    }

    /// Whether they are input from the client and nothing else.
    pub fn are_input(&self) -> bool {
        self.client == Some(Interest::Read)
            && self.input.is_none()
            && self.output.is_none()
            && self.errors.is_none()
            && self.upstream.is_none()
    }

    /// The pipes of its script.
    pub fn pipes(&self) -> [(Source, Pipe); 3] {
        [
            (Source::ScriptInput, self.input),
            (Source::ScriptOutput, self.output),
            (Source::ScriptErrors, self.errors),
        ]
    }
}

/// What closing a connection to make room would lose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stake {
    /// Nothing: it waits between two requests, or for the first.
    Nothing,
    /// All is said, and what the client still sends is thrown away.
    Rest,
    /// A request or a response of a client that moves so few bytes a second.
    Slow(u64),
    /// What a client that is fast enough waits for.
    Work,
}

/// Where a client is: its address, or of an IPv6 address the network, of which one client has all.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Place(Option<IpAddr>);

impl Place {
    /// Where a client with this address is.
    pub fn of(address: Option<IpAddr>) -> Place {
        Place(address.map(|address| match address.to_canonical() {
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
            v4 => v4,
        }))
    }
}
