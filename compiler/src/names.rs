//! Names of directives that are not rows of the table, and what to say about each.

mod charsets;
mod foreign;
mod nginx;
mod off;
mod process;
mod stock;

use std::collections::BTreeMap;
use std::sync::LazyLock;

pub(crate) use charsets::StockMap;
pub(crate) use off::holds_anyway;
pub(crate) use stock::{Stock, stock};

/// Directives of nginx that belong together.
pub(crate) struct Group {
    /// What they are for.
    pub(crate) about: &'static str,
    /// What to do instead, or why nothing needs to be done.
    pub(crate) instead: &'static str,
    /// Their names, separated by blanks.
    names: &'static str,
}

/// What is known of a name that is no row of the table.
#[derive(Clone, Copy)]
pub(crate) enum Known {
    /// nginx has it, sitec has not.
    Nginx(&'static Group),
    /// nginx has it, and a site needs nothing of the kind: it has no effect.
    Process(&'static Group),
    /// Others have it. Ours is called so, and takes the same parameters or not.
    Foreign(&'static str, bool),
}

static KNOWN: LazyLock<BTreeMap<&str, Known>> = LazyLock::new(|| {
    let mut known = BTreeMap::new();
    for alias in foreign::ALIASES {
        let names = alias.names.split_ascii_whitespace();
        known.extend(names.map(|name| (name, Known::Foreign(alias.ours, alias.same))));
    }
    for group in nginx::GROUPS {
        known.extend(group.names.split_ascii_whitespace().map(|name| (name, Known::Nginx(group))));
    }
    for group in process::GROUPS {
        let names = group.names.split_ascii_whitespace();
        known.extend(names.map(|name| (name, Known::Process(group))));
    }
    known
});

/// What is known of `name`. Look it up in the directive table first: what sitec has is ours.
pub(crate) fn lookup(name: &str) -> Option<Known> {
    let as_written = KNOWN.get(name);
    as_written
        .or_else(|| KNOWN.get(&*name.to_lowercase()).filter(|known| is_of_others(known)))
        .copied()
}

/// Whether nginx has a directive of this name that is not in the directive table.
pub(crate) fn is_nginx(name: &str) -> bool {
    KNOWN.get(name).is_some_and(|known| !is_of_others(known))
}

/// Whether others have a directive of this name, and nginx has not.
pub(crate) fn is_foreign(name: &str) -> bool {
    lookup(name).is_some_and(|known| is_of_others(&known))
}

/// Every name of others.
pub(crate) fn foreign() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().filter(|(_, known)| is_of_others(known)).map(|(name, _)| *name)
}

/// Every name of nginx that is not in the directive table.
pub(crate) fn nginx() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().filter(|(_, known)| !is_of_others(known)).map(|(name, _)| *name)
}

fn is_of_others(known: &Known) -> bool {
    matches!(known, Known::Foreign(..))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directive;

    #[test]
    fn all_of_nginx_is_known() {
        let ours = directive::all().filter(|row| !is_nginx(row.name)).count();
        assert!(nginx().count() + ours > 900, "{}", nginx().count());
        for name in ["proxy_store", "pagespeed", "ssl_engine", "fastcgi_store", "redis_pass"] {
            assert!(matches!(lookup(name), Some(Known::Nginx(_))), "{name}");
        }
        for name in ["daemon", "types_hash_max_size", "client_body_temp_path", "aio", "http3"] {
            assert!(matches!(lookup(name), Some(Known::Process(_))), "{name}");
        }
        assert!(lookup("lisen").is_none() && lookup("Proxy_Cache").is_none());
    }

    #[test]
    fn names_of_others_are_never_ours() {
        for alias in foreign::ALIASES {
            for name in alias.names.split_ascii_whitespace() {
                assert!(directive::find(name).is_none(), "`{name}` is a row of the table");
                assert_eq!(name, name.to_lowercase());
                let known = lookup(name);
                assert!(
                    matches!(known, Some(Known::Foreign(ours, _)) if ours == alias.ours),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn case_matters_in_our_names_only() {
        assert!(matches!(lookup("DocumentRoot"), Some(Known::Foreign("root", true))));
        assert!(matches!(lookup("allowed_methods"), Some(Known::Foreign("methods", true))));
    }
}
