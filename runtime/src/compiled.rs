//! A site as it was compiled, for the phases: the types of the contract.

use std::borrow::Cow;

use crate::exchange;
use crate::exchange::world::{
    Action, Added, Admission, Base, Candidate, Condition, ErrorPage, ErrorTarget, Fallback, Form,
    Location, Op, Redirects, Return, Rewrite, Server, Substitution, Test,
};
use crate::http::accept::Coding;
use crate::http::charset::takes_charset;
use crate::http::method::MethodSet;
use crate::site::{
    self, Access, AddedField, Assigned, CompressionSettings, Handler, LocationId, Match, Text,
    UsersId,
};
use crate::zone::Held;

/// The static types that generated code fills in.
pub(crate) enum Compiled {}

/// One request of a running server, and its response.
pub(crate) type Exchange = exchange::Exchange<Compiled>;

impl Form for Compiled {
    type Server = &'static site::Server;
    type Location = &'static site::Location;
    type Match = Match;
    type Held = Vec<Held>;
}

impl Server for &'static site::Server {
    fn location(self) -> LocationId {
        self.location
    }

    fn name(self) -> Cow<'static, [u8]> {
        Cow::Borrowed(self.name.bytes())
    }

    fn merges_slashes(self) -> bool {
        self.merge_slashes
    }
}

impl Location for &'static site::Location {
    type Text = &'static Text;
    type Access = &'static Access;
    type Users = UsersId;
    type Prebuilt = &'static site::Return;
    type Regex = &'static site::Regex;

    fn is_internal(self) -> bool {
        self.internal
    }

    fn max_content_len(self) -> u64 {
        self.settings.client_max_body_size
    }

    fn limit_except(self) -> Option<(MethodSet, Admission<Self>)> {
        self.limit_except.as_ref().map(|limit| (limit.methods, admission(limit.admission)))
    }

    fn limited_to(self) -> Option<LocationId> {
        self.limit_except.as_ref()?.location
    }

    fn admission(self) -> Admission<Self> {
        admission(self.settings.admission)
    }

    fn methods(self) -> MethodSet {
        self.methods
    }

    fn names_methods(self) -> bool {
        self.methods_named
    }

    fn allow(self) -> Cow<'static, [u8]> {
        Cow::Borrowed(self.allow)
    }

    fn action(self) -> Action<Self> {
        match &self.action {
            site::Action::Return(answer) => Action::Return(returned(answer)),
            site::Action::Serve { try_files, handler } => Action::Serve {
                fallback: try_files.map(|list| match &list.fallback {
                    site::Fallback::Uri(uri) => Fallback::Uri(uri),
                    site::Fallback::Named(id) => Fallback::Named(*id),
                    site::Fallback::Status(status) => Fallback::Status(*status),
                }),
                only_files: matches!(handler, Handler::Files),
            },
        }
    }

    fn op(self, index: usize) -> Option<Op<Self>> {
        self.ops.get(index).map(op)
    }

    fn candidate(self, index: usize) -> Option<Candidate<&'static Text>> {
        let site::Action::Serve { try_files: Some(list), .. } = &self.action else { return None };
        list.candidates.get(index).map(|candidate| Candidate {
            path: &candidate.path,
            is_computed: matches!(candidate.path, Text::Computed(_)),
            directory: candidate.directory,
        })
    }

    fn base(self) -> Base {
        let site::FileBase { replaced_len, append_path, alias, .. } = self.settings.base;
        Base { replaced_len, append_path, alias }
    }

    fn error_page(self, status: u16) -> Option<ErrorPage<&'static Text>> {
        let page = self.settings.error_pages.iter().find(|page| page.status == status)?;
        let target = match &page.target {
            site::ErrorTarget::Uri(uri) => ErrorTarget::Uri(uri),
            site::ErrorTarget::Named(id) => ErrorTarget::Named(*id),
            site::ErrorTarget::Redirect(target) => ErrorTarget::Redirect(target),
        };
        Some(ErrorPage { response: page.response, target })
    }

    fn has_recursive_error_pages(self) -> bool {
        self.settings.recursive_error_pages
    }

    fn redirects(self) -> Redirects {
        Redirects {
            absolute: self.settings.absolute_redirect,
            server_name: self.settings.server_name_in_redirect,
            port: self.settings.port_in_redirect,
        }
    }

    fn default_type(self) -> Cow<'static, [u8]> {
        Cow::Borrowed(self.settings.default_type)
    }

    fn charset(self) -> Option<&'static Text> {
        self.settings.charset.map(|charset| &charset.name)
    }

    fn takes_charset(self, media_type: &[u8]) -> bool {
        self.settings.charset.is_some_and(|charset| takes_charset(media_type, charset.types))
    }

    fn source_charset(self) -> Option<&'static Text> {
        self.settings.source_charset.as_ref()
    }

    fn overrides_charset(self) -> bool {
        self.settings.override_charset
    }

    fn slice_len(self) -> u64 {
        self.settings.slice_len
    }

    fn auth_delay_ms(self) -> u64 {
        self.settings.auth_delay_ms
    }

    fn substitution(self) -> Option<Substitution> {
        self.settings.substitution?;
        Some(Substitution { keeps_modified: self.settings.sub_filter_last_modified })
    }

    fn substitutes(self, media_type: &[u8]) -> bool {
        self.settings.substitutes(media_type)
    }

    fn is_composed(self) -> bool {
        self.settings.is_composed()
    }

    fn adds_to(self, media_type: &[u8]) -> bool {
        self.settings.adds_to(media_type)
    }

    fn weaves(self, media_type: &[u8]) -> bool {
        self.settings.weaves(media_type)
    }

    fn keeps_modified(self) -> bool {
        self.settings.ssi_last_modified
    }

    fn compression(self) -> Option<CompressionSettings> {
        self.settings.compression.map(|compression| compression.plain)
    }

    fn codes(self, coding: Coding, media_type: &[u8]) -> bool {
        self.settings.codes(coding, media_type)
    }

    fn gzip_disable(self) -> Option<&'static site::Regex> {
        self.settings.compression?.disable
    }

    fn answered(self, index: usize) -> Option<(Assigned, &'static Text)> {
        let (variable, text) = self.settings.answered.get(index)?;
        Some((*variable, text))
    }

    fn added(self, usual: bool, index: usize) -> Option<Added<&'static Text>> {
        added(&self.settings.added_fields, usual, index)
    }

    fn trailer(self, usual: bool, index: usize) -> Option<Added<&'static Text>> {
        added(&self.settings.added_trailers, usual, index)
    }
}

