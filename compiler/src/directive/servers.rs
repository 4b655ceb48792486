//! Rows that say where a server listens and what it is called.

use super::Context::{Http, Main, Server};
use super::{Group, MANY, block, simple};

pub(super) const GROUP: Group = Group {
    title: "Servers",
    about: "The address of a connection decides which servers may answer, and the request's Host \
            chooses one of them.",
    about_files: false,
    rows: &[
        block("server", &[Main, Http], (0, 0), Server, "").repeats().doc(
            "One virtual server: the addresses that it listens on, its names, its locations, and \
             what they inherit.",
        ),
        simple(
            "listen",
            &[Server],
            (1, MANY),
            "[ADDRESS:]PORT[-PORT] | ADDRESS | unix:PATH [default_server] [backlog=N] \
             [ipv6only=on|off] [reuseport] [deferred] [http2] [proxy_protocol] [ssl] [rcvbuf=SIZE] [sndbuf=SIZE] \
             [so_keepalive=on|off|[IDLE]:[INTERVAL]:[COUNT]] [fastopen=N]",
        )
        .repeats()
        .params(1)
        .default("*:80")
        .doc(
            "An address to take connections on. A port alone is that port on every IPv4 address, \
             or on the address that `host` names; an address alone is its port 80; IPv6 \
             addresses stand in brackets, `[::]:80` is every IPv6 address. Several servers may \
             share one address: the `default_server` there, else the first in the conf, takes \
             every Host that no server names. Where one server listens on all addresses of a port \
             and another on one of them, the latter takes the connections to it. `backlog` bounds \
             the queue of connections that are not yet accepted; `ipv6only=off` lets `[::]` take \
             IPv4 as well. With `ssl`, all servers at the address speak [TLS](tls.md). `reuseport` is accepted and changes nothing: each worker has its own \
             sockets whenever there is more than one. With `proxy_protocol`, each connection begins with a header of the \
             PROXY protocol, version 1 or 2, of at most 1,024 bytes, which a proxy in front sends, and one \
             that does not is closed; `real_ip_header proxy_protocol` makes the client of it whom it names. \
             With `deferred`, the kernel keeps connections \
             back until their first bytes are there, at most for `client_header_timeout`: a \
             connection for one request costs less. `rcvbuf` and `sndbuf` are the sizes of the kernel's \
             buffers of each connection; `so_keepalive` says whether, after how long, how often and how \
             many times a connection on which nothing happens is probed; `fastopen` takes up to N \
             connections that send a request before they are known to be there, so that a request may \
             come twice. `80-85` is each of these ports.",
        )
        .differs(
            "⟪Names are not looked up, so an address is a number. A server for HTTP/3 alone is refused. \
             The default is port 80 for every user.⟫",
        ),
        simple("host", &[Server], (1, 1), "ADDRESS").params(1).doc(
            "The address for the server's `listen` lines that give only a port. A `param` gives \
             all of it.",
        )
        .differs("sitec's own."),
        simple("server_name", &[Server], (1, MANY), "NAME…").repeats().params(MANY).default("\"\"").doc(
            "The names of the server: whole (`example.test`), with a leading or trailing star \
             (`*.example.test`, `www.*`), with a leading dot (the name and all names under it), \
             or a regex after `~`. Whole names go first, then the longest with a leading star, \
             then the longest with a trailing one, then the regexes in the order of the conf. \
             `\"\"` stands for a request without Host. `$hostname`, where it stands alone, is the \
             name of the machine in lower case, as it is at start; `sitec route` and `expect` \
             take `http://$hostname/` for it. The first name is `$server_name`. A `param` may be \
             part of a whole name, and of no other.",
        )
        .differs("⟪Two servers with one name on one address are an error, where nginx ignores the \
                  second. The server does not start if `$hostname` or a `param` makes two names \
                  equal, or comes to what is not a whole name.⟫"),
    ],
};
