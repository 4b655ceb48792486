sitec_macros::site!("./root-missing.conf");

fn main() {}
