sitec_macros::site!("./duplicate.conf");

fn main() {}
