//! Confs of any number of locations or servers, of several kinds.

/// A kind: its name, and the conf of that many.
pub type Shape = (&'static str, fn(usize) -> String);

/// All kinds.
pub const SHAPES: &[Shape] = &[
    ("prefixes", |count| locations(count, |n| format!("/folder{n}/sub{}/", n % 7))),
    ("exact", |count| locations(count, |n| format!("= /folder{n}/page"))),
    ("regexes", |count| locations(count, |n| format!("~ ^/folder{n}/[a-z]+$"))),
    ("suffixes", |count| locations(count, |n| format!(r"~ \.ext{n}$"))),
    ("numbers", |count| locations(count, |n| format!("~ ^/p{n}/a[0-9]+$"))),
    ("shared front", |count| locations(count, |n| format!("~ ^/app/v1/item{n}/(edit|show)$"))),
    ("shared end", |count| locations(count, |n| format!(r"~ ^/d{n}/.*\.(php|inc)$"))),
    ("captures", |count| locations(count, |n| format!(r"~ ^/u{n}/(\d+)/([a-z]+)$"))),
    ("classes", |count| locations(count, |n| format!("~ ^/[a-c]{n}/[^/]+$"))),
    ("any case", |count| locations(count, |n| format!(r"~* ^/wiki{n}/[a-z_]+\.html$"))),
    ("within", |count| locations(count, |n| format!(r"~ ^/(.*)/x{n}/(.*)\.html$"))),
    ("mixed regexes", |count| locations(count, mixed)),
    ("redirects", |count| redirects(count)),
    ("stores", |count| {
        locations_with(count, |n| format!("/up{n}/"), |_| "upload_store www;".into())
    }),
    ("servers", |count| servers(count)),
];

fn locations(count: usize, path: impl Fn(usize) -> String) -> String {
    locations_with(count, path, |n| format!("return 200 {n};"))
}

fn locations_with(
    count: usize,
    path: impl Fn(usize) -> String,
    inside: impl Fn(usize) -> String,
) -> String {
    let locations: String =
        (0..count).map(|n| format!("    location {} {{ {} }}\n", path(n), inside(n))).collect();
    format!("server {{\n    listen 8080;\n    root www;\n{locations}}}\n")
}

fn mixed(n: usize) -> String {
    match n % 5 {
        0 => format!(r"~ ^/a{n}/[a-z]+\.html$"),
        1 => format!(r"~* \.(ext{n}|jpe{n}g)$"),
        2 => format!("~ /v{n}/"),
        3 => format!(r"~ ^/user{n}/(?<id>\d+)$"),
        _ => format!(r"~ /p{n}/.*\.php{n}$"),
    }
}

fn redirects(count: usize) -> String {
    let path = |n| format!("= /old{n}");
    locations_with(count, path, |n| format!("return 301 /old{};", n + 1))
}

fn servers(count: usize) -> String {
    let server = |n| {
        format!(
            "server {{ listen 8080; server_name h{n}.test *.h{n}.test; root www;\n\
             location /a/ {{ return 200 {n}; }} }}\n"
        )
    };
    let first = "server { listen 8080 default_server; return 444; }\n";
    first.to_owned() + &(0..count).map(server).collect::<String>()
}
