//! What is said without TLS by a site that speaks it: passwords, a policy that browsers take over TLS
//! alone, and the pages themselves. Of a site that speaks none, a proxy in front does.

use std::collections::BTreeMap;

use sitec_runtime::site::{LocationId, ServerId};

use super::Subject;
use super::asking::Asking;
use super::open_access::opens;
use crate::answer::End;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::Action;
use crate::source::Span;

const POLICY: &[u8] = b"strict-transport-security";

/// Reports it.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    if subject.site.tls.is_empty() {
        return;
    }
    check_policy(subject, diagnostics);
    check_passwords(subject, diagnostics);
    if diagnostics.wants("S05") {
        check_pages(subject, diagnostics);
    }
}

/// That a policy reaches a browser.
fn check_policy(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    // Whether any server that has it speaks TLS.
    let mut places: BTreeMap<Span, bool> = BTreeMap::new();
    for (id, server) in locations(subject) {
        let fields = subject.settings(id).added_fields.iter();
        if !fields.into_iter().any(|field| field.name.as_bytes().eq_ignore_ascii_case(POLICY)) {
            continue;
        }
        let says_it = subject.nearest_that(id, &|directive| {
            directive.name.value == b"add_header"
                && directive.args[0].value.eq_ignore_ascii_case(POLICY)
        });
        let Some(directive) = says_it else { continue };
        let speaks = subject.site.servers[usize::from(server)].tls.is_some();
        *places.entry(directive.args[0].span).or_default() |= speaks;
    }
    for (span, _) in places.into_iter().filter(|(_, speaks)| !speaks) {
        diagnostics.push(
            Diagnostic::warning("S05", span, "no `listen` of this server speaks TLS")
                .label("browsers take this over TLS alone")
                .help("write it where `listen … ssl` stands"),
        );
    }
}

/// That passwords are not for everyone on the way.
fn check_passwords(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for (id, server) in locations(subject) {
        let location = subject.location(id);
        let is_asked = matches!(location.action, Action::Serve { .. })
            && subject.settings(id).admission.auth.is_some();
        // Steps may send a client elsewhere before it is asked.
        let has_steps = |server: ServerId| {
            !subject.site.servers[usize::from(server)].ops.is_empty() || !location.ops.is_empty()
        };
        if !is_asked || !is_plain(subject, server) || has_steps(server) {
            continue;
        }
        let Some(directive) = subject.nearest(id, &["auth_basic"]) else { continue };
        diagnostics.push(
            Diagnostic::warning("S05", directive.span(), "this password is sent without TLS")
                .label("who listens on the way can read it")
                .also(subject.places.servers[usize::from(server)].span, "by this server")
                .help(
                    "let the server for port 80 redirect: `return 301 https://$host$request_uri;`",
                ),
        );
    }
}

/// That who asks for a page without TLS is sent to where it is spoken.
fn check_pages(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let asking = Asking::new(subject);
    let site = subject.site;
    for server in 0..site.servers.len() as ServerId {
        let plain = site.listens.iter().filter(|listen| !listen.tls && opens(listen, server));
        let mut names = plain.flat_map(|listen| &listen.names.exact);
        let over_tls = |name: &[u8]| {
            let mut listens = site.listens.iter().filter(|listen| listen.tls);
            listens.any(|listen| listen.names.exact.iter().any(|(other, _)| other == name))
        };
        let name = names.find(|(name, id)| *id == server && !name.is_empty() && over_tls(name));
        let Some((name, _)) = name else { continue };
        let name = String::from_utf8_lossy(name);
        let Some(answer) = asking.get(&format!("http://{name}/")) else { continue };
        let is_served = matches!(answer.status, Some(200) | None);
        if answer.server == server && is_served && !matches!(answer.end, End::Close) {
            let place = subject.places.servers[usize::from(server)].span;
            let message = format!("`{name}` is served without TLS, too");
            diagnostics.push(
                Diagnostic::lint("S05", place, message)
                    .label("who is on the way can read and change what is sent")
                    .help(
                        "let a server of its own redirect: `server { listen 80; server_name …; \
                         return 301 https://$host$request_uri; }`",
                    ),
            );
        }
    }
}

