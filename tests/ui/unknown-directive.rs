sitec_macros::site!("./unknown-directive.conf");

fn main() {}
