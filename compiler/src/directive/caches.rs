//! Rows about answers of other servers that are kept. Each protocol has them under its own name.

use super::Context::Http;
use super::Naming::{Gives, Uses};
use super::kind::*;
use super::setting::setting;
use super::{At, Group, HTTP_SERVER_LOCATION, MANY, NameKind, simple};

/// The rows of one protocol.
macro_rules! rows {
    ($front:literal, $group:ident, $key:literal $(, $more:expr)*) => {
        &[
            simple(
                concat!($front, "_cache_path"),
                &[Http],
                (2, MANY),
                "FOLDER keys_zone=NAME:SIZE [levels=N[:N[:N]]] [inactive=TIME] [max_size=SIZE] [min_free=SIZE]",
            ).names(&[Gives(NameKind::Cache, At::Option("keys_zone"))])
            .params(1)
            .repeats()
            .doc(
                "A folder where answers are kept. It is made where it is not there. `keys_zone` names \
                 it, and gives memory for what is known of the files: `10m` is enough for 80,000. \
                 `levels`: how many digits of a file's name the folders above it are named by. Files \
                 go that nobody has asked for within `inactive`, 10 minutes where nothing is said, and, \
                 past `max_size` or where less than `min_free` is free, those that were asked for \
                 longest ago. What is kept outlives the server.",
            )
            .differs(
                "`use_temp_path` and what begins with `loader_` and `manager_` have no effect. A zone is \
                 the site's, whichever protocol it was made for.",
            ),
            simple(concat!($front, "_cache"), HTTP_SERVER_LOCATION, (1, 1), "NAME | off").names(&[Uses(NameKind::Cache, At::Word(0))])
                .inherits("off")
                .doc(concat!(
                    "Where answers are kept: the name of a `keys_zone`. Those to GET are, if `",
                    $front, "_cache_valid` or they themselves say for how long: X-Accel-Expires, \
                     Cache-Control and Expires count, in this order. What sets a cookie, or says that it \
                     is private or not to be stored, is not kept. `$upstream_cache_status` says what \
                     has come of it. Range and the fields of conditional requests are not passed on: \
                     what is kept is whole.",
                ))
                .differs(
                    "A name has no variables. HEAD is answered from what is kept, and else passed on. ⟪An \
                     answer that an `error_page` takes the place of is not kept.⟫",
                ),
            simple(concat!($front, "_cache_key"), HTTP_SERVER_LOCATION, (1, 1), "VALUE")
                .inherits($key)
                .doc("What tells one answer from another.")
                .differs("⟪Only `proxy_cache_key` has a default in nginx.⟫"),
            simple(
                concat!($front, "_cache_valid"),
                HTTP_SERVER_LOCATION,
                (1, MANY),
                "[STATUS… | any] TIME",
            )
            .inherits_all("")
            .doc(
                "How long answers are kept that do not say it themselves. Without a STATUS, those of 200, \
                 301 and 302; of several lines, the first that fits. With `0`, they are not kept.",
            ),
            simple(concat!($front, "_cache_bypass"), HTTP_SERVER_LOCATION, (1, MANY), "VALUE…")
                .inherits_all("")
                .doc(
                    "Where one of these is neither empty nor `0`, the other server is asked whatever is \
                     kept. Its answer takes the place of that.",
                ),
            simple(concat!($front, "_no_cache"), HTTP_SERVER_LOCATION, (1, MANY), "VALUE…")
                .inherits_all("")
                .doc(
                    "Where one of these is neither empty nor `0`, the answer is not kept. They may tell of \
                     the answer: `$upstream_http_set_cookie`.",
                ),
            setting!(
                concat!($front, "_cache_use_stale"),
                STALE,
                $group.cache_use_stale,
                "After which failures of the other server what is not fresh any more is given. \
                 `updating`: also while somebody else asks.",
            ),
            setting!(
                concat!($front, "_cache_background_update"),
                FLAG,
                $group.cache_background_update,
                "Whether the other server is asked by a request of its own where what is stale may be \
                 given meanwhile, so that nobody waits.",
            ),
            setting!(
                concat!($front, "_cache_revalidate"),
                FLAG,
                $group.cache_revalidate,
                "Whether the other server is asked whether what is stale still holds: by \
                 If-Modified-Since and If-None-Match.",
            ),
            setting!(
                concat!($front, "_cache_lock"),
                FLAG,
                $group.cache_lock,
                "Whether one request alone asks for what is not there yet, and others wait for that.",
            ),
            setting!(
                concat!($front, "_cache_lock_timeout"),
                TIME,
                $group.cache_lock_timeout_ms,
                "How long they wait. Past it they ask as well, and what they get is not kept.",
            )
            .unseen(),
            setting!(
                concat!($front, "_cache_lock_age"),
                TIME,
                $group.cache_lock_age_ms,
                "After which time another one asks as well.",
            )
            .unseen(),
            setting!(
                concat!($front, "_cache_min_uses"),
                COUNT,
                $group.cache_min_uses,
                "How often something is asked for before it is kept.",
            ),
            simple(concat!($front, "_cache_methods"), HTTP_SERVER_LOCATION, (1, MANY), "GET | HEAD…")
                .inherits("GET HEAD")
                .doc("Not needed: answers to GET are kept, and sent for GET and HEAD.")
                .differs("⟪POST is an error.⟫"),
            simple(
                concat!($front, "_cache_max_range_offset"),
                HTTP_SERVER_LOCATION,
                (1, 1),
                "SIZE",
            )
            .inherits("")
            .unseen()
            .doc("Not needed: what is kept is always requested whole.")
            .differs("Has no effect."),
            $($more,)*
        ]
    };
}

/// Those of `proxy_pass`.
pub(super) const PROXY: Group = Group {
    title: "Caching",
    about: "Answers of other servers may be kept in files, and given again without asking. \
            [Proxying](proxy.md#caching) tells of that.",
    about_files: false,
    rows: rows!("proxy", proxy, "$scheme$proxy_host$request_uri", setting!(
        "proxy_cache_convert_head",
        FLAG,
        proxy.cache_converts_head,
        "Whether the other server is asked by GET where a client asks by HEAD, so that what is kept has \
         its content.",
    )
    .differs("Where it is `off`, no answer to HEAD is kept.")),
};

/// Those of `fastcgi_pass`.
pub(super) const FASTCGI: Group = Group {
    title: "Caching with FastCGI",
    about: "The same for answers that come by FastCGI.",
    about_files: false,
    rows: rows!("fastcgi", fastcgi, "$scheme$host$request_uri"),
};

/// Those of `scgi_pass`.
pub(super) const SCGI: Group = Group {
    title: "Caching with SCGI",
    about: "The same for answers that come by SCGI.",
    about_files: false,
    rows: rows!("scgi", scgi, "$scheme$host$request_uri"),
};

/// Those of `uwsgi_pass`.
pub(super) const UWSGI: Group = Group {
    title: "Caching with uwsgi",
    about: "The same for answers that come by uwsgi.",
    about_files: false,
    rows: rows!("uwsgi", uwsgi, "$scheme$host$request_uri"),
};
