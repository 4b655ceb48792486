//! The map for programs. Its shape is described in docs/routes.md, and tested.

use serde_json::{Map as Object, Value, json};
use sitec_runtime::http::method::{Method, MethodSet};
use sitec_runtime::site::ErrorStatus;

use super::row::{Words, candidate};
use super::{Kind, Map, Reached, Row, Server};
use crate::ir::{self, Action, ErrorTarget, Fallback, Handler, Return, Scripts};
use crate::wording;

/// The version of the shape: a later one has all that this one has.
const VERSION: u32 = 1;

impl Map<'_> {
    /// The map as one JSON object.
    pub fn json(&self) -> Value {
        let servers: Vec<_> = self.servers.iter().map(|server| self.server_json(server)).collect();
        json!({ "version": VERSION, "conf": self.site.name, "servers": servers })
    }

    fn server_json(&self, server: &Server) -> Value {
        let listens = server
            .listens
            .iter()
            .map(|Reached { address, tls, is_default }| {
                json!({ "address": address, "tls": tls, "default": is_default })
            });
        json!({
            "names": server.names,
            "place": server.place,
            "listens": listens.collect::<Vec<_>>(),
            "locations": server.shown().map(|row| self.row_json(row)).collect::<Vec<_>>(),
        })
    }

    fn row_json(&self, row: &Row) -> Value {
        let location = &self.site.locations[row.id as usize];
        let settings = &self.site.settings[location.settings];
        let words = Words { site: self.site, places: self.places };
        let root = wording::base(self.site, &settings.base);
        let index: Vec<_> = settings.index.iter().map(wording::value).collect();
        let pages = settings.error_pages.iter().map(|page| error_page(words, page));
        let is_own = matches!(row.kind, Kind::Rest | Kind::Server);
        let mut object = object([
            ("location", (!is_own).then(|| row.named()).into()),
            ("kind", row.kind.name().into()),
            ("path", row.path.clone().into()),
            ("depth", row.depth.into()),
            ("place", row.place.clone().into()),
            ("internal", location.internal.into()),
            (
                "restricted",
                (!settings.admission.is_open() || location.limit_except.is_some()).into(),
            ),
            ("methods", method_names(location.methods)),
            ("does", row.does.clone().into()),
            ("error_pages", pages.collect::<Vec<_>>().into()),
        ]);
        object.extend(action(words, &location.action));
        if let (Action::Serve { .. }, Some((directive, folder))) = (&location.action, root) {
            object.insert(directive.into(), folder.into());
            object.insert("index".into(), index.into());
            object.insert("autoindex".into(), settings.listing.is_some().into());
        }
        object.into()
    }
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Object<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The names of methods; null for any.
fn method_names(methods: MethodSet) -> Value {
    if methods == MethodSet::ALL {
        return Value::Null;
    }
    methods.iter().map(Method::name).collect::<Vec<_>>().into()
}

/// `handler`, and what belongs to it.
fn action(words: Words<'_>, action: &Action) -> Object<String, Value> {
    match action {
        Action::Return(answer) => returns(answer),
        Action::Serve { try_files, handler } => {
            let mut fields = handles(words, handler);
            if let Some(list) = try_files {
                let candidates: Vec<_> = list.candidates.iter().map(candidate).collect();
                let fallback = match &list.fallback {
                    Fallback::Status(code) => json!({ "status": code }),
                    Fallback::Named(_) => json!({ "location": words.fallback(&list.fallback) }),
                    Fallback::Uri(_) => json!({ "uri": words.fallback(&list.fallback) }),
                };
                let tries = json!({ "candidates": candidates, "fallback": fallback });
                fields.insert("try_files".into(), tries);
            }
            fields
        }
    }
}

fn returns(answer: &Return) -> Object<String, Value> {
    match answer {
        Return::Status(code) => object([("handler", "status".into()), ("status", (*code).into())]),
        Return::Redirect(code, target) => object([
            ("handler", "redirect".into()),
            ("status", (*code).into()),
            ("target", wording::value(target).into()),
        ]),
        Return::Text(code, text) => object([
            ("handler", "text".into()),
            ("status", (*code).into()),
            ("text", wording::value(text).into()),
        ]),
        Return::Close => object([("handler", "close".into())]),
    }
}

fn handles(words: Words<'_>, handler: &Handler) -> Object<String, Value> {
    match handler {
        Handler::Files => object([("handler", "files".into())]),
        Handler::Status => object([("handler", "stub_status".into())]),
        Handler::Metrics => object([("handler", "metrics".into())]),
        Handler::StatusPage => object([("handler", "status_page".into())]),
        Handler::EmptyGif => object([("handler", "empty_gif".into())]),
        Handler::Cgi(cgi) => match &cgi.scripts {
            Scripts::Program { program, .. } => {
                object([("handler", "program".into()), ("program", words.program(*program).into())])
            }
            Scripts::ByExtension(rules) => {
                let rules = rules.iter().map(|rule| {
                    let interpreter = rule.interpreter.map(|id| words.program(id));
                    let extension = String::from_utf8_lossy(&rule.extension);
                    json!({ "extension": extension, "interpreter": interpreter })
                });
                let rules = rules.collect::<Vec<_>>();
                object([("handler", "scripts".into()), ("scripts", rules.into())])
            }
        },
        Handler::Proxy(proxy) => object([
            ("handler", "proxy".into()),
            (proxy.wire.pass(), wording::target(words.site, proxy).into()),
            ("upstream", wording::upstream(words.site, &proxy.target).into()),
        ]),
        Handler::Upload(upload) => {
            let store = wording::directory(words.site, upload.directory);
            object([("handler", "upload".into()), ("store", store.into())])
        }
        Handler::Dav(dav) => {
            object([("handler", "dav".into()), ("dav_methods", method_names(dav.methods))])
        }
    }
}

fn error_page(words: Words<'_>, page: &ir::ErrorPage) -> Value {
    let (kind, target) = match &page.target {
        ErrorTarget::Uri(uri) => ("uri", wording::value(uri)),
        ErrorTarget::Named(id) => ("location", words.named(*id)),
        ErrorTarget::Redirect(target) => ("redirect", wording::value(target)),
    };
    // Null: whatever the target answers.
    let response = match page.response {
        ErrorStatus::Keep => Some(page.status),
        ErrorStatus::Replace(code) => Some(code),
        ErrorStatus::FromTarget => None,
    };
    json!({ "status": page.status, kind: target, "response": response })
}
