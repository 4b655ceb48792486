//! Whether an authority that asks for the file of a challenge gets it.

use std::path::Path;

use sitec_runtime::site::{Challenge, DirectoryId, ListenId};

use super::Subject;
use crate::answer::{Answer, Answers, End, Request, Step, address, start_text};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir;
use crate::source::Span;

/// Where the files of challenges are asked for, with a name that none has.
const ASKED: &str = "/.well-known/acme-challenge/file-of-a-challenge";

/// Reports names whose files are not served.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let site = subject.site;
    for (fetched, &place) in site.fetched.iter().zip(&subject.places.fetched) {
        let issuer = &site.issuers[fetched.issuer];
        diagnostics.extend(exposed(subject, issuer, place));
        let listens = plain_listens(site);
        match issuer.challenge {
            Challenge::TlsAlpn01 => {}
            Challenge::Http01 if listens.is_empty() => {
                diagnostics.push(
                    Diagnostic::error(
                        "S12",
                        place,
                        "`http-01` is asked for without TLS, on port 80",
                    )
                    .label("no server listens without TLS")
                    .help(
                        "add `server { listen 80; … }` with the same names, or `challenge \
                             tls-alpn-01;` to the `acme_issuer`",
                    ),
                );
            }
            Challenge::Http01 => {
                let names = fetched.names.iter().map(|name| start_text(site, name));
                let wrong = names.flat_map(|name| {
                    listens.iter().filter_map(move |&listen| asked(subject, listen, &name))
                });
                diagnostics.extend(wrong.map(|answer| unanswered(subject, place, &answer)).next());
            }
        }
    }
}

/// That a folder with keys in it is served.
fn exposed(subject: &Subject<'_>, issuer: &ir::Issuer, place: Span) -> Option<Diagnostic> {
    let site = subject.site;
    let path = |text: &ir::StartText| subject.folder.join(start_text(site, text));
    let state = path(&issuer.state);
    let served = |id: &DirectoryId| path(&site.directories[usize::from(*id)]);
    let folder = site.published().map(|id| served(&id)).find(|folder| state.starts_with(folder))?;
    let (state, folder) = (state.display(), folder.display());
    Some(
        Diagnostic::error("S11", place, format!("`{state}` is in `{folder}`, which is served"))
            .label("the keys that are put there would be, too")
            .help("name another folder in the `acme_issuer`: `state_path /var/lib/NAME;`"),
    )
}

/// The listens where an authority may come: those on port 80, or else all without TLS, since ports may
/// be mapped.
fn plain_listens(site: &ir::Site) -> Vec<ListenId> {
    let all: Vec<_> = (0..).zip(&site.listens).filter(|(_, listen)| !listen.tls).collect();
    let is_80 = |listen: &ir::Listen| match &listen.address {
        ir::Address::Ip(address) => address.port() == 80,
        ir::Address::Unix(_) | ir::Address::Param(_) => false,
    };
    let has_80 = all.iter().any(|(_, listen)| is_80(listen));
    all.iter().filter(|(_, listen)| !has_80 || is_80(listen)).map(|(id, _)| *id).collect()
}

/// What is answered to who asks for a file of a challenge, if no file is looked for.
fn asked(subject: &Subject<'_>, listen: ListenId, name: &str) -> Option<Answer> {
    let host = if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
    let request = ("GET", host.as_bytes(), ASKED.as_bytes());
    let request = Request::with(subject.site, listen, request, &[]);
    let answer = Answers::new(subject.site, subject.files, subject.folder).to(&request);
    let wanted = Path::new(ASKED).file_name();
    let looks =
        |step: &Step| matches!(step, Step::Looked { path, .. } if path.file_name() == wanted);
    let is_built_in = answer.deciding().iter().any(|&id| subject.settings(id).pack.is_some());
    let is_served = answer.steps.iter().any(looks) && !is_built_in;
    (!is_served).then_some(answer)
}

fn unanswered(subject: &Subject<'_>, place: Span, answer: &Answer) -> Diagnostic {
    let host = String::from_utf8_lossy(&answer.host);
    let at = address(subject.site, answer.listen);
    let message =
        format!("`http://{host}/.well-known/acme-challenge/` is not served from a folder");
    let what = match (&answer.end, answer.status) {
        (End::PassedOn { upstream, .. }, _) => format!("`{upstream}` is asked"),
        (_, Some(status)) => format!("the answer is {status}"),
        (_, None) => "there is no answer".to_owned(),
    };
    let server = subject.places.servers[usize::from(answer.server)].span;
    Diagnostic::error("S12", place, message)
        .also(server, format!("this server takes the request, at `{at}`: {what}"))
        .help("add `location /.well-known/acme-challenge/ { root DIRECTORY; }` there")
        .note("a `return` of the server itself comes before any location: put it into `location / { … }`")
}
