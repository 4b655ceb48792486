//! Which script a request runs, as the server finds it.

use std::path::PathBuf;

use super::disk::Found;
use super::world::{Handled, Handling};
use super::{End, Looker, start_text};
use crate::files::Kind;
use crate::ir::{Cgi, CgiRule, Scripts};

impl<'w, 'a> Handling<'_, 'w, 'a> {
    /// Ends at the script that the path leads to; `None` where it leads to none.
    pub(super) fn script(&mut self, cgi: &'a Cgi) -> Option<Handled<'w, 'a>> {
        match &cgi.scripts {
            Scripts::Program { program, name_len } => {
                let extra = self.exchange.path().get(*name_len..).unwrap_or(b"x").to_vec();
                if !extra.is_empty() && extra[0] != b'/' {
                    let reason = "the path goes on behind the program's name".to_owned();
                    return Some(self.error(404, reason));
                }
                let file = PathBuf::from(self.program(*program));
                Some(self.run_script(file, None, extra))
            }
            Scripts::ByExtension(rules) => self.script_file(rules),
        }
    }

    /// The script that stands at the front of the path.
    fn script_file(&mut self, rules: &'a [CgiRule]) -> Option<Handled<'w, 'a>> {
        let path = self.path();
        if !(self.settings().base.append_path || self.exchange.appends_path()) {
            // An `alias` that names the whole file: its own name decides.
            let Found { file, kind } = self.view().look_up(&path, false);
            let file = file.filter(|_| kind == Some(Kind::File))?;
            let rule = rule_for(rules, file.to_string_lossy().as_bytes())?;
            return Some(self.run_script(file, rule.interpreter, Vec::new()));
        }
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').skip(1);
        for name_len in slashes.map(|(at, _)| at).chain([path.len()]) {
            let Some(rule) = rule_for(rules, &path[..name_len]) else { continue };
            let Found { file, kind } =
                self.view().look_up(&path[..name_len], self.exchange.appends_path());
            let (Some(kind), Some(file)) = (kind, file) else { return None };
            match kind {
                Kind::Directory => {}
                Kind::File => {
                    let extra = path[name_len..].to_vec();
                    return Some(self.run_script(file, rule.interpreter, extra));
                }
                Kind::Other => return None,
            }
        }
        None
    }

    fn run_script(
        &mut self,
        file: PathBuf,
        interpreter: Option<u16>,
        extra: Vec<u8>,
    ) -> Handled<'w, 'a> {
        let interpreter = interpreter.map(|id| self.program(id));
        self.looked(Looker::Script, Some(file.clone()), true);
        self.respond(200, End::Script { file, interpreter, extra_path: extra })
    }

    fn program(&self, id: u16) -> String {
        start_text(self.world.site(), &self.world.site().programs[usize::from(id)])
    }
}

/// The rule for the extension of a path's last segment.
fn rule_for<'r>(rules: &'r [CgiRule], path: &[u8]) -> Option<&'r CgiRule> {
    rules.iter().find(|rule| {
        path.strip_suffix(&rule.extension[..]).is_some_and(|name| !matches!(name, [] | [.., b'/']))
    })
}
