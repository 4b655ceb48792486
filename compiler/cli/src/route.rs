//! `sitec route`: what a site answers to one request, and why.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use sitec_compiler::answer::{Answers, Request, Shown};
use sitec_compiler::files::Disk;

use crate::{conf, output};

/// Show what a site answers to a request, step by step
///
/// Nothing is built and nothing is run: the conf says it all. URL is `http://HOST/PATH`, or a
/// path alone for the default server.
#[derive(Args)]
pub(crate) struct Options {
    /// The conf
    file: PathBuf,
    /// The method, such as GET
    method: String,
    /// The URL or the path
    url: String,
    /// A field of the request; may be given more than once
    #[arg(long, value_name = "NAME: VALUE", value_parser = parse_field)]
    header: Vec<(String, String)>,
    /// The client's address, for `allow`, `deny` and `$remote_addr`
    #[arg(long, value_name = "ADDRESS")]
    from: Option<IpAddr>,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// How an answer is shown.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
}

fn parse_field(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("a field is `NAME: VALUE`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Compiles the conf and prints the answer.
pub(crate) fn route(options: &Options) -> Result<ExitCode, String> {
    let Some(checked) = conf::checked(&options.file)? else { return Ok(ExitCode::FAILURE) };
    let folder = options.file.parent().unwrap_or(Path::new(""));
    let site = &checked.site;
    let request = Request::new(site, None, &options.method, &options.url, &options.header)?;
    let request = match options.from {
        Some(address) => request.from(address),
        None => request,
    };
    let answer = Answers::new(site, &Disk, folder).to(&request);
    let (places, sources) = (&checked.places, &checked.sources);
    let shown = Shown { site, places, sources, folder };
    output::print(&match options.format {
        Format::Human => shown.text(&answer),
        Format::Json => format!("{:#}\n", shown.json(&answer)),
    })?;
    Ok(ExitCode::SUCCESS)
}
