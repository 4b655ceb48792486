//! What is replaced, until it is certain that it stays so: another name for it meanwhile.

use std::ffi::CString;
use std::io;
use std::os::fd::AsFd;

use super::draft::with_temporary_name;
use super::spot::Spot;
use crate::sys::change;

/// What was at a place, under a name that goes with this value.
#[derive(Debug)]
pub struct Saved {
    spot: Spot,
    name: Option<CString>,
}

impl Saved {
    /// Saves the file that is there. `None` where nothing is, or it cannot have two names: its file
    /// system has no such names, or it is another user's.
    pub fn of(spot: &Spot) -> io::Result<Option<Saved>> {
        let parent = spot.parent.as_fd();
        let link =
            |name: &CString| change::link_entry((parent, spot.name.as_c_str()), (parent, name));
        match with_temporary_name(link) {
            Ok((name, ())) => Ok(Some(Saved { spot: spot.clone(), name: Some(name) })),
            Err(error) if has_no_second_name(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts it back, onto what has replaced it.
    pub fn restore(mut self) -> io::Result<()> {
        let Some(name) = &self.name else { return Ok(()) };
        let parent = self.spot.parent.as_fd();
        change::rename((parent, name), (parent, &self.spot.name))?;
        self.name = None;
        Ok(())
    }
}

impl Drop for Saved {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // What cannot be removed now is swept away at the next start.
            let _ = change::remove_file(self.spot.parent.as_fd(), name);
        }
    }
}

fn has_no_second_name(error: &io::Error) -> bool {
    let errors = [libc::ENOENT, libc::EPERM, libc::EOPNOTSUPP, libc::ENOSYS, libc::EMLINK];
    error.raw_os_error().is_some_and(|error| errors.contains(&error))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::rc::Rc;

    use super::*;
    use crate::samples::Folder;

    #[test]
    fn what_was_replaced_comes_back_or_is_gone() {
        let folder = Folder::new();
        let parent = Rc::new(File::open(&folder.0).expect("a folder"));
        let spot = Spot::new(parent, c"a".to_owned());
        assert!(Saved::of(&spot).expect("looked").is_none());
        let text = || std::fs::read_to_string(folder.0.join("a")).expect("a file");
        let names = || std::fs::read_dir(&folder.0).expect("a folder").count();
        folder.write("a", "old");
        for (restored, expected) in [(true, "old"), (false, "new")] {
            let saved = Saved::of(&spot).expect("saved").expect("a file");
            std::fs::remove_file(folder.0.join("a")).expect("removed");
            folder.write("a", "new");
            assert_eq!(names(), 2);
            match restored {
                true => saved.restore().expect("restored"),
                false => drop(saved),
            }
            assert_eq!((text().as_str(), names()), (expected, 1));
        }
    }
}
