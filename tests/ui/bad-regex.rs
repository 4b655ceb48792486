sitec_macros::site!("./bad-regex.conf");

fn main() {}
