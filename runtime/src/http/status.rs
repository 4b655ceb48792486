//! Status codes and their reason phrases (RFC 9110, section 15, and RFC 6585, 8297).

/// Every status with a reason phrase of its own.
const REASONS: &[(u16, &str)] = &[
    (100, "Continue"),
    (101, "Switching Protocols"),
    (102, "Processing"),
    (103, "Early Hints"),
    (200, "OK"),
    (201, "Created"),
    (202, "Accepted"),
    (203, "Non-Authoritative Information"),
    (204, "No Content"),
    (205, "Reset Content"),
    (206, "Partial Content"),
    (207, "Multi-Status"),
    (300, "Multiple Choices"),
    (301, "Moved Permanently"),
    (302, "Found"),
    (303, "See Other"),
    (304, "Not Modified"),
    (305, "Use Proxy"),
    (307, "Temporary Redirect"),
    (308, "Permanent Redirect"),
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (402, "Payment Required"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (406, "Not Acceptable"),
    (407, "Proxy Authentication Required"),
    (408, "Request Timeout"),
    (409, "Conflict"),
    (410, "Gone"),
    (411, "Length Required"),
    (412, "Precondition Failed"),
    (413, "Content Too Large"),
    (414, "URI Too Long"),
    (415, "Unsupported Media Type"),
    (416, "Range Not Satisfiable"),
    (417, "Expectation Failed"),
    (421, "Misdirected Request"),
    (422, "Unprocessable Content"),
    (423, "Locked"),
    (424, "Failed Dependency"),
    (425, "Too Early"),
    (426, "Upgrade Required"),
    (428, "Precondition Required"),
    (429, "Too Many Requests"),
    (431, "Request Header Fields Too Large"),
    (451, "Unavailable For Legal Reasons"),
    (500, "Internal Server Error"),
    (501, "Not Implemented"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Gateway Timeout"),
    (505, "HTTP Version Not Supported"),
    (507, "Insufficient Storage"),
];

/// The reason phrase of `status`, if it has one.
pub fn reason(status: u16) -> Option<&'static str> {
    let index = REASONS.binary_search_by_key(&status, |&(code, _)| code).ok()?;
    Some(REASONS[index].1)
}

/// Statuses that only a conf or a script brings up, and that nginx has no page for.
const PAGELESS: &[u16] = &[300, 305, 407, 422, 423, 424, 425, 426, 428, 451];

/// Others that only a conf or a script brings up.
const FOREIGN: &[u16] = &[401, 402, 406, 410, 429];

/// Whether there is a page for `status`: the response has no content without one, as in nginx.
pub fn has_page(status: u16) -> bool {
    let is_known = status >= 300 && reason(status).is_some();
    is_known && !has_no_content(status) && !PAGELESS.contains(&status)
}

/// The statuses that get a page in every site: those of 300 and above that the server answers
/// with by itself.
pub fn with_page() -> impl Iterator<Item = u16> {
    let own = |code: &u16| has_page(*code) && !FOREIGN.contains(code);
    REASONS.iter().map(|&(code, _)| code).filter(own)
}

/// What a client sees of a status that is nginx's own, and has a meaning to a conf alone.
pub fn public(status: u16) -> u16 {
    match status {
        494..=497 => 400,
        status => status,
    }
}

/// Whether `status` redirects to the URI in Location.
pub fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Whether `expires` and `add_header` go with `status`, unless the conf says `always`.
pub fn takes_added_fields(status: u16) -> bool {
    matches!(status, 200 | 201 | 204 | 206 | 301 | 302 | 303 | 304 | 307 | 308)
}

/// Whether a response with `status` never has content (RFC 9110, 6.4.1 and 15.3.6).
pub fn has_no_content(status: u16) -> bool {
    status < 200 || matches!(status, 204 | 205 | 304)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_pages_where_nginx_has_them() {
        // What nginx 1.22 sends a page for where `return` says so.
        const OF_NGINX: &[u16] = &[
            400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 412, 413, 414, 415, 416, 421, 429,
            500, 501, 502, 503, 504, 505, 507,
        ];
        // The server answers so by itself; nginx has no pages for them.
        const OWN: &[u16] = &[408, 417, 431];
        for status in 400..=599 {
            let expected = OF_NGINX.contains(&status) || OWN.contains(&status);
            assert_eq!(has_page(status), expected, "{status}");
        }
        assert!((494..=497).all(|status| has_page(public(status))));
    }
}
