//! Locations that are asked whether a client may come in, and requests within each other.

use super::super::{MAX_DEPTH, MAX_PARTS};
use super::*;

/// One that a location asks, and that answers this.
fn asked(status: u16) -> Toy {
    Toy { path: "/asked", internal: true, answer: Some((status, "")), ..TOY }
}

/// What a location answers that asks another.
fn answers(asks: Toy, asked: Toy) -> String {
    let asks = Toy { path: "/in", inquiry: Some("/asked"), ..asks };
    let mut world = world(Vec::leak(vec![TOY, asks, asked]), &["/in"]);
    ask(&mut world, "GET /in")
}

#[test]
fn what_is_answered_decides() {
    let any = Toy { satisfy_any: true, ..TOY };
    let denied = Toy { denied: true, ..any.clone() };
    let realm = Toy { realm: Some("r"), ..any.clone() };
    let basic = r#"WWW-Authenticate: Basic realm="r""#;
    for (asks, said, expected) in [
        (TOY, 200, "200 ".to_owned()),
        (TOY, 299, "200 ".to_owned()),
        (TOY, 401, "401 ".to_owned()),
        (TOY, 403, "403 ".to_owned()),
        (TOY, 404, "500 ".to_owned()),
        (TOY, 302, "500 ".to_owned()),
        (TOY, 444, "closed".to_owned()),
        (Toy { denied: true, ..TOY }, 200, "403 ".to_owned()),
        (Toy { realm: Some("r"), ..TOY }, 200, format!("401 page of 401 [{basic}")),
        (any.clone(), 403, "403 ".to_owned()),
        (denied.clone(), 200, "200 ".to_owned()),
        (denied.clone(), 401, "401 ".to_owned()),
        (denied.clone(), 403, "403 ".to_owned()),
        (denied, 500, "500 ".to_owned()),
        (realm.clone(), 200, "200 ".to_owned()),
        (realm.clone(), 403, format!("401 page of 401 [{basic}")),
        (realm, 404, format!("500 page of 500 [{basic}")),
    ] {
        let found = answers(asks, asked(said));
        assert!(found.starts_with(&expected), "{said}: {found}, not {expected}");
    }
}

#[test]
fn who_is_asked_has_been_let_in() {
    let closed = Toy { denied: true, realm: Some("r"), inquiry: Some("/asked"), ..asked(0) };
    let closed = Toy { path: "/asked", answer: None, ..closed };
    let mut world = world(
        Vec::leak(vec![TOY, Toy { path: "/in", inquiry: Some("/asked"), ..TOY }, closed]),
        &["/in", "/asked"],
    );
    assert!(ask(&mut world, "GET /in").starts_with("200 "));
    assert!(ask(&mut world, "HEAD /in").starts_with("200 "));
    assert!(ask(&mut world, "GET /asked").starts_with("404 "));
}

#[test]
fn each_location_asks_anew() {
    // What the first leads to asks another one, which refuses.
    let first = Toy { path: "/in", inquiry: Some("/asked"), fallback: Some("/next"), ..TOY };
    let next = Toy { path: "/next", inquiry: Some("/no"), ..TOY };
    let no = Toy { path: "/no", answer: Some((403, "")), ..TOY };
    let mut world = world(Vec::leak(vec![TOY, first, next, asked(204), no]), &["/next"]);
    assert!(ask(&mut world, "GET /in").starts_with("403 "));
}

#[test]
fn variables_are_shared_both_ways() {
    let asks = Toy {
        path: "/in",
        ops: &[ToyOp::Set(0, "outer")],
        answered: &[(1, "$uri of $0")],
        inquiry: Some("/asked"),
        ..TOY
    };
    let asked = Toy { ops: &[ToyOp::If("$0", 1, None), ToyOp::Set(0, "inner")], ..asked(204) };
    let mut world = world(Vec::leak(vec![TOY, asks, asked]), &["/in"]);
    let mut exchange = exchange("GET /in");
    exchange.step(&mut world, Event::Head);
    let slots: Vec<_> = exchange.slots.iter().flatten().map(Vec::as_slice).collect();
    assert_eq!(slots, [&b"inner"[..], b"/asked of inner"]);
}

#[test]
fn what_only_the_asked_one_has_set_is_known() {
    let answered = &[(2, "$uri and $1")];
    let asks = Toy { path: "/in", answered, inquiry: Some("/asked"), ..TOY };
    let asked = Toy { ops: &[ToyOp::Set(1, "inner")], ..asked(204) };
    let mut world = world(Vec::leak(vec![TOY, asks, asked]), &["/in"]);
    let mut exchange = exchange("GET /in");
    exchange.step(&mut world, Event::Head);
    let slots: Vec<_> = exchange.slots.iter().map(Option::as_deref).collect();
    assert_eq!(slots, [None, Some(&b"inner"[..]), Some(b"/asked and inner")]);
}

#[test]
fn there_are_not_too_many_within_each_other() {
    let mut outer = exchange("POST /in");
    outer.step(&mut world(&[TOY], &["/in"]), Event::Head);
    let mut inner = outer.within().expect("there is room");
    assert_eq!((inner.method(), inner.is_within()), (Some(Method::Get), true));
    assert_eq!((inner.framing(), inner.head.method_name()), (Framing::Length(0), &b"POST"[..]));
    for _ in 1..MAX_DEPTH {
        inner = inner.within().expect("there is room");
    }
    assert!(inner.within().is_none(), "they stand too deep");
    for _ in u32::from(MAX_DEPTH)..MAX_PARTS {
        assert!(outer.within().is_some());
    }
    assert!(outer.within().is_none(), "there are too many");
}

#[test]
fn who_is_not_let_in_waits_once() {
    let slow = Toy { auth_delay_ms: 300, ..TOY };
    for (asks, said, waits) in [
        (slow.clone(), 401, 1),
        (slow.clone(), 403, 0),
        (slow.clone(), 200, 0),
        (slow.clone(), 500, 0),
        (Toy { realm: Some("r"), ..slow.clone() }, 200, 1),
        (Toy { denied: true, ..slow }, 200, 0),
        (TOY, 401, 0),
    ] {
        let asks = Toy { path: "/in", inquiry: Some("/asked"), ..asks };
        let mut world = world(Vec::leak(vec![TOY, asks, asked(said)]), &["/in"]);
        ask(&mut world, "GET /in");
        assert_eq!(world.reasons, vec!["waits 300"; waits], "{said}");
    }
}
