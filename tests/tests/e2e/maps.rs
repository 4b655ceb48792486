//! `map`, `geo` and `split_clients`: what nginx 1.22 answered to the same conf, request by request.

use crate::launch;

/// A path, a field, and what the answer is: its status, its Location or its text and the origin that
/// is let in.
const ANSWERS: &[(&str, &str, u16, &str)] = &[
    ("/", "", 200, "0 exact empty no E"),
    ("/old.html", "", 301, "/new.html"),
    ("/OLD.html", "", 301, "/new.html"),
    ("/blog/a/b.php", "", 301, "/b/a/b"),
    ("/12", "", 301, "/n/12"),
    ("/12a", "", 200, "0 exact empty no E"),
    ("/?k=A", "", 200, "0 exact upper no <upper>"),
    ("/?k=a", "", 200, "0 exact upper no <upper>"),
    ("/?k=b", "", 200, "0 exact xb no <xb>"),
    ("/?k=", "", 200, "0 exact empty no E"),
    ("/?k=default", "", 200, "0 exact lit no <lit>"),
    ("/?k=rex", "", 200, "0 exact rx- no <rx->"),
    ("/?k=re", "", 200, "0 exact d:re no <d:re>"),
    ("/?k=rexy", "", 200, "0 exact rx-y no <rx-y>"),
    ("/?k=REX", "", 200, "0 exact d:REX no <d:REX>"),
    ("/?k=zz", "", 200, "0 exact d:zz no <d:zz>"),
    ("/?a=a&b=b", "", 200, "0 exact empty yes E"),
    ("/?a=A&b=B", "", 200, "0 exact empty yes E"),
    ("/v1", "", 200, "one one two one"),
    ("/v2", "", 200, " two two"),
    ("/seg/a/b", "", 200, "yes a"),
    ("/seg/x/", "", 200, "yes x"),
    ("/seg/a", "", 200, "no "),
    ("/cors", "", 200, "c"),
    ("/", "Host: a.test", 200, "0 exact empty no E"),
    ("/", "Host: x.a.test", 200, "0 sub empty no E"),
    ("/", "Host: x.y.a.test", 200, "0 sub empty no E"),
    ("/", "Host: b.test", 200, "0 tree empty no E"),
    ("/", "Host: z.b.test", 200, "0 tree empty no E"),
    ("/", "Host: www.q.test", 200, "0 www empty no E"),
    ("/", "Host: A.TEST", 200, "0 exact empty no E"),
    ("/", "Host: a.test.", 200, "0 exact empty no E"),
    ("/", "Host: other", 200, "0 other empty no E"),
    ("/", "User-Agent: iPhone", 200, "1 exact empty no E"),
    ("/", "User-Agent: curl", 200, "0 exact empty no E"),
    ("/", "User-Agent: ANDROID x", 200, "1 exact empty no E"),
    ("/cors", "Origin: http://good.test", 200, "c http://good.test"),
    ("/cors", "Origin: https://a.good.test", 200, "c https://a.good.test"),
    ("/cors", "Origin: http://evilgood.test", 200, "c"),
    ("/cors", "Origin: http://good.test.evil", 200, "c"),
    ("/geo?ip=10.0.0.1", "", 200, "here a a $uri b "),
    ("/geo?ip=10.1.2.3", "", 200, "here b b $uri a h"),
    ("/geo?ip=10.2.0.1", "", 200, "here a a $uri b "),
    ("/geo?ip=192.0.2.1", "", 200, "here one one  c "),
    ("/geo?ip=192.0.2.2", "", 200, "here d d  a h"),
    ("/geo?ip=2001:db8::1", "", 200, "here six d  c "),
    ("/geo?ip=2001:db9::1", "", 200, "here d d  b "),
    ("/geo?ip=::ffff:10.1.2.3", "", 200, "here b b $uri b "),
    ("/geo?ip=172.31.0.1", "", 200, "here private d  c "),
    ("/geo?ip=fd00::1", "", 200, "here private d  b "),
    ("/geo?ip=255.255.255.255", "", 200, "here d d none a h"),
    ("/geo?ip=junk", "", 200, "here d d none a h"),
    ("/geo?ip=", "", 200, "here d d none p h"),
    ("/geo?ip=a", "", 200, "here d d none b "),
    ("/geo?ip=c", "", 200, "here d d none a h"),
    ("/geo?ip=d", "", 200, "here d d none c "),
    ("/geo?ip=g", "", 200, "here d d none a h"),
    ("/geo?ip=abcde", "", 200, "here d d none a h"),
    ("/geo?ip=longer-text", "", 200, "here d d none c "),
    ("/geo?ip=10.0.0.1:80", "", 200, "here d d none b "),
];

#[test]
fn maps_are_those_of_nginx() {
    let server = launch("maps").start();
    let mut client = server.connect();
    for &(path, field, status, said) in ANSWERS {
        let host = if field.starts_with("Host: ") { "" } else { "Host: a.test\r\n" };
        let field = if field.is_empty() { String::new() } else { format!("{field}\r\n") };
        let request = format!("GET {path} HTTP/1.1\r\n{host}{field}\r\n");
        let response = client.send(request).response("GET");
        let origin = response.field("Access-Control-Allow-Origin");
        let origin = origin.map(|origin| format!(" {origin}")).unwrap_or_default();
        let found =
            response.field("Location").map_or_else(|| response.text() + &origin, str::to_owned);
        assert_eq!((response.status, found.as_str()), (status, said), "{path} {field}");
    }
}
