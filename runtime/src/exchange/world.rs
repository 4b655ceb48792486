//! What the phases are run over: the locations of a site, and a world in which values have values
//! and paths lead to files. A running server is one such world. The compiler, which works out what a
//! site would answer, is another.

use std::borrow::Cow;
use std::net::SocketAddr;

use super::{Exchange, Outcome, Refusal};
use crate::http::accept::Coding;
use crate::http::charset::Recoded;
use crate::http::head::Head;
use crate::http::method::MethodSet;
use crate::http::response::Fields;
use crate::http::target::Scheme;
use crate::site::{
    Assigned, CompressionSettings, ErrorStatus, Expires, LocationId, PathTest, ServerId, Then,
};

/// The form that a site is at hand in.
pub trait Form {
    /// One server.
    type Server: Server;
    /// One location, with what holds in it.
    type Location: Location;
    /// A regex that has matched.
    type Match: Clone;
    /// What counts in a zone as long as it is there.
    type Held: Hold;
}

/// Where requests count as long as they are under way.
pub trait Hold: Default {
    /// Whether it is nowhere.
    fn is_none(&self) -> bool;
}

impl Hold for () {
    fn is_none(&self) -> bool {
        true
    }
}

impl<T> Hold for Vec<T> {
    fn is_none(&self) -> bool {
        self.is_empty()
    }
}

/// What the phases ask of a server.
pub trait Server: Copy {
    /// What it has outside all locations.
    fn location(self) -> LocationId;
    /// Its first name.
    fn name(self) -> Cow<'static, [u8]>;
    /// `merge_slashes`.
    fn merges_slashes(self) -> bool;
}

/// What the phases ask of a location.
pub trait Location: Copy {
    /// A value of the conf.
    type Text: Copy;
    /// The rules of `allow` and `deny`.
    type Access: Copy;
    /// A file of users.
    type Users: Copy;
    /// A response that is known already.
    type Prebuilt: Copy;
    /// A regex of a condition or a `rewrite`.
    type Regex: Copy;

    /// `internal`.
    fn is_internal(self) -> bool;
    /// `client_max_body_size`, in bytes.
    fn max_content_len(self) -> u64;
    /// `limit_except`: the methods that it does not limit, and who may use the others.
    fn limit_except(self) -> Option<(MethodSet, Admission<Self>)>;
    /// The location that stands in the place of this one for the methods that it limits, if one does.
    fn limited_to(self) -> Option<LocationId>;
    /// Who may come in.
    fn admission(self) -> Admission<Self>;
    /// The methods that may be used.
    fn methods(self) -> MethodSet;
    /// Whether the conf names them.
    fn names_methods(self) -> bool;
    /// The value of an Allow field.
    fn allow(self) -> Cow<'static, [u8]>;
    /// What is done.
    fn action(self) -> Action<Self>;
    /// One step of `set`, `if`, `rewrite`, `break` and `return`, by number, until there is none.
    fn op(self, index: usize) -> Option<Op<Self>>;
    /// A candidate of `try_files`, by number, until there is none.
    fn candidate(self, index: usize) -> Option<Candidate<Self::Text>>;
    /// Where a `root` or `alias` leads.
    fn base(self) -> Base;
    /// The `error_page` of a status.
    fn error_page(self, status: u16) -> Option<ErrorPage<Self::Text>>;
    /// `recursive_error_pages`.
    fn has_recursive_error_pages(self) -> bool;
    /// How a Location field is made whole.
    fn redirects(self) -> Redirects;
    /// `default_type`.
    fn default_type(self) -> Cow<'static, [u8]>;
    /// The value of `charset`.
    fn charset(self) -> Option<Self::Text>;
    /// Whether that is added to a media type.
    fn takes_charset(self, media_type: &[u8]) -> bool;
    /// The value of `source_charset`.
    fn source_charset(self) -> Option<Self::Text>;
    /// `override_charset`: whether `charset` is also for what names a charset itself.
    fn overrides_charset(self) -> bool;
    /// `slice`, in bytes; 0: contents are not fetched in parts.
    fn slice_len(self) -> u64;
    /// `auth_delay`, in milliseconds.
    fn auth_delay_ms(self) -> u64;
    /// `sub_filter`; `None`: no text is replaced.
    fn substitution(self) -> Option<Substitution>;
    /// Whether that is for a media type without parameters.
    fn substitutes(self, media_type: &[u8]) -> bool;
    /// Whether others may go into contents.
    fn is_composed(self) -> bool;
    /// Whether others are put before or after contents of a media type without parameters
    /// (`add_before_body`, `add_after_body`).
    fn adds_to(self, media_type: &[u8]) -> bool;
    /// Whether contents of such a type say of others that go into them (`ssi`).
    fn weaves(self, media_type: &[u8]) -> bool;
    /// `ssi_last_modified`: whether such a response says when it was modified, all the same.
    fn keeps_modified(self) -> bool;
    /// What is compressed; `None`: nothing.
    fn compression(self) -> Option<CompressionSettings>;
    /// Whether a coding is for a media type without parameters.
    fn codes(self, coding: Coding, media_type: &[u8]) -> bool;
    /// `gzip_disable`.
    fn gzip_disable(self) -> Option<Self::Regex>;
    /// A field that is added to a response, by number, until there is none. `usual`: the status is
    /// one of those that `add_header` without `always` is for.
    fn added(self, usual: bool, index: usize) -> Option<Added<Self::Text>>;
    /// A field that follows the content, likewise.
    fn trailer(self, usual: bool, index: usize) -> Option<Added<Self::Text>>;
    /// An `auth_request_set`, by number, until there is none.
    fn answered(self, index: usize) -> Option<(Assigned, Self::Text)>;
}

