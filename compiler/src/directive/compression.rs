//! Rows about what is compressed on its way to a client.

use super::kind::*;
use super::setting::setting;
use super::{Group, HTTP_SERVER_LOCATION, MANY, simple};

const TYPES: &str = "\
    The media types that are compressed so, beside `text/html`; `*` is all. Parameters are not looked \
    at.";

pub(super) const GROUP: Group = Group {
    title: "Compression",
    about: "Responses are compressed for clients that ask for it with `Accept-Encoding`: files, \
            listings, error pages, texts of `return`, the output of scripts. This holds for 200, \
            403 and 404, and for contents that are not compressed already. The response then has a \
            weak ETag and no ranges. The compressed form of a file of up to 1 MB is kept and sent \
            again, with its length, until the file changes. Forms that were made in advance cost \
            nothing: see `precompress` and `gzip_static`. If a client accepts several codings \
            equally, it gets `br` before `zstd` before `gzip`. One worker compresses at most 64 \
            contents at once; further ones are sent uncompressed.",
    about_files: false,
    rows: &[
        setting!("gzip", FLAG, compression.gzip, "Whether contents are compressed with gzip.")
            .and_in_if(),
        simple("gzip_types", HTTP_SERVER_LOCATION, (1, MANY), "TYPE… | *")
            .inherits_all("text/html")
            .doc(TYPES),
        setting!("gzip_comp_level", GZIP_LEVEL, compression.gzip_level,
            "The level: 1 is fast, and 9 compresses most. A form that is kept is always made with \
             9.",
        ),
        setting!("gzip_min_length", LENGTH, compression.gzip_min_len,
            "The shortest content that is compressed, in bytes. A content of unknown length is \
             always compressed.",
        ),
        setting!("gzip_http_version", words(), compression.gzip_http_version,
            "The oldest version of HTTP for which responses are compressed. It also holds for \
             `gzip_static`.",
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
            "⟪Without it, what `gzip_static` chooses from says so, as with `on`, and what is compressed \
             on its way does not, as with `off`.⟫",
        ),
        simple("gzip_disable", HTTP_SERVER_LOCATION, (1, MANY), "REGEX… | msie6")
            .inherits_all("")
            .doc(
                "Clients that get no gzip: those whose User-Agent matches one of the regexes, in \
                 any case. `msie6` stands for Internet Explorer 4 to 6.",
            ),
        setting!("gunzip", FLAG, compression.gunzip,
            "Whether the `.gz` file that `gzip_static always` sends is decompressed for a client \
             that does not accept gzip.",
        )
        .differs("Compressed output of scripts is left alone."),
        setting!("brotli", FLAG, compression.brotli,
            "Whether contents are compressed with Brotli. Browsers ask for it only over TLS.",
        )
        .and_in_if(),
        simple("brotli_types", HTTP_SERVER_LOCATION, (1, MANY), "TYPE… | *")
            .inherits_all("text/html")
            .doc(TYPES),
        setting!("brotli_comp_level", BROTLI_LEVEL, compression.brotli_level,
            "The level, from 0 (fast) to 11 (smallest).",
        )
        .differs(
            "Levels above 5 count as 5, since they take many times as long while other clients \
             wait. `precompress br` uses level 11, when the site is built.",
        ),
        setting!("brotli_min_length", LENGTH, compression.brotli_min_len,
            "The shortest content that is compressed, in bytes. A content of unknown length is \
             always compressed.",
        ),
        setting!("zstd", FLAG, compression.zstd,
            "Whether contents are compressed with Zstandard, which is faster than the others.",
        )
        .and_in_if(),
        simple("zstd_types", HTTP_SERVER_LOCATION, (1, MANY), "TYPE… | *")
            .inherits_all("text/html")
            .doc(TYPES),
        setting!("zstd_comp_level", ZSTD_LEVEL, compression.zstd_level,
            "The level, from 1 (fast) to 22 (smallest).",
        )
        .differs("Levels above 9 count as 9."),
        setting!("zstd_min_length", LENGTH, compression.zstd_min_len,
            "The shortest content that is compressed, in bytes. A content of unknown length is \
             always compressed.",
        ),
        setting!("compress_private", PRIVATE, compression.compress_private,
            "Whether responses for a single client are compressed, too: the text of a `return`, a \
             listing or the output of a script, if the request has Authorization or the response \
             has Set-Cookie. If such a response shows a secret and repeats text from the request, \
             an attacker can guess the secret from compressed lengths, even through TLS (the \
             attack is called BREACH). Files are compressed in any case.",
        )
        .differs("sitec's own. nginx compresses such responses."),
    ],
};
