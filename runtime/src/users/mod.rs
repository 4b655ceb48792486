//! Files of users and their passwords, as `htpasswd` writes them: a line for each user.
//!
//! What is pure stands here and in [`form`]; the compiler asks it too. [`file`] reads a file again
//! when it changes, and [`desk`] checks passwords that take long beside the workers.

pub(crate) mod desk;
pub(crate) mod file;
mod form;
#[cfg(feature = "passwords")]
mod hash;

use std::collections::HashMap;
use std::fmt;

pub use form::{MAX_PASSWORD_LEN, Stored};

/// The longest file of users that is read, in bytes: some ten thousand users.
pub const MAX_FILE_LEN: usize = 1 << 20;
/// The most users of a file.
const MAX_USERS: usize = 20_000;
/// What one of them needs beside the file's text, in bytes.
const USER_LEN: usize = 256;
/// What a file may need, in bytes: its text, and its users beside those of before.
pub(crate) const FILE_LEN: usize = MAX_FILE_LEN + 2 * (MAX_FILE_LEN + MAX_USERS * USER_LEN);

impl Stored {
    /// Whether this is the password.
    #[cfg(feature = "passwords")]
    pub fn matches(&self, password: &[u8]) -> bool {
        password.len() <= MAX_PASSWORD_LEN && hash::matches(self, password)
    }

    /// A site without users asks for no password.
    #[cfg(not(feature = "passwords"))]
    pub fn matches(&self, _: &[u8]) -> bool {
        false
    }
}

/// The users of a file.
#[derive(Default, Debug)]
pub struct Users(HashMap<Box<[u8]>, Stored>);

/// A line that says nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Its number, from 1 on.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl Users {
    /// Reads the text of a file. The first line of a user holds, as in nginx; what stands after a
    /// second colon is a comment.
    pub fn parse(text: &[u8]) -> Result<Users, Fault> {
        let mut users = HashMap::new();
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() || line[0] == b'#' {
                continue;
            }
            let fault = |reason| Fault { line: index + 1, reason };
            let mut parts = line.split(|&byte| byte == b':');
            let user = parts.next().unwrap_or_default();
            let stored = parts.next().ok_or(fault("there is no `:` after the user"))?;
            if user.is_empty() {
                return Err(fault("there is no user before the `:`"));
            }
            let stored = Stored::parse(stored).map_err(fault)?;
            users.entry(user.into()).or_insert(stored);
            if users.len() > MAX_USERS {
                return Err(fault("there are more than 20,000 users"));
            }
        }
        Ok(Users(users))
    }

    /// What is stored of a user's password.
    pub fn find(&self, user: &[u8]) -> Option<&Stored> {
        self.0.get(user)
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is stored of all passwords.
    pub fn stored(&self) -> impl Iterator<Item = &Stored> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        for (text, user, password) in [
            ("a:{PLAIN}b", "a", "b"),
            ("# c\n\na:{PLAIN}b:a comment\n", "a", "b"),
            ("a:{PLAIN}b\r\nc:{PLAIN}d\r\n", "c", "d"),
            ("a:{PLAIN}b\na:{PLAIN}c\n", "a", "b"),
            ("a b:{PLAIN}c d", "a b", "c d"),
            ("a:{PLAIN}", "a", ""),
        ] {
            let users = Users::parse(text.as_bytes()).expect("it is well formed");
            let stored = users.find(user.as_bytes()).expect("the user is known");
            assert!(stored.matches(password.as_bytes()), "{text:?}");
            assert!(!stored.matches(b"other"), "{text:?}");
            assert!(users.find(b"nobody").is_none());
        }
        for (text, line) in [
            ("a", 1),
            ("\n#\na", 3),
            (":{PLAIN}b", 1),
            ("a:", 1),
            ("a:plain", 1),
            ("a:{PLAIN}b\nb:rqXexS6ZhobKA", 2),
            ("a:{MD5}x", 1),
            ("a:$2y$99$", 1),
        ] {
            let fault = Users::parse(text.as_bytes()).expect_err(text);
            assert_eq!(fault.line, line, "{text:?}: {fault}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text: Vec<u8>, password: Vec<u8>) {
            if let Ok(users) = Users::parse(&text) {
                users.stored().filter(|stored| !stored.is_slow()).for_each(|stored| {
                    stored.matches(&password);
                });
            }
        }
    }
}