/// Who may come in.
pub struct Admission<L: Location> {
    /// The rules of `allow` and `deny`; `None`: everyone.
    pub access: Option<L::Access>,
    /// Whom the rules let in by name.
    pub named: Option<L::Access>,
    /// `satisfy any`, where there are several of rules, passwords and `auth_request`: whom one of them lets
    /// in, the others are not asked about.
    pub satisfy_any: bool,
    /// `auth_basic`: the realm, and who may come in.
    pub auth: Option<(L::Text, L::Users)>,
    /// `auth_request`: the URI that is asked.
    pub inquiry: Option<L::Text>,
}

impl<L: Location> Admission<L> {
    /// Everyone may come in.
    pub const OPEN: Admission<L> =
        Admission { access: None, named: None, satisfy_any: false, auth: None, inquiry: None };
}

/// What comes of limits.
pub enum Limited<T> {
    /// The request goes on.
    Free,
    /// It is answered so.
    Refused(u16),
    /// It waits.
    Later(T),
}

/// What comes of asking for a password.
pub enum Login<T> {
    /// It is one of the users'.
    Right,
    /// There is none, or it is nobody's.
    Wrong,
    /// There are no users that it could be of.
    NoUsers,
    /// Too many passwords are being checked.
    Busy,
    /// It is being checked.
    Later(T),
}

/// What comes of asking another location whether a client may come in.
pub enum Inquiry<W: World> {
    /// It has answered, and this is its exchange.
    Answered(Box<ExchangeOf<W>>),
    /// It cannot be known here what it answers; the client is taken to be let in.
    Unknown,
    /// It cannot be asked.
    Refused,
    /// It is being asked.
    Later(W::Later),
}

/// What a location does with a request that it allows.
pub enum Action<L: Location> {
    /// `return`.
    Return(Return<L>),
    /// Finds a resource and serves it.
    Serve {
        /// `try_files`: what happens when none of its candidates is there.
        fallback: Option<Fallback<L::Text>>,
        /// Whether it is static files alone that are served.
        only_files: bool,
    },
}

/// A `return`.
pub enum Return<L: Location> {
    /// A status alone: the default page or `error_page`.
    Status(u16),
    /// A redirect.
    Redirect(u16, L::Text),
    /// A status and a text.
    Text(u16, L::Text),
    /// A whole response.
    Prebuilt(L::Prebuilt),
    /// 444: closes the connection without a response.
    Close,
}

