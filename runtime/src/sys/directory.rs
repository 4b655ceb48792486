//! Reading directories that are open.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::check_len;

/// Where a record of `getdents64(2)` says how long it is: behind two numbers of 64 bits.
const LEN_AT: usize = 16;
/// Where its name begins: behind that length and a byte for the kind.
const NAME_AT: usize = 19;

/// The names in a directory that was opened for reading, without `.` and `..`, in no order.
/// Reads on where the last call has ended.
pub fn names(directory: BorrowedFd<'_>) -> io::Result<Vec<CString>> {
    let mut names = Vec::new();
    let mut buffer = vec![0u8; 32 * 1024];
    loop {
        // SAFETY: pointer and length describe one exclusive buffer, `directory` is open.
        let len = check_len(unsafe {
            libc::syscall(
                libc::SYS_getdents64,
                directory.as_raw_fd(),
                buffer.as_mut_ptr(),
                buffer.len(),
            )
        } as libc::ssize_t)?;
        if len == 0 {
            return Ok(names);
        }
        let mut records = &buffer[..len];
        while let Some(&[low, high]) = records.get(LEN_AT..LEN_AT + 2) {
            let len = usize::from(u16::from_ne_bytes([low, high]));
            let (record, rest) = records.split_at(len);
            let name = CStr::from_bytes_until_nul(&record[NAME_AT..]).unwrap_or_default();
            if name != c"." && name != c".." {
                names.push(name.to_owned());
            }
            records = rest;
        }
    }
}
