//! What other servers call things: Apache, lighttpd, Caddy, and the nginx-like dialects in
//! which many people have written a small web server themselves.

/// Names of others for one directive of ours.
pub(super) struct Alias {
    /// Our name.
    pub(super) ours: &'static str,
    /// Whether the parameters may stay as they are.
    pub(super) same: bool,
    /// Their names, in lower case, separated by blanks.
    pub(super) names: &'static str,
}

const fn same(ours: &'static str, names: &'static str) -> Alias {
    Alias { ours, same: true, names }
}

const fn other(ours: &'static str, names: &'static str) -> Alias {
    Alias { ours, same: false, names }
}

/// All of them.
pub(super) const ALIASES: &[Alias] = &[
    same(
        "methods",
        "accept_method accept_methods accepted_method accepted_methods allow_method \
         allow_methods allowed allowed_http_methods allowed_method allowed_methods \
         http_method http_methods limit_methods method method_allowed methods_allowed",
    ),
    same(
        "upload_store",
        "save_path store_dir upload_dir upload_directory upload_file_path upload_folder \
         upload_location upload_path upload_root upload_save_path upload_to uploads \
         uploads_dir uploads_path",
    ),
    other(
        "upload_store",
        "allow_upload enable_upload upload upload_enable upload_enabled uploads_enabled",
    ),
    same("cgi_pass", "cgi_ext cgi_extension cgi_handler cgi_interpreter cgi_file_extension"),
    other(
        "cgi_pass",
        "addhandler cgi cgi.assign cgi_allowed cgi_bin cgi_enable cgi_exec cgi_extensions cgi_info \
         cgi_path cgi_root cgi_script php_fastcgi python_cgi scriptalias scriptaliasmatch \
         sethandler",
    ),
    same("cgi_param", "cgi_env cgi_params cgi_variable passenv setenv"),
    same("cgi_timeout", "cgi_read_timeout cgi_time_limit cgi_timelimit"),
    same(
        "client_max_body_size",
        "body_limit body_max_size body_size body_size_limit client_body_limit \
         client_body_max client_body_max_size client_body_size client_max_body \
         limit_body_size limit_client_body_size limitrequestbody max_body max_body_size \
         max_client_body_size max_request_body_size max_upload_size request_body_limit \
         server.max-request-size upload_max_size",
    ),
    same(
        "autoindex",
        "auto_index autoindexing dir-listing.activate dir_listing directory_listing \
         directory_listings dirlist dirlisting enable_directory_listing file_listing \
         list_directories list_directory listing server.dir-listing",
    ),
    other("autoindex", "browse file_server options"),
    other(
        "return",
        "http_redirect http_redirection redir redirect redirect_permanent redirection \
         redirectmatch redirectpermanent redirects redirecttemp respond return_url \
         rewriterule url.redirect",
    ),
    other(
        "try_files",
        "fallback fallbackresource rewritecond rewriteengine url.rewrite url.rewrite-once",
    ),
    same(
        "error_page",
        "custom_error_page custom_error_pages error_pages errorpage errorpages errors",
    ),
    other(
        "error_page",
        "default_error_page error_document errordocument handle_errors not_found_page \
         server.error-handler-404 server.errorfile-prefix",
    ),
    same(
        "index",
        "default_file default_files default_page directory_file directory_index \
         directoryindex index-file.names index_file index_files index_page indexes \
         server.indexfiles",
    ),
    same(
        "root",
        "base_dir doc_root document_root documentroot root_dir root_directory root_folder \
         root_path server.document-root server_root web_root webroot",
    ),
    same("alias", "alias.url aliasmatch"),
    same("listen", "bind_port listen_on listen_port port ports server.port"),
    same("host", "bind bind_address ip ip_address listen_address server.bind"),
    same(
        "server_name",
        "domain domains host_name hostname hostnames hosts server-name server_alias \
         server_names serveralias servername virtual_host vhost",
    ),
    other("server", "<virtualhost"),
    other("location", "<directory <directorymatch <files <filesmatch <location <locationmatch"),
    same("location", "endpoint handle handle_path path route routes url"),
    same(
        "client_timeout",
        "connection_timeout idle_timeout request_timeout requestreadtimeout \
         server.max-read-idle timeout timeouts",
    ),
    same("keepalive_timeout", "keep_alive_timeout keepalivetimeout server.max-keep-alive-idle"),
    same("keepalive_requests", "maxkeepaliverequests server.max-keep-alive-requests"),
    same("worker_processes", "server.max-worker threads threads_number worker_threads workers"),
    same(
        "worker_connections",
        "max_clients max_connections maxrequestworkers server.max-connections",
    ),
    same("access_log", "accesslog accesslog.filename customlog log log_file transferlog"),
    same("error_log", "errorlog server.errorlog"),
    same("log_format", "accesslog.format logformat"),
    same("include", "import includeoptional"),
    same("add_header", "addheader header header_add setenv.add-response-header"),
    same("default_type", "default_mime_type defaulttype"),
    other("types", "addtype mime mime_type mime_types mimetype mimetype.assign mimetypes"),
    same("user", "run_as server.username"),
    same("pid", "pid_file pidfile server.pid-file"),
    same("server_tokens", "server_tag server_version serversignature servertokens"),
    same("expires", "cache_control expires.url expiresdefault"),
    same("charset", "adddefaultcharset default_charset"),
    other("allow", "allow_from require"),
    other("limit_except", "<limit <limitexcept"),
    other("disable_symlinks", "follow_symlinks followsymlinks server.follow-symlink"),
];
