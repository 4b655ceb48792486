//! Directives that steer nginx's own processes and memory. A conf that has them compiles;
//! they have no effect.

use super::Group;

/// By what they steer, and why a site does without.
pub(super) const GROUPS: &[Group] = &[
    Group {
        about: "nginx's processes",
        instead: "a site is one process that serves in the foreground, with `worker_processes` threads",
        names: "\
            accept_mutex accept_mutex_delay daemon debug_connection debug_points devpoll_changes \
            devpoll_events env epoll_events eventport_events kqueue_changes kqueue_events \
            lock_file log_subrequest master_process msie_padding msie_refresh multi_accept \
            optimize_server_names pcre_jit rtsig_overflow_events rtsig_overflow_test \
            rtsig_overflow_threshold rtsig_signo thread_stack_size timer_resolution \
            worker_aio_requests worker_cpu_affinity worker_priority \
            worker_rlimit_core worker_rlimit_nofile worker_rlimit_sigpending \
            working_directory",
    },
    Group {
        about: "nginx's buffers and file access",
        instead: "a site chooses them by itself",
        names: "\
            aio aio_write chunked_transfer_encoding client_body_in_file_only \
            client_body_in_single_buffer connection_pool_size directio directio_alignment \
            open_file_cache_events output_buffers postpone_output \
            read_ahead request_pool_size send_lowat sendfile_max_chunk ssi_min_file_chunk \
            thread_pool",
    },
    Group {
        about: "asking authorities whether a certificate is revoked (OCSP)",
        instead: "Let's Encrypt has ended OCSP, and browsers do without; `ssl_stapling_file` sends an answer \
                  that you have",
        names: "ssl_stapling ssl_stapling_responder ssl_stapling_verify",
    },
    Group {
        about: "Diffie-Hellman in finite fields (DHE)",
        instead: "keys are exchanged by elliptic curves alone: `ssl_ecdh_curve`",
        names: "ssl_dhparam",
    },
    Group {
        about: "HTTP/3",
        instead: "a client that would speak it comes by HTTP/2 or HTTP/1.1 instead; leave out a field \
                  `Alt-Svc` that names `h3`, so that none tries",
        names: "\
            http3 http3_hq http3_max_concurrent_streams \
            http3_max_table_capacity http3_stream_buffer_size quic_active_connection_id_limit \
            quic_bpf quic_gso quic_host_key quic_mtu quic_retry quic_stream_buffer_size",
    },
    Group {
        about: "HTTP/2 as it was",
        instead: "nginx has done away with it, too. For HTTP/2 hold `keepalive_timeout`, \
                  `keepalive_requests`, `client_header_timeout` and `large_client_header_buffers`",
        names: "\
            http2_idle_timeout http2_max_concurrent_pushes http2_max_field_size \
            http2_max_header_size http2_max_requests http2_pool_size http2_push \
            http2_push_preload http2_recv_timeout http2_streams_index_size \
            spdy_chunk_size spdy_headers_comp spdy_pool_size spdy_recv_buffer_size \
            spdy_streams_index_size",
    },
    Group {
        about: "requests before a handshake is over",
        instead: "who listens on the way could send such a request again (replay); a client that has one \
                  sends it after the handshake",
        names: "ssl_early_data",
    },
    Group {
        about: "OpenSSL's certificates in memory, and how they are sent",
        instead: "certificates are read once, and again when they change; clients get them as they are",
        names: "\
            grpc_ssl_certificate_cache proxy_ssl_certificate_cache ssl_certificate_cache \
            ssl_certificate_compression ssl_object_cache_inheritable uwsgi_ssl_certificate_cache",
    },
    Group {
        about: "the memory of nginx's encoders",
        instead: "a site chooses it by itself; `sitec bounds` tells it",
        names: "\
            brotli_buffers brotli_window gunzip_buffers gzip_buffers gzip_hash gzip_no_buffer gzip_window \
            postpone_gzipping zstd_buffers zstd_target_cblock_size",
    },
    Group {
        about: "which modules nginx loads",
        instead: "a site holds what its conf uses, and loads nothing",
        names: "load_module",
    },
    Group {
        about: "nginx's hash tables",
        instead: "tables are built, and are as large as they need to be, when the site is compiled",
        names: "\
            map_hash_bucket_size map_hash_max_size proxy_headers_hash_bucket_size \
            proxy_headers_hash_max_size referer_hash_bucket_size referer_hash_max_size \
            server_names_hash_bucket_size server_names_hash_max_size types_hash_bucket_size \
            types_hash_max_size variables_hash_bucket_size variables_hash_max_size",
    },
    Group {
        about: "nginx's temporary files",
        instead: "a body is streamed to where it belongs",
        names: "\
            client_body_temp_path fastcgi_temp_path proxy_temp_path scgi_temp_path \
            uwsgi_temp_path",
    },
];
