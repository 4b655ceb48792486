//! What [`ir`](crate::ir) holds, in the conf's words: values with their variables, sizes, times,
//! lists of methods.

use sitec_runtime::http::method::MethodSet;
use sitec_runtime::site::{DirectoryId, PathTest, Then};

use crate::ir::{
    self, Condition, Op, Pattern, Piece, Return, Rewrite, StartPiece, Target, Test, Value, Variable,
};

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
        Variable::Trailer(name) => named("sent_trailer_", name),
        Variable::Cookie(name) => named("cookie_", name),
        Variable::UpstreamField(name) => named("upstream_http_", name),
        Variable::UpstreamTrailer(name) => named("upstream_trailer_", name),
        Variable::UpstreamCookie(name) => named("upstream_cookie_", name),
        Variable::Capture(number) => format!("${number}"),
        Variable::EscapedCapture(number) | Variable::StepCapture(number) => format!("${number}"),
        Variable::NamedCapture(name)
        | Variable::Assigned(_, name, _)
        | Variable::Shared(_, name)
        | Variable::Mapped(_, name) => format!("${name}"),
    }
}

/// `rewrite`, `if` and their like, as they are written.
pub(crate) fn steps(ops: &[Op]) -> String {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(op) = ops.get(at) {
        at += 1;
        words.push(match op {
            Op::If { condition: asked, skip, location } => {
                let within = steps(&ops[at..at + skip]);
                at += skip;
                let own = if location.is_some() { " …" } else { "" };
                let within = format!("{within}{own}");
                format!("if ({}) {{ {} }}", condition(asked), within.trim())
            }
            Op::Set(_, name, text) => format!("set ${name} {};", quoted(text)),
            Op::Rewrite(it) => format!("{};", rewrite(it)),
            Op::Return(Return::Status(status)) => format!("return {status};"),
            Op::Return(Return::Redirect(status, text) | Return::Text(status, text)) => {
                format!("return {status} {};", quoted(text))
            }
            Op::Return(Return::Close) => "return 444;".to_owned(),
            Op::Break => "break;".to_owned(),
        });
    }
    words.join(" ")
}

/// A condition, without its parentheses.
pub(crate) fn condition(condition: &Condition) -> String {
    let not = if condition.negated { "!" } else { "" };
    match &condition.test {
        Test::Truth(text) => format!("{not}{}", value(text)),
        Test::Equal(one, other) => format!("{} {not}= {}", value(one), quoted(other)),
        Test::Matches(text, regex) => {
            let any_case = if regex.pattern.ignore_case { "*" } else { "" };
            format!("{} {not}~{any_case} {}", value(text), self::regex(&regex.pattern))
        }
        Test::Path(path, test) => {
            let letter = match test {
                PathTest::File => 'f',
                PathTest::Directory => 'd',
                PathTest::Exists => 'e',
                PathTest::Executable => 'x',
            };
            format!("{not}-{letter} {}", quoted(path))
        }
    }
}

/// A `rewrite`, as it is written but for its regex.
pub(crate) fn rewrite(rewrite: &Rewrite) -> String {
    let mut target = value(&rewrite.target);
    if let Some(args) = &rewrite.args {
        target = format!("{target}?{}", value(args));
    }
    target.extend((!rewrite.keep_args).then_some('?'));
    let flag = match rewrite.then {
        Then::Next => "",
        Then::Last => " last",
        Then::Break => " break",
        Then::Redirect { status: 301, .. } => " permanent",
        Then::Redirect { .. } => " redirect",
    };
    format!("rewrite {} {target}{flag}", regex(&rewrite.regex.pattern))
}

/// A regex, near to how it is written.
pub(crate) fn regex(pattern: &Pattern) -> String {
    pattern.text.replace("(?P<", "(?<").replace("\\x20", " ")
}

fn quoted(text: &Value) -> String {
    let text = value(text);
    match text.is_empty() || text.contains([' ', ';', '{', '}']) {
        true => format!("\"{text}\""),
        false => text,
    }
}

/// A text of the start, with its params as they are written.
pub(crate) fn start_text(site: &ir::Site, text: &[StartPiece]) -> String {
    let pieces = text.iter().map(|piece| match piece {
        StartPiece::Literal(text) => text.clone(),
        StartPiece::Param(id) => format!("${{{}}}", site.params[*id].name),
        StartPiece::HostName => StartPiece::HOST_NAME.to_owned(),
    });
    pieces.collect()
}

