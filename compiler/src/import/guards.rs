//! Directives that must not be left out without a trace: without what kept clients out, they would
//! come in; without what answered, the files of the site would be shown in its place.

use super::tree::Node;

/// What takes the place of something that kept clients out.
pub(super) const CLOSED: &str = "deny all;";
/// What takes the place of something that answered.
pub(super) const UNANSWERED: &str = "return 501;";

/// Directives that keep clients out, and those whose names begin so.
const GUARDS: &[&str] = &["deny", "limit_except", "secure_link", "ssl_verify_client"];
const FAMILIES_OF_GUARDS: &[&str] = &["access_by_lua", "auth_", "js_access"];

/// Directives that answer, or say with what.
const HANDLERS: &[&str] =
    &["alias", "api", "js_content", "passenger_enabled", "perl", "root", "rtmp_stat"];
const FAMILIES_OF_HANDLERS: &[&str] = &["content_by_lua", "echo"];
const END_OF_HANDLERS: &str = "_pass";

/// What is to stand in the place of a directive that is left out.
pub(super) fn closing(node: &Node, parent: Option<&str>) -> Option<&'static str> {
    let name = &node.name[..];
    let begins = |families: &[&str]| families.iter().any(|family| name.starts_with(family));
    let value = node.header[node.name.len().min(node.header.len())..].trim();
    if value == "off" {
        return None;
    }
    let is_setting = name.ends_with("_file") && name.starts_with("auth_")
        || matches!(name, "auth_delay" | "auth_request_set" | "auth_http_header");
    let is_guard = (GUARDS.contains(&name) || begins(FAMILIES_OF_GUARDS)) && !is_setting;
    let is_handler =
        HANDLERS.contains(&name) || begins(FAMILIES_OF_HANDLERS) || name.ends_with(END_OF_HANDLERS);
    match parent {
        None | Some("http" | "server" | "location" | "limit_except") if is_guard => Some(CLOSED),
        Some("location" | "if") if is_handler => Some(UNANSWERED),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tree::{Body, Nodes};
    use crate::{directive, names};

    #[test]
    fn all_are_directives_of_nginx() {
        for name in GUARDS.iter().chain(HANDLERS) {
            assert!(directive::find(name).is_some() || names::is_nginx(name), "{name}");
        }
        for family in FAMILIES_OF_GUARDS.iter().chain(FAMILIES_OF_HANDLERS) {
            assert!(names::nginx().any(|name| name.starts_with(family)), "{family}");
        }
    }

    #[test]
    fn what_closes() {
        let closing = |words: &[&str], parent| {
            super::closing(&Nodes::default().made(None, words, Body::None), parent)
        };
        for (words, parent, expected) in [
            (&["auth_jwt", "x"][..], Some("location"), Some(CLOSED)),
            (&["auth_jwt", "off"], Some("location"), None),
            (&["auth_jwt_key_file", "x"], Some("location"), None),
            (&["access_by_lua_block"], Some("server"), Some(CLOSED)),
            (&["content_by_lua_block"], Some("location"), Some(UNANSWERED)),
            (&["redis_pass", "x"], Some("location"), Some(UNANSWERED)),
            (&["redis_pass", "x"], Some("upstream"), None),
            (&["flv"], Some("location"), None),
        ] {
            assert_eq!(closing(words, parent), expected, "{words:?}");
        }
    }
}
