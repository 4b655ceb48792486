//! Directives of proxying that nothing here needs: what they say is read, and has no effect.

use crate::ast::{Directive, Word, named};
use crate::check::reader::Reader;
use crate::check::upstream::no_parameter;
use crate::value::{Checked, flag, size, time_ms};

/// Sizes that nothing is measured by.
const SIZES: [&str; 4] = [
    "proxy_send_lowat",
    "proxy_busy_buffers_size",
    "proxy_max_temp_file_size",
    "proxy_temp_file_write_size",
];

impl Reader<'_> {
    /// Reports what is wrong in such directives.
    pub(super) fn check_needless(&mut self, directives: &[Directive]) {
        for directive in SIZES.iter().flat_map(|name| named(directives, name)) {
            let len = size(&directive.args[0]).map(drop);
            self.report(len);
        }
        for word in named(directives, "resolver").flat_map(|directive| &directive.args) {
            let result = self.resolver_word(word);
            self.report(result);
        }
        for directive in named(directives, "resolver_timeout") {
            let time = time_ms(&directive.args[0]).map(drop);
            self.report(time);
        }
    }

    /// Reads an address or an option of a `resolver`. The system knows whom to ask: only how often that
    /// is done has an effect.
    fn resolver_word(&mut self, word: &Word) -> Checked<()> {
        let Some((name, value)) = word.option() else { return self.authority(word).map(drop) };
        match name {
            b"valid" => {
                let every_s = time_ms(&value)?.div_ceil(1000).max(1);
                let shortest =
                    self.tables.resolve_every_s.map_or(every_s, |other| other.min(every_s));
                self.tables.resolve_every_s = Some(shortest);
                Ok(())
            }
            b"ipv4" | b"ipv6" => flag(&value).map(drop),
            b"status_zone" => Ok(()),
            _ => {
                let known = ["valid", "ipv4", "ipv6", "status_zone"];
                Err(no_parameter("`resolver`", word, &known))
            }
        }
    }
}
