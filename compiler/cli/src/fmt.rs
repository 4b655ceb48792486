//! `sitec fmt`: lays out confs.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use similar::{ChangeTag, TextDiff};
use sitec_compiler::format::format;

use crate::{carried, conf, output};

/// The name that stands for standard input.
const STDIN: &str = "-";
/// How many lines that stay are shown before and after those that change.
const AROUND: usize = 3;

/// Format confs
///
/// Four spaces for each block, one directive a line, at most one empty line; words and comments
/// stay as they are. Exit status: 0; 1 if a conf cannot be read or, with --check, if one is not
/// formatted.
#[derive(Args)]
pub(crate) struct Options {
    /// Confs, or folders with a site.conf; `-` formats standard input to standard output
    /// [default: site.conf]
    #[arg(value_name = "FILE", value_parser = conf::parser())]
    files: Vec<PathBuf>,
    /// Write nothing, and show as a diff what would change
    #[arg(long)]
    check: bool,
}

/// Formats all files.
pub(crate) fn fmt(options: &Options) -> ExitCode {
    let files = conf::or_default(&options.files);
    let results = files.iter().map(|path| one(path, options.check));
    let failed = results.filter(|result| match result {
        Ok(settled) => !settled,
        Err(failure) => {
            eprintln!("{failure}");
            true
        }
    });
    if failed.count() > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Whether the file is formatted now.
fn one(path: &Path, check: bool) -> Result<bool, String> {
    let is_stdin = path == Path::new(STDIN);
    let name = if is_stdin { "standard input".into() } else { path.to_string_lossy() };
    let bytes = if is_stdin { read_stdin() } else { std::fs::read(path) };
    let error =
        |error: io::Error| format!("error: {}", conf::unreadable(Path::new(&*name), &error));
    let bytes = bytes.map_err(error)?;
    let formatted = format(&name, &bytes).map_err(|wrong| {
        wrong.diagnostics.render(&wrong.sources, conf::color()).trim_end().to_owned()
    })?;
    let settled = formatted == bytes;
    if check && !settled {
        eprintln!("`{name}` is not formatted");
        let before = String::from_utf8_lossy(&bytes);
        let after = String::from_utf8_lossy(&formatted);
        output::print(&diff(&name, &before, &after, color()))?;
    } else if is_stdin && !check {
        output::print_bytes(&formatted)?;
    } else if !check {
        carried::write(path, &formatted)
            .map_err(|error| format!("error: cannot write `{name}`: {error}"))?;
    }
    Ok(settled || !check)
}

fn read_stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
}

/// What formatting changes, as a unified diff.
fn diff(name: &str, before: &str, after: &str, color: bool) -> String {
    const RED: &str = "\x1b[31m";
    const GREEN: &str = "\x1b[32m";
    const CYAN: &str = "\x1b[36m";
    let painted = |with: &str, line: &str| match color {
        true => format!("{with}{line}\x1b[0m\n"),
        false => format!("{line}\n"),
    };
    let lines = TextDiff::from_lines(before, after);
    let mut text = painted(RED, &format!("--- {name}"));
    text += &painted(GREEN, &format!("+++ {name}, formatted"));
    for hunk in lines.unified_diff().context_radius(AROUND).iter_hunks() {
        text += &painted(CYAN, &hunk.header().to_string());
        for change in hunk.iter_changes() {
            let line = change.value();
            let whole = line.strip_suffix('\n');
            text += &match change.tag() {
                ChangeTag::Delete => painted(RED, &format!("-{}", whole.unwrap_or(line))),
                ChangeTag::Insert => painted(GREEN, &format!("+{}", whole.unwrap_or(line))),
                ChangeTag::Equal => format!(" {}\n", whole.unwrap_or(line)),
            };
            if whole.is_none() {
                text += "\\ No newline at end of file\n";
            }
        }
    }
    text
}

/// Whether standard output is shown by something that knows colours (see no-color.org).
fn color() -> bool {
    conf::color_is_wanted() && io::stdout().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_can_be_applied_and_has_colours_where_they_show() {
        let (before, after) = ("a {\n b;\n}", "a {\n    b;\n}\n");
        let plain = "--- x\n+++ x, formatted\n@@ -1,3 +1,3 @@\n a {\n- b;\n-}\n\\ No newline at \
                     end of file\n+    b;\n+}\n";
        assert_eq!(diff("x", before, after, false), plain);
        let colored = diff("x", before, after, true);
        assert!(colored.contains("\x1b[31m- b;\x1b[0m\n") && colored.contains("\x1b[32m+}\x1b[0m"));
    }
}
