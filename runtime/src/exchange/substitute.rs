//! Whether texts are replaced in a content on its way (`sub_filter`), and what its fields say then.

use crate::media::without_parameters;

use super::world::{Form, Location, World};
use super::{Exchange, Reply, ReplyOf};

impl<F: Form> Exchange<F> {
    /// Has texts replaced in the content of a reply, where that is wanted, and says so in the fields. What
    /// is coded has no texts, and a part is left as it is.
    pub(super) fn substitute<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        reply: ReplyOf<W>,
    ) -> ReplyOf<W> {
        let Some(route) = self.route else { return reply };
        let Some(substitution) = route.location.substitution() else { return reply };
        if !matches!(reply, Reply::Response(_) | Reply::Content(_)) {
            return reply;
        }
        let Some(media_type) = self.fields.get("Content-Type") else { return reply };
        let is_of_type = route.location.substitutes(without_parameters(media_type));
        let is_coded = self.fields.get("Content-Encoding").is_some();
        let len = self.content_len_said();
        if !is_of_type || is_coded || self.status == 206 || len == Some(0) {
            return reply;
        }
        if !world.can_substitute(self) {
            return reply;
        }
        self.say_other_form(None);
        if !substitution.keeps_modified {
            self.fields.remove("Last-Modified");
            self.fields.remove("ETag");
        }
        match reply {
            Reply::Response(body) => Reply::Response(world.substitute(self, body)),
            _ => Reply::Content(None),
        }
    }
}
