sitec_macros::site!("./proxy-uri.conf");

fn main() {}
