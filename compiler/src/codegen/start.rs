//! The constants that hold for the whole process.

use std::net::{IpAddr, SocketAddr};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use sitec_runtime::site::{SocketOptions, TcpKeepalive};
use xxhash_rust::xxh3::xxh3_128;

use super::plain::plain;
use super::rewrite::steps;
use super::route::Sets;
use super::tokens::{Shared, bytes, error_logs, number, option, settled, start_text, variant};
use super::{access, acme, pack, proxy, tls, writing};
use crate::directive::Values;
use crate::ir;

/// The associated constants of `impl Site`.
pub(super) fn constants(site: &ir::Site, shared: &mut Shared) -> TokenStream {
    let name = &site.name;
    let conf = shared.include("site.conf".to_owned(), site.conf.clone());
    let process = process(&site.process);
    let params = site.params.iter().map(param);
    let listens = site.listens.iter().map(listen);
    let directories = site.directories.iter().map(start_text);
    let published = site.published().map(number);
    let embedded = pack::embedded(site);
    let contents = pack::contents(site);
    let logs = site.logs.iter().map(log);
    let scripts = scripts(site.max_scripts, &site.programs);
    let writing = writing::constants(site);
    let counts = counts(site);
    let proxy_protocol = proxy_protocol(&site.listens);
    let http2 = http2(site);
    let real_ip = real_ip(&site.settings);
    let gif = gif(&site.locations);
    let random = site.settings.iter().any(|settings| settings.random_index).then(|| {
        quote!(
            const RANDOM_INDEX: bool = true;
        )
    });
    let lists = site.settings.iter().any(|settings| settings.listing.is_some()).then(|| {
        quote!(
            const LISTS: bool = true;
        )
    });
    let users = access::users(&site.users);
    let subrequests = access::subrequests(site);
    let keeps_content = site.keeps_content().then(|| {
        quote!(
            const KEEPS_CONTENT: bool = true;
        )
    });
    let substitutes = substitutes(&site.settings);
    let trailers = trailers(&site.settings);
    let recoding = recoding(site);
    let rewrites = rewrites(site);
    let compresses = compresses(&site.settings);
    let zones = zones(&site.zones, shared);
    let upstreams = proxy::upstreams(&site.upstreams, shared);
    let caches = proxy::caches(&site.caches);
    let resolve_every =
        site.resolve_every_s.filter(|_| !site.upstreams.is_empty()).map(|every_s| {
            let every_s = proc_macro2::Literal::u64_unsuffixed(every_s);
            quote!(const RESOLVE_EVERY_S: u64 = #every_s;)
        });
    let tls = tls::constant(site);
    let acme = acme::constant(site);
    let known_files = site.known_files.map(|max| {
        let max = number(max);
        quote!(const KNOWN_FILES: Option<usize> = Some(#max);)
    });
    quote! {
        const NAME: &'static str = #name;
        const CONF: &'static [u8] = #conf;
        const PROCESS: site::Process = #process;
        const PARAMS: &'static [site::Param] = &[#(#params),*];
        const LISTENS: &'static [site::Listen] = &[#(#listens),*];
        const DIRECTORIES: &'static [site::StartText] = &[#(#directories),*];
        const PUBLISHED: &'static [site::DirectoryId] = &[#(#published),*];
        #embedded
        #contents
        const LOGS: &'static [site::LogTarget] = &[#(#logs),*];
        #scripts
        #writing
        #counts
        #proxy_protocol
        #http2
        #real_ip
        #gif
        #random
        #lists
        #users
        #subrequests
        #keeps_content
        #substitutes
        #recoding
        #trailers
        #rewrites
        #compresses
        #zones
        #upstreams
        #caches
        #tls
        #acme
        #known_files
        #resolve_every
    }
}

/// What a site that tells its counts has beyond others.
fn counts(site: &ir::Site) -> TokenStream {
    let labels = site.tells_labels().then(|| {
        quote!(
            const LABELS: Option<&'static site::Labels> = Some(&LABELS);
        )
    });
    let metrics = site.has_metrics().then(|| {
        let conf_hash = format!("{:032x}", xxh3_128(&site.conf));
        quote! {
            const METRICS: Option<site::Metrics> =
                Some(site::Metrics { conf_hash: #conf_hash, labels: &LABELS });
        }
    });
    let is_status = |handler: &ir::Handler| *handler == ir::Handler::Status;
    let counts = metrics.is_some() || site.is_any_handler(is_status) || site.counts_connections();
    let counts = counts.then(|| {
        quote!(
            const COUNTS: bool = true;
        )
    });
    quote!(#counts #metrics #labels)
}

/// What servers and locations are called, where that is told.
pub(super) fn labels(site: &ir::Site) -> Option<TokenStream> {
    site.tells_labels().then(|| {
        let ir::Labels { all, of } = &site.labels;
        let all = all.iter().map(|(server, location)| quote!((#server, #location)));
        let of = of.iter().copied().map(number);
        quote! {
            static LABELS: site::Labels = site::Labels { all: &[#(#all),*], of: &[#(#of),*] };
        }
    })
}

/// What a site that is told of clients before their first byte has beyond others.
fn proxy_protocol(listens: &[ir::Listen]) -> Option<TokenStream> {
    listens.iter().any(|listen| listen.proxy_protocol).then(|| {
        quote!(
            const PROXY_PROTOCOL: bool = true;
        )
    })
}

/// What a site that speaks HTTP/2 has beyond others.
fn http2(site: &ir::Site) -> Option<TokenStream> {
    let ids = site.listens.iter().enumerate().filter(|(_, listen)| listen.http2);
    let ids: Vec<_> = ids.map(|(id, _)| number(id)).collect();
    let speaks = !ids.is_empty() || site.servers.iter().any(|server| server.http2);
    speaks.then(|| {
        quote!(
            const HTTP2: bool = true;
            const HTTP2_LISTENS: &'static [site::ListenId] = &[#(#ids),*];
        )
    })
}

/// What a site that trusts a proxy has beyond others.
fn real_ip(settings: &[ir::Settings]) -> Option<TokenStream> {
    settings.iter().any(|settings| settings.real_ip.is_some()).then(|| {
        quote!(
            const REAL_IP: bool = true;
        )
    })
}

/// What a site has beyond others in which texts are replaced.
fn substitutes(settings: &[ir::Settings]) -> Option<TokenStream> {
    settings.iter().any(|settings| settings.substitution.is_some()).then(|| {
        quote!(
            const SUBSTITUTES: bool = true;
        )
    })
}

/// What a site has beyond others in which contents may be recoded.
fn recoding(site: &ir::Site) -> Option<TokenStream> {
    let maps = site.charset_maps.iter().map(|map| {
        let [first, second] = [0, 1].map(|index| bytes(&map.names[index]));
        let form = match &map.form {
            ir::MapForm::Bytes { there, back } => {
                let (there, back) = (bytes(there), bytes(back));
                quote!(Bytes { there: #there, back: #back })
            }
            ir::MapForm::Utf8 { there, back } => {
                let there = there.iter().map(|character| bytes(character));
                let back = back.iter().map(|(number_of, byte)| {
                    let (number_of, byte) = (number(*number_of), number(*byte));
                    quote!((#number_of, #byte))
                });
                quote!(Utf8 { there: &[#(*#there),*], back: &[#(#back),*] })
            }
        };
        quote!(site::CharsetMap { names: [#first, #second], form: site::MapForm::#form })
    });
    let maps: Vec<_> = maps.collect();
    let maps = (!maps.is_empty())
        .then(|| quote!(const CHARSET_MAPS: &'static [site::CharsetMap] = &[#(#maps),*];));
    site.recodes.then(|| {
        quote! {
            const RECODES: bool = true;
            #maps
        }
    })
}

/// What a site has beyond others in which fields follow contents.
fn trailers(settings: &[ir::Settings]) -> Option<TokenStream> {
    settings.iter().any(|settings| !settings.added_trailers.is_empty()).then(|| {
        quote!(
            const TRAILERS: bool = true;
        )
    })
}

/// What a site with steps has beyond others.
fn rewrites(site: &ir::Site) -> Option<TokenStream> {
    let mut contexts = (site.servers.iter().map(|server| &server.ops))
        .chain(site.locations.iter().map(|location| &location.ops));
    contexts.any(|ops| !ops.is_empty()).then(|| {
        quote!(
            const REWRITES: bool = true;
        )
    })
}

/// What a site has beyond others in which contents are compressed or unpacked.
fn compresses(settings: &[ir::Settings]) -> Option<TokenStream> {
    settings.iter().any(|settings| settings.compression.is_some()).then(|| {
        quote!(
            const COMPRESSES: bool = true;
        )
    })
}

/// What a site with the image of one pixel has beyond others.
fn gif(locations: &[ir::Location]) -> Option<TokenStream> {
    let sends = |location: &ir::Location| {
        matches!(location.action, ir::Action::Serve { handler: ir::Handler::EmptyGif, .. })
    };
    locations.iter().any(sends).then(|| {
        quote!(
            const EMPTY_GIF: bool = true;
        )
    })
}

/// What a site with limits has beyond others.
fn zones(zones: &[ir::Zone], shared: &mut Shared) -> Option<TokenStream> {
    let values = zones.iter().map(|ir::Zone { name, key, len, rate }| {
        let (key, len, rate) = (shared.text(key), number(*len), number(*rate));
        quote!(site::Zone { name: #name, key: #key, len: #len, rate: #rate })
    });
    let values: Vec<_> = values.collect();
    (!zones.is_empty()).then(|| quote!(const ZONES: &'static [site::Zone] = &[#(#values),*];))
}

/// What a site with scripts, or with programs beside it, has beyond others.
fn scripts(max_scripts: Option<u32>, programs: &[ir::StartText]) -> TokenStream {
    let max_scripts = max_scripts.map(|most| {
        let most = number(most);
        quote!(const MAX_SCRIPTS: Option<u32> = Some(#most);)
    });
    let values = programs.iter().map(start_text);
    let programs = (max_scripts.is_some() || !programs.is_empty())
        .then(|| quote!(const PROGRAMS: &'static [site::StartText] = &[#(#values),*];));
    quote!(#programs #max_scripts)
}

/// The array of servers' settings.
pub(super) fn servers(servers: &[ir::Server], sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    let count = number(servers.len());
    let servers: Vec<_> = servers.iter().map(|it| server(it, sets, shared)).collect();
    quote!(static SERVERS: [site::Server; #count] = [#(#servers),*];)
}

fn process(process: &ir::Process) -> TokenStream {
    let plain = plain("process", &Values { process: process.plain, ..Values::DEFAULT });
    let user = option(process.user.as_ref());
    let group = option(process.group.as_ref());
    let pid = option(process.pid.as_ref().map(start_text));
    let error_logs = error_logs(&process.error_logs);
    quote! {
        site::Process {
            plain: #plain,
            user: #user,
            group: #group,
            pid: #pid,
            error_logs: #error_logs,
        }
    }
}

fn param(param: &ir::Param) -> TokenStream {
    let (name, default, kind) = (&param.name, &param.default, variant(param.kind));
    quote!(site::Param { name: #name, default: #default, kind: site::ParamKind::#kind })
}

fn listen(listen: &ir::Listen) -> TokenStream {
    let address = match &listen.address {
        ir::Address::Ip(address) => {
            let address = socket_address(address);
            quote!(site::Address::Ip(#address))
        }
        ir::Address::Unix(path) => {
            let path = start_text(path);
            quote!(site::Address::Unix(#path))
        }
        ir::Address::Param(text) => {
            let text = start_text(text);
            quote!(site::Address::Param(#text))
        }
    };
    let backlog = proc_macro2::Literal::i32_unsuffixed(listen.backlog);
    let (ipv6_only, shared_port) = (listen.ipv6_only, listen.shared_port);
    let (ipv6_only_given, deferred) = (listen.ipv6_only_given, listen.deferred);
    let (proxy_protocol, tls) = (listen.proxy_protocol, listen.tls);
    let socket = socket_options(&listen.socket);
    let default_server = number(listen.default_server);
    let start_names = listen.start_names.iter().map(|(name, server)| {
        let (name, server) = (start_text(name), number(*server));
        quote!((#name, #server))
    });
    let whole_names = listen.names.exact.iter().filter(|_| !listen.start_names.is_empty());
    let whole_names = whole_names.map(|(name, server)| {
        let (name, server) = (bytes(name), number(*server));
        quote!((#name, #server))
    });
    quote! {
        site::Listen {
            address: #address,
            backlog: #backlog,
            ipv6_only: #ipv6_only,
            ipv6_only_given: #ipv6_only_given,
            deferred: #deferred,
            proxy_protocol: #proxy_protocol,
            tls: #tls,
            socket: #socket,
            shared_port: #shared_port,
            default_server: #default_server,
            start_names: &[#(#start_names),*],
            whole_names: &[#(#whole_names),*],
        }
    }
}

fn socket_options(options: &SocketOptions) -> TokenStream {
    if *options == SocketOptions::NONE {
        return quote!(site::SocketOptions::NONE);
    }
    let SocketOptions { rcvbuf, sndbuf, keepalive, fastopen } = *options;
    let given = |value: Option<i32>| option(value.map(|value| number(value).into_token_stream()));
    let (rcvbuf, sndbuf, fastopen) = (given(rcvbuf), given(sndbuf), given(fastopen));
    let keepalive = option(keepalive.map(|TcpKeepalive { on, idle_s, interval_s, count }| {
        let (idle_s, interval_s, count) = (given(idle_s), given(interval_s), given(count));
        quote! {
            site::TcpKeepalive {
                on: #on,
                idle_s: #idle_s,
                interval_s: #interval_s,
                count: #count,
            }
        }
    }));
    quote! {
        site::SocketOptions {
            rcvbuf: #rcvbuf,
            sndbuf: #sndbuf,
            keepalive: #keepalive,
            fastopen: #fastopen,
        }
    }
}

fn socket_address(address: &SocketAddr) -> TokenStream {
    let port = number(address.port());
    let ip = match address.ip() {
        IpAddr::V4(ip) => {
            let octets = ip.octets().map(number);
            quote!(::std::net::IpAddr::V4(::std::net::Ipv4Addr::new(#(#octets),*)))
        }
        IpAddr::V6(ip) => {
            let segments = ip.segments().map(number);
            quote!(::std::net::IpAddr::V6(::std::net::Ipv6Addr::new(#(#segments),*)))
        }
    };
    quote!(::std::net::SocketAddr::new(#ip, #port))
}

fn log(log: &ir::LogTarget) -> TokenStream {
    match log {
        ir::LogTarget::Stderr => quote!(site::LogTarget::Stderr),
        ir::LogTarget::Stdout => quote!(site::LogTarget::Stdout),
        ir::LogTarget::File(path) => {
            let path = start_text(path);
            quote!(site::LogTarget::File(#path))
        }
        ir::LogTarget::Folder(path) => {
            let path = start_text(path);
            quote!(site::LogTarget::Folder(#path))
        }
        ir::LogTarget::Syslog(ir::Syslog { server, facility, severity, tag, hostname }) => {
            let (server, facility) = (start_text(server), number(*facility));
            let severity = variant(*severity);
            quote! {
                site::LogTarget::Syslog(site::Syslog {
                    server: #server,
                    facility: #facility,
                    severity: site::Level::#severity,
                    tag: #tag,
                    hostname: #hostname,
                })
            }
        }
    }
}

fn server(server: &ir::Server, sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    let ops = steps(&server.ops, sets, shared);
    let name = settled(&server.name);
    let (location, tls) = (number(server.location), option(server.tls.map(number)));
    let plain = plain("server", &Values { server: server.plain, ..Values::DEFAULT });
    quote! {
        site::Server {
            name: #name,
            location: #location,
            ops: #ops,
            tls: #tls,
            plain: #plain,
        }
    }
}
