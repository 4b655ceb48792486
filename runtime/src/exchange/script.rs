//! From what a script has come to, to a reply.

use crate::cgi::{ERRORS_LEVEL, ScriptHead, Transfer};
use crate::context::{Client, Context};
use crate::escape::Escaped;
use crate::handler::Refusal;
use crate::http::method::Method;
use crate::http::target::{normalize, split_args};
use crate::http::{response, status};
use crate::output::Body;
use crate::site::{Level, Site};

use super::{Exchange, MAX_REDIRECTS, Outcome, Reply, Step};

impl Exchange {
    /// Makes the response to a script's head: [`Reply::Content`] where the script's content
    /// follows, and anything else where it is not wanted.
    pub fn answer_script<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &Client,
        head: ScriptHead,
    ) -> Reply {
        if let Some(uri) = &head.local_redirect {
            return self.redirect_locally(cx, client, uri);
        }
        self.status = match self.status_override {
            Some(status) if !status::is_redirect(head.status) => status,
            _ => head.status,
        };
        self.append_own(&head.fields);
        let no_content = status::has_no_content(self.status);
        let default_type = self.settings().map_or(&b""[..], |settings| settings.default_type);
        let may_be_typed = !no_content && !status::is_redirect(head.status);
        if may_be_typed && !head.has_type && head.content_len != Some(0) && !default_type.is_empty()
        {
            response::write_field(&mut self.fields, "Content-Type", default_type);
        }
        if let Some(len) = head.content_len.filter(|_| self.status != 204) {
            response::write_content_length(&mut self.fields, len);
        }
        let reply = match no_content || self.head.method == Some(Method::Head) {
            true => Reply::Response(Body::Empty),
            false => Reply::Content(self.transfer(head.content_len)),
        };
        self.finish(cx, client, reply)
    }

    /// How content is framed whose length is known, or is not.
    pub(super) fn transfer(&mut self, len: Option<u64>) -> Transfer {
        match len {
            Some(len) => Transfer::Length(len),
            None if self.head.minor_version == 0 => {
                self.persist = false;
                Transfer::UntilClose
            }
            None => {
                response::write_field(&mut self.fields, "Transfer-Encoding", b"chunked");
                Transfer::Chunked
            }
        }
    }

    /// Makes the response to a request whose script has failed.
    pub fn fail_script<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &Client,
        refusal: &Refusal,
    ) -> Reply {
        self.report(cx, client, refusal.level, format_args!("{}", refusal.reason));
        self.content_taken = true;
        let step = self.settle(cx, client, Outcome::status(refusal.status));
        self.follow(cx, client, step)
    }

    /// Writes a line that a script has written to standard error.
    pub fn report_script<S: Site>(&self, cx: &Context<S>, client: &Client, line: &[u8]) {
        self.report(cx, client, ERRORS_LEVEL, format_args!("script says: {}", Escaped(line)));
    }

    /// Goes on with another path of this server, as if the client had asked for that (RFC 3875,
    /// 6.2.2).
    fn redirect_locally<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &Client,
        uri: &[u8],
    ) -> Reply {
        let merge_slashes = self.route.is_some_and(|route| route.server_settings.merge_slashes);
        let (path, args) = split_args(uri);
        let mut decoded = Vec::new();
        let result = normalize(path, merge_slashes, &mut decoded);
        let fault = match result {
            Err(error) => Some(error.0),
            Ok(()) if self.redirects >= MAX_REDIRECTS => Some("internal redirection cycle"),
            Ok(()) => None,
        };
        self.content_taken = true;
        let step = if let Some(fault) = fault {
            let text = format_args!("{fault}, where a script redirects to \"{}\"", Escaped(uri));
            self.report(cx, client, Level::Error, text);
            self.settle(cx, client, Outcome::status(502))
        } else {
            self.head.path = decoded;
            self.args = Some(args.to_vec());
            self.as_get = self.head.method != Some(Method::Head);
            self.redirected();
            Step::Path
        };
        self.follow(cx, client, step)
    }
}
