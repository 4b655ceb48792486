//! Bounds of small sites.

use std::path::Path;

use sitec_runtime::http2;
use sitec_runtime::pack::LARGE_LEN;

use super::{LISTED_LEN, Reckoned, reckon};
use crate::files::Memory;
use crate::{Compilation, compile};

fn reckoned(text: &str) -> Reckoned {
    let files = Memory::new([("up/a", ""), ("/usr/bin/php", ""), ("site.conf", text)]);
    let compilation = compile(&files, Path::new("site.conf"));
    let said = compilation.diagnostics.render(&compilation.sources, false);
    let site = compilation.site.unwrap_or_else(|| panic!("{said}"));
    reckon(&site, &compilation.places, &compilation.sources, 4)
}

#[test]
fn directives_decide() {
    let plain = reckoned("server { listen 80; root up; }");
    assert_eq!((plain.facts.workers, plain.workers_by_cpus), (1, false));
    assert_eq!(plain.bounds.processes, 1);
    assert!(plain.parts.iter().all(|part| !part.contained));
    let auto = reckoned("worker_processes auto; server { listen 80; root up; }");
    assert_eq!((auto.facts.workers, auto.workers_by_cpus), (4, true));
    for more in [
        "worker_connections 2000; server { listen 80; }",
        "server { listen 80; large_client_header_buffers 8 16k; }",
        "server { listen 80; return 200 \"$http_a$http_b$http_c$http_d\"; }",
        "server { listen 80; add_header X-A $http_a; add_header X-B $http_b$http_c$uri$uri; }",
        "server { listen 80; root up; cgi_pass .php /usr/bin/php; }",
        "server { listen 80; location / { upload_store up; } }",
        "server { listen 80; access_log a.log combined buffer=1m; }",
        "server { listen 80; location / { proxy_pass http://a; } }",
    ] {
        let bounds = reckoned(more).bounds;
        assert!(bounds.memory > plain.bounds.memory, "{more}: {bounds:?}");
    }
    let log = reckoned("server { listen 80; root up; error_log a.log; }").bounds;
    let logs =
        "server { listen 80; root up; error_log a.log; error_log b.log info; error_log stderr; }";
    let logs = reckoned(logs).bounds;
    assert_eq!(logs.descriptors, log.descriptors + 1);
    assert!(logs.memory > log.memory);
    let scripts = "cgi_max_processes 7; server { listen 80; root up; cgi_pass .php /usr/bin/php; \
                   client_body_buffer_size 1m; }";
    let scripts = reckoned(scripts);
    assert_eq!((scripts.bounds.processes, scripts.facts.waiting_len), (10, 1 << 20));
    let lists = reckoned("server { listen 80; root up; autoindex on; }");
    assert_eq!(lists.bounds.memory, plain.bounds.memory + LISTED_LEN);
    let proxied = |more: &str| {
        reckoned(&format!("server {{ listen 80; {more} location / {{ proxy_pass http://a; }} }}"))
    };
    let facts = proxied("proxy_buffers 4 4k; proxy_buffer_size 8k;").facts;
    assert_eq!((facts.proxied, facts.kept_lines), (Some((8 << 10, 16 << 10)), 32));
    assert_eq!(facts.waiting_len, 16 << 10);
    let facts = proxied("proxy_buffering off; proxy_request_buffering off;").facts;
    assert_eq!((facts.proxied, facts.waiting_len), (Some((64 << 10, 0)), 0));
    let facts = proxied("proxy_http_version 2; proxy_buffer_size 8k;").facts;
    assert_eq!(facts.proxied, Some((8 << 10, http2::client::held_len(8 << 10))));
    let ranges = reckoned("server { listen 80; root up; max_ranges 1000; }");
    let tls = |more: &str| {
        let tls = "ssl_certificate /a.pem; ssl_certificate_key /a.key;";
        reckoned(&format!("server {{ listen 443 ssl; {tls} root up; {more} }}"))
    };
    let without = tls("");
    // At rest 8 KB, a record of 17 KB sealed and opened, 64 KB read and as many to be sent.
    let per_connection = without.bounds.connection_len - plain.bounds.connection_len;
    assert_eq!(per_connection, (8 + 2 * 17 + 2 * 64 + 4) << 10);
    assert_eq!(without.facts.threads(), plain.facts.threads() + 1);
    let kept = tls("ssl_session_cache shared:a:1m;");
    assert_eq!(kept.bounds.memory - without.bounds.memory, 4000 * 512);
    assert!(kept.text().contains("for sessions of TLS that are kept"));
    // Servers share one by its name.
    let three = |names: [&str; 3]| {
        let server = |(at, name)| {
            format!(
                "server {{ listen {} ssl; ssl_certificate /{at}.pem; ssl_certificate_key /a.key; root up; \
                 ssl_session_cache shared:{name}; }}",
                443 + at
            )
        };
        reckoned(&names.into_iter().enumerate().map(server).collect::<String>()).facts.sessions_len
    };
    assert_eq!(three(["a:1m", "a:1m", "a:2m"]), 8000 * 512);
    assert_eq!(three(["a:1m", "b:1m", "a:1m"]), 8000 * 512);
    let clients = "ssl_verify_client optional_no_ca; ssl_session_cache builtin:1000;";
    assert_eq!(tls(clients).facts.sessions_len, 1000 * 4608);
    let over = |scheme: &str| {
        reckoned(&format!("server {{ listen 80; location / {{ proxy_pass {scheme}://a; }} }}"))
    };
    let (over_tls, over_http) = (over("https"), over("http"));
    let more = over_tls.bounds.connection_len - over_http.bounds.connection_len;
    assert_eq!(more, per_connection);
    assert_eq!(over_tls.facts.threads(), over_http.facts.threads() + 1);
    let is_part = |it: &Reckoned| it.parts.iter().any(|it| it.name == "TLS" && it.contained);
    assert!(is_part(&over_tls) && !is_part(&over_http) && is_part(&without));
    let per_range = 32 * plain.facts.connections;
    assert_eq!(ranges.bounds.memory, plain.bounds.memory + (1000 - 200) * per_range);
}

