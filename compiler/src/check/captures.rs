//! Which regexes must be run a second time for their captures.
//!
//! As in nginx, `$1` stands for a group of the regex that matched last, and a named group keeps
//! what the last regex with such a group has given it: through internal redirects, and where a
//! regex without it has matched since.

use super::draft::{Draft, Server};
use super::groups::Usage;
use crate::ir;

impl Draft<'_> {
    /// Settles for every regex whether its captures are used.
    pub(super) fn mark_captures(&mut self) {
        let formats = self.reader.tables.formats.items();
        let of_settings: Vec<_> = self
            .reader
            .tables
            .settings
            .items()
            .iter()
            .map(|settings| {
                let mut usage = Usage::default();
                settings.each_value(formats, &mut |_, value| usage.add(value));
                usage
            })
            .collect();
        // What steps leave behind may be looked at anywhere.
        let mut anywhere = of_settings.iter().fold(Usage::default(), |mut all, usage| {
            all.merge(usage.clone());
            all
        });
        let mut of_maps = Usage::default();
        for map in &self.reader.maps {
            map.all_values().for_each(|value| of_maps.add(value));
        }
        // So may a zone be counted by.
        self.reader.zones.iter().for_each(|zone| of_maps.add(&zone.key));
        self.reader.upstreams.iter().flat_map(|it| it.values()).for_each(|key| of_maps.add(key));
        anywhere.merge(of_maps.clone());
        for Server { locations, earlier_captures, resolved, .. } in &mut self.servers {
            earlier_captures.merge(of_maps.clone());
            for op in &resolved.ops {
                op.each_value(&mut |_, value| earlier_captures.add(value));
            }
            let usages: Vec<_> = locations
                .clone()
                .filter_map(|index| {
                    let location = self.locations[index].as_ref()?;
                    let mut usage = of_settings[location.settings].clone();
                    location.each_value(&mut |_, value| usage.add(value));
                    Some((index, usage))
                })
                .collect();
            for (index, usage) in &usages {
                earlier_captures.merge(usage.without(&self.regexes[*index]));
            }
            anywhere.merge(earlier_captures.clone());
            for (index, usage) in &usages {
                anywhere.merge(usage.clone());
                let Some(location) = &mut self.locations[*index] else { continue };
                let regexes = &self.regexes[*index][..];
                let used = (0..regexes.len()).filter(|&at| {
                    earlier_captures.needs(&regexes[at])
                        || usage.without(&regexes[at + 1..]).needs(&regexes[at])
                });
                location.patterns = used.map(|at| regexes[at].pattern.clone()).collect();
            }
        }
        let locations = self.locations.iter_mut().flatten();
        let (of_locations, of_proxies): (Vec<_>, Vec<_>) =
            locations.map(|it| (&mut it.ops, it.action.proxy_mut())).unzip();
        let of_locations = of_locations.into_iter().flatten();
        let of_proxies = of_proxies.into_iter().flatten().flat_map(ir::Proxy::regexes_mut);
        let of_servers = self.servers.iter_mut().flat_map(|it| &mut it.resolved.ops);
        let of_maps = self.reader.maps.iter_mut().flat_map(ir::Map::regexes_mut);
        let of_steps = of_locations.chain(of_servers).filter_map(ir::Op::regex_mut);
        for regex in of_steps.chain(of_proxies).chain(of_maps) {
            let mut asked =
                self.reader.step_regexes.iter().filter(|it| it.pattern == regex.pattern);
            regex.captures_used = asked.any(|asked| anywhere.needs(asked));
        }
    }
}
