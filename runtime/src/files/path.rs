//! From the path of a URI to a path beneath a directory, as text.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::site::{FileBase, Text, Variables};

/// Appends the path beneath `base.directory` that `path` leads to: `inner`, then the path
/// without its replaced front. Relative, without a slash at its front, `.` for the directory
/// itself. `append_path` appends to an `alias` that is otherwise complete.
///
/// `None`: no file can be there, since the path leads out, has a NUL in it, or continues the
/// name of the directory instead of going into it.
pub fn write_beneath(
    base: &FileBase,
    path: &[u8],
    variables: &Variables<'_>,
    append_path: bool,
    out: &mut Vec<u8>,
) -> Option<()> {
    let start = out.len();
    base.inner.write(variables, out);
    let slashes = slashes_before(&out[start..]);
    if slashes > 0 {
        out.drain(start..start + slashes);
    }
    let mut rest: &[u8] = match (base.append_path, append_path) {
        (true, _) => path.get(base.replaced_len..)?,
        (false, true) => path,
        (false, false) => b"",
    };
    if base.append_path && !rest.is_empty() && rest[0] != b'/' {
        return None;
    }
    if out.len() == start {
        rest = &rest[slashes_before(rest)..];
    }
    out.extend_from_slice(rest);
    if out.len() == start {
        out.push(b'.');
    }
    stays_beneath(&out[start..]).then_some(())
}

fn slashes_before(path: &[u8]) -> usize {
    path.iter().take_while(|&&byte| byte == b'/').count()
}

/// Whether no segment is `..`, and there is no NUL.
pub fn stays_beneath(path: &[u8]) -> bool {
    let mut names = path.split(|&byte| byte == b'/');
    let leads_up = has_dot_segment(path) && names.any(|name| name == b"..");
    !leads_up && !path.contains(&0)
}

/// Whether a segment begins with a dot, which is rare.
fn has_dot_segment(path: &[u8]) -> bool {
    path.starts_with(b".") || path.windows(2).any(|pair| pair == b"/.")
}

/// Whether a segment begins with a dot. `/.well-known` (RFC 8615), at the front, does not
/// count.
pub fn is_hidden(path: &[u8]) -> bool {
    let path = path.strip_prefix(b"/").unwrap_or(path);
    let mut segments = path.split(|&byte| byte == b'/').enumerate();
    has_dot_segment(path)
        && segments.any(|(index, segment)| {
            segment.starts_with(b".") && !(index == 0 && segment == b".well-known")
        })
}

/// Whether an `alias` ends with a slash, as the conf and the request make it.
pub(crate) fn alias_ends_with_slash(variables: &Variables<'_>) -> bool {
    let base = &variables.settings.base;
    let Text::Computed(_) = base.inner else { return base.slash };
    let mut inner = Vec::new();
    base.inner.write(variables, &mut inner);
    // There is a slash between the directory and what is computed.
    base.slash || inner.is_empty() || inner.ends_with(b"/")
}

/// Appends `$document_root`.
pub(crate) fn write_root(variables: &Variables<'_>, out: &mut Vec<u8>) {
    let base = &variables.settings.base;
    let Some(directory) = variables.directories.get(usize::from(base.directory)) else { return };
    let start = out.len();
    out.extend_from_slice(directory.as_os_str().as_bytes());
    let inner = out.len();
    base.inner.write(variables, out);
    if out.len() > inner && out[start..inner].last() != Some(&b'/') {
        out.insert(inner, b'/');
    }
    // A slash stands before what variables give, and stays where they give nothing.
    let slash = base.slash || out.len() == inner && matches!(base.inner, Text::Computed(_));
    if slash && base.alias && base.append_path && out[start..].last() != Some(&b'/') {
        out.push(b'/');
    }
}

/// Appends `$realpath_root`.
pub(crate) fn write_real_root(variables: &Variables<'_>, out: &mut Vec<u8>) {
    let mut root = Vec::new();
    write_root(variables, &mut root);
    if let Ok(real) = Path::new(std::ffi::OsStr::from_bytes(&root)).canonicalize() {
        out.extend_from_slice(real.as_os_str().as_bytes());
    }
}

/// Appends `$request_filename`.
pub(crate) fn write_file_name(variables: &Variables<'_>, out: &mut Vec<u8>) {
    let base = &variables.settings.base;
    let start = out.len();
    write_root(variables, out);
    if base.append_path {
        let rest = variables.path.get(base.replaced_len..).unwrap_or_default();
        if rest.starts_with(b"/") && out[start..].ends_with(b"/") {
            out.pop();
        }
        out.extend_from_slice(rest);
    }
}
