//! A site as it was resolved, for the phases: the types of [`ir`](crate::ir).

use std::borrow::Cow;
use std::marker::PhantomData;

use sitec_runtime::exchange::world::{
    self, Added, Admission, Base, Candidate, Condition, ErrorPage, ErrorTarget, Fallback, Form, Op,
    Redirects, Return, Rewrite, Substitution, Test,
};
use sitec_runtime::http::accept::Coding;
use sitec_runtime::http::charset::{is_same, takes_charset};
use sitec_runtime::http::method::MethodSet;
use sitec_runtime::media::is_among;
use sitec_runtime::site::{Assigned, CompressionSettings, LocationId, UsersId};

use super::server_name;
use crate::ir::{self, Action, Handler, Piece, Value};

/// The types of `ir`, borrowed from a site.
pub(super) struct Resolved<'a>(PhantomData<&'a ()>);

impl<'a> Form for Resolved<'a> {
    type Server = Server<'a>;
    type Location = Location<'a>;
    type Match = (&'a ir::Pattern, Vec<u8>);
    type Held = ();
}

/// One server of a site.
#[derive(Clone, Copy)]
pub(super) struct Server<'a> {
    pub(super) site: &'a ir::Site,
    pub(super) server: &'a ir::Server,
}

impl world::Server for Server<'_> {
    fn location(self) -> LocationId {
        self.server.location
    }

    fn name(self) -> Cow<'static, [u8]> {
        Cow::Owned(server_name(self.site, &self.server.name).into_bytes())
    }

    fn merges_slashes(self) -> bool {
        self.server.merge_slashes
    }
}

/// One location of a site, and what holds in it.
#[derive(Clone, Copy)]
pub(super) struct Location<'a> {
    pub(super) location: &'a ir::Location,
    pub(super) settings: &'a ir::Settings,
    pub(super) site: &'a ir::Site,
}

impl Location<'_> {
    /// Whether contents of a media type without parameters may be recoded.
    pub(super) fn recodes(self, media_type: &[u8]) -> bool {
        let (charset, source) = (&self.settings.charset, &self.settings.source_charset);
        let (Some(charset), Some(source)) = (charset, source) else { return false };
        let is_same = match (charset.name.literal(), source.literal()) {
            (Some(one), Some(other)) => is_same(one, other),
            _ => false,
        };
        !is_same && is_among(media_type, charset.types.as_deref())
    }
}

impl<'a> world::Location for Location<'a> {
    type Text = &'a Value;
    type Access = &'a ir::Access;
    type Users = UsersId;
    /// Here, nothing is worked out before it is asked for.
    type Prebuilt = std::convert::Infallible;
    type Regex = &'a ir::Regex;

    fn op(self, index: usize) -> Option<Op<Self>> {
        self.location.ops.get(index).map(op)
    }

    fn is_internal(self) -> bool {
        self.location.internal
    }

    fn max_content_len(self) -> u64 {
        self.settings.client_max_body_size
    }

    fn limit_except(self) -> Option<(MethodSet, Admission<Self>)> {
        let limit = self.location.limit_except.as_ref()?;
        Some((limit.methods, admission(self.site, &limit.admission)))
    }

    fn limited_to(self) -> Option<LocationId> {
        self.location.limit_except.as_ref()?.location
    }

    fn admission(self) -> Admission<Self> {
        admission(self.site, &self.settings.admission)
    }

    fn methods(self) -> MethodSet {
        self.location.methods
    }

    fn names_methods(self) -> bool {
        self.location.methods_named
    }

