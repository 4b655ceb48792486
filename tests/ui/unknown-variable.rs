sitec_macros::site!("./unknown-variable.conf");

fn main() {}
