//! Directives of proxying that nothing here needs: what they say is read, and has no effect.

use crate::ast::{Directive, named};
use crate::check::groups::Groups;
use crate::check::reader::Reader;
use crate::value::{size, time_ms};

/// Sizes that nothing is measured by.
const SIZES: [&str; 3] =
    ["proxy_busy_buffers_size", "proxy_max_temp_file_size", "proxy_temp_file_write_size"];

impl Reader<'_> {
    /// Reports what is wrong in such directives.
    pub(super) fn check_needless(&mut self, directives: &[Directive], groups: &Groups) {
        for directive in SIZES.iter().flat_map(|name| named(directives, name)) {
            let len = size(&directive.args[0]).map(drop);
            self.report(len);
        }
        let conditions = ["proxy_cache_bypass", "proxy_no_cache"];
        let conditions = conditions.iter().flat_map(|name| named(directives, name));
        for word in conditions.flat_map(|directive| &directive.args) {
            let value = self.value(word, 0, groups).map(drop);
            self.report(value);
        }
        for word in named(directives, "resolver").flat_map(|directive| &directive.args) {
            if word.option().is_none() {
                let address = self.authority(word).map(drop);
                self.report(address);
            }
        }
        for directive in named(directives, "resolver_timeout") {
            let time = time_ms(&directive.args[0]).map(drop);
            self.report(time);
        }
    }
}
