//! Variables of Apache, as they are called here.

/// Variables of Apache, and how they are called here.
const VARIABLES: &[(&str, &str)] = &[
    ("DOCUMENT_ROOT", "document_root"),
    ("HTTPS", "https"),
    ("HTTP_ACCEPT", "http_accept"),
    ("HTTP_COOKIE", "http_cookie"),
    ("HTTP_HOST", "http_host"),
    ("HTTP_REFERER", "http_referer"),
    ("HTTP_USER_AGENT", "http_user_agent"),
    ("QUERY_STRING", "args"),
    ("REMOTE_ADDR", "remote_addr"),
    ("REMOTE_USER", "remote_user"),
    ("REQUEST_FILENAME", "request_filename"),
    ("REQUEST_METHOD", "request_method"),
    ("REQUEST_SCHEME", "scheme"),
    ("REQUEST_URI", "uri"),
    ("SCRIPT_FILENAME", "request_filename"),
    ("SERVER_NAME", "host"),
    ("SERVER_PORT", "server_port"),
    ("SERVER_PROTOCOL", "server_protocol"),
    ("THE_REQUEST", "request"),
];

/// A text with variables as they are called here. `%1` is what the first group of a condition matched.
pub(super) fn variables(text: &str, prefix: &str) -> Result<String, String> {
    let (mut made, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(['%', '$', '\\']) {
        made += &rest[..at];
        let behind = &rest[at + 1..];
        let next = behind.chars().next();
        let braced = |text: &str| Some(text.strip_prefix('{')?.split_once('}')?.0.to_owned());
        match (&rest[at..=at], next) {
            ("%", Some(digit @ '1'..='9')) if !prefix.is_empty() => {
                made += &format!("${{{prefix}{digit}}}");
                rest = &behind[1..];
            }
            ("$", Some(digit @ '1'..='9')) => {
                made += &format!("${digit}");
                rest = &behind[1..];
            }
            ("\\", Some(next)) => {
                made.push(next);
                rest = &behind[next.len_utf8()..];
            }
            ("%", Some('{')) => {
                let name = braced(behind).ok_or_else(|| format!("`{text}` cannot be read"))?;
                let upper = name.to_ascii_uppercase();
                let known = VARIABLES.iter().find(|it| it.0 == upper).map(|it| it.1.to_owned());
                let field = upper
                    .strip_prefix("HTTP:")
                    .map(|field| format!("http_{}", field.to_ascii_lowercase().replace('-', "_")));
                let ours = known.or(field);
                let ours = ours.ok_or_else(|| format!("`%{{{name}}}` has no counterpart"))?;
                rest = &behind[name.len() + 2..];
                let runs_on = rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
                made += &if runs_on { format!("${{{ours}}}") } else { format!("${ours}") };
            }
            (_, _) if rest[at..].starts_with("%") => {
                return Err(format!("`{text}` has no counterpart"));
            }
            (_, _) => return Err(format!("`{text}` has no counterpart")),
        }
    }
    Ok(made + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_have_other_names() {
        for (text, prefix, expected) in [
            ("https://%{HTTP_HOST}%{REQUEST_URI}", "", Ok("https://$http_host$uri")),
            ("%{HTTP:X-Forwarded-Proto}", "", Ok("$http_x_forwarded_proto")),
            ("%{QUERY_STRING}x", "", Ok("${args}x")),
            ("/a/$1/%2", "c_", Ok("/a/$1/${c_2}")),
            ("%1", "", Err(())),
            ("%{ENV:X}", "", Err(())),
            ("$0", "", Err(())),
        ] {
            let found = variables(text, prefix).map_err(|_| ());
            assert_eq!(found, expected.map(str::to_owned), "{text}");
        }
    }
}
