//! Scripts.

use std::path::Path;

use super::{at, codes, compiled, refused, site, started, warned, written};
use crate::compile;
use crate::files::Memory;
use crate::ir::{self, Action, Cgi, Handler, Scripts};

/// What is said about the scripts of a location.
#[track_caller]
fn cgi<'a>(site: &'a ir::Site, path: &str) -> Option<&'a Cgi> {
    match &at(site, path).action {
        Action::Serve { handler: Handler::Cgi(cgi), .. } => Some(cgi),
        Action::Serve { handler: Handler::Files, .. } => None,
        other => panic!("{path}: {other:?}"),
    }
}

/// The scripts of a location in short.
#[track_caller]
fn shown(site: &ir::Site, path: &str) -> String {
    let program = |id: u16| started(&site.programs[usize::from(id)]);
    match cgi(site, path).map(|cgi| &cgi.scripts) {
        None => "none".into(),
        Some(Scripts::Program { program: id, name_len }) => format!("{} {name_len}", program(*id)),
        Some(Scripts::ByExtension(rules)) => {
            let rules = rules.iter().map(|rule| {
                let extension = String::from_utf8_lossy(&rule.extension).into_owned();
                rule.interpreter
                    .map_or(extension.clone(), |id| format!("{extension} {}", program(id)))
            });
            rules.collect::<Vec<_>>().join(", ")
        }
    }
}

#[test]
fn rules_are_inherited_as_one() {
    let site = site(
        "param RUN python3;
         server { listen 80; root www; cgi_pass .py ${RUN}; cgi_pass .cgi;
           location /a/ { }
           location /b/ { cgi_pass .pl perl; }
           location /off/ { cgi_pass off; }
           location /app/ { cgi_pass /opt/bin/app; location /app/sub/ { location ~ x { } } }
           location = /one { cgi_pass bin/app; }
           location / { cgi_pass /opt/bin/app; }
           location ~ re { cgi_pass /opt/bin/app; }
           location /plain { cgi_pass /opt/bin/app; } }",
    );
    for (path, expected) in [
        ("/a/", ".py ${0}, .cgi"),
        ("/b/", ".pl perl"),
        ("/off/", "none"),
        ("/app/", "/opt/bin/app 4"),
        ("/app/sub/", "/opt/bin/app 4"),
        ("/app/sub/x", "/opt/bin/app 4"),
        ("/one", "bin/app 4"),
        ("/", "/opt/bin/app 0"),
        ("/re", "/opt/bin/app 0"),
        ("/plain", "/opt/bin/app 6"),
    ] {
        assert_eq!(shown(&site, path), expected, "{path}");
    }
    assert_eq!(site.max_scripts, Some(32));
    assert_eq!(at(&site, "/a/").methods.allow(), "GET, HEAD, POST");
    assert_eq!(at(&site, "/off/").methods.allow(), "GET, HEAD");
}

#[test]
fn params_and_limits() {
    let site = site(
        "cgi_max_processes 4;
         server { listen 80; root www; cgi_pass .py python3; cgi_param A 1; cgi_timeout 5s;
           location /a/ { }
           location /b/ { cgi_param B $host-x; cgi_param C ''; cgi_timeout 1m; methods GET; } }",
    );
    let params = |path| {
        let cgi = cgi(&site, path).expect("scripts");
        let params = cgi.params.iter();
        let name = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        let params = params.map(|param| format!("{}={}", name(&param.name), written(&param.value)));
        (params.collect::<Vec<_>>(), cgi.plain.timeout_ms)
    };
    assert_eq!(params("/a/"), (vec!["A=1".into()], 5_000));
    assert_eq!(params("/b/"), (vec!["B={host}-x".into(), "C=".into()], 60_000));
    assert_eq!(site.max_scripts, Some(4));
    assert_eq!(at(&site, "/b/").methods.allow(), "GET, HEAD");
    assert_eq!(super::site("server { listen 80; root www; }").max_scripts, None);
}

#[test]
fn captures_reach_scripts() {
    let site = site(
        "server { listen 80; root www;
           location ~ ^/(.*)/x$ { cgi_pass /opt/bin/app; cgi_param WHO $1; } }",
    );
    assert!(!at(&site, "/a/x").patterns.is_empty());
}

#[test]
fn a_program_needs_no_folder() {
    let conf = "server { listen 80; location / { cgi_pass /opt/bin/app; } }";
    assert_eq!(shown(&site(conf), "/"), "/opt/bin/app 0");
}

