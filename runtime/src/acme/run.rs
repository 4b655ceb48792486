//! The command: looks what is due, fetches it, and with `--watch` waits until it is time again.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use ureq::Agent;

use super::fault::Fault;
use super::jose::AccountKey;
use super::pair::{Leaf, check_writable, install, mend};
use super::plan::{Authority, Mode, Plan, Wait, Wanted};
use super::renewal::{Due, due};
use super::session::{Directory, Session, agent, directory};
use super::state::{lock, make_folder, remember_rest, rest_until};
use super::time::shown;
use crate::sys::append::say;

/// The first rest after something has failed, with `--watch`; each further one is twice as long.
const FIRST_REST: Duration = Duration::from_secs(60);
/// The longest of them, and of any other.
const MOST_REST: Duration = Duration::from_secs(12 * 3600);
/// How long to leave an authority alone that says it was asked too often, and not for how long.
const LIMIT_REST: Duration = Duration::from_secs(3600);

/// Fetches what is due. Whether all went well. Where `wait` says so, it ends between two runs.
pub fn run(plan: &Plan, mode: &Mode, wait: Wait<'_>) -> bool {
    let mut failed_times = 0;
    loop {
        let Ran { next, is_well } = once(plan, mode);
        if !mode.watch {
            return is_well;
        }
        failed_times = if is_well { 0 } else { failed_times + 1 };
        let rest = match failed_times {
            0 => MOST_REST,
            times => (FIRST_REST * 2u32.pow((times - 1).min(10))).min(MOST_REST),
        };
        let soonest = SystemTime::now() + rest;
        let next = next.filter(|_| is_well).map_or(soonest, |next| next.min(soonest));
        let rest = next.duration_since(SystemTime::now()).unwrap_or(Duration::ZERO);
        // Whatever is due at once has just been seen to.
        if !wait(rest.max(Duration::from_secs(1))) {
            return true;
        }
    }
}

/// What came of one run.
struct Ran {
    /// When something is due, or to be looked at again.
    next: Option<SystemTime>,
    is_well: bool,
}

fn once(plan: &Plan, mode: &Mode) -> Ran {
    let mut ran = Ran { next: None, is_well: true };
    let mut by_authority: BTreeMap<usize, Vec<&Wanted>> = BTreeMap::new();
    for wanted in &plan.wanted {
        by_authority.entry(wanted.authority).or_default().push(wanted);
    }
    for (index, wanted) in by_authority {
        let authority = &plan.authorities[index];
        let talk = Talk { plan, mode, authority };
        match talk.with(&wanted) {
            Ok(next) => {
                let both = [ran.next, next].into_iter().flatten();
                ran.next = both.min();
            }
            Err(()) => ran.is_well = false,
        }
    }
    ran
}

/// A talk with one authority.
struct Talk<'a> {
    plan: &'a Plan,
    mode: &'a Mode,
    authority: &'a Authority,
}

