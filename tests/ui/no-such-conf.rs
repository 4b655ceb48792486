sitec_macros::site!("./not-there.conf");

fn main() {}
