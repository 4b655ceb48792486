//! What the conf adds to the fields of a response: `expires` and `add_header`.

use crate::context::{Client, Context};
use crate::http::{date, expires, response, status};
use crate::site::{AddedField, Expires, Site};

use super::Exchange;

impl Exchange {
    /// Adds to the fields what goes with the status that the response has at last.
    pub(super) fn add_fields<S: Site>(&mut self, cx: &mut Context<S>, client: &Client) {
        let Some(settings) = self.settings() else { return };
        let added = &settings.added_fields;
        let is_usual = status::takes_added_fields(self.status);
        for field in if is_usual { added.usual } else { added.always } {
            match field {
                AddedField::Lines(lines) => self.fields.extend_from_slice(lines),
                AddedField::Line(name, text) => {
                    let value = self.value(cx, client, text);
                    self.add_field(name, &value);
                }
                AddedField::Sole(name, text) => {
                    let value = self.value(cx, client, text);
                    response::remove_field(&mut self.fields, name);
                    self.add_field(name, &value);
                }
                AddedField::Expires(expires) => self.add_expiry(cx, *expires),
            }
        }
    }

    fn add_field(&mut self, name: &str, value: &[u8]) {
        if !value.is_empty() {
            response::write_field(&mut self.fields, name, value);
        }
    }

    fn add_expiry<S: Site>(&mut self, cx: &mut Context<S>, expires: Expires) {
        let modified_s = match expires {
            Expires::FromModified(_) => {
                response::field_value(&self.fields, "Last-Modified").and_then(date::parse)
            }
            _ => None,
        };
        response::remove_field(&mut self.fields, "Expires");
        response::remove_field(&mut self.fields, "Cache-Control");
        let expiry = expires::expiry(expires, modified_s, cx.now, &cx.local_clock);
        cx.expires.update(expiry.at_s);
        expiry.write(cx.expires.text(), &mut self.fields);
    }
}
