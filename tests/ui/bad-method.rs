sitec_macros::site!("./bad-method.conf");

fn main() {}
