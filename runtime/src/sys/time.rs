//! The machine's local time.

use std::ffi::CString;
use std::mem::MaybeUninit;

/// A time of the day in the machine's zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalTime {
    /// The year, four digits.
    pub year: i32,
    /// 0 is January.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60.
    pub second: u8,
    /// Seconds that the zone is ahead of UTC.
    pub offset_s: i32,
}

/// The local time of `unix_s`, seconds since 1970. One that has no year leaves all at zero.
pub fn local_time(unix_s: i64) -> LocalTime {
    // A `time_t`, whose name the libc crate warns of where it is to become longer.
    let seconds = unix_s as _;
    // SAFETY: all-zero bytes are a valid `tm`: numbers, and a pointer that is not followed.
    let mut parts: libc::tm = unsafe { MaybeUninit::zeroed().assume_init() };
    // SAFETY: both pointers are to live values of this frame; localtime_r(3) writes only `parts`.
    unsafe { libc::localtime_r(&raw const seconds, &raw mut parts) };
    LocalTime {
        year: parts.tm_year + 1900,
        month: parts.tm_mon as u8,
        day: parts.tm_mday as u8,
        hour: parts.tm_hour as u8,
        minute: parts.tm_min as u8,
        second: parts.tm_sec as u8,
        offset_s: parts.tm_gmtoff as i32,
    }
}

/// The longest time that is written, in bytes.
const WRITTEN_LEN: usize = 2048;

/// Appends `unix_s`, seconds since 1970, in a form of strftime(3): in the machine's zone or in UTC. What
/// would be too long is left out.
pub fn write_time(unix_s: i64, is_utc: bool, format: &[u8], out: &mut Vec<u8>) {
    let Ok(format) = CString::new(format) else { return };
    let seconds = unix_s as _;
    // SAFETY: all-zero bytes are a valid `tm`: numbers, and a pointer that is not followed.
    let mut parts: libc::tm = unsafe { MaybeUninit::zeroed().assume_init() };
    let split = if is_utc { libc::gmtime_r } else { libc::localtime_r };
    // SAFETY: both pointers are to live values of this frame; both functions write only `parts`.
    unsafe { split(&raw const seconds, &raw mut parts) };
    let mut written = [0u8; WRITTEN_LEN];
    // SAFETY: the buffer is as long as is said, the format ends with a zero byte, and `parts` is whole.
    let len = unsafe {
        libc::strftime(written.as_mut_ptr().cast(), WRITTEN_LEN, format.as_ptr(), &raw const parts)
    };
    out.extend_from_slice(&written[..len]);
}
