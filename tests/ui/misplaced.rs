sitec_macros::site!("./misplaced.conf");

fn main() {}
