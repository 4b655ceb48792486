//! The compressed form of an embedded file that a request gets.

use std::path::Path;

use sitec_runtime::http::accept::{Coding, Weights};

use super::world::Handling;
use crate::assets::compress;

impl Handling<'_, '_, '_> {
    /// Tells of the forms of a file that is sent, where it has any. Which of two is the smaller is
    /// only known once they are made.
    pub(super) fn tell_form(&mut self, file: &Path) {
        let site = self.world.site();
        let Some(pack) = self.settings().pack.map(|pack| &site.packs[pack]) else { return };
        if pack.codings.is_empty() || !compress::is_compressible(&self.media_type()) {
            return;
        }
        if !self.world.answers.files.read(file).is_ok_and(|content| compress::gains(&content)) {
            return;
        }
        self.field("Vary", "Accept-Encoding");
        let Some(weights) = Weights::read(self.exchange.head.fields()) else { return };
        let forms = || [None].into_iter().chain(pack.codings.iter().copied().map(Some));
        let most = forms().map(|form: Option<Coding>| weights.of(form)).max();
        let mut wanted =
            forms().filter(|form| weights.of(*form) > 0 && Some(weights.of(*form)) == most);
        match (wanted.next(), wanted.next()) {
            (Some(Some(coding)), None) => self.field("Content-Encoding", coding.name()),
            (Some(_), Some(_)) => {
                self.known_or_not("Content-Encoding", None);
            }
            _ => {}
        }
    }
}
