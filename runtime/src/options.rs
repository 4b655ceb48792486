//! The command line of a built site.

use std::path::PathBuf;

/// What the command line asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Serve.
    Serve(Options),
    /// Do all that a start does before it serves, and leave.
    Check(Options),
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
    /// `--set NAME=VALUE`, in the order given.
    pub set: Vec<(String, String)>,
}

/// The text of `--help`, behind a line that names the program.
pub const HELP: &str = "\
Usage: PROGRAM [OPTIONS]

Options:
      --prefix DIR       folder that the conf's relative paths are under
      --set NAME=VALUE   value of a `param` of the conf
      --check            do all that a start does before it serves, then exit
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
            "--check" => check = true,
            "--version" | "-V" => return Ok(Command::Version),
            "--conf" => return Ok(Command::Conf),
            "--help" | "-h" => return Ok(Command::Help),
            _ => return Err(format!("unknown option `{argument}`")),
        }
    }
    Ok(if check { Command::Check(options) } else { Command::Serve(options) })
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
            set: vec![set("PORT", "1"), set("ROOT", "a=b")],
        };
        let words = "--prefix /srv --set PORT=1 --set=ROOT=a=b";
        assert_eq!(parse_words(words), Ok(Command::Serve(options.clone())));
        let words = "--check --prefix=/srv --set=PORT=1 --set ROOT=a=b";
        assert_eq!(parse_words(words), Ok(Command::Check(options)));
    }

    #[test]
    fn says_what_is_wrong() {
        for (words, message) in [
            ("--prefix", "`--prefix` needs a folder"),
            ("--set", "`--set` needs NAME=VALUE"),
            ("--set PORT", "`--set PORT` has no `=`: NAME=VALUE is wanted"),
            ("--port 1", "unknown option `--port`"),
            ("--check=yes", "unknown option `--check=yes`"),
            ("serve", "unknown option `serve`"),
        ] {
            assert_eq!(parse_words(words), Err(message.to_owned()), "{words}");
        }
    }
}
