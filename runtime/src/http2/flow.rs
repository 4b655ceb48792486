//! Windows (RFC 9113, section 5.2 and 6.9): what may be sent, and what the peer may send.

use super::frame::MAX_WINDOW;

/// A window that has become larger than any may (RFC 9113, 6.9.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overflow;

/// What may be sent. It is negative where the peer has made it smaller than what was sent already
/// (RFC 9113, 6.9.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SendWindow(i64);

impl SendWindow {
    /// A window of this length.
    pub fn new(len: u32) -> SendWindow {
        SendWindow(i64::from(len))
    }

    /// Bytes that may be sent now.
    pub fn open(self) -> usize {
        usize::try_from(self.0).unwrap_or(0)
    }

    /// Counts what is sent.
    pub fn take(&mut self, len: usize) {
        self.0 -= len as i64;
    }

    /// The peer lets more be sent.
    pub fn grow(&mut self, increment: u32) -> Result<(), Overflow> {
        self.adjust(i64::from(increment))
    }

    /// The windows that streams begin with have changed by so much, and with them those of all that
    /// are open.
    pub fn adjust(&mut self, by: i64) -> Result<(), Overflow> {
        self.0 += by;
        if self.0 > i64::from(MAX_WINDOW) { Err(Overflow) } else { Ok(()) }
    }
}

/// What the peer may send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReceiveWindow {
    /// What it may send now.
    open: u32,
    /// What was used of what it has sent, and was not given back yet.
    used: u32,
    most: u32,
}

impl ReceiveWindow {
    /// A window of this length.
    pub fn new(len: u32) -> ReceiveWindow {
        ReceiveWindow { open: len, used: 0, most: len }
    }

    /// The peer has sent so much, or more than it might.
    pub fn receive(&mut self, len: usize) -> Result<(), Overflow> {
        self.open =
            u32::try_from(len).ok().and_then(|len| self.open.checked_sub(len)).ok_or(Overflow)?;
        Ok(())
    }

    /// Makes the window one of at least this length. What to let the peer send more, if anything.
    pub fn widen(&mut self, most: u32) -> Option<u32> {
        let by = most.checked_sub(self.most).filter(|&by| by > 0)?;
        (self.most, self.open) = (most, self.open + by);
        Some(by)
    }

    /// Counts what was used. What to give back, where that is worth a frame: half of the window.
    pub fn give_back(&mut self, len: usize) -> Option<u32> {
        self.used += len as u32;
        if self.used * 2 < self.most {
            return None;
        }
        self.open += self.used;
        Some(std::mem::take(&mut self.used))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9113, 6.9.2: "A change to SETTINGS_INITIAL_WINDOW_SIZE can cause the available space in a
    /// flow-control window to become negative."
    #[test]
    fn rfc9113_6_9_2_a_window_may_become_negative() {
        let mut window = SendWindow::new(65_535);
        window.take(65_535);
        assert_eq!(window.adjust(16_384 - 65_535), Ok(()));
        assert_eq!((window, window.open()), (SendWindow(-49_151), 0));
        assert_eq!(window.grow(49_152), Ok(()));
        assert_eq!(window.open(), 1);
    }

    /// RFC 9113, 6.9.1: "A sender MUST NOT allow a flow-control window to exceed 2^31-1 octets."
    #[test]
    fn rfc9113_6_9_1_a_window_has_a_largest_length() {
        let mut window = SendWindow::new(1);
        assert_eq!(window.grow(MAX_WINDOW - 1), Ok(()));
        assert_eq!(window.grow(1), Err(Overflow));
    }

    #[test]
    fn what_was_used_is_given_back_in_halves() {
        let mut window = ReceiveWindow::new(100);
        assert_eq!(window.receive(70), Ok(()));
        assert_eq!((window.give_back(49), window.give_back(1)), (None, Some(50)));
        assert_eq!(window.receive(81), Err(Overflow));
        assert_eq!(window.receive(80), Ok(()));
        assert_eq!(window.give_back(70), Some(70));
        assert_eq!(
            (window.widen(100), window.widen(150), window.widen(120)),
            (None, Some(50), None)
        );
        assert_eq!(
            (window.give_back(30), window.give_back(44), window.give_back(1)),
            (None, None, Some(75))
        );
    }
}
