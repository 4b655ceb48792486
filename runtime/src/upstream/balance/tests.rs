use super::super::PeerAddress;
use super::*;
use crate::samples::leak;
use crate::site::Text;

fn peer(weight: u32) -> Peer {
    Peer {
        address: &[],
        weight,
        max_conns: 0,
        max_fails: 1,
        fail_timeout_ms: 10_000,
        slow_start_ms: 0,
        backup: false,
        down: false,
        drain: false,
        route: "",
    }
}

fn group(peers: Vec<Peer>, balance: Balance) -> Group {
    let found = (0..peers.len()).map(|index| {
        let said = format!("127.0.0.1:{}", 8201 + index);
        let address = PeerAddress::Ip(said.parse().unwrap());
        Arc::new(FoundPeer { index, address, words: said.as_str().into(), said })
    });
    let found: Vec<Arc<FoundPeer>> = found.collect();
    let upstream = Upstream {
        name: "u",
        host: &[],
        port: &[],
        is_optional: false,
        peers: leak(peers),
        balance,
        commands: &[],
        is_shared: false,
        sticky: None,
        is_mandatory: false,
        plain: UpstreamSettings::DEFAULT,
    };
    Group::new(leak(upstream), &found)
}

/// Whom so many requests go to, each over before the next.
fn picks(group: &mut Group, count: usize, choice: &Choice) -> Vec<usize> {
    let pick = |_| {
        let picked = group.pick(&mut choice.clone(), 1000).unwrap();
        group.free(picked, false, 1000);
        picked
    };
    (0..count).map(pick).collect()
}

#[test]
fn peers_come_and_go() {
    let found = |index: usize, port: u16| {
        let said = format!("app-{index}:80");
        let address = PeerAddress::Ip(([127, 0, 0, 1], port).into());
        Arc::new(FoundPeer { index, address, words: port.to_string().into(), said })
    };
    let mut group = group(vec![peer(1), peer(1)], Balance::RoundRobin);
    group.follow(&[found(0, 1), found(1, 2)]);
    let choice = Choice::default();
    let who = |group: &mut Group, count| -> Vec<String> {
        let picked = picks(group, count, &choice);
        let mut who: Vec<_> = picked.iter().map(|at| group.words(*at).to_string()).collect();
        who.sort();
        who
    };
    assert_eq!(who(&mut group, 4), ["1", "1", "2", "2"]);
    // One is asked while it goes: its place is not another's before it is let go.
    let mut busy = Choice { tried: Vec::new(), ..choice.clone() };
    let asked = group.pick(&mut busy, 1000).unwrap();
    let words = group.words(asked);
    let (stays, other) = match &*words {
        "1" => (found(1, 2), "2"),
        _ => (found(0, 1), "1"),
    };
    let serial = group.serial(asked);
    group.follow(&[Arc::clone(&stays), found(stays.index, 3)]);
    assert!(!group.is_there(asked, serial));
    assert_eq!(group.words(asked), words);
    assert_eq!(group.len(), 2);
    let mut expected = vec!["3", "3", other, other];
    expected.sort();
    assert_eq!(who(&mut group, 4), expected);
    group.free(asked, false, 1000);
    group.follow(&[found(0, 5), found(1, 6), found(1, 7)]);
    assert!(group.peers.len() <= 5, "places are used again");
    assert_eq!(who(&mut group, 3), ["5", "6", "7"]);
    // Nobody is left.
    group.follow(&[]);
    assert_eq!(group.pick(&mut Choice::default(), 1000), None);
}

#[test]
fn weights_are_spread() {
    let mut group = group(vec![peer(5), peer(1), peer(1)], Balance::RoundRobin);
    let expected = [0, 0, 1, 0, 2, 0, 0];
    assert_eq!(picks(&mut group, 7, &Choice::default()), expected);
    assert_eq!(picks(&mut group, 7, &Choice::default()), expected);
}

