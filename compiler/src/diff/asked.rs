//! What a conf answers to a request, as far as two confs are compared.

use super::Handling;
use crate::answer::Field;

/// An answer, as far as it is compared.
pub(super) struct Asked {
    pub(super) handling: Handling,
    pub(super) fields: Vec<Field>,
    /// Whether another client may be answered otherwise.
    pub(super) depends_on_client: bool,
}

impl Asked {
    /// Whether a client could not tell this answer from another one.
    pub(super) fn is_like(&self, other: &Asked) -> bool {
        (self.handling.status, &self.handling.end, &self.fields)
            == (other.handling.status, &other.handling.end, &other.fields)
    }
}
