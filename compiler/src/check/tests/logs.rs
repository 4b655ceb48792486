//! Logs and formats.

use super::{refused, settings, site, started, warned, written};
use crate::ir::LogTarget;

#[test]
fn access_logs() {
    let site = site(
        "log_format main '$remote_addr \"$request\"' ' $status';
         log_format raw escape=none '$uri';
         log_format json escape=json '{\"u\":\"$uri\"}';
         server { listen 80; root www; access_log run/a.log main buffer=4k flush=5s if=$arg_log;
           access_log stdout raw; access_log /dev/stderr json; access_log run/a.log; }",
    );
    let logs = &settings(&site, "/").access_logs;
    let formats: Vec<_> = logs.iter().map(|log| written(&site.formats[log.format])).collect();
    assert_eq!(
        formats[..3],
        [
            "{remote_addr:Default} \"{request:Default}\" {status:Default}",
            "{uri}",
            "{\"u\":\"{uri:Json}\"}"
        ]
    );
    assert!(formats[3].starts_with("{remote_addr:Default} - {remote_user:Default} [{time_local"));
    assert_eq!((logs[0].buffer_len, logs[0].flush_ms), (4096, 5000));
    assert_eq!(logs[0].condition.as_ref().map(written).as_deref(), Some("{arg log}"));
    assert_eq!(logs[0].log, logs[3].log);
    let targets = logs.iter().map(|log| match &site.logs[usize::from(log.log)] {
        LogTarget::File(path) => started(path),
        other => format!("{other:?}"),
    });
    assert_eq!(targets.collect::<Vec<_>>(), ["run/a.log", "Stdout", "Stderr", "run/a.log"]);
}

#[test]
fn error_logs() {
    use sitec_runtime::site::{ErrorLog, Level};
    let site = site(
        "error_log stderr warn; error_log run/all.log debug;
         server { listen 80; root www; error_log run/e.log; error_log run/crit.log crit;
           error_log stderr alert; location /in/ { root www; }
           location /own/ { root www; error_log run/own.log info; } }",
    );
    let name = |log: &ErrorLog| match &site.logs[usize::from(log.log)] {
        LogTarget::File(path) => (started(path), log.level),
        other => (format!("{other:?}"), log.level),
    };
    let names = |logs: &[ErrorLog]| logs.iter().map(name).collect::<Vec<_>>();
    let expected = |logs: &[(&str, Level)]| {
        logs.iter().map(|(name, level)| ((*name).to_owned(), *level)).collect::<Vec<_>>()
    };
    let outer = expected(&[("Stderr", Level::Warn), ("run/all.log", Level::Debug)]);
    assert_eq!(names(&site.process.error_logs), outer);
    let own =
        [("run/e.log", Level::Error), ("run/crit.log", Level::Crit), ("Stderr", Level::Alert)];
    for path in ["/", "/in/"] {
        assert_eq!(names(&settings(&site, path).error_logs), expected(&own), "{path}");
    }
    let inner = expected(&[("run/own.log", Level::Info)]);
    assert_eq!(names(&settings(&site, "/own/").error_logs), inner);
}

#[test]
fn wrong_logs() {
    refused(
        "log_format main '$uri'; server { access_log stdout mian; }",
        "                                                   ^^^^",
        "K15: there is no `log_format mian`",
    );
    refused(
        "server { access_log run/$host.log; }",
        "                        ^^^^^",
        "T26: `$host` is not known before there is a request",
    );
    refused(
        "server { access_log stdout combined buffr=4k; }",
        "                                    ^^^^^^^^",
        "T25: `access_log` has no parameter `buffr=4k`",
    );
    refused(
        "server { access_log stdout combined flush=4s; }",
        "                                    ^^^^^^^^",
        "D08: `flush` has nothing to write: there is no `buffer`",
    );
    refused(
        "server { access_log stdout combined buffer=0; }",
        "                                    ^^^^^^^^",
        "T24: `buffer=0` holds nothing back",
    );
    refused(
        "server { access_log stdout combined buffer=4k flush=0; }",
        "                                              ^^^^^^^",
        "T24: `flush=0` holds nothing back",
    );
    refused(
        "server { access_log stdout combined buffer=4k; access_log stdout combined buffer=8k; }",
        "         ------------------------------------  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "D06: this log has another `buffer` or `flush` elsewhere",
    );
    warned(
        "server { root www; access_log stdout; access_log off; }",
        "                              ^^^^^^  --------------",
        "D08: nothing is written to this log",
    );
    warned(
        "server { root www; access_log /nowhere/a.log; }",
        "                              ^^^^^^^^^^^^^^",
        "F19: there is no folder `/nowhere`",
    );
    refused(
        "log_format a '$x'; server { root www; }",
        "              ^^",
        "T18: there is no variable `$x`",
    );
    refused(
        "error_log stderr wran; server { root www; }",
        "                 ^^^^",
        "T25: `wran` is none of `debug`, `info`, `notice`, `warn`, `error`, `crit`, `alert` and \
         `emerg`",
    );
    refused(
        "error_log syslog:server=a; server { root www; }",
        "          ^^^^^^^^^^^^^^^",
        "D14: logs go to files, `stderr` or `stdout`",
    );
    warned(
        "server { root www; access_log logs/a.log; access_log logs/b.log; }",
        "                              ^^^^^^^^^^",
        "F19: there is no folder `logs`",
    );
    warned(
        "server { root www; error_log run/e.log; error_log stderr; error_log run/e.log info; }",
        "                             ---------                              ^^^^^^^^^",
        "Z19: lines are written to this log twice",
    );
    warned(
        "error_log off; server { root www; }",
        "          ^^^",
        "D11: this writes a file with the name `off`",
    );
}

#[test]
fn formats_that_are_wrong_are_reported_once_and_all() {
    let logs = "access_log stdout a; access_log stdout b; root www;";
    let conf = format!("log_format a '$uri'; log_format b '$x' '$y $z'; server {{ {logs} }}");
    assert_eq!(super::codes(&conf), ["T18", "T18", "T18"]);
    let alone = format!("log_format a '$x'; log_format b escape=no '$uri'; server {{ {logs} }}");
    assert_eq!(super::codes(&alone), ["T18", "T25"]);
}
