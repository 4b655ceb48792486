//! `sitec lsp`: the language server that editors start. What it knows of confs comes from
//! `sitec_compiler::editor`; here is the protocol alone.
//!
//! One thread reads messages; the other answers them in their order. Findings are looked for
//! when no message waits, so that whoever types fast does not wait for findings that are old.

mod analysis;
mod convert;
mod documents;
mod frames;
mod server;

use std::io;
use std::process::ExitCode;
use std::sync::mpsc::{self, TryRecvError};
use std::thread;

use clap::Args;

use frames::Incoming;
use server::Server;

/// The most messages that wait to be answered.
const MOST_WAITING: usize = 64;

/// Answer an editor (a language server, over standard input and output)
///
/// Editors start this command by themselves: findings while you type, completion, the reference
/// under the pointer, definitions, renaming, formatting and fixes. docs/editors.md tells how
/// VS Code, Neovim, Helix and Emacs are set up.
#[derive(Args)]
pub(crate) struct Options {
    /// Accepted because some editors pass it: standard input and output are used in any case
    #[arg(long, hide = true)]
    stdio: bool,
}

/// Serves one client until it ends. The exit status is 0 if it said that it would.
pub(crate) fn lsp(_options: &Options) -> Result<ExitCode, String> {
    let (sender, receiver) = mpsc::sync_channel(MOST_WAITING);
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let incoming = frames::read(&mut input);
            let is_last = !matches!(incoming, Ok(Some(_)));
            if sender.send(incoming).is_err() || is_last {
                break;
            }
        }
    });
    let failed = |error: io::Error| format!("the connection to the editor broke: {error}");
    let mut server = Server::new(io::stdout().lock());
    loop {
        let incoming = match receiver.try_recv() {
            Ok(incoming) => incoming,
            Err(TryRecvError::Empty) => {
                server.publish().map_err(failed)?;
                receiver.recv().unwrap_or(Ok(None))
            }
            Err(TryRecvError::Disconnected) => Ok(None),
        };
        let Some(incoming) = incoming.map_err(failed)? else { return Ok(ExitCode::FAILURE) };
        let ended = match incoming {
            Incoming::Message(message) => server.take(message),
            Incoming::Malformed(why) => server.refuse(&why).map(|()| None),
        };
        if let Some(status) = ended.map_err(failed)? {
            return Ok(status);
        }
    }
}
