//! Rows about TLS with clients.

use super::Context::{AcmeIssuer, Http, Server};
use super::kind::{COUNT, FLAG, RECORD, SESSION_CACHE, SESSION_TIMEOUT, TLS_VERSIONS, words};
use super::setting::setting;
use super::{Group, HTTP_SERVER, simple};

pub(super) const GROUP: Group = Group {
    title: "TLS",
    about: "A `listen` with `ssl` speaks TLS, by rustls. The name that a client asks for picks the server, and \
            with it what is said here. [TLS](tls.md) tells how to begin, how certificates are renewed and what \
            is not there. Keys and certificates are read when the server starts, and again when they change.",
    about_files: false,
    rows: &[
        simple("ssl_certificate", HTTP_SERVER, (1, 1), "FILE").params(1).inherits_all("").doc(
            "The server's certificate in PEM, followed by those that lead to its authority: the \
             `fullchain.pem` of most authorities. For example, `ssl_certificate \
             tls/example.test.pem; ssl_certificate_key tls/example.test.key;`. Several, each with \
             its key, are tried in their order: of one with an ECDSA key and one with an RSA key, \
             each client gets the first that it can check. A server without one on an address with \
             `ssl` shows that of the address's default server. A relative path is under the \
             server's prefix.",
        )
        .differs(
            "⟪Variables but `$acme_certificate`, `data:` and `engine:` are errors. A server that shows the default server's \
             certificate has settings of its own.⟫",
        ),
        simple("ssl_certificate_key", HTTP_SERVER, (1, 1), "FILE")
            .params(1)
            .inherits_all("")
            .doc(
                "The private key of the `ssl_certificate` at the same place in the order, in PEM: PKCS #8, \
                 PKCS #1 or SEC 1. It is read before the server gives up root's rights. One that takes a \
                 password needs [`ssl_password_file`](#ssl_password_file).",
            )
            .differs("⟪Variables, `data:`, `engine:` and `store:` are errors.⟫"),
        simple("ssl_password_file", HTTP_SERVER, (1, 1), "FILE")
            .params(1)
            .inherits("")
            .doc(
                "A file with the passwords of private keys, one in each line, which are tried in turn. It is \
                 read when the keys are: when the server starts, and again when it or they change. Keys of \
                 PKCS #8 may be sealed by AES or 3DES (PBES2), and those in OpenSSL's older form by AES, 3DES \
                 or DES.",
            )
            .differs("It is a file, and not a named pipe. ⟪A key that none of its passwords opens is an error.⟫"),
        setting!(
            "ssl_protocols",
            TLS_VERSIONS,
            tls.versions,
            "The versions of TLS that are spoken: `TLSv1.2`, `TLSv1.3` or both.",
        )
        .server_wide()
        .differs("⟪Older versions are left out, with a warning; none but them is an error.⟫"),
        simple("ssl_ciphers", HTTP_SERVER, (1, 1), "LIST")
            .inherits("HIGH:!aNULL:!MD5")
            .doc(
                "The cipher suites of TLS 1.2, as OpenSSL writes lists of them: names, groups such as `HIGH` \
                 or `EECDH+AESGCM`, `!` and `-` before what is taken away, `+` before what goes last, and \
                 `@STRENGTH`. Those of TLS 1.3 are all there in any case.",
            )
            .differs(
                "There are six, all with ECDHE and AES-GCM or ChaCha20-Poly1305. ⟪Others are left out; a list \
                 with none of the six is an error, unless TLS 1.2 is not spoken.⟫",
            ),
        setting!(
            "ssl_prefer_server_ciphers",
            FLAG,
            tls.prefer_server_ciphers,
            "Whether the order of `ssl_ciphers` decides, instead of the client's order.",
        )
        .server_wide(),
        simple("ssl_ecdh_curve", HTTP_SERVER, (1, 1), "auto | NAME[:NAME…]")
            .inherits("auto")
            .doc(
                "The groups that keys are exchanged in, the preferred ones first: `X25519MLKEM768`, which a \
                 quantum computer does not break either, `X25519`, `prime256v1` (`P-256`) and `secp384r1` \
                 (`P-384`). `auto` is these, in this order.",
            )
            .differs("⟪OpenSSL's other groups are left out; a list of none but them is an error.⟫"),
        setting!(
            "ssl_session_cache",
            SESSION_CACHE,
            tls.session_cache,
            "Sessions of TLS 1.2 that are kept, so that a client without tickets need not begin anew: \
             `shared:NAME:SIZE` keeps 4,000 for each megabyte, `builtin:N` keeps N. Nearly all clients have \
             tickets. Servers that name the same `shared` one share it.",
        )
        .server_wide()
        .differs(
            "All workers share a `builtin` one, too. Of several sizes of a `shared` one, the largest counts; with \
             both kinds, `shared` is used alone.",
        ),
        setting!(
            "ssl_session_timeout",
            SESSION_TIMEOUT,
            tls.session_timeout_s,
            "How long a session can be resumed.",
        )
        .server_wide(),
        setting!(
            "ssl_session_tickets",
            FLAG,
            tls.session_tickets,
            "Whether clients get tickets, with which they resume a session. The server makes the \
             keys of tickets when it starts, and new ones every few hours, unless \
             `ssl_session_ticket_key` names some.",
        )
        .server_wide(),
        simple("ssl_session_ticket_key", HTTP_SERVER, (1, 1), "FILE")
            .params(1)
            .inherits_all("")
            .doc(
                "A file with a key of tickets, 48 or 80 random bytes, so that servers on several machines know \
                 each other's tickets: `openssl rand 80 > tls/ticket.key`. New tickets are sealed by the first; \
                 those of the others are taken, too. Files are read again when they change: put a new one first \
                 every day or so, since who gets hold of one can read what was said by its tickets.",
            )
            .differs("Tickets are sealed by AES-256-GCM, and nginx does not know them, nor this server those of nginx."),
        setting!(
            "ssl_buffer_size",
            RECORD,
            tls.record_len,
            "The longest TLS record that is sent. With smaller records, clients can begin to \
             process a response earlier, at the cost of time on both sides.",
        )
        .server_wide()
        .differs("512 bytes at least, and 16k at most, as TLS has it."),
        simple("ssl_stapling_file", HTTP_SERVER, (1, 1), "FILE").params(1).inherits("").doc(
            "An answer of the authority that the first certificate is not revoked (OCSP), in DER, as \
             `openssl ocsp -respout FILE` writes it; clients are sent it. Who keeps it fresh is a matter of \
             yours: the server reads it again when it changes.",
        ),
        simple("ssl_client_certificate", HTTP_SERVER, (1, 1), "FILE").params(1).inherits("").doc(
            "The authorities that may have signed the certificates of clients, in PEM. Their names \
             are sent to clients. For example, `ssl_client_certificate tls/staff.pem; \
             ssl_verify_client on;`.",
        ),
        simple("ssl_trusted_certificate", &[AcmeIssuer, Http, Server], (1, 1), "FILE")
            .params(1)
            .inherits("")
            .doc(
                "Further such authorities, whose names are not sent to clients. In an \
                 `acme_issuer`, the authorities that may have signed the certificate of its \
                 server, instead of those that browsers trust.",
            ),
        simple("ssl_crl", HTTP_SERVER, (1, 1), "FILE").params(1).inherits("").doc(
            "Lists of certificates that are revoked, in PEM: a client with one of them is refused. Every \
             authority on the way needs a list.",
        ),
        setting!(
            "ssl_verify_client",
            words(),
            tls.verify_client,
            "Whether clients are asked for a certificate. `on`: a request without a good one is 400, by \
             the statuses 496 and 495 of `error_page`. `optional`: one without any may come in, one with a bad \
             one not. `optional_no_ca`: also one that nobody who is trusted has signed; what it is is for you \
             to check, by `$ssl_client_verify` and `$ssl_client_fingerprint`.",
        )
        .server_wide()
        .differs(
            "⟪A request for a server that asks is refused with 421 where its connection was made for \
             another one's name.⟫",
        ),
        setting!(
            "ssl_verify_depth",
            COUNT,
            tls.verify_depth,
            "How many intermediate authorities may stand between a client's certificate and a \
             trusted authority.",
        )
        .server_wide(),
        setting!(
            "ssl",
            FLAG,
            compiled.ssl,
            "Whether all addresses of the server speak TLS: what `listen` says with `ssl`, as confs for \
             nginx before 1.25 say it.",
        )
        .server_wide()
        .differs(
            "nginx has done away with it. An address whose default server does not say so is an error; in \
             nginx, it does not speak TLS.",
        ),
        setting!(
            "ssl_reject_handshake",
            FLAG,
            tls.reject_handshake,
            "Refuses every handshake for the server's names. In a default server, that keeps out whoever asks for \
             a name that nobody has: `server { listen 443 ssl default_server; ssl_reject_handshake on; }`. No \
             certificate is needed.",
        )
        .server_wide(),
    ],
};
