//! What the conf adds to the fields of a response: `expires` and `add_header`.

use sitec_runtime::http::charset::{parameter, takes_charset};
use sitec_runtime::http::status;
use sitec_runtime::site::Expires;

use super::Field;
use super::walk::Walk;

impl Walk<'_, '_> {
    /// Says in which charset the content is, where `charset` says so and the response does not.
    pub(super) fn say_charset(&mut self) {
        let Some(charset) = &self.settings().charset else { return };
        let name = self.value(&charset.name);
        let parameter = String::from_utf8_lossy(&parameter(&name)).into_owned();
        let is_redirect = matches!(self.status, 301 | 302);
        let field = self.fields.iter_mut().find(|field| field.name == "Content-Type");
        let Some(value) = field.and_then(|field| field.value.as_mut()) else { return };
        if is_redirect {
            value.truncate(value.strip_suffix(&parameter).unwrap_or(value).len());
        } else if !name.is_empty() && takes_charset(value.as_bytes(), charset.types.as_deref()) {
            value.push_str(&parameter);
        }
    }

    /// Adds what goes with the status that the response has at last; a script's is taken to be
    /// 200.
    pub(super) fn add_fields(&mut self, code: Option<u16>) {
        let settings = self.settings();
        let usual = status::takes_added_fields(code.unwrap_or(200));
        if let Some(expires) = settings.expires.filter(|_| usual) {
            self.fields.retain(|field| {
                !["expires", "cache-control"].contains(&&*field.name.to_ascii_lowercase())
            });
            self.fields.push(Field { name: "Expires".to_owned(), value: None });
            let value = cache_control(expires);
            self.fields.push(Field { name: "Cache-Control".to_owned(), value });
        }
        for added in settings.added_fields.iter().filter(|added| usual || added.always) {
            let value = self.value(&added.value);
            if added.is_sole() {
                self.fields.retain(|field| !field.name.eq_ignore_ascii_case(&added.name));
            }
            if !value.is_empty() {
                self.field(&added.name, String::from_utf8_lossy(&value));
            }
        }
    }
}

/// How long a response may be kept, where that is the same at every time.
fn cache_control(expires: Expires) -> Option<String> {
    match expires {
        Expires::Epoch => Some("no-cache".to_owned()),
        Expires::Max => Some("max-age=315360000".to_owned()),
        Expires::FromNow(..0) => Some("no-cache".to_owned()),
        Expires::FromNow(seconds) => Some(format!("max-age={seconds}")),
        Expires::FromModified(_) | Expires::AtTime(_) => None,
    }
}
