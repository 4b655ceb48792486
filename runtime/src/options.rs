//! The command line of a built site.

use std::path::PathBuf;

use crate::acme::Mode;

/// What the command line asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Serve.
    Serve(Options),
    /// Do all that a start does before it serves, and leave.
    Check(Options),
    /// Fetch certificates.
    Acme(Options, Mode),
    /// Print what this is.
    Version,
    /// Print the conf that it was built from.
    Conf,
    /// Print the options.
    Help,
}

/// What holds while serving.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Options {
    /// The folder that relative paths of the conf are under, in place of the conf's own.
    pub prefix: Option<PathBuf>,
    /// Whether another server may listen at the same addresses, as when this one takes its place.
    pub beside: bool,
    /// `--set NAME=VALUE`, in the order given.
    pub set: Vec<(String, String)>,
}

/// The text of `--help`, behind a line that names the program.
pub const HELP: &str = "\
Usage: PROGRAM [OPTIONS]

Options:
      --prefix DIR       folder that the conf's relative paths are under
      --set NAME=VALUE   value of a `param` of the conf
      --beside           listen beside another server that was started so, to take its place
      --check            do all that a start does before it serves, then exit
      --acme             fetch the certificates of `acme_certificate` that are due, then exit
      --watch            with --acme: go on, and fetch each when it is due
      --dry-run          with --acme: only say what would be fetched
      --force            with --acme: fetch what is not due, too
      --conf             print the conf that this server was built from
      --version          print name and version
      --help             print this help

Signals:
  SIGTERM, SIGINT   finish the requests under way, then exit
  SIGUSR1           open the log files again
";

/// Reads the arguments behind the program's name. Errors are for people.
pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let (mut options, mut check) = (Options::default(), false);
    let (mut acme, mut mode, mut of_acme) = (false, Mode::default(), None);
    let mut arguments = arguments.peekable();
    while let Some(argument) = arguments.next() {
        let (name, attached) = match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
            _ => (argument.as_str(), None),
        };
        let mut value = |what: &str| {
            let value = attached.clone().or_else(|| arguments.next());
            value.ok_or_else(|| format!("`{name}` needs {what}"))
        };
        match name {
            "--prefix" => options.prefix = Some(PathBuf::from(value("a folder")?)),
            "--set" => {
                let pair = value("NAME=VALUE")?;
                let (name, value) = pair
                    .split_once('=')
                    .ok_or_else(|| format!("`--set {pair}` has no `=`: NAME=VALUE is wanted"))?;
                options.set.push((name.to_owned(), value.to_owned()));
            }
            _ if attached.is_some() => return Err(format!("unknown option `{argument}`")),
            "--beside" => options.beside = true,
            "--check" => check = true,
            "--acme" => acme = true,
            "--watch" | "--dry-run" | "--force" => {
                match name {
                    "--watch" => mode.watch = true,
                    "--dry-run" => mode.dry_run = true,
                    _ => mode.force = true,
                }
                of_acme = Some(argument);
            }
            "--version" | "-V" => return Ok(Command::Version),
            "--conf" => return Ok(Command::Conf),
            "--help" | "-h" => return Ok(Command::Help),
            _ => return Err(format!("unknown option `{argument}`")),
        }
    }
    match of_acme.filter(|_| !acme) {
        Some(option) => Err(format!("`{option}` goes with `--acme`")),
        None if acme && check => Err("`--acme` and `--check` do not go together".to_owned()),
        None if acme => Ok(Command::Acme(options, mode)),
        None if check => Ok(Command::Check(options)),
        None => Ok(Command::Serve(options)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &str) -> Result<Command, String> {
        parse(words.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn reads_options() {
        assert_eq!(parse_words(""), Ok(Command::Serve(Options::default())));
        assert_eq!(parse_words("--set A=b --version"), Ok(Command::Version));
        let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let options = Options {
            prefix: Some(PathBuf::from("/srv")),
            beside: true,
            set: vec![set("PORT", "1"), set("ROOT", "a=b")],
        };
        let words = "--beside --prefix /srv --set PORT=1 --set=ROOT=a=b";
        assert_eq!(parse_words(words), Ok(Command::Serve(options.clone())));
        let words = "--check --beside --prefix=/srv --set=PORT=1 --set ROOT=a=b";
        assert_eq!(parse_words(words), Ok(Command::Check(options)));
        let mode = Mode { watch: true, dry_run: false, force: true };
        let words = "--acme --watch --force";
        assert_eq!(parse_words(words), Ok(Command::Acme(Options::default(), mode)));
    }

    #[test]
    fn says_what_is_wrong() {
        for (words, message) in [
            ("--prefix", "`--prefix` needs a folder"),
            ("--set", "`--set` needs NAME=VALUE"),
            ("--set PORT", "`--set PORT` has no `=`: NAME=VALUE is wanted"),
            ("--port 1", "unknown option `--port`"),
            ("--check=yes", "unknown option `--check=yes`"),
            ("--watch", "`--watch` goes with `--acme`"),
            ("--check --force", "`--force` goes with `--acme`"),
            ("--acme --check", "`--acme` and `--check` do not go together"),
            ("serve", "unknown option `serve`"),
        ] {
            assert_eq!(parse_words(words), Err(message.to_owned()), "{words}");
        }
    }
}
