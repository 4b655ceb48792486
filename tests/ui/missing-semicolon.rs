sitec_macros::site!("./missing-semicolon.conf");

fn main() {}
