sitec_macros::site!("./unterminated-quote.conf");

fn main() {}
