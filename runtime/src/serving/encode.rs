//! Contents compressed: by a form that is kept, at once where they are short, or while they are sent.

use std::fmt;

use crate::coding::{Encoded, Encoder, Filtered, MAX_ENCODERS, Owner, Replacer, Source};
use crate::exchange::world::Recoding;
use crate::output::FileBody;
use crate::output::{Body, Piece, Produce, Produced, RUN_LEN};
use crate::site::{Effort, Encode, Level, Site, Text};

use super::Exchange;
use super::world::Serving;

impl<S: Site> Serving<'_, S> {
    /// Has a content compressed, or its gzip undone, and says how long it is then, if that is known.
    pub(super) fn recoded(
        &mut self,
        exchange: &mut Exchange,
        body: Body,
        recoding: Recoding,
    ) -> Result<(Body, Option<u64>), Body> {
        let owner = match recoding {
            Recoding::Encode(coding) => self.owner(&body).map(|owner| (owner, coding)),
            Recoding::Gunzip => None,
        };
        if let Some(form) = owner.as_ref().and_then(|(owner, coding)| owner.form(*coding)) {
            let len = form.len();
            exchange.encoded = body.len().map(|taken| (taken, len as u64));
            let piece = Piece::Memory(form, 0..len);
            return Ok((Body::File(FileBody::One(piece)), Some(len as u64)));
        }
        let len = body.len();
        let make = |(owner, coding)| Some((owner, self.cx.forms.make(coding, len?)?));
        let making = owner.and_then(make);
        // A short content that is unpacked may become a long one.
        let at_once = matches!(recoding, Recoding::Encode(_))
            && is_in_memory(&body)
            && len.is_some_and(|len| len <= RUN_LEN as u64);
        let is_kept = making.is_some();
        let Some(encoder) = self.encoder(exchange, recoding, is_kept, (len, at_once)) else {
            return Err(body);
        };
        let source = Source::of(body)?;
        let mut encoded = Encoded::new(source, encoder, making);
        if at_once {
            let mut content = Vec::new();
            if let Ok(Produced::End) = encoded.produce(&mut content, usize::MAX) {
                let len = content.len() as u64;
                exchange.encoded = encoded.lens();
                return Ok((Body::Owned(content), Some(len)));
            }
        }
        Ok((Body::Made(Box::new(encoded)), None))
    }

    /// Whose content it is, where its form may be kept.
    fn owner(&mut self, body: &Body) -> Option<Owner> {
        match (body, self.file.take()) {
            (Body::Static(bytes) | Body::File(FileBody::One(Piece::Static(bytes))), _) => {
                Some(Owner::Site(self.cx.forms.clone(), bytes))
            }
            (Body::File(FileBody::One(piece)), Some(file)) if piece.len() == file.len => {
                Some(Owner::File(file))
            }
            _ => None,
        }
    }

    /// Has texts replaced in a content.
    pub(super) fn substituted(&mut self, body: Body) -> Body {
        let Some(replacer) = self.cx.filter.take() else { return body };
        self.changed(body, replacer)
    }

    /// Has a content changed on its way.
    pub(super) fn changed(&mut self, body: Body, filter: Box<dyn Encode>) -> Body {
        match Source::of(body) {
            Ok(source) => {
                // No form of it is kept: what it says may be this client's.
                self.file = None;
                Body::Made(Box::new(Filtered::new(source, filter)))
            }
            Err(body) => body,
        }
    }

    /// What replaces texts by the location's word; `None`: all of them are empty.
    pub(super) fn replacer(&self, exchange: &Exchange) -> Option<Box<dyn Encode>> {
        // Without such locations in the site, the code is not in the binary.
        let settings = exchange.settings().filter(|_| S::SUBSTITUTES)?;
        let variables = exchange.variables(self.cx, self.client);
        let value = |text: &'static Text| {
            let mut value = Vec::new();
            text.write(&variables, &mut value);
            value
        };
        let pairs = settings.substitution?.pairs.iter();
        let pairs = pairs.map(|(text, by)| (value(text), value(by)));
        let replacer = Replacer::new(pairs, settings.sub_filter_once);
        replacer.has_texts().then(|| Box::new(replacer) as Box<dyn Encode>)
    }

    /// What does that, where it is on. `content`: its length, where that is known, and whether all of
    /// it is taken at once.
    pub(super) fn encoder(
        &mut self,
        exchange: &Exchange,
        recoding: Recoding,
        is_kept: bool,
        content: (Option<u64>, bool),
    ) -> Option<Encoder> {
        let compression = exchange.settings()?.compression?;
        let (begin, level) = match recoding {
            Recoding::Encode(coding) => {
                (compression.coder(coding)?.begin, compression.level(coding))
            }
            Recoding::Gunzip => (compression.gunzip?, 0),
        };
        let effort = if is_kept { Effort::Kept } else { Effort::Level(level) };
        let report = |level, text: fmt::Arguments<'_>| {
            exchange.report(self.cx, self.client, level, text);
        };
        match self.cx.encoders.take(recoding, begin, effort, content) {
            Ok(Some(encoder)) => return Some(encoder),
            Ok(None) => report(
                Level::Notice,
                format_args!(
                    "{MAX_ENCODERS} contents are being compressed: this one is sent as it is"
                ),
            ),
            Err(error) => report(Level::Error, format_args!("cannot compress: {error}")),
        }
        None
    }
}

/// Whether nothing has to be read or made for it.
fn is_in_memory(body: &Body) -> bool {
    match body {
        Body::Static(_) | Body::Owned(_) => true,
        Body::File(FileBody::One(piece)) => piece.in_memory().is_some(),
        Body::Empty | Body::File(_) | Body::Made(_) => false,
    }
}