/// What is added to a response, by number.
fn added(
    added: &'static site::AddedFields,
    usual: bool,
    index: usize,
) -> Option<Added<&'static Text>> {
    let field = |name: &'static str, value, sole| {
        let name = Cow::Borrowed(name);
        Added::Field { name, value, sole }
    };
    Some(match (if usual { added.usual } else { added.always }).get(index)? {
        AddedField::Lines(lines) => Added::Lines(lines),
        AddedField::Line(name, value) => field(name, value, false),
        AddedField::Sole(name, value) => field(name, value, true),
        AddedField::Expires(expires) => Added::Expires(*expires),
        AddedField::ComputedExpires(text, modified) => Added::ComputedExpires(text, *modified),
    })
}

fn admission(admission: site::Admission) -> Admission<&'static site::Location> {
    let site::Admission { access, named, satisfy_any, auth, inquiry } = admission;
    let auth = auth.map(|auth| (&auth.realm, auth.users));
    Admission { access, named, satisfy_any, auth, inquiry }
}

fn returned(answer: &'static site::Return) -> Return<&'static site::Location> {
    match answer {
        site::Return::Status(status) => Return::Status(*status),
        site::Return::Redirect(status, target) => Return::Redirect(*status, target),
        site::Return::Text(status, text) => Return::Text(*status, text),
        site::Return::Prebuilt(_) | site::Return::Listed(_) => Return::Prebuilt(answer),
        site::Return::Close => Return::Close,
    }
}

/// A step in the form that the phases take.
pub(crate) fn op(op: &'static site::Op) -> Op<&'static site::Location> {
    match op {
        site::Op::Set(variable, text) => Op::Set(*variable, text),
        site::Op::If { condition: site::Condition { negated, test }, skip, location } => Op::If {
            condition: Condition {
                negated: *negated,
                test: match test {
                    site::Test::Truth(text) => Test::Truth(text),
                    site::Test::Equal(one, other) => Test::Equal(one, other),
                    site::Test::Matches(text, regex) => Test::Matches(text, regex),
                    site::Test::Path(path, test) => Test::Path(path, *test),
                },
            },
            skip: *skip,
            location: *location,
        },
        site::Op::Rewrite(site::Rewrite { regex, target, args, keep_args, then }) => {
            let (args, keep_args, then) = (args.as_ref(), *keep_args, *then);
            Op::Rewrite(Rewrite { regex, target, args, keep_args, then })
        }
        site::Op::Return(answer) => Op::Return(returned(answer)),
        site::Op::Break => Op::Break,
    }
}
