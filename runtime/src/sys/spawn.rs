//! Processes: the one that starts scripts, and the scripts that it starts.

use std::ffi::{CStr, c_char, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::process::ExitCode;

use super::check;

/// The number of a process, or of the process group that it leads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Pid(libc::pid_t);

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// It left with this status.
    Exited(u8),
    /// This signal killed it.
    Killed(u8),
}

/// What a group is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// SIGTERM.
    Ask,
    /// SIGKILL.
    Force,
}

/// Runs `run` in a new process that ends with it. To be called before the first thread starts:
/// the new process has this thread alone, and whatever another one holds stays locked in it.
pub fn fork(run: impl FnOnce() -> ExitCode) -> io::Result<Pid> {
    // SAFETY: takes no pointers. The process has one thread, so that all memory is as it was.
    let pid = check(unsafe { libc::fork() })?;
    if pid != 0 {
        return Ok(Pid(pid));
    }
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    let status = if result.is_ok_and(|code| code == ExitCode::SUCCESS) { 0 } else { 1 };
    // SAFETY: ends the process without running what the other one will run at its own end.
    unsafe { libc::_exit(status) }
}

/// Waits until a child of this process has ended; whether it has left with status 0.
pub fn wait_for(child: Pid) -> io::Result<bool> {
    let mut status = 0;
    loop {
        // SAFETY: `status` is a live value that the call may write.
        match check(unsafe { libc::waitpid(child.0, &raw mut status, 0) }) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result.map(|_| status == 0),
        }
    }
}

/// The children of this process, as `/proc` shows them; none where there is no `/proc`.
pub fn children() -> Vec<Pid> {
    let own = std::process::id().to_string();
    let is_child = |stat: &str| {
        // The name in brackets may hold anything; behind it are the state and the parent.
        let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        rest.split(' ').nth(1) == Some(&own)
    };
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let found = processes.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        is_child(&stat).then_some(Pid(pid))
    });
    found.collect()
}

/// Has this process killed when the one that has forked it ends.
pub fn end_with_parent() -> io::Result<()> {
    // SAFETY: takes no pointers.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) })?;
    Ok(())
}

/// Becomes the parent of whatever its descendants leave behind.
pub fn adopt_orphans() -> io::Result<()> {
    // SAFETY: takes no pointers.
    check(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) })?;
    Ok(())
}

/// Closes every descriptor from 3 on but these.
pub fn close_all_but(kept: &[RawFd]) -> io::Result<()> {
    let mut kept = kept.to_vec();
    kept.sort_unstable();
    let mut first = 3;
    for fd in kept.into_iter().chain([RawFd::MAX]) {
        if fd > first {
            let last = if fd == RawFd::MAX { libc::c_uint::MAX } else { fd as libc::c_uint - 1 };
            // SAFETY: takes no pointers. Only a process that has just been forked calls this,
            // and it uses nothing but what it keeps.
            check(unsafe {
                libc::syscall(libc::SYS_close_range, first as libc::c_uint, last, 0) as libc::c_int
            })?;
        }
        first = first.max(fd.saturating_add(1));
    }
    Ok(())
}

/// Makes `fd` standard input.
pub fn set_standard_input(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: takes no pointers; both descriptors are open.
    check(unsafe { libc::dup2(fd.as_raw_fd(), 0) })?;
    Ok(())
}

/// The kernel's signals, and so the bits of its masks.
const SIGNALS: usize = 64;

/// Tells of children that have ended, in a process that takes no signal.
pub struct ChildSignals(OwnedFd);

