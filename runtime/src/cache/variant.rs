//! What tells answers of one key from each other: the fields of requests that they name in Vary
//! (RFC 9111, 4.1).

use super::freshness::vary;
use super::{Digest, digest};
use crate::exchange::BackendHead;
use crate::http::fields::Fields;
use crate::site::Ignored;

/// What an answer is known by that differs from others of its key by these fields of the request.
pub(super) fn variant(
    hash: super::Hash,
    main: &Digest,
    names: &[u8],
    fields: Fields<'_>,
) -> Digest {
    variant_of(hash, main, names, |name| fields.values(name).map(<[u8]>::to_vec).collect())
}

/// The same; `values` gives those of a field.
pub(super) fn variant_of(
    hash: super::Hash,
    main: &Digest,
    names: &[u8],
    values: impl Fn(&[u8]) -> Vec<Vec<u8>>,
) -> Digest {
    let mut all = main.to_vec();
    for name in names.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
        all.extend_from_slice(&name.to_ascii_lowercase());
        all.push(b':');
        for value in values(name) {
            // How much blank there is makes no difference.
            let words =
                value.split(|byte| matches!(byte, b' ' | b'\t')).filter(|it| !it.is_empty());
            words.for_each(|word| all.extend_from_slice(word));
            all.push(b',');
        }
        all.push(b'\n');
    }
    digest(hash, &[&all])
}

/// The names by which an answer says that it differs from others.
pub(super) fn vary_of(head: &BackendHead, ignored: Ignored) -> Vec<u8> {
    match ignored.have(Ignored::VARY) {
        true => Vec::new(),
        false => vary(&head.fields),
    }
}
