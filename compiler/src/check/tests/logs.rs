//! Logs and formats.

use sitec_runtime::site::Level;

use super::{compiled, refused, settings, site, started, warned, written};
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
fn compressed_logs() {
    let read = site(
        "server { root www; access_log run/a combined gzip; access_log run/b gzip=9 buffer=4k flush=1s;
         access_log run/c; }",
    );
    let logs = settings(&read, "/").access_logs.iter();
    let logs: Vec<_> = logs.map(|log| (log.gzip, log.buffer_len, log.flush_ms)).collect();
    assert_eq!(logs, [(Some(1), 64 << 10, 0), (Some(9), 4096, 1000), (None, 0, 0)]);
    refused(
        "server { access_log stdout combined gzip=10; }",
        "                                         ^^",
        "T24: `10` is above 9",
    );
    refused(
        "server { access_log stderr combined gzip; }",
        "                                    ^^^^",
        "D08: standard error is not compressed",
    );
    refused(
        "server { access_log syslog:server=a combined gzip; }",
        "                                             ^^^^",
        "D08: lines to a syslog server are not held back",
    );
    refused(
        "server { access_log $host.log combined gzip; }",
        "                                       ^^^^",
        "D08: lines to a file that a value names are not held back",
    );
    refused(
        "server { access_log stdout combined gzip; error_log stdout; }",
        "         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^  ----------------",
        "D06: this log is not compressed elsewhere",
    );
    refused(
        "server { access_log stdout; access_log stdout combined gzip; }",
        "         -----------------  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "D06: this log is not compressed elsewhere",
    );
    refused(
        "server { access_log stdout combined gzip=2 buffer=4k; access_log stdout combined gzip buffer=4k; }",
        "         -------------------------------------------  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "D06: this log is compressed by another level elsewhere",
    );
}