/// A directory of the site.
pub(crate) fn directory(site: &ir::Site, id: DirectoryId) -> String {
    site.directories.get(usize::from(id)).map_or_else(String::new, |text| start_text(site, text))
}

/// Where the files of a location are, as `root` or `alias` say it; `None` where it has none.
pub(crate) fn base(site: &ir::Site, base: &ir::FileBase) -> Option<(&'static str, String)> {
    let directive = if base.alias { "alias" } else { "root" };
    if base.directory == DirectoryId::MAX {
        return None;
    }
    let mut path = directory(site, base.directory);
    let inner = value(&base.inner);
    if !inner.is_empty() {
        path.extend((!path.ends_with('/')).then_some('/'));
        path.push_str(&inner);
    }
    path.extend(base.slash.then_some('/'));
    Some((directive, path))
}

/// A `proxy_pass`, as it is written.
pub(crate) fn target(site: &ir::Site, proxy: &ir::Proxy) -> String {
    match &proxy.target {
        Target::Fixed { upstream, uri } => {
            let name = &site.upstreams[usize::from(*upstream)].name;
            let colon = if name.starts_with("unix:") { ":" } else { "" };
            let uri = uri.as_ref().map(|uri| String::from_utf8_lossy(&uri.text));
            let uri = uri.map_or_else(String::new, |uri| format!("{colon}{uri}"));
            let scheme = match (&proxy.wire, &proxy.tls) {
                (ir::Wire::Http, None) => "http://",
                (ir::Wire::Http, Some(_)) => "https://",
                (ir::Wire::Grpc, None) => "grpc://",
                (ir::Wire::Grpc, Some(_)) => "grpcs://",
                _ => "",
            };
            format!("{scheme}{name}{uri}")
        }
        Target::Computed(url) => value(url),
    }
}

/// The upstream that a `proxy_pass` names, unless variables do.
pub(crate) fn upstream(site: &ir::Site, target: &Target) -> Option<String> {
    match target {
        Target::Fixed { upstream, .. } => Some(site.upstreams[usize::from(*upstream)].name.clone()),
        Target::Computed(_) => None,
    }
}

/// Names of methods with spaces between them.
pub(crate) fn methods(methods: MethodSet) -> String {
    if methods == MethodSet::ALL { "any".to_owned() } else { methods.allow().replace(", ", " ") }
}

/// Bytes in the largest unit that they are a whole number of.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0 => "0".to_owned(),
        u64::MAX => "unlimited".to_owned(),
        _ if bytes.is_multiple_of(1 << 30) => format!("{}g", bytes >> 30),
        _ if bytes.is_multiple_of(1 << 20) => format!("{}m", bytes >> 20),
        _ if bytes.is_multiple_of(1 << 10) => format!("{}k", bytes >> 10),
        _ => bytes.to_string(),
    }
}

/// Milliseconds in the largest unit that they are a whole number of; a minute is 60 seconds, as
/// people write it beside sizes of `1m`.
pub(crate) fn time(ms: u64) -> String {
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)];
    let fits = |unit: u64| ms > 0 && ms.is_multiple_of(unit) && (ms, unit) != (60_000, 60_000);
    match units.iter().find(|(_, unit)| fits(*unit)) {
        Some((name, unit)) => format!("{}{name}", ms / unit),
        None if ms == 0 => "0".to_owned(),
        None => format!("{ms}ms"),
    }
}

/// `on` or `off`.
pub(crate) fn flag(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}

/// Paths, one after the other; `off` without any.
pub(crate) fn paths(paths: &[Vec<u8>]) -> String {
    match paths {
        [] => "off".to_owned(),
        paths => paths.iter().map(|it| String::from_utf8_lossy(it)).collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_units() {
        for (bytes, expected) in
            [(0, "0"), (1, "1"), (8192, "8k"), (3 << 20, "3m"), (1025, "1025"), (5 << 30, "5g")]
        {
            assert_eq!(size(bytes), expected);
        }
        for (ms, expected) in [
            (0, "0"),
            (5, "5ms"),
            (60_000, "60s"),
            (75_000, "75s"),
            (120_000, "2m"),
            (1500, "1500ms"),
        ] {
            assert_eq!(time(ms), expected);
        }
    }
}
