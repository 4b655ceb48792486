//! `syslog:server=…` of `access_log` and `error_log`.

use sitec_runtime::pure::SyslogServer;
use sitec_runtime::site::{Level, ParamKind};

use super::log::LEVELS;
use super::reader::Reader;
use crate::ast::Word;
use crate::diagnostic::Diagnostic;
use crate::ir::{StartPiece, StartText, Syslog};
use crate::value::{Checked, keyword};

/// The facilities, by number (RFC 3164, 4.1.1), as nginx calls them.
const FACILITIES: [(&str, u8); 24] = [
    ("kern", 0),
    ("user", 1),
    ("mail", 2),
    ("daemon", 3),
    ("auth", 4),
    ("intern", 5),
    ("lpr", 6),
    ("news", 7),
    ("uucp", 8),
    ("clock", 9),
    ("authpriv", 10),
    ("ftp", 11),
    ("ntp", 12),
    ("audit", 13),
    ("alert", 14),
    ("cron", 15),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];

/// The longest tag (RFC 3164, 4.1.3).
const MOST_TAG_LEN: usize = 32;

impl Reader<'_> {
    /// The meaning of `syslog:server=ADDRESS[,NAME=VALUE…]`.
    pub(super) fn syslog(&mut self, word: &Word) -> Checked<Syslog> {
        let mut server = None;
        let mut syslog = Syslog {
            server: Vec::new(),
            facility: 23,
            severity: Level::Info,
            tag: "nginx".to_owned(),
            hostname: true,
        };
        let mut start = "syslog:".len();
        for text in word.value[start..].split(|&byte| byte == b',') {
            let one = word.tail(start).front(text.len());
            start += text.len() + 1;
            match (&one.value[..], one.option()) {
                (b"nohostname", _) => syslog.hostname = false,
                (_, Some((b"server", value))) => {
                    if server.is_some() {
                        return Err(wrong(&one, "there is a `server` already"));
                    }
                    server = Some(self.syslog_server(&value)?);
                }
                (_, Some((b"facility", value))) => syslog.facility = keyword(&value, &FACILITIES)?,
                (_, Some((b"severity", value))) => syslog.severity = keyword(&value, LEVELS)?,
                (_, Some((b"tag", value))) => syslog.tag = tag(&value)?,
                _ => {
                    let message = format!("`syslog:` has no parameter `{}`", one.shown());
                    let names = "`server=`, `facility=`, `severity=`, `tag=` and `nohostname`";
                    return Err(Box::new(
                        Diagnostic::error("T25", one.span, message)
                            .help(format!("it has {names}, with commas between them")),
                    ));
                }
            }
        }
        match server {
            Some(server) => Ok(Syslog { server, ..syslog }),
            None => Err(Box::new(
                Diagnostic::error("T25", word.span, "no syslog server is named")
                    .help("write `syslog:server=ADDRESS` or `syslog:server=unix:/dev/log`"),
            )),
        }
    }

    fn syslog_server(&mut self, word: &Word) -> Checked<StartText> {
        let text = self.params.start_text(word, 0, ParamKind::Text)?;
        let known = match &text[..] {
            [] => Some(""),
            [StartPiece::Literal(text)] => Some(&text[..]),
            _ => None,
        };
        if known.is_some_and(|text| SyslogServer::parse(text).is_none()) {
            let message = format!("`{}` is not the address of a syslog server", word.shown());
            return Err(Box::new(
                Diagnostic::error("T07", word.span, message)
                    .help("write `HOST`, `HOST:PORT`, `[ADDRESS]:PORT` or `unix:PATH`"),
            ));
        }
        Ok(text)
    }
}

fn tag(word: &Word) -> Checked<String> {
    if word.value.len() > MOST_TAG_LEN {
        return Err(wrong(word, &format!("a tag has at most {MOST_TAG_LEN} characters")));
    }
    match word.value.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        true => Ok(word.shown()),
        false => Err(wrong(word, "a tag has letters, digits and `_` only")),
    }
}

fn wrong(word: &Word, message: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("T25", word.span, message))
}
