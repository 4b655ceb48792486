//! `--acme`: what the conf says of certificates that are fetched, filled in, and who fetches them.

use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::settle::{Settled, settle};
use super::{Faults, user_ids};
use crate::acme::{Authority, CHALLENGE_PATH, Mode, Plan, Wait, Wanted};
use crate::context::Shared;
use crate::options::Options;
use crate::params::Params;
use crate::site::{AcmeSite, Challenge, DirectoryId, Fetched, Issuer, ServerId, Site, Text};
use crate::sys::poll::{PollFd, poll};
use crate::sys::signal::{Signal, Signals};

/// What `account_key` is without one.
const ACCOUNT_KEY: &str = "account.key";

/// Fetches the site's certificates.
pub(super) fn fetch<S: Site>(
    options: &Options,
    mode: &Mode,
    prefix: &Path,
) -> Result<(), Vec<String>> {
    const { assert!(S::ACME.is_none() || cfg!(feature = "acme"), "the conf needs the feature `acme`") };
    let Some(site) = S::ACME else {
        return Err(vec![
            "the conf has no `acme_certificate`: there is nothing to fetch".to_owned(),
        ]);
    };
    let mut faults = Faults::default();
    let settled = settle::<S>(options, prefix, &mut faults);
    let ids = faults.note(user_ids(&S::PROCESS)).flatten();
    let (Some(settled), true) = (settled, faults.0.is_empty()) else { return Err(faults.0) };
    let owner = ids.map(|(_, ids)| (ids.user, ids.group));
    let Settled { params, prefix, .. } = &settled;
    let plan = Plan {
        program: S::NAME,
        authorities: site.issuers.iter().map(|it| authority(it, params, prefix)).collect(),
        wanted: site.certificates.iter().map(|it| wanted::<S>(&site, it, &settled)).collect(),
        owner,
    };
    // Only who goes on is told by a signal when to end; all else a signal ends at once.
    let signals = mode.watch.then(Signals::install).transpose();
    let signals = signals.map_err(|error| vec![format!("signals: {error}")])?;
    let wait = |rest| signals.as_ref().is_none_or(|signals| is_patient(signals, rest));
    match run(&plan, mode, &wait) {
        true => Ok(()),
        // What is wrong has been told.
        false => Err(Vec::new()),
    }
}

/// Fetches what is due. Whether all went well.
#[cfg(feature = "acme")]
fn run(plan: &Plan, mode: &Mode, wait: Wait<'_>) -> bool {
    crate::acme::run(plan, mode, wait)
}

#[cfg(not(feature = "acme"))]
fn run(_: &Plan, _: &Mode, _: Wait<'_>) -> bool {
    unreachable!("a site that fetches certificates turns the feature on")
}

/// Waits so long, or until a signal says to look now. False: it says to end.
fn is_patient(signals: &Signals, rest: Duration) -> bool {
    let until = Instant::now() + rest;
    loop {
        match signals.next() {
            Some(Signal::Terminate | Signal::Drain) => return false,
            Some(Signal::Reopen) => return true,
            None => {}
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        let left_ms = left.as_millis().clamp(1, i32::MAX as u128) as i32;
        let _ = poll(&mut [PollFd::new(signals.as_raw_fd(), false)], left_ms);
    }
}

fn authority(issuer: &Issuer, params: &Params, prefix: &Path) -> Authority {
    let path = |text| params.path(prefix, text);
    let state = path(issuer.state);
    Authority {
        name: issuer.name,
        uri: params.text(issuer.uri),
        contacts: issuer.contacts,
        accepts_terms: issuer.accepts_terms,
        account_key: issuer.account_key.map_or_else(|| state.join(ACCOUNT_KEY), path),
        trusted: issuer.trusted.map(path),
        external: issuer.external.map(|(id, key)| (id, path(key))),
        challenge: issuer.challenge,
        profile: issuer.profile,
        state,
    }
}

fn wanted<S: Site>(site: &AcmeSite, fetched: &Fetched, settled: &Settled) -> Wanted {
    let Settled { params, prefix, shared, .. } = settled;
    let issuer = usize::from(fetched.issuer);
    let names: Vec<_> =
        fetched.names.iter().map(|name| params.text(name).to_ascii_lowercase()).collect();
    let mut folders = Vec::new();
    if site.issuers[issuer].challenge == Challenge::Http01 {
        let all = names.iter().flat_map(|name| served_from::<S>(name, shared));
        all.for_each(|folder| {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        });
    }
    Wanted {
        authority: issuer,
        key_type: fetched.key_type,
        chain: params.path(prefix, fetched.certificate.chain),
        key: params.path(prefix, fetched.certificate.key),
        names,
        folders,
    }
}

/// The folders that the site serves files of challenges from to who asks for this host without TLS.
fn served_from<S: Site>(host: &str, shared: &Shared) -> Vec<PathBuf> {
    let host = host.as_bytes();
    let plain = S::LISTENS.iter().enumerate().filter(|(_, listen)| !listen.tls);
    let servers = plain.map(|(id, _)| {
        let at_start = shared.start_names[id].iter();
        let at_start = at_start.filter(|(name, _)| name == host).map(|(_, server)| *server).next();
        at_start.unwrap_or_else(|| S::server(id as u16, host).id)
    });
    servers.filter_map(|server| folder_of::<S>(server, shared)).collect()
}

fn folder_of<S: Site>(server: ServerId, shared: &Shared) -> Option<PathBuf> {
    let probe = format!("{CHALLENGE_PATH}x");
    let location = S::location(S::route(server, probe.as_bytes()));
    let base = &location.settings.base;
    if base.directory == DirectoryId::MAX || !base.append_path || location.settings.pack.is_some() {
        return None;
    }
    let Text::Fixed(inner) = base.inner else { return None };
    let inner = std::str::from_utf8(inner).ok()?;
    let rest = CHALLENGE_PATH.get(base.replaced_len..)?;
    let directory = shared.directories.get(usize::from(base.directory))?;
    Some(directory.join(inner).join(rest.trim_matches('/')))
}
