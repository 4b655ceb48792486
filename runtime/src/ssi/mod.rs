//! Server side includes: commands that stand in comments of a content, `<!--# … -->`, and what is done
//! by them. nginx's module, command by command.
//!
//! A feature, which the conf turns on: a site without includes has no code for them.

mod command;
mod condition;
mod parse;
mod value;

use std::io;

use crate::coding::{Loom, Weave};
use crate::site::{self, Level};
use crate::variables::TIME_FORMAT;

use command::Command;
use parse::{Event, Parser};

/// What stands in the place of a command that is none.
const ERROR_TEXT: &[u8] = b"[an error occurred while processing the directive]";

/// Takes what stands in one content.
pub(crate) fn begin(settings: &'static site::Ssi) -> Box<dyn Weave> {
    Box::new(Ssi {
        settings,
        parser: Parser::new(settings.value_len),
        error_text: ERROR_TEXT.to_vec(),
        time_format: TIME_FORMAT.to_vec(),
        encoding: Encoding::Entity,
        branch: None,
        is_chosen: false,
        shows: true,
        block: None,
    })
}

/// How values are written into a content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Encoding {
    None,
    Url,
    Entity,
}

/// What of an `if` came last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Branch {
    If,
    Else,
}

/// What one content has come to.
struct Ssi {
    settings: &'static site::Ssi,
    parser: Parser,
    error_text: Vec<u8>,
    time_format: Vec<u8>,
    encoding: Encoding,
    /// The `if` that it stands in.
    branch: Option<Branch>,
    /// Whether one of its branches was chosen.
    is_chosen: bool,
    /// Whether what comes is shown.
    shows: bool,
    /// The block that it stands in: its name, and what has come of it.
    block: Option<(Vec<u8>, Vec<u8>)>,
}

impl Weave for Ssi {
    fn weave(&mut self, piece: &[u8], loom: &mut Loom<'_>) -> io::Result<usize> {
        let mut rest = piece;
        while !rest.is_empty() && !loom.stops() {
            let event = self.parser.next(&mut rest);
            if matches!(event, Some(Event::Command(_) | Event::Broken(_))) {
                loom.count();
            }
            match event {
                None => break,
                Some(Event::Text(len)) => {
                    let at = piece.len() - rest.len();
                    self.text(&piece[at - len..at], loom);
                }
                // What looked like the front of a command.
                Some(Event::Front(front)) => self.text(front, loom),
                Some(Event::Command(command)) => self.carry_out(command, loom),
                Some(Event::Broken(reason)) => {
                    loom.report(Level::Error, format_args!("{reason}"));
                    self.fail(loom);
                }
            }
        }
        Ok(piece.len() - rest.len())
    }

    fn finish(&mut self, loom: &mut Loom<'_>) {
        let front = self.parser.finish();
        self.text(front, loom);
    }
}

impl Ssi {
    /// Puts a text where it belongs.
    fn text(&mut self, text: &[u8], loom: &mut Loom<'_>) {
        match &mut self.block {
            Some((_, block)) if block.len() + text.len() <= MOST_BLOCK_LEN => {
                block.extend_from_slice(text);
            }
            Some(_) => {}
            None if self.shows => loom.text(text),
            None => {}
        }
    }

    /// Says in the content that something is wrong.
    fn fail(&mut self, loom: &mut Loom<'_>) {
        if !self.settings.silent_errors {
            loom.text(&self.error_text);
        }
    }

    /// Does what a command says; the text of an error stands in the place of one that is none.
    fn carry_out(&mut self, command: Command, loom: &mut Loom<'_>) {
        if let Err(reason) = self.obey(command, loom) {
            loom.report(Level::Error, format_args!("{reason}"));
            self.fail(loom);
        }
    }
}

/// The longest block; what is beyond that is left out.
const MOST_BLOCK_LEN: usize = 64 * 1024;