/// One step of what nginx calls rewriting. The steps of a context follow one another, those within
/// an `if` behind it.
pub enum Op<L: Location> {
    /// `set`.
    Set(Assigned, L::Text),
    /// `if`.
    If {
        /// What is asked.
        condition: Condition<L>,
        /// How many of the steps that follow stand in it.
        skip: usize,
        /// The location without a path that it is, for a request of which it holds.
        location: Option<LocationId>,
    },
    /// `rewrite`.
    Rewrite(Rewrite<L>),
    /// `return`.
    Return(Return<L>),
    /// `break`.
    Break,
}

/// The condition of an `if`.
pub struct Condition<L: Location> {
    /// Whether it holds where the test fails.
    pub negated: bool,
    /// The test.
    pub test: Test<L>,
}

/// What a condition asks.
pub enum Test<L: Location> {
    /// Whether a value is neither empty nor `0`.
    Truth(L::Text),
    /// Whether two values are the same.
    Equal(L::Text, L::Text),
    /// Whether a regex matches a value.
    Matches(L::Text, L::Regex),
    /// What is at a path of the file system.
    Path(L::Text, PathTest),
}

/// A `rewrite`.
pub struct Rewrite<L: Location> {
    /// What the path has to match.
    pub regex: L::Regex,
    /// The path in its place; of a redirect, all of the target.
    pub target: L::Text,
    /// The arguments, where the target names any; a redirect has them in the target.
    pub args: Option<L::Text>,
    /// Whether the request's arguments are appended.
    pub keep_args: bool,
    /// What follows.
    pub then: Then,
}

/// The last parameter of `try_files`.
pub enum Fallback<T> {
    /// An internal redirect to this URI (with arguments after a `?`).
    Uri(T),
    /// A named location.
    Named(LocationId),
    /// A status.
    Status(u16),
}

/// A candidate of `try_files`.
pub struct Candidate<T> {
    /// The path, without its last slash.
    pub path: T,
    /// Whether it has variables.
    pub is_computed: bool,
    /// Whether a directory is looked for.
    pub directory: bool,
}

/// Where a `root` or `alias` leads.
#[derive(Clone, Copy)]
pub struct Base {
    /// Bytes of the path's front that an `alias` stands in the place of.
    pub replaced_len: usize,
    /// Whether the rest of the path is appended.
    pub append_path: bool,
    /// Whether it is an `alias`.
    pub alias: bool,
}

/// An `error_page`.
pub struct ErrorPage<T> {
    /// The status that the response has.
    pub response: ErrorStatus,
    /// Where it leads.
    pub target: ErrorTarget<T>,
}

/// Where an `error_page` leads.
pub enum ErrorTarget<T> {
    /// An internal redirect.
    Uri(T),
    /// A named location.
    Named(LocationId),
    /// A redirect of the client.
    Redirect(T),
}

/// `absolute_redirect`, `server_name_in_redirect` and `port_in_redirect`.
#[derive(Clone, Copy)]
#[allow(missing_docs)]
pub struct Redirects {
    pub absolute: bool,
    pub server_name: bool,
    pub port: bool,
}

/// `sub_filter`.
#[derive(Clone, Copy)]
pub struct Substitution {
    /// `sub_filter_last_modified`: whether the response says when it was modified, all the same.
    pub keeps_modified: bool,
}

/// What is done to a content on its way to a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recoding {
    /// It is compressed.
    Encode(Coding),
    /// Its gzip is undone.
    Gunzip,
}

