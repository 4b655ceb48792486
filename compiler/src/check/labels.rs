//! What servers and locations are called in logs and metrics: servers by their first name, or where they
//! listen; locations as they are written.

use std::collections::HashMap;

use sitec_runtime::site::ServerId;

use crate::ir::{Address, Labels, Listen, Param, StartPiece, StartText};
use crate::places::Places;

/// What a server is called outside of its locations.
const OUTSIDE: &str = "server";

/// The names of all servers and locations.
pub(super) fn labels(places: &Places, listens: &[Listen], params: &[Param]) -> Labels {
    let servers = servers(places, listens, params);
    let mut labels = Labels::default();
    let mut numbers = HashMap::new();
    for place in &places.locations {
        let place = place.within.map_or(place, |outer| &places.locations[outer as usize]);
        let location = match &place.written[..] {
            "" => OUTSIDE,
            written => written,
        };
        let pair = (servers[usize::from(place.server)].clone(), location.to_owned());
        let number = *numbers.entry(pair.clone()).or_insert(labels.all.len());
        if number == labels.all.len() {
            labels.all.push(pair);
        }
        labels.of.push(number as u32);
    }
    labels
}

/// The names of all servers, each another one.
fn servers(places: &Places, listens: &[Listen], params: &[Param]) -> Vec<String> {
    let own = (0..).zip(&places.servers).map(|(id, place)| {
        let name = place.names.iter().find(|name| !name.is_empty());
        name.cloned().unwrap_or_else(|| address(listens, id, params))
    });
    let own: Vec<_> = own.collect();
    let mut taken = HashMap::new();
    own.iter().for_each(|name| *taken.entry(name.clone()).or_insert(0) += 1);
    let mut given: HashMap<String, usize> = HashMap::new();
    (0..)
        .zip(own)
        .map(|(id, name)| {
            // Several servers of one name listen at different addresses.
            let name = match taken[&name] {
                1 => name,
                _ => format!("{name} at {}", address(listens, id, params)),
            };
            let count = given.entry(name.clone()).or_insert(0);
            *count += 1;
            match *count {
                1 => name,
                count => format!("{name} {count}"),
            }
        })
        .collect()
}

/// Where a server listens first.
fn address(listens: &[Listen], server: ServerId, params: &[Param]) -> String {
    let listen = listens.iter().find(|listen| listen.reaches(server));
    match listen.map(|listen| &listen.address) {
        None => String::new(),
        Some(Address::Ip(address)) => address.to_string(),
        Some(Address::Unix(path)) => format!("unix:{}", written(path, params)),
        Some(Address::Param(text)) => written(text, params),
    }
}

/// A text as the conf has it.
fn written(text: &StartText, params: &[Param]) -> String {
    let piece = |piece: &StartPiece| match piece {
        StartPiece::Literal(text) => text.clone(),
        StartPiece::Param(index) => format!("${{{}}}", params[*index].name),
        StartPiece::HostName => StartPiece::HOST_NAME.to_owned(),
    };
    text.iter().map(piece).collect()
}
