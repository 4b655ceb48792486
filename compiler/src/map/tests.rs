//! Maps of small sites.

use std::path::Path;

use super::Map;
use crate::files::Memory;
use crate::{Compilation, compile};

const CONF: &str = r#"
server {
    listen 127.0.0.1:8080;
    server_name a.test *.a.test;
    root www;
    error_page 404 /404.html;
    error_page 500 502 =200 @sorry;
    location ~* \.php$ { cgi_pass .php /usr/bin/php; }
    location / { try_files $uri $uri/ @sorry; }
    location ^~ /up/ { upload_store up; methods GET PUT; }
    location /static/ {
        alias img/;
        autoindex on;
        location ~ \.gif$ { return 410; }
    }
    location = /404.html { internal; }
    location = /old { return 301 /new?$args; }
    location /in/ { error_page 404 =404 /in/404.html; deny all; }
    location @sorry { return 503 "sorry"; }
}
server {
    listen 127.0.0.1:8080;
    listen 127.0.0.1:8081;
    return 444;
}
"#;

const TABLE: &str = r#"server a.test *.a.test (site.conf:2)
  on 127.0.0.1:8080, for every other host too

  line  location        methods       what it does
  16    =  /404.html    GET HEAD      internal; files of www
  17    =  /old         any           301 to /new?$args
  11       /static/     GET HEAD      files of alias img/, folders listed
  14      ~  \.gif$     any           410 Gone
  18       /in/         GET HEAD      not for everyone; files of www; 404: /in/404.html as 404
  10    ^~ /up/         GET HEAD PUT  stores in up; files of www
  9        /            GET HEAD      tries $uri $uri/, then @sorry; files of www
  8     ~* \.php$       GET HEAD POST  runs *.php by /usr/bin/php; files of www
  2     no other path                 404: /404.html; 500 502: @sorry as 200
  19    @sorry          any           503 "sorry"
"#;

fn compiled(text: &str) -> Compilation {
    let folders =
        ["www/404.html", "www/in/404.html", "up/a", "img/a", "/usr/bin/php"].map(|path| (path, ""));
    let files = Memory::new(folders.into_iter().chain([("site.conf", text)]));
    let compilation = compile(&files, Path::new("site.conf"));
    let said = compilation.diagnostics.render(&compilation.sources, false);
    assert!(compilation.site.is_some(), "{said}");
    compilation
}

fn with_map<T>(text: &str, ask: impl FnOnce(&Map<'_>) -> T) -> T {
    let Compilation { site, places, sources, .. } = compiled(text);
    ask(&Map::new(site.as_ref().unwrap(), &places, &sources))
}

#[test]
fn tables_show_locations_as_they_are_tried() {
    let table = with_map(CONF, |map| map.table(None));
    let (first, second) = table.split_once("\n\nserver ").unwrap();
    // The widest cell decides how wide a column is; what matters here is what stands in them.
    let plain = |text: &str| {
        let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.collect::<Vec<_>>()
    };
    assert_eq!(plain(first), plain(TABLE));
    assert!(second.contains("on 127.0.0.1:8081, for every other host too"), "{second}");
    assert!(second.contains("21    any other path  any      closes the connection"), "{second}");
}

#[test]
fn tables_fit_and_lose_nothing() {
    let letters = |text: &str| {
        text.chars().filter(|c| !c.is_whitespace()).fold([0_u32; 256], |mut counts, c| {
            counts[c as usize % 256] += 1;
            counts
        })
    };
    let whole = with_map(CONF, |map| map.table(None));
    for width in [60, 80, 100, 132] {
        let table = with_map(CONF, |map| map.table(Some(width)));
        let longest = table.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(width), "{width}:\n{table}");
        assert_eq!(letters(&table), letters(&whole), "{width}:\n{table}");
    }
}

