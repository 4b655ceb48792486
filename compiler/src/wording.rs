//! What [`ir`](crate::ir) holds, in the conf's words: values with their variables, sizes, times,
//! lists of methods.

use sitec_runtime::http::method::MethodSet;
use sitec_runtime::site::DirectoryId;

use crate::ir::{self, Piece, StartPiece, Value, Variable};

/// A value, with its variables as they are written.
pub(crate) fn value(value: &Value) -> String {
    let pieces = value.0.iter().map(|piece| match piece {
        Piece::Literal(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Piece::Variable(name) | Piece::Logged(name, _) => variable(name),
    });
    pieces.collect()
}

/// A variable, as it is written.
fn variable(variable: &Variable) -> String {
    let named = |front: &str, name: &[u8]| {
        format!("${front}{}", String::from_utf8_lossy(name).replace('-', "_"))
    };
    match variable {
        Variable::Simple(name) => format!("${name}"),
        Variable::Argument(name) => named("arg_", name),
        Variable::RequestField(name) => named("http_", name),
        Variable::ResponseField(name) => named("sent_http_", name),
        Variable::Cookie(name) => named("cookie_", name),
        Variable::Capture(number) => format!("${number}"),
        Variable::NamedCapture(name) => format!("${name}"),
    }
}

/// A text of the start, with its params as they are written.
pub(crate) fn start_text(site: &ir::Site, text: &[StartPiece]) -> String {
    let pieces = text.iter().map(|piece| match piece {
        StartPiece::Literal(text) => text.clone(),
        StartPiece::Param(id) => format!("${{{}}}", site.params[*id].name),
    });
    pieces.collect()
}

/// A directory of the site.
pub(crate) fn directory(site: &ir::Site, id: DirectoryId) -> String {
    site.directories.get(usize::from(id)).map_or_else(String::new, |text| start_text(site, text))
}

/// Where the files of a location are, as `root` or `alias` say it; `None` where it has none.
pub(crate) fn base(base: &ir::FileBase) -> Option<(&'static str, String)> {
    let directive = if base.alias { "alias" } else { "root" };
    (base.directory != DirectoryId::MAX).then(|| (directive, value(&base.text)))
}

/// Names of methods with spaces between them.
pub(crate) fn methods(methods: MethodSet) -> String {
    if methods == MethodSet::ALL { "any".to_owned() } else { methods.allow().replace(", ", " ") }
}
