//! Confs and what they resolve to.

use std::path::Path;

use crate::files::Memory;
use crate::{Compilation, compile, ir};

/// The files that the confs here refer to.
const FILES: &[&str] = &[
    "www/index.html",
    "www/404.html",
    "www/app.html",
    "html/index.html",
    "other/index.html",
    "img/a.png",
    "/srv/www/index.html",
    "/srv/img/a.png",
    "/srv/robots.txt",
];

/// Compiles `text` as site.conf among [`FILES`].
fn compiled(text: &str) -> Compilation {
    let files = FILES.iter().copied().chain(["site.conf"]);
    let files = Memory::new(files.map(|path| (path, if path == "site.conf" { text } else { "" })));
    compile(&files, Path::new("site.conf"))
}

/// The site that `text` resolves to, which has no mistakes.
#[track_caller]
fn site(text: &str) -> ir::Site {
    let compilation = compiled(text);
    let said = compilation.diagnostics.render(&compilation.sources, false);
    assert!(compilation.diagnostics.is_empty(), "{text}\n{said}");
    compilation.site.unwrap()
}

#[test]
fn a_server_is_resolved() {
    let site = site(
        "server { listen 8080; server_name a.test; root www; index a.html;
           location / { } location = /x { return 301 /y; } }",
    );
    let [listen] = &site.listens[..] else { panic!("{:?}", site.listens) };
    assert_eq!(listen.address, ir::Address::Ip("0.0.0.0:8080".parse().unwrap()));
    assert_eq!(listen.names.exact, [(b"a.test".to_vec(), 0)]);
    let scope = &site.servers[0].scope;
    assert_eq!((&scope.prefix[0].path[..], &scope.exact[0].0[..]), (&b"/"[..], &b"/x"[..]));
    let files = &site.locations[scope.prefix[0].location as usize];
    assert_eq!(files.methods.allow(), "GET, HEAD");
    let redirect = &site.locations[scope.exact[0].1 as usize];
    let target = ir::Value(vec![ir::Piece::Literal(b"/y".to_vec())]);
    assert_eq!(redirect.action, ir::Action::Return(ir::Return::Redirect(301, target)));
    assert_eq!(site.directories, [[ir::StartPiece::Literal("www".into())]]);
}