impl ChildSignals {
    /// Gives every signal its default action, blocks them all, and makes SIGCHLD readable.
    pub fn install() -> io::Result<ChildSignals> {
        // The kernel's `sigaction` with no handler, no flags and an empty mask, on every machine.
        let default = [0u64; 4];
        for signal in 1..=SIGNALS {
            let (action, mask_len) = (default.as_ptr(), SIGNALS / 8);
            // SAFETY: reads one `sigaction`. By the kernel's name, since libc keeps some signals
            // to itself, and a parent may have set those too. It fails for the few that nobody
            // can set.
            unsafe {
                libc::syscall(
                    libc::SYS_rt_sigaction,
                    signal,
                    action,
                    std::ptr::null::<u64>(),
                    mask_len,
                )
            };
        }
        let mut all = MaybeUninit::<libc::sigset_t>::zeroed();
        // SAFETY: writes the set.
        check(unsafe { libc::sigfillset(all.as_mut_ptr()) })?;
        // SAFETY: the set is filled; the old one is not wanted.
        check(unsafe { libc::sigprocmask(libc::SIG_SETMASK, all.as_ptr(), std::ptr::null_mut()) })?;
        let mut child = MaybeUninit::<libc::sigset_t>::zeroed();
        // SAFETY: writes the set.
        check(unsafe { libc::sigemptyset(child.as_mut_ptr()) })?;
        // SAFETY: the set is a valid one.
        check(unsafe { libc::sigaddset(child.as_mut_ptr(), libc::SIGCHLD) })?;
        let flags = libc::SFD_NONBLOCK | libc::SFD_CLOEXEC;
        // SAFETY: the set is a valid one.
        let fd = check(unsafe { libc::signalfd(-1, child.as_ptr(), flags) })?;
        // SAFETY: the kernel has just made this descriptor, and nothing else owns it.
        Ok(ChildSignals(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Takes what is there to be read.
    pub fn clear(&self) {
        let mut info = MaybeUninit::<libc::signalfd_siginfo>::zeroed();
        let len = size_of::<libc::signalfd_siginfo>();
        // SAFETY: reads at most one record into `info`. One is all there is: the signal is not
        // counted while it is pending.
        unsafe { libc::read(self.0.as_raw_fd(), info.as_mut_ptr().cast(), len) };
    }
}

impl AsRawFd for ChildSignals {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// A child that has ended, if there is one.
pub fn reap() -> Option<(Pid, Ended)> {
    let mut status = 0;
    // SAFETY: writes one status.
    let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
    let ended = match libc::WIFSIGNALED(status) {
        true => Ended::Killed(libc::WTERMSIG(status) as u8),
        false => Ended::Exited(libc::WEXITSTATUS(status) as u8),
    };
    (pid > 0).then_some((Pid(pid), ended))
}

/// Whether this process has a child in the group. As long as it has, no other group can be
/// given the same number.
pub fn has_child_in(group: Pid) -> bool {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: writes one record.
    unsafe { libc::waitid(libc::P_PGID, group.0 as libc::id_t, info.as_mut_ptr(), flags) == 0 }
}

/// Stops every process of a group. It does not matter if none is left.
pub fn stop_group(group: Pid, how: Stop) {
    // SAFETY: takes no pointers.
    unsafe { libc::kill(-group.0, how.signal()) };
}

/// Stops a child.
pub fn stop(child: Pid, how: Stop) {
    // SAFETY: takes no pointers.
    unsafe { libc::kill(child.0, how.signal()) };
}

impl Stop {
    /// Whether this signal is what is sent.
    pub fn is(self, signal: u8) -> bool {
        self.signal() == libc::c_int::from(signal)
    }

    fn signal(self) -> libc::c_int {
        match self {
            Stop::Ask => libc::SIGTERM,
            Stop::Force => libc::SIGKILL,
        }
    }
}

/// The soft and the hard limit of open descriptors.
#[derive(Clone, Copy)]
pub struct DescriptorLimit(libc::rlimit);

impl DescriptorLimit {
    /// What holds for this process.
    pub fn current() -> io::Result<DescriptorLimit> {
        let mut limit = MaybeUninit::<libc::rlimit>::zeroed();
        // SAFETY: getrlimit(2) writes one `rlimit`.
        check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, limit.as_mut_ptr()) })?;
        // SAFETY: it was zeroed, and then written.
        Ok(DescriptorLimit(unsafe { limit.assume_init() }))
    }
}

impl PartialEq for DescriptorLimit {
    fn eq(&self, other: &DescriptorLimit) -> bool {
        let numbers = |limit: &DescriptorLimit| (limit.0.rlim_cur, limit.0.rlim_max);
        numbers(self) == numbers(other)
    }
}

/// Texts one behind the other, each ended by a NUL.
#[derive(Clone, Copy)]
pub struct Texts<'a>(&'a [u8]);

