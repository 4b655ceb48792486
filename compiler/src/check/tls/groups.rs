//! `ssl_ecdh_curve`: the groups that keys are exchanged in.

use sitec_runtime::site::Group;

use crate::ast::Word;
use crate::diagnostic::Diagnostic;
use crate::suggest::closest;
use crate::value::Checked;

/// Groups of OpenSSL that rustls has not, in lower case.
const LACKING: &str = "\
    brainpoolp256r1 brainpoolp256r1tls13 brainpoolp384r1 brainpoolp384r1tls13 brainpoolp512r1 \
    brainpoolp512r1tls13 ffdhe2048 ffdhe3072 ffdhe4096 ffdhe6144 ffdhe8192 mlkem1024 mlkem512 \
    mlkem768 p-192 p-224 p-521 prime192v1 secp160k1 secp160r1 secp160r2 secp192k1 secp224k1 \
    secp224r1 secp256k1 secp256r1mlkem768 secp384r1mlkem1024 secp521r1 sect163k1 sect163r1 \
    sect163r2 sect193r1 sect193r2 sect233k1 sect233r1 sect239k1 sect283k1 sect283r1 sect409k1 \
    sect409r1 sect571k1 sect571r1 x25519kyber768draft00 x448";

/// The groups of `auto`, or of names with `:` between. Those that are not there are left out.
pub(super) fn groups(word: &Word) -> Checked<Vec<Group>> {
    if word.value == b"auto" {
        return Ok(Group::ALL.to_vec());
    }
    let mut groups = Vec::new();
    let mut start = 0;
    // A slash stands between what is tried together.
    for text in word.value.split(|byte| b":/".contains(byte)) {
        let name = word.tail(start).front(text.len());
        start += text.len() + 1;
        // `?` takes a name that nobody knows, and `*` has nothing to do with which there are.
        let bare = name.shown().trim_start_matches(['?', '*']).to_ascii_lowercase();
        match known(&bare) {
            Some(group) if groups.contains(&group) => {}
            Some(group) => groups.push(group),
            None if LACKING.split_ascii_whitespace().any(|lacking| lacking == bare) => {}
            None if name.value.starts_with(b"?") => {}
            None => return Err(unknown(&name)),
        }
    }
    match groups.is_empty() {
        false => Ok(groups),
        true => Err(Box::new(
            Diagnostic::error("S04", word.span, "none of these groups is there")
                .help(format!("leave the line out, or write `{}`", names().join(":")))
                .note("rustls has these and no others"),
        )),
    }
}

fn known(name: &str) -> Option<Group> {
    let is = |group: &&Group| group.names().iter().any(|it| it.eq_ignore_ascii_case(name));
    Group::ALL.iter().find(is).copied()
}

fn names() -> Vec<&'static str> {
    Group::ALL.iter().map(|group| group.names()[0]).collect()
}

fn unknown(name: &Word) -> Box<Diagnostic> {
    let message = format!("there is no group `{}`", name.shown());
    let diagnostic = Diagnostic::error("T25", name.span, message);
    let all = Group::ALL.iter().flat_map(|group| group.names()).copied();
    Box::new(match closest(&name.shown(), all) {
        Some(meant) => diagnostic.patch(format!("did you mean `{meant}`?"), name.span, meant),
        None => diagnostic.help(format!("there are `{}`", names().join(":"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{outcome, word};

    #[test]
    fn lists() {
        use Group::*;
        for (text, expected) in [
            ("auto", Ok(Group::ALL.to_vec())),
            ("X25519:prime256v1", Ok(vec![X25519, Secp256r1])),
            ("secp384r1", Ok(vec![Secp384r1])),
            ("P-384:P-256:secp256r1", Ok(vec![Secp384r1, Secp256r1])),
            ("X25519MLKEM768:X25519:secp521r1", Ok(vec![X25519MlKem768, X25519])),
            ("?nobodys:*x25519/P-256", Ok(vec![X25519, Secp256r1])),
            (
                "secp521r1",
                Err("S04 0..9 none of these groups is there [leave the line out, or write \
                     `X25519MLKEM768:X25519:prime256v1:secp384r1`]"),
            ),
            (
                "X25519:secp384r2",
                Err("T25 7..16 there is no group `secp384r2` [did you mean `secp384r1`?]"),
            ),
            (
                "AUTO",
                Err("T25 0..4 there is no group `AUTO` \
                     [there are `X25519MLKEM768:X25519:prime256v1:secp384r1`]"),
            ),
        ] {
            assert_eq!(outcome(groups(&word(text))), expected.map_err(str::to_owned), "{text}");
        }
    }
}
