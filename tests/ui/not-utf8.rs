sitec_macros::site!("./not-utf8.conf");

fn main() {}
