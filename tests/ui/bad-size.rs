sitec_macros::site!("./bad-size.conf");

fn main() {}
