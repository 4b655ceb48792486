//! Rows about certificates that are fetched.

use super::Context::{AcmeIssuer, Http, Server};
use super::Naming::{Gives, Uses};
use super::{At, Context, Group, MANY, NameKind, block, simple};

const IN_ISSUER: &[Context] = &[AcmeIssuer];

pub(super) const GROUP: Group = Group {
    title: "Certificates by ACME",
    about: "The site's own binary fetches certificates and renews them, where it is called with `--acme`: \
            [Certificates by ACME](acme.md) tells how to begin and whom to leave that to. The directives are \
            those of nginx's module for ACME, which does it in the server.",
    about_files: false,
    rows: &[
        block("acme_issuer", &[Http], (1, 1), AcmeIssuer, "NAME").names(&[Gives(NameKind::Issuer, At::Word(0))])
            .repeats()
            .doc(
                "An authority that issues certificates by ACME. For example, `acme_issuer le { uri \
                 https://acme-v02.api.letsencrypt.org/directory; contact admin@example.test; \
                 accept_terms_of_service; }`.",
            ),
        simple("acme_certificate", &[Server], (1, MANY), "ISSUER [NAME…] [key=ecdsa[:256|384]|rsa[:2048|3072|4096]]").names(&[Uses(NameKind::Issuer, At::Word(0))])
            .params(MANY)
            .doc(
                "Has an `acme_issuer` issue the server's certificate, for the NAMEs, which may be addresses, or \
                 else for all of `server_name`. It goes where `ssl_certificate` and `ssl_certificate_key` of \
                 the server say; `$acme_certificate` and `$acme_certificate_key` are files in the issuer's \
                 `state_path`. Until it is there, handshakes with the server fail. Servers that name the same \
                 files share it.",
            )
            .differs(
                "`--acme` fetches it, and not the server. ⟪`ecdsa:521` is an error, and so are patterns among \
                 the names.⟫",
            ),
        simple("uri", IN_ISSUER, (1, 1), "URL")
            .params(1)
            .doc("The URL of the authority's directory. Required."),
        simple("contact", IN_ISSUER, (1, 1), "URL").repeats().doc(
            "Where the authority can reach you: an email address, or a URL.",
        ),
        simple("accept_terms_of_service", IN_ISSUER, (0, 0), "").doc(
            "Accepts the terms of the authority; read them first. Without it, an authority that \
             has terms is not asked for certificates, and `--acme` says where the terms are.",
        ),
        simple("challenge", IN_ISSUER, (1, 1), "http-01 | tls-alpn-01").default("http-01").doc(
            "How the authority sees that a name is the site's. `http-01`: it asks for a file, on port 80; the \
             conf has to serve `/.well-known/acme-challenge/` from a folder. `tls-alpn-01`: it asks for a \
             certificate in a handshake, on port 443; the server answers by itself.",
        ),
        simple("state_path", IN_ISSUER, (1, 1), "DIRECTORY")
            .params(1)
            .doc(
                "The folder for the key of the account, for answers to challenges, and for certificates whose \
                 files are not named. `acme_NAME` without it. It is made where it is not there; the server has \
                 to be able to read it.",
            )
            .differs("⟪`off` is an error.⟫"),
        simple("account_key", IN_ISSUER, (1, 1), "FILE")
            .params(1)
            .doc(
                "The key of the account, in PEM: PKCS #8, ECDSA with P-256. Where there is none, it is made. \
                 `account.key` in `state_path` without it.",
            )
            .differs("⟪Other kinds of keys are errors.⟫"),
        simple("external_account_key", IN_ISSUER, (2, 2), "ID FILE").params(2).doc(
            "Ties a new account to one that the authority knows already: the name that it has given you, and a \
             file with the key that goes with it, in Base64.",
        ),
        simple("profile", IN_ISSUER, (1, 1), "NAME").doc(
            "The kind of certificates that is asked for, where the authority has several: `shortlived`, for \
             example.",
        ),
    ],
};
