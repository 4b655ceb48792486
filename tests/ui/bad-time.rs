sitec_macros::site!("./bad-time.conf");

fn main() {}
