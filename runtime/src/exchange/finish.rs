//! What holds of every response: the charset, the fields that the conf adds (`expires`,
//! `add_header`), compression, and what a status may not have.

use crate::http::charset::parameter;
use crate::http::method::Method;
use crate::http::{date, expires, status};
use crate::site::Expires;

use super::world::{Added, Form, Location, World};
use super::{Exchange, Reply, ReplyOf};

impl<F: Form> Exchange<F> {
    /// What holds of every reply.
    pub(super) fn finish<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        reply: ReplyOf<W>,
    ) -> ReplyOf<W> {
        if matches!(self.status, 204 | 205) {
            // What an `error_page` gives this status to has fields of a content.
            for name in ["Content-Type", "Content-Length", "Last-Modified"] {
                self.fields.remove(name);
            }
        }
        if self.status == 205 {
            // No rule of framing says that it ends with its head (RFC 9110, 15.3.6).
            self.fields.set_content_len(0);
        }
        // Only now: an `error_page` may have given another status in its place.
        if let (405, Some(location)) = (self.status, self.refused_at)
            && self.fields.get("Allow").is_none()
        {
            self.fields.add("Allow", &location.allow());
        }
        if matches!(reply, Reply::Response(_) | Reply::Content(_)) {
            self.say_charset(world);
            self.add_fields(world);
        }
        let reply = self.compress(world, reply);
        let is_head = self.head.method == Some(Method::Head);
        match reply {
            Reply::Response(body) if is_head || status::has_no_content(self.status) => {
                Reply::Response(world.without_content(body))
            }
            reply => reply,
        }
    }

    /// Says in which charset the content is, where `charset` says so and the response does not.
    /// Into the types of files and of texts of the conf, the compiler has put it.
    fn say_charset<W: World<Form = F>>(&mut self, world: &W) {
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

    /// Adds to the fields what goes with the status that the response has at last.
    fn add_fields<W: World<Form = F>>(&mut self, world: &mut W) {
        let Some(route) = self.route else { return };
        let is_usual = status::takes_added_fields(self.status);
        for added in (0..).map_while(|index| route.location.added(is_usual, index)) {
            match added {
                Added::Lines(lines) => self.fields.append(lines),
                Added::Field { name, value: text, sole } => {
                    let mut value = Vec::new();
                    world.write(self, text, &mut value);
                    if sole {
                        self.fields.remove(&name);
                    }
                    if !value.is_empty() {
                        self.fields.add(&name, &value);
                    }
                }
                Added::Expires(expires) => self.add_expiry(world, expires),
                Added::ComputedExpires(text, modified) => {
                    let mut value = Vec::new();
                    world.write(self, text, &mut value);
                    // As in nginx, what says nothing adds nothing.
                    if let Some(expires) = expires::parse(&value, modified) {
                        self.add_expiry(world, expires);
                    }
                }
            }
        }
    }

    /// Says for how long the response may be kept, in the place of what it says itself.
    fn add_expiry<W: World<Form = F>>(&mut self, world: &mut W, expires: Expires) {
        let modified_s = self.fields.get("Last-Modified").and_then(date::parse);
        self.fields.remove("Expires");
        self.fields.remove("Cache-Control");
        world.write_expiry(expires, modified_s, &mut self.fields);
    }
}