#[test]
fn what_has_no_key_goes_by_weight() {
    let text = || Text::Fixed(b"");
    for balance in [Balance::Hash(text()), Balance::ConsistentHash(text())] {
        let mut group = group(vec![peer(1), peer(1)], balance);
        assert_eq!(picks(&mut group, 4, &Choice::default()), [0, 1, 0, 1]);
        let keyed = Choice { key: b"a".to_vec(), ..Choice::default() };
        let picked = picks(&mut group, 3, &keyed);
        assert_eq!(picked, [picked[0]; 3]);
    }
}

#[test]
fn one_that_fails_is_left_alone_for_a_while() {
    let mut group = group(vec![peer(1), peer(1)], Balance::RoundRobin);
    let choice = Choice::default();
    let first = group.pick(&mut choice.clone(), 0).unwrap();
    assert!(group.free(first, true, 0));
    for _ in 0..4 {
        let picked = group.pick(&mut choice.clone(), 5000).unwrap();
        assert_ne!(picked, first);
        group.free(picked, false, 5000);
    }
    let later: Vec<_> = (0..4).map(|_| group.pick(&mut choice.clone(), 10_001)).collect();
    assert!(later.contains(&Some(first)));
}

/// One that has come back is asked more and more often.
#[test]
fn one_that_comes_back_begins_slowly() {
    for balance in [Balance::RoundRobin, Balance::LeastConn] {
        let slow = Peer { slow_start_ms: 100_000, ..peer(1) };
        let mut group = group(vec![slow, peer(1)], balance);
        let mut share = |now_ms: u64| {
            let picked = (0..100).map(|_| {
                let picked = group.pick(&mut Choice::default(), now_ms).unwrap();
                group.free(picked, false, now_ms);
                picked
            });
            picked.filter(|&at| at == 0).count()
        };
        assert_eq!(share(0), 50);
        let mut choice = Choice { tried: vec![1], ..Choice::default() };
        assert_eq!(group.pick(&mut choice, 0), Some(0));
        assert!(group.free(0, true, 0));
        let mut share = |now_ms: u64| {
            let picked = (0..100).map(|_| {
                let picked = group.pick(&mut Choice::default(), now_ms).unwrap();
                group.free(picked, false, now_ms);
                picked
            });
            picked.filter(|&at| at == 0).count()
        };
        assert_eq!(share(5_000), 0, "it is left alone");
        let shares = [20_000, 45_000, 70_000, 119_000, 200_000].map(&mut share);
        assert!(shares[0] <= 2, "{shares:?}");
        assert!(shares.is_sorted() && shares[4] >= 49, "{shares:?}");
        assert!((10..40).contains(&shares[1]), "{shares:?}");
    }
}

#[test]
fn one_alone_is_asked_whatever_it_does() {
    let mut group = group(vec![peer(1)], Balance::RoundRobin);
    for _ in 0..3 {
        let picked = group.pick(&mut Choice::default(), 0);
        assert_eq!(picked, Some(0));
        assert!(!group.free(0, true, 0));
    }
}

#[test]
fn backups_come_last_and_those_that_are_down_never() {
    let down = Peer { down: true, ..peer(1) };
    let backup = Peer { backup: true, ..peer(1) };
    let mut group = group(vec![peer(1), down, backup], Balance::RoundRobin);
    let mut choice = Choice::default();
    let all: Vec<_> = (0..3).map(|_| group.pick(&mut choice, 0)).collect();
    assert_eq!(all, [Some(0), Some(2), None]);
}

#[test]
fn the_fewest_connections_for_the_weight() {
    let full = Peer { max_conns: 1, ..peer(1) };
    let mut group = group(vec![peer(2), full], Balance::LeastConn);
    let all: Vec<_> = (0..5).map(|_| group.pick(&mut Choice::default(), 0).unwrap()).collect();
    let second = all.iter().filter(|&&at| at == 1).count();
    assert_eq!(second, 1, "{all:?}");
}