    fn allow(self) -> Cow<'static, [u8]> {
        Cow::Owned(self.location.methods.allow().into_bytes())
    }

    fn action(self) -> world::Action<Self> {
        match &self.location.action {
            Action::Return(answer) => world::Action::Return(returned(answer)),
            Action::Serve { try_files, handler } => world::Action::Serve {
                fallback: try_files.as_ref().map(|list| match &list.fallback {
                    ir::Fallback::Uri(uri) => Fallback::Uri(uri),
                    ir::Fallback::Named(id) => Fallback::Named(*id),
                    ir::Fallback::Status(status) => Fallback::Status(*status),
                }),
                only_files: *handler == Handler::Files,
            },
        }
    }

    fn candidate(self, index: usize) -> Option<Candidate<&'a Value>> {
        let Action::Serve { try_files: Some(list), .. } = &self.location.action else {
            return None;
        };
        let ir::Candidate { path, directory } = list.candidates.get(index)?;
        let is_computed = path.0.iter().any(|piece| !matches!(piece, Piece::Literal(_)));
        Some(Candidate { path, is_computed, directory: *directory })
    }

    fn base(self) -> Base {
        let ir::FileBase { replaced_len, append_path, alias, .. } = self.settings.base;
        Base { replaced_len, append_path, alias }
    }

    fn error_page(self, status: u16) -> Option<ErrorPage<&'a Value>> {
        let page = self.settings.error_pages.iter().find(|page| page.status == status)?;
        let target = match &page.target {
            ir::ErrorTarget::Uri(uri) => ErrorTarget::Uri(uri),
            ir::ErrorTarget::Named(id) => ErrorTarget::Named(*id),
            ir::ErrorTarget::Redirect(target) => ErrorTarget::Redirect(target),
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
        Cow::Owned(self.settings.default_type.clone())
    }

    fn charset(self) -> Option<&'a Value> {
        self.settings.charset.as_ref().map(|charset| &charset.name)
    }

    fn takes_charset(self, media_type: &[u8]) -> bool {
        let charset = self.settings.charset.as_ref();
        charset.is_some_and(|charset| takes_charset(media_type, charset.types.as_deref()))
    }

    fn source_charset(self) -> Option<&'a Value> {
        self.settings.source_charset.as_ref()
    }

    fn overrides_charset(self) -> bool {
        self.settings.override_charset
    }

    /// Only what another server says is in parts, and that is not known.
    fn slice_len(self) -> u64 {
        0
    }

    fn auth_delay_ms(self) -> u64 {
        self.settings.auth_delay_ms
    }

    fn substitution(self) -> Option<Substitution> {
        self.settings.substitution.as_ref()?;
        let keeps_modified = self.settings.sub_filter_last_modified;
        Some(Substitution { keeps_modified })
    }

    fn substitutes(self, media_type: &[u8]) -> bool {
        self.settings.substitution.as_ref().is_some_and(|it| it.is_for(media_type))
    }

    fn is_composed(self) -> bool {
        self.settings.additions.is_some() || self.settings.ssi.is_some()
    }

    fn adds_to(self, media_type: &[u8]) -> bool {
        self.settings.additions.as_ref().is_some_and(|it| it.is_for(media_type))
    }

    fn weaves(self, media_type: &[u8]) -> bool {
        self.settings.ssi.as_ref().is_some_and(|it| it.is_for(media_type))
    }

    fn keeps_modified(self) -> bool {
        self.settings.ssi_last_modified
    }

    fn compression(self) -> Option<CompressionSettings> {
        self.settings.compression.as_ref().map(|compression| compression.plain)
    }

    fn codes(self, coding: Coding, media_type: &[u8]) -> bool {
        let compression = self.settings.compression.as_ref();
        let mut coders = compression.iter().flat_map(|compression| &compression.coders);
        coders.any(|coder| coder.coding == coding && is_among(media_type, coder.types.as_deref()))
    }

    fn gzip_disable(self) -> Option<&'a ir::Regex> {
        self.settings.compression.as_ref()?.disable.as_ref()
    }

    fn answered(self, index: usize) -> Option<(Assigned, &'a Value)> {
        let ir::Answered { variable, name: _, value } = self.settings.answered.get(index)?;
        Some((*variable, value))
    }

    fn added(self, usual: bool, index: usize) -> Option<Added<&'a Value>> {
        let expires = self.settings.expires.as_ref().filter(|_| usual);
        let expires = expires.map(|expires| match expires {
            ir::Expiration::Fixed(expires) => Added::Expires(*expires),
            ir::Expiration::Computed(value, modified) => Added::ComputedExpires(value, *modified),
        });
        let all = &self.settings.added_fields;
        let (first, added) = all.split_at(all.partition_point(|field| field.replaces));
        fields(first, usual).chain(expires).chain(fields(added, usual)).nth(index)
    }

    fn trailer(self, usual: bool, index: usize) -> Option<Added<&'a Value>> {
        fields(&self.settings.added_trailers, usual).nth(index)
    }
}

/// Those of the fields that are added to a response. `usual`: it has a status that takes all.
fn fields(added: &[ir::AddedField], usual: bool) -> impl Iterator<Item = Added<&Value>> {
    let fields = added.iter().filter(move |field| usual || field.always);
    fields.map(|field| Added::Field {
        name: Cow::Owned(field.name.clone()),
        value: &field.value,
        sole: field.is_sole(),
    })
}

fn admission<'a>(site: &'a ir::Site, admission: &'a ir::Admission) -> Admission<Location<'a>> {
    let ir::Admission { access, named, satisfy_any, auth, inquiry } = admission;
    let [access, named] = [access, named].map(|id| id.map(|id| &site.accesses[id]));
    let auth = auth.as_ref().map(|auth| (&auth.realm, auth.users));
    let satisfy_any = *satisfy_any;
    Admission { access, named, satisfy_any, auth, inquiry: inquiry.as_ref() }
}

fn returned<'a>(answer: &'a ir::Return) -> Return<Location<'a>> {
    match answer {
        ir::Return::Status(status) => Return::Status(*status),
        ir::Return::Redirect(status, target) => Return::Redirect(*status, target),
        ir::Return::Text(status, text) => Return::Text(*status, text),
        ir::Return::Close => Return::Close,
    }
}

/// A step in the form that the phases take.
pub(super) fn op<'a>(op: &'a ir::Op) -> Op<Location<'a>> {
    match op {
        ir::Op::Set(variable, _, text) => Op::Set(*variable, text),
        ir::Op::If { condition: ir::Condition { negated, test }, skip, location } => Op::If {
            condition: Condition {
                negated: *negated,
                test: match test {
                    ir::Test::Truth(text) => Test::Truth(text),
                    ir::Test::Equal(one, other) => Test::Equal(one, other),
                    ir::Test::Matches(text, regex) => Test::Matches(text, regex),
                    ir::Test::Path(path, test) => Test::Path(path, *test),
                },
            },
            skip: *skip,
            location: *location,
        },
        ir::Op::Rewrite(ir::Rewrite { regex, target, args, keep_args, then }) => {
            let (args, keep_args, then) = (args.as_ref(), *keep_args, *then);
            Op::Rewrite(Rewrite { regex, target, args, keep_args, then })
        }
        ir::Op::Return(answer) => Op::Return(returned(answer)),
        ir::Op::Break => Op::Break,
    }
}
