//! Rows about files: where they are, how they are found, and how they are sent.

use super::Context::{Http, Location, Server};
use super::Naming::Uses;
use super::kind::*;
use super::setting::setting;
use super::{At, Directive, Group, HTTP_SERVER_LOCATION, MANY, NameKind, inherited, simple, table};

pub(super) const GROUP: Group = Group {
    title: "Files",
    about: "Relative paths are relative to the folder of the site.conf, or to `--prefix`. Files \
            are opened beneath their root and nowhere else, whatever the path.",
    about_files: true,
    rows: &[
        inherited(
            "root",
            "PATH",
            "html",
            "The folder of the files: the path `/a/b.html` is the file `PATH/a/b.html`. PATH may \
             hold variables after its first folder, and a `param` before them. A folder within the \
             site's folder must exist when the conf is compiled.",
        )
        .and_in_if()
        .params(1)
        .differs(
            "⟪Without `root` and without a folder `html`, there are no files: 404. A PATH that \
             begins with a variable of the request is an error, since it could be any folder, and \
             so is `/`.⟫",
        ),
        simple("alias", &[Location], (1, 1), "PATH").inherits("").params(1).doc(
            "Like `root`, but the location's prefix is cut off the path first. In a regex \
             location, PATH is the whole path of the file and uses the regex's groups.",
        )
        .differs(
            "⟪The location and PATH must both end in a slash or both not, so that no path may \
             leave the folder.⟫",
        ),
        simple("index", HTTP_SERVER_LOCATION, (1, MANY), "FILE…")
            .inherits_all("index.html")
            .doc("The file names that are tried, in order, for a path that ends in a slash."),
        setting!("random_index", FLAG, plain.random_index,
            "Whether a path that ends in a slash leads to a file of that folder, drawn for each request: none \
             whose name begins with a dot. A folder without files has its `index`.",
        ),
        simple("try_files", &[Server, Location], (2, MANY), "FILE… URI | @NAME | =CODE").names(&[Uses(NameKind::Location, At::Marked)]).doc(
            "Serves the first of the files that exists beneath the root; a name that ends in a \
             slash looks for a folder. If there is none, the last parameter says what happens: an \
             internal redirect to a URI, a named location, or a status.",
        ),
        setting!("autoindex", FLAG, compiled.autoindex,
            "Whether a folder without an `index` file is shown as a directory listing: folders \
             first, then files by name, without names that begin with a dot. A page has a button \
             to delete each file where the location allows `DELETE`.",
        )
        .differs(
            "The page looks different. A symlink that a request could not follow is not listed. ⟪At \
             most 20,000 names are listed; if there are more, the error log says so.⟫",
        ),
        setting!("autoindex_exact_size", FLAG, listing.exact_size,
            "Whether the page gives sizes in bytes; `off` rounds them to `K`, `M` and `G`.",
        ),
        setting!("autoindex_localtime", FLAG, listing.local_time,
            "Whether the page gives times in the machine's zone, by its present distance from \
             UTC; `off` is UTC.",
        ),
        setting!("autoindex_format", words(), listing.format,
            "The format of a listing: a page, or nginx's XML or JSON. `jsonp` is `json` in a call \
             of the function that the argument `callback` names.",
        )
        .differs("A FIFO, a socket or a device is not listed, since no request gets it."),
        table("types", HTTP_SERVER_LOCATION).inherits_all("").doc(
            "Media types and their file name extensions: `text/html html htm;`. Replaces the table \
             of the outer context.",
        )
        .for_every_answer()
        .differs("⟪Without it, about 190 extensions are known, those of nginx's `mime.types` and \
                  more. nginx itself knows four.⟫"),
        inherited(
            "default_type",
            "TYPE",
            "text/plain",
            "The media type of files whose extension is in no table, and of the text of a \
             `return` in such places.",
        )
        .for_every_answer(),
        inherited(
            "charset",
            "NAME | off",
            "off",
            "Puts `; charset=NAME` behind the Content-Type of files, texts of `return`, pages, \
             listings and what scripts write, if it is one of `charset_types` and names no \
             charset yet. NAME may hold variables; where it comes to nothing, nothing is put \
             there. Not for 301 and 302, nor for what a script has compressed.",
        )
        .and_in_if()
        .for_every_answer(),        simple("charset_types", HTTP_SERVER_LOCATION, (1, MANY), "TYPE… | *")
            .inherits_all(
                "text/html text/xml text/plain text/vnd.wap.wml application/javascript \
                 text/javascript application/rss+xml",
            )
            .doc(
                "The media types that `charset` is for, beside `text/html`; `*` is all. A type \
                 with parameters is none of them but of all.",
            )
            .for_every_answer()
            .differs("`text/javascript`, the name of RFC 9239, is one of them."),
        Directive {
            args: (2, 2),
            usage: "CHARSET CHARSET",
            ..table("charset_map", &[Http])
        }
        .repeats()
        .doc(
            "Which characters of two charsets are the same: lines of a byte of the first and one of the \
             second, in hexadecimal, `C0 FE;`. Where the second is `utf-8`, the lines name the bytes of a \
             character in it, `C0 D18E;`. Contents are recoded by it in both directions. ASCII stays as it \
             is unless a line says otherwise; what the other charset has not becomes `?`, or from UTF-8 \
             `&#1103;`. `include koi-utf;`, `koi-win` and `win-utf` are nginx's maps of koi8-r and \
             windows-1251, whether the files are there or not.",
        )
        .differs("The second charset alone may be `utf-8`, and a line of it names one character."),
        inherited(
            "source_charset",
            "NAME | off",
            "off",
            "The charset that contents are in which name none. Where it is not that of `charset`, they are \
             recoded on their way by a `charset_map`, after `sub_filter` and before what `ssi` does: \
             files, texts, pages, what scripts write and other servers answer, unless it is compressed. \
             What goes into another content is recoded to the charset of that. NAME may hold variables; \
             without a map for what they come to, nothing is recoded or said, and the error log tells so. \
             For example, `charset utf-8; source_charset koi8-r;`.",
        )
        .and_in_if()
        .for_every_answer()
        .differs(
            "What is recoded has no length and no ranges, whatever the charsets; its ETag stays, as in \
             nginx.",
        ),
        setting!("override_charset", FLAG, plain.override_charset,
            "Whether `charset` is also for what scripts or other servers answer with a charset of their own: \
             it is recoded from that by a `charset_map`.",
        )
        .and_in_if()
        .for_every_answer(),
        setting!("hidden_files", HIDDEN_FILES, plain.hidden_files,
            "`deny`: a path with a segment that begins with a dot is 404, all but \
             `/.well-known/`.",
        )
        .differs("sitec's own. nginx serves such files."),
        simple(
            "disable_symlinks",
            HTTP_SERVER_LOCATION,
            (1, 2),
            "off | on | if_not_owner [from=PART]",
        )
        .inherits("")
        .doc(
            "`off`: a symlink is followed wherever it leads. `on`: none is followed in the whole \
             path of a file. `if_not_owner`: one is followed that has the owner of what it leads \
             to. What may not be followed is 403; with `on`, 404 where it stands for a folder on \
             the way. `from` names the front of paths that is not looked at, such as \
             `$document_root`.",
        )
        .differs(
            "⟪Without it, a symlink is followed while it stays beneath its root; nginx's default is \
             `off`.⟫ With `if_not_owner` it has to stay there, too. It holds for `DELETE` and \
             `dav_methods` as well, of which only `PUT` follows with `off`, and a listing leaves out what \
             it forbids.",
        ),
        setting!("gzip_static", words(), plain.gzip_static,
            "`on`: a file `a.js` is sent as the file `a.js.gz` beside it, with its times and \
             length, to a client that takes gzip; not to HTTP/1.0, and not through a proxy that \
             says so in `Via`. `always` asks no client. A compressed file is sent whole, whatever \
             ranges are asked for.",
        )
        .differs(
            "With `on`, a response of which there are two variants has `Vary: Accept-Encoding`, \
             as if by `gzip_vary on`.",
        ),
        setting!("brotli_static", words(), plain.brotli_static,
            "The same with the file `a.js.br`, in Brotli. Where several of these files are there, a \
             client gets the one that it wants most by `Accept-Encoding`; of equal ones `br` before \
             `zstd` before `gzip`.",
        )
        .differs("A directive of nginx's well-known module. Vary is sent as with `gzip_static`."),
        setting!("zstd_static", words(), plain.zstd_static,
            "The same with the file `a.js.zst`, in Zstandard.",
        )
        .differs("A directive of nginx's well-known module. Vary is sent as with `gzip_static`."),
        simple(
            "open_file_cache",
            HTTP_SERVER_LOCATION,
            (1, 2),
            "off | max=N [inactive=TIME]",
        )
        .inherits("")
        .doc(
            "How long the server remembers which file a path is. With `max`, a file is remembered \
             for `open_file_cache_valid`, and forgotten if it was not used for `inactive` (60s). \
             `off`: every request looks at the disk.",
        )
        .differs(
            "⟪Without it, a path is remembered for a second, whether or not there is a file.⟫ Each \
             worker has one cache for all locations. It remembers as many paths as the largest \
             `max`, or 1024. A change that is made through the server itself is seen at once.",
        ).unseen(),
        setting!("open_file_cache_valid", TIME, cache.valid_ms,
            "How long a path is remembered before the disk is looked at again, if \
             `open_file_cache` has `max`.",
        ),
        setting!("open_file_cache_min_uses", AT_LEAST_ONE, cache.min_uses,
            "How often a file has to be used, without a pause of `inactive`, before it is \
             remembered and held open, if `open_file_cache` has `max`.",
        ),
        setting!("open_file_cache_errors", FLAG, cache.errors,
            "Whether the server also remembers that there is no such file, or that it may not be \
             read, if `open_file_cache` has `max`.",
        ),
        inherited(
            "embed",
            "on | off",
            "off",
            "Whether the files beneath `root` or `alias` are part of the binary, as they are when \
             it is built: nothing is read from the disk. Their folder must be known then, so it \
             holds no `param`. Locations with scripts or uploads, or that allow `DELETE`, stay on \
             the disk. See [Files in the binary](embed.md).",
        )
        .differs("sitec's own."),
        simple("precompress", HTTP_SERVER_LOCATION, (1, 3), "off | CODING…")
            .inherits("off")
            .doc(
                "The compressed forms that `embed` makes of files whose type gains by it: `gzip`, \
                 `br`, `zstd`. A form is kept if it is smaller than the file. A client gets the \
                 form that it prefers by `Accept-Encoding`, and of equal ones the smallest. \
                 Replaces `gzip_static`.",
            )
            .differs("sitec's own."),
        setting!("etag", FLAG, plain.etag,
            "Whether files are sent with an ETag field: the time of the last change and the length, in \
             hexadecimal. Unlike in nginx the time has its nanoseconds, unless it is a whole second, so \
             that two states of a file in one second can be told apart.",
        ),
        setting!("if_modified_since", words(), plain.if_modified_since,
            "When If-Modified-Since leads to 304: never, if it is the file's own time, or if the \
             file is not younger.",
        ),
        setting!("max_ranges", COUNT, plain.max_ranges,
            "How many ranges one request may ask for. A request for more gets the whole file. 0 \
             turns ranges off.",
        )
        .differs("⟪In nginx, there is no limit by default.⟫"),
        setting!("sendfile", FLAG, plain.sendfile,
            "Whether the kernel copies files to the connection by itself.",
        )
        .and_in_if()
        .differs("⟪The default is `off` in nginx.⟫").unseen(),
        setting!("tcp_nopush", FLAG, plain.tcp_nopush,
            "Whether a response's head is held back to share a packet with the file's start. \
             Needs `sendfile`.",
        )
        .differs("⟪The default is `off` in nginx.⟫").unseen(),
        setting!("tcp_nodelay", FLAG, plain.tcp_nodelay, "Whether the last piece of a response is sent without delay.")
            .for_every_answer().unseen(),
    ],
};
