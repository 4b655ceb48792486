//! Files that the conf makes scripts: whether they can be run.
//!
//! What is not beneath the site's folder may be another machine's.

use std::collections::BTreeSet;
use std::path::Path;

use super::Subject;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::files::Files;
use crate::ir::{Action, CgiRule, FileBase, Handler, Scripts};
use crate::source::Span;

/// Reports the scripts that run by themselves and cannot.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let router = subject.router();
    let mut reported = BTreeSet::new();
    for (id, location) in (0..).zip(&subject.site.locations) {
        let Action::Serve { handler: Handler::Cgi(cgi), .. } = &location.action else { continue };
        let Scripts::ByExtension(rules) = &cgi.scripts else { continue };
        let place = &subject.places.locations[id as usize];
        let base = &subject.settings(id).base;
        let Some(tree) = subject.tree(base).filter(|tree| !Path::new(&tree.name).is_absolute())
        else {
            continue;
        };
        for file in &tree.files {
            let Some((rule, span)) = rule_for(rules, &place.scripts, file) else { continue };
            let Some(uri) = uri_of(&place.prefix, base, file) else { continue };
            let here = router.location(place.server, &uri) == id;
            if !here || rule.interpreter.is_some() || reported.contains(&(span, file.clone())) {
                continue;
            }
            let path = Path::new(&tree.name).join(file);
            if let Some(fault) = fault(subject.files, &subject.folder.join(&path)) {
                diagnostics.push(report(rule, span, &path, fault));
                reported.insert((span, file.clone()));
            }
        }
    }
}

/// Why a file does not run by itself.
#[derive(Clone, Copy)]
enum Fault {
    Mode,
    Interpreter,
}

fn fault(files: &dyn Files, path: &Path) -> Option<Fault> {
    if !files.is_executable(path) {
        return Some(Fault::Mode);
    }
    let content = files.read(path).ok()?;
    let known = content.starts_with(b"#!") || content.starts_with(b"\x7fELF");
    (!known).then_some(Fault::Interpreter)
}

fn report(rule: &CgiRule, span: Span, path: &Path, fault: Fault) -> Diagnostic {
    let (path, extension) = (path.display(), String::from_utf8_lossy(&rule.extension));
    let (message, help) = match fault {
        Fault::Mode => (
            format!("`{path}` would be a script and is not executable"),
            format!("`chmod +x {path}`, or name what runs it: `cgi_pass {extension} INTERPRETER;`"),
        ),
        Fault::Interpreter => (
            format!("`{path}` would be a script and does not say what runs it"),
            format!(
                "begin it with a line `#!/bin/sh`, or name what runs it: \
                 `cgi_pass {extension} INTERPRETER;`"
            ),
        ),
    };
    Diagnostic::error("F06", span, message).help(help)
}

/// The path of the URI that leads to a file beneath the base, if one is known to do so.
fn uri_of(prefix: &[u8], base: &FileBase, file: &str) -> Option<Vec<u8>> {
    let hidden = file.split('/').any(|name| name.starts_with('.'));
    let replaced = prefix.get(..base.replaced_len).filter(|_| !hidden)?;
    Some([replaced, b"/", file.as_bytes()].concat())
}

fn rule_for<'a>(rules: &'a [CgiRule], spans: &[Span], file: &str) -> Option<(&'a CgiRule, Span)> {
    let name = file.rsplit('/').next().unwrap_or(file).as_bytes();
    let is_its =
        |rule: &CgiRule| name.len() > rule.extension.len() && name.ends_with(&rule.extension);
    let found = rules.iter().zip(spans).find(|(rule, _)| is_its(rule));
    found.map(|(rule, span)| (rule, *span))
}
