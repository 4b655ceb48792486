//! Methods.

use sitec_runtime::http::method::Method;

use super::Checked;
use crate::ast::Word;
use crate::diagnostic::Diagnostic;
use crate::suggest::closest;

/// A method that the server knows.
pub(crate) fn method(word: &Word) -> Checked<Method> {
    if let Some(method) = Method::parse(&word.value) {
        return Ok(method);
    }
    let shown = word.shown();
    let diagnostic =
        Diagnostic::error("T12", word.span, format!("`{shown}` is not a method that is known"));
    Err(Box::new(match closest(&shown, Method::ALL.into_iter().map(Method::name)) {
        Some(meant) if meant.eq_ignore_ascii_case(&shown) => {
            diagnostic.patch(format!("methods are upper case: `{meant}`"), word.span, meant)
        }
        Some(meant) => diagnostic.patch(format!("did you mean `{meant}`?"), word.span, meant),
        None => diagnostic,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{outcome, word};

    #[test]
    fn methods() {
        for (text, expected) in [
            ("GET", Ok(Method::Get)),
            ("PROPFIND", Ok(Method::Propfind)),
            ("GTE", Err("T12 0..3 `GTE` is not a method that is known [did you mean `GET`?]")),
            (
                "get",
                Err("T12 0..3 `get` is not a method that is known [methods are upper case: `GET`]"),
            ),
            ("BREW", Err("T12 0..4 `BREW` is not a method that is known")),
        ] {
            assert_eq!(outcome(method(&word(text))), expected.map_err(str::to_owned), "{text}");
        }
    }
}
