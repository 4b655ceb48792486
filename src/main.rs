//! One web server for one site. Everything that it is made of is in `sitec_runtime`; what it
//! does is in the generated `site`.

use std::process::ExitCode;

/// What the compiler made of the conf.
mod site {
    include!(concat!(env!("OUT_DIR"), "/site.rs"));
}

fn main() -> ExitCode {
    sitec_runtime::main::<site::Conf>(env!("SITE_PREFIX"))
}
