//! Large confs.

use std::fmt::Write;
use std::fs;
use std::time::Duration;

use super::site;

/// The time that this thread has had a CPU for, by the kernel's ticks, of which a second has 100.
fn cpu_time() -> Duration {
    let stat = fs::read_to_string("/proc/thread-self/stat").expect("/proc");
    let (_, fields) = stat.rsplit_once(") ").expect("the name");
    // In user and in kernel mode: the fields 14 and 15 (proc_pid_stat(5)); the third comes first.
    let ticks =
        fields.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("ticks"));
    Duration::from_millis(10 * ticks.sum::<u64>())
}

#[test]
fn ten_thousand_locations_take_a_moment() {
    let mut conf = "server { listen 80; root www; error_page 404 /404.html;\n".to_owned();
    for i in 0..10_000 {
        let etag = if i % 2 == 0 { "on" } else { "off" };
        let _ = writeln!(conf, "location /a{i}/b {{ index i{i}.html; etag {etag}; }}");
    }
    conf.push('}');
    let before = cpu_time();
    let site = site(&conf);
    assert_eq!(site.locations.len(), 10_001);
    // Without optimisation: quadratic work would take minutes.
    let taken = cpu_time() - before;
    assert!(taken > Duration::ZERO && taken < Duration::from_secs(20), "{taken:?}");
}