impl<'a> Texts<'a> {
    /// The texts of these bytes; `None` where the last one has no end.
    pub fn new(bytes: &'a [u8]) -> Option<Texts<'a>> {
        matches!(bytes, [] | [.., 0]).then_some(Texts(bytes))
    }
}

impl<'a> Iterator for Texts<'a> {
    type Item = &'a CStr;

    fn next(&mut self) -> Option<&'a CStr> {
        let end = memchr::memchr(0, self.0)?;
        let (text, rest) = self.0.split_at(end + 1);
        self.0 = rest;
        // SAFETY: its first NUL is its last byte. std's own way looks at each byte twice.
        Some(unsafe { CStr::from_bytes_with_nul_unchecked(text) })
    }
}

/// What a script is started with.
pub struct Launch<'a> {
    /// The program's path.
    pub program: &'a CStr,
    /// The folder that it works in.
    pub folder: &'a CStr,
    /// How many of the texts are its arguments, the first of which names it.
    pub argument_count: usize,
    /// Its arguments, and behind them its environment, `NAME=VALUE` each.
    pub texts: Texts<'a>,
    /// Standard input; `None` is that of this process.
    pub input: Option<BorrowedFd<'a>>,
    /// Standard output.
    pub output: BorrowedFd<'a>,
    /// Standard error.
    pub errors: BorrowedFd<'a>,
}

/// Starts programs, each as the leader of a process group.
pub struct Launcher {
    /// What a new process runs on until it is another program. 16-byte units, as stacks are
    /// aligned.
    stack: Box<[u128]>,
    /// What the programs get, if it is not what this process has.
    limit: Option<DescriptorLimit>,
}

/// Length of that stack: a handful of calls that use next to nothing.
const STACK_LEN: usize = 64 * 1024;

/// More texts than most programs are started with.
const USUAL_COUNT: usize = 64;

/// What the new process reads, in memory that it shares until it is another program.
struct Plan {
    program: *const c_char,
    folder: *const c_char,
    arguments: *const *const c_char,
    environment: *const *const c_char,
    input: RawFd,
    output: RawFd,
    errors: RawFd,
    limit: Option<DescriptorLimit>,
    no_signals: libc::sigset_t,
    /// What went wrong, written by the new process.
    errno: libc::c_int,
}

impl Launcher {
    /// A launcher whose programs get this limit, in a process that keeps the one that it has.
    pub fn new(limit: DescriptorLimit) -> Launcher {
        let has_it = DescriptorLimit::current().is_ok_and(|current| current == limit);
        let limit = (!has_it).then_some(limit);
        Launcher { stack: vec![0; STACK_LEN / 16].into_boxed_slice(), limit }
    }

