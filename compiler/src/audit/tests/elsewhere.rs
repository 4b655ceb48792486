//! Scripts, and servers behind this one.

use std::path::Path;

use super::{FILES, check, said, said_beside, said_with};
use crate::compile;
use crate::diagnostic::Levels;
use crate::files::Memory;

#[test]
fn programs_that_are_told_of_scripts() {
    let site = |location: &str, value: &str| {
        format!(
            "root www;\nlocation {location} {{ cgi_pass /usr/bin/php-cgi;\n\
             cgi_param SCRIPT_FILENAME {value}; }}"
        )
    };
    let told = |path: &str| {
        format!("X18 3 [for `{path}` it may run `a.jpg`: PHP does, with `cgi.fix_pathinfo`]")
    };
    for value in ["$document_root$uri", "$request_filename", "/srv/php$document_uri"] {
        check(&site(r"~ \.php$", value), &[&told("/a.jpg/x.php")]);
    }
    check(&site("/app/", "$document_root$uri"), &[&told("/app/a.jpg/x.php")]);
    check(&site("~ ^/(?<f>app/.+)$", "/srv/$f"), &[&told("/app/a.jpg/a")]);
    // One script, one that may not be elsewhere, and a path that can have no other within it.
    check(&site(r"~ \.php$", "/srv/app.php"), &[]);
    check(&site("= /app.php", "$document_root$uri"), &[]);
    check(&site(r"~ ^/[a-z]+\.php$", "$document_root$uri"), &[]);
    check("root www;\nlocation ~ \\.php$ { cgi_pass .php php-cgi; }", &[]);
}

#[test]
fn timeouts_that_others_end() {
    let lints = |inside: &str| said_with(inside, Levels { lints: true, ..Levels::default() });
    let php = "root www;\nlocation ~ \\.php$ { cgi_pass .php php-cgi; }\n";
    let stop = "Z06 3 [told to stop, it ends what is under way after 30s: the client is dropped before \
                the script may answer]";
    assert_eq!(lints(&format!("{php}cgi_timeout 31s;")), [stop]);
    for (bound, timeout, expected) in [("5s", "6s", 1), ("1m", "60s", 0), ("0", "1h", 0)] {
        let top = format!("worker_shutdown_timeout {bound};");
        let levels = Levels { lints: true, ..Levels::default() };
        let found = said_beside(&top, &format!("{php}cgi_timeout {timeout};"), levels);
        assert_eq!(found.len(), expected, "{bound}: {found:?}");
    }
    // It is of no use without scripts, and the default is nobody's order.
    for fine in [&format!("{php}cgi_timeout 30s;"), php, "root www;\ncgi_timeout 60s;"] {
        assert_eq!(lints(fine), [""; 0], "{fine}");
    }
    let unsaid = "Z06 2 [`lingering_time` is 30s where the conf does not say]";
    assert_eq!(lints("root www;\nlingering_timeout 31s;"), [unsaid]);
    assert_eq!(lints("root www;\nlingering_time 5s;\nlingering_timeout 6s;"), ["Z06 3"]);
    assert_eq!(lints("root www;\nlingering_time 1m;\nlingering_timeout 31s;"), [""; 0]);
    assert!(said("root www;\nlingering_timeout 31s;").is_empty());
}

