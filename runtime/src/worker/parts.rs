//! Requests within others: they are given places, begin, and tell who waits for them.

use super::Worker;
use super::guest::Guest;
use super::subrequest::Subrequest;
use crate::connection::Source;
use crate::site::Site;
use crate::subrequest::{Begun, Due};

/// How much is done in one turn of what requests within others are due for. Who makes a content and who
/// takes it may go on telling each other for as long as both are fast, so that others wait for their turn.
pub(super) const MOST_DUE: usize = 64;

impl<S: Site> Worker<S> {
    /// Does what requests within others are due for, as far as they have their turn.
    pub(super) fn attend_parts(&mut self) {
        if !S::SUBREQUESTS || self.attends {
            return;
        }
        self.attends = true;
        while let Some(left) = self.due_left.checked_sub(1)
            && let Some(due) = self.cx.subrequests.next()
        {
            self.due_left = left;
            match due {
                Due::Begin(part) => self.begin_part(*part),
                Due::Tell(token) => {
                    self.drive_token(token, |guest, cx| guest.look_again(cx));
                }
                Due::Drop(token) => {
                    self.drive_token(token, |guest, cx| guest.on_unwanted(cx));
                }
            }
        }
        self.attends = false;
    }

    fn begin_part(&mut self, begun: Begun) {
        let mut part = Subrequest::new(begun);
        let index = self.cx.places.take();
        if !part.is_wanted(self.cx.places.client_token(index)) {
            self.cx.places.give_back(index);
            return;
        }
        self.slot(index).guest = Some(Box::new(Guest::Part(part)));
        self.part_count += 1;
        self.drive(index, |guest, cx| guest.on_ready(cx, Source::Client));
    }
}