#[test]
fn a_key_has_its_peer() {
    let balances = [
        Balance::IpHash,
        Balance::Hash(Text::Fixed(b"")),
        Balance::ConsistentHash(Text::Fixed(b"")),
    ];
    for balance in balances {
        let mut group = group(vec![peer(1), peer(1), peer(1)], balance);
        let mut all = std::collections::BTreeSet::new();
        for number in 0..50u8 {
            let key = format!("/{number}").into_bytes();
            let client = Some(IpAddr::from([10, number, 0, 1]));
            let choice = Choice { key, client, ..Choice::default() };
            let picked = picks(&mut group, 5, &choice);
            assert!(picked.iter().all(|&at| at == picked[0]));
            all.insert(picked[0]);
            // Without it, another one is found.
            let mut without = Choice { tried: vec![picked[0]], ..choice };
            assert_ne!(group.pick(&mut without, 0), Some(picked[0]));
        }
        assert_eq!(all.len(), 3);
    }
}

/// The same peers and keys as a server of nginx 1.22 was asked with.
#[test]
fn peers_are_those_that_nginx_picks() {
    let keyed = |balance: Balance, choice: &dyn Fn(u8) -> Choice| -> String {
        let mut group = group(vec![peer(1), peer(2), peer(1)], balance);
        let picked = (0..60).map(|number| picks(&mut group, 1, &choice(number))[0]);
        picked.map(|at| char::from(b'1' + at as u8)).collect()
    };
    let key = |number: u8| Choice { key: format!("key{number}").into(), ..Choice::default() };
    let client = |number: u8| {
        let address = IpAddr::from([127, number, number.wrapping_mul(7), 1]);
        Choice { client: Some(address), ..Choice::default() }
    };
    let none = |_| Choice::default();
    for (got, expected) in [
        (
            keyed(Balance::Hash(Text::Fixed(b"")), &key),
            "312222131313222231312231132222221331222231222213131322223131",
        ),
        (
            keyed(Balance::ConsistentHash(Text::Fixed(b"")), &key),
            "321133323213331123233322333122122222221222233212112222122222",
        ),
        (
            keyed(Balance::IpHash, &client),
            "111111111111111111122222222222222222222222222222222222222222",
        ),
        (
            keyed(Balance::RoundRobin, &none),
            "213221322132213221322132213221322132213221322132213221322132",
        ),
    ] {
        assert_eq!(got, expected);
    }
}

#[test]
fn clients_come_to_the_same_again_where_it_can_be_asked() {
    let with = |route, other: Peer| Peer { route, ..other };
    let drained = Peer { drain: true, ..peer(1) };
    let down = Peer { down: true, ..peer(1) };
    let peers = vec![with("a", peer(1)), with("b", peer(1)), with("c", drained), with("d", down)];
    let mut group = group(peers, Balance::RoundRobin);
    let wants = |route: &str| Choice { wanted: route.into(), ..Choice::default() };
    assert_eq!(picks(&mut group, 3, &wants("b")), [1, 1, 1]);
    // It gets nobody new.
    assert_eq!(picks(&mut group, 2, &wants("c")), [2, 2]);
    for route in ["d", "e", ""] {
        let mut picked = picks(&mut group, 2, &wants(route));
        picked.sort_unstable();
        assert_eq!(picked, [0, 1], "{route}");
    }
    // One that has failed is not asked, and another one is at once.
    let mut choice = wants("b");
    assert_eq!(group.pick(&mut choice, 0), Some(1));
    assert!(group.free(1, true, 0));
    assert_eq!(group.pick(&mut choice, 0), Some(0));
    assert_eq!(group.pick(&mut wants("b"), 0), Some(0));
}

#[test]
fn the_sum_is_the_usual_one() {
    let mut crc = Crc32::default();
    crc.update(b"123456789");
    assert_eq!(crc.sum(), 0xcbf4_3926);
}
