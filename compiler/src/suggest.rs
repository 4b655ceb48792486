//! "Did you mean": the name most like one that nobody knows.

/// The candidate that `name` was most likely meant to be, if any is near enough: the fewest
/// letters to change, add, drop or swap, at most a third of them. The first of equals.
pub(crate) fn closest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let name = name.to_lowercase();
    let sorted = sorted_parts(&name);
    nearest(candidates, |candidate| {
        let candidate = candidate.to_lowercase();
        let reordered = sorted.len() > 1 && sorted == sorted_parts(&candidate);
        if reordered { Some(1) } else { likeness(&name, &candidate) }
    })
}

/// The same for names of files: what stands before the extension must be alike, too.
pub(crate) fn closest_file<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let name = name.to_lowercase();
    let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
    nearest(candidates, |candidate| {
        let candidate = candidate.to_lowercase();
        likeness(&stem(&name), &stem(&candidate)).and_then(|_| likeness(&name, &candidate))
    })
}

/// The first of the candidates that are the fewest letters away.
fn nearest<'a>(
    candidates: impl IntoIterator<Item = &'a str>,
    distance: impl Fn(&str) -> Option<usize>,
) -> Option<&'a str> {
    let ranked = candidates.into_iter().filter_map(|name| Some((distance(name)?, name)));
    ranked.min_by_key(|&(distance, _)| distance).map(|(_, name)| name)
}

/// How far two names are apart, if that is near: at most a third of the letters differ, and at
/// least one does not.
fn likeness(name: &str, candidate: &str) -> Option<usize> {
    let (len, other) = (name.chars().count(), candidate.chars().count());
    distance(name, candidate, len.max(3) / 3).filter(|&distance| distance < len.min(other).max(1))
}

/// The parts of `max_body_size`, sorted.
fn sorted_parts(name: &str) -> Vec<&str> {
    let mut parts: Vec<_> = name.split(['_', '-']).collect();
    parts.sort_unstable();
    parts
}

/// How many letters must be changed, added, dropped or swapped with their neighbour to get
/// from `a` to `b`; `None` if more than `limit`.
fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    let (a, b): (Vec<_>, Vec<_>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let replaced = last[j] + usize::from(a[i] != b[j]);
            let mut cost = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                cost = cost.min(before_last[j - 1] + 1);
            }
            row.push(cost);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    Some(last[b.len()]).filter(|&distance| distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered() {
        let names = ["listen", "location", "root", "server_name", "client_max_body_size", "gzip"];
        for (name, expected) in [
            ("lisen", Some("listen")),
            ("lsiten", Some("listen")),
            ("Listen", Some("listen")),
            ("locaton", Some("location")),
            ("rot", Some("root")),
            ("orot", Some("root")),
            ("server-name", Some("server_name")),
            ("name_server", Some("server_name")),
            ("max_client_body_size", Some("client_max_body_size")),
            ("xyz", None),
            ("", None),
            ("proxy_pass", None),
        ] {
            assert_eq!(closest(name, names), expected, "{name}");
        }
        assert_eq!(closest("b", ["a", "ab", "c"]), None);
    }

    #[test]
    fn files_are_alike_without_their_extensions() {
        let names = ["a.html", "404.html", "index.htm", "x"];
        for (name, expected) in [
            ("40.html", Some("404.html")),
            ("index.html", Some("index.htm")),
            ("A.html", Some("a.html")),
            ("b.html", None),
            ("aa.html", None),
            ("y", None),
        ] {
            assert_eq!(closest_file(name, names), expected, "{name}");
        }
    }
}
