//! What holds of every response: the charset, the fields that the conf adds (`expires`,
//! `add_header`), compression, and what a status may not have.

use crate::http::method::Method;
use crate::http::response::Fields;
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
        // What is asked within a request is sent to nobody, unless it goes into that one's content.
        if self.is_within() {
            return match self.nesting.is_included {
                true => {
                    if world.recodes() {
                        self.choose_charset(world);
                    }
                    let reply = self.substitute(world, reply);
                    let reply = self.recode_text(world, reply);
                    self.look_at_content();
                    reply
                }
                false => reply,
            };
        }
        if matches!(reply, Reply::Response(_) | Reply::Content(_)) {
            self.add_carried();
            self.say_charset(world);
            self.add_fields(world);
        }
        let reply = self.substitute(world, reply);
        let reply = self.recode_text(world, reply);
        let reply = self.compose(world, reply);
        let reply = self.compress(world, reply);
        self.has_trailers = W::TRAILERS && self.expects_trailers(&reply);
        if self.has_trailers {
            // What follows the content has no place where its length ends it.
            self.fields.remove("Content-Length");
        }
        let is_head = self.head.method == Some(Method::Head);
        match reply {
            Reply::Response(body) if is_head || status::has_no_content(self.status) => {
                Reply::Response(world.without_content(body))
            }
            reply => reply,
        }
    }

    /// Adds the fields of an answer that has led here, as nginx does: its type counts, too.
    fn add_carried(&mut self) {
        let Some(carried) = self.carried.take() else { return };
        for (name, value) in carried.iter() {
            let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
            let name = str::from_utf8(name).unwrap_or_default();
            let own = self.fields.get(name);
            if is("Content-Type") {
                let parts = |own: &[u8]| own.starts_with(b"multipart/byteranges;");
                if !matches!(self.status, 200 | 206) || own.is_none_or(parts) {
                    continue;
                }
                self.fields.remove("Content-Type");
            } else if own.is_some() && !is("Set-Cookie") {
                continue;
            }
            self.fields.add(name, value);
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
                    let value = self.value(world, text);
                    if sole && name.eq_ignore_ascii_case("Server") {
                        self.fields.remove_server();
                    } else if sole {
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

    /// Whether fields of the conf are to follow the content: there is one, and the client can take them.
    fn expects_trailers<B, L>(&self, reply: &Reply<B, L>) -> bool {
        let Some(route) = self.route else { return false };
        matches!(reply, Reply::Response(_) | Reply::Content(_))
            && self.head.minor_version > 0
            && self.head.method != Some(Method::Head)
            && !status::has_no_content(self.status)
            && self.status != 205
            && route.location.trailer(status::takes_added_fields(self.status), 0).is_some()
    }

    /// The fields of the conf that follow the content, where it has [some](Self::has_trailers). They may
    /// tell of how that was made.
    pub(crate) fn trailers<W: World<Form = F>>(&self, world: &mut W) -> Fields {
        let mut fields = Fields::default();
        let Some(route) = self.route.filter(|_| self.has_trailers) else { return fields };
        let is_usual = status::takes_added_fields(self.status);
        for added in (0..).map_while(|index| route.location.trailer(is_usual, index)) {
            match added {
                Added::Lines(lines) => fields.append(lines),
                Added::Field { name, value: text, sole: _ } => {
                    let value = self.value(world, text);
                    if !value.is_empty() {
                        fields.add(&name, &value);
                    }
                }
                Added::Expires(_) | Added::ComputedExpires(..) => {}
            }
        }
        fields
    }

    /// Says for how long the response may be kept, in the place of what it says itself.
    fn add_expiry<W: World<Form = F>>(&mut self, world: &mut W, expires: Expires) {
        let modified_s = self.fields.get("Last-Modified").and_then(date::parse);
        self.fields.remove("Expires");
        self.fields.remove("Cache-Control");
        world.write_expiry(expires, modified_s, &mut self.fields);
    }
}
