//! Handshakes that check whether a name is the site's (RFC 8737): they are shown what `--acme` has put into
//! a folder, for as long as it is there.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::ClientHello;

use super::identity::{Identities, paired};

/// What such a handshake offers to speak (RFC 8737, 6.2).
const PROTOCOL: &[u8] = b"acme-tls/1";

/// What holds for a handshake with this name, if it is such a one, and there is an answer.
pub(super) fn config(
    hello: &ClientHello<'_>,
    name: &str,
    folders: &[PathBuf],
) -> Option<Arc<ServerConfig>> {
    let asks = hello.alpn().is_some_and(|mut offered| offered.any(|it| it == PROTOCOL));
    if !asks || name.starts_with('.') || name.contains('/') {
        return None;
    }
    let mut paths = folders.iter().map(|folder| folder.join(format!("{name}.pem")));
    let path = paths.find(|path| path.is_file())?;
    let provider = Arc::new(default_provider());
    // What only such a certificate has in it, nobody else reads.
    let shown = paired(&provider, &path, &path, None).ok()?;
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let resolver = Arc::new(Identities::new(vec![shown]));
    let mut config = builder.ok()?.with_no_client_auth().with_cert_resolver(resolver);
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    Some(Arc::new(config))
}
