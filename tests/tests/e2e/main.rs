//! Compiled sites, driven over sockets. One module for each row of what a server must do;
//! every test starts the servers that it needs.

mod access;
mod acme;
mod additions;
mod answers;
mod asked_again;
mod balanced;
mod bodies;
mod book;
mod bounds;
mod browser;
mod caches;
mod captures;
mod cgi;
mod cgi_content;
mod cgi_faults;
mod cgi_output;
mod cgi_programs;
mod charset;
mod commands;
mod compression;
mod conf;
mod dav;
mod dav_room;
mod embed;
mod fastcgi;
mod file_cache;
mod files;
mod files_conditional;
mod files_confined;
mod files_range;
mod forms;
mod grpc;
mod grpc_faults;
mod guards;
mod headers;
mod headers_expires;
mod health;
mod http2;
mod http2_attacks;
mod http2_frames;
mod http_body;
mod http_connection;
mod http_head;
mod http_response;
mod inquiries;
mod ipv6;
mod large;
mod limits;
mod listing;
mod logs;
mod logs_elsewhere;
mod maps;
mod memcached;
mod mirrors;
mod operating;
mod pairs;
mod params;
mod passwords;
mod pixel;
mod pools;
mod precompressed;
mod process;
mod proxied;
mod proxy;
mod proxy_faults;
mod recoding;
mod redirects;
mod restarts;
mod rewriting;
mod routing;
mod routing_errors;
mod sealed;
mod sites;
mod slices;
mod socket;
mod ssi;
mod status;
mod substitution;
mod symlinks;
mod templates;
mod tls;
mod trailers;
mod uploads;
mod userid;
mod variables;
mod wire;

use sitec_tests::server::{Launch, Server};

/// A server of `sites/NAME.conf` that is to be started.
fn launch(site: &'static str) -> Launch {
    Launch::new(env!("CARGO_BIN_EXE_test-server"), site)
}

/// A server of `sites/http.conf`.
fn http() -> Server {
    launch("http").ports(3).start()
}

/// A server of `sites/routing.conf`.
fn routing() -> Server {
    launch("routing").ports(2).start()
}
