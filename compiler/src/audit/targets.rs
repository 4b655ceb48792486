//! Redirects that lead to a page which is not there.

use sitec_runtime::site::{LocationId, ServerId};

use super::Subject;
use super::asking::Asking;
use crate::answer::{Answer, ServerBy, Step};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Action, Piece, Return, Value, Variable};

/// The most redirects that are followed one after another.
const MOST_HOPS: usize = 20;

/// Reports them.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let asking = Asking::new(subject);
    for id in 0..subject.site.locations.len() as LocationId {
        let Action::Return(Return::Redirect(status, target)) = &subject.location(id).action else {
            continue;
        };
        let server = subject.places.locations[id as usize].server;
        diagnostics.extend(missing(&asking, (server, id), (*status, target)));
    }
}

/// What to say of a redirect that always leads to a 404.
fn missing(
    asking: &Asking<'_>,
    (server, id): (ServerId, LocationId),
    (status, target): (u16, &Value),
) -> Option<Diagnostic> {
    let subject = asking.subject;
    // Where a page takes the place of the redirect, nobody is sent anywhere.
    if subject.settings(id).error_pages.iter().any(|page| page.status == status) {
        return None;
    }
    let from = asking.url(server, "/")?;
    let first = asking.follow(&from, &fixed(target, &from)?)?;
    let (last, is_certain) = dead_end(asking, &from, &first)?;
    let block = subject.block(id)?.block.as_ref()?;
    let directive = block.directives.iter().find(|d| d.name.value == b"return")?;
    let place = directive.args.last()?.span;
    let message = format!("`{}` is always answered 404", asking.shown(&first));
    let diagnostic = Diagnostic::warning("K17", place, message)
        .label("this leads to nothing")
        .of_this_disk(is_certain);
    let diagnostic = match last == first {
        true => diagnostic,
        false => diagnostic.note(format!("by way of `{}`", asking.shown(&last))),
    };
    let is_there = |path: &String| {
        let near = asking.follow(&from, path).and_then(|url| asking.get(&url));
        near.is_some_and(|answer| answer.status == Some(200))
    };
    let path = asking.path(&first);
    Some(match near(path).into_iter().find(is_there) {
        Some(near) => diagnostic.help(format!("`{near}` is there")),
        None => diagnostic.help("let it lead to a page that is there, or add one"),
    })
}

/// The URL at which a client that is sent to `url` is answered 404, if it always is, and whether
/// that is so wherever the site runs.
fn dead_end(asking: &Asking<'_>, from: &str, url: &str) -> Option<(String, bool)> {
    let (mut url, mut is_certain) = (url.to_owned(), true);
    for _ in 0..MOST_HOPS {
        let answer = own(asking, from, &url)?;
        is_certain &= asking.subject.is_certain_of(&answer);
        match (answer.status, answer.field("Location")) {
            (Some(301 | 302 | 303 | 307 | 308), Some(location)) => {
                url = asking.follow(&url, location)?;
            }
            (Some(404), _) if asking.is_settled(&answer) && looked(&answer) => {
                return Some((url, is_certain));
            }
            _ => return None,
        }
    }
    None
}

/// Whether a file was looked for. A server that has none of its own may stand beside others that
/// have, behind a proxy.
fn looked(answer: &Answer) -> bool {
    answer.steps.iter().any(|step| matches!(step, Step::Looked { .. }))
}

/// The answer to a URL, if it is this site's whatever else there is: of the host that was asked
/// at first, or of one that a server is named by.
fn own(asking: &Asking<'_>, from: &str, url: &str) -> Option<Answer> {
    let answer = asking.get(url)?;
    let is_named = !matches!(answer.server_by, ServerBy::Default | ServerBy::Alone);
    let host = |url: &str| url.split('/').nth(2).map(str::to_owned);
    (is_named || host(from) == host(url)).then_some(answer)
}

/// The text of a redirect that leads to one path, whatever is asked for: of what a request
/// says, no more than its host and its arguments are in it. `from` is a URL of the request.
fn fixed(target: &Value, from: &str) -> Option<String> {
    let mut text = Vec::new();
    let (scheme, rest) = from.split_once("://")?;
    let (host, port) = rest.split('/').next()?.rsplit_once(':')?;
    for piece in &target.0 {
        let (Piece::Literal(_) | Piece::Variable(Variable::Simple(_))) = piece else {
            return None;
        };
        match piece {
            Piece::Literal(literal) => text.extend(literal),
            Piece::Variable(Variable::Simple(name)) => match *name {
                "scheme" => text.extend(scheme.bytes()),
                "host" => text.extend(host.bytes()),
                "server_port" => text.extend(port.bytes()),
                "is_args" => {}
                // Whatever they are, they are behind the path.
                "args" | "query_string" => {}
                _ => return None,
            },
            _ => return None,
        }
    }
    String::from_utf8(text).ok()
}

/// Paths that are meant, perhaps, by one that leads to nothing.
fn near(path: &str) -> Vec<String> {
    let bare = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    [bare.to_owned(), format!("{bare}/"), format!("{bare}.html")]
        .into_iter()
        .filter(|near| near != path && near.starts_with('/'))
        .collect()
}
