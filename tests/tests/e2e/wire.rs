//! One exchange of raw bytes, whole and byte by byte: which statuses come back, and what
//! becomes of the connection.

use sitec_tests::client::{Client, PACES, Pace};
use sitec_tests::server::Server;

/// What becomes of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Then {
    /// The server closes it.
    Closed,
    /// It takes another request, which is understood as one.
    Open,
}

pub(crate) use Then::{Closed, Open};

/// Sends `request` and expects responses with exactly these statuses.
pub(crate) fn exchange(server: &Server, request: impl AsRef<[u8]>, statuses: &[u16], then: Then) {
    exchange_any(server, request, &[statuses], then);
}

/// Likewise, where more than one list of statuses is right.
pub(crate) fn exchange_any(
    server: &Server,
    request: impl AsRef<[u8]>,
    allowed: &[&[u16]],
    then: Then,
) {
    for pace in PACES {
        run(&mut server.connect(), request.as_ref(), pace, allowed, then);
    }
}

/// One exchange on a connection. After an expected close nothing may follow; before an
/// expected request nothing may be left over.
fn run(client: &mut Client, request: &[u8], pace: Pace, allowed: &[&[u16]], then: Then) {
    let shown = String::from_utf8_lossy(&request[..request.len().min(300)]).into_owned();
    let case = format!("{pace:?}: {shown:?}");
    client.send_at(request, pace);
    let mut statuses = Vec::new();
    if then == Open {
        client.send("GET /ping HTTP/1.1\r\nHost: http.test\r\nConnection: close\r\n\r\n");
    }
    while !client.closed() {
        let response = client.response("GET");
        statuses.push(response.status);
        if then == Open && response.closes() {
            assert_eq!(response.text(), "pong", "{case}");
        }
    }
    if then == Open {
        assert_eq!(statuses.pop(), Some(200), "{case}: the request after it has no answer");
    }
    assert!(allowed.contains(&statuses.as_slice()), "{case}: {statuses:?}, not {allowed:?}");
}
