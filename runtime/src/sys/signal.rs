//! Signals as bytes in a pipe, so that `poll(2)` sees them.

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicI32, Ordering};

use super::{check, check_len, retry};

/// The write end that the handler uses; -1 before [`Signals::install`].
static WRITE_END: AtomicI32 = AtomicI32::new(-1);

/// What is written where no signal has come.
const NO_SIGNAL: u8 = 0;

/// Writes the signal's number into the pipe. Only calls what signal-safety(7) allows.
extern "C" fn handler(signal: libc::c_int) {
    // SAFETY: returns the address of this thread's errno, which is always valid.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let saved = unsafe { *errno };
    let byte = signal as u8;
    let fd = WRITE_END.load(Ordering::Relaxed);
    // SAFETY: writes one byte from the stack. A full pipe loses it, and then others are
    // waiting to be read.
    unsafe { libc::write(fd, (&raw const byte).cast(), 1) };
    // SAFETY: as above. The interrupted code finds errno as it was.
    unsafe { *errno = saved };
}

/// The signals that the server acts on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// SIGTERM or SIGINT: finish and leave; the second time, leave.
    Terminate,
    /// SIGQUIT: finish and leave.
    Drain,
    /// SIGUSR1 or SIGHUP: open the logs again.
    Reopen,
}

/// The read end of the pipe.
pub struct Signals(OwnedFd);

impl Signals {
    /// Takes over the signals that the server acts on, and ignores SIGPIPE and SIGXFSZ: the call
    /// that brings them fails as well. SIGUSR2, which makes nginx start another binary, is ignored,
    /// since it would end the process. Once per process.
    pub fn install() -> io::Result<Signals> {
        let mut ends = [0; 2];
        let flags = libc::O_NONBLOCK | libc::O_CLOEXEC;
        // SAFETY: pipe2(2) writes two descriptors into the array.
        check(unsafe { libc::pipe2(ends.as_mut_ptr(), flags) })?;
        // SAFETY: the kernel has just made this descriptor, and nothing else owns it. The
        // other end is never closed: the handler may use it until the process ends.
        let read_end = unsafe { OwnedFd::from_raw_fd(ends[0]) };
        WRITE_END.store(ends[1], Ordering::Relaxed);
        for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGQUIT, libc::SIGUSR1, libc::SIGHUP] {
            set_handler(signal, handler as *const () as libc::sighandler_t)?;
        }
        for signal in [libc::SIGPIPE, libc::SIGXFSZ, libc::SIGUSR2] {
            set_handler(signal, libc::SIG_IGN)?;
        }
        Ok(Signals(read_end))
    }

    /// Makes the pipe readable without a signal.
    pub fn wake() {
        // SAFETY: writes one byte from a static. A full pipe is readable already.
        unsafe { libc::write(WRITE_END.load(Ordering::Relaxed), [NO_SIGNAL].as_ptr().cast(), 1) };
    }

    /// The next signal that has come, if any.
    pub fn next(&self) -> Option<Signal> {
        let mut byte = 0u8;
        // SAFETY: reads at most one byte into `byte`.
        let read =
            || check_len(unsafe { libc::read(self.0.as_raw_fd(), (&raw mut byte).cast(), 1) });
        match (retry(read), libc::c_int::from(byte)) {
            (Ok(1), 0) => self.next(),
            (Ok(1), libc::SIGUSR1 | libc::SIGHUP) => Some(Signal::Reopen),
            (Ok(1), libc::SIGQUIT) => Some(Signal::Drain),
            (Ok(1), _) => Some(Signal::Terminate),
            _ => None,
        }
    }
}

impl AsRawFd for Signals {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

fn set_handler(signal: libc::c_int, handler: libc::sighandler_t) -> io::Result<()> {
    // SAFETY: all-zero bytes are a valid `sigaction` with an empty mask.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: `action` outlives the call; the handler is async-signal-safe.
    check(unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) })?;
    Ok(())
}

/// Wakes a worker that waits in `poll(2)` from another thread.
pub struct Waker(UnixStream);

impl Waker {
    /// A waker, and the end that becomes readable.
    pub fn new() -> io::Result<(Waker, Wakened)> {
        let (ours, theirs) = UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        theirs.set_nonblocking(true)?;
        Ok((Waker(ours), Wakened(theirs)))
    }

    /// Makes the other end readable.
    pub fn wake(&self) {
        // A full buffer means that it is readable already.
        let _ = retry(|| (&self.0).write(&[1]));
    }
}

/// The readable end of a [`Waker`].
pub struct Wakened(UnixStream);

impl Wakened {
    /// Takes what wakers have written.
    pub fn clear(&self) {
        let mut bytes = [0; 64];
        while matches!(retry(|| (&self.0).read(&mut bytes)), Ok(len) if len == bytes.len()) {}
    }
}

impl AsRawFd for Wakened {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
