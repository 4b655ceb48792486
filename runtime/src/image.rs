//! The file that this program was started from. Contents of the binary lie in it as they lie in
//! memory, so large ones can be sent from there by `sendfile`, which copies nothing.
//!
//! Nothing depends on it: where the file is not shown, or does not hold what is in memory, there
//! is no [`Image`], and contents are copied.

use std::fs::{self, File};
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;

/// The file, and what the kernel shows of how it is mapped.
const FILE: &str = "/proc/self/exe";
const MAPPINGS: &str = "/proc/self/maps";
/// So much at either end of the contents is compared with the file.
const COMPARED_LEN: usize = 4096;

/// The program's file, and the part of it that the contents are mapped from.
#[derive(Debug)]
pub struct Image {
    file: File,
    mapping: Mapping,
}

/// A part of a file in memory.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Mapping {
    addresses: Range<usize>,
    /// Where it begins in the file.
    offset: u64,
}

impl Image {
    /// The file of this process, if it is there and `contents`, a part of the program, lie in it.
    pub fn find(contents: &'static [u8]) -> Option<Image> {
        let path = fs::read_link(FILE).ok()?;
        let file = File::open(FILE).ok()?;
        let mappings = fs::read(MAPPINGS).ok()?;
        let mapping = mapping_of(&mappings, path.as_os_str().as_bytes(), contents)?;
        let image = Image { file, mapping };
        image.holds(contents).then_some(image)
    }

    /// The same with another file in the place of the program's.
    #[cfg(test)]
    pub fn with_file(self, file: File) -> Image {
        Image { file, ..self }
    }

    /// Whether both ends of the contents are in the file where they should be.
    fn holds(&self, contents: &[u8]) -> bool {
        let len = contents.len().min(COMPARED_LEN);
        [&contents[..len], &contents[contents.len() - len..]].into_iter().all(|end| {
            let mut found = vec![0; end.len()];
            let offset = self.mapping.offset_of(end);
            offset.is_some_and(|offset| self.file.read_exact_at(&mut found, offset).is_ok())
                && found == end
        })
    }

    /// The file, and where `bytes` are in it, if they are.
    pub fn place(&self, bytes: &[u8]) -> Option<(BorrowedFd<'_>, u64)> {
        Some((self.file.as_fd(), self.mapping.offset_of(bytes)?))
    }
}

impl Mapping {
    /// Reads a line of `/proc/self/maps`: `START-END PERMISSIONS OFFSET DEVICE INODE PATH`, the
    /// addresses and the offset in hex. `None` unless it is of the file at `path`, and not to be
    /// written: what is could differ from the file.
    fn parse(line: &[u8], path: &[u8]) -> Option<Mapping> {
        let front = line.strip_suffix(path)?;
        let mut words = str::from_utf8(front).ok()?.strip_suffix(' ')?.split_ascii_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let is_read_only = words.next()?.starts_with("r-");
        let offset = u64::from_str_radix(words.next()?, 16).ok()?;
        let (_device, _inode) = (words.next()?, words.next()?);
        let address = |text| usize::from_str_radix(text, 16).ok();
        let addresses = address(start)?..address(end)?;
        (is_read_only && words.next().is_none()).then_some(Mapping { addresses, offset })
    }

    /// Where bytes in memory are in the file, if all of them are.
    fn offset_of(&self, bytes: &[u8]) -> Option<u64> {
        let Range { start, end } = bytes.as_ptr_range();
        let Range { start: first, end: last } = self.addresses;
        let is_within = first <= start.addr() && end.addr() <= last;
        is_within.then(|| self.offset.checked_add((start.addr() - first) as u64))?
    }
}

