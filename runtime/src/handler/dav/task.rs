//! What takes long: collections that are removed, copied and moved, and files that are copied.
//!
//! A copy is made beside its destination and then put into its place, and what was there has
//! another name before it is removed: a failure leaves everything as it was. Where a source, or
//! what is to be deleted, cannot be removed as a whole, the answer says what is left.

use std::fs::File;
use std::io;

use super::multistatus;
use crate::files::{
    Failure, FileCopy, Files, Place, Placement, Removal, Spot, Temporary, TreeCopy,
};
use crate::handler::work::Work;
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
    Move(Box<Placement>),
    /// It is to be copied, with all that is in it where `whole`.
    CopyTree {
        whole: bool,
        placement: Box<Placement>,
    },
    /// A file is to be copied.
    CopyFile(File),
    /// A collection is copied to beside its destination.
    CopyingTree(TreeCopy, Temporary, Box<Placement>),
    CopyingFile(FileCopy),
    /// What was replaced, or is no whole copy, is removed, and then comes another stage.
    Clearing {
        temporary: Temporary,
        removal: Removal,
        placement: Box<Placement>,
        then: Box<Stage>,
    },
    /// The source is removed.
    Removing(Removal),
    /// All is done, but for what could not be removed; or nothing is.
    Ended(io::Result<Vec<Failure>>),
}

impl Task {
    fn advance(&mut self, stage: Stage) -> io::Result<Stage> {
        Ok(match stage {
            Stage::Delete => Stage::Removing(Removal::new(&self.from)),
            Stage::Move(placement) => self.rename(placement)?,
            Stage::CopyTree { whole, mut placement } => {
                placement.begin();
                let temporary = placement.copy();
                let copy = TreeCopy::begin(&self.from, temporary.spot(), whole)?;
                Stage::CopyingTree(copy, temporary, placement)
            }
            Stage::CopyFile(source) => Stage::CopyingFile(FileCopy::begin(source, &self.to)?),
            Stage::CopyingTree(mut copy, temporary, mut placement) => match copy.step() {
                Ok(false) => Stage::CopyingTree(copy, temporary, placement),
                Ok(true) => match placement.put(temporary.spot()) {
                    Ok(old) => {
                        temporary.forget();
                        let settled = self.settle();
                        clearing_old(old, placement, settled)
                    }
                    Err(error) => clearing(temporary, placement, Stage::Ended(Err(error))),
                },
                Err(error) => clearing(temporary, placement, Stage::Ended(Err(error))),
            },
            Stage::CopyingFile(mut copy) => match copy.step()? {
                false => Stage::CopyingFile(copy),
                true => {
                    copy.publish()?;
                    self.settle()
                }
            },
            Stage::Clearing { temporary, mut removal, mut placement, then } => {
                match removal.step() {
                    false => Stage::Clearing { temporary, removal, placement, then },
                    true => {
                        if !removal.failures().is_empty() {
                            self.left_over = true;
                            placement.leave();
                        }
                        temporary.forget();
                        *then
                    }
                }
            }
            Stage::Removing(mut removal) => match removal.step() {
                false => Stage::Removing(removal),
                true => Stage::Ended(Ok(removal.failures())),
            },
            ended @ Stage::Ended(_) => ended,
        })
    }

    /// Moves a collection; into another file system, it is copied and removed.
    fn rename(&mut self, mut placement: Box<Placement>) -> io::Result<Stage> {
        placement.begin();
        match placement.put(&self.from) {
            Ok(old) => Ok(clearing_old(old, placement, Stage::Ended(Ok(Vec::new())))),
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                Ok(Stage::CopyTree { whole: true, placement })
            }
            Err(error) => Err(error),
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
        if error.kind() == io::ErrorKind::AlreadyExists {
            return change::refuse(request, 412, "\"Destination\" exists");
        }
        let call = if self.aim == Aim::Move { "rename()" } else { "copy()" };
        let missing = if request.variables.path.ends_with(b"/") { 404 } else { 409 };
        change::fail(request, call, &self.destination, error, missing)
    }
}

/// What is temporary is removed, and then comes another stage.
fn clearing(temporary: Temporary, placement: Box<Placement>, then: Stage) -> Stage {
    let removal = Removal::new(temporary.spot());
    Stage::Clearing { temporary, removal, placement, then: Box::new(then) }
}

/// The same for what was replaced, if anything was.
fn clearing_old(old: Option<Temporary>, placement: Box<Placement>, then: Stage) -> Stage {
    match old {
        Some(old) => clearing(old, placement, then),
        None => then,
    }
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
            let text = "what was replaced or copied in part could not be removed";
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
