//! `userid`: numbers that clients are known by, made and written as nginx does.
//!
//! A number is four words of 32 bits, which logs show as this machine reads them.

use std::net::IpAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use super::{Variables, find_cookie};
use crate::escape::Escaped;
use crate::http::credentials::decode_base64;
use crate::http::date;
use crate::site::{Level, Once, UserId, UserIdExpires, UserIdForm};

/// How many digits of a cookie's value are the number. What follows them is a mark, or anything.
const DIGITS: usize = 22;
/// A number, in bytes.
const LEN: usize = 16;
/// The day that `userid_expires max` stands for.
const LAST_DAY: &[u8] = b"Thu, 31-Dec-37 23:55:55 GMT";

/// What a client is told that has sent none, or one that is to be written anew.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Given {
    /// Nothing: it has a number.
    Nothing,
    /// A new number.
    New([u8; LEN]),
    /// Its own, with the mark.
    Marked([u8; LEN]),
}

impl Variables<'_> {
    /// `$uid_got`: the number that the client has sent.
    pub fn uid_got(&self, out: &mut Vec<u8>) -> bool {
        let Some(userid) = self.settings.userid else { return false };
        match self.uid(userid) {
            Some(uid) if has_sequence(&uid) => write_uid(userid, &uid, out),
            _ => false,
        }
    }

    /// `$uid_set`: the number that it is told.
    pub fn uid_set(&self, out: &mut Vec<u8>) -> bool {
        let Some(userid) = self.settings.userid else { return false };
        match self.given(userid) {
            Given::New(uid) | Given::Marked(uid) => write_uid(userid, &uid, out),
            Given::Nothing => false,
        }
    }

    /// The Set-Cookie field of `userid`.
    pub fn userid_cookie(&self, out: &mut Vec<u8>) -> bool {
        let Some(userid) = self.settings.userid else { return false };
        let start = out.len();
        match self.given(userid) {
            Given::Nothing => return false,
            Given::New(uid) => {
                out.extend([userid.name, b"="].concat());
                write_base64(&uid, out);
                out.extend(userid.mark);
                out.extend_from_slice(if userid.mark.is_some() { b"=" } else { b"==" });
            }
            Given::Marked(_) => {
                out.extend([userid.name, b"="].concat());
                out.extend_from_slice(&self.userid_sent(userid).unwrap_or_default()[..DIGITS]);
                out.extend(userid.mark);
                out.push(b'=');
            }
        }
        match userid.expires {
            UserIdExpires::Off => {}
            UserIdExpires::Max => out.extend([b"; expires=", LAST_DAY].concat()),
            UserIdExpires::After(seconds) => {
                out.extend_from_slice(b"; expires=");
                write_date(self.now.unix_s().saturating_add_unsigned(seconds), out);
            }
        }
        out.extend_from_slice(userid.attributes);
        debug_assert!(out.len() > start);
        true
    }

    /// The P3P field that goes with it.
    pub fn userid_p3p(&self, out: &mut Vec<u8>) -> bool {
        let userid = self.settings.userid.filter(|userid| !userid.p3p.is_empty());
        let Some(userid) = userid.filter(|it| self.given(it) != Given::Nothing) else {
            return false;
        };
        out.extend_from_slice(userid.p3p);
        true
    }

    /// The cookie that the client has sent.
    fn userid_sent(&self, userid: &UserId) -> Option<&[u8]> {
        let mut lines = self.head.fields().values(b"cookie");
        lines.find_map(|line| find_cookie(line, userid.name)).filter(|it| it.len() >= DIGITS)
    }

    /// The number that the client has sent, as far as its cookie is one.
    fn uid(&self, userid: &UserId) -> Option<[u8; LEN]> {
        let mut known = Vec::new();
        self.memo.write(Once::UserIdGot, &mut known, |known| {
            let lines = self.head.fields().values(b"cookie");
            let mut sent = lines.filter_map(|line| Some((line, find_cookie(line, userid.name)?)));
            match sent.next().map(|(line, sent)| (line, read_uid(sent))) {
                None => {}
                Some((_, Ok(uid))) => known.extend(uid),
                Some((line, Err(what))) => {
                    let text =
                        format_args!("client sent {what} userid cookie \"{}\"", Escaped(line));
                    self.tell(Level::Error, text);
                }
            }
        });
        known.try_into().ok()
    }

    /// What the client is told, settled once for a request.
    fn given(&self, userid: &UserId) -> Given {
        let mut known = Vec::new();
        self.memo.write(Once::UserIdSet, &mut known, |known| match self.give(userid) {
            Given::Nothing => {}
            Given::New(uid) => known.extend(uid),
            Given::Marked(uid) => known.extend(uid.into_iter().chain([0])),
        });
        match <[u8; LEN]>::try_from(&known[..known.len().min(LEN)]) {
            Err(_) => Given::Nothing,
            Ok(uid) if known.len() == LEN => Given::New(uid),
            Ok(uid) => Given::Marked(uid),
        }
    }

    fn give(&self, userid: &UserId) -> Given {
        if userid.form == UserIdForm::Log {
            return Given::Nothing;
        }
        if let Some(uid) = self.uid(userid).filter(has_sequence) {
            let mut reset = Vec::new();
            userid.reset.write(self, &mut reset);
            match (&reset[..], userid.mark) {
                (b"" | b"0", None) => return Given::Nothing,
                (b"" | b"0", Some(mark)) => {
                    let sent = self.userid_sent(userid).unwrap_or_default();
                    let is_marked = sent.get(DIGITS..DIGITS + 2) == Some(&[mark, b'=']);
                    return if is_marked { Given::Nothing } else { Given::Marked(uid) };
                }
                (b"log", _) => {
                    let mut shown = Vec::new();
                    write_uid(userid, &uid, &mut shown);
                    let text = format_args!("userid cookie \"{}\" was reset", Escaped(&shown));
                    self.tell(Level::Notice, text);
                }
                _ => {}
            }
        }
        let words = match userid.form {
            UserIdForm::Log | UserIdForm::V1 => [
                userid.service.unwrap_or(0).to_ne_bytes(),
                (self.now.unix_s() as u32).to_ne_bytes(),
                process_number().to_ne_bytes(),
                next(&V1, 1).to_ne_bytes(),
            ],
            UserIdForm::V2 => [
                userid.service.map_or_else(|| self.own_address(), u32::to_be_bytes),
                (self.now.unix_s() as u32).to_be_bytes(),
                process_number().to_be_bytes(),
                next(&V2, FIRST_V2).to_be_bytes(),
            ],
        };
        let mut uid = [0; LEN];
        uid.copy_from_slice(words.as_flattened());
        Given::New(uid)
    }

    /// What names this server where the conf gives it no number: its address, or the end of it.
    fn own_address(&self) -> [u8; 4] {
        match self.connection.local().address().map(|address| address.ip()) {
            Some(IpAddr::V4(ip)) => ip.octets(),
            Some(IpAddr::V6(ip)) => {
                let [.., a, b, c, d] = ip.octets();
                [a, b, c, d]
            }
            None => [0; 4],
        }
    }

    /// Writes to the request's error log.
    fn tell(&self, level: Level, text: std::fmt::Arguments<'_>) {
        if let Some(log) = self.report {
            log.report(level, self, text);
        }
    }
}

