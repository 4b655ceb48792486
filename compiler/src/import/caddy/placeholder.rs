//! Caddy's placeholders, as variables.

/// A text with variables as they are called here.
///
/// Errors: one of them has no counterpart.
pub(super) fn replaced(text: &str) -> Result<String, String> {
    let (mut made, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('{') {
        let Some(len) = rest[at..].find('}') else { break };
        made += &rest[..at];
        let name = &rest[at + 1..at + len];
        rest = &rest[at + len + 1..];
        let ours = match name {
            _ if name.starts_with('$') => match name.split_once(':') {
                // A variable of the environment: what holds without it.
                Some((_, default)) => {
                    made += default;
                    continue;
                }
                None => return Err(format!("`{{{name}}}` is known where Caddy runs")),
            },
            "host" | "http.request.host" => "host",
            "hostport" | "http.request.hostport" => "http_host",
            "path" | "http.request.uri.path" => "uri",
            "uri" | "http.request.uri" => "request_uri",
            "query" | "http.request.uri.query" => "args",
            "?query" => "is_args$args",
            "method" | "http.request.method" => "request_method",
            "scheme" | "http.request.scheme" => "scheme",
            "remote_host" | "remote" | "http.request.remote.host" | "client_ip" => "remote_addr",
            "upstream_hostport" | "http.reverse_proxy.upstream.hostport" => "proxy_host",
            _ => match name.strip_prefix("header.").or(name.strip_prefix("http.request.header.")) {
                Some(field) => {
                    made += &format!("$http_{}", field.to_ascii_lowercase().replace('-', "_"));
                    continue;
                }
                None => return Err(format!("`{{{name}}}` has no counterpart")),
            },
        };
        let runs_on = rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        made += &if runs_on { format!("${{{ours}}}") } else { format!("${ours}") };
    }
    Ok(made + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_variables() {
        for (text, expected) in [
            ("https://{host}{uri}", Some("https://$host$request_uri")),
            ("{path}x", Some("${uri}x")),
            ("{header.X-Who}", Some("$http_x_who")),
            ("{$PORT:8080}", Some("8080")),
            ("{$PORT}", None),
            ("{env.HOME}", None),
            ("{open", Some("{open")),
        ] {
            assert_eq!(replaced(text).ok().as_deref(), expected, "{text}");
        }
    }
}
