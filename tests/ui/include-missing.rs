sitec_macros::site!("./include-missing.conf");

fn main() {}
