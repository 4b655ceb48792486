//! `sitec`, the command line of the site compiler. One module for each command; they share
//! how a conf is read and shown ([`conf`]) and how a binary is built ([`cargo_package`]).

mod bounds;
mod build;
mod cargo_package;
mod carried;
mod check;
mod completions;
mod conf;
mod diff;
mod explain;
mod findings;
mod fmt;
mod import;
mod install;
mod lsp;
mod new;
mod output;
mod package;
mod progress;
mod route;
mod routes;
mod run;
mod shell;
mod watch;

use std::process::ExitCode;

use clap::Parser;

/// What a newcomer types first.
const FIRST_STEPS: &str = "\
First steps:
  sitec new blog                        write blog/site.conf and a first page
  sitec run blog                        build its server and run it: http://127.0.0.1:8080
  sitec run blog -- --set PORT=8081     the same, with a value of the conf set at start
  sitec check blog                      check the conf
  sitec package blog                    make what is deployed: an image, a Debian package, …
  sitec explain root                    explain a directive, a $variable or a code

A command that needs a conf takes a file or a folder; without either, it takes ./site.conf.";

/// The site compiler: an nginx-like site.conf goes in, one web server binary comes out.
#[derive(Parser)]
#[command(name = "sitec", version, after_help = FIRST_STEPS)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Build(build::Options),
    Run(run::Options),
    Package(package::Options),
    Check(check::Options),
    Explain(explain::Options),
    Route(route::Options),
    Routes(routes::Options),
    Diff(diff::Options),
    Bounds(bounds::Options),
    Fmt(fmt::Options),
    Import(import::Options),
    New(new::Options),
    Lsp(lsp::Options),
    Completions(completions::Completions),
    Man(completions::Man),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Build(options) => build::build(&options),
        Command::Run(options) => run::run(&options),
        Command::Package(options) => package::package(&options),
        Command::Check(options) => check::check(&options),
        Command::Explain(options) => explain::explain(&options),
        Command::Route(options) => route::route(&options),
        Command::Routes(options) => routes::routes(&options),
        Command::Diff(options) => diff::run(&options),
        Command::Bounds(options) => bounds::bounds(&options),
        Command::Fmt(options) => Ok(fmt::fmt(&options)),
        Command::Import(options) => import::run(&options),
        Command::New(options) => new::new(&options),
        Command::Lsp(options) => lsp::lsp(&options),
        Command::Completions(options) => completions::completions(&options),
        Command::Man(options) => completions::man(&options),
    };
    result.unwrap_or_else(|failure| {
        eprintln!("error: {failure}");
        ExitCode::FAILURE
    })
}
