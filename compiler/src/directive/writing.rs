//! Rows about requests that change files.

use super::Context::Location;
use super::kind::*;
use super::setting::setting;
use super::{Group, HTTP_SERVER_LOCATION, simple};

pub(super) const GROUP: Group = Group {
    title: "Writing files",
    about: "What clients may store, replace and remove. A file is seen when it is whole: it is \
            written without a name, in the same file system, and gets its name last; a client \
            that goes away, a full disk and a killed server leave nothing behind. (Where a file \
            system has no files without a name, or a file is replaced, a name that begins with \
            `.sitec-` is used; what a killed server has left of those is removed from an \
            `upload_store` at the next start.) Nothing is written through a symlink that leaves \
            the folder.\n\n\
            `client_max_body_size` bounds what may be sent: 1m unless it says otherwise. Content \
            comes with a length or in chunks; a PUT or an upload with neither is 411. A full disk \
            or quota is 507. If-Match, If-None-Match and If-Unmodified-Since are heeded: 412.\n\n\
            `methods DELETE` alone, without any of these directives, lets clients remove files \
            beneath `root` or `alias`: 204, 404 if there is none, 403 for a folder.",
    about_files: true,
    rows: &[
        simple("upload_store", &[Location], (1, 1), "DIR").inherits("").params(1).doc(
            "POST and PUT store what is sent in DIR, under the name that follows the location's \
             URI: `PUT /up/NAME`. In a regex or named location the name is what follows the last \
             slash. POST of `multipart/form-data` stores every part that has a file name, all of \
             them or none. A name is one segment of a path that does not begin with a dot and has \
             no control character: else 400. The response is 201 with a Location, or 204 to a PUT \
             that has replaced a file. After a form, its content is the paths of the files, a line each, or, \
             for a browser (`Accept: text/html`), a page with links to them; `upload_redirect` sends it \
             elsewhere. \
             DELETE, where `methods` or `dav_methods` name it, removes a file of the store: 204, \
             404, or 403 for a folder. GET and HEAD look where `root` or `alias` say. Without \
             `methods`, GET, HEAD, POST and PUT may be used. A form may have 1000 files.",
        )
        .differs("sitec's own."),
        simple("upload_redirect", &[Location], (1, 1), "URI | off").inherits("off").doc(
            "Where a browser goes once the files of its form are stored (303), such as the page with the \
             form, or a listing. Without it, it is shown links to the files. URI is a path of the site or a URL. \
             PUT, and POST of anything but a form, are answered as before.",
        )
        .differs("sitec's own."),
        setting!("upload_overwrite", FLAG, upload.overwrite,
            "Whether an upload may take the place of a file that is there, at once and whole. \
             `off`: that is 409.",
        )
        .only_in(&[Location])
        .differs("sitec's own."),
        setting!("upload_sync", FLAG, upload.sync,
            "Whether the response waits until the file and its name are on the disk.",
        )
        .only_in(&[Location])
        .differs("sitec's own.").unseen(),
        simple("dav_methods", HTTP_SERVER_LOCATION, (1, 5), "off | METHOD…").inherits("off").doc(
            "The methods of WebDAV that may be used: PUT, DELETE, MKCOL, COPY, MOVE, beneath \
             `root` or `alias`. The path of a collection, which is a folder, ends in a slash. PUT \
             sets the file's time from a Date field. COPY and MOVE put a collection into its place \
             when it is whole, so that a failure leaves everything as it was; what a DELETE cannot \
             remove is named in a 207. What a collection replaces changes places with it at once, so \
             that nobody finds nothing there. Others are served meanwhile. In a location with \
             `upload_store` only DELETE counts; in one with scripts, none.\n\n\
             A copy on its way is a `.sitec-copy-…` beside its destination, and what was replaced is \
             a `.sitec-old-…` until it is removed. If the server is killed, its next start removes \
             them, or finishes a MOVE that was cut short: they are named in a `.sitec-journal-…` in \
             the folder of the location, which the server must be able to write in for that. A \
             killed server may leave two things: the rest of a source that was being deleted, or \
             moved into another file system (its copy is whole then), and beneath the folder a \
             `.sitec-…` of a single file that was just being replaced, which \
             `find DIR -name '.sitec-*'` finds. Clients cannot write such names.",
        )
        .differs(
            "COPY and MOVE lead only to where a location has the method too; a COPY with \
             `Depth: 0` copies a collection without what is in it; a missing parent is 409; a \
             Destination may be `https`, for a proxy in front; the root itself is never removed; \
             hidden files stay hidden.",
        ),
        setting!("create_full_put_path", FLAG, dav.create_full_put_path,
            "Whether PUT makes the folders that are missing on the way. `off`: that is 409.",
        ),
        setting!("min_delete_depth", COUNT, dav.min_delete_depth,
            "DELETE is refused, with 409, for a path of fewer segments.",
        ),
        setting!("dav_access", DAV_ACCESS, dav.file_mode,
            "The permissions of files and folders that these methods make: `user`, `group` and \
             `all` with `r` or `rw`. Folders may be entered where they may be read.",
        )
,
    ],
};
