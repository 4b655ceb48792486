//! How urgent a response is (RFC 9218, section 4).

/// What the client says of a response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Priority {
    /// From 0, the most urgent, to 7.
    pub urgency: u8,
    /// Whether it is of use in parts, so that it is sent by turns with others.
    pub incremental: bool,
}

impl Default for Priority {
    fn default() -> Priority {
        Priority { urgency: 3, incremental: false }
    }
}

impl Priority {
    /// Reads the value of the field. What is not known of it, or wrong, is passed over (RFC 9218, 4).
    pub fn parse(value: &[u8]) -> Priority {
        let mut priority = Priority::default();
        for member in value.split(|&byte| byte == b',') {
            // Parameters are of no member that is known.
            let member = member.split(|&byte| byte == b';').next().unwrap_or_default();
            match member.trim_ascii() {
                [b'u', b'=', digit @ b'0'..=b'7'] => priority.urgency = digit - b'0',
                b"i" | b"i=?1" => priority.incremental = true,
                b"i=?0" => priority.incremental = false,
                _ => {}
            }
        }
        priority
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc9218_4_priorities_are_read() {
        for (value, urgency, incremental) in [
            ("", 3, false),
            ("u=0", 0, false),
            ("u=5, i", 5, true),
            ("i;x=1 , u=7", 7, true),
            ("i, i=?0", 3, false),
            ("u=8, i=1, U=2, u = 1", 3, false),
        ] {
            assert_eq!(
                Priority::parse(value.as_bytes()),
                Priority { urgency, incremental },
                "{value}"
            );
        }
    }
}
