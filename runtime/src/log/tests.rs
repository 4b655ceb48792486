//! Lines and buffers, in files.

use super::*;
use crate::samples::{Folder, SETTINGS, head, leak, with_variables};
use crate::site::{Settings, Text};

/// A log in a file of its own.
fn log() -> (Folder, PathBuf, Logs) {
    let folder = Folder::new();
    let path = folder.0.join("log");
    let logs = Logs::open(&[LogPlace::File(path.clone())]).unwrap_or_else(|_| panic!("a log"));
    (folder, path, logs)
}

fn read(path: &PathBuf) -> String {
    std::fs::read_to_string(path).expect("the log")
}

fn access_log(buffer_len: usize, flush_ms: u64, condition: Option<Text>) -> AccessLog {
    let format: fn(&Variables<'_>, &mut Vec<u8>) = |variables, out| variables.uri(out);
    AccessLog { log: 0, name: None, format, buffer_len, flush_ms, gzip: None, condition }
}

fn access(logs: &Logs, log: AccessLog, target: &str, monotonic_ms: u64) {
    let settings = leak(Settings { access_logs: leak([log]), ..SETTINGS });
    with_variables(&head(target, ""), settings, &[], |variables| {
        variables.now.monotonic_ms = monotonic_ms;
        logs.access(variables);
    });
}

#[test]
fn a_line_for_each_request_of_a_turn() {
    let (_folder, path, logs) = log();
    access(&logs, access_log(0, 0, None), "/a", 5);
    access(&logs, access_log(0, 0, None), "/b", 5);
    assert_eq!((read(&path).as_str(), logs.next_flush_ms()), ("", Some(5)));
    logs.flush_due(Now { monotonic_ms: 5, unix_ms: 0 });
    assert_eq!((read(&path).as_str(), logs.next_flush_ms()), ("/a\n/b\n", None));
    // What one turn gathers has a bound, and is written in whole lines.
    for _ in 0..GATHERED_LEN / "/c\n".len() + 1 {
        access(&logs, access_log(0, 0, None), "/c", 6);
    }
    assert_eq!(read(&path).len() - "/a\n/b\n".len(), GATHERED_LEN / 3 * 3);
}

#[test]
fn errors_come_behind_the_requests_before_them() {
    let (_folder, path, logs) = log();
    let now = Now { monotonic_ms: 5, unix_ms: 0 };
    access(&logs, access_log(0, 0, None), "/a", 5);
    let log = ErrorLog { log: 0, level: Level::Error };
    let about = (now, &LocalClock::new(now));
    logs.error(&[log], Level::Error, About::Process, about, format_args!("wrong"));
    assert!(read(&path).starts_with("/a\n") && read(&path).ends_with("wrong\n"));
}

#[test]
fn each_error_log_takes_what_its_level_says() {
    let folder = Folder::new();
    let paths = ["all", "some", "none"].map(|name| folder.0.join(name));
    let places = paths.each_ref().map(|path| LogPlace::File(path.clone()));
    let logs = Logs::open(&places).unwrap_or_else(|_| panic!("three logs"));
    let now = Now { monotonic_ms: 5, unix_ms: 0 };
    let clock = LocalClock::new(now);
    // The most talkative one need not come first.
    let all = [
        ErrorLog { log: 1, level: Level::Crit },
        ErrorLog { log: 0, level: Level::Info },
        ErrorLog { log: 2, level: Level::Emerg },
    ];
    for level in [Level::Debug, Level::Info, Level::Error, Level::Crit, Level::Alert] {
        assert_eq!(ErrorLog::any_takes(&all, level), level != Level::Debug);
        logs.error(&all, level, About::Process, (now, &clock), format_args!("wrong"));
    }
    let levels = |path| {
        let level = |line: &str| line.split(['[', ']']).nth(1).map(str::to_owned);
        read(path).lines().filter_map(level).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(paths.each_ref().map(levels), ["info error crit alert", "crit alert", ""]);
    assert!(!ErrorLog::any_takes(&[], Level::Emerg));
}

#[test]
fn a_condition_decides() {
    let (_folder, path, logs) = log();
    let condition = || {
        Some(Text::Computed(|variables, out| {
            variables.args(out);
        }))
    };
    for target in ["/none", "/zero?0", "/one?1", "/double-zero?00"] {
        access(&logs, access_log(0, 0, condition()), target, 0);
    }
    logs.flush();
    assert_eq!(read(&path), "/one\n/double-zero\n");
}

#[test]
fn lines_are_held_back_and_written_whole() {
    let (_folder, path, logs) = log();
    for (target, written) in
        [("/1", ""), ("/2", ""), ("/3", "/1\n/2\n"), ("/long-one", "/1\n/2\n/3\n/long-one\n")]
    {
        access(&logs, access_log(8, 0, None), target, 0);
        assert_eq!(read(&path), written);
    }
    access(&logs, access_log(8, 0, None), "/4", 0);
    assert_eq!(logs.next_flush_ms(), None);
    drop(logs);
    assert!(read(&path).ends_with("/4\n"));
}

#[test]
fn a_buffer_is_written_in_time() {
    let (_folder, path, logs) = log();
    access(&logs, access_log(100, 50, None), "/1", 1000);
    access(&logs, access_log(100, 50, None), "/2", 1020);
    assert_eq!(logs.next_flush_ms(), Some(1050));
    logs.flush_due(Now { monotonic_ms: 1049, unix_ms: 0 });
    assert_eq!(read(&path), "");
    logs.flush_due(Now { monotonic_ms: 1050, unix_ms: 0 });
    assert_eq!((read(&path).as_str(), logs.next_flush_ms()), ("/1\n/2\n", None));
}

#[test]
fn a_log_is_opened_again_when_asked() {
    let (folder, path, logs) = log();
    let worker = logs.for_worker();
    access(&worker, access_log(100, 0, None), "/1", 0);
    let old = folder.0.join("old");
    std::fs::rename(&path, &old).expect("renamed");
    ask_to_reopen();
    worker.follow_reopening();
    access(&worker, access_log(0, 0, None), "/2", 0);
    worker.flush();
    assert_eq!((read(&old).as_str(), read(&path).as_str()), ("/1\n", "/2\n"));
    std::fs::remove_dir_all(&folder.0).expect("removed");
    ask_to_reopen();
    worker.follow_reopening();
    access(&worker, access_log(0, 0, None), "/3", 0);
    worker.flush();
}

#[test]
fn a_log_that_cannot_be_opened_is_named() {
    let path = PathBuf::from("/nonexistent/log");
    let mut errors = Logs::open(&[LogPlace::File(path.clone())]).err().expect("an error");
    let (named, error) = errors.pop().expect("one for the file");
    assert_eq!((named, error.kind()), (path, io::ErrorKind::NotFound));
}

#[test]
fn a_text_may_mean_a_stream_or_nothing() {
    for (text, expected) in [
        ("stderr", LogPlace::Stderr),
        ("/dev/stdout", LogPlace::Stdout),
        ("off", LogPlace::Off),
        ("logs/off", LogPlace::File("/site/logs/off".into())),
    ] {
        let path = PathBuf::from("/site").join(text);
        assert_eq!(LogPlace::of(text, path), expected, "{text}");
    }
    assert!(Logs::open(&[LogPlace::Off]).is_ok());
}

#[test]
fn lines_of_the_error_log() {
    let (_folder, path, logs) = log();
    let now = Now { monotonic_ms: 0, unix_ms: 0 };
    let clock = LocalClock::new(now);
    let error = |level, about: About<'_>, message: &str| {
        let log = ErrorLog { log: 0, level: Level::Warn };
        logs.error(&[log], level, about, (now, &clock), format_args!("{message}"));
    };
    error(Level::Info, About::Process, "not written");
    error(Level::Alert, About::Process, "all\nof it");
    let head = head("/%22", "Referer: r\"\r\n");
    with_variables(&head, &SETTINGS, &[], |variables| {
        error(Level::Error, About::Request(variables), "no");
    });
    error(Level::Emerg, About::Process, &"x".repeat(5000));
    let text = read(&path);
    let lines: Vec<&str> = text.lines().collect();
    let ids = format!("{}#{}: ", std::process::id(), identity::thread_id());
    let stamp_len = "1970/01/01 00:00:00".len();
    let rest: Vec<&str> = lines[..2].iter().map(|line| &line[stamp_len..]).collect();
    assert_eq!(rest[0], format!(" [alert] {ids}all of it"));
    let about = "*7 no, client: 192.0.2.1, server: example.org, \
        request: \"GET /%22 HTTP/1.1\", host: \"a\", referrer: \"r\\x22\"";
    assert_eq!(rest[1], format!(" [error] {ids}{about}"));
    assert_eq!((lines.len(), lines[2].len() + 1), (3, MAX_ERROR_LEN));
}
