//! The directives that nginx has and sitec has not, those of its common modules and of its
//! commercial edition among them, by what they are for. The directive table is looked at
//! first, so that a name may stay here when sitec learns it.

use super::Group;

/// By what they are for, and what to do instead.
pub(super) const GROUPS: &[Group] = &[
    Group {
        about: "removing kept answers of other servers",
        instead: "leave it out: an answer goes when its time is over; `proxy_cache_bypass` has one asked for anew",
        names: "\
            proxy_cache_purge fastcgi_cache_purge scgi_cache_purge uwsgi_cache_purge",
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
        about: "TLS to other servers in such detail",
        instead: "leave it out; `proxy_pass https://…` needs nothing of it",
        names: "\
            proxy_ssl proxy_ssl_alpn proxy_ssl_conf_command \
            proxy_ssl_key_log \
            uwsgi_ssl_certificate uwsgi_ssl_certificate_key \
            uwsgi_ssl_ciphers uwsgi_ssl_conf_command uwsgi_ssl_crl uwsgi_ssl_key_log \
            uwsgi_ssl_name uwsgi_ssl_password_file uwsgi_ssl_protocols uwsgi_ssl_server_name \
            uwsgi_ssl_session_reuse uwsgi_ssl_trusted_certificate uwsgi_ssl_verify \
            uwsgi_ssl_verify_depth",
    },
    Group {
        about: "proxying in such detail",
        instead: "leave it out; `proxy_pass`, `fastcgi_pass` and their like need nothing of it",
        names: "\
            proxy_allow_upstream proxy_bind_dynamic \
            proxy_request_dynamic \
            fastcgi_allow_upstream fastcgi_bind_dynamic \
            fastcgi_request_dynamic fastcgi_send_lowat \
            scgi_allow_upstream scgi_bind_dynamic \
            scgi_request_dynamic uwsgi_allow_upstream uwsgi_bind_dynamic \
            uwsgi_request_dynamic uwsgi_string",
    },
    Group {
        about: "balancing by such rules",
        instead: "an `upstream` knows weights, `backup`, `least_conn`, `ip_hash`, `hash` and `random`, and leaves servers alone that fail",
        names: "\
            check check_fastcgi_param check_http_expect_alive check_http_send \
            check_keepalive_requests check_shm_size check_status fair \
            health_check_timeout internal_redirect least_time ntlm pass post_action \
            state sticky_cookie_insert upstream_conf",
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
        instead: "`proxy_pass` asks servers that speak HTTP, and `grpc_pass` those of gRPC; ask the service from a CGI script (`cgi_pass`), or keep a proxy in front",
        names: "\
            drizzle_pass grpc_allow_upstream grpc_bind_dynamic grpc_request_dynamic \
            grpc_ssl_conf_command grpc_ssl_key_log \
            memcached_allow_upstream memcached_bind_dynamic postgres_pass redis2_pass \
            redis2_query redis_pass srcache_fetch srcache_store",
    },
    Group {
        about: "what nginx's module for ACME shares or leaves out",
        instead: "leave it out: `--acme` fetches certificates, always checks whom it talks to, and takes the \
                  chain that comes first",
        names: "acme_shared_zone preferred_chain ssl_verify",
    },
    Group {
        about: "what OpenSSL alone knows",
        instead: "leave it out: TLS is spoken by rustls, which has no such commands and engines",
        names: "\
            ssl_conf_command ssl_ech_file ssl_engine ssl_key_log",
    },
    Group {
        about: "asking authorities about clients",
        instead: "name the revoked certificates of clients by `ssl_crl`",
        names: "ssl_ocsp ssl_ocsp_cache ssl_ocsp_responder",
    },
    Group {
        about: "TLS in mail and streams",
        instead: "a site speaks HTTP only; keep nginx for other protocols",
        names: "\
            ssl_alpn ssl_handshake_timeout ssl_name ssl_preread ssl_server_name ssl_session_reuse \
            ssl_verify starttls",
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
        about: "dictionaries of compression",
        instead: "leave it out: `zstd on;` and `zstd_static on;` need none",
        names: "zstd_dict_file",
    },
    Group {
        about: "logging in",
        instead: "`auth_basic` asks for passwords; for more, put a proxy that authenticates in front",
        names: "\
            auth_digest auth_digest_user_file \
            auth_jwt auth_jwt_claim_set auth_jwt_header_set auth_jwt_key_cache auth_jwt_key_file \
            auth_jwt_key_request auth_jwt_leeway auth_jwt_require auth_jwt_type auth_ldap \
            auth_ldap_cache_enabled auth_ldap_servers auth_oidc auth_pam auth_pam_service_name \
            auth_require auth_spnego client_id client_secret \
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
            concat \
            concat_max_files concat_types concat_unique image_filter image_filter_buffer \
            image_filter_interlace image_filter_jpeg_quality image_filter_sharpen \
            image_filter_transparency image_filter_webp_quality pagespeed \
            replace_filter ssi_ignore_recycled_buffers \
            subs_filter subs_filter_bypass subs_filter_types xml_entities xslt_entities xslt_last_modified \
            xslt_param xslt_string_param xslt_stylesheet xslt_types",
    },
    Group {
        about: "changing fields on the way",
        instead: "use `add_header`, or set the field in a CGI script",
        names: "\
            more_clear_input_headers more_set_input_headers",
    },
    Group {
        about: "making such pages up",
        instead: "use `autoindex` for listings, and files for the rest",
        names: "\
            fancyindex fancyindex_css_href fancyindex_default_sort \
            fancyindex_exact_size fancyindex_footer fancyindex_header fancyindex_ignore \
            fancyindex_localtime fancyindex_name_length",
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
            otel_service_name otel_span_attr otel_span_name otel_trace \
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
