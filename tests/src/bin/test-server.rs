//! Every site of the end-to-end tests in one binary. The name by which it is called picks
//! one, so that its arguments are those of any site's binary.

use std::process::ExitCode;

macro_rules! sites {
    ($($name:ident => $conf:literal,)*) => {
        $(mod $name {
            sitec_macros::site!($conf);
        })*

        fn main() -> ExitCode {
            let name = std::env::args().next().unwrap_or_default();
            match name.as_str() {
                $(stringify!($name) => sitec_runtime::main::<$name::Conf>($name::PREFIX),)*
                _ => {
                    eprintln!("no site is called `{name}`");
                    ExitCode::FAILURE
                }
            }
        }
    };
}

sites! {
    acme => "sites/acme.conf",
    assets => "sites/assets.conf",
    bodies => "sites/bodies.conf",
    balanced => "sites/balanced.conf",
    caches => "sites/caches.conf",
    cgi => "sites/cgi.conf",
    cgi_queue => "sites/cgi_queue.conf",
    commands => "sites/commands.conf",
    compression => "sites/compression.conf",
    content => "sites/content.conf",
    docs => "../sites/docs/site.conf",
    embed_off => "sites/embed_off.conf",
    embed_on => "sites/embed_on.conf",
    few => "sites/few.conf",
    access => "sites/access.conf",
    additions => "sites/additions.conf",
    files => "sites/files.conf",
    guards => "sites/guards.conf",
    grpc => "sites/grpc.conf",
    headers => "sites/headers.conf",
    health => "sites/health.conf",
    http => "sites/http.conf",
    http2 => "sites/http2.conf",
    inquiries => "sites/inquiries.conf",
    ipv6 => "sites/ipv6.conf",
    large => "sites/large.conf",
    limits => "sites/limits.conf",
    logs => "sites/logs.conf",
    maps => "sites/maps.conf",
    memcached => "sites/memcached.conf",
    manual => "../sites/manual/site.conf",
    mirrors => "sites/mirrors.conf",
    nobody => "sites/nobody.conf",
    new_cgi => "../templates/new/cgi/site.conf",
    new_docs => "../templates/new/docs/site.conf",
    new_page => "../templates/new/page/site.conf",
    new_proxy => "../templates/new/proxy/site.conf",
    new_spa => "../templates/new/spa/site.conf",
    new_upload => "../templates/new/upload/site.conf",
    pairs => "drawn/pairs.conf",
    operating => "sites/operating.conf",
    params => "sites/params.conf",
    passwords => "sites/passwords.conf",
    userid => "sites/userid.conf",
    variables => "sites/variables.conf",
    fcgi => "sites/fcgi.conf",
    ssi => "sites/ssi.conf",
    sealed => "sites/sealed.conf",
    slices => "sites/slices.conf",
    substitution => "sites/substitution.conf",
    trailers => "sites/trailers.conf",
    pools => "sites/pools/site.conf",
    process => "sites/process.conf",
    proxied => "sites/proxied.conf",
    programs => "sites/programs.conf",
    proxy => "sites/proxy.conf",
    recoding => "sites/recoding.conf",
    restarts => "sites/restarts.conf",
    rewriting => "sites/rewriting.conf",
    routing => "sites/routing.conf",
    tls => "sites/tls.conf",
    tour => "../sites/default/site.conf",
    writing => "sites/writing.conf",
}
