sitec_macros::site!("./unclosed-block.conf");

fn main() {}
