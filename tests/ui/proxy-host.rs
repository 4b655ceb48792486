sitec_macros::site!("./proxy-host.conf");

fn main() {}
