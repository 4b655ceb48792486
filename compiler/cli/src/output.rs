//! What commands print.

use std::io::{self, ErrorKind, IsTerminal, Write};

/// Writes `text` to standard output. Whoever reads it may have seen enough and gone: that is no
/// failure.
pub(crate) fn print(text: &str) -> Result<(), String> {
    print_bytes(text.as_bytes())
}

/// The same for what may not be text.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), String> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("cannot write to standard output: {error}"))
        }
        _ => Ok(()),
    }
}

/// How many characters a line of standard output has, where that is a terminal.
pub(crate) fn width() -> Option<usize> {
    let terminal = io::stdout().is_terminal();
    terminal.then(|| usize::from(console::Term::stdout().size().1))
}
