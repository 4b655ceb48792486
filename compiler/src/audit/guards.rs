//! `valid_referers` and `secure_link`, which say nothing unless their variables are asked, and links that
//! anybody can make.

use std::collections::BTreeSet;

use sitec_runtime::site::LocationId;

use super::Subject;
use super::rewriting::names_in;
use crate::ast::{Directive, named};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Piece, Value, Variable};
use crate::value::variable;

/// Reports what is said and not asked, and the reverse.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let (mut said, mut read) = (Vec::new(), BTreeSet::new());
    collect(&subject.conf.directives, &mut said, &mut read);
    if let Some(first) = said.first()
        && !read.contains("invalid_referer")
    {
        diagnostics.push(
            Diagnostic::warning("A12", first.name.span, "nothing reads `$invalid_referer`")
                .label("so this keeps nobody out")
                .help("add `if ($invalid_referer) { return 403; }`"),
        );
    }
    check_unsaid(subject, diagnostics);
    check_unread(subject, &subject.conf.directives, diagnostics);
    check_proxies(&subject.conf.directives, &mut Vec::new(), diagnostics);
    check_links(&subject.conf.directives, &read, &mut Vec::new(), diagnostics);
}

/// Reports halves of secure links, and links that nobody asks about or anybody can make. `around` are the
/// directives of the blocks that these stand in.
fn check_links<'a>(
    directives: &'a [Directive],
    read: &BTreeSet<String>,
    around: &mut Vec<&'a [Directive]>,
    diagnostics: &mut Diagnostics,
) {
    around.push(directives);
    for directive in directives {
        let other = match &directive.name.value[..] {
            b"secure_link" => Some("secure_link_md5"),
            b"secure_link_md5" => Some("secure_link"),
            b"secure_link_secret" => None,
            _ => {
                if let Some(block) = &directive.block {
                    check_links(&block.directives, read, around, diagnostics);
                }
                continue;
            }
        };
        let place = directive.name.span;
        if let Some(other) = other {
            let outer = around.iter().rev().find_map(|outer| named(outer, other).next());
            if outer.is_none() && !has_within(directives, other) {
                let message = format!("without `{other}`, `$secure_link` is always empty");
                diagnostics.push(
                    Diagnostic::warning("A14", place, message).help(format!("add `{other}`")),
                );
                continue;
            }
            if other == "secure_link"
                && let Some(outer) = outer
            {
                diagnostics.extend(forgeable(outer, directive));
            }
        }
        // Of a pair, it is said once.
        if !read.contains("secure_link") && other != Some("secure_link") {
            diagnostics.push(
                Diagnostic::warning("A14", place, "nothing reads `$secure_link`")
                    .label("so this keeps nobody out")
                    .help("add `if ($secure_link = \"\") { return 403; }`"),
            );
        }
    }
    around.pop();
}

/// Reports where the PROXY protocol is to say who a client is, and nothing reads it.
fn check_unread(subject: &Subject<'_>, directives: &[Directive], diagnostics: &mut Diagnostics) {
    if subject.site.listens.iter().any(|listen| listen.proxy_protocol) {
        return;
    }
    for directive in directives {
        if directive.name.value == b"real_ip_header"
            && let Some(word) = directive.args.first().filter(|it| it.value == b"proxy_protocol")
        {
            diagnostics.push(
                Diagnostic::warning("A18", word.span, "no `listen` reads the PROXY protocol")
                    .help("add it where the proxy connects: `listen 8080 proxy_protocol;`"),
            );
        }
        if let Some(block) = &directive.block {
            check_unread(subject, &block.directives, diagnostics);
        }
    }
}

