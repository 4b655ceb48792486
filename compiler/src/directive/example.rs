//! An example of each directive, from `examples.conf`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::Directive;

const EXAMPLES: &str = include_str!("examples.conf");
/// What stands before the name of an example.
const MARK: &str = "\n#: ";
/// Families of directives, each with those whose examples do for it.
const FAMILIES: [(&str, &[&str]); 4] = [
    ("fastcgi_", &["proxy_"]),
    ("scgi_", &["fastcgi_", "proxy_"]),
    ("uwsgi_", &["fastcgi_", "proxy_"]),
    ("grpc_", &["proxy_"]),
];

static BY_HEADING: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let texts = EXAMPLES.split(MARK).skip(1);
    texts.filter_map(|text| text.split_once('\n')).map(|(name, it)| (name, it.trim())).collect()
});

impl Directive {
    /// A few lines of a conf that show what it is for; `None` if nobody has written them.
    pub fn example(&self) -> Option<Cow<'static, str>> {
        let heading = self.heading();
        let own = BY_HEADING.get(&*heading).or_else(|| BY_HEADING.get(self.name));
        own.map(|&own| own.into()).or_else(|| self.example_of_family())
    }

    fn example_of_family(&self) -> Option<Cow<'static, str>> {
        let (prefix, others) = FAMILIES.iter().find(|(own, _)| self.name.starts_with(own))?;
        let rest = &self.name[prefix.len()..];
        others.iter().find_map(|other| {
            let example = BY_HEADING.get(&*format!("{other}{rest}"))?;
            let own = example.replace(other, prefix);
            Some(if *prefix == "grpc_" { own.replace("http://", "grpc://") } else { own }.into())
        })
    }

    /// Its heading: a name may mean something else in an `upstream`.
    pub(super) fn heading(&self) -> String {
        let place = if self.is_line() { " in upstream" } else { "" };
        format!("{}{place}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Context, all, find_in};
    use super::*;
    use crate::ast::{self, Conf};
    use crate::compile;
    use crate::diagnostic::Diagnostics;
    use crate::files::Memory;
    use crate::source::Sources;

    /// The confs that an example may be a part of, by the context in which it stands there.
    const AROUND: [(Context, &str); 5] = [
        (Context::Location, "server { listen 8080; http2 on; location / { {pass} {example} } }"),
        (Context::Server, "server { {listen} {root} {example} }"),
        (Context::Http, "{example} {server}"),
        (Context::Upstream, "upstream app { {peers} {example} } {passing}"),
        (Context::AcmeIssuer, "acme_issuer le { {uri} {challenge} {terms} {example} } {fetching}"),
    ];
    /// What takes the place of a `{…}` there, unless the example has the text before it.
    const PARTS: [(&str, &str, &str); 9] = [
        ("listen ", "{listen}", "listen 8080;"),
        ("server {", "{server}", "server { listen 8080; return 204; }"),
        ("server ", "{peers}", "server 10.0.0.1:8080; server 10.0.0.2:8080;"),
        ("root ", "{root}", "root www;"),
        ("uri ", "{uri}", "uri https://ca.test/directory;"),
        ("challenge ", "{challenge}", "challenge tls-alpn-01;"),
        ("accept_", "{terms}", "accept_terms_of_service;"),
        ("\n\n", "{passing}", "server { listen 8080; location / { proxy_pass http://app; } }"),
        (
            "\n\n",
            "{fetching}",
            "server { listen 443 ssl; server_name a.test; root www; acme_certificate le; \
             ssl_certificate $acme_certificate; ssl_certificate_key $acme_certificate_key; }",
        ),
    ];
    /// What may be found in an example: that a directive has no effect, and what an example that
    /// shows one thing leaves out.
    const ALLOWED: &[&str] = &["D13"];

    fn files(conf: &str) -> Memory {
        let certificate = include_str!("../certificates/samples/leaf.pem");
        let key = include_str!("../certificates/samples/leaf.key");
        let empty = [
            "headers.inc",
            "incoming/a",
            "logs/access.log",
            "parts/_header.html",
            "scripts/hello.sh",
            "www/404.html",
            "tls/passwords",
            "www/assets/site.css",
            "www/index.html",
            "www/new",
            "www/sorry.html",
        ];
        let mut files = Memory::new(empty.map(|name| (name, ""))).with("site.conf", conf);
        files = files.with("users", "a:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=\n");
        files = files.with("/etc/ssl/certs/ca-certificates.crt", certificate);
        files = files.with("bin/app", "").with("/bin/sh", "");
        for name in ["client", "example.test", "internal-ca", "partners", "revoked", "staff"] {
            files = files.with(&format!("tls/{name}.pem"), certificate);
            files = files.with(&format!("tls/{name}.key"), key);
        }
        files
    }

    fn parsed(text: &str) -> Option<Conf> {
        let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::default());
        let path = Path::new("site.conf");
        crate::parse::parse(&files(text), path, &mut sources, &mut Vec::new(), &mut diagnostics)
    }

    /// The conf that an example is a part of; `None` if there is none.
    fn whole(row: &Directive, example: &str) -> Option<String> {
        let conf = parsed(example)?;
        let names: Vec<_> = conf.directives.iter().map(|it| it.name.shown()).collect();
        let fits = |context: Context| {
            let at_top = |row: &Directive| {
                context == Context::Http
                    && [Context::Main, Context::Events].iter().any(|it| row.contexts.contains(it))
            };
            names.iter().all(|name| {
                let row = find_in(name, context);
                row.is_some_and(|row| row.contexts.contains(&context) || at_top(row))
            })
        };
        let is_named = |directive: &ast::Directive| {
            directive.args.first().is_some_and(|word| word.value.starts_with(b"@"))
        };
        let fits = |context| {
            fits(context) && (context != Context::Location || !conf.directives.iter().any(is_named))
        };
        let mut around = AROUND.iter().filter(|(it, _)| !row.is_line() || *it == Context::Upstream);
        let (_, around) = around.find(|(context, _)| fits(*context))?;
        let pass = match row.name.split_once('_') {
            _ if example.contains("_pass ") => "",
            Some(("proxy", rest)) if rest.starts_with("ssl_") => {
                "proxy_pass https://127.0.0.1:9000;"
            }
            Some(("grpc", rest)) if rest.starts_with("ssl_") => "grpc_pass grpcs://127.0.0.1:9000;",
            Some(("grpc", _)) => "grpc_pass grpc://127.0.0.1:9000;",
            Some(("proxy" | "early", _)) => "proxy_pass http://127.0.0.1:9000;",
            _ => "",
        };
        let mut conf = around.replace("{pass}", pass);
        for (own, hole, text) in PARTS {
            conf = conf.replace(hole, if example.contains(own) { "" } else { text });
        }
        Some(conf.replace("{example}", example))
    }

    #[test]
    fn every_directive_has_an_example_that_compiles() {
        let mut wrong = String::new();
        for row in all() {
            let Some(example) = row.example() else {
                wrong += &format!("`{}` has no example in examples.conf\n", row.heading());
                continue;
            };
            assert!(example.contains(row.name), "{}: {example}", row.name);
            let Some(conf) = whole(row, &example) else {
                wrong += &format!("`{}` has an example that stands nowhere\n", row.heading());
                continue;
            };
            let compilation = compile(&files(&conf), Path::new("site.conf"));
            let found = compilation.diagnostics.sorted();
            if found.iter().any(|it| !ALLOWED.contains(&it.code)) {
                wrong += &compilation.diagnostics.render(&compilation.sources, false);
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
    }

    #[test]
    fn every_example_is_of_a_directive() {
        for heading in BY_HEADING.keys() {
            let is_of = |row: &Directive| row.heading() == *heading || row.name == *heading;
            assert!(all().any(is_of), "{heading}");
        }
    }
}
