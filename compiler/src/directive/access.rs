//! Rows that say who may come in.

use super::Context::{Http, LimitExcept, Location, Server};
use super::{Context, Group, MANY, block, simple};

/// Where rules may stand.
const RULES: &[Context] = &[Http, Server, Location, LimitExcept];

pub(super) const GROUP: Group = Group {
    title: "Access",
    about: "Rules are tried in the order of the conf, and the first that a client's address fits \
            decides; where none does, the client may come in. Who may not gets 403. `return` \
            answers before the rules are looked at.",
    about_files: false,
    rows: &[
        simple("allow", RULES, (1, 1), "ADDRESS | NETWORK/BITS | unix: | all")
            .inherits_all("")
            .doc(
                "Lets clients in: one address, a network, those that come through a socket in the \
                 file system, or all. A context with an `allow` or a `deny` of its own inherits \
                 neither.",
            ),
        simple("deny", RULES, (1, 1), "ADDRESS | NETWORK/BITS | unix: | all").inherits_all("").doc(
            "Keeps clients out. Where there are rules about IPv4, an IPv6 address that stands for \
             an IPv4 one is judged by them.",
        ),
        block("limit_except", &[Location], (1, MANY), LimitExcept, "METHOD…")
            .doc(
                "Rules for every method that is not named; GET stands for HEAD too. They hold in \
                 the place of the location's own, and before its `return`. Locations within this \
                 one do not have them.",
            )
            .differs(
                "A method that the rules let in meets the location's `return` like any other; \
                 nginx leaves `return` out then.",
            ),
    ],
};
