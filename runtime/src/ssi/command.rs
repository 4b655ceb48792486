//! The commands, and what each does.

use super::value::{self, shown};
use super::{Branch, Encoding, Ssi};
use crate::coding::{Loom, Wanted};
use crate::site::Level;

/// The most parameters of a command, as in nginx.
pub(super) const MOST_PARAMS: usize = 4;

/// A command as it stands there.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Command {
    pub(super) name: Vec<u8>,
    /// Names and values, in their order.
    pub(super) params: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What a command is called, and the names of what it takes: what it must have first.
type Known = (&'static [u8], &'static [&'static [u8]], &'static [&'static [u8]]);

const COMMANDS: &[Known] = &[
    (b"include", &[], &[b"virtual", b"file", b"wait", b"set", b"stub"]),
    (b"echo", &[b"var"], &[b"default", b"encoding"]),
    (b"config", &[], &[b"errmsg", b"timefmt"]),
    (b"set", &[b"var", b"value"], &[]),
    (b"if", &[b"expr"], &[]),
    (b"elif", &[b"expr"], &[]),
    (b"else", &[], &[]),
    (b"endif", &[], &[]),
    (b"block", &[b"name"], &[]),
    (b"endblock", &[], &[]),
];

/// Why a command is none.
type Reason = String;

impl Command {
    /// Its name, for messages.
    pub(super) fn shown(&self) -> String {
        shown(&self.name)
    }

    /// The value of a parameter.
    fn param(&self, name: &str) -> Option<&[u8]> {
        let named = |(other, _): &&(Vec<u8>, Vec<u8>)| other == name.as_bytes();
        self.params.iter().find(named).map(|(_, value)| &value[..])
    }

    /// Finds what is wrong with it by itself.
    fn check(&self) -> Result<(), Reason> {
        let command = self.shown();
        let found = COMMANDS.iter().find(|(name, ..)| *name == self.name);
        let Some((_, needed, others)) = found else {
            return Err(format!("invalid SSI command: \"{command}\""));
        };
        for (at, (name, _)) in self.params.iter().enumerate() {
            let text = shown(name);
            if !needed.iter().chain(*others).any(|known| known == name) {
                return Err(format!(
                    "invalid parameter name: \"{text}\" in \"{command}\" SSI command"
                ));
            }
            if self.params[..at].iter().any(|(other, _)| other == name) {
                return Err(format!("duplicate \"{text}\" parameter in \"{command}\" SSI command"));
            }
        }
        let is_there = |name: &[u8]| self.params.iter().any(|(other, _)| other == name);
        match needed.iter().find(|name| !is_there(name)) {
            Some(name) => {
                let name = shown(name);
                Err(format!(
                    "mandatory \"{name}\" parameter is absent in \"{command}\" SSI command"
                ))
            }
            None => Ok(()),
        }
    }

    /// The text that it stands for within a block.
    fn text(&self) -> Vec<u8> {
        let mut text = [b"<!--#", &self.name[..]].concat();
        for (name, value) in &self.params {
            text.extend([b" ", &name[..], b"=\"", value, b"\""].concat());
        }
        text.extend_from_slice(b" -->");
        text
    }
}

impl Ssi {
    /// Does what a command says; the error says why it is none.
    pub(super) fn obey(&mut self, command: Command, loom: &mut Loom<'_>) -> Result<(), Reason> {
        let is_known = COMMANDS.iter().any(|(name, ..)| *name == command.name);
        let is_conditional = matches!(&command.name[..], b"elif" | b"else" | b"endif");
        let is_end = command.name == b"endblock";
        if !self.shows && !is_end {
            if !is_known {
                return Ok(());
            }
            if self.block.is_some() {
                self.text(&command.text(), loom);
                return Ok(());
            }
            if !is_conditional {
                return Ok(());
            }
        }
        if is_conditional {
            self.stands_in_if(&command)?;
        }
        command.check()?;
        match &command.name[..] {
            b"include" => self.include(&command, loom),
            b"echo" => self.echo(&command, loom),
            b"config" => self.config(&command),
            b"set" => self.set(&command, loom),
            b"if" => self.begin_if(&command, loom),
            b"elif" => self.choose(&command, loom),
            b"else" => {
                self.shows = !self.is_chosen;
                self.branch = Some(Branch::Else);
                Ok(())
            }
            b"endif" => {
                (self.branch, self.is_chosen, self.shows) = (None, false, true);
                Ok(())
            }
            b"block" => {
                let name = command.param("name").unwrap_or_default();
                (self.block, self.shows) = (Some((name.to_vec(), Vec::new())), false);
                Ok(())
            }
            _ => {
                if let Some((name, text)) = self.block.take() {
                    loom.woven().keep_block(name, text)?;
                }
                self.shows = true;
                Ok(())
            }
        }
    }

    /// Whether an `elif`, an `else` or an `endif` stands where it may.
    fn stands_in_if(&self, command: &Command) -> Result<(), Reason> {
        let may_stand = match self.branch {
            None => false,
            Some(Branch::If) => true,
            Some(Branch::Else) => command.name == b"endif",
        };
        match may_stand {
            true => Ok(()),
            false => Err(format!("invalid context of SSI command: \"{}\"", command.shown())),
        }
    }

    fn begin_if(&mut self, command: &Command, loom: &mut Loom<'_>) -> Result<(), Reason> {
        if self.branch.is_some() {
            return Err("the \"if\" command inside the \"if\" command".to_owned());
        }
        self.choose(command, loom)
    }

    /// Chooses a branch where none was chosen.
    fn choose(&mut self, command: &Command, loom: &mut Loom<'_>) -> Result<(), Reason> {
        if self.is_chosen {
            self.shows = false;
            return Ok(());
        }
        let holds = self.holds(command.param("expr").unwrap_or_default(), loom)?;
        (self.branch, self.is_chosen, self.shows) = (Some(Branch::If), holds, holds);
        Ok(())
    }

    fn echo(&mut self, command: &Command, loom: &mut Loom<'_>) -> Result<(), Reason> {
        match command.param("encoding") {
            None => {}
            Some(b"none") => self.encoding = Encoding::None,
            Some(b"url") => self.encoding = Encoding::Url,
            Some(b"entity") => self.encoding = Encoding::Entity,
            Some(other) => {
                let other = shown(other);
                let text = format_args!("unknown encoding \"{other}\" in the \"echo\" command");
                loom.report(Level::Error, text);
            }
        }
        let mut found = Vec::new();
        let name = command.param("var").unwrap_or_default();
        if !self.variable(name, loom, &mut found)? {
            match command.param("default") {
                Some(b"") => return Ok(()),
                Some(text) => found = text.to_vec(),
                None => {
                    loom.text(b"(none)");
                    return Ok(());
                }
            }
        }
        let mut text = Vec::new();
        match self.encoding {
            Encoding::None => text = found,
            Encoding::Url => value::escape_url(&found, &mut text),
            Encoding::Entity => crate::escape::write_html(&found, &mut text),
        }
        loom.text(&text);
        Ok(())
    }

    fn config(&mut self, command: &Command) -> Result<(), Reason> {
        if let Some(format) = command.param("timefmt") {
            self.time_format = format.to_vec();
        }
        if let Some(text) = command.param("errmsg") {
            self.error_text = text.to_vec();
        }
        Ok(())
    }

    fn set(&mut self, command: &Command, loom: &mut Loom<'_>) -> Result<(), Reason> {
        let value = self.evaluate(command.param("value").unwrap_or_default(), loom)?;
        let name = command.param("var").unwrap_or_default().to_ascii_lowercase();
        loom.woven().set(name, value)
    }

    fn include(&mut self, command: &Command, loom: &mut Loom<'_>) -> Result<(), Reason> {
        let uri = match (command.param("virtual"), command.param("file")) {
            (Some(_), Some(_)) => {
                return Err("inclusion may be either virtual= or file=".to_owned());
            }
            (None, None) => {
                return Err("no parameter in \"include\" SSI command".to_owned());
            }
            (Some(uri), None) | (None, Some(uri)) => uri,
        };
        let waits = match command.param("wait") {
            None | Some(b"no") => false,
            Some(b"yes") => true,
            Some(other) => {
                let other = shown(other);
                return Err(format!("invalid value \"{other}\" in the \"wait\" parameter"));
            }
        };
        let mut whole = self.evaluate(uri, loom)?;
        if whole.first() != Some(&b'/') {
            // It is beside what it stands in.
            let path = loom.path();
            let folder = path.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
            whole.splice(0..0, path[..folder].to_vec());
        }
        let uri = value::safe_uri(&whole)
            .ok_or_else(|| format!("unsafe URI \"{}\" was detected", shown(&whole)))?;
        let stub = match command.param("stub") {
            None => None,
            Some(name) => Some(loom.woven().block(name).ok_or_else(|| {
                let name = shown(name);
                format!("\"stub\"=\"{name}\" for \"include\" not found")
            })?),
        };
        let into = command.param("set").map(<[u8]>::to_ascii_lowercase);
        let stops = waits || into.is_some();
        let most = self.settings.set_len;
        loom.ask(uri, Wanted { stub, into: into.map(|name| (name, most)) })?;
        if stops {
            loom.stop();
        }
        Ok(())
    }
}
