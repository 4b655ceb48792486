//! What takes long: collections that are removed, copied and moved, and files that are copied.
//!
//! A copy is made beside its destination and then put into its place, and what was there is moved
//! aside before and removed after: a failure leaves everything as it was. Where a source, or what
//! is to be deleted, cannot be removed as a whole, the answer says what is left.

use std::fs::File;
use std::io;

use super::multistatus;
use crate::files::{Failure, FileCopy, Files, Removal, Spot, Temporary, TreeCopy};
use crate::handler::work::{Place, Work};
use crate::handler::{Outcome, Request, Response, change, no_content};
use crate::site::Level;

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Aim {
    Delete,
    Copy,
    Move,
}

/// A DELETE, COPY or MOVE on its way.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) place: Place,
    pub(super) aim: Aim,
    pub(super) from: Spot,
    /// The same again for DELETE.
    pub(super) to: Spot,
    /// The path of the destination, for the log.
    pub(super) destination: Vec<u8>,
    /// Whether what is at the destination gives way.
    pub(super) overwrite: bool,
    pub(super) stage: Stage,
    /// Whether something that has given way could not be removed.
    pub(super) left_over: bool,
}

/// How far it is.
#[derive(Debug)]
pub(super) enum Stage {
    /// The source is to be removed, with all that is in it.
    Delete,
    /// It is to be moved.
    Move,
    /// It is to be copied, with all that is in it where `whole`.
    CopyTree {
        whole: bool,
    },
    /// A file is to be copied.
    CopyFile(File),
    /// A collection is copied to beside its destination.
    CopyingTree(TreeCopy, Temporary),
    CopyingFile(FileCopy),
    /// What is beside the destination is removed, and then comes another stage.
    Clearing(Temporary, Removal, Box<Stage>),
    /// The source is removed.
    Removing(Removal),
    /// All is done, but for what could not be removed; or nothing is.
    Ended(io::Result<Vec<Failure>>),
}

impl Task {
    fn advance(&mut self, stage: Stage) -> io::Result<Stage> {
        Ok(match stage {
            Stage::Delete => Stage::Removing(Removal::new(&self.from)),
            Stage::Move => self.rename()?,
            Stage::CopyTree { whole } => {
                let temporary = Temporary::beside(&self.to);
                let copy = TreeCopy::begin(&self.from, temporary.spot(), whole)?;
                Stage::CopyingTree(copy, temporary)
            }
            Stage::CopyFile(source) => Stage::CopyingFile(FileCopy::begin(source, &self.to)?),
            Stage::CopyingTree(mut copy, mut temporary) => match copy.step() {
                Ok(false) => Stage::CopyingTree(copy, temporary),
                Ok(true) => match self.replace(|to| temporary.put(to)) {
                    Ok(aside) => self.clear_and_settle(aside),
                    Err(error) => clearing(temporary, Stage::Ended(Err(error))),
                },
                Err(error) => clearing(temporary, Stage::Ended(Err(error))),
            },
            Stage::CopyingFile(mut copy) => match copy.step()? {
                false => Stage::CopyingFile(copy),
                true => {
                    copy.publish()?;
                    self.settle()
                }
            },
            Stage::Clearing(temporary, mut removal, then) => match removal.step() {
                false => Stage::Clearing(temporary, removal, then),
                true => {
                    self.left_over |= !removal.failures().is_empty();
                    temporary.forget();
                    *then
                }
            },
            Stage::Removing(mut removal) => match removal.step() {
                false => Stage::Removing(removal),
                true => Stage::Ended(Ok(removal.failures())),
            },
            ended @ Stage::Ended(_) => ended,
        })
    }

    /// Moves a collection; into another file system, it is copied and removed.
    fn rename(&mut self) -> io::Result<Stage> {
        let from = &self.from;
        match self.replace(|to| from.rename(to)) {
            Ok(aside) => Ok(match aside {
                Some(aside) => clearing(aside, Stage::Ended(Ok(Vec::new()))),
                None => Stage::Ended(Ok(Vec::new())),
            }),
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                Ok(Stage::CopyTree { whole: true })
            }
            Err(error) => Err(error),
        }
    }

    /// Puts something into its place. What was there, moved aside; it is back after a failure.
    fn replace(&self, put: impl FnOnce(&Spot) -> io::Result<()>) -> io::Result<Option<Temporary>> {
        let aside = if self.overwrite { Temporary::set_aside(&self.to)? } else { None };
        match (put(&self.to), aside) {
            (Ok(()), aside) => Ok(aside),
            (Err(error), Some(mut aside)) => {
                // What cannot be put back keeps its other name: it is not ours to remove.
                let _ = aside.put(&self.to);
                aside.forget();
                Err(error)
            }
            (Err(error), None) => Err(error),
        }
    }

    fn clear_and_settle(&self, aside: Option<Temporary>) -> Stage {
        match aside {
            Some(aside) => clearing(aside, self.settle()),
            None => self.settle(),
        }
    }

    /// What follows a copy that is in its place.
    fn settle(&self) -> Stage {
        match self.aim {
            Aim::Move => Stage::Removing(Removal::new(&self.from)),
            Aim::Copy | Aim::Delete => Stage::Ended(Ok(Vec::new())),
        }
    }

    fn failed(&self, request: &Request<'_>, error: &io::Error) -> Outcome {
        let call = if self.aim == Aim::Move { "rename()" } else { "copy()" };
        let missing = if request.variables.path.ends_with(b"/") { 404 } else { 409 };
        change::fail(request, call, &self.destination, error, missing)
    }
}

/// What is beside the destination is removed, and then comes another stage.
fn clearing(temporary: Temporary, then: Stage) -> Stage {
    let removal = Removal::new(temporary.spot());
    Stage::Clearing(temporary, removal, Box::new(then))
}

impl Work for Task {
    fn step(&mut self) -> bool {
        if !self.place.take() {
            return false;
        }
        let stage = std::mem::replace(&mut self.stage, Stage::Delete);
        self.stage = self.advance(stage).unwrap_or_else(|error| Stage::Ended(Err(error)));
        matches!(self.stage, Stage::Ended(_))
    }

    fn finish(mut self: Box<Self>, request: &Request<'_>, files: &mut Files) -> Outcome {
        files.announce_change();
        if self.left_over {
            let text = "what was beside the destination could not be removed";
            (request.report)(Level::Error, format_args!("{text}"));
        }
        let path = request.variables.path;
        let result = std::mem::replace(&mut self.stage, Stage::Delete);
        match result {
            Stage::Ended(Ok(failures)) if failures.is_empty() => {
                match self.aim != Aim::Delete && path.ends_with(b"/") {
                    true => Outcome::Response(Response { status: 201, ..Response::default() }),
                    false => no_content(),
                }
            }
            Stage::Ended(Ok(failures)) => multistatus::answer(request, path, &failures),
            Stage::Ended(Err(error)) => self.failed(request, &error),
            _ => Outcome::Status(500),
        }
    }
}