/// All locations, each with its server.
fn locations(subject: &Subject<'_>) -> impl Iterator<Item = (LocationId, ServerId)> {
    let all = subject.places.locations.iter().enumerate();
    all.map(|(id, place)| (id as LocationId, place.server))
}

/// Whether another machine may reach a server without TLS.
fn is_plain(subject: &Subject<'_>, server: ServerId) -> bool {
    let mut listens = subject.site.listens.iter();
    listens.any(|listen| !listen.tls && listen.reaches(server) && opens(listen, server))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::compile_with;
    use crate::diagnostic::Levels;
    use crate::files::Memory;

    const TLS: &str = "server { listen 443 ssl; server_name a.test; ssl_certificate /a.pem;
        ssl_certificate_key /a.key; root www; }";

    /// What is said of a conf beside a server with TLS.
    fn said(conf: &str, lints: bool) -> Vec<String> {
        let conf = format!("{TLS} {conf}");
        let files = [("site.conf", &conf[..]), ("www/index.html", ""), ("users", "a:{PLAIN}b")];
        let levels = Levels { lints, ..Levels::default() };
        let compilation = compile_with(&Memory::new(files), Path::new("site.conf"), levels);
        assert!(!compilation.diagnostics.has_errors(), "{conf}");
        let all = compilation.diagnostics.sorted().into_iter();
        all.filter(|it| it.code == "S05").map(|it| it.message.clone()).collect()
    }

    const POLICY: &str = "add_header Strict-Transport-Security max-age=1;";
    const ASKS: &str = "auth_basic Members; auth_basic_user_file users;";

    #[test]
    fn a_policy_without_tls_is_told() {
        let plain =
            |more: &str| format!("server {{ listen 80; server_name b.test; root www; {more} }}");
        assert_eq!(said(&plain(POLICY), false), ["no `listen` of this server speaks TLS"]);
        assert_eq!(said(&plain(&format!("location /a {{ {POLICY} }}")), false).len(), 1);
        assert_eq!(said(&plain(""), false), [""; 0]);
        // Of both, the one with TLS is enough.
        assert_eq!(said(&format!("{POLICY} {}", plain("")), false), [""; 0]);
        let both = plain(POLICY).replace("listen 80;", "listen 80; listen 443;");
        assert_eq!(said(&both, false), [""; 0]);
    }

    #[test]
    fn a_password_without_tls_is_told() {
        let server = |listen: &str, more: &str| {
            format!("server {{ listen {listen}; server_name b.test; root www; {ASKS} {more} }}")
        };
        let expected = ["this password is sent without TLS"];
        assert_eq!(said(&server("80", ""), false), expected);
        assert_eq!(said(&server("80", "location /a { } location /b { }"), false).len(), 1);
        assert_eq!(said(&server("127.0.0.1:80", ""), false), [""; 0]);
        assert_eq!(said(&server("443", ""), false), [""; 0]);
        assert_eq!(said(&server("80", "return 301 https://$host$request_uri;"), false), [""; 0]);
        let step = "if ($scheme = http) { return 301 https://a.test/; }";
        assert_eq!(said(&server("80", step), false), [""; 0]);
    }

    #[test]
    fn pages_without_tls_are_a_lint() {
        let server =
            |name: &str, more: &str| format!("server {{ listen 80; server_name {name}; {more} }}");
        let served = server("a.test", "root www;");
        assert_eq!(said(&served, true), ["`a.test` is served without TLS, too"]);
        assert_eq!(said(&served, false), [""; 0]);
        // Nobody knows that name over TLS.
        assert_eq!(said(&server("b.test", "root www;"), true), [""; 0]);
        let sent = "location /.well-known/ { root www; }
            location / { return 301 https://$host$request_uri; }";
        assert_eq!(said(&server("a.test", sent), true), [""; 0]);
    }
}
