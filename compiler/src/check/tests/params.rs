//! Where params may stand.

use super::{compiled, refused, site};
use crate::directive::{self, Context, Form};

/// A directive of each row, with a param in its last place, and whether the table lets it hold one.
#[test]
fn params_stand_where_the_table_says() {
    for row in directive::all() {
        let words = row.args.1.min(row.args.0.max(1) + 1);
        for place in 0..words {
            let mut args = vec!["x"; words.max(row.args.0)];
            args[place] = "a${P}b";
            let end = if row.form == Form::Simple { ";" } else { " { }" };
            let line = format!("{} {}{end}", row.name, args.join(" "));
            let text = match row.contexts {
                [.., Context::Location] => {
                    format!("server {{ listen 80; location / {{ {line} }} }}")
                }
                [.., Context::Server] => {
                    format!("server {{ listen 80; {line} }}")
                }
                [Context::AcmeIssuer] => {
                    format!("acme_issuer i {{ {line} }} server {{ listen 80; }}")
                }
                [Context::Upstream] => {
                    format!("upstream u {{ {line} }} server {{ listen 80; }}")
                }
                _ => line.clone(),
            };
            let text = format!("param P p; {text}");
            let compilation = compiled(&text);
            let found = compilation.diagnostics.sorted();
            let misplaced = found.iter().any(|diagnostic| {
                diagnostic.code == "T26" && diagnostic.message.contains("cannot stand here")
            });
            // `include` is no directive once the conf is read.
            if !["include", "limit_except"].contains(&row.name) {
                assert_eq!(misplaced, place >= row.params, "{text}");
            }
        }
    }
    let names = directive::with_params();
    for name in ["`listen`", "`upload_store`", "`error_log`", " and `"] {
        assert!(names.contains(name), "{names}");
    }
}

#[test]
fn a_param_is_no_part_of_a_pattern() {
    let stand = "the param `P` cannot stand here";
    let help = format!("T26: {stand}");
    for (text, drawn) in [
        ("server_name *.${P};", "              ^^^^"),
        ("server_name .${P};", "             ^^^^"),
        ("server_name ${P}.*;", "            ^^^^"),
        ("server_name ${P}.;", "            ^^^^"),
        ("server_name ~${P}$;", "             ^^^^"),
        ("server_name a.test ~^$P;", "                     ^^"),
        ("location /${P}/ { }", "          ^^^^"),
        ("location ~ ^/${P} { }", "             ^^^^"),
        ("types { text/html ${P}; }", "                  ^^^^"),
        ("cgi_pass .${P} /bin/sh;", "          ^^^^"),
        ("location /d/ { root /srv/$host/${P}; }", "                               ^^^^"),
        ("add_header X \"a ${P}\";", "                ^^^^"),
        ("expect GET /${P} 404;", "            ^^^^"),
    ] {
        let front = "param P p; server { listen 80; ";
        let drawn = format!("{}{drawn}", " ".repeat(front.len()));
        refused(&format!("{front}{text} }}"), &drawn, &help);
    }
    refused("param P p; user ${P}; server { listen 80; }", "                ^^^^", &help);
    refused("param P p; param Q ${P}; server { listen 80; }", "                   ^^^^", &help);
    // A group of a regex has the name first, and `$` at the end of a regex is no name.
    site(
        "param A a; server { listen 80; server_name ${A}; location ~ ^/(?<a>x)$ { return 200 $A; } }",
    );
    site(
        "param P p; server { listen 80; server_name www.${P}.test; location ~ \\.(P|Q)$ { return 200 x; } }",
    );
}
