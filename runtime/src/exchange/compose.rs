//! Whether others go into a content on its way (`add_before_body`, `ssi`), and what its fields say then.

use crate::http::method::Method;
use crate::http::status;
use crate::media::without_parameters;

use super::world::{Form, Location, World};
use super::{Exchange, Reply, ReplyOf};

/// What goes into a content.
#[derive(Clone, Copy, Default)]
pub(super) struct Composition {
    /// Whether others are put before or after it.
    around: bool,
    /// Whether it says itself of others.
    woven: bool,
}

impl<F: Form> Exchange<F> {
    /// Whether others are put before or after the content.
    pub fn is_surrounded(&self) -> bool {
        self.composed.around
    }

    /// Whether the content says itself of others that go into it.
    pub fn is_woven(&self) -> bool {
        self.composed.woven
    }

    /// Whether the answer is the server's own, of a status of 300 and above, or was led on from such.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Finds out what goes into a content.
    pub(super) fn look_at_content(&mut self) {
        self.composed = Composition::default();
        let Some(route) = self.route else { return };
        let location = route.location;
        if !location.is_composed() {
            return;
        }
        // As in nginx, what is for all types is for what has none, too.
        let media_type = self.fields.get("Content-Type").map_or(&b""[..], without_parameters);
        let is_within = self.is_within();
        self.composed = Composition {
            // As in nginx, nothing is put around what goes into another content.
            around: self.status == 200 && !is_within && location.adds_to(media_type),
            woven: location.weaves(media_type) && self.fields.content_len() != Some(0),
        };
    }

    /// Has others go into the content of a reply, where that is wanted, and says so in the fields.
    pub(super) fn compose<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        reply: ReplyOf<W>,
    ) -> ReplyOf<W> {
        let Some(route) = self.route else { return reply };
        if !matches!(reply, Reply::Response(_) | Reply::Content(_)) {
            return reply;
        }
        self.look_at_content();
        let Composition { around, woven } = self.composed;
        if !around && !woven {
            return reply;
        }
        let is_empty =
            self.head.method == Some(Method::Head) || status::has_no_content(self.status);
        self.say_other_form(None);
        if woven && !route.location.keeps_modified() {
            self.fields.remove("Last-Modified");
            self.fields.remove("ETag");
        }
        match reply {
            // Of a HEAD there is nothing to put others into.
            Reply::Response(body) if is_empty => Reply::Response(body),
            Reply::Response(body) => Reply::Response(world.compose(self, body)),
            _ => {
                world.can_compose(self);
                Reply::Content(None)
            }
        }
    }
}
