//! The directives that nginx has and sitec has not, those of its common modules and of its
//! commercial edition among them, by what they are for. The directive table is looked at
//! first, so that a name may stay here when sitec learns it.

use super::Group;

/// By what they are for, and what to do instead.
pub(super) const GROUPS: &[Group] = &[
    Group {
        about: "keeping the answers of other servers",
        instead: "leave it out: every request is passed on; `expires` and `add_header Cache-Control` tell clients what to keep",
        names: "\
            proxy_cache proxy_cache_background_update \
            proxy_cache_convert_head proxy_cache_key proxy_cache_lock proxy_cache_lock_age \
            proxy_cache_lock_timeout proxy_cache_max_range_offset proxy_cache_methods \
            proxy_cache_min_uses proxy_cache_path proxy_cache_purge proxy_cache_revalidate \
            proxy_cache_use_stale proxy_cache_valid \
            fastcgi_cache fastcgi_cache_background_update fastcgi_cache_key fastcgi_cache_lock \
            fastcgi_cache_lock_age fastcgi_cache_lock_timeout fastcgi_cache_max_range_offset \
            fastcgi_cache_methods fastcgi_cache_min_uses fastcgi_cache_path fastcgi_cache_purge \
            fastcgi_cache_revalidate fastcgi_cache_use_stale fastcgi_cache_valid scgi_cache \
            scgi_cache_background_update scgi_cache_key scgi_cache_lock scgi_cache_lock_age \
            scgi_cache_lock_timeout scgi_cache_max_range_offset scgi_cache_methods \
            scgi_cache_min_uses scgi_cache_path scgi_cache_purge scgi_cache_revalidate \
            scgi_cache_use_stale scgi_cache_valid uwsgi_cache uwsgi_cache_background_update \
            uwsgi_cache_key uwsgi_cache_lock uwsgi_cache_lock_age uwsgi_cache_lock_timeout \
            uwsgi_cache_max_range_offset uwsgi_cache_methods uwsgi_cache_min_uses \
            uwsgi_cache_path uwsgi_cache_purge uwsgi_cache_revalidate uwsgi_cache_use_stale \
            uwsgi_cache_valid",
    },
    Group {
        about: "storing the answers of other servers",
        instead: "leave it out; files that are there are served by `root` and `try_files`",
        names: "\
            proxy_store proxy_store_access \
            fastcgi_store fastcgi_store_access scgi_store scgi_store_access uwsgi_store \
            uwsgi_store_access",
    },
    Group {
        about: "TLS to other servers",
        instead: "ask the other server by `http://`, where the way to it is safe",
        names: "\
            proxy_ssl proxy_ssl_alpn proxy_ssl_certificate proxy_ssl_certificate_cache \
            proxy_ssl_certificate_key proxy_ssl_ciphers proxy_ssl_conf_command proxy_ssl_crl \
            proxy_ssl_key_log proxy_ssl_name proxy_ssl_password_file proxy_ssl_protocols \
            proxy_ssl_server_name proxy_ssl_session_reuse proxy_ssl_trusted_certificate \
            proxy_ssl_verify proxy_ssl_verify_depth \
            uwsgi_ssl_certificate uwsgi_ssl_certificate_cache uwsgi_ssl_certificate_key \
            uwsgi_ssl_ciphers uwsgi_ssl_conf_command uwsgi_ssl_crl uwsgi_ssl_key_log \
            uwsgi_ssl_name uwsgi_ssl_password_file uwsgi_ssl_protocols uwsgi_ssl_server_name \
            uwsgi_ssl_session_reuse uwsgi_ssl_trusted_certificate uwsgi_ssl_verify \
            uwsgi_ssl_verify_depth",
    },
    Group {
        about: "proxying in such detail",
        instead: "leave it out; `proxy_pass`, `fastcgi_pass` and their like need nothing of it",
        names: "\
            proxy_allow_upstream proxy_bind proxy_bind_dynamic proxy_cookie_flags \
            proxy_force_ranges proxy_limit_rate proxy_pass_trailers proxy_request_dynamic \
            proxy_send_lowat \
            fastcgi_allow_upstream fastcgi_bind fastcgi_bind_dynamic fastcgi_catch_stderr \
            fastcgi_force_ranges fastcgi_limit_rate fastcgi_request_dynamic fastcgi_send_lowat \
            scgi_allow_upstream scgi_bind scgi_bind_dynamic scgi_force_ranges scgi_limit_rate \
            scgi_request_dynamic uwsgi_allow_upstream uwsgi_bind uwsgi_bind_dynamic \
            uwsgi_force_ranges uwsgi_limit_rate uwsgi_request_dynamic uwsgi_string",
    },
    Group {
        about: "balancing by such rules",
        instead: "an `upstream` knows weights, `backup`, `least_conn`, `ip_hash`, `hash` and `random`, and leaves servers alone that fail",
        names: "\
            check check_fastcgi_param check_http_expect_alive check_http_send \
            check_keepalive_requests check_shm_size check_status fair health_check \
            health_check_timeout internal_redirect least_time match ntlm pass post_action queue \
            state sticky sticky_cookie_insert upstream_conf",
    },
    Group {
        about: "sending requests elsewhere, too",
        instead: "leave it out: one answer comes of each request",
        names: "\
            early_hints mirror mirror_request_body",
    },
    Group {
        about: "proxying other protocols",
        instead: "keep a proxy for them in front, such as nginx; `proxy_pass` in a `location` speaks HTTP",
        names: "\
            proxy_buffer proxy_connect proxy_connect_address proxy_connect_allow \
            proxy_connect_bind proxy_connect_data_timeout proxy_connect_response \
            proxy_connect_send_timeout proxy_download_rate proxy_downstream_buffer \
            proxy_half_close proxy_pass_error_message proxy_protocol proxy_protocol_timeout \
            proxy_requests proxy_responses proxy_session_drop proxy_smtp_auth proxy_timeout \
            proxy_upload_rate proxy_upstream_buffer tunnel_allow_upstream tunnel_bind \
            tunnel_bind_dynamic tunnel_buffer_size tunnel_connect_timeout tunnel_next_upstream \
            tunnel_next_upstream_timeout tunnel_next_upstream_tries tunnel_pass \
            tunnel_read_timeout tunnel_send_lowat tunnel_send_timeout tunnel_socket_keepalive",
    },
    Group {
        about: "asking another service",
        instead: "`proxy_pass` asks servers that speak HTTP; ask the service from a CGI script (`cgi_pass`), or keep a proxy in front",
        names: "\
            drizzle_pass grpc_allow_upstream grpc_bind grpc_bind_dynamic grpc_buffer_size \
            grpc_connect_timeout grpc_hide_header grpc_ignore_headers grpc_intercept_errors \
            grpc_next_upstream grpc_next_upstream_timeout grpc_next_upstream_tries grpc_pass \
            grpc_pass_header grpc_read_timeout grpc_request_dynamic grpc_send_timeout \
            grpc_set_header grpc_socket_keepalive grpc_ssl_certificate \
            grpc_ssl_certificate_cache grpc_ssl_certificate_key grpc_ssl_ciphers \
            grpc_ssl_conf_command grpc_ssl_crl grpc_ssl_key_log grpc_ssl_name \
            grpc_ssl_password_file grpc_ssl_protocols grpc_ssl_server_name \
            grpc_ssl_session_reuse grpc_ssl_trusted_certificate grpc_ssl_verify \
            grpc_ssl_verify_depth memcached_allow_upstream memcached_bind memcached_bind_dynamic \
            memcached_buffer_size memcached_connect_timeout memcached_gzip_flag \
            memcached_next_upstream memcached_next_upstream_timeout \
            memcached_next_upstream_tries memcached_pass memcached_read_timeout \
            memcached_send_timeout memcached_socket_keepalive postgres_pass redis2_pass \
            redis2_query redis_pass srcache_fetch srcache_store",
    },
    Group {
        about: "TLS",
        instead: "put a TLS proxy in front, such as nginx, Caddy or stunnel, and `listen` on an inner address here",
        names: "\
            accept_terms_of_service account_key acme_certificate acme_issuer acme_shared_zone \
            challenge contact external_account_key ssl ssl_alpn ssl_buffer_size ssl_certificate \
            ssl_certificate_cache ssl_certificate_compression ssl_certificate_key ssl_ciphers \
            ssl_client_certificate ssl_conf_command ssl_crl ssl_dhparam ssl_early_data \
            ssl_ecdh_curve ssl_ech_file ssl_engine ssl_handshake_timeout ssl_key_log ssl_name \
            ssl_object_cache_inheritable ssl_ocsp ssl_ocsp_cache ssl_ocsp_responder \
            ssl_password_file ssl_prefer_server_ciphers ssl_preread ssl_protocols \
            ssl_reject_handshake ssl_server_name ssl_session_cache ssl_session_reuse \
            ssl_session_ticket_key ssl_session_tickets ssl_session_timeout ssl_stapling \
            ssl_stapling_file ssl_stapling_responder ssl_stapling_verify ssl_trusted_certificate \
            ssl_verify ssl_verify_client ssl_verify_depth starttls",
    },
    Group {
        about: "HTTP/2 and HTTP/3",
        instead: "the server speaks HTTP/1.1; a proxy in front can speak HTTP/2 and HTTP/3 to clients",
        names: "\
            http2 http2_body_preread_size http2_chunk_size http2_idle_timeout \
            http2_max_concurrent_pushes http2_max_concurrent_streams http2_max_field_size \
            http2_max_header_size http2_max_requests http2_pool_size http2_push \
            http2_push_preload http2_recv_buffer_size http2_recv_timeout \
            http2_streams_index_size http3 http3_hq http3_max_concurrent_streams \
            http3_max_table_capacity http3_stream_buffer_size quic_active_connection_id_limit \
            quic_bpf quic_gso quic_host_key quic_mtu quic_retry quic_stream_buffer_size \
            spdy_chunk_size spdy_headers_comp spdy_pool_size spdy_recv_buffer_size \
            spdy_streams_index_size",
    },
    Group {
        about: "deciding at run time",
        instead: "put values together with `set`, `map` and the groups of regexes, or let a CGI script work them out",
        names: "\
            set_decode_base64 set_encode_base64 set_escape_uri \
            set_formatted_local_time set_hmac_sha1 set_if_empty set_md5 set_quote_sql_str \
            set_random set_sha1 set_unescape_uri",
    },
    Group {
        about: "values that are looked up",
        instead: "write a `location` or a `server` for each case, or let a CGI script look the value up",
        names: "\
            ancient_browser ancient_browser_value geoip2 geoip2_proxy \
            geoip2_proxy_recursive geoip_city geoip_country geoip_org geoip_proxy \
            geoip_proxy_recursive keyval keyval_zone modern_browser modern_browser_value \
            num_map",
    },
    Group {
        about: "Brotli and Zstandard files that lie beside others",
        instead: "`embed on; precompress gzip br zstd;` makes compressed forms when the site is \
                  built, and `gzip_static on;` sends `.gz` files that are there",
        names: "brotli_static zstd_dict_file zstd_static",
    },
    Group {
        about: "logging in",
        instead: "`auth_basic` asks for passwords; for more, put a proxy that authenticates in front",
        names: "\
            auth_delay auth_digest auth_digest_user_file \
            auth_jwt auth_jwt_claim_set auth_jwt_header_set auth_jwt_key_cache auth_jwt_key_file \
            auth_jwt_key_request auth_jwt_leeway auth_jwt_require auth_jwt_type auth_ldap \
            auth_ldap_cache_enabled auth_ldap_servers auth_oidc auth_pam auth_pam_service_name \
            auth_request auth_request_set auth_require auth_spnego client_id client_secret \
            config_url cookie_name extra_auth_args frontchannel_logout_uri issuer \
            logout_token_hint logout_uri oidc_provider pkce post_logout_uri redirect_uri \
            scope session_store session_timeout userinfo",
    },
    Group {
        about: "limiting connections by an old name",
        instead: "`limit_conn_zone` is its name today",
        names: "\
            limit_zone",
    },
    Group {
        about: "changing content while serving",
        instead: "make the content as it should be sent before the site is compiled, or with a CGI script",
        names: "\
            add_after_body add_before_body addition_types concat \
            concat_max_files concat_types concat_unique image_filter image_filter_buffer \
            image_filter_interlace image_filter_jpeg_quality image_filter_sharpen \
            image_filter_transparency image_filter_webp_quality pagespeed \
            replace_filter slice ssi ssi_ignore_recycled_buffers \
            ssi_last_modified ssi_min_file_chunk ssi_silent_errors ssi_types ssi_value_length \
            sub_filter sub_filter_last_modified sub_filter_once sub_filter_types subs_filter \
            subs_filter_bypass subs_filter_types xml_entities xslt_entities xslt_last_modified \
            xslt_param xslt_string_param xslt_stylesheet xslt_types",
    },
    Group {
        about: "recoding content",
        instead: "save the content in the charset that it is to be sent in, and name that with `charset`",
        names: "\
            charset_map override_charset source_charset",
    },
    Group {
        about: "changing fields on the way",
        instead: "use `add_header`, or set the field in a CGI script",
        names: "\
            add_trailer add_trailer_inherit more_clear_headers more_clear_input_headers \
            more_set_headers more_set_input_headers userid userid_domain userid_expires \
            userid_flags userid_mark userid_name userid_p3p userid_path userid_service",
    },
    Group {
        about: "making such pages up",
        instead: "use `autoindex` for listings, and files for the rest",
        names: "\
            fancyindex fancyindex_css_href fancyindex_default_sort \
            fancyindex_exact_size fancyindex_footer fancyindex_header fancyindex_ignore \
            fancyindex_localtime fancyindex_name_length random_index",
    },
    Group {
        about: "streaming media",
        instead: "files are served with ranges, which players can seek in",
        names: "\
            dash dash_path f4f f4f_buffer_size flv hls hls_buffers hls_forward_args hls_fragment \
            hls_mp4_buffer_size hls_mp4_max_buffer_size mp4 mp4_buffer_size mp4_limit_rate \
            mp4_limit_rate_after mp4_max_buffer_size mp4_start_key_frame rtmp rtmp_control \
            rtmp_stat vod vod_mode",
    },
    Group {
        about: "scripts inside the server",
        instead: "run a script with `cgi_pass`, or answer with `return`",
        names: "\
            access_by_lua access_by_lua_block access_by_lua_file balancer_by_lua_block \
            balancer_by_lua_file body_filter_by_lua body_filter_by_lua_block \
            body_filter_by_lua_file content_by_lua content_by_lua_block content_by_lua_file echo \
            echo_after_body echo_before_body echo_blocking_sleep echo_duplicate echo_end \
            echo_exec echo_flush echo_foreach_split echo_location echo_location_async \
            echo_read_request_body echo_request_body echo_reset_timer echo_sleep echo_status \
            echo_subrequest echo_subrequest_async header_filter_by_lua \
            header_filter_by_lua_block header_filter_by_lua_file init_by_lua init_by_lua_block \
            init_by_lua_file init_worker_by_lua init_worker_by_lua_block init_worker_by_lua_file \
            js_access js_body_filter js_content js_context_reuse js_engine js_fetch_buffer_size \
            js_fetch_ciphers js_fetch_keepalive js_fetch_keepalive_requests \
            js_fetch_keepalive_time js_fetch_keepalive_timeout js_fetch_max_response_buffer_size \
            js_fetch_protocols js_fetch_proxy js_fetch_timeout js_fetch_trusted_certificate \
            js_fetch_verify js_fetch_verify_depth js_filter js_header_filter js_import \
            js_include js_load_http_native_module js_path js_periodic js_preload_object \
            js_preread js_set js_shared_dict_zone js_var log_by_lua log_by_lua_block \
            log_by_lua_file lua_capture_error_log lua_check_client_abort lua_code_cache \
            lua_max_pending_timers lua_max_running_timers lua_need_request_body \
            lua_package_cpath lua_package_path lua_shared_dict lua_socket_connect_timeout \
            lua_socket_log_errors lua_socket_pool_size lua_socket_read_timeout \
            lua_socket_send_timeout lua_ssl_trusted_certificate lua_ssl_verify_depth \
            lua_use_default_type passenger_app_root passenger_app_type passenger_enabled \
            passenger_min_instances passenger_nodejs passenger_python passenger_root \
            passenger_ruby passenger_startup_file passenger_user perl perl_modules perl_require \
            perl_set rewrite_by_lua rewrite_by_lua_block rewrite_by_lua_file set_by_lua \
            set_by_lua_block set_by_lua_file ssl_certificate_by_lua_block \
            ssl_certificate_by_lua_file exit_worker_by_lua_block exit_worker_by_lua_file \
            server_rewrite_by_lua_block server_rewrite_by_lua_file \
            ssl_client_hello_by_lua_block ssl_client_hello_by_lua_file \
            ssl_session_fetch_by_lua_block ssl_session_fetch_by_lua_file \
            ssl_session_store_by_lua_block ssl_session_store_by_lua_file",
    },
    Group {
        about: "mail and streams",
        instead: "a site speaks HTTP only; keep nginx for other protocols",
        names: "\
            auth_http auth_http_header auth_http_pass_client_cert auth_http_timeout imap_auth \
            imap_capabilities imap_client_buffer mail max_commands max_errors mqtt mqtt_buffers \
            mqtt_preread mqtt_rewrite_buffer_size mqtt_set_connect pop3_auth pop3_capabilities \
            preread_buffer_size preread_timeout protocol smtp_auth smtp_capabilities \
            smtp_client_buffer smtp_greeting_delay stream xclient zone_sync zone_sync_buffers \
            zone_sync_connect_retry_interval zone_sync_connect_timeout zone_sync_interval \
            zone_sync_recv_buffer_size zone_sync_server zone_sync_ssl zone_sync_ssl_certificate \
            zone_sync_ssl_certificate_key zone_sync_ssl_ciphers zone_sync_ssl_conf_command \
            zone_sync_ssl_crl zone_sync_ssl_name zone_sync_ssl_password_file \
            zone_sync_ssl_protocols zone_sync_ssl_server_name zone_sync_ssl_trusted_certificate \
            zone_sync_ssl_verify zone_sync_ssl_verify_depth zone_sync_timeout",
    },
    Group {
        about: "watching the server so closely",
        instead: "use `stub_status` and `access_log`",
        names: "\
            api enforce_initial_report google_perftools_profiles license_token mgmt opentracing \
            opentracing_propagate_context opentracing_tag otel_exporter otel_resource_attr \
            otel_service_name otel_span_attr otel_span_name otel_trace otel_trace_context \
            session_log session_log_format session_log_zone state_path status status_format \
            status_zone usage_report uuid_file vhost_traffic_status vhost_traffic_status_display \
            vhost_traffic_status_display_format vhost_traffic_status_dump \
            vhost_traffic_status_filter vhost_traffic_status_filter_by_host \
            vhost_traffic_status_filter_by_set_key vhost_traffic_status_zone",
    },
    Group {
        about: "filtering requests",
        instead: "keep a firewall for web applications in front",
        names: "\
            app_protect_dos_enable app_protect_enable app_protect_policy_file \
            app_protect_security_log app_protect_security_log_enable modsecurity \
            modsecurity_rules modsecurity_rules_file modsecurity_rules_remote \
            modsecurity_transaction_id testcookie",
    },
    Group {
        about: "handing uploads on",
        instead: "use `upload_store DIR`",
        names: "\
            dav_ext_lock dav_ext_lock_zone dav_ext_methods report_uploads track_uploads \
            upload_aggregate_form_field upload_buffer_size upload_cleanup upload_limit_rate \
            upload_max_file_size upload_max_output_body_len upload_pass upload_pass_args \
            upload_pass_form_field upload_progress upload_resumable upload_set_form_field \
            upload_state_store upload_store_access",
    },
];
