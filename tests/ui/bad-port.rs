sitec_macros::site!("./bad-port.conf");

fn main() {}
