//! `sitec`, the command line of the site compiler. One module for each command; they share
//! how a conf is read and shown ([`conf`]) and how a binary is built ([`package`]).

mod build;
mod carried;
mod check;
mod conf;
mod explain;
mod new;
mod output;
mod package;
mod progress;
mod route;
mod run;

use std::process::ExitCode;

use clap::Parser;

/// The site compiler: an nginx-like site.conf goes in, one web server binary comes out.
#[derive(Parser)]
#[command(name = "sitec", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Build(build::Options),
    Run(run::Options),
    Check(check::Options),
    Explain(explain::Options),
    Route(route::Options),
    New(new::Options),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Build(options) => build::build(&options),
        Command::Run(options) => run::run(&options),
        Command::Check(options) => check::check(&options),
        Command::Explain(options) => explain::explain(&options),
        Command::Route(options) => route::route(&options),
        Command::New(options) => new::new(&options),
    };
    result.unwrap_or_else(|failure| {
        eprintln!("error: {failure}");
        ExitCode::FAILURE
    })
}
