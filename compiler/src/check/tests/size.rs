//! Large confs.

use std::fmt::Write;
use std::time::{Duration, Instant};

use super::site;

#[test]
fn ten_thousand_locations_take_a_moment() {
    let mut conf = "server { listen 80; root www; error_page 404 /404.html;\n".to_owned();
    for i in 0..10_000 {
        let etag = if i % 2 == 0 { "on" } else { "off" };
        let _ = writeln!(conf, "location /a{i}/b {{ index i{i}.html; etag {etag}; }}");
    }
    conf.push('}');
    let start = Instant::now();
    let site = site(&conf);
    assert_eq!(site.locations.len(), 10_001);
    // Without optimisation, on a busy machine: quadratic work would take minutes.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}
