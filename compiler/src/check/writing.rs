//! What may be written: `upload_store`, `dav_methods`, and what goes with them.

use sitec_runtime::http::method::{Method, MethodSet};
use sitec_runtime::site::{Dav, DirectoryId};

use super::groups::Groups;
use super::path::Path;
use super::reader::Reader;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::directive::Values;
use crate::ir::{Handler, Upload};
use crate::source::Span;
use crate::value::{Checked, keyword_in_any_case};

/// What a level has been given for writing.
#[derive(Clone)]
pub(super) struct Writing {
    store: Option<Store>,
    /// `upload_redirect`.
    redirect: Option<String>,
    dav_methods: MethodSet,
    /// Where `dav_methods` stands.
    dav_span: Span,
}

/// An `upload_store`. Locations within the one that it stands in share its folder, whatever
/// their own paths are.
#[derive(Clone)]
struct Store {
    directory: DirectoryId,
    folder_len: Option<usize>,
    span: Span,
}

impl Writing {
    /// What holds where nothing was said.
    pub(super) fn outermost() -> Writing {
        Writing {
            store: None,
            redirect: None,
            dav_methods: MethodSet::EMPTY,
            dav_span: Span::default(),
        }
    }

    /// Takes the `upload_store` among these directives; `path` is the location's.
    pub(super) fn set(
        &mut self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
        path: Option<&Path>,
    ) {
        if let Some(directive) = named(directives, "upload_redirect").next()
            && let Some(uri) = reader.report(redirect(&directive.args[0]))
        {
            self.redirect = uri;
        }
        let Some(directive) = named(directives, "upload_store").next() else { return };
        let directory = reader.store(&directive.args[0], groups);
        let Some(directory) = reader.report(directory) else { return };
        let folder_len = match path {
            Some(Path::Prefix { path, .. } | Path::Exact(path)) => {
                Some(path.strip_suffix(b"/").unwrap_or(path).len())
            }
            Some(Path::Regex(_) | Path::Named(_)) | None => None,
        };
        self.store = Some(Store { directory, folder_len, span: directive.span() });
    }

    /// Takes a `dav_methods`.
    pub(super) fn set_dav_methods(&mut self, directive: &Directive) -> Checked<()> {
        self.dav_methods = dav_methods(&directive.args)?;
        self.dav_span = directive.span();
        Ok(())
    }

    /// Forgets what was inherited.
    pub(super) fn turn_off(&mut self) {
        self.store = None;
        self.dav_methods = MethodSet::EMPTY;
    }

    /// The directive that lets clients write, if one does.
    pub(super) fn span(&self) -> Option<Span> {
        let dav = (self.dav_methods != MethodSet::EMPTY).then_some(self.dav_span);
        self.store.as_ref().map(|store| store.span).or(dav)
    }

    /// Who writes in a location that has been given this, and by which methods unless the conf
    /// names others. `None` if nobody does.
    pub(super) fn resolved(&self, values: &Values) -> Option<(Handler, MethodSet)> {
        let reading = MethodSet::of(&[Method::Get, Method::Head]);
        if let Some(Store { directory, folder_len, .. }) = self.store {
            let methods = reading.with(Method::Post).with(Method::Put);
            let methods = match self.dav_methods.contains(Method::Delete) {
                true => methods.with(Method::Delete),
                false => methods,
            };
            let redirect = self.redirect.clone();
            let upload = Upload { directory, folder_len, redirect, plain: values.upload };
            return Some((Handler::Upload(upload), methods));
        }
        if self.dav_methods == MethodSet::EMPTY {
            return None;
        }
        let dav = Dav { methods: self.dav_methods, plain: values.dav };
        Some((Handler::Dav(dav), self.dav_methods.iter().fold(reading, MethodSet::with)))
    }
}

/// Where an `upload_redirect` leads; `None`: nowhere.
fn redirect(word: &Word) -> Checked<Option<String>> {
    let wrong = |text: &str, help: &str| {
        let message = format!("`{}` {text}", word.shown());
        Err(Box::new(Diagnostic::error("T29", word.span, message).help(help)))
    };
    match word.text() {
        Some("off") => Ok(None),
        Some(uri) if uri.contains('$') => {
            wrong("has a variable, which stands for itself here", "name one address")
        }
        Some(uri) if !uri.bytes().all(|byte| byte.is_ascii_graphic()) => {
            wrong("has characters that no URI has", "write them as `%` and two digits")
        }
        Some(uri) if uri.starts_with('/') && !uri.starts_with("//") => Ok(Some(uri.to_owned())),
        Some(uri) if uri.starts_with("http://") || uri.starts_with("https://") => {
            Ok(Some(uri.to_owned()))
        }
        _ => wrong("is no address to go to", "begin it with a slash, `https://` or `http://`"),
    }
}

/// The methods of a `dav_methods`, which nginx takes in any case.
fn dav_methods(words: &[Word]) -> Checked<MethodSet> {
    let known = [
        ("off", None),
        ("PUT", Some(Method::Put)),
        ("DELETE", Some(Method::Delete)),
        ("MKCOL", Some(Method::Mkcol)),
        ("COPY", Some(Method::Copy)),
        ("MOVE", Some(Method::Move)),
    ];
    let mut set = MethodSet::EMPTY;
    for word in words {
        let Some(method) = keyword_in_any_case(word, &known)? else { continue };
        set = set.with(method);
    }
    Ok(set)
}