/// Reports what says how a proxy's word is read where nobody's word counts.
fn check_proxies<'a>(
    directives: &'a [Directive],
    around: &mut Vec<&'a [Directive]>,
    diagnostics: &mut Diagnostics,
) {
    const TRUSTS: &str = "set_real_ip_from";
    around.push(directives);
    for directive in directives {
        let is_of_it =
            matches!(&directive.name.value[..], b"real_ip_header" | b"real_ip_recursive");
        let is_trusting = |outer: &&[Directive]| named(outer, TRUSTS).next().is_some();
        if is_of_it && !around.iter().any(is_trusting) && !has_within(directives, TRUSTS) {
            diagnostics.push(
                Diagnostic::warning("A17", directive.name.span, "nobody's word counts here")
                    .help("name the proxies: `set_real_ip_from 10.0.0.0/8;`"),
            );
        }
        if let Some(block) = &directive.block {
            check_proxies(&block.directives, around, diagnostics);
        }
    }
    around.pop();
}

/// Whether a directive stands in one of the blocks within.
fn has_within(directives: &[Directive], name: &'static str) -> bool {
    directives.iter().filter_map(|directive| directive.block.as_ref()).any(|block| {
        named(&block.directives, name).next().is_some() || has_within(&block.directives, name)
    })
}

/// What to say where a client can make links, or make them hold longer.
fn forgeable(link: &Directive, hashed: &Directive) -> Option<Diagnostic> {
    let (link, hashed) = (&link.args[0].value, &hashed.args[0]);
    let warning = |message: &str| Some(Diagnostic::warning("A15", hashed.span, message));
    let names = names_in(&hashed.value);
    let is_clients = |name: &String| variable::variable(name).is_some();
    let is_secret = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    let names_len: usize = names.iter().map(String::len).sum();
    let has_text = hashed.value.iter().filter(|byte| is_secret(byte) || **byte == b'_').count();
    if names.iter().all(is_clients) && has_text <= names_len {
        return warning("there is no secret in this")?
            .label("a client knows all of it")
            .help("add a word that no client is told")
            .into();
    }
    let comma = link.iter().position(|&byte| byte == b',')?;
    let of_time = names_in(&link[comma..]);
    let is_hashed = |name: &String| names.contains(name);
    if of_time.is_empty()
        || is_hashed(&"secure_link_expires".to_owned())
        || of_time.iter().all(is_hashed)
    {
        return None;
    }
    warning("the time up to which a link holds is no part of this")?
        .label("a client can write another one")
        .help("begin with `$secure_link_expires`")
        .into()
}

fn collect<'a>(
    directives: &'a [Directive],
    said: &mut Vec<&'a Directive>,
    read: &mut BTreeSet<String>,
) {
    for directive in directives {
        if directive.name.value == b"valid_referers" {
            said.push(directive);
            continue;
        }
        let words = std::iter::once(&directive.name).chain(&directive.args);
        read.extend(words.flat_map(|word| names_in(&word.value)));
        if let Some(block) = &directive.block {
            collect(&block.directives, said, read);
        }
    }
}

/// Reports servers and locations that ask where nothing was said.
fn check_unsaid(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let site = subject.site;
    let mut reported = BTreeSet::new();
    for id in 0..site.locations.len() as LocationId {
        if subject.settings(id).referers.is_some() {
            continue;
        }
        let mut asks = false;
        let see = &mut |_, value: &Value| asks |= reads_it(value);
        subject.location(id).each_value(see);
        let server = site.servers.iter().find(|server| server.location == id);
        server.iter().flat_map(|server| &server.ops).for_each(|op| op.each_value(see));
        let span = subject.span(id);
        if asks && reported.insert(span) {
            diagnostics.push(
                Diagnostic::warning("A12", span, "`$invalid_referer` is always empty here")
                    .label("no `valid_referers` holds")
                    .help("say in this block which are valid: `valid_referers none server_names;`"),
            );
        }
    }
}

fn reads_it(value: &Value) -> bool {
    value.0.iter().any(|piece| match piece {
        Piece::Variable(Variable::Simple(name)) | Piece::Logged(Variable::Simple(name), _) => {
            *name == "invalid_referer"
        }
        _ => false,
    })
}
