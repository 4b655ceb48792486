//! What an editor asks about a conf while somebody writes it: texts and places in, values out.
//!
//! Nothing here needs a conf that is right. A [`Project`] is a conf and what it includes, read as
//! far as it can be understood; what it knows of the language comes from the tables.

mod complete;
mod findings;
pub mod grammar;
mod hover;
mod names;
mod outline;
mod place;
mod position;
mod project;
mod renaming;
#[cfg(test)]
mod tests;

pub use complete::{Completion, Of};
pub use findings::{Finding, findings};
pub use hover::documentation;
pub use names::Name;
pub use outline::{Item, ItemKind};
pub use position::{Lines, Position};
pub use project::Project;
pub use renaming::Unnamable;
