sitec_macros::site!("./expect-fails.conf");

fn main() {}
