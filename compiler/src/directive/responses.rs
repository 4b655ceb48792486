//! Rows about responses that are not files.

use super::Context::Location;
use super::kind::*;
use super::setting::setting;
use super::{Group, HTTP_SERVER_LOCATION_IF, MANY, SERVER_LOCATION_IF, inherited, simple};

pub(super) const GROUP: Group = Group {
    title: "Responses",
    about: "Whatever has no variables in it is a whole response inside the binary.",
    about_files: false,
    rows: &[
        simple("return", SERVER_LOCATION_IF, (1, 2), "CODE [TEXT | URL] | URL").doc(
            "Answers at once. With 301, 302, 303, 307 and 308 comes the URL to go to; with another \
             CODE, the response's text; CODE alone gives its error page. A URL alone, which begins \
             with `http://`, `https://` or `$scheme`, is a 302. 444 closes the connection without \
             a response. In `server` it answers every request. Behind other steps of rewriting it is one of them.",
        )
        .differs("A redirect without a URL is an error, and so is a CODE outside of 100 to 599."),
        simple("error_page", HTTP_SERVER_LOCATION_IF, (2, MANY), "CODE… [=[CODE]] URI | @NAME | URL")
            .inherits_all("")
            .doc(
                "Who makes the response for these statuses: an internal redirect to a URI, a named \
                 location, or, with a URL, a redirect of the client. `=CODE` changes the status, \
                 `=` alone leaves it to the target.",
            ),
        setting!("recursive_error_pages", FLAG, plain.recursive_error_pages,
            "Whether an error within an `error_page` may lead to a further one.",
        ),
        simple("add_header", HTTP_SERVER_LOCATION_IF, (2, 3), "NAME VALUE [always]")
            .inherits_all("")
            .doc(
                "Adds a field to responses with status 200, 201, 204, 206, 301, 302, 303, 304, 307 \
                 and 308, and with `always` to all. VALUE may have variables; an empty one adds \
                 nothing. `Last-Modified` and `ETag` stand in the place of the response's own. A \
                 context with an `add_header` of its own inherits none, unless \
                 `add_header_inherit` says otherwise.",
            )
            .differs(
                "`Content-Length`, `Transfer-Encoding` and `Connection` are refused: they tell \
                 where a response ends. Control characters never get into a value.",
            ),
        setting!("add_header_inherit", lower_case_words(), compiled.add_header_inherit,
            "Which `add_header` of outer contexts hold here. `on`: all of them where there is none \
             here; `merge`: all of them, behind those that are here; `off`: none.",
        ),
        inherited(
            "expires",
            "[modified] TIME | @TIME | epoch | max | off",
            "off",
            "Adds Expires and Cache-Control to responses with the statuses of `add_header`. TIME \
             counts from now, or with `modified` from the file's last change, and one below zero \
             forbids to keep the response; `@15h30m` is a time of the day. `epoch` forbids it too, \
             and `max` allows ten years. A value with variables is read so for each response, and adds \
             nothing where it is `off` or no time; what a `map` says for it is checked when the conf is \
             compiled.",
        )
        .and_in_if()
        .args(1, 2)
        .differs("A time is at most 68 years."),
        simple("empty_gif", &[Location], (0, 0), "").doc(
            "Answers `GET` and `HEAD` with a transparent image of one pixel: for counters that pages \
             ask for, whose requests are to be seen in a log.",
        ),
        setting!("server_tokens", SERVER_TOKENS, plain.server_tokens, "Whether the Server field and error pages show the version.")
            .differs("The default is `on` in nginx."),
        setting!("absolute_redirect", FLAG, plain.absolute_redirect,
            "Whether the server's own redirects name scheme, host and port.",
        )
        .differs("The default is `on` in nginx, which can show an inner name or port to clients."),
        setting!("port_in_redirect", FLAG, plain.port_in_redirect,
            "Whether absolute redirects name the port, if it is not the scheme's own.",
        ),
        setting!("server_name_in_redirect", FLAG, plain.server_name_in_redirect,
            "Whether absolute redirects name the first `server_name` rather than the request's \
             Host.",
        ),
    ],
};
