//! Asking a site as a client does.

use std::path::PathBuf;

use sitec_runtime::site::{LocationId, ServerId};

use super::Subject;
use super::disk::Tree;
use crate::answer::{Answer, Answers, End, Request, Step, address, start_text};
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

    /// The path of the URL by which a client gets a file of a location, if one does.
    pub(super) fn served(&self, tree: &Tree, id: LocationId, file: &str) -> Option<String> {
        let url = tree.url(self.subject, id, file)?;
        let server = self.subject.places.locations[id as usize].server;
        let answer = self.get_from(server, &url)?;
        let is_it = matches!(&answer.end, End::File(found) if *found == tree.path.join(file));
        (is_it && answer.status == Some(200)).then_some(url)
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
        Some(format!("http://{host}:{port}{path}"))
    }

    /// Where a client goes that was at `url` and is sent to `location`; `None` if that is not a
    /// URL of this kind.
    pub(super) fn follow(&self, url: &str, location: &str) -> Option<String> {
        let location = location.split('#').next()?;
        if let Some(rest) = location.strip_prefix("http://") {
            let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            let has_port = host.rsplit(']').next().is_some_and(|end| end.contains(':'));
            let port = if has_port { "" } else { ":80" };
            return Some(format!("http://{host}{port}{path}"));
        }
        let path_start = 7 + url.get(7..)?.find('/')?;
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
        let start = url.get(7..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| at + 7);
        &url[start..]
    }

    /// A URL for a message: the path alone, where the host was made up.
    pub(super) fn shown(&self, url: &str) -> String {
        match url.strip_prefix("http://nobody.invalid:") {
            Some(rest) => rest[rest.find('/').unwrap_or(0)..].to_owned(),
            None => url.to_owned(),
        }
    }
}
