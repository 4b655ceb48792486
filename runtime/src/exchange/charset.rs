//! The charset of responses whose type only they have: pages, listings, scripts. Into the types
//! of files and of texts of the conf, the compiler has put it.

use crate::context::{Client, Context};
use crate::http::charset::{parameter, takes_charset};
use crate::http::response;
use crate::site::Site;

use super::Exchange;

impl Exchange {
    /// Says in which charset the content is, where `charset` says so and the response does not.
    pub(super) fn say_charset<S: Site>(&mut self, cx: &Context<S>, client: &Client) {
        let Some(charset) = self.settings().and_then(|settings| settings.charset) else { return };
        let Some(value) = response::field_range(&self.fields, "Content-Type") else { return };
        let media_type = &self.fields[value.clone()];
        let (takes_it, is_redirect) =
            (takes_charset(media_type, charset.types), matches!(self.status, 301 | 302));
        if !takes_it && !is_redirect {
            return;
        }
        let name = self.value(cx, client, &charset.name);
        let parameter = parameter(&name);
        if is_redirect {
            // As in nginx, whose authors have met browsers that took it for the next page's.
            if media_type.ends_with(&parameter) {
                self.fields.drain(value.end - parameter.len()..value.end);
            }
        } else if !name.is_empty() && !self.is_coded() {
            self.fields.splice(value.end..value.end, parameter);
        }
    }

    /// Whether a script has coded its content, so that its charset is nobody's to say.
    fn is_coded(&self) -> bool {
        response::field_value(&self.fields, "Content-Encoding").is_some()
    }
}