    /// Starts a program. This process stands still until that one runs, or has failed to.
    ///
    /// All descriptors of this process but 0, 1 and 2 must be closed on exec.
    pub fn launch(&mut self, launch: &Launch<'_>) -> io::Result<Pid> {
        let (pointers, environment_at) = pointers(launch.texts, launch.argument_count);
        if environment_at != launch.argument_count + 1 {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        let mut no_signals = MaybeUninit::<libc::sigset_t>::zeroed();
        // SAFETY: writes the set.
        check(unsafe { libc::sigemptyset(no_signals.as_mut_ptr()) })?;
        let mut plan = Plan {
            program: launch.program.as_ptr(),
            folder: launch.folder.as_ptr(),
            arguments: pointers.as_ptr(),
            environment: pointers[environment_at..].as_ptr(),
            input: launch.input.map_or(-1, |fd| fd.as_raw_fd()),
            output: launch.output.as_raw_fd(),
            errors: launch.errors.as_raw_fd(),
            limit: self.limit,
            // SAFETY: it was zeroed, and then written.
            no_signals: unsafe { no_signals.assume_init() },
            errno: 0,
        };
        // SAFETY: one past the end of the stack, which grows down.
        let top = unsafe { self.stack.as_mut_ptr().add(self.stack.len()) };
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        // SAFETY: `CLONE_VFORK` suspends this process until the new one has left this memory, so
        // that the plan, what it points to and the stack outlive its use of them, and nothing
        // else uses them meanwhile. All signals are blocked: no handler runs in either.
        let pid = check(unsafe {
            libc::clone(run_program, top.cast(), flags, (&raw mut plan).cast::<c_void>())
        })?;
        // SAFETY: `plan` is a live value; the other process may have written to it.
        let errno = unsafe { (&raw const plan.errno).read_volatile() };
        if errno == 0 {
            return Ok(Pid(pid));
        }
        wait_for(Pid(pid))?;
        Err(io::Error::from_raw_os_error(errno))
    }
}

/// Pointers to the arguments and a null behind them, then the same for the rest, and where that
/// begins.
fn pointers(mut texts: Texts<'_>, argument_count: usize) -> (Vec<*const c_char>, usize) {
    let mut pointers = Vec::with_capacity(USUAL_COUNT);
    pointers.extend(texts.by_ref().take(argument_count).map(CStr::as_ptr));
    pointers.push(std::ptr::null());
    let rest_at = pointers.len();
    pointers.extend(texts.map(CStr::as_ptr));
    pointers.push(std::ptr::null());
    (pointers, rest_at)
}

/// What the new process does: a few calls, and then it is another program.
extern "C" fn run_program(plan: *mut c_void) -> libc::c_int {
    // SAFETY: the plan of `launch`, which waits until this process is done with it.
    let plan = unsafe { &mut *plan.cast::<Plan>() };
    let error = become_program(plan).err();
    plan.errno = error.and_then(|error| error.raw_os_error()).unwrap_or(libc::EIO);
    // SAFETY: ends this process alone, and runs nothing of the other's.
    unsafe { libc::_exit(127) }
}

/// Allocates nothing and touches nothing that the other process uses: calls of the kernel only.
fn become_program(plan: &Plan) -> io::Result<()> {
    // SAFETY: takes no pointers.
    check(unsafe { libc::setpgid(0, 0) })?;
    // SAFETY: takes no pointers. If the process that starts scripts is killed, they go with it.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) })?;
    // SAFETY: the plan's texts are C strings.
    check(unsafe { libc::chdir(plan.folder) })?;
    for (fd, target) in [(plan.input, 0), (plan.output, 1), (plan.errors, 2)] {
        if fd >= 0 {
            // SAFETY: takes no pointers; the descriptors are above 2, so that none is the target
            // of an earlier turn.
            check(unsafe { libc::dup2(fd, target) })?;
        }
    }
    if let Some(DescriptorLimit(limit)) = &plan.limit {
        // SAFETY: setrlimit(2) reads one `rlimit`.
        check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, limit) })?;
    }
    let no_signals = &raw const plan.no_signals;
    // SAFETY: the set is a valid one; the old one is not wanted.
    check(unsafe { libc::sigprocmask(libc::SIG_SETMASK, no_signals, std::ptr::null_mut()) })?;
    // SAFETY: a C string, and two lists of C strings that end with a null.
    check(unsafe { libc::execve(plan.program, plan.arguments, plan.environment) })?;
    Ok(())
}
