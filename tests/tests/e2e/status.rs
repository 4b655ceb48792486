//! `stub_status`: how many connections and requests there are.

use std::time::Instant;

use crate::listing::serve;
use sitec_tests::PATIENCE;
use sitec_tests::client::Client;
use sitec_tests::folder::Folder;

/// The numbers that a status tells, in their order.
fn numbers(client: &mut Client) -> Vec<u64> {
    let response = client.get("/status", "a");
    assert_eq!((response.status, response.field("Content-Type")), (200, Some("text/plain")));
    let text = response.text();
    let plain: String = text.chars().map(|c| if c.is_ascii_digit() { c } else { ' ' }).collect();
    let numbers: Vec<u64> = plain.split_whitespace().map(|word| word.parse().unwrap()).collect();
    let [active, accepted, handled, requests, reading, writing, waiting] = numbers[..] else {
        panic!("{text:?}")
    };
    let expected = format!(
        "Active connections: {active} \nserver accepts handled requests\n \
         {accepted} {handled} {requests} \n\
         Reading: {reading} Writing: {writing} Waiting: {waiting} \n"
    );
    assert_eq!(text, expected);
    numbers
}

/// Asks until the counts are these, but for the requests.
fn wait_for(client: &mut Client, expected: [u64; 5]) {
    let began = Instant::now();
    loop {
        let counts = numbers(client);
        if [counts[0], counts[1], counts[4], counts[5], counts[6]] == expected {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{counts:?} are not {expected:?}");
    }
}

#[test]
fn connections_and_requests_are_counted() {
    let server = serve(&Folder::new());
    let mut client = server.connect();
    assert_eq!(numbers(&mut client), [1, 1, 1, 1, 0, 1, 0]);
    assert_eq!(numbers(&mut client), [1, 1, 1, 2, 0, 1, 0]);
    // One that has sent part of a head, and one that waits for its next request.
    let mut reading = server.connect();
    reading.send("GET / HT");
    let mut waiting = server.connect();
    waiting.get("/none", "a");
    wait_for(&mut client, [3, 3, 1, 1, 1]);
    reading.send("TP/1.0\r\n\r\n");
    reading.until_closed();
    drop(waiting);
    wait_for(&mut client, [1, 3, 0, 1, 0]);
}

#[test]
fn others_than_get_are_refused() {
    let server = serve(&Folder::new());
    let mut client = server.connect();
    client.send("POST /status HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    let response = client.response("POST");
    assert_eq!((response.status, response.field("Allow")), (405, Some("GET, HEAD")));
    client.send("HEAD /status HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response("HEAD").status, 200);
}
