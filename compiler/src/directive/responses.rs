//! Rows about responses that are not files.

use super::Context::{Location, Server};
use super::{Group, HTTP_SERVER_LOCATION, MANY, flag, simple};

pub(super) const GROUP: Group = Group {
    title: "Responses",
    about: "Whatever has no variables in it is a whole response inside the binary.",
    rows: &[
        simple("return", &[Server, Location], (1, 2), "CODE [TEXT | URL] | URL").doc(
            "Answers at once. With 301, 302, 303, 307 and 308 comes the URL to go to; with another \
             CODE, the response's text; CODE alone gives its error page. A URL alone, which begins \
             with `http://`, `https://` or `$scheme`, is a 302. 444 closes the connection without \
             a response. In `server` it answers every request.",
        )
        .differs("A redirect without a URL is an error, and so is a CODE outside of 100 to 599."),
        simple("error_page", HTTP_SERVER_LOCATION, (2, MANY), "CODE… [=[CODE]] URI | @NAME | URL")
            .inherits_all("")
            .doc(
                "Who makes the response for these statuses: an internal redirect to a URI, a named \
                 location, or, with a URL, a redirect of the client. `=CODE` changes the status, \
                 `=` alone leaves it to the target.",
            ),
        flag(
            "recursive_error_pages",
            "off",
            "Whether an error within an `error_page` may lead to a further one.",
        ),
        flag("server_tokens", "off", "Whether the Server field and error pages show the version.")
            .differs("The default is `on` in nginx."),
        flag(
            "absolute_redirect",
            "off",
            "Whether the server's own redirects name scheme, host and port.",
        )
        .differs("The default is `on` in nginx, which can show an inner name or port to clients."),
        flag(
            "port_in_redirect",
            "on",
            "Whether absolute redirects name the port, if it is not the scheme's own.",
        ),
        flag(
            "server_name_in_redirect",
            "off",
            "Whether absolute redirects name the first `server_name` rather than the request's \
             Host.",
        ),
    ],
};
