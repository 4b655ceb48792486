//! `sitec completions` and `sitec man`: what shells and readers know of the command line,
//! written by the library that reads it. Both print it, or put it where it is looked for.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::install::{Places, write};
use crate::{Arguments, output};

/// Complete sitec's command line in a shell
///
/// `sitec completions --install` is all that is needed in bash and fish; for zsh, it says which
/// line to add to ~/.zshrc.
#[derive(Args)]
pub(crate) struct Completions {
    /// The shell; without it, the one that the variable SHELL names
    #[arg(value_enum)]
    shell: Option<Shell>,
    /// Write the file to where the shell looks for it, in your home folder, instead of printing it
    #[arg(long)]
    install: bool,
}

/// Print sitec's man page, or write the pages of all commands
#[derive(Args)]
pub(crate) struct Man {
    /// Write one page for each command to the folder DIR
    #[arg(long, value_name = "DIR", conflicts_with = "install")]
    out: Option<PathBuf>,
    /// Write one page for each command to where `man` looks for them: beside the folder that
    /// sitec itself is in, or in your home folder
    #[arg(long)]
    install: bool,
}

/// Prints the completions of a shell, or installs them.
pub(crate) fn completions(options: &Completions) -> Result<ExitCode, String> {
    let shell = options.shell.or_else(Shell::from_env).ok_or("name a shell: bash, fish or zsh")?;
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "sitec", &mut text);
    if !options.install {
        output::print(&String::from_utf8_lossy(&text))?;
        return Ok(ExitCode::SUCCESS);
    }
    let path = Places::of_user()?.completions(shell)?;
    write(&path, &text)?;
    eprintln!("wrote {}", path.display());
    match (shell, path.parent()) {
        (Shell::Zsh, Some(folder)) => eprintln!(
            "add this to ~/.zshrc, before `compinit` if it has one, and open a new shell:\n\n    \
             fpath=({} $fpath); autoload -Uz compinit && compinit",
            folder.display()
        ),
        _ => eprintln!("a new shell completes `sitec`"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the man page, or writes the pages to a folder.
pub(crate) fn man(options: &Man) -> Result<ExitCode, String> {
    let folder = match &options.out {
        None if options.install => Some(Places::of_user()?.man_pages()),
        out => out.clone(),
    };
    let Some(folder) = folder else {
        let mut text = Vec::new();
        let page = clap_mangen::Man::new(Arguments::command());
        page.render(&mut text).map_err(|error| error.to_string())?;
        output::print(&String::from_utf8_lossy(&text))?;
        return Ok(ExitCode::SUCCESS);
    };
    let problem = |error| format!("cannot write to `{}`: {error}", folder.display());
    std::fs::create_dir_all(&folder).map_err(problem)?;
    clap_mangen::generate_to(Arguments::command(), &folder).map_err(problem)?;
    eprintln!("wrote sitec.1 and a page for each command to {}", folder.display());
    Ok(ExitCode::SUCCESS)
}
