//! Confs: what they resolve to, and what is said about wrong ones.

mod access;
mod acme;
mod actions;
mod added_fields;
mod any;
mod captured;
mod cgi;
mod embed;
mod expect;
mod fastcgi;
mod files;
mod grpc;
mod inherit;
mod listens;
mod logs;
mod pages;
mod params;
mod patches;
mod proxy;
mod rewriting;
mod size;
mod tls;
mod values;
mod writing;

use std::path::Path;

use crate::diagnostic::Levels;
use crate::files::Memory;
use crate::testing::assert_drawn;
use crate::{Compilation, ir};

/// The files that the confs here refer to.
const FILES: &[&str] = &[
    "www/index.html",
    "www/404.html",
    "www/app.html",
    "other/index.html",
    "img/a.png",
    "robots.txt",
    "run/old.log",
    "/srv/www/index.html",
    "/srv/img/a.png",
    "/usr/bin/python3",
    "/usr/bin/perl",
    "/opt/bin/app",
    "/opt/data",
    "bin/app",
];

/// Compiles `text` as site.conf among [`FILES`].
fn compiled(text: &str) -> Compilation {
    let others = FILES.iter().map(|&path| (path, ""));
    let files = Memory::new(others.chain([("site.conf", text)]));
    // What is said of whole sites is tested there.
    crate::run(&files, Path::new("site.conf"), Levels::default(), crate::audit::confirm)
}

/// The site that `text` resolves to, which has no mistakes.
#[track_caller]
fn site(text: &str) -> ir::Site {
    let compilation = compiled(text);
    let said = compilation.diagnostics.render(&compilation.sources, false);
    assert!(compilation.diagnostics.is_empty(), "{text}\n{said}");
    compilation.site.unwrap()
}

/// Asserts that `text` has one mistake; see [`crate::testing::check_err`].
#[track_caller]
fn refused(text: &str, drawn: &str, message: &str) {
    let compilation = compiled(text);
    assert_drawn(&compilation.diagnostics, &compilation.sources, text, drawn, message);
    assert!(compilation.site.is_none(), "{text}\ncompiles");
}

/// Asserts that `text` brings one warning.
#[track_caller]
fn warned(text: &str, drawn: &str, message: &str) {
    let compilation = compiled(text);
    assert_drawn(&compilation.diagnostics, &compilation.sources, text, drawn, message);
    assert!(compilation.site.is_some(), "{text}\ndoes not compile");
}

/// The codes of all diagnostics of `text`, in the order of their places.
fn codes(text: &str) -> Vec<&'static str> {
    compiled(text).diagnostics.sorted().iter().map(|diagnostic| diagnostic.code).collect()
}

/// The location that takes `path` in the first server.
fn at<'a>(site: &'a ir::Site, path: &str) -> &'a ir::Location {
    let id = crate::route::Router::new(site).location(0, path.as_bytes());
    &site.locations[id as usize]
}

/// The settings of that location.
fn settings<'a>(site: &'a ir::Site, path: &str) -> &'a ir::Settings {
    &site.settings[at(site, path).settings]
}

/// A value as in a conf.
fn written(value: &ir::Value) -> String {
    let mut text = String::new();
    for piece in &value.0 {
        match piece {
            ir::Piece::Literal(bytes) => text += &String::from_utf8_lossy(bytes),
            ir::Piece::Variable(variable) => text += &format!("{{{}}}", name(variable)),
            ir::Piece::Logged(variable, escape) => {
                text += &format!("{{{}:{escape:?}}}", name(variable));
            }
        }
    }
    text
}

fn name(variable: &ir::Variable) -> String {
    let named = |prefix: &str, name: &[u8]| format!("{prefix}{}", String::from_utf8_lossy(name));
    match variable {
        ir::Variable::Simple(name) => (*name).to_owned(),
        ir::Variable::Argument(name) => named("arg ", name),
        ir::Variable::RequestField(name) => named("http ", name),
        ir::Variable::ResponseField(name) => named("sent_http ", name),
        ir::Variable::Trailer(name) => named("trailer ", name),
        ir::Variable::Cookie(name) => named("cookie ", name),
        ir::Variable::UpstreamField(name) => named("upstream_http ", name),
        ir::Variable::UpstreamTrailer(name) => named("upstream_trailer ", name),
        ir::Variable::UpstreamCookie(name) => named("upstream_cookie ", name),
        ir::Variable::Capture(number) => number.to_string(),
        ir::Variable::EscapedCapture(number) => format!("escaped {number}"),
        ir::Variable::Mapped(_, name) => named("map ", name.as_bytes()),
        ir::Variable::StepCapture(number) => format!("step {number}"),
        ir::Variable::Assigned(_, name, _) => named("set ", name.as_bytes()),
        ir::Variable::Shared(_, name) => named("set or group ", name.as_bytes()),
        ir::Variable::NamedCapture(name) => named("group ", name.as_bytes()),
    }
}

/// A start text as in a conf, params as `${index}`.
fn started(text: &ir::StartText) -> String {
    text.iter()
        .map(|piece| match piece {
            ir::StartPiece::Literal(text) => text.clone(),
            ir::StartPiece::Param(param) => format!("${{{param}}}"),
            ir::StartPiece::HostName => ir::StartPiece::HOST_NAME.to_owned(),
        })
        .collect()
}
