//! TLS.

use super::{Check, Entry, Group, error, lint, warning};

pub(super) const GROUP: Group = Group { title: "TLS", checks: CHECKS };

/// Certificates for `example.test` and the names beneath it, and keys.
const SAMPLES: &[Entry] = &[
    Entry::File("tls/a.pem", include_str!("../certificates/samples/leaf.pem")),
    Entry::File("tls/a.key", include_str!("../certificates/samples/leaf.key")),
    Entry::File("tls/soon.pem", include_str!("../certificates/samples/soon.pem")),
    Entry::File("tls/rsa.pem", include_str!("../certificates/samples/rsa.pem")),
    Entry::File("tls/rsa.key", include_str!("../certificates/samples/rsa.key")),
    Entry::File("/etc/a.pem", include_str!("../certificates/samples/leaf.pem")),
    Entry::File("/etc/a.key", include_str!("../certificates/samples/leaf.key")),
];

const CHECKS: &[Check] = &[
    error(
        "S01",
        "certificate-and-key",
        "A certificate or its key cannot be used: a file is not there or is none, the key takes a password or \
         belongs to another certificate. A warning, where the file is outside of the site's folder or a \
         `param` is part of its name, so that the machine that serves may have another one; where a chain is \
         not in order or lacks who has signed it; and where everyone can read the key. What is found rests on \
         the files as they are when the conf is compiled: they are no part of the binary.",
        "server {\n    listen 8443 ssl;\n    root www;\n    ssl_certificate tls/a.pem;\n    ssl_certificate_key ⟪tls/rsa.key⟫;\n}",
        "server {\n    listen 8443 ssl;\n    root www;\n    ssl_certificate tls/a.pem;\n    ssl_certificate_key tls/a.key;\n}",
    )
    .among(SAMPLES),
    warning(
        "S02",
        "certificate-days",
        "A certificate has expired, does not hold yet, or expires within two weeks (of one for a few days: \
         within the last third of them). Clients refuse it outside of its time, and who renews it by itself \
         has done so by then.",
        "server {\n    listen 8443 ssl;\n    root www;\n    ssl_certificate ⟪tls/soon.pem⟫;\n    ssl_certificate_key tls/a.key;\n}",
        "server {\n    listen 8443 ssl;\n    root www;\n    ssl_certificate tls/a.pem;\n    ssl_certificate_key tls/a.key;\n}",
    )
    .among(SAMPLES),
    warning(
        "S03",
        "name-not-covered",
        "A server has a name that its certificate is not for: clients that ask for it refuse the \
         connection. A star in a certificate stands for one label, and common names count for nothing.",
        "server {\n    listen 8443 ssl;\n    server_name example.test other.test;\n    root www;\n    ssl_certificate ⟪tls/a.pem⟫;\n    ssl_certificate_key tls/a.key;\n}",
        "server {\n    listen 8443 ssl;\n    server_name example.test www.example.test;\n    root www;\n    ssl_certificate tls/a.pem;\n    ssl_certificate_key tls/a.key;\n}",
    )
    .among(SAMPLES),
    error(
        "S04",
        "tls-weak",
        "What is asked for is weak, and not there: versions before TLS 1.2, cipher suites without forward \
         secrecy, groups that nobody uses, RSA keys below 2048 bits. An error where nothing else is asked \
         for; a warning where something is left, as in `ssl_protocols TLSv1 TLSv1.1 TLSv1.2`, and where a \
         certificate is signed with SHA-1.",
        "server {\n    listen 8443 ssl;\n    ssl_reject_handshake on;\n    ssl_protocols ⟪TLSv1.1⟫;\n}",
        "server {\n    listen 8443 ssl;\n    ssl_reject_handshake on;\n    ssl_protocols TLSv1.3;\n}",
    ),
    warning(
        "S05",
        "plain-beside-tls",
        "A site speaks TLS, and says something without it that should not be: a password of `auth_basic` goes \
         over a `listen` without `ssl`, or `Strict-Transport-Security` is sent where no TLS is spoken, which \
         browsers ignore. A lint, where a name that is there over TLS has its pages without it, too.",
        "server {\n    listen 80;\n    server_name b.test;\n    root www;\n    add_header ⟪Strict-Transport-Security⟫ max-age=1;\n}\nserver {\n    listen 443 ssl;\n    ssl_reject_handshake on;\n}",
        "server {\n    listen 80;\n    server_name b.test;\n    root www;\n}\nserver {\n    listen 443 ssl;\n    ssl_reject_handshake on;\n}",
    ),
    error(
        "S07",
        "tls-incomplete",
        "TLS is to be spoken, and a part of it is missing: the certificate of a `listen … ssl`, the key of a \
         certificate, or the authorities that clients' certificates may come from. nginx does not start.",
        "server {\n    listen 8443 ⟪ssl⟫;\n    root www;\n}",
        "server {\n    listen 8443 ssl;\n    ssl_reject_handshake on;\n}",
    ),
    warning(
        "S08",
        "certificate-unused",
        "A server has a certificate, and no `listen` with `ssl`: nobody is shown it, and what was to be \
         encrypted is not.",
        "server {\n    listen 8443;\n    root www;\n    ⟪ssl_certificate⟫ /etc/a.pem;\n    ssl_certificate_key /etc/a.key;\n}",
        "server {\n    listen 8443 ssl;\n    root www;\n    ssl_certificate /etc/a.pem;\n    ssl_certificate_key /etc/a.key;\n}",
    )
    .among(SAMPLES),
    error(
        "S09",
        "tls-file",
        "A certificate or a key is a file that is read when the server starts. OpenSSL's `engine:` and \
         `store:`, nginx's `data:`, and names with a variable of the request are none.",
        "server {\n    listen 8443 ssl;\n    ssl_reject_handshake on;\n    ssl_certificate ⟪data:⟫x;\n}",
        "server {\n    listen 8443 ssl;\n    ssl_reject_handshake on;\n    ssl_certificate /etc/x;\n}",
    ),
    lint(
        "S10",
        "rsa-alone",
        "All certificates of a server have RSA keys. A handshake then costs the server two to four times what \
         it does with ECDSA, which all clients of the last ten years know. Where older ones matter, both can \
         stand side by side, the ECDSA one first.",
        "server {\n    listen 127.0.0.1:8443 ssl;\n    return 444;\n    ssl_certificate ⟪tls/rsa.pem⟫;\n    ssl_certificate_key tls/rsa.key;\n}",
        "server {\n    listen 127.0.0.1:8443 ssl;\n    return 444;\n    ssl_certificate tls/a.pem;\n    ssl_certificate_key tls/a.key;\n    ssl_certificate tls/rsa.pem;\n    ssl_certificate_key tls/rsa.key;\n}",
    )
    .among(SAMPLES),
    error(
        "S11",
        "acme-certificate",
        "A certificate cannot be fetched as it is said: there is no such issuer, or nothing says where it is; \
         the names are none that certificates are issued for without DNS, such as patterns; nothing says \
         which file the certificate goes to; or the folder for keys is one that is served.",
        "acme_issuer a { uri ⟪http://ca.test/directory⟫; }\nserver {\n    listen 127.0.0.1:80;\n    return 444;\n}",
        "acme_issuer a { uri https://ca.test/directory; challenge tls-alpn-01; }\nserver {\n    listen 127.0.0.1:443 ssl;\n    server_name a.test;\n    acme_certificate a;\n    ssl_certificate $acme_certificate;\n    ssl_certificate_key $acme_certificate_key;\n    return 444;\n}",
    ),
    error(
        "S12",
        "challenge-unanswered",
        "A certificate is to be fetched by `http-01`, and the authority would not get the file that it asks \
         for: no server listens without TLS, or `/.well-known/acme-challenge/` of a name is not served from a \
         folder. A `return` of the server itself answers before any location is looked for.",
        "acme_issuer a { uri https://ca.test/directory; }\nserver {\n    listen 127.0.0.1:80;\n    return 444;\n}\nserver {\n    listen 127.0.0.1:443 ssl;\n    server_name a.test;\n    ⟪acme_certificate a⟫;\n    ssl_certificate $acme_certificate;\n    ssl_certificate_key $acme_certificate_key;\n    return 444;\n}",
        "acme_issuer a { uri https://ca.test/directory; }\nserver {\n    listen 127.0.0.1:80;\n    location / { return 444; }\n    location /.well-known/acme-challenge/ { root www; }\n}\nserver {\n    listen 127.0.0.1:443 ssl;\n    server_name a.test;\n    acme_certificate a;\n    ssl_certificate $acme_certificate;\n    ssl_certificate_key $acme_certificate_key;\n    return 444;\n}",
    ),
];
