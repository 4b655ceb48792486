//! A script as who makes a response.

use std::os::fd::{AsRawFd, BorrowedFd};

use super::running::Running;
use super::stderr::ERRORS_LEVEL;
use crate::backend::{Backend, Event, Front, Heard, Received, Report, RequestId};
use crate::connection::Interests;
use crate::escape::Escaped;
use crate::exchange::Refusal;
use crate::poll_set::Interest;

/// How long the front of a response is held back for what follows at once: most scripts write and
/// end, and one write to the client costs half of two. On a busy machine, a script may not get to
/// its end much faster.
const HOLD_MS: u64 = 10;
/// How long a response whose script has closed its output is held open until it is known whether
/// a signal has ended the script. One that goes on has closed its output on purpose.
const AWAIT_END_MS: u64 = 100;

impl Backend for Running {
    fn watch(&self, reads: bool, interests: &mut Interests) {
        let pipe = |fd: BorrowedFd<'_>, interest| (fd.as_raw_fd(), interest);
        interests.input = self.input_fd().map(|fd| pipe(fd, Interest::Write));
        interests.output = self.output_fd().filter(|_| reads).map(|fd| pipe(fd, Interest::Read));
        interests.errors = self.errors_fd().map(|fd| pipe(fd, Interest::Read));
    }

    fn move_to(&mut self, token: u64) {
        Running::move_to(self, token);
    }

    fn most_held(&self) -> usize {
        // Its pipe holds more.
        0
    }

    fn hold_ms(&self) -> u64 {
        HOLD_MS
    }

    fn leaves_half_closed(&self) -> bool {
        false
    }

    fn takes_content(&self) -> bool {
        self.takes_input()
    }

    fn feed(&mut self, content: &[u8]) {
        Running::feed(self, content);
    }

    fn end_content(&mut self) {
        self.end_input();
    }

    fn write(&mut self) {
        self.write_input();
    }

    fn read(&mut self, scratch: &mut [u8]) -> Result<Received, Refusal> {
        self.read_output(scratch).map_err(|bad_output| {
            let told = self.told().and_then(|event| self.refusal(&event));
            told.unwrap_or_else(|| self.bad_output(bad_output))
        })
    }

    fn take_front(&mut self) -> Front {
        Front { content: Running::take_front(self), ..Front::default() }
    }

    fn report(&mut self, scratch: &mut [u8], report: Report<'_>) {
        self.read_errors(scratch, &mut |line| says(line, report));
    }

    fn timeout_ms(&self) -> u64 {
        Running::timeout_ms(self)
    }

    fn time_out(&mut self) -> Option<Refusal> {
        Some(self.timed_out())
    }

    fn is_gone(&self) -> bool {
        Running::is_gone(self)
    }

    fn awaits_end_ms(&self) -> Option<u64> {
        self.awaits_end().then_some(AWAIT_END_MS)
    }

    fn stop_awaiting_end(&mut self) {
        Running::stop_awaiting_end(self);
    }

    fn hear(&mut self, id: RequestId, event: &Event) -> Result<Heard, Refusal> {
        if self.id() != id {
            return Ok(Heard::Other);
        }
        if let Some(refusal) = self.refusal(event) {
            return Err(refusal);
        }
        let Event::Ended(ended, _) = event else { return Ok(Heard::Started) };
        self.set_gone(*ended);
        Ok(Heard::Ended)
    }

    fn cut_words(&self) -> &'static str {
        "script has written less than its Content-Length"
    }

    fn release(self: Box<Self>, scratch: &mut [u8], report: Report<'_>) {
        Running::release(*self, scratch, &mut |line| says(line, report));
    }

    fn abandon(self: Box<Self>, scratch: &mut [u8], report: Report<'_>) {
        Running::abandon(*self, scratch, &mut |line| says(line, report));
    }
}

/// A line that a script has written to standard error.
fn says(line: &[u8], report: Report<'_>) {
    report(ERRORS_LEVEL, format_args!("script says: {}", Escaped(line)));
}
