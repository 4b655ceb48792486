//! Who may come in, by a password.

use super::{Check, Entry, Group, error};

pub(super) const GROUP: Group = Group { title: "Passwords", checks: CHECKS };

const CHECKS: &[Check] = &[
    error(
        "A01",
        "password-file",
        "A file of users cannot be what is meant: it is not there, a line of it says nothing, or its \
         form of passwords is not known or broken. A warning, where the file is outside of the site's \
         folder, so that the machine that serves may have another one; where there are no users; and \
         where a password stands in the file as it is.",
        "server {\n    listen 8080;\n    root www;\n    auth_basic Members;\n    auth_basic_user_file ⟪users⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    auth_basic Members;\n    auth_basic_user_file members;\n}",
    )
    .among(&[
        Entry::File("users", "jane:secret\n"),
        Entry::File("members", "jane:$apr1$gllgMHjU$JRiomGeG9gpexBGYPLXl5/\n"),
    ]),
    error(
        "A02",
        "auth-without-users",
        "`auth_basic` stands where no `auth_basic_user_file` says whose the password may be. nginx \
         asks nobody then, and serves to everyone.",
        "server {\n    listen 8080;\n    root www;\n    ⟪auth_basic Members⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    auth_basic Members;\n    auth_basic_user_file members;\n}",
    )
    .among(&[Entry::File("members", "jane:$apr1$gllgMHjU$JRiomGeG9gpexBGYPLXl5/\n")]),
];
