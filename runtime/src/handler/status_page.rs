//! `status_page`: which of its parts a request is for. All of them have one path, so that one rule says
//! who may see them, and a policy of the conf that lets in nothing but the site's own lets them in.

/// A part of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StatusPart {
    /// The page itself.
    Page,
    /// What it looks like.
    Style,
    /// The program that asks for the numbers.
    Script,
    /// The numbers.
    Numbers,
}

impl StatusPart {
    /// What a request with these arguments and this Accept is for.
    pub fn of(args: &[u8], accept: &[u8]) -> StatusPart {
        match args {
            b"css" => StatusPart::Style,
            b"js" => StatusPart::Script,
            b"json" => StatusPart::Numbers,
            _ if accept.starts_with(b"application/json") => StatusPart::Numbers,
            _ => StatusPart::Page,
        }
    }

    /// Its type.
    pub fn media_type(self) -> &'static str {
        match self {
            StatusPart::Page => "text/html; charset=utf-8",
            StatusPart::Style => "text/css; charset=utf-8",
            StatusPart::Script => "text/javascript; charset=utf-8",
            StatusPart::Numbers => "application/json",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_or_what_is_accepted_choose_the_part() {
        for (args, accept, part) in [
            ("", "text/html,*/*", StatusPart::Page),
            ("a=b", "", StatusPart::Page),
            ("css", "", StatusPart::Style),
            ("js", "*/*", StatusPart::Script),
            ("json", "", StatusPart::Numbers),
            ("", "application/json", StatusPart::Numbers),
            ("", "text/html, application/json", StatusPart::Page),
        ] {
            assert_eq!(StatusPart::of(args.as_bytes(), accept.as_bytes()), part, "{args} {accept}");
        }
    }
}
