//! Sites drawn at random, compiled to machine code: they route as the plain evaluation of
//! their confs does. `UPDATE=1` draws the confs anew.

#[path = "../../compiler/src/sketch.rs"]
mod sketch;

use std::path::Path;
use std::{env, fs};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sitec_compiler::answer::{Answers, End, Request};
use sitec_compiler::files::Disk;
use sitec_compiler::route::Router;
use sitec_compiler::{compile, ir};
use sitec_runtime::site::{Action, LocationId, Return, ServerId, Site, Text};

/// Declares the site of each conf, and tests it.
macro_rules! drawn {
    ($($name:ident $conf:tt)*) => {
        $(mod $name {
            sitec_macros::site!($conf);

            #[test]
            fn routes_as_the_plain_evaluation() {
                super::agrees::<Conf>($conf);
            }
        })*
    };
}

drawn! {
    first "drawn/1.conf"
    second "drawn/2.conf"
    third "drawn/3.conf"
    fourth "drawn/4.conf"
    fifth "drawn/5.conf"
    sixth "drawn/6.conf"
    large "drawn/large.conf"
}

/// Random requests to the site `S` of `conf`, of the sort that its names and paths are.
fn agrees<S: Site>(conf: &str) {
    let compilation = compile(&Disk, Path::new(conf));
    let site = compilation.site.expect("a drawn conf compiles");
    let router = Router::new(&site);
    S::prepare();
    let number = || (0..700).prop_map(|i| format!("/{i}"));
    let paths = prop_oneof![
        sketch::paths(),
        number(),
        (number(), sketch::paths()).prop_map(|(number, path)| number + &path),
    ];
    let numbered = (0..320).prop_map(|i| format!("a{i}.test"));
    let hosts = prop_oneof![
        sketch::hosts(),
        numbered.clone(),
        numbered.prop_map(|host| format!("x.{}", host.replace('a', "b"))),
    ];
    let mut runner = TestRunner::deterministic();
    for _ in 0..2000 {
        let path = draw(&paths, &mut runner);
        for (server, _) in (0..).zip(&site.servers).take(4) {
            let found = S::route(server, path.as_bytes());
            assert_eq!(found, router.location(server, path.as_bytes()), "{server} {path}");
            // In what a client asks for, two slashes are one.
            if !path.contains("//") {
                assert_eq!(text_of::<S>(found), foretold(&site, server, &path), "{server} {path}");
            }
        }
        let host = draw(&hosts, &mut runner);
        let found = S::server(0, host.as_bytes()).id;
        assert_eq!(found, router.server(0, host.as_bytes()), "{host}");
    }
}

/// The text that a compiled location returns.
fn text_of<S: Site>(id: LocationId) -> Option<Vec<u8>> {
    match &S::location(id).action {
        Action::Return(Return::Prebuilt(response)) => Some(response.body.to_vec()),
        Action::Return(Return::Text(_, Text::Fixed(text))) => Some(text.to_vec()),
        Action::Return(Return::Listed(table)) => Some(table.response(id).body.to_vec()),
        _ => None,
    }
}

/// The text that the evaluation of a conf has for a path of a server.
fn foretold(site: &ir::Site, server: ServerId, path: &str) -> Option<Vec<u8>> {
    let request = Request::new(site, Some(server), "GET", path, &[]).expect("a path");
    let answer = Answers::new(site, &Disk, Path::new("")).to(&request);
    match answer.end {
        End::Text(text) => Some(text),
        _ => None,
    }
}

fn draw<T>(strategy: &impl Strategy<Value = T>, runner: &mut TestRunner) -> T {
    strategy.new_tree(runner).expect("nothing is rejected").current()
}

#[test]
fn confs_are_as_drawn() {
    let mut runner = TestRunner::deterministic();
    let random = (1..=6).map(|i| (i.to_string(), draw(&sketch::sketches(), &mut runner)));
    for (name, sketch) in
        random.collect::<Vec<_>>().into_iter().chain([("large".to_owned(), sketch::large())])
    {
        let path = format!("drawn/{name}.conf");
        if env::var_os("UPDATE").is_some() {
            fs::write(&path, sketch.conf()).expect("tests/drawn is writable");
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == sketch.conf(), "{path} is not as drawn: set UPDATE=1");
    }
}
