//! Rows about what is compressed on its way to a client.

use super::kind::*;
use super::setting::setting;
use super::{Group, HTTP_SERVER_LOCATION, MANY, simple};

const TYPES: &str = "\
    The media types that are compressed so, beside `text/html`; `*` is all. Parameters are not looked \
    at.";

pub(super) const GROUP: Group = Group {
    title: "Compression",
    about: "A content is compressed on its way to a client that asks for it with `Accept-Encoding`: \
            files, listings, pages, texts of `return`, what scripts write. Only with 200, 403 and 404, \
            and if it is not compressed already. The response has a weak ETag then and no ranges. The \
            form of a file of up to 1 MB is kept and sent again, with its length, until the file \
            changes. Forms made beforehand cost nothing: see `precompress` and `gzip_static`. Of \
            several codings that a client likes equally well it gets `br` before `zstd` before \
            `gzip`. At most 64 contents are compressed by one worker at once; what comes beyond is \
            sent as it is.",
    about_files: false,
    rows: &[
        setting!("gzip", FLAG, compression.gzip, "Whether contents are compressed with gzip.")
            .and_in_if(),
        simple("gzip_types", HTTP_SERVER_LOCATION, (1, MANY), "TYPE… | *")
            .inherits_all("text/html")
            .doc(TYPES),
        setting!("gzip_comp_level", GZIP_LEVEL, compression.gzip_level,
            "How hard is tried: 1 is fast, 9 makes the least of it. A form that is kept is made with \
             9 in any case.",
        ),
        setting!("gzip_min_length", LENGTH, compression.gzip_min_len,
            "The shortest content that is compressed, in bytes, where its length is known beforehand.",
        ),
        setting!("gzip_http_version", words(), compression.gzip_http_version,
            "The oldest version of HTTP in which a request gets gzip; `gzip_static` obeys it, too.",
        ),
        setting!("gzip_proxied", PROXIED, compression.gzip_proxied,
            "What a request gets in gzip that has come through a proxy, which says so in `Via`: \
             nothing (`off`), all (`any`), what is asked for with Authorization (`auth`), what Expires \
             or Cache-Control keep from being cached (`expired`, `no-cache`, `no-store`, `private`); \
             `no_last_modified` and `no_etag` leave out what has these fields. With any of them, what \
             has neither Expires nor Cache-Control is compressed, too. `gzip_static` asks no more than \
             whether it is `off`.",
        ),
        setting!("gzip_vary", VARY, compression.gzip_vary,
            "Whether a response says `Vary: Accept-Encoding` where other clients may get it in another \
             coding. Caches on the way need it.",
        )
        .differs(
            "Without it, what `gzip_static` chooses from says so, as with `on`, and what is compressed \
             on its way does not, as with `off`.",
        ),
        simple("gzip_disable", HTTP_SERVER_LOCATION, (1, MANY), "REGEX… | msie6")
            .inherits_all("")
            .doc(
                "Clients that get nothing in gzip: those whose User-Agent one of the regexes matches, \
                 case aside. `msie6` stands for Internet Explorer 4 to 6.",
            ),
        setting!("gunzip", FLAG, compression.gunzip,
            "Whether the `.gz` file that `gzip_static always` sends is sent as it was before, to a client \
             that does not take gzip.",
        )
        .differs("What a script has compressed is left alone."),
        setting!("brotli", FLAG, compression.brotli,
            "Whether contents are compressed with Brotli. Browsers ask for it over TLS alone.",
        )
        .and_in_if(),
        simple("brotli_types", HTTP_SERVER_LOCATION, (1, MANY), "TYPE… | *")
            .inherits_all("text/html")
            .doc(TYPES),
        setting!("brotli_comp_level", BROTLI_LEVEL, compression.brotli_level,
            "How hard is tried, 0 to 11.",
        )
        .differs(
            "What is past 5 is as 5: further levels take many times as long while others wait. \
             `precompress br` takes the last one, when the site is built.",
        ),
        setting!("brotli_min_length", LENGTH, compression.brotli_min_len,
            "The shortest content that is compressed, in bytes, where its length is known beforehand.",
        ),
        setting!("zstd", FLAG, compression.zstd,
            "Whether contents are compressed with Zstandard: faster than the others.",
        )
        .and_in_if(),
        simple("zstd_types", HTTP_SERVER_LOCATION, (1, MANY), "TYPE… | *")
            .inherits_all("text/html")
            .doc(TYPES),
        setting!("zstd_comp_level", ZSTD_LEVEL, compression.zstd_level,
            "How hard is tried, 1 to 22.",
        )
        .differs("What is past 9 is as 9."),
        setting!("zstd_min_length", LENGTH, compression.zstd_min_len,
            "The shortest content that is compressed, in bytes, where its length is known beforehand.",
        ),
        setting!("compress_private", PRIVATE, compression.compress_private,
            "Whether that is compressed, too, which is made for one client alone: the text of a \
             `return`, a listing or what a script writes, where the request has Authorization or the \
             response Set-Cookie. If such a response repeats what others make the client ask for, its \
             compressed length tells its secrets bit by bit, also through TLS (the attack is called \
             BREACH). Files are compressed in any case.",
        )
        .differs("sitec's own. nginx compresses it."),
    ],
};
