//! Values that are worked out once for a request.

use std::cell::RefCell;

/// What has been worked out so far, by number.
#[derive(Default)]
pub struct Memo(RefCell<Vec<Option<Vec<u8>>>>);

impl Memo {
    /// Appends the value with this number, worked out by `compute` unless that was done before.
    pub fn write(&self, number: usize, out: &mut Vec<u8>, compute: impl FnOnce(&mut Vec<u8>)) {
        if let Some(Some(value)) = self.0.borrow().get(number) {
            return out.extend_from_slice(value);
        }
        // A value may rest on others of them.
        let mut value = Vec::new();
        compute(&mut value);
        out.extend_from_slice(&value);
        let mut values = self.0.borrow_mut();
        if values.len() <= number {
            values.resize(number + 1, None);
        }
        values[number] = Some(value);
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.0.get_mut().clear();
    }
}
