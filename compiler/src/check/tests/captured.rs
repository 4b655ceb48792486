//! Groups of regexes, in whatever directive they stand.

use super::{compiled, site};
use crate::directive::{self, Context, Form};

/// Words that may stand beside a group.
const OTHERS: [&str; 6] = ["404", "X-Field", "on", "/srv/log", "combined", ".sh"];
/// Words with a group.
const GROUPS: [&str; 4] = ["$1", "/$1", "/srv/$1", "from=/srv/$1"];

/// All lists of so many words of which one has a group.
fn parameters(count: usize) -> Vec<String> {
    let mut lists = Vec::new();
    for at in 0..count {
        for group in GROUPS {
            let others = OTHERS.len().pow(count as u32 - 1);
            for mut number in 0..others {
                let word = |index: usize| {
                    if index == at {
                        return group;
                    }
                    let other = OTHERS[number % OTHERS.len()];
                    number /= OTHERS.len();
                    other
                };
                lists.push((0..count).map(word).collect::<Vec<_>>().join(" "));
            }
        }
    }
    lists
}

/// A conf in which this line stands in a regex location.
fn conf(line: &str) -> String {
    format!("server {{ listen 80; root /srv/www; location ~ ^/(x) {{ {line} }} }}")
}

/// Whether the groups of a location's regex are used: that is what the text of the whole site
/// says, without a look at how captures are found to be used.
#[test]
fn groups_are_found_in_every_directive_that_takes_values() {
    let mut found = Vec::new();
    let in_location = |row: &&directive::Directive| {
        row.form == Form::Simple && row.contexts.contains(&Context::Location)
    };
    for row in directive::all().filter(in_location) {
        let (least, most) = row.args;
        let counts = least.max(1)..=most.min(2);
        let lines = counts.flat_map(parameters).map(|words| format!("{} {words};", row.name));
        for line in lines {
            let Some(site) = compiled(&conf(&line)).site else { continue };
            let text = format!("{:?} {:?}", site.locations, site.settings);
            if !text.contains("Capture(1)") {
                continue;
            }
            assert!(site.locations.iter().any(|location| !location.patterns.is_empty()), "{line}");
            if !found.contains(&row.name) {
                found.push(row.name);
            }
        }
    }
    found.sort_unstable();
    let expected = [
        "access_log",
        "add_header",
        "add_trailer",
        "alias",
        "charset",
        "disable_symlinks",
        "early_hints",
        "error_page",
        "expires",
        "index",
        "limit_rate",
        "limit_rate_after",
        "return",
        "root",
        "source_charset",
        "sub_filter",
        "try_files",
    ];
    assert_eq!(found, expected, "a directive takes values, or takes none any more");
}

#[test]
fn groups_are_found_in_logs_and_script_variables() {
    for conf in [
        r#"log_format f "$1"; server { location ~ ^/(x) { access_log /srv/log f; } }"#,
        r#"log_format f "$n"; server { location ~ ^/(?<n>x) { access_log /srv/log f; } }"#,
        r#"server { location ~ ^/(x) { access_log /srv/log combined if=$1; } }"#,
        r#"server { location ~ ^/(x) { cgi_pass /usr/bin/perl; cgi_param NAME $1; } }"#,
    ] {
        let site = compiled(conf).site.expect(conf);
        assert!(site.locations.iter().any(|location| !location.patterns.is_empty()), "{conf}");
    }
}

/// A regex is not run again where no value asks for its groups.
#[test]
fn groups_of_others_are_not_looked_for() {
    let site = site(
        "server { listen 80; root www; server_name ~^(?<n>a)$ ~^(b)$;
           location ~ ^/(?<m>one)/ { location ~ (?<k>k)$ { return 200 $m$k; } return 200 $m; }
           location ~ ^/two/(.*)$ { return 200 $1; }
           location ~ ^/three/(?<m>.*)$ { return 200 x; }
           location /four { return 200 $n; } }",
    );
    let scope = &site.servers[0].scope.regex;
    let count = |id: u32| site.locations[id as usize].patterns.len();
    assert_eq!(count(scope[0].location), 1, "its own");
    assert_eq!(count(scope[0].nested.regex[0].location), 2, "the outer one's, and its own");
    assert_eq!(count(scope[1].location), 1, "its own");
    assert_eq!(count(scope[2].location), 0, "whoever asks for `$m` has one of that name");
    let used: Vec<_> =
        site.listens[0].names.regex.iter().map(|regex| regex.captures_used).collect();
    assert_eq!(used, [true, false], "`$1` is never the host's");
}