/// The number in the value of a cookie. The error is a word for what that is.
pub fn read_uid(cookie: &[u8]) -> Result<[u8; LEN], &'static str> {
    let digits = cookie.get(..DIGITS).ok_or("too short")?;
    let decoded = decode_base64(digits).ok_or("invalid")?;
    let mut uid = [0; LEN];
    // One that is cut short has zeros in the place of the rest, and counts for none.
    uid[..decoded.len()].copy_from_slice(&decoded);
    Ok(uid)
}

/// Whether a number is one: its last word is never 0.
pub fn has_sequence(uid: &[u8; LEN]) -> bool {
    uid[LEN - 4..] != [0; 4]
}

/// Appends `NAME=` and the words of a number, as this machine reads them.
fn write_uid(userid: &UserId, uid: &[u8; LEN], out: &mut Vec<u8>) -> bool {
    out.extend([userid.name, b"="].concat());
    for word in uid.as_chunks::<4>().0 {
        out.extend_from_slice(format!("{:08X}", u32::from_ne_bytes(*word)).as_bytes());
    }
    true
}

/// Appends a number in Base64 (RFC 4648, 4), without its padding.
fn write_base64(uid: &[u8; LEN], out: &mut Vec<u8>) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = u128::from_be_bytes(*uid);
    // Six bits each, from the front; the last digit has two.
    for digit in 0..21 {
        out.push(ALPHABET[(bits >> (122 - 6 * digit) & 63) as usize]);
    }
    out.push(ALPHABET[(bits << 4 & 63) as usize]);
}

