//! Where a site listens, and by which names.

use super::placeholder::replaced;
use super::scope::Scope;
use crate::import::draft::Draft;
use crate::import::tree::Item;
use crate::source::Span;

/// One address of a site.
pub(super) struct Address {
    name: String,
    port: Option<String>,
    /// `http`, `https`, or nothing.
    scheme: String,
}

impl Address {
    pub(super) fn of(text: &str) -> Address {
        let text = replaced(text).unwrap_or_else(|_| text.to_owned());
        let (scheme, rest) = text.split_once("://").unwrap_or(("", &text));
        let rest = rest.split('/').next().unwrap_or_default();
        let (name, port) = match rest.rsplit_once(':') {
            Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => (name, Some(port)),
            _ => (rest, None),
        };
        let port = port.filter(|port| !port.is_empty()).map(str::to_owned);
        Address { name: name.to_owned(), port, scheme: scheme.to_owned() }
    }

    /// Whether Caddy would speak TLS there.
    fn is_secure(&self) -> bool {
        match &self.scheme[..] {
            "http" => false,
            "https" => true,
            _ => match self.port.as_deref() {
                Some("80") => false,
                Some("443") => true,
                _ => !self.name.is_empty(),
            },
        }
    }
}

/// `listen` and `server_name` of a site.
pub(super) fn lines(
    addresses: &[Address],
    scope: &Scope<'_>,
    span: Span,
    draft: &mut Draft,
) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let has_pair = scope.has_certificate();
    let mut listens: Vec<(String, bool)> = Vec::new();
    for address in addresses {
        let secure = address.is_secure() && has_pair;
        let default = if secure { "443" } else { "80" };
        let port = address.port.clone().unwrap_or_else(|| default.to_owned());
        let port = if port == "443" && !secure { "80".to_owned() } else { port };
        let places = match scope.bound() {
            [] => vec![port.clone(), format!("[::]:{port}")],
            places => places.iter().map(|place| format!("{place}:{port}")).collect(),
        };
        for place in places {
            if !listens.iter().any(|it| it.0 == place) {
                listens.push((place, secure));
            }
        }
    }
    // `header` lines and the like have no place of their own: the site's is this one.
    let first = Span { end: span.start + first_line(draft.texts.at(span)), ..span };
    for (place, secure) in &listens {
        let mut words = vec!["listen", place];
        words.extend(secure.then_some("ssl"));
        items.push(draft.simple(first, &words));
    }
    let names: Vec<&str> =
        addresses.iter().map(|it| &it.name[..]).filter(|name| !name.is_empty()).collect();
    if !names.is_empty() {
        items.push(draft.simple(first, &[&["server_name"], &names[..]].concat()));
    }
    if addresses.iter().any(Address::is_secure) && !has_pair {
        let why =
            "Caddy fetches a certificate and speaks HTTPS by itself: here it is HTTP on port 80";
        let help = "`listen 443 ssl` with `ssl_certificate` speaks TLS; `acme_certificate` and `--acme` fetch \
                    a certificate";
        items.push(draft.lost(first, "site", why, help));
    }
    items
}

/// The server that leads to HTTPS, beside one that speaks it.
pub(super) fn leading(addresses: &[Address], scope: &Scope<'_>, draft: &mut Draft) -> Option<Item> {
    let secure = addresses.iter().filter(|it| it.is_secure() && it.port.is_none());
    let names: Vec<&str> = secure.map(|it| &it.name[..]).collect();
    if names.is_empty() || !scope.has_certificate() {
        return None;
    }
    let lines = vec![
        draft.added(&["listen", "80"]),
        draft.added(&["listen", "[::]:80"]),
        draft.added(&[&["server_name"], &names[..]].concat()),
        draft.added(&["return", "308", "https://$host$request_uri"]),
    ];
    Some(draft.around(&["server"], lines))
}

fn first_line(text: &str) -> u32 {
    text.find('{').map_or(text.len(), |at| text[..at].trim_end().len()) as u32
}
