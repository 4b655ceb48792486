sitec_macros::site!("./bad-status.conf");

fn main() {}