/// Appends a time as cookies had it: `Thu, 31-Dec-37 23:55:55 GMT`, and with four digits of the year past
/// that.
fn write_date(unix_s: i64, out: &mut Vec<u8>) {
    let date = date::format(unix_s);
    let is_short = date[12..16] <= b"2037"[..];
    let year = if is_short { &date[14..16] } else { &date[12..16] };
    out.extend([&date[..7], b"-", &date[8..11], b"-", year, &date[16..]].concat());
}

/// The first of the second form's numbers.
const FIRST_V2: u32 = 0x0303_0302;

static V1: AtomicU32 = AtomicU32::new(1);
static V2: AtomicU32 = AtomicU32::new(FIRST_V2);

/// The next of a row of numbers, which begins at `first` again once it is through.
fn next(row: &AtomicU32, first: u32) -> u32 {
    let following = |now: u32| now.checked_add(0x100).filter(|&next| next >= first).or(Some(first));
    row.fetch_update(Ordering::Relaxed, Ordering::Relaxed, following).unwrap_or(first)
}

/// What tells processes apart: the time at which this one first asked, in 20 µs, and its number.
fn process_number() -> u32 {
    static NUMBER: OnceLock<u32> = OnceLock::new();
    *NUMBER.get_or_init(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        (since.subsec_micros() / 20) << 16 | std::process::id() & 0xffff
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_read_as_nginx_reads_them() {
        let uid = *b"\x7f\0\0\x01\x6a\x1f\x2b\x3c\x12\x34\x56\x78\x03\x03\x03\x02";
        let mut digits = Vec::new();
        write_base64(&uid, &mut digits);
        assert_eq!(String::from_utf8_lossy(&digits), "fwAAAWofKzwSNFZ4AwMDAg");
        for (cookie, expected) in [
            (&b"fwAAAWofKzwSNFZ4AwMDAg=="[..], Ok(uid)),
            (b"fwAAAWofKzwSNFZ4AwMDAgx=garbage", Ok(uid)),
            (b"fwAAAWofKzwSNFZ4AwMDA", Err("too short")),
            (b"fwAAAWofKzwSNFZ4AwMD!g", Err("invalid")),
            (b"", Err("too short")),
        ] {
            assert_eq!(read_uid(cookie), expected, "{}", cookie.escape_ascii());
        }
        assert!(has_sequence(&uid));
        let cut = read_uid(b"fwAAAWofKzwSNFZ4=wMDAg").unwrap();
        assert!(!has_sequence(&cut) && cut[..12] == uid[..12]);
    }

    #[test]
    fn rows_begin_again() {
        let row = AtomicU32::new(0xffff_ff02);
        assert_eq!(next(&row, FIRST_V2), 0xffff_ff02);
        assert_eq!(next(&row, FIRST_V2), FIRST_V2);
        assert_eq!(next(&row, FIRST_V2), FIRST_V2 + 0x100);
    }

    #[test]
    fn dates_have_the_year_in_short() {
        for (unix_s, expected) in [
            (784_111_777, "Sun, 06-Nov-94 08:49:37 GMT"),
            (2_145_916_555, "Thu, 31-Dec-37 23:55:55 GMT"),
            (2_145_916_800, "Fri, 01-Jan-2038 00:00:00 GMT"),
        ] {
            let mut out = Vec::new();
            write_date(unix_s, &mut out);
            assert_eq!(String::from_utf8_lossy(&out), expected);
        }
    }
}