#[test]
fn json_has_its_documented_shape() {
    let json = with_map(CONF, |map| map.json());
    assert_eq!((&json["version"], &json["conf"]), (&1.into(), &"site.conf".into()));
    let server = &json["servers"][0];
    assert_eq!(server["names"], serde_json::json!(["a.test", "*.a.test"]));
    assert_eq!(server["place"], "site.conf:2");
    let listens =
        serde_json::json!([{ "address": "127.0.0.1:8080", "tls": false, "default": true }]);
    assert_eq!(server["listens"], listens);
    let located = |name: &str| {
        let mut all = server["locations"].as_array().unwrap().iter();
        all.find(|row| row["location"] == *name).unwrap().clone()
    };
    let old = located("= /old");
    for (key, expected) in [
        ("kind", serde_json::json!("exact")),
        ("path", "/old".into()),
        ("depth", 0.into()),
        ("place", "site.conf:17".into()),
        ("internal", false.into()),
        ("restricted", false.into()),
        ("methods", serde_json::Value::Null),
        ("handler", "redirect".into()),
        ("status", 301.into()),
        ("target", "/new?$args".into()),
    ] {
        assert_eq!(old[key], expected, "{key}");
    }
    let static_files = located("/static/");
    assert_eq!(static_files["alias"], "img/");
    assert_eq!(static_files["autoindex"], true);
    assert_eq!(located("~ \\.gif$")["depth"], 1);
    assert_eq!(located("^~ /up/")["store"], "up");
    assert_eq!(located("/in/")["restricted"], true);
    let scripts = serde_json::json!([{ "extension": ".php", "interpreter": "/usr/bin/php" }]);
    assert_eq!(located("~* \\.php$")["scripts"], scripts);
    let tries = serde_json::json!({
        "candidates": ["$uri", "$uri/"], "fallback": { "location": "@sorry" },
    });
    assert_eq!(located("/")["try_files"], tries);
    let pages = serde_json::json!([
        { "status": 404, "uri": "/404.html", "response": 404 },
        { "status": 500, "location": "@sorry", "response": 200 },
        { "status": 502, "location": "@sorry", "response": 200 },
    ]);
    assert_eq!(located("= /404.html")["error_pages"], pages);
    let rest = server["locations"].as_array().unwrap().iter().find(|row| row["kind"] == "server");
    assert_eq!(rest.unwrap()["location"], serde_json::Value::Null);
    // Nothing is left to a server whose `location /` takes all paths.
    let rest = json["servers"][1]["locations"][0].clone();
    assert_eq!((&rest["kind"], &rest["location"]), (&"rest".into(), &serde_json::Value::Null));
}

