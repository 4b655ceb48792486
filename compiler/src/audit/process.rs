//! What the process may need at worst, and who it is.

use std::net::IpAddr;
use std::path::Path;

use super::Subject;
use crate::ast::{Directive, Word};
use crate::bounds;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Action, Address, Return};
use crate::source::Span;

/// Memory that is worth a warning.
const MUCH_MEMORY: u64 = 3 << 30;

/// Reports them.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let conf = &subject.conf.directives;
    let connections = find(conf, "worker_connections");
    let too_many = connections.and_then(|set| check_descriptors(subject, &set.args[0]));
    // Both say that there are too many connections; the first is the harder fact.
    diagnostics.extend(too_many.or_else(|| check_memory(subject)));
    if subject.site.process.user.is_none() && diagnostics.wants("X16") {
        check_root(subject, diagnostics);
    }
    if diagnostics.wants("X19") {
        check_rebinding(subject, diagnostics);
    }
}

/// Each connection may have a file or a pipe open beside its socket.
fn check_descriptors(subject: &Subject<'_>, word: &Word) -> Option<Diagnostic> {
    if subject.files.knows_all() {
        return None;
    }
    let facts = bounds::facts(subject.site, 1);
    let needed = facts.bounds().wanted_descriptors;
    let limits = subject.files.read(Path::new("/proc/self/limits")).ok()?;
    let limits = String::from_utf8_lossy(&limits);
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    // The server raises the soft limit, which comes first, to the hard one.
    let hard = line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok());
    let hard = hard.filter(|&hard| hard < needed)?;
    let message = format!("so many connections need {needed} descriptors, not {hard}");
    Some(
        Diagnostic::warning("Z08", word.span, message)
            .label("each may have a file or a pipe open beside its socket")
            .help(format!(
                "write {} or less, or raise the limit",
                facts.connections * hard / needed
            ))
            .note(format!("{hard} is what this machine allows a process (`ulimit -Hn`)")),
    )
}

/// What the buffers of all connections could hold at once: heads, and content that scripts wait
/// for.
fn check_memory(subject: &Subject<'_>) -> Option<Diagnostic> {
    let facts = bounds::facts(subject.site, 1);
    let (count, head, body) =
        (facts.connections * facts.workers, facts.head_len, facts.waiting_len);
    let worst = count.saturating_mul((head + body) as u64);
    if worst < MUCH_MEMORY {
        return None;
    }
    let names = ["large_client_header_buffers", "client_body_buffer_size", "worker_connections"];
    let directive = names.iter().find_map(|name| find(&subject.conf.directives, name))?;
    let message = format!("connections could hold {} GB of memory at once", worst >> 30);
    let held = match body {
        0 => format!("{count} connections, each with a head of {} KB", head >> 10),
        _ => format!(
            "{count} connections, each with a head of {} KB and content of {} KB that waits for \
             a script",
            head >> 10,
            body >> 10
        ),
    };
    let help = "allow fewer connections, or less for each; `sitec bounds` has the whole sum";
    Some(Diagnostic::warning("Z17", directive.span(), message).help(help).note(held))
}

/// That somebody takes root's rights away from a process that needs them to begin with.
fn check_root(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let low = subject.site.listens.iter().find_map(|listen| match listen.address {
        Address::Ip(address) if address.port() < 1024 => Some(address.port()),
        _ => None,
    });
    let Some(port) = low else { return };
    let message = format!("started as root for port {port}, the server stays root");
    let place = listen_word(&subject.conf.directives, port).unwrap_or_default();
    diagnostics.push(
        Diagnostic::lint("X16", place, message)
            .help("`user NAME;` at top level makes it somebody else once its ports are open"),
    );
}

/// That a device in a private network answers to its own names only: a page elsewhere can
/// let its name lead there.
fn check_rebinding(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for listen in &subject.site.listens {
        let Address::Ip(address) = listen.address else { continue };
        let is_private = match address.ip() {
            IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
        };
        let server = &subject.site.servers[usize::from(listen.default_server)];
        let turns_away = match &subject.location(server.location).action {
            _ if subject.site.rejects(listen, listen.default_server) => true,
            Action::Return(Return::Close) => true,
            Action::Return(Return::Status(status)) => *status >= 400,
            Action::Return(Return::Text(status, _)) => *status >= 400,
            _ => false,
        };
        if !is_private || turns_away {
            continue;
        }
        let place = listen_word(&subject.conf.directives, address.port()).unwrap_or_default();
        diagnostics.push(
            Diagnostic::lint("X19", place, "requests for any host are answered here")
                .note("a page elsewhere can give this address a name, and read what is answered")
                .help(
                    "add a server that turns other hosts away: \
                     `server { listen … default_server; return 444; }`",
                ),
        );
    }
}

/// Where the first `listen` with this port is written; without one, the first server.
fn listen_word(directives: &[Directive], port: u16) -> Option<Span> {
    let port = port.to_string();
    let is_port = |word: &&Word| {
        let text = word.shown();
        text.rsplit(':').next() == Some(&port)
    };
    let listens = all(directives, "listen");
    let word = listens.iter().filter_map(|listen| listen.args.first()).find(is_port);
    let server = || all(directives, "server").first().map(|server| server.name.span);
    word.map(|word| word.span).or_else(server)
}

/// The directives with this name, wherever they stand.
fn all<'a>(directives: &'a [Directive], name: &str) -> Vec<&'a Directive> {
    let mut found = Vec::new();
    for directive in directives {
        if directive.name.value == name.as_bytes() {
            found.push(directive);
        }
        if let Some(block) = &directive.block {
            found.extend(all(&block.directives, name));
        }
    }
    found
}

fn find<'a>(directives: &'a [Directive], name: &str) -> Option<&'a Directive> {
    all(directives, name).into_iter().next()
}
