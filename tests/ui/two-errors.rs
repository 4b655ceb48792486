sitec_macros::site!("./two-errors.conf");

fn main() {}
