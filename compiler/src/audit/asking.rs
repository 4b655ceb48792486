//! Asking a site as a client does.

use std::path::PathBuf;

use sitec_runtime::http::target::Scheme;
use sitec_runtime::site::{LocationId, ServerId};

use super::Subject;
use crate::answer::{Answer, Answers, Request, Step, address, start_text};
use crate::ir;

/// Requests to a site, by URL.
pub(super) struct Asking<'a> {
    pub(super) subject: &'a Subject<'a>,
    answers: Answers<'a>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(subject: &'a Subject<'a>) -> Asking<'a> {
        let answers = Answers::new(subject.site, subject.files, subject.folder);
        Asking { subject, answers }
    }

    /// What `GET url` is answered; `None` if it is nobody's here.
    pub(super) fn get(&self, url: &str) -> Option<Answer> {
        let request = Request::new(self.subject.site, None, "GET", url, &[]).ok()?;
        Some(self.answers.to(&request))
    }

    /// What a server answers to `GET path`, whatever its names are.
    pub(super) fn get_from(&self, server: ServerId, path: &str) -> Option<Answer> {
        let request = Request::new(self.subject.site, Some(server), "GET", path, &[]).ok()?;
        Some(self.answers.to(&request))
    }

    /// A URL that leads to `path` of a server; `None` where its address or name is not known.
    pub(super) fn url(&self, server: ServerId, path: &str) -> Option<String> {
        let site = self.subject.site;
        let is_here = |listen: &ir::Listen| {
            let named = listen.names.exact.iter().any(|(_, id)| *id == server);
            named || listen.default_server == server
        };
        let number = site.listens.iter().position(is_here)?;
        let listen = &site.listens[number];
        let address = address(site, number as u16);
        let port =
            address.rsplit(':').next().filter(|port| port.bytes().all(|b| b.is_ascii_digit()))?;
        let own = listen.names.exact.iter().filter(|(name, id)| *id == server && !name.is_empty());
        let name = own.map(|(name, _)| String::from_utf8_lossy(name).into_owned()).next();
        // The default server takes any name.
        let host = name.unwrap_or_else(|| "nobody.invalid".to_owned());
        Some(format!("{}://{host}:{port}{path}", listen.scheme().name))
    }

    /// Where a client goes that was at `url` and is sent to `location`; `None` if that is not a
    /// URL of this kind.
    pub(super) fn follow(&self, url: &str, location: &str) -> Option<String> {
        let location = location.split('#').next()?;
        for Scheme { name, port } in [Scheme::HTTP, Scheme::HTTPS] {
            let rest = location.strip_prefix(name).and_then(|rest| rest.strip_prefix("://"));
            let Some(rest) = rest else { continue };
            let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            let has_port = host.rsplit(']').next().is_some_and(|end| end.contains(':'));
            let port = if has_port { String::new() } else { format!(":{port}") };
            return Some(format!("{name}://{host}{port}{path}"));
        }
        let path_start = authority_end(url)?;
        let is_path = location.starts_with('/') && !location.starts_with("//");
        is_path.then(|| format!("{}{location}", &url[..path_start]))
    }

    /// Whether an answer stays what it is while the files of the site do: it rests on nothing that
    /// another machine may have otherwise, and what was not there is nothing that clients can send.
    pub(super) fn is_settled(&self, answer: &Answer) -> bool {
        let unsettled = self.unsettled();
        let stays = |step: &Step| match step {
            Step::Looked { path, found: false, .. } => {
                self.subject.is_certain(path)
                    && !unsettled.iter().any(|folder| path.starts_with(folder))
            }
            _ => true,
        };
        answer.doubts.is_empty() && answer.steps.iter().all(stays)
    }

    /// The folders that clients may write in, and those that a `param` names.
    fn unsettled(&self) -> Vec<PathBuf> {
        let Subject { site, folder, .. } = *self.subject;
        let all = 0..site.locations.len() as LocationId;
        let written = all.filter_map(|id| self.subject.written_directory(id)).map(usize::from);
        let written: Vec<_> = written.collect();
        let has_param =
            |text: &ir::StartText| text.iter().any(|p| matches!(p, ir::StartPiece::Param(_)));
        let all = site.directories.iter().enumerate();
        let unsettled = all.filter(|(id, text)| written.contains(id) || has_param(text));
        unsettled.map(|(_, text)| folder.join(start_text(site, text))).collect()
    }

    /// The path of a URL of [`Asking::url`].
    pub(super) fn path<'u>(&self, url: &'u str) -> &'u str {
        &url[authority_end(url).unwrap_or(url.len())..]
    }

    /// A URL for a message: the path alone, where the host was made up.
    pub(super) fn shown(&self, url: &str) -> String {
        match url.split_once("://nobody.invalid:") {
            Some((_, rest)) => rest[rest.find('/').unwrap_or(0)..].to_owned(),
            None => url.to_owned(),
        }
    }
}

/// Where the host and the port of a URL end, and something comes after them.
pub(super) fn authority_end(url: &str) -> Option<usize> {
    let start = url.find("://")? + 3;
    Some(start + url[start..].find(['/', '?'])?)
}
