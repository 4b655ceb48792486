use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::thread;

use super::*;
use crate::pack::LARGE_LEN;

const LEN: usize = 5 * LARGE_LEN + 1234;

static CONTENTS: [u8; LEN] = {
    let mut contents = [0; LEN];
    let mut at = 0;
    while at < LEN {
        contents[at] = (at % 251) as u8;
        at += 1;
    }
    contents
};

fn pair() -> (Transport, UnixStream) {
    let (ours, theirs) = UnixStream::pair().expect("a socket");
    (Transport::plain(OwnedFd::from(ours)), theirs)
}

/// Runs of a kilobyte, so many.
#[derive(Debug)]
struct Runs(usize);

impl Produce for Runs {
    fn produce(&mut self, out: &mut Vec<u8>, _: usize) -> io::Result<Produced> {
        self.0 -= 1;
        out.extend_from_slice(&[b'x'; 1024]);
        Ok(if self.0 == 0 { Produced::End } else { Produced::More })
    }

    fn remark(&self) -> Option<String> {
        Some("it was long".to_owned())
    }
}

#[test]
fn what_is_made_takes_turns_and_is_tallied() {
    const RUNS: usize = 40;
    let (mut ours, theirs) = pair();
    let reader = thread::spawn(move || io::read_to_string(theirs).expect("text"));
    let mut output = Output::default();
    output.buffer().extend_from_slice(b"head");
    let producer = Box::new(Runs(RUNS));
    assert!(!output.append(Body::Made(producer), Chunks::None));
    let mut turns = 1;
    while output.send(&mut ours, COPYING, &mut Turn::default()).expect("it is sent")
        == Progress::Blocked
    {
        turns += 1;
    }
    drop(ours);
    assert_eq!(reader.join().expect("all is read").len(), 4 + RUNS * 1024);
    assert!((RUNS / 8..=RUNS).contains(&turns), "{turns}");
    let tally = output.tally();
    assert_eq!((tally.made_len, tally.unsent_len), (RUNS as u64 * 1024, 0));
    assert_eq!(tally.remark.map(|remark| remark.1).as_deref(), Some("it was long"));
}

#[test]
fn a_piece_goes_through_behind_what_waits() {
    let (ours, mut theirs) = UnixStream::pair().expect("a socket");
    for end in [&ours, &theirs] {
        end.set_nonblocking(true).expect("it is a socket");
    }
    let mut ours = Transport::plain(OwnedFd::from(ours));
    let mut output = Output::default();
    output.buffer().extend_from_slice(b"head");
    let (mut sent, mut turn) = (0, Turn::default());
    let mut received = Vec::new();
    while sent < LEN {
        turn = if turn.is_over() { Turn::default() } else { turn };
        match output.send_through(&CONTENTS[sent..], &mut ours, &mut turn) {
            // The socket is full, or the turn over.
            0 => drop(theirs.read_to_end(&mut received)),
            more => sent += more,
        }
        assert_eq!((output.buffered_len(), output.taken_len()), (0, 4 + sent as u64));
    }
    // What is slowed down is not sent past what slows it.
    output.limit(Limit::new(1, 0, 0));
    assert_eq!(output.send_through(b"more", &mut ours, &mut Turn::default()), 0);
    drop(ours);
    theirs.set_nonblocking(false).expect("it is a socket");
    theirs.read_to_end(&mut received).expect("all arrives");
    assert!(received.starts_with(b"head") && received[4..] == CONTENTS);
}

/// Fails at once.
#[derive(Debug)]
struct Fails;

impl Produce for Fails {
    fn produce(&mut self, _: &mut Vec<u8>, _: usize) -> io::Result<Produced> {
        Err(io::ErrorKind::OutOfMemory.into())
    }
}

#[test]
fn what_cannot_be_made_is_broken_off_and_said() {
    let (mut ours, _theirs) = pair();
    let mut output = Output::default();
    output.append(Body::Made(Box::new(Fails)), Chunks::Whole);
    output.send(&mut ours, COPYING, &mut Turn::default()).expect_err("it fails");
    let (level, text) = *output.tally().remark.expect("it is said");
    assert_eq!((level, text.as_str()), (Level::Error, "the response is broken off: out of memory"));
}

const COPYING: Copying = Copying { sendfile: true, nopush: true };

/// What arrives of a head and a content.
fn arrived(image: Option<Image>, copying: Copying, content: &'static [u8]) -> Vec<u8> {
    let (mut ours, mut theirs) = pair();
    let reader = thread::spawn(move || {
        let mut all = Vec::new();
        theirs.read_to_end(&mut all).expect("a stream");
        all
    });
    let mut output = Output::new(image.map(|image| &*Box::leak(Box::new(image))));
    output.buffer().extend_from_slice(b"head");
    output.append(Body::Static(content), Chunks::None);
    while output.send(&mut ours, copying, &mut Turn::default()).expect("it is sent")
        == Progress::Blocked
    {}
    drop(ours);
    reader.join().expect("all is read")
}

#[test]
fn all_arrives_however_it_is_sent() {
    let found = || Some(Image::find(&CONTENTS).expect("tests run where /proc is"));
    let with = |file: io::Result<File>| Some(found()?.with_file(file.expect("a file")));
    for start in [0, 1, 4095, 4096] {
        for len in [0, 1, 4096, 5000, LARGE_LEN - 1, LARGE_LEN, LARGE_LEN + 1, LEN - start] {
            let content = &CONTENTS[start..start + len];
            let expected = [b"head", content].concat();
            let head_alone = Copying { nopush: false, ..COPYING };
            let by_memory = Copying { sendfile: false, ..COPYING };
            for (what, image, copying) in [
                ("by sendfile", found(), COPYING),
                ("by sendfile, the head alone", found(), head_alone),
                ("not by sendfile", found(), by_memory),
                ("without a file", None, COPYING),
                ("from a file that has become empty", with(File::open("/dev/null")), COPYING),
                ("from one that gives nothing", with(File::open("/")), COPYING),
            ] {
                assert!(arrived(image, copying, content) == expected, "{start} {len} {what}");
            }
        }
    }
}