#[test]
fn large_files_of_the_binary_take_a_descriptor() {
    let descriptors = |len, embed| {
        let large = "x".repeat(len);
        let text = format!("server {{ listen 80; root www; embed {embed}; }}");
        let files = Memory::new([("www/large", large.as_str()), ("site.conf", &text)]);
        let Compilation { site, places, sources, .. } = compile(&files, Path::new("site.conf"));
        reckon(&site.expect("it compiles"), &places, &sources, 1).bounds.descriptors
    };
    let without = descriptors(LARGE_LEN, "off");
    assert_eq!(descriptors(LARGE_LEN - 1, "on"), without);
    assert_eq!(descriptors(LARGE_LEN, "on"), without + 1);
}

/// The example of docs/bounds.md is what is said of its conf. With `UPDATE` in the environment it is
/// made so.
#[test]
fn the_page_has_a_real_example() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/bounds.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let (_, conf) = page.split_once("```nginx\n").expect("a conf");
    let (conf, _) = conf.split_once("```").expect("its end");
    let files = [("www/new/a", ""), ("/srv/bin/api", ""), ("site.conf", conf)];
    let compilation = compile(&Memory::new(files), Path::new("site.conf"));
    let site = compilation.site.expect("it compiles");
    let said = reckon(&site, &compilation.places, &compilation.sources, 1).text();
    let command = "    $ sitec bounds site.conf\n";
    let (front, rest) = page.split_once(command).expect("the command");
    let is_shown = |line: &&str| line.trim().is_empty() || line.starts_with("    ");
    let shown: String = rest.split_inclusive('\n').take_while(is_shown).collect();
    let indented = |line: &str| if line.is_empty() { "\n".into() } else { format!("    {line}\n") };
    let expected = said.lines().map(indented).collect::<String>() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        let back = &rest[shown.len()..];
        std::fs::write(path, format!("{front}{command}{expected}{back}")).expect("written");
        return;
    }
    assert_eq!(shown, expected, "run `UPDATE=1 cargo test -p sitec-compiler real_example`");
}

#[test]
fn parts_are_told_with_what_needs_them() {
    let conf = "param PORT 80; limit_conn_zone $host zone=z:1m;
server {
    listen ${PORT}; listen 443 ssl; http2 on; root up; ssl_certificate /a.pem; ssl_certificate_key /a.key;
    location /a { cgi_pass .php /usr/bin/php; }
    location /b { upload_store up; }
    location /c { dav_methods PUT; client_max_body_size 1m; }
    location /d { autoindex on; gzip_static on; brotli_static on; zstd_static on; gzip on; brotli on; zstd on; }
    location /e { metrics; deny all; auth_basic A; auth_basic_user_file /run/users; auth_request /e; limit_conn z 1; sub_filter a b; source_charset a; ssi on; secure_link a; secure_link_md5 b; }
    location ~ ^/f { return 200; }
    location /g { proxy_pass http://g; }
}";
    let all = reckoned(conf);
    for (part, by) in all.parts.iter().zip([
        "location /a (site.conf:4)",
        "location /b (site.conf:5)",
        "location /c (site.conf:6)",
        "location /g (site.conf:10)",
        "location /d (site.conf:7)",
        "location /d (site.conf:7)",
        "location /d (site.conf:7)",
        "location /d (site.conf:7)",
        "location /d (site.conf:7)",
        "location /d (site.conf:7)",
        "location /d (site.conf:7)",
        "location /e (site.conf:8)",
        "location /e (site.conf:8)",
        "location /e (site.conf:8)",
        "location /e (site.conf:8)",
        "location /e (site.conf:8)",
        "location /e (site.conf:8)",
        "server (site.conf:2)",
        "location /e (site.conf:8)",
        "location /e (site.conf:8)",
        "location /e (site.conf:8)",
        "location /e (site.conf:8)",
        "server (site.conf:2)",
        "location ~ ^/f (site.conf:9)",
        "param PORT",
    ]) {
        assert_eq!((part.contained, part.by.as_deref()), (true, Some(by)), "{}", part.name);
    }
    let text = all.text();
    for line in ["scripts           location /a", "processes             35", "workers"] {
        assert!(text.contains(line), "{line}:\n{text}");
    }
    let json = all.json();
    assert_eq!((&json["threads"], &json["parts"][0]["contained"]), (&4.into(), &true.into()));
}
