//! Rows about responses that are not files.

use super::Context::Location;
use super::Naming::Uses;
use super::kind::*;
use super::setting::setting;
use super::{
    At, Group, HTTP_SERVER_LOCATION, HTTP_SERVER_LOCATION_IF, MANY, NameKind, SERVER_LOCATION_IF,
    inherited, simple,
};

pub(super) const GROUP: Group = Group {
    title: "Responses",
    about: "A response without variables is stored whole in the binary.",
    about_files: false,
    rows: &[
        simple("return", SERVER_LOCATION_IF, (1, 2), "CODE [TEXT | URL] | URL").doc(
            "Answers at once. After 301, 302, 303, 307 and 308 comes the URL to redirect to; after \
             another CODE, the text of the response. CODE alone sends its error page. A URL alone, \
             which begins with `http://`, `https://` or `$scheme`, is a 302. 444 closes the \
             connection without a response. In `server`, it answers every request. After other \
             steps of rewriting, it is one of them.",
        )
        .differs("⟪A redirect without a URL is an error, and so is a CODE outside of 100 to 599.⟫"),
        simple("error_page", HTTP_SERVER_LOCATION_IF, (2, MANY), "CODE… [=[CODE]] URI | @NAME | URL").names(&[Uses(NameKind::Location, At::Marked)])
            .inherits_all("")
            .doc(
                "What answers instead for these statuses: a URI of the site (by an internal \
                 redirect), a named location, or a URL, to which the client is redirected. `=CODE` \
                 changes the status. `=` alone takes the status of the target.",
            ),
        setting!("recursive_error_pages", FLAG, plain.recursive_error_pages,
            "Whether an error within an `error_page` may lead to a further one.",
        ),
        simple("add_header", HTTP_SERVER_LOCATION_IF, (2, 3), "NAME VALUE [always]")
            .inherits_all("")
            .doc(
                "Adds a header field to responses with status 200, 201, 204, 206, 301, 302, 303, \
                 304, 307 and 308, or with `always` to all responses. VALUE may have variables; an \
                 empty value adds nothing. `Last-Modified` and `ETag` replace those of the \
                 response. A context with an `add_header` of its own inherits none, unless \
                 `add_header_inherit` says otherwise.",
            )
            .differs(
                "⟪`Content-Length`, `Transfer-Encoding` and `Connection` are errors, since they \
                 decide where a response ends. Control characters never get into a value.⟫",
            ),
        simple("more_set_headers", HTTP_SERVER_LOCATION_IF, (1, MANY), "'NAME: VALUE'…")
            .repeats()
            .inherits_all("")
            .doc(
                "Gives responses of any status these fields, in the place of others of their names: of \
                 Server, and of what another server or a script says. Without a value, there is none. \
                 What outer contexts say of other names holds as well. `add_header` comes after it. nginx \
                 has it from the module headers-more.",
            )
            .differs(
                "⟪The options `-s`, `-t` and `-a` are refused, and so are the fields that say where a response ends, and Date.⟫",
            ),
        simple("more_clear_headers", HTTP_SERVER_LOCATION_IF, (1, MANY), "NAME…")
            .repeats()
            .inherits_all("")
            .doc("Leaves these fields out of responses, whoever says them: `more_clear_headers Server;`.")
            .differs("⟪The options `-s` and `-t`, and names with `*`, are refused.⟫"),
        simple("sub_filter", HTTP_SERVER_LOCATION, (2, 2), "TEXT REPLACEMENT")
            .repeats()
            .inherits_all("")
            .doc(
                "Replaces a text in the content of responses, in any case of ASCII letters; both may hold \
                 variables. Of several that stand in one place, the first is replaced. For example, \
                 `sub_filter '</head>' '<script src=/own.js></script></head>';`. The response has no \
                 Content-Length, no ranges, and no ETag and Last-Modified then. It is for files, texts, \
                 scripts and other servers; one that compresses its answers wants `proxy_set_header \
                 Accept-Encoding \"\";`, since what is compressed is left as it is.",
            )
            .differs(
                "What has a Content-Encoding already, and parts of an answer of another server (206), are left \
                 as they are, with all their fields. At the very end of a content, nginx leaves a text that \
                 another one begins with.",
            ),
        setting!("sub_filter_once", FLAG, plain.sub_filter_once,
            "Whether each text is replaced once (`on`), or wherever it stands.",
        ),
        setting!("sub_filter_last_modified", FLAG, plain.sub_filter_last_modified,
            "Whether responses with replaced texts keep their Last-Modified, and their ETag as a weak one.",
        ),
        simple("sub_filter_types", HTTP_SERVER_LOCATION, (1, MANY), "TYPE… | *")
            .inherits_all("text/html")
            .doc("The media types that `sub_filter` is for, beside `text/html`; `*` is all."),
        inherited(
            "add_before_body",
            "URI",
            "\"\"",
            "Puts what another location answers before the content of responses with status 200 of the types \
             of `addition_types`. It is asked by GET within the request, without arguments, and whatever its \
             status is. For example, `add_before_body /_header.html;` and `location = /_header.html { \
             internal; root parts; }`. The response has no Content-Length and no ranges, and a weak ETag. \
             `\"\"` puts nothing there.",
        )
        .differs(
            "⟪A URI with variables or arguments, which stand for themselves in nginx, is an error.⟫ Where the \
             content comes from a script or another server, that of the request is read whole before.",
        ),
        inherited(
            "add_after_body",
            "URI",
            "\"\"",
            "The same as `add_before_body`, after the content.",
        )
        .differs("As with `add_before_body`."),
        simple("addition_types", HTTP_SERVER_LOCATION, (1, MANY), "TYPE… | *")
            .inherits_all("text/html")
            .doc(
                "The media types that `add_before_body` and `add_after_body` are for, beside `text/html`; `*` \
                 is all.",
            ),
        setting!("ssi", FLAG, compiled.ssi,
            "Whether commands in comments of a content are carried out: server side includes. `<!--#include \
             virtual=\"/header.html\" -->` puts what another location answers in its place; the commands are \
             `include` (`virtual`, `file`, `wait`, `set`, `stub`), `echo`, `set`, `if`, `elif`, `else`, `endif`, \
             `config`, `block` and `endblock`, as in nginx. Those included are asked by GET within the request, \
             up to four of a content at once. The response has no Content-Length and no ranges. `$date_local` \
             and `$date_gmt` are the time, in the form that `config timefmt` says.",
        )
        .and_in_if()
        .differs(
            "Includes stand at most 10 deep in each other. A regex of an `if` is matched in linear time: it has \
             no lookaround and no backreference. A front of a command at the very end of a content stays, which \
             nginx drops. ⟪An encoded `?` in the path of an include is an error.⟫",
        ),
        simple("ssi_types", HTTP_SERVER_LOCATION, (1, MANY), "TYPE… | *")
            .inherits_all("text/html")
            .doc("The media types that `ssi` is for, beside `text/html`; `*` is all."),
        setting!("ssi_silent_errors", FLAG, compiled.ssi_silent_errors,
            "Whether nothing stands in the place of a command that is wrong, instead of `[an error occurred \
             while processing the directive]`. The error log tells of it.",
        ),
        setting!("ssi_value_length", BUFFER, compiled.ssi_value_len,
            "The longest value of a command's parameter. One that is longer makes the command wrong.",
        ),
        setting!("ssi_last_modified", FLAG, plain.ssi_last_modified,
            "Whether responses with `ssi` keep their Last-Modified, and their ETag as a weak one.",
        ),
        setting!("subrequest_output_buffer_size", BUFFER, compiled.subrequest_output_len,
            "The longest answer that `include … set` puts into a variable. One that is longer leaves it empty.",
        ),
        setting!("add_header_inherit", lower_case_words(), compiled.add_header_inherit,
            "Whether the `add_header` lines of outer contexts hold here. `on`: all of them, if \
             there are none here. `merge`: all of them, after those here. `off`: none.",
        ),
        simple("add_trailer", HTTP_SERVER_LOCATION_IF, (2, 3), "NAME VALUE [always]")
            .inherits_all("")
            .doc(
                "Adds a field behind the content of responses with the statuses of `add_header`, and with \
                 `always` of all. Its value is known when the content has ended: `add_trailer \
                 Server-Timing \"total;dur=$request_time\";`. Such a content goes in chunks, without \
                 Content-Length; HTTP/1.0 has no such fields.",
            )
            .differs("⟪Fields that tell where a response ends are refused, as in `add_header`.⟫"),
        setting!("add_trailer_inherit", lower_case_words(), compiled.add_trailer_inherit,
            "Which `add_trailer` of outer contexts hold here, in the words of `add_header_inherit`.",
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
        .differs("⟪A time is at most 68 years.⟫"),
        simple("empty_gif", &[Location], (0, 0), "").doc(
            "Answers `GET` and `HEAD` with a transparent image of one pixel, for counters whose \
             requests are evaluated in a log.",
        ),
        setting!("server_tokens", SERVER_TOKENS, plain.server_tokens, "Whether the Server header \
                                                                       and error pages show the \
                                                                       version.")
            .differs("⟪The default is `on` in nginx.⟫"),
        setting!("absolute_redirect", FLAG, plain.absolute_redirect,
            "Whether the server's own redirects name scheme, host and port.",
        )
        .differs("⟪The default is `on` in nginx, which can show an inner name or port to clients.⟫"),
        setting!("port_in_redirect", FLAG, plain.port_in_redirect,
            "Whether absolute redirects name the port, if it is not the scheme's own.",
        ),
        setting!("server_name_in_redirect", FLAG, plain.server_name_in_redirect,
            "Whether absolute redirects name the first `server_name` rather than the request's \
             Host.",
        ),
    ],
};