impl Talk<'_> {
    fn say(&self, what: &str, text: &str) {
        say(&format!("{}: {what}: {text}\n", self.plan.program));
    }

    fn error(&self, what: &str, text: &str) {
        say(&format!("error: {what}: {text}\n"));
    }

    /// Sees to what is wanted of the authority. Returns when that is to be done again. What is wrong is
    /// told.
    fn with(&self, wanted: &[&Wanted]) -> Result<Option<SystemTime>, ()> {
        let Authority { name, state, .. } = self.authority;
        let begun = || {
            make_folder(state, self.plan.owner)?;
            let lock = lock(state, self.plan.owner)?;
            Ok((lock, agent(self.authority)?))
        };
        let (_lock, agent) = begun().map_err(|fault: String| self.error(name, &fault))?;
        wanted.iter().for_each(|wanted| mend(wanted));
        let leaves: Vec<_> = wanted.iter().map(|it| Leaf::read(&it.chain, &it.key)).collect();
        if let Some(until) = rest_until(state).filter(|_| !self.mode.force) {
            return self.rest(wanted, &leaves, until);
        }
        let directory =
            directory(&agent, self.authority).map_err(|fault| self.fail(name, &fault))?;
        let mut session = None;
        let (mut next, mut is_well) = (None, true);
        let mut note =
            |at: SystemTime| next = Some(next.map_or(at, |next: SystemTime| next.min(at)));
        for (wanted, leaf) in wanted.iter().zip(leaves) {
            let name = wanted.names.join(", ");
            let (reason, replaced) = match self.reason(wanted, &leaf, &agent, &directory) {
                Ok(Due { at, look_again }) => {
                    self.say(&name, &format!("good until {}; due {}", until(&leaf), shown(at)));
                    note(look_again.map_or(at, |look| look.min(at)));
                    continue;
                }
                Err(reason) => (reason, leaf.as_ref().ok().and_then(|leaf| leaf.id.clone())),
            };
            if let Err(fault) = check_writable(wanted, self.plan.owner) {
                self.error(&name, &fault);
                is_well = false;
                continue;
            }
            if self.mode.dry_run {
                self.say(
                    &name,
                    &format!("would be fetched from `{}`: {reason}", self.authority.name),
                );
                continue;
            }
            self.say(&name, &format!("is fetched from `{}`: {reason}", self.authority.name));
            let fetched =
                self.fetch(&mut session, (&agent, &directory), wanted, replaced.as_deref());
            match fetched {
                Ok(leaf) => {
                    self.say(&name, &format!("good until {}", shown(leaf.until)));
                    let Due { at, look_again } = due(&leaf, &agent, &directory);
                    note(look_again.map_or(at, |look| look.min(at)));
                }
                Err(fault) => {
                    self.fail(&name, &fault);
                    if leaf.is_ok() {
                        self.say(&name, &format!("the old one stays, until {}", until(&leaf)));
                    }
                    is_well = false;
                    // It would say the same of the next one.
                    if fault.is_limit() {
                        break;
                    }
                }
            }
        }
        if is_well { Ok(next) } else { Err(()) }
    }

    /// Leaves an authority alone that wants to be.
    fn rest(
        &self,
        wanted: &[&Wanted],
        leaves: &[Result<Leaf, String>],
        until: SystemTime,
    ) -> Result<Option<SystemTime>, ()> {
        let now = SystemTime::now();
        let is_due = |(wanted, leaf): (&&Wanted, &Result<Leaf, String>)| match leaf {
            Ok(leaf) => leaf.differs(wanted).is_some() || leaf.last_third() <= now,
            Err(_) => true,
        };
        let text = format!(
            "was asked too often, and is left alone until {}; `--force` asks all the same",
            shown(until)
        );
        match wanted.iter().zip(leaves).any(is_due) {
            true => {
                self.error(self.authority.name, &text);
                Err(())
            }
            false => {
                self.say(self.authority.name, &text);
                Ok(Some(until))
            }
        }
    }

    /// Why a certificate is to be fetched; `Ok`: it is not.
    fn reason(
        &self,
        wanted: &Wanted,
        leaf: &Result<Leaf, String>,
        agent: &Agent,
        directory: &Directory,
    ) -> Result<Due, String> {
        let leaf = match leaf {
            Ok(leaf) => leaf,
            Err(_) if !wanted.chain.exists() => return Err("there is none yet".to_owned()),
            Err(fault) => return Err(fault.clone()),
        };
        if let Some(differs) = leaf.differs(wanted) {
            return Err(differs);
        }
        let due = due(leaf, agent, directory);
        if self.mode.force {
            return Err("`--force`".to_owned());
        }
        match due.at <= SystemTime::now() {
            true => Err(format!("it is good until {}", shown(leaf.until))),
            false => Ok(due),
        }
    }

    /// Fetches a certificate, and puts it in place.
    fn fetch<'s>(
        &'s self,
        session: &mut Option<Opened<'s>>,
        (agent, directory): (&'s Agent, &'s Directory),
        wanted: &Wanted,
        replaces: Option<&str>,
    ) -> Result<Leaf, Fault> {
        let opened = match session {
            Some(opened) => opened,
            None => {
                let key = AccountKey::open(&self.authority.account_key, self.plan.owner)?;
                session.insert(Opened { key, account: None, agent, directory })
            }
        };
        let mut session =
            Session::new((self.authority, &opened.key), (opened.agent, opened.directory));
        match &opened.account {
            Some(account) => session.account = Some(account.clone()),
            None => {
                session.open_account()?;
                opened.account = session.account.clone();
            }
        }
        let issued = session.fetch(wanted, replaces, self.plan.owner)?;
        Ok(install(wanted, &issued.chain, &issued.key, self.plan.owner)?)
    }

    fn fail(&self, what: &str, fault: &Fault) {
        self.error(what, &fault.text);
        if fault.is_limit() || fault.rest.is_some() {
            let rest = fault.rest.unwrap_or(LIMIT_REST);
            remember_rest(&self.authority.state, rest, self.plan.owner);
            let until = shown(SystemTime::now() + rest);
            self.say(self.authority.name, &format!("is left alone until {until}"));
        }
    }
}

/// An account that was found.
struct Opened<'a> {
    key: AccountKey,
    account: Option<String>,
    agent: &'a Agent,
    directory: &'a Directory,
}

fn until(leaf: &Result<Leaf, String>) -> String {
    leaf.as_ref().map_or_else(|_| String::new(), |leaf| shown(leaf.until))
}
