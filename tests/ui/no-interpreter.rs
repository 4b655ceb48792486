sitec_macros::site!("./no-interpreter.conf");

fn main() {}