#[test]
fn what_guides_say_of_proxying_is_right() {
    for conf in [
        // WebSocket.
        "map $http_upgrade $connection_upgrade { default upgrade; '' close; }
         upstream websocket { server 127.0.0.1:8010; }
         server { listen 8020; location / { proxy_pass http://websocket; proxy_http_version 1.1;
           proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
           proxy_set_header Host $host; proxy_read_timeout 86400; } }",
        // Gunicorn and its like.
        "upstream app_server { server unix:/tmp/gunicorn.sock fail_timeout=0; }
         server { listen 80; server_name example.com; root www; client_max_body_size 4G;
           keepalive_timeout 5;
           location / { try_files $uri @proxy_to_app; }
           location @proxy_to_app { proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
             proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header Host $http_host;
             proxy_redirect off; proxy_buffering off; proxy_pass http://app_server; }
           error_page 500 502 503 504 @down; location @down { return 503 sorry; } }",
        // Keep-alive, buffers and retries.
        "upstream backend { least_conn; server backend1.example.com weight=5;
           server 127.0.0.1:8080 max_fails=3 fail_timeout=30s; server backup1.example.com:8080 backup;
           keepalive 32; zone backend 64k; }
         server { listen 80; location / { proxy_pass http://backend; proxy_http_version 1.1;
           proxy_set_header Connection ''; proxy_buffer_size 128k; proxy_buffers 4 256k;
           proxy_busy_buffers_size 256k; proxy_max_temp_file_size 0; proxy_connect_timeout 60s;
           proxy_send_timeout 60s; proxy_next_upstream error timeout invalid_header http_500;
           proxy_ignore_headers X-Accel-Expires Expires Cache-Control Set-Cookie;
           proxy_intercept_errors on; proxy_set_header X-Real-IP $remote_addr; } }",
        // Docker.
        "server { listen 80; resolver 127.0.0.11 valid=30s ipv6=off; resolver_timeout 5s; set $upstream http://app:3000;
           location /api/ { proxy_pass $upstream; include proxy_params; proxy_cache off; } }",
        // A prefix that is taken off.
        "server { listen 80; location /app/ { rewrite ^/app/(.*)$ /$1 break; proxy_pass http://127.0.0.1:3000; }
           location /other/ { proxy_pass http://127.0.0.1:3001/; proxy_ssl_server_name off; } }",
        // Node behind a redirect of the bare name; static files beside it.
        "server { listen 80; server_name example.com; root www; index index.html;
           location /assets/ { try_files $uri =404; expires 30d; }
           location / { proxy_pass http://localhost:3000; proxy_http_version 1.1;
             proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection 'upgrade';
             proxy_set_header Host $host; proxy_cache_bypass $http_upgrade; } }",
        // Files that an application protects.
        "server { listen 80; location /files/ { internal; alias www/assets/; }
           location / { proxy_pass http://127.0.0.1:8000; proxy_set_header Host $host;
             client_max_body_size 100M; proxy_request_buffering off; } }",
        // One page, and an interface beside it.
        "upstream api { server api:8080; }
         server { listen 80; root www; location / { try_files $uri $uri/ /index.html; }
           location /api { proxy_pass http://api; proxy_set_header Host $host;
             proxy_set_header X-Real-IP $remote_addr; }
           location ~ ^/(ws|events)/ { proxy_pass http://api; proxy_buffering off; proxy_read_timeout 1h; }
           error_page 500 502 503 504 /404.html; }",
        // Some clients alone, and a check of health for all.
        "server { listen 80; allow 10.0.0.0/8; deny all;
           location / { proxy_pass http://127.0.0.1:9090/; }
           location = /health { allow all; proxy_pass http://127.0.0.1:9090/-/healthy; access_log off; } }",
        // What is passed on for a while is shown from elsewhere.
        "server { listen 80; root www; error_page 404 = @fallback; location / { }
           location @fallback { proxy_pass http://backend:8080; } }",
    ] {
        let files = FILES.iter().copied().chain([("site.conf", conf)]);
        let compilation = compile(&Memory::new(files), Path::new("site.conf"));
        let said = compilation.diagnostics.render(&compilation.sources, false);
        assert!(compilation.diagnostics.is_empty(), "{conf}\n{said}");
    }
}

#[test]
fn proxies() {
    for (lines, expected) in [
        ("real_ip_header X-Real-IP;", vec!["A17 2"]),
        ("location /a { real_ip_recursive on; }", vec!["A17 2"]),
        ("set_real_ip_from 10.0.0.1;\nlocation /a { real_ip_header X-Who; }", vec![]),
        ("real_ip_header X-Who;\nlocation /a { set_real_ip_from 10.0.0.1; }", vec![]),
    ] {
        let said = said(&format!("root www;\n{lines}"));
        let begins = |(said, code): (&String, &&str)| said.starts_with(*code);
        assert!(
            said.len() == expected.len() && said.iter().zip(&expected).all(begins),
            "{lines}: {said:?}"
        );
    }
}
