//! Relative paths: nginx takes them from its own folders, and a site.conf from the one it is in.

use std::path::{Path, PathBuf};

use super::tree::quoted;
use crate::ast::Directive;
use crate::files::Files;

/// Where relative paths begin.
#[derive(Clone, Default, Debug)]
pub struct Base {
    /// The folder of the conf that is imported.
    pub conf: PathBuf,
    /// The folder that the imported server takes most paths from (nginx's prefix).
    pub prefix: PathBuf,
    /// The folder that the site.conf is for.
    pub out: PathBuf,
}

/// Directives whose first parameter is a path that begins at the prefix.
const OF_PREFIX: &[&str] = &[
    "access_log",
    "alias",
    "error_log",
    "fastcgi_cache_path",
    "pid",
    "proxy_cache_path",
    "root",
    "scgi_cache_path",
    "upload_store",
    "uwsgi_cache_path",
];

/// Those whose path begins at the folder of nginx.conf.
const OF_CONF: &[&str] = &[
    "auth_basic_user_file",
    "grpc_ssl_certificate",
    "grpc_ssl_certificate_key",
    "grpc_ssl_password_file",
    "grpc_ssl_crl",
    "grpc_ssl_trusted_certificate",
    "proxy_ssl_certificate",
    "proxy_ssl_certificate_key",
    "proxy_ssl_password_file",
    "proxy_ssl_crl",
    "proxy_ssl_trusted_certificate",
    "ssl_certificate",
    "ssl_certificate_key",
    "ssl_password_file",
    "ssl_client_certificate",
    "ssl_crl",
    "ssl_session_ticket_key",
    "ssl_stapling_file",
    "ssl_trusted_certificate",
];

/// Words in the place of a path that are none.
const NO_PATHS: &[&str] = &["off", "stderr"];

/// A directive with another path in it.
pub(super) struct Moved {
    pub(super) header: String,
    pub(super) how: String,
}

/// The directive with its path from where nginx has it, unless what it names is there in the folder of
/// the site.conf.
pub(super) fn moved(directive: &Directive, base: &Base, files: &dyn Files) -> Option<Moved> {
    let (name, first) = (directive.name.text()?, directive.args.first()?.text()?);
    let (from, of) = match name {
        _ if OF_PREFIX.contains(&name) => (&base.prefix, "nginx's prefix"),
        _ if OF_CONF.contains(&name) => (&base.conf, "the folder of the conf"),
        _ => return None,
    };
    let is_path = !first.starts_with(['/', '$', '|']) && !first.contains(':');
    let path = from.join(first);
    let is_there = || *from == base.out && files.kind(&path).is_some();
    if !is_path || NO_PATHS.contains(&first) || is_there() {
        return None;
    }
    let others = directive.args[1..].iter().map(|word| word.shown());
    let words = [name.to_owned(), path.to_string_lossy().into_owned()].into_iter().chain(others);
    let header = words.map(|word| quoted(&word)).collect::<Vec<_>>().join(" ");
    let from = from.display();
    Some(Moved {
        header,
        how: format!("`{first}` is relative to {of}, `{from}`: the path is written whole."),
    })
}

/// The prefix of an nginx whose conf is in this folder.
pub fn prefix_of(conf: &Path) -> PathBuf {
    if conf.starts_with("/etc/nginx") {
        return PathBuf::from("/usr/share/nginx");
    }
    match conf.parent() {
        Some(above) if conf.ends_with("conf") => above.to_owned(),
        _ => conf.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directive;

    #[test]
    fn paths_are_those_of_directives() {
        for name in OF_PREFIX.iter().chain(OF_CONF) {
            assert!(directive::find(name).is_some(), "{name}");
        }
    }

    #[test]
    fn prefixes() {
        for (conf, prefix) in [
            ("/etc/nginx/sites-available", "/usr/share/nginx"),
            ("/usr/local/nginx/conf", "/usr/local/nginx"),
            ("/srv/site", "/srv/site"),
        ] {
            assert_eq!(prefix_of(Path::new(conf)), Path::new(prefix));
        }
    }
}
