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
/// Nothing is built and nothing is run: the conf says it all. FILE is a conf or its folder, and
/// ./site.conf without it; METHOD is GET without it; URL is `http://HOST/PATH`,
/// `https://HOST/PATH`, or a path alone for the default server. Examples: `sitec route /old`,
/// `sitec route POST https://example.test/form`, `sitec route blog GET /`.
#[derive(Args)]
#[command(override_usage = "sitec route [OPTIONS] [FILE] [METHOD] <URL>")]
pub(crate) struct Options {
    #[arg(required = true, num_args = 1..=3, value_name = "URL", hide = true)]
    request: Vec<String>,
    /// Add a field to the request; may be given more than once
    #[arg(long, value_name = "NAME: VALUE", value_parser = parse_field)]
    header: Vec<(String, String)>,
    /// Ask as a client with this address, for `allow`, `deny` and `$remote_addr`
    #[arg(long, value_name = "ADDRESS")]
    from: Option<IpAddr>,
    /// Choose how to show it
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

/// The conf, the method and the URL that are meant. Of two words the first is a method if it looks
/// like one and nothing on the disk is called so.
fn meant(words: &[String]) -> (PathBuf, &str, &str) {
    let is_method = |word: &str| {
        word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-')
            && !Path::new(word).exists()
    };
    let file = |word: &str| conf::within(PathBuf::from(word));
    match words {
        [method, url] if is_method(method) => (file("."), method, url),
        [conf, url] => (file(conf), "GET", url),
        [conf, method, url, ..] => (file(conf), method, url),
        [url] => (file("."), "GET", url),
        [] => unreachable!("at least one is required"),
    }
}

/// Compiles the conf and prints the answer.
pub(crate) fn route(options: &Options) -> Result<ExitCode, String> {
    let (file, method, url) = meant(&options.request);
    let Some(checked) = conf::checked(&file)? else { return Ok(ExitCode::FAILURE) };
    let folder = file.parent().unwrap_or(Path::new(""));
    let site = &checked.site;
    let request = Request::new(site, None, method, url, &options.header)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart() {
        for (words, expected) in [
            ("/a", ("site.conf", "GET", "/a")),
            ("https://a.test/", ("site.conf", "GET", "https://a.test/")),
            ("POST /a", ("site.conf", "POST", "/a")),
            ("M-SEARCH /a", ("site.conf", "M-SEARCH", "/a")),
            ("blog.conf /a", ("blog.conf", "GET", "/a")),
            ("blog.conf PUT /a", ("blog.conf", "PUT", "/a")),
            ("POST PUT /a", ("POST", "PUT", "/a")),
        ] {
            let words: Vec<_> = words.split(' ').map(str::to_owned).collect();
            let (file, method, url) = meant(&words);
            assert_eq!((file.to_str().unwrap(), method, url), expected);
        }
    }
}