#[test]
fn wrong_passes() {
    refused(
        "server { root www; cgi_pass py python3; }",
        "                            ^^",
        "T27: `py` is neither an extension nor the path of a program",
    );
    refused(
        "server { root www; cgi_pass .py python9; }",
        "                                ^^^^^^^",
        "F05: there is no program `python9` in `PATH`",
    );
    refused(
        "server { root www; cgi_pass /opt/bin/app; }",
        "                            ^^^^^^^^^^^^",
        "D04: a program stands in a `location`",
    );
    refused(
        "server { root www; location / { cgi_pass /opt/bin/app x; } }",
        "                                                      ^",
        "T27: only an extension has an interpreter",
    );
    refused(
        "server { root www; cgi_pass .py python3; cgi_pass .py perl; }",
        "                            ---                   ^^^",
        "D06: there is a `cgi_pass .py` already",
    );
    refused(
        "server { root www; cgi_pass .py python3; cgi_pass off; }",
        "                   --------------------  ^^^^^^^^^^^^",
        "D10: this `cgi_pass` cannot stand beside another one",
    );
    refused(
        "server { root www; location / { cgi_pass bin/app9; } }",
        "                                         ^^^^^^^^",
        "F05: there is no file `bin/app9`",
    );
    refused(
        "server { root www; location / { cgi_pass /opt/data; } }",
        "                                         ^^^^^^^^^",
        "F06: `/opt/data` is not executable",
    );
    warned(
        "server { listen 80; location / { cgi_pass /opt/bin/app9; } }",
        "                                          ^^^^^^^^^^^^^",
        "F05: there is no file `/opt/bin/app9`",
    );
    assert_eq!(codes("server { root www; cgi_pass . x; cgi_pass '' x; }"), ["T27", "T27"]);
}

#[test]
fn wrong_params_and_limits() {
    refused(
        "server { root www; cgi_pass .py python3; cgi_param HTTP_PROXY x; }",
        "                                                   ^^^^^^^^^^",
        "X14: `HTTP_PROXY` is what programs take their proxy from, and looks like a field",
    );
    refused(
        "server { root www; cgi_pass .py python3; cgi_param A=b x; }",
        "                                                   ^^^",
        "T27: `A=b` is not a name for a variable",
    );
    refused(
        "server { root www; cgi_pass .py python3; cgi_param A 1; cgi_param A 2; }",
        "                                                   -              ^",
        "D06: `A` is set already",
    );
    refused(
        "server { root www; cgi_pass .py python3; cgi_timeout 0; }",
        "                                                     ^",
        "Z05: a timeout of 0 leaves no time",
    );
    warned(
        "server { listen 80; root www; cgi_pass .py python3; cgi_timeout 5000; }",
        "                                                                ^^^^",
        "T05: this is 83 minutes",
    );
    warned(
        "cgi_max_processes 5000; server { listen 80; root www; cgi_pass .py python3; }",
        "                  ^^^^",
        "X15: 5000 scripts may run at once",
    );
    let compilation = compiled("cgi_max_processes 0; server { listen 80; root www; }");
    assert!(compilation.diagnostics.has_errors());
}

#[test]
fn scripts_must_run_by_themselves() {
    let files = [
        ("site.conf", ""),
        ("www/bin/good.cgi", "#!/bin/sh\n"),
        ("www/bin/elf.cgi", "\x7fELF"),
        ("www/bin/text.cgi", "hello"),
        ("www/plain/mode.cgi", "#!/bin/sh\n"),
        ("www/plain/.hidden.cgi", ""),
        ("www/plain/other.py", ""),
        ("www/elsewhere/mode.cgi", ""),
        ("cgi/bin/text.cgi", "hello"),
        ("www/index.html", ""),
        ("/usr/bin/python3", ""),
    ];
    let said = |conf: &str| {
        let others = files.into_iter().skip(1);
        let files = Memory::new(others.chain([("site.conf", conf)]));
        let compilation = compile(&files, Path::new("site.conf"));
        let said = compilation.diagnostics.sorted().into_iter();
        said.map(|one| format!("{}: {}", one.code, one.message)).collect::<Vec<_>>()
    };
    let mode = "F06: `www/plain/mode.cgi` would be a script and is not executable";
    let text = "F06: `www/bin/text.cgi` would be a script and does not say what runs it";
    for (conf, expected) in [
        ("cgi_pass .cgi; location /elsewhere/ { cgi_pass off; }", vec![text, mode]),
        ("location /plain/ { cgi_pass .cgi; cgi_pass .py python3; }", vec![mode]),
        ("location ~ plain { cgi_pass .cgi; }", vec![mode]),
        ("location /plain/ { cgi_pass .cgi python3; }", vec![]),
        ("location /run/ { alias www/plain/; cgi_pass .cgi; }", vec![mode]),
        (
            "location /x/ { alias cgi/; cgi_pass .cgi; }",
            vec!["F06: `cgi/bin/text.cgi` would be a script and does not say what runs it"],
        ),
    ] {
        let conf = format!("server {{ listen 80; root www; {conf} }}");
        assert_eq!(said(&conf), expected, "{conf}");
    }
}