#[test]
fn wrong_logs() {
    refused(
        "log_format main '$uri'; server { access_log stdout mian; }",
        "                                                   ^^^^",
        "K15: there is no `log_format mian`",
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
        "error_log memory:32m debug; server { root www; }",
        "          ^^^^^^^^^^",
        "D14: logs go to files, `stderr`, `stdout` or a syslog server",
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

#[test]
fn syslog_servers() {
    let server = |text: &str| {
        let conf = format!("server {{ root www; access_log syslog:{text}; }}");
        let LogTarget::Syslog(found) = site(&conf).logs.remove(1) else { panic!("{text}") };
        (started(&found.server), found.facility, found.severity, found.tag, found.hostname)
    };
    let usual = |server: &str| (server.to_owned(), 23, Level::Info, "nginx".to_owned(), true);
    assert_eq!(server("server=log.test"), usual("log.test"));
    assert_eq!(server("server=[::1]:5140"), usual("[::1]:5140"));
    assert_eq!(
        server("server=unix:/dev/log,facility=local3,tag=a_b,severity=warn,nohostname"),
        ("unix:/dev/log".to_owned(), 19, Level::Warn, "a_b".to_owned(), false)
    );
    site("param LOGS 127.0.0.1; error_log syslog:server=${LOGS}:99 info; server { root www; }");
    for (text, message) in [
        ("", "T25: `syslog:` has no parameter ``"),
        ("tag=a", "T25: no syslog server is named"),
        ("server=", "T07: `` is not the address of a syslog server"),
        ("server=a:b", "T07: `a:b` is not the address of a syslog server"),
        ("server=a,tag=a-b", "T25: a tag has letters, digits and `_` only"),
        ("server=a,server=b", "T25: there is a `server` already"),
        ("server=a,colour=b", "T25: `syslog:` has no parameter `colour=b`"),
        (
            "server=a,severity=warning",
            "T25: `warning` is none of `debug`, `info`, `notice`, `warn`, `error`, `crit`, `alert` and `emerg`",
        ),
    ] {
        let conf = format!("server {{ root www; access_log syslog:{text}; }}");
        let found = compiled(&conf).diagnostics;
        let first = found.sorted()[0];
        assert_eq!(format!("{}: {}", first.code, first.message), message, "{text}");
    }
    refused(
        "server { root www; access_log syslog:server=a,facility=x combined; }",
        "                                                       ^",
        "T25: `x` is none of `kern`, `user`, `mail`, `daemon`, `auth`, `intern`, `lpr`, `news`, \
         `uucp`, `clock`, `authpriv`, `ftp`, `ntp`, `audit`, `alert`, `cron`, `local0`, `local1`, \
         `local2`, `local3`, `local4`, `local5`, `local6` and `local7`",
    );
    refused(
        "server { root www; access_log syslog:server=a combined buffer=4k; }",
        "                                                       ^^^^^^^^^",
        "D08: lines to a syslog server are not held back",
    );
}

#[test]
fn names_of_logs_that_values_give() {
    let conf = site(
        "param LOGS /srv/log; map $host $file { default all.log; }
         server { root www; access_log ${LOGS}/$host/access.log;
           open_log_file_cache max=10 valid=1m min_uses=2;
           location ~ ^/own(x) { access_log www/a-$1$uri.log; open_log_file_cache off; }
           location /map { access_log $file combined if=$uri; } }",
    );
    for (path, folder, name, max) in [
        ("/", "${0}", "{host}/access.log", 10),
        ("/ownx", "www", "a-{1}{uri}.log", 0),
        ("/map", "", "{map file}", 10),
    ] {
        let log = &settings(&conf, path).access_logs[0];
        let LogTarget::Folder(found) = &conf.logs[usize::from(log.log)] else { panic!("{path}") };
        let found_name = log.name.as_ref().map(written);
        assert_eq!((started(found).as_str(), found_name.as_deref()), (folder, Some(name)));
        assert_eq!((log.cache.max, log.cache.valid_ms), (max, if max == 0 { 0 } else { 60_000 }));
    }
    refused(
        "server { root www; access_log $host.log combined buffer=4k; }",
        "                                                 ^^^^^^^^^",
        "D08: lines to a file that a value names are not held back",
    );
    refused(
        "server { root www; access_log $hots.log; }",
        "                              ^^^^^",
        "T18: there is no variable `$hots`",
    );
    refused(
        "server { root www; error_log $host.log; }",
        "                             ^^^^^",
        "T26: `$host` is not known before there is a request",
    );
    refused(
        "server { root www; open_log_file_cache inactive=1m; }",
        "                   ^^^^^^^^^^^^^^^^^^^",
        "D05: nothing says how many files may stay open",
    );
    refused(
        "server { root www; open_log_file_cache max=1 x; }",
        "                                             ^",
        "T25: `open_log_file_cache` has no parameter `x`",
    );
    warned(
        "server { root www; access_log logs/$host.log; }",
        "                              ^^^^^^^^^^^^^^",
        "F19: there is no folder `logs`",
    );
}

#[test]
fn servers_and_locations_have_names_of_their_own() {
    let conf = site(
        "param P 81;
         server { listen 127.0.0.1:80; server_name a.test b.test; root www;
           location / { if ($arg_a) { add_header A 1; } location = /in { } }
           location ~ \\.x$ { } location @named { } }
         server { listen 127.0.0.1:${P}; server_name a.test; return 204; }
         server { listen 127.0.0.1:82; root www; }",
    );
    let first = "a.test at 127.0.0.1:80";
    let mut all = conf.labels.all.clone();
    all.sort();
    let expected = [
        ("127.0.0.1:82", "server"),
        ("a.test at 127.0.0.1:${P}", "server"),
        (first, "/"),
        (first, "= /in"),
        (first, "@named"),
        (first, "server"),
        (first, "~ \\.x$"),
    ];
    let expected = expected.map(|(server, location)| (server.to_owned(), location.to_owned()));
    assert_eq!(all, expected);
    assert_eq!(conf.labels.of.len(), conf.locations.len());
}

/// What an nginx.conf includes may name the format of the one that nginx comes with.
#[test]
fn main_is_the_format_of_nginx_where_the_conf_is_a_part_of_one() {
    let server = "server { listen 127.0.0.1:80; root www; access_log stderr main; }";
    let compilation = compiled(server);
    let found: Vec<_> = compilation.diagnostics.sorted().iter().map(|it| it.code).collect();
    assert_eq!(found, ["K15"]);
    let site = compilation.site.unwrap();
    let format = written(&site.formats[settings(&site, "/").access_logs[0].format]);
    assert!(format.ends_with("\"{http x-forwarded-for:Default}\""), "{format}");
    refused(
        &format!("http {{ {server} }}"),
        "                                                                 ^^^^",
        "K15: there is no `log_format main`",
    );
}

#[test]
fn json_is_a_format_of_every_conf_unless_it_has_its_own() {
    let text = |conf: &str| {
        let site = site(conf);
        format!("{:?}", site.formats)
    };
    let ready = text("server { listen 127.0.0.1:80; root www; access_log stderr json; }");
    assert!(ready.contains("location_label") && ready.contains("Json"), "{ready}");
    let own = text(
        "log_format json escape=json '{\"a\":\"$uri\"}';
         server { listen 127.0.0.1:80; root www; access_log stderr json; }",
    );
    assert!(!own.contains("location_label") && own.contains("\"uri\""), "{own}");
}
