//! Texts with variables in them.

/// A value with variables in it; neighbouring literals are one piece, an empty list is "".
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Value(pub Vec<Piece>);

impl Value {
    /// The bytes of a value without variables.
    pub fn literal(&self) -> Option<&[u8]> {
        match &self.0[..] {
            [] => Some(b""),
            [Piece::Literal(bytes)] => Some(bytes),
            _ => None,
        }
    }

    /// Adds bytes at the end, as part of the literal there if there is one.
    pub(crate) fn push_literal(&mut self, bytes: &[u8]) {
        match self.0.last_mut() {
            _ if bytes.is_empty() => {}
            Some(Piece::Literal(literal)) => literal.extend_from_slice(bytes),
            _ => self.0.push(Piece::Literal(bytes.to_vec())),
        }
    }
}

/// A piece of a [`Value`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Piece {
    /// Bytes of the conf.
    Literal(Vec<u8>),
    /// A variable.
    Variable(Variable),
    /// A variable, escaped for a log line.
    Logged(Variable, Escape),
}

/// `escape=` of a `log_format`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Escape {
    Default,
    Json,
}

/// A variable.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Variable {
    /// The name of one of [`VARIABLES`](crate::value::variable::VARIABLES), or one of those of
    /// [`UserId`](super::UserId).
    Simple(&'static str),
    /// `$arg_NAME`.
    Argument(Vec<u8>),
    /// `$http_NAME`, in lower case with `-` for `_`.
    RequestField(Vec<u8>),
    /// `$sent_http_NAME`, likewise.
    ResponseField(Vec<u8>),
    /// `$sent_trailer_NAME`, likewise.
    Trailer(Vec<u8>),
    /// `$cookie_NAME`.
    Cookie(Vec<u8>),
    /// `$upstream_http_NAME`, likewise.
    UpstreamField(Vec<u8>),
    /// `$upstream_trailer_NAME`, likewise.
    UpstreamTrailer(Vec<u8>),
    /// `$upstream_cookie_NAME`.
    UpstreamCookie(Vec<u8>),
    /// `$1` to `$9`: a group of the regex that matched last.
    Capture(usize),
    /// The same, in arguments or a redirect that a `rewrite` makes: escaped where the path was.
    EscapedCapture(usize),
    /// The same in a value of `set`: escaped until a `rewrite` before it has changed the path.
    StepCapture(usize),
    /// A variable that `set` or `auth_request_set` gives values to: its number and its name, and whether
    /// the first of them is `set`, so that it is told of where it is read before that.
    Assigned(u16, String, bool),
    /// The same where a group has the name too: what has come last is its value.
    Shared(u16, String),
    /// The variable of a `map`: its number and its name.
    Mapped(usize, String),
    /// A named group, of whichever regex that matched has it.
    NamedCapture(String),
}