/// The line that all of `contents` are in.
fn mapping_of(mappings: &[u8], path: &[u8], contents: &[u8]) -> Option<Mapping> {
    let lines = mappings.split(|&byte| byte == b'\n');
    let mut mappings = lines.filter_map(|line| Mapping::parse(line, path));
    mappings.find(|mapping| mapping.offset_of(contents).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEN: usize = 3 * COMPARED_LEN;

    /// Contents such as a site has.
    static CONTENTS: [u8; LEN] = {
        let mut contents = [0; LEN];
        let mut at = 0;
        while at < contents.len() {
            contents[at] = (at % 251) as u8;
            at += 1;
        }
        contents
    };

    #[test]
    fn lines_are_read_by_their_columns() {
        let path = b"/srv/a site";
        for (line, expected) in [
            ("1000-3000 r--p 00002000 fe:00 12 /srv/a site", Some((0x1000..0x3000, 0x2000))),
            ("7fff00001000-7fff00002000 r-xp 0 00:27 0      /srv/a site", {
                Some((0x7fff_0000_1000..0x7fff_0000_2000, 0))
            }),
            // Of another file, or of one whose name ends alike.
            ("1000-3000 r--p 00002000 fe:00 12 /srv/other", None),
            ("1000-3000 r--p 00002000 fe:00 12 /other/srv/a site", None),
            ("1000-3000 r--p 00002000 fe:00 12 /srv/a site (deleted)", None),
            ("1000-3000 r--p 00002000 fe:00 12 x /srv/a site", None),
            // What may be written, or not be read.
            ("1000-3000 rw-p 00002000 fe:00 12 /srv/a site", None),
            ("1000-3000 ---p 00002000 fe:00 12 /srv/a site", None),
            // Columns that are missing, or are no numbers.
            ("1000-3000 r--p 00002000 fe:00 /srv/a site", None),
            ("1000-3000 r--p 0000200g fe:00 12 /srv/a site", None),
            ("1000-3000 r--p 12345678123456781 fe:00 12 /srv/a site", None),
            ("1000 r--p 00002000 fe:00 12 /srv/a site", None),
            ("-3000 r--p 00002000 fe:00 12 /srv/a site", None),
            ("1000-\u{fc} r--p 00002000 fe:00 12 /srv/a site", None),
            ("/srv/a site", None),
            (" /srv/a site", None),
            ("", None),
        ] {
            let expected = expected.map(|(addresses, offset)| Mapping { addresses, offset });
            assert_eq!(Mapping::parse(line.as_bytes(), path), expected, "{line}");
        }
        assert_eq!(Mapping::parse(b"1-2 r--p 0 0:0 \xff /a", b"/a"), None);
    }

    #[test]
    fn bytes_are_in_a_mapping_wholly_or_not_at_all() {
        let start = CONTENTS.as_ptr().addr();
        let mapping = Mapping { addresses: start + 10..start + 20, offset: 0x1000 };
        for (range, expected) in [
            (10..20, Some(0x1000)),
            (13..14, Some(0x1003)),
            (20..20, Some(0x100a)),
            (9..20, None),
            (10..21, None),
            (0..5, None),
            (30..40, None),
        ] {
            assert_eq!(mapping.offset_of(&CONTENTS[range.clone()]), expected, "{range:?}");
        }
        let last = Mapping { offset: u64::MAX, ..mapping };
        assert_eq!(last.offset_of(&CONTENTS[11..12]), None);
    }

    #[test]
    fn the_line_is_found_among_others() {
        let start = CONTENTS.as_ptr().addr();
        let end = start + CONTENTS.len();
        let middle = start + 1;
        let maps = format!(
            "{start:x}-{middle:x} r--p 0 0:0 1 /site\n{start:x}-{end:x} r--p 0 0:0 1 /library\n\
             {start:x}-{end:x} r--p 40 0:0 1 /site\n"
        );
        let found = mapping_of(maps.as_bytes(), b"/site", &CONTENTS);
        assert_eq!(found, Some(Mapping { addresses: start..end, offset: 0x40 }));
        assert_eq!(mapping_of(b"", b"/site", &CONTENTS), None);
    }

    #[test]
    fn this_program_holds_its_contents() {
        let image = Image::find(&CONTENTS).expect("tests run where /proc is");
        let part = &CONTENTS[2..];
        let (_, offset) = image.place(part).expect("it is part of the program");
        let mut found = vec![0; part.len()];
        image.file.read_exact_at(&mut found, offset).unwrap();
        assert!(found == part);
        // What is made at run time is not in the file.
        let copied = CONTENTS.to_vec();
        assert!(image.place(&copied).is_none());
        assert!(Image::find(copied.leak()).is_none());
    }

    #[test]
    fn a_file_that_holds_something_else_is_none() {
        let image = Image::find(&CONTENTS).expect("tests run where /proc is");
        let offset = image.mapping.offset;
        for (offset, expected) in [(offset, true), (offset + 1, false), (u64::MAX / 2, false)] {
            let mapping = Mapping { offset, ..image.mapping.clone() };
            let moved = Image { file: image.file.try_clone().unwrap(), mapping };
            assert_eq!(moved.holds(&CONTENTS), expected, "{offset}");
        }
    }
}