#[test]
fn what_is_passed_on_is_shown() {
    let conf =
        "upstream app { server a; } server { listen 80; location / { proxy_pass http://app; }
        location /api/ { proxy_pass http://unix:/run/a.sock:/v1/; }
        location = /x { proxy_pass http://$y; } set $y b.test; }";
    let table = with_map(conf, |map| map.table(None));
    for line in [
        "2     =  /api         any          301 to /api/$is_args$args",
        "any          passes on to http://unix:/run/a.sock:/v1/",
        "any          passes on to http://app",
        "any          passes on to http://$y",
    ] {
        assert!(squeezed(&table).contains(&squeezed(line)), "{table}");
    }
    let json = with_map(conf, |map| map.json());
    let locations = json["servers"][0]["locations"].as_array().unwrap();
    let of = |name: &str| locations.iter().find(|it| it["location"] == name).unwrap();
    assert_eq!((&of("/")["handler"], &of("/")["upstream"]), (&"proxy".into(), &"app".into()));
    assert_eq!(of("= /x")["proxy_pass"], "http://$y");
    assert!(of("= /x")["upstream"].is_null());
}

/// A text with one space in the place of several.
fn squeezed(text: &str) -> String {
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[test]
fn where_tls_is_spoken_is_told() {
    let conf = "server { listen 80; listen 443 ssl; ssl_certificate /a; ssl_certificate_key /b; }";
    with_map(conf, |map| {
        let table = map.table(None);
        assert!(table.contains("on 0.0.0.0:443, over TLS, for every other host too"), "{table}");
        assert!(table.contains("on 0.0.0.0:80, for every other host too"), "{table}");
        assert!(map.dot().contains("[label=\"0.0.0.0:443, TLS\", shape=ellipse]"));
        let page = map.html();
        assert!(page.contains("0.0.0.0:443 · TLS") && !page.contains("0.0.0.0:80 · TLS"));
        let json = map.json();
        assert_eq!(json["servers"][0]["listens"][1]["tls"], true);
    });
}

#[test]
fn graphs_lead_from_addresses_to_locations() {
    let dot = with_map(CONF, |map| map.dot());
    for line in [
        "\"listen 127.0.0.1:8080\" -> s0 [label=\"default\"];",
        "\"listen 127.0.0.1:8080\" -> s1;",
        "[label=\"~ \\\\.gif$\\n410 Gone\"];",
        "[label=\"try_files\", style=dashed];",
        "[label=\"500 502\", style=dotted];",
    ] {
        assert!(dot.contains(line), "{line}\n{dot}");
    }
    assert!(dot.starts_with("digraph site {\n") && dot.ends_with("}\n"));
    let unescaped = dot.replace("\\\\", "").replace("\\\"", "");
    assert_eq!(unescaped.matches('"').count() % 2, 0, "{dot}");
}

#[test]
fn pages_need_nothing_beside_them() {
    let conf = CONF.replace("/old", "\"/<script>\"");
    let page = with_map(&conf, |map| map.html());
    assert!(page.contains("&lt;script&gt;") && page.matches("<script>").count() == 1);
    for outside in ["src=", "href=\"http", "url(", "@import", "//cdn"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let rows: usize = with_map(&conf, |map| map.servers.iter().map(|s| s.rows.len()).sum());
    assert_eq!(page.matches("<tr class=").count(), rows);
    assert!(page.contains("2 servers, 11 locations"));
    // The search box finds each by its number.
    let (_, data) = page.split_once("data-routes=\"").unwrap();
    let data = data.split('"').next().unwrap().replace("&quot;", "\"");
    let data = data.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let data: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert_eq!(data["automata"].as_array().unwrap().len(), 2);
    assert_eq!(data["listens"][0]["exact"][0], serde_json::json!(["a.test", 0]));
    let up = &data["servers"][0]["scope"]["prefix"][1];
    assert_eq!((&up[0], &up[2]), (&"/up/".into(), &true.into()));
    assert!(page.contains(&format!("id=\"location-{}\"", up[1])));
}

#[test]
fn what_nothing_comes_to_is_not_shown() {
    let compilation = compiled(
        "server {
    listen 8080;
    location ^~ /a/ { return 204; }
    location ~ ^/a/b { return 200; }
    location ~ ^/c { return 200; }
    location ~ ^/c/d { return 200; }
    location /in { internal; return 200; }
    location /e { if ($arg_a) { add_header X-A 1; return 204; } return 200; }
    location /p { if ($arg_a) { proxy_pass http://127.0.0.1:9; } return 200; }
    location @n { return 204; }
    location / { return 200 x; }
}
server {
    listen 8081;
    return 404;
    location /x { return 204; }
}
",
    );
    let Compilation { site, places, sources, .. } = &compilation;
    let map = Map::new(site.as_ref().unwrap(), places, sources);
    let expected = r#"server without a name (site.conf:1)
  on 0.0.0.0:8080, for every other host too

  line  location  methods   what it does
  3     ^~ /a/    any       204 ""
  7        /in    any       internal; 200 ""
  8        /e     GET HEAD  if ($arg_a) { return 204 ""; … } return 200 "";
  9        /p     GET HEAD  if ($arg_a) { … } return 200 "";
  11       /      any       200 "x"
  5     ~  ^/c    any       200 ""
  9     if        any       passes on to http://127.0.0.1:9

server without a name (site.conf:13)
  on 0.0.0.0:8081, for every other host too

  line  location        methods  what it does
  13    any other path  any      404 Not Found

not shown: 3 locations that nothing comes to; `sitec check` says why
"#;
    assert_eq!(map.table(None), expected);
    assert!(!map.json().to_string().contains("^/c/d") && !map.svg().contains("^/c/d"));
    // A path may be led past what it never comes to, which the page tells.
    assert!(map.html().contains("^/c/d"));
    assert_eq!(map.counts(), (2, 6));
}
