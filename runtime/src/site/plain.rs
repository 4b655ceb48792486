//! Settings of one plain value each, with the value that holds where a conf says nothing.
//!
//! A field here is the whole of a setting's run time side but for its use. The compiler has a row
//! for each, which says how the value is written in a conf.

use std::ops::Deref;

use crate::http::accept::Coding;

use super::{
    Beside, Cgi, Compression, Dav, Failures, IfModifiedSince, Ignored, KeepaliveDisable,
    KeepaliveTimeout, LeastVersion, Level, Lingering, Listing, ListingFormat, MinRate, Process,
    Proxied, Proxy, ProxyVersion, Server, SessionCache, Settings, Tls, TlsPeer, TlsVersions,
    TraceContext, Upload, Upstream, VerifyClient,
};

/// A struct of plain values, each with its default. It is the field `plain` of another struct,
/// which lends its fields as if they were its own.
macro_rules! settings {
    ($(#[$about:meta])* pub struct $name:ident in $outer:ident {
        $($(#[$doc:meta])* $field:ident: $type:ty = $default:expr,)*
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $name {
            /// What holds where a conf says nothing.
            pub const DEFAULT: $name = $name { $($field: $default,)* };

            /// The names of the fields.
            pub const FIELDS: &[&str] = &[$(stringify!($field)),*];
        }

        impl Deref for $outer {
            type Target = $name;

            fn deref(&self) -> &$name {
                &self.plain
            }
        }
    };
}

settings! {
    /// What a location says in one plain value each.
    pub struct PlainSettings in Settings {
        /// `recursive_error_pages`.
        recursive_error_pages: bool = false,
        /// `hidden_files`: whether a segment that begins with a dot may be served.
        hidden_files: bool = false,
        /// `etag`.
        etag: bool = true,
        /// `if_modified_since`.
        if_modified_since: IfModifiedSince = IfModifiedSince::Exact,
        /// `max_ranges`; 0 turns ranges off. The default is more than readers of documents and
        /// download managers ask for.
        max_ranges: u32 = 200,
        /// `server_tokens`: whether Server has the version.
        server_tokens: bool = false,
        /// `absolute_redirect`.
        absolute_redirect: bool = false,
        /// `port_in_redirect`.
        port_in_redirect: bool = true,
        /// `server_name_in_redirect`.
        server_name_in_redirect: bool = false,
        /// `auth_delay`.
        auth_delay_ms: u64 = 0,
        /// `sub_filter_once`.
        sub_filter_once: bool = true,
        /// `sub_filter_last_modified`.
        sub_filter_last_modified: bool = false,
        /// `random_index`.
        random_index: bool = false,
        /// `ssi_last_modified`.
        ssi_last_modified: bool = false,
        /// `mirror_request_body`.
        mirror_request_body: bool = true,
        /// `client_max_body_size` in bytes; `u64::MAX` means any.
        client_max_body_size: u64 = 1 << 20,
        /// `client_body_buffer_size` in bytes.
        client_body_buffer_size: usize = 16 << 10,
        /// `client_body_memory` in bytes: of a worker.
        client_body_memory: usize = 16 << 20,
        /// `client_body_timeout`: between two reads.
        client_body_timeout_ms: u64 = 60_000,
        /// `send_timeout`: between two writes.
        send_timeout_ms: u64 = 60_000,
        /// `client_min_rate`.
        client_min_rate: Option<MinRate> = Some(MinRate::USUAL),
        /// `keepalive_timeout`.
        keepalive_timeout: KeepaliveTimeout = KeepaliveTimeout { wait_ms: 75_000, header_s: None },
        /// `keepalive_requests`.
        keepalive_requests: u64 = 1000,
        /// `keepalive_time`: the age after which a connection is not kept.
        keepalive_time_ms: u64 = 3_600_000,
        /// `keepalive_disable`.
        keepalive_disable: KeepaliveDisable = KeepaliveDisable { msie6: true, safari: false },
        /// `lingering_close`.
        lingering_close: Lingering = Lingering::On,
        /// `lingering_time`: the longest for all of it.
        lingering_time_ms: u64 = 30_000,
        /// `lingering_timeout`: the longest wait for more.
        lingering_timeout_ms: u64 = 5_000,
        /// `otel_trace_context`.
        trace_context: TraceContext = TraceContext::Ignore,
        /// `reset_timedout_connection`.
        reset_timedout_connection: bool = false,
        /// `sendfile`.
        sendfile: bool = true,
        /// `tcp_nodelay`.
        tcp_nodelay: bool = true,
        /// `tcp_nopush`.
        tcp_nopush: bool = true,
        /// `log_not_found`.
        log_not_found: bool = true,
        /// `limit_req_status`.
        limit_req_status: u16 = 503,
        /// `limit_req_log_level`.
        limit_req_log_level: Level = Level::Error,
        /// `limit_req_dry_run`.
        limit_req_dry_run: bool = false,
        /// `limit_conn_status`.
        limit_conn_status: u16 = 503,
        /// `limit_conn_log_level`.
        limit_conn_log_level: Level = Level::Error,
        /// `limit_conn_dry_run`.
        limit_conn_dry_run: bool = false,
        /// `rewrite_log`.
        rewrite_log: bool = false,
        /// `uninitialized_variable_warn`.
        uninitialized_variable_warn: bool = true,
        /// `http2_chunk_size` in bytes.
        http2_chunk_len: usize = 8 << 10,
        /// `slice` in bytes; 0: contents are not fetched in parts.
        slice_len: u64 = 0,
        /// `override_charset`.
        override_charset: bool = false,
        /// `gzip_static`.
        gzip_static: Beside = Beside::Off,
        /// `brotli_static`.
        brotli_static: Beside = Beside::Off,
        /// `zstd_static`.
        zstd_static: Beside = Beside::Off,
    }
}

impl PlainSettings {
    /// Whether the file beside a file is sent that has this coding.
    pub const fn beside(&self, coding: Coding) -> Beside {
        match coding {
            Coding::Gzip => self.gzip_static,
            Coding::Brotli => self.brotli_static,
            Coding::Zstd => self.zstd_static,
        }
    }

    /// Looks for no compressed file beside another.
    pub const fn leave_beside(&mut self) {
        (self.gzip_static, self.brotli_static, self.zstd_static) =
            (Beside::Off, Beside::Off, Beside::Off);
    }

    /// The codings of which files are looked for.
    pub fn codings_beside(&self) -> impl Iterator<Item = Coding> {
        Coding::ORDER.into_iter().filter(|&coding| self.beside(coding) != Beside::Off)
    }
}

settings! {
    /// What a server says in one plain value each, before a location is known.
    pub struct ServerSettings in Server {
        /// Time for a whole head, from its first byte.
        client_header_timeout_ms: u64 = 60_000,
        /// First size of the buffer for a head, in bytes.
        client_header_buffer_len: usize = 1 << 10,
        /// Number and size of the buffers for a large head: no request line or field may be
        /// longer than one, no head longer than all.
        large_client_header_buffers: (usize, usize) = (4, 8 << 10),
        /// Fields that one head may have.
        max_headers: u32 = 1000,
        /// Whether runs of slashes in a path count as one.
        merge_slashes: bool = true,
        /// Whether fields with invalid names are dropped rather than refused.
        ignore_invalid_headers: bool = true,
        /// `http2`: whether connections to this server may speak HTTP/2.
        http2: bool = false,
        /// `http2_recv_buffer_size` in bytes: the least that input is read into.
        http2_recv_buffer_len: usize = 0,
        /// `http2_max_concurrent_streams`.
        http2_max_concurrent_streams: u32 = 128,
        /// `http2_body_preread_size` in bytes.
        http2_body_preread_len: u32 = 64 << 10,
        /// Whether a field name may have underscores.
        underscores_in_headers: bool = false,
    }
}

settings! {
    /// What holds for the whole process, in one plain value each.
    pub struct ProcessSettings in Process {
        /// Worker threads; `None` means one for each CPU.
        workers: Option<u16> = Some(1),
        /// Connections that one worker holds open at once.
        worker_connections: u32 = 1024,
        /// How long requests under way may take once the server is to leave; `None`: as long as
        /// they do.
        shutdown_timeout_ms: Option<u64> = Some(30_000),
    }
}

settings! {
    /// What is compressed on its way to a client, in one plain value each.
    pub struct CompressionSettings in Compression {
        /// `gzip`.
        gzip: bool = false,
        /// `gzip_comp_level`.
        gzip_level: u32 = 1,
        /// `gzip_min_length`, in bytes.
        gzip_min_len: u64 = 20,
        /// `gzip_http_version`.
        gzip_http_version: LeastVersion = LeastVersion::Http11,
        /// `gzip_proxied`.
        gzip_proxied: Proxied = Proxied::OFF,
        /// `gzip_vary`; `None`: where two files are at hand, and not where one is compressed on its
        /// way.
        gzip_vary: Option<bool> = None,
        /// `gunzip`.
        gunzip: bool = false,
        /// `brotli`.
        brotli: bool = false,
        /// `brotli_comp_level`.
        brotli_level: u32 = 6,
        /// `brotli_min_length`, in bytes.
        brotli_min_len: u64 = 20,
        /// `zstd`.
        zstd: bool = false,
        /// `zstd_comp_level`.
        zstd_level: u32 = 1,
        /// `zstd_min_length`, in bytes.
        zstd_min_len: u64 = 20,
        /// `compress_private`: whether what was made for one client alone is compressed, too.
        compress_private: bool = false,
    }
}

settings! {
    /// What `autoindex` shows.
    pub struct ListingSettings in Listing {
        /// `autoindex_format`.
        format: ListingFormat = ListingFormat::Html,
        /// `autoindex_exact_size`.
        exact_size: bool = true,
        /// `autoindex_localtime`.
        local_time: bool = false,
    }
}

settings! {
    /// What goes with `cgi_pass`.
    pub struct CgiSettings in Cgi {
        /// `cgi_timeout`: how long a script may neither read nor write.
        timeout_ms: u64 = 60_000,
    }
}

settings! {
    /// What goes with `proxy_pass`.
    pub struct ProxySettings in Proxy {
        /// `proxy_http_version`.
        http_version: ProxyVersion = ProxyVersion::Http11,
        /// `proxy_connect_timeout`.
        connect_timeout_ms: u64 = 60_000,
        /// `proxy_send_timeout`: between two writes.
        send_timeout_ms: u64 = 60_000,
        /// `proxy_read_timeout`: between two reads.
        read_timeout_ms: u64 = 60_000,
        /// `proxy_pass_request_headers`.
        pass_fields: bool = true,
        /// `proxy_pass_request_body`.
        pass_content: bool = true,
        /// `proxy_request_buffering`: whether all of a request's content is here before an
        /// upstream is asked.
        request_buffering: bool = true,
        /// `proxy_buffering`: whether an answer is read faster than the client takes it.
        buffering: bool = true,
        /// `proxy_buffer_size`: the longest head of an answer, in bytes.
        head_len: usize = 64 << 10,
        /// `proxy_buffers`: how many bytes of an answer are held for a client that is slower, as a
        /// number and a size.
        buffers: (usize, usize) = (8, 8 << 10),
        /// `proxy_force_ranges`.
        force_ranges: bool = false,
        /// `proxy_intercept_errors`.
        intercept_errors: bool = false,
        /// `proxy_ignore_client_abort`.
        ignore_client_abort: bool = false,
        /// `proxy_pass_trailers`.
        pass_trailers: bool = true,
        /// `proxy_next_upstream`.
        next_upstream: Failures = Failures::USUAL,
        /// `proxy_next_upstream_tries`; 0: any number.
        next_upstream_tries: u32 = 0,
        /// `proxy_next_upstream_timeout`; 0: any time.
        next_upstream_timeout_ms: u64 = 0,
        /// `proxy_ignore_headers`.
        ignored: Ignored = Ignored::NONE,
        /// `proxy_socket_keepalive`.
        socket_keepalive: bool = false,
        /// `proxy_cache_min_uses`: how often something is asked for before it is kept.
        cache_min_uses: u32 = 1,
        /// `proxy_cache_use_stale`: after which failures what is stale is given.
        cache_use_stale: Failures = Failures::NONE,
        /// `proxy_cache_background_update`.
        cache_background_update: bool = false,
        /// `proxy_cache_convert_head`: whether HEAD becomes GET where the answer is to be kept.
        cache_converts_head: bool = true,
        /// `proxy_cache_revalidate`: whether the other server is asked if what is stale still holds.
        cache_revalidate: bool = false,
        /// `proxy_cache_lock`: whether one request alone asks for what is not there yet.
        cache_lock: bool = false,
        /// `proxy_cache_lock_timeout`: how long others wait for that.
        cache_lock_timeout_ms: u64 = 5_000,
        /// `proxy_cache_lock_age`: after which time another one asks as well.
        cache_lock_age_ms: u64 = 5_000,
    }
}

settings! {
    /// What goes with an `upstream`.
    pub struct UpstreamSettings in Upstream {
        /// `keepalive`: idle connections that each worker keeps.
        keepalive: u32 = 32,
        /// `keepalive_requests`: requests of one connection.
        keepalive_requests: u64 = 1000,
        /// `keepalive_time`: the age after which a connection is not kept.
        keepalive_time_ms: u64 = 3_600_000,
        /// `keepalive_timeout`: how long an idle connection is kept.
        keepalive_timeout_ms: u64 = 60_000,
        /// `queue`: how many requests of each worker wait while no peer can be asked, and how long, in
        /// milliseconds.
        queue: (usize, usize) = (0, 60_000),
    }
}

settings! {
    /// What a server says of TLS, in one plain value each.
    pub struct TlsSettings in Tls {
        /// `ssl_protocols`.
        versions: TlsVersions = TlsVersions { v12: true, v13: true },
        /// `ssl_prefer_server_ciphers`.
        prefer_server_ciphers: bool = false,
        /// `ssl_session_tickets`.
        session_tickets: bool = true,
        /// `ssl_session_timeout`: how long a session may be resumed, in seconds.
        session_timeout_s: u32 = 300,
        /// `ssl_session_cache`.
        session_cache: SessionCache = SessionCache::Off,
        /// `ssl_buffer_size`: the longest record that is sent, in bytes of content.
        record_len: usize = 16 << 10,
        /// `ssl_verify_client`.
        verify_client: VerifyClient = VerifyClient::Off,
        /// `ssl_verify_depth`: authorities between a client and one that is trusted.
        verify_depth: u32 = 1,
        /// `ssl_reject_handshake`.
        reject_handshake: bool = false,
    }
}

settings! {
    /// What goes with `proxy_pass https://…`, in one plain value each.
    pub struct TlsPeerSettings in TlsPeer {
        /// `proxy_ssl_protocols`.
        versions: TlsVersions = TlsVersions { v12: true, v13: true },
        /// `proxy_ssl_verify`.
        verify: bool = false,
        /// `proxy_ssl_verify_depth`: authorities between a peer and one that is trusted.
        verify_depth: u32 = 1,
        /// `proxy_ssl_server_name`: whether a peer is told the name that it is asked by.
        server_name: bool = false,
        /// `proxy_ssl_session_reuse`.
        session_reuse: bool = true,
    }
}

settings! {
    /// What goes with `upload_store`.
    pub struct UploadSettings in Upload {
        /// `upload_overwrite`.
        overwrite: bool = false,
        /// `upload_sync`.
        sync: bool = false,
    }
}

settings! {
    /// What goes with `dav_methods`.
    pub struct DavSettings in Dav {
        /// `create_full_put_path`.
        create_full_put_path: bool = false,
        /// `min_delete_depth`.
        min_delete_depth: u32 = 0,
        /// `dav_access`: the permissions of files. Directories may be entered where they may be
        /// read.
        file_mode: u32 = 0o600,
    }
}