/// A field that is added to a response.
pub enum Added<T> {
    /// Whole lines.
    Lines(&'static [u8]),
    /// A field; `sole`: in the place of others of its name.
    Field {
        /// Its name.
        name: Cow<'static, str>,
        /// Its value; an empty one is left out.
        value: T,
        /// Whether others of its name go.
        sole: bool,
    },
    /// `expires`.
    Expires(Expires),
    /// `expires` with variables, and whether its times count from the last change.
    ComputedExpires(T, bool),
}

/// A value of the conf in a world's form.
pub type TextOf<W> = <LocationOf<W> as Location>::Text;
/// A location in a world's form.
pub type LocationOf<W> = <<W as World>::Form as Form>::Location;
/// A request's exchange in a world's form.
pub type ExchangeOf<W> = Exchange<<W as World>::Form>;

/// What happens on the way, for who logs or explains it.
pub enum Note<'a> {
    /// A named location is gone to.
    Named(LocationId),
    /// A status is to be answered.
    Refused(Reason<'a>),
    /// A status of 300 and above is answered, by an `error_page` or a page.
    Status(u16),
    /// An `error_page` takes over: its status, and the URI it leads to, if it is one.
    ErrorPage(u16, Option<&'a [u8]>),
    /// This is no value for `$limit_rate`.
    BadRate(&'a [u8]),
    /// `try_files` leads to another URI.
    FallsBack(&'a [u8]),
    /// A content is in another charset than it is to be in, and no `charset_map` is between the two.
    NoCharsetMap {
        /// The charset that it is in.
        from: &'a [u8],
        /// The other one.
        to: &'a [u8],
    },
}

/// Why a status is answered.
#[derive(Clone, Copy)]
pub enum Reason<'a> {
    /// `internal`.
    Internal,
    /// The content is longer than `client_max_body_size`: its length.
    TooLarge(u64),
    /// `deny`.
    Denied,
    /// A password is missing or wrong.
    NotLoggedIn,
    /// The file of users is missing.
    NoUsers,
    /// A limit is reached.
    Limited,
    /// Too many passwords are being checked, or one for too long.
    Busy,
    /// A method that is unknown.
    UnknownMethod,
    /// A method that no server of this kind takes.
    NoProxy,
    /// A method that the location does not allow.
    NotAllowed,
    /// A `return`.
    Returned,
    /// Nothing that `try_files` names is there.
    NothingFound,
    /// A `rewrite` has left no path.
    EmptyPath,
    /// A path that the conf makes leads above the root.
    AboveRoot,
    /// A value is longer than any that `set` gives.
    TooLong,
    /// Too many internal redirects.
    Cycle,
    /// The connection is not one that the server takes requests from.
    Unfit(Unfit),
    /// So the location says that was asked whether the client may come in; its status.
    Answered(u16),
    /// That could not be asked.
    Unanswered,
    /// The request cannot be read, or who answers it has failed.
    Other(&'a Refusal),
}

/// Why a server takes no request from a connection, where it speaks TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unfit {
    /// No TLS is spoken on it.
    Plain,
    /// The client's certificate does not hold, and why.
    BadCertificate(&'static str),
    /// The client has none.
    NoCertificate,
    /// It was made for another server, which demands something else of its clients.
    Misdirected,
}

impl Unfit {
    /// The status that an `error_page` may stand for. Those that are nginx's own are 400 to a client.
    pub fn status(self) -> u16 {
        match self {
            Unfit::Plain => 497,
            Unfit::BadCertificate(_) => 495,
            Unfit::NoCertificate => 496,
            Unfit::Misdirected => 421,
        }
    }
}

/// Where the phases happen.
pub trait World: Sized {
    /// The form of the site.
    type Form: Form;
    /// The content of a response.
    type Body;
    /// What makes a response later.
    type Later;

    /// Whether the site has fields that follow contents: others have no code for them.
    const TRAILERS: bool = true;
    /// Whether the site has steps (`rewrite`, `if`, `set`): others have no code for them.
    const REWRITES: bool = true;
    /// Whether the site has contents compressed or unpacked on their way: others have no code for it.
    const COMPRESSES: bool = true;

    /// Picks the server for a host, in lower case and without its port, and adds the regex that
    /// has matched, if it has captures that are used.
    fn choose_server(
        &mut self,
        host: &[u8],
        matches: &mut Vec<<Self::Form as Form>::Match>,
    ) -> ServerId;

    /// The server of a request that cannot be read.
    fn default_server(&self) -> ServerId;

    /// A server.
    fn server(&self, id: ServerId) -> <Self::Form as Form>::Server;

    /// What is wrong with the connection, for a request to this server; `None`: nothing.
    fn unfit(&self, server: ServerId) -> Option<Unfit>;

    /// The location for a path.
    fn route(&mut self, server: ServerId, path: &[u8]) -> LocationId;

    /// One step of a server, like [`Location::op`].
    fn server_op(&self, server: ServerId, index: usize) -> Option<Op<LocationOf<Self>>>;

    /// Whether a regex matches. Its match is added, if it has captures that are used.
    fn is_match(
        &self,
        regex: <LocationOf<Self> as Location>::Regex,
        subject: &[u8],
        matches: &mut Vec<<Self::Form as Form>::Match>,
    ) -> bool;

    /// What is at a path of the file system.
    fn test_path(&mut self, exchange: &ExchangeOf<Self>, path: &[u8], test: PathTest) -> bool;

    /// A location.
    fn location(&self, id: LocationId) -> LocationOf<Self>;

    /// Adds the regexes that lead to a location, as far as captures are used.
    fn enter(
        &self,
        location: LocationOf<Self>,
        path: &[u8],
        matches: &mut Vec<<Self::Form as Form>::Match>,
    );

    /// The location of this name, which begins with `@`.
    fn named_location(&self, server: ServerId, name: &[u8]) -> Option<LocationId>;

    /// Who the client is, where what holds for the request now lets a proxy say so and one has.
    fn real_address(&self, _: &ExchangeOf<Self>) -> Option<SocketAddr> {
        None
    }
    /// The scheme of URLs that lead to the connection.
    fn scheme(&self) -> Scheme;

    /// Our end of the connection: the address in words, if it has one, and the port.
    fn local(&self) -> (Cow<'static, str>, Option<u16>);

    /// Appends a value.
    fn write(&self, exchange: &ExchangeOf<Self>, text: TextOf<Self>, out: &mut Vec<u8>);

    /// The URI that `try_files` or an `error_page` leads to.
    fn target(&mut self, exchange: &ExchangeOf<Self>, text: TextOf<Self>) -> Vec<u8> {
        let mut uri = Vec::new();
        self.write(exchange, text, &mut uri);
        uri
    }

    /// Whether rules let the client in.
    fn lets_in(
        &mut self,
        exchange: &ExchangeOf<Self>,
        rules: <LocationOf<Self> as Location>::Access,
    ) -> bool;

    /// Counts the request by the limits of the location that it has come to, unless that was done.
    fn limit(&mut self, exchange: &mut ExchangeOf<Self>) -> Limited<Self::Later>;

    /// Asks for a password. `checked`: what has come of it, where that took longer.
    fn log_in(
        &mut self,
        exchange: &ExchangeOf<Self>,
        users: <LocationOf<Self> as Location>::Users,
        checked: Option<bool>,
    ) -> Login<Self::Later>;

    /// Lets a client that is not let in wait so long; `None`: it need not, here.
    fn wait(&mut self, exchange: &ExchangeOf<Self>, time_ms: u64) -> Option<Self::Later>;

    /// Has other locations get the request too, whose answers nobody sees (`mirror`). What has to come
    /// before that, if something has: the content.
    fn mirror(&mut self, _: &mut ExchangeOf<Self>) -> Option<Self::Later> {
        None
    }

    /// Asks the location of another URI whether the client may come in (`auth_request`).
    fn inquire(&mut self, exchange: &mut ExchangeOf<Self>, uri: TextOf<Self>) -> Inquiry<Self>;

    /// Whether `error_page` is looked at.
    fn has_error_pages(&self) -> bool {
        true
    }

    /// Whether a path leads to a file, or to a directory if one is looked for. `append_path`: the
    /// path is appended to an `alias` that is otherwise complete.
    fn is_there(
        &mut self,
        exchange: &ExchangeOf<Self>,
        path: &[u8],
        append_path: bool,
        directory: bool,
    ) -> bool;

    /// Asks the handler of the location that the request has come to.
    fn handle(&mut self, exchange: &mut ExchangeOf<Self>) -> Outcome<Self>;

    /// Writes the fields of a response that is known already. Its status and its content.
    fn prebuilt(
        &mut self,
        exchange: &mut ExchangeOf<Self>,
        prebuilt: <LocationOf<Self> as Location>::Prebuilt,
    ) -> (u16, Self::Body);

    /// Writes the fields of the page that stands for a status. Its content.
    fn page(&mut self, exchange: &mut ExchangeOf<Self>, status: u16) -> Self::Body;

    /// The media type for the path.
    fn media_type(&self, exchange: &ExchangeOf<Self>) -> Cow<'static, [u8]>;

    /// A text as a content.
    fn text(&mut self, text: Vec<u8>) -> Self::Body;

    /// What is sent in the place of a content that may not be.
    fn without_content(&mut self, body: Self::Body) -> Self::Body;

    /// Whether a content was made for this request, so that it may repeat what that says.
    fn is_made(&self, body: &Self::Body) -> bool;

    /// Whether there are texts to replace in a content, now that their values are known. What does it is
    /// held ready.
    fn can_substitute(&mut self, exchange: &ExchangeOf<Self>) -> bool;

    /// Has them replaced in a content that is made here.
    fn substitute(&mut self, exchange: &mut ExchangeOf<Self>, body: Self::Body) -> Self::Body;

    /// Whether contents may be recoded from one charset to another: other sites have no code for it.
    fn recodes(&self) -> bool;

    /// The `charset_map` that leads from one charset to another.
    fn charset_map(&self, from: &[u8], to: &[u8]) -> Option<Recoded>;

    /// Has a content recoded that is made here.
    fn recode_text(&mut self, body: Self::Body, recoded: Recoded) -> Self::Body;

    /// Holds ready what recodes a content that is made elsewhere, behind what replaces texts in it.
    fn hold_recoder(&mut self, recoded: Recoded);

    /// Takes note that others go into a content that is made elsewhere.
    fn can_compose(&mut self, exchange: &ExchangeOf<Self>);

    /// Puts others into a content that is made here.
    fn compose(&mut self, exchange: &mut ExchangeOf<Self>, body: Self::Body) -> Self::Body;

    /// Has a content compressed, or its gzip undone, and says how long it is then where that is
    /// known; or gives it back where this is done to too many.
    fn recode(
        &mut self,
        exchange: &mut ExchangeOf<Self>,
        body: Self::Body,
        recoding: Recoding,
    ) -> Result<(Self::Body, Option<u64>), Self::Body>;

    /// Whether a content that is made elsewhere can be compressed. What does it is held ready.
    fn can_encode(&mut self, exchange: &ExchangeOf<Self>, coding: Coding) -> bool;

    /// Whether a time has passed, in seconds since 1970.
    fn has_passed(&self, unix_s: i64) -> bool;

    /// Writes how long a response may be kept: Expires and Cache-Control. `modified_s`: when its
    /// file was changed, in seconds since 1970.
    fn write_expiry(&mut self, expires: Expires, modified_s: Option<i64>, fields: &mut Fields);

    /// Is told of an `if` that was asked.
    fn asked(&mut self, _condition: &Condition<LocationOf<Self>>, _holds: bool) {}

    /// Is told of a `set`.
    fn assigned(&mut self, _variable: Assigned, _value: &[u8]) {}

    /// Is told of a `rewrite` that has matched; the exchange has the new path and arguments.
    fn rewritten(&mut self, _: &ExchangeOf<Self>, _rewrite: &Rewrite<LocationOf<Self>>) {}

    /// Is told of a `rewrite` that sends the client to another URL.
    fn sent_on(&mut self, _: &ExchangeOf<Self>, _location: &[u8]) {}

    /// Is told what happens.
    fn note(&mut self, exchange: &ExchangeOf<Self>, note: Note<'_>);
}

/// The host that a head asks for: lower case, no port, no trailing dot.
pub(super) fn write_host(head: &Head, out: &mut Vec<u8>) {
    let name = head.host_name();
    let name = name.strip_suffix(b".").unwrap_or(name);
    out.clear();
    out.extend_from_slice(name);
    out.make_ascii_lowercase();
}
