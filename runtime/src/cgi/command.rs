//! What a script is started with.

/// What the texts of most requests fit in.
const USUAL_LEN: usize = 2048;

/// A program, the folder that it works in, its arguments and its environment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// One behind the other, each ended by a NUL.
    texts: Vec<u8>,
    argument_count: usize,
}

impl Command {
    /// A command without an environment. The first argument names the program. `None` where a NUL
    /// stands in one of the texts.
    pub fn new(program: &[u8], folder: &[u8], arguments: &[&[u8]]) -> Option<Command> {
        let mut texts = Vec::with_capacity(USUAL_LEN);
        for text in [program, folder].into_iter().chain(arguments.iter().copied()) {
            if memchr::memchr(0, text).is_some() {
                return None;
            }
            texts.extend_from_slice(text);
            texts.push(0);
        }
        Some(Command { texts, argument_count: arguments.len() })
    }

    /// Where the environment is appended: `NAME=VALUE` texts, each ended by a NUL.
    pub fn environment(&mut self) -> &mut Vec<u8> {
        &mut self.texts
    }

    /// Program, folder, arguments, environment: each ended by a NUL.
    pub(super) fn texts(&self) -> &[u8] {
        &self.texts
    }

    /// How many of the texts are arguments.
    pub(super) fn argument_count(&self) -> usize {
        self.argument_count
    }

    /// The path of the script, which is the last argument.
    pub(super) fn script(&self) -> &[u8] {
        let mut texts = self.texts.split(|&byte| byte == 0);
        texts.nth(1 + self.argument_count).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_follow_one_another() {
        let command = Command::new(b"/bin/sh", b"/srv", &[b"sh", b"a.sh"]);
        let mut command = command.expect("no NUL");
        command.environment().extend_from_slice(b"A=1\0B=\0");
        assert_eq!(command.texts(), b"/bin/sh\0/srv\0sh\0a.sh\0A=1\0B=\0");
        assert_eq!((command.argument_count(), command.script()), (2, &b"a.sh"[..]));
        assert_eq!(Command::new(b"/bin/s\0h", b"/", &[]), None);
        assert_eq!(Command::new(b"/bin/sh", b"/", &[b"a\0"]), None);
    }
}
