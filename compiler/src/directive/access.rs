//! Rows that say who may come in.

use super::Context::{Http, LimitExcept, Location, Server};
use super::Naming::Gives;
use super::kind::{TIME, lower_case_words};
use super::setting::setting;
use super::{
    At, Context, Group, HTTP_SERVER_LOCATION, MANY, NameKind, SERVER_LOCATION, block, simple,
};

/// Where rules may stand.
const RULES: &[Context] = &[Http, Server, Location, LimitExcept];

pub(super) const GROUP: Group = Group {
    title: "Access",
    about: "Rules are tried in the order of the conf, and the first that a client's address fits \
            decides; where none does, the client may come in. Who may not gets 403. Then a user and \
            a password are asked for, where `auth_basic` says so. `return` answers before anything \
            is asked.",
    about_files: false,
    rows: &[
        simple("allow", RULES, (1, 1), "ADDRESS | NETWORK/BITS | unix: | all")
            .inherits_all("")
            .doc(
                "Lets clients in: one address, a network, those that come through a socket in the \
                 file system, or all. A context with an `allow` or a `deny` of its own inherits \
                 neither.",
            ),
        simple("deny", RULES, (1, 1), "ADDRESS | NETWORK/BITS | unix: | all").inherits_all("").doc(
            "Keeps clients out. Where there are rules about IPv4, an IPv6 address that stands for \
             an IPv4 one is judged by them.",
        ),
        simple("auth_basic", RULES, (1, 1), "REALM | off")
            .inherits("off")
            .doc(
                "Asks for a user and a password, of the file that `auth_basic_user_file` names. Who \
                 has none, or a wrong one, gets 401 with REALM, which may hold variables; one whose \
                 value is `off` asks nobody. `$remote_user` is the user. Passwords that take long to \
                 check are checked beside the workers, two at once; up to 64 wait, and a request \
                 beyond that is 503. What was found is remembered for some thousand passwords.",
            )
            .differs("Quotes in REALM are escaped. nginx checks passwords while others wait."),
        simple("auth_basic_user_file", RULES, (1, 1), "FILE")
            .params(1)
            .inherits("")
            .doc(
                "The users and what their passwords are hashed to, a line `NAME:HASH` each, as \
                 `htpasswd` and `openssl passwd` write it: bcrypt (`$2y$`, `$2a$`, `$2b$`), `$apr1$`, \
                 `$1$`, SHA-crypt (`$5$`, `$6$`), `{SHA}`, `{SSHA}`, and `{PLAIN}` before a password \
                 as it is. Lines that begin with `#` are comments. The file is read at start, and \
                 again when it changes, which is looked at once a second; one that has become wrong \
                 leaves the users as they were, and is told in the error log. Without a file, nobody \
                 comes in: 401, and 403 with a password. A file has at most 1 MiB and 20,000 users, a \
                 password 512 bytes.",
            )
            .differs(
                "⟪Variables of a request are not taken. Passwords hashed by DES, of which 8 characters \
                 count, are an error, and so is any line that nginx would leave out.⟫",
            ),
        simple("auth_request", HTTP_SERVER_LOCATION, (1, 1), "URI | off")
            .inherits("off")
            .doc(
                "Asks another location of the server whether a client may come in, after `deny` and \
                 `auth_basic`: by a GET for URI, with the fields of the request and without its content, \
                 which no client sees. A status of 200 to 299 lets the client in; 401, with the \
                 WWW-Authenticate of the answer, and 403 refuse it; any other is told in the error log, and \
                 the client gets 500; one that closes the connection (`return 444`) closes the client's. The location may be `internal`, and who answers in it is not asked \
                 again: `allow`, `deny` and passwords do not hold there. For example, `auth_request /_auth;` \
                 and `location = /_auth { internal; proxy_pass http://127.0.0.1:9000; \
                 proxy_pass_request_body off; proxy_set_header X-Original-URI $request_uri; }`. Whatever \
                 `error_page` and an index lead to is asked about anew: the page that stands for a 401 wants \
                 `auth_request off`. Such requests stand at most 10 deep within each other.",
            )
            .differs(
                "⟪A URI with variables or arguments, which stand for themselves in nginx, is an error.⟫ No \
                 Content-Length of the client's goes to the server that is asked.",
            ),
        simple("auth_request_set", HTTP_SERVER_LOCATION, (2, 2), "$NAME VALUE").names(&[Gives(NameKind::Variable, At::FirstVariable)])
            .repeats()
            .inherits_all("")
            .doc(
                "Gives a variable a value of what `auth_request` has asked, whatever was answered: its \
                 `$upstream_http_…`, `$upstream_status`, `$sent_http_…` and the like. For example, \
                 `auth_request_set $user $upstream_http_x_user; proxy_set_header X-User $user;`.",
            ),
        setting!(
            "satisfy",
            lower_case_words(),
            compiled.satisfy,
            "Whether a client needs to be let in by `allow` and `deny` and to have a password \
             (`all`), or one of both (`any`): whom `allow` names is asked for nothing then, and a \
             password lets in who is kept out otherwise.",
        ),
        setting!(
            "auth_delay",
            TIME,
            plain.auth_delay_ms,
            "How long a client waits that gets 401, by `auth_basic` or `auth_request`: with `1s`, who guesses \
             passwords has one guess a second on each connection, and the time of an answer tells nothing. \
             Others do not wait meanwhile. 0 is not at all.",
        )
        .unseen(),
        simple("set_real_ip_from", HTTP_SERVER_LOCATION, (1, 1), "ADDRESS | NETWORK/BITS | unix:")
            .inherits_all("")
            .doc(
                "A proxy whose word counts of who a client is: what comes from there is taken to be from \
                 the address that the field of `real_ip_header` names. Rules, limits, `geo`, logs, scripts \
                 and `$remote_addr` are about that address then, and `$realip_remote_addr` is the proxy's. \
                 For example, `set_real_ip_from 10.0.0.0/8; real_ip_header X-Forwarded-For;`. Where it \
                 stands in a location, it is looked at after `return` and `rewrite`.",
            )
            .differs("⟪Names of hosts are not looked up: an error.⟫"),
        simple("real_ip_header", HTTP_SERVER_LOCATION, (1, 1), "FIELD | proxy_protocol").inherits("X-Real-IP").doc(
            "The field of a request in which a trusted proxy names its client. Of a list, the last address \
             counts, and a port after it. Of X-Forwarded-For, written so, the last line counts; of any \
             other field the first. `proxy_protocol` is what `listen … proxy_protocol` reads.",
        ),
        simple("real_ip_recursive", HTTP_SERVER_LOCATION, (1, 1), "on | off").inherits("off").doc(
            "With `on`, addresses in the list that are trusted proxies themselves are passed over, from its \
             end: the first that is none counts.",
        ),
        simple("valid_referers", SERVER_LOCATION, (1, MANY), "none | blocked | server_names | NAME[/PATH] | ~REGEX …")
            .repeats()
            .inherits_all("")
            .doc(
                "The pages that links to here may stand on, as the Referer of a request tells: \
                 `$invalid_referer` is `1` for any other. A host's NAME may begin with `*.` or end in \
                 `.*`, and be followed by what the path begins with; `server_names` are the server's \
                 own. A regex is asked about all that follows `://`, in any case of letters. `none` is \
                 a request without the field, `blocked` one whose field does not begin with `http://` or \
                 `https://`. For example, `valid_referers none blocked server_names; if \
                 ($invalid_referer) { return 403; }`. Programs can send what they like: this keeps \
                 pages from showing your images, and nobody from copying them.",
            )
            .differs(
                "`none` and `blocked` need no more than a regex beside them. Entries that match nothing \
                 (`http://a.test`, `a.test:80`) are a warning. ⟪A `server_name` that is known at start \
                 is none of `server_names`: an error.⟫",
            ),
        simple("secure_link", HTTP_SERVER_LOCATION, (1, 1), "VALUE").inherits("").doc(
            "What a request says of its link: a digest and, after a comma, the time up to which it holds, in \
             seconds since 1970. `$secure_link` is `1` where the digest is that of `secure_link_md5`, `0` \
             where it is and the time is over, and else empty. For example, `secure_link \
             $arg_md5,$arg_expires; secure_link_md5 \"$secure_link_expires$uri word\"; if ($secure_link = \
             \"\") { return 403; } if ($secure_link = 0) { return 410; }`. The digest is a MD5 in base64url, \
             as `echo -n '2147483647/file word' | openssl md5 -binary | openssl base64 | tr +/ -_ | tr -d =` \
             writes it.",
        ),
        simple("secure_link_md5", HTTP_SERVER_LOCATION, (1, 1), "VALUE").inherits("").doc(
            "What the digest of a link is of. A part of it has to be a secret. With `$secure_link_expires` \
             in it nobody can make a link hold longer, with `$uri` a link is for one path, and with \
             `$remote_addr` for one client.",
        ),
        simple("secure_link_secret", &[Location], (1, 1), "WORD").inherits("").doc(
            "Links of the form `/NAME/DIGEST/LINK`, in which DIGEST is the MD5 of LINK and WORD, in \
             hexadecimal digits. `$secure_link` is LINK then, with its arguments as they were sent, and \
             else empty. Such links never expire: `secure_link` is the better way.",
        ),
        block("limit_except", &[Location], (1, MANY), LimitExcept, "METHOD…")
            .doc(
                "Rules for every method that is not named; GET stands for HEAD too. They hold in \
                 the place of the location's own, and before its `return`. Locations within this \
                 one do not have them.",
            )
            .differs(
                "A method that the rules let in meets the location's `return` like any other; \
                 nginx leaves `return` out then.",
            ),
    ],
};
