//! What the process takes of the machine.

use std::mem::MaybeUninit;

use super::process;

/// What the process takes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Usage {
    /// The time of CPUs that it has taken.
    pub cpu_ms: u64,
    /// Its memory that is resident, in bytes, where the system tells it.
    pub resident_len: Option<u64>,
    /// The most descriptors that it may have open.
    pub most_descriptors: u64,
}

impl Usage {
    /// What it is now.
    pub fn now() -> Usage {
        Usage {
            cpu_ms: cpu_ms(),
            resident_len: resident_len(),
            most_descriptors: process::descriptor_limit().unwrap_or_default(),
        }
    }
}

fn cpu_ms() -> u64 {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: getrusage(2) writes one `rusage`.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
    // SAFETY: it was zeroed, which is a valid `rusage`, and then written.
    let usage = unsafe { usage.assume_init() };
    let ms = |time: libc::timeval| time.tv_sec as u64 * 1000 + time.tv_usec as u64 / 1000;
    ms(usage.ru_utime) + ms(usage.ru_stime)
}

/// Linux tells it in pages (proc(5), `/proc/pid/statm`).
fn resident_len() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    // SAFETY: takes no pointers.
    let page_len = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    pages.checked_mul(u64::try_from(page_len).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_takes_something() {
        let usage = Usage::now();
        assert!(usage.resident_len.is_none_or(|len| len > 100_000), "{usage:?}");
        assert!(usage.most_descriptors > 10, "{usage:?}");
    }
}
