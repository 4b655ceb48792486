//! In which charset a content is sent, and whether it is recoded on its way (`charset`, `source_charset`,
//! `charset_map`), as nginx's charset module decides it.

use std::rc::Rc;

use crate::http::charset::{Recoded, is_same, parameter, without_charset};

use super::world::{Form, Location, Note, World};
use super::{Exchange, Reply, ReplyOf};

impl<F: Form> Exchange<F> {
    /// Says in which charset the content is, where `charset` says so and the response does not.
    /// Into the types of files and of texts of the conf, the compiler has put it, unless the site recodes.
    pub(super) fn say_charset<W: World<Form = F>>(&mut self, world: &mut W) {
        if world.recodes() {
            return self.choose_charset(world);
        }
        let Some(route) = self.route else { return };
        let Some(charset) = route.location.charset() else { return };
        let Some(media_type) = self.fields.get("Content-Type") else { return };
        // What has a type here are the parts.
        if media_type.starts_with(b"multipart/byteranges;") {
            return;
        }
        let takes_it = route.location.takes_charset(media_type);
        let is_redirect = matches!(self.status, 301 | 302);
        if !takes_it && !is_redirect {
            return;
        }
        let mut name = Vec::new();
        world.write(self, charset, &mut name);
        let parameter = parameter(&name);
        if is_redirect {
            // As in nginx, whose authors have met browsers that took it for the next page's.
            if let Some(bare) = media_type.strip_suffix(&parameter[..]) {
                let bare = bare.to_vec();
                self.fields.replace("Content-Type", &bare);
            }
        } else if !name.is_empty() && !self.is_coded {
            let whole = [media_type, &parameter].concat();
            self.fields.replace("Content-Type", &whole);
        }
    }

    /// Says it where contents may be recoded, and finds out whether this one is. What goes into another
    /// content is recoded to the charset of that.
    pub(super) fn choose_charset<W: World<Form = F>>(&mut self, world: &mut W) {
        self.recoded = None;
        let Some(route) = self.route else { return };
        let Some(media_type) = self.fields.get("Content-Type").map(<[u8]>::to_vec) else { return };
        let (bare, own) = without_charset(&media_type);
        if !self.is_within() {
            self.said_charset = own.map(Rc::from);
        }
        // Of several parts, each has a type of its own.
        let has_types = media_type.starts_with(b"multipart/byteranges;");
        if self.is_coded || has_types || media_type.is_empty() {
            return;
        }
        let to: Rc<[u8]> = match (self.is_within(), route.location.charset()) {
            (true, _) => match self.nesting.charset.clone() {
                Some(charset) => charset,
                None => return,
            },
            (false, Some(charset)) => {
                let is_taken = match own {
                    Some(_) => route.location.overrides_charset(),
                    None => route.location.takes_charset(&media_type),
                };
                if !is_taken {
                    return;
                }
                self.value(world, charset).into()
            }
            (false, None) => return,
        };
        let from = match (own, route.location.source_charset()) {
            (Some(own), _) => Some(own.to_vec()),
            (None, Some(source)) => Some(self.value(world, source)),
            (None, None) => None,
        };
        if let Some(from) = from.filter(|from| !is_same(from, &to)) {
            // A part is of what it would be without.
            if self.status == 206 || self.fields.get("Content-Encoding").is_some() {
                return;
            }
            self.recoded = world.charset_map(&from, &to);
            if self.recoded.is_none() {
                world.note(self, Note::NoCharsetMap { from: &from, to: &to });
                return;
            }
        }
        if self.is_within() {
            return;
        }
        let whole = match matches!(self.status, 301 | 302) || to.is_empty() {
            true => bare.to_vec(),
            false => [bare, &parameter(&to)].concat(),
        };
        self.fields.replace("Content-Type", &whole);
        self.said_charset = Some(to);
    }

    /// Has the content of a reply recoded, where that was found to be wanted. As in nginx, its ETag stays.
    pub(super) fn recode_text<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        reply: ReplyOf<W>,
    ) -> ReplyOf<W> {
        let Some(recoded) = self.recoded.filter(|_| world.recodes()) else { return reply };
        if !matches!(reply, Reply::Response(_) | Reply::Content(_)) {
            return reply;
        }
        // What is empty keeps its length, by which a client knows its end.
        if self.content_len_said() == Some(0) {
            return reply;
        }
        self.fields.remove("Content-Length");
        self.fields.remove("Accept-Ranges");
        match reply {
            Reply::Response(body) => Reply::Response(world.recode_text(body, recoded)),
            _ => {
                world.hold_recoder(recoded);
                Reply::Content(None)
            }
        }
    }
}

impl Recoded {
    /// The first of these maps that leads from one charset to the other. A map is its two names.
    pub fn find<'m>(
        maps: impl Iterator<Item = (&'m [u8], &'m [u8])>,
        from: &[u8],
        to: &[u8],
    ) -> Option<Recoded> {
        let mut maps = (0..).zip(maps).filter_map(|(map, (first, second))| {
            let is = |one: &[u8], other: &[u8]| is_same(one, from) && is_same(other, to);
            match (is(first, second), is(second, first)) {
                (true, _) => Some(Recoded { map, is_back: false }),
                (_, true) => Some(Recoded { map, is_back: true }),
                _ => None,
            }
        });
        maps.next()
    }
}
