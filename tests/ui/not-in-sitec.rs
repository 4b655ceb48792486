sitec_macros::site!("./not-in-sitec.conf");

fn main() {}
