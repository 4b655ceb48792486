//! Which findings a run shows, and which of them are errors: the same options wherever a conf is
//! compiled for its own sake.

use clap::Args;
use sitec_compiler::catalogue;
use sitec_compiler::diagnostic::Levels;

/// What of a conf counts.
#[derive(Args)]
pub(crate) struct Findings {
    /// Treat findings as errors: `warnings` for all warnings, or a code such as K04; may be
    /// given more than once
    #[arg(long, value_name = "CODE", value_parser = denied)]
    deny: Vec<Deny>,
    /// Hide findings of this code; may be given more than once
    #[arg(long, value_name = "CODE", value_parser = code)]
    allow: Vec<&'static str>,
    /// Show lints too: what is right and could be better
    #[arg(long)]
    lints: bool,
}

/// What `--deny` names.
#[derive(Clone, Copy)]
enum Deny {
    Warnings,
    Code(&'static str),
}

fn denied(text: &str) -> Result<Deny, String> {
    match text {
        "warnings" => Ok(Deny::Warnings),
        _ => code(text).map(Deny::Code),
    }
}

fn code(text: &str) -> Result<&'static str, String> {
    let check = catalogue::find(text);
    check.map(|check| check.code).ok_or_else(|| "`sitec explain` lists all checks".to_owned())
}

impl Findings {
    /// The same for the compiler.
    pub(crate) fn levels(&self) -> Levels {
        let code = |deny: &Deny| match deny {
            Deny::Code(code) => Some(*code),
            Deny::Warnings => None,
        };
        Levels {
            lints: self.lints,
            deny_warnings: self.deny.iter().any(|deny| code(deny).is_none()),
            deny: self.deny.iter().filter_map(code).collect(),
            allow: self.allow.clone(),
        }
    }
}
