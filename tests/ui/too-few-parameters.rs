sitec_macros::site!("./too-few-parameters.conf");

fn main() {}
