//! Whether a response is compressed on its way, as nginx's gzip module decides it.

use crate::http::accept::{self, Coding};
use crate::http::date;
use crate::http::head::Head;
use crate::http::method::Method;
use crate::http::response::Fields;
use crate::media::without_parameters;
use crate::site::{Beside, CompressionSettings, PlainSettings, Proxied};

use super::world::{Form, Location, Recoding, World};
use super::{Exchange, Reply, ReplyOf};

/// What a response of a media type and a length may become.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Wanted {
    /// Whether some client gets it compressed.
    pub varies: bool,
    /// The coding that this client wants most of those that it takes.
    pub coding: Option<Coding>,
}

/// What a content of this length may become for the client, by what is known before the response's
/// fields are. `codes`: whether a coding is for its media type.
pub fn wanted(
    settings: &CompressionSettings,
    codes: impl Fn(Coding) -> bool,
    head: &Head,
    len: Option<u64>,
) -> Wanted {
    let fits = |coding: &Coding| {
        settings.is_on(*coding)
            && len.is_none_or(|len| len >= settings.min_len(*coding))
            && codes(*coding)
    };
    let fitting = Coding::ORDER.into_iter().filter(fits);
    let weighed = fitting.clone().rev().map(|coding| (weight(settings, head, coding), coding));
    let most = weighed.max_by_key(|(weight, _)| *weight).filter(|(weight, _)| *weight > 0);
    Wanted { varies: fitting.count() > 0, coding: most.map(|(_, coding)| coding) }
}

/// How much the client wants a coding, in thousandths. nginx asks more of one that is to get gzip.
fn weight(settings: &CompressionSettings, head: &Head, coding: Coding) -> u16 {
    match coding {
        Coding::Gzip if !takes_gzip(settings, head) => 0,
        _ => accept::weight(head.fields(), coding),
    }
}

/// The coding of the file to send, of those that lie beside it (`there`), as nginx's gzip_static
/// module chooses: the one that the client wants most; if it wants none, one that is for all.
pub fn beside(
    plain: &PlainSettings,
    settings: &CompressionSettings,
    head: &Head,
    there: &[Coding],
) -> Wanted {
    let those = || Coding::ORDER.into_iter().rev().filter(|coding| there.contains(coding));
    let is_always = |coding: &Coding| plain.beside(*coding) == Beside::Always;
    let weighed = those().map(|coding| (weight(settings, head, coding), coding));
    let wanted = weighed.filter(|(weight, _)| *weight > 0).max_by_key(|(weight, _)| *weight);
    let coding = wanted.map(|(_, coding)| coding).or_else(|| those().rfind(is_always));
    // One file that all get is no choice.
    let varies = there.len() > 1 || !those().all(|coding| is_always(&coding));
    Wanted { varies: varies && settings.gzip_vary.unwrap_or(true), coding }
}

/// Whether a request may be answered in gzip, by its version and its way, and by whether it asks
/// for it.
fn accepts_gzip(settings: &CompressionSettings, head: &Head) -> bool {
    takes_gzip(settings, head) && accept::weight(head.fields(), Coding::Gzip) > 0
}

fn takes_gzip(settings: &CompressionSettings, head: &Head) -> bool {
    let is_proxied = head.fields().first(b"via").is_some();
    head.minor_version >= settings.gzip_http_version.minor()
        && !(is_proxied && settings.gzip_proxied == Proxied::OFF)
}

impl<F: Form> Exchange<F> {
    /// Has the content of a reply compressed, where that is wanted, and says so in the fields.
    pub(super) fn compress<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        reply: ReplyOf<W>,
    ) -> ReplyOf<W> {
        let Some(route) = self.route else { return reply };
        let settings = route.location.compression().filter(|_| W::COMPRESSES);
        let Some(settings) = settings else { return reply };
        let made_for_client = match &reply {
            Reply::Response(body) => world.is_made(body),
            Reply::Content(_) => true,
            Reply::Later(_) | Reply::Close => return reply,
        };
        if self.fields.get("Content-Encoding").is_some() {
            return self.gunzip(world, &settings, reply);
        }
        let Some(media_type) = self.fields.get("Content-Type") else { return reply };
        // A part is never compressed, and says what it is a part of.
        let is_part = self.status == 206;
        if !matches!(self.status, 200 | 403 | 404) && !is_part
            || !settings.compress_private && made_for_client && self.is_private()
        {
            return reply;
        }
        // Several parts are of another type than what they are parts of.
        let of_path = match is_part && media_type.starts_with(b"multipart/byteranges") {
            true => Some(world.media_type(self)),
            false => None,
        };
        let media_type = without_parameters(of_path.as_deref().unwrap_or(media_type));
        let codes = |coding| route.location.codes(coding, media_type);
        let wanted = wanted(&settings, codes, &self.head, self.content_len_said());
        if !wanted.varies {
            return reply;
        }
        let from_backend = matches!(reply, Reply::Content(_));
        let may_be_gzip = || self.may_be_gzip(world, settings.gzip_proxied, from_backend);
        let takes = |coding: &Coding| *coding != Coding::Gzip || may_be_gzip();
        let coding = wanted.coding.filter(|_| !is_part).filter(takes);
        self.say_vary(&settings);
        let Some(coding) = coding else { return reply };
        match reply {
            // Of a HEAD there is nothing to compress, and its fields are those of a GET.
            Reply::Response(body) if self.head.method == Some(Method::Head) => {
                self.say_coding(coding, None);
                Reply::Response(body)
            }
            Reply::Response(body) => match world.recode(self, body, Recoding::Encode(coding)) {
                Ok((body, len)) => {
                    self.say_coding(coding, len);
                    Reply::Response(body)
                }
                Err(body) => Reply::Response(body),
            },
            Reply::Content(len) => match world.can_encode(self, coding) {
                true => {
                    self.say_coding(coding, None);
                    Reply::Content(None)
                }
                false => Reply::Content(len),
            },
            other => other,
        }
    }

    /// Undoes the gzip of a file's form for a client that does not take it (`gunzip`).
    fn gunzip<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        settings: &CompressionSettings,
        reply: ReplyOf<W>,
    ) -> ReplyOf<W> {
        let is_gzip = self.fields.get("Content-Encoding") == Some(Coding::Gzip.name().as_bytes());
        let Reply::Response(body) = reply else { return reply };
        if !settings.gunzip || !is_gzip {
            return Reply::Response(body);
        }
        self.say_vary(settings);
        let takes_it = accepts_gzip(settings, &self.head)
            && self.may_be_gzip(world, settings.gzip_proxied, false);
        if takes_it {
            return Reply::Response(body);
        }
        let (body, len) = match self.head.method {
            Some(Method::Head) => (body, None),
            _ => match world.recode(self, body, Recoding::Gunzip) {
                Ok(recoded) => recoded,
                Err(body) => return Reply::Response(body),
            },
        };
        self.fields.remove("Content-Encoding");
        self.say_other_form(len);
        Reply::Response(body)
    }

    /// Says that other clients may get the content in another coding, unless that is said already.
    fn say_vary(&mut self, settings: &CompressionSettings) {
        let is_said = all(&self.fields, "Vary").any(|value| value == b"Accept-Encoding");
        if settings.gzip_vary == Some(true) && !is_said {
            self.fields.append(b"Vary: Accept-Encoding\r\n");
        }
    }

    /// Whether the response is for one client alone, and may hold a secret of it: compressed with what
    /// others make the client ask for, its length would tell the secret (BREACH).
    fn is_private(&self) -> bool {
        self.fields.get("Set-Cookie").is_some()
            || self.head.fields().first(b"authorization").is_some()
    }

    /// The length of the whole content as the fields say it; several parts do not.
    pub(super) fn content_len_said(&self) -> Option<u64> {
        if let Some(part) = self.fields.get("Content-Range") {
            return number(part.rsplit(|&byte| byte == b'/').next()?);
        }
        if self.status == 206 {
            return None;
        }
        self.fields.content_len().or_else(|| number(self.fields.get("Content-Length")?))
    }

    /// Whether neither the client nor a proxy on its way keeps the response from being in gzip.
    fn may_be_gzip<W: World<Form = F>>(
        &self,
        world: &W,
        proxied: Proxied,
        from_backend: bool,
    ) -> bool {
        let is_proxied = self.head.fields().first(b"via").is_some();
        (!is_proxied || self.may_be_proxied(world, proxied, from_backend))
            && !self.is_disabled(world)
    }

    /// `gzip_disable`.
    fn is_disabled<W: World<Form = F>>(&self, world: &W) -> bool {
        let regex = self.chosen().location.gzip_disable();
        let agent = self.head.fields().first(b"user-agent");
        regex.zip(agent).is_some_and(|(regex, agent)| world.is_match(regex, agent, &mut Vec::new()))
    }

    /// `gzip_proxied`, of a request that has come through a proxy.
    fn may_be_proxied<W: World<Form = F>>(
        &self,
        world: &W,
        proxied: Proxied,
        from_backend: bool,
    ) -> bool {
        if proxied.any || proxied.auth && self.head.fields().first(b"authorization").is_some() {
            return true;
        }
        if let Some(expires) = self.fields.get("Expires") {
            return proxied.expired
                && date::parse(expires).is_some_and(|at_s| world.has_passed(at_s));
        }
        let mut controls = all(&self.fields, "Cache-Control").peekable();
        if controls.peek().is_some() {
            let mut members = controls.flat_map(|value| value.split(|&byte| byte == b','));
            return members.any(|member| match &member.trim_ascii().to_ascii_lowercase()[..] {
                b"no-cache" => proxied.no_cache,
                b"no-store" => proxied.no_store,
                b"private" => proxied.private,
                _ => false,
            });
        }
        // nginx does not see the Last-Modified of its own files.
        let has = |name| self.fields.get(name).is_some();
        let is_left_out = proxied.no_etag && has("ETag")
            || proxied.no_last_modified && from_backend && has("Last-Modified");
        !is_left_out
    }

    /// Says in the fields that the content is compressed, and how long it is then.
    fn say_coding(&mut self, coding: Coding, len: Option<u64>) {
        self.say_other_form(len);
        self.fields.add_checked("Content-Encoding", coding.name().as_bytes());
    }

    /// Says in the fields that the content is another representation of the same meaning, of which no
    /// parts can be had.
    pub(super) fn say_other_form(&mut self, len: Option<u64>) {
        self.fields.remove("Content-Length");
        self.fields.remove("Accept-Ranges");
        if let Some(etag) = self.fields.get("ETag").filter(|etag| etag.starts_with(b"\"")) {
            let weak = [b"W/", etag].concat();
            self.fields.replace("ETag", &weak);
        }
        len.into_iter().for_each(|len| self.fields.set_content_len(len));
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    str::from_utf8(digits).ok()?.parse().ok()
}

/// The values of all fields of a name.
fn all<'f>(fields: &'f Fields, name: &'static str) -> impl Iterator<Item = &'f [u8]> {
    let is_named = move |found: &[u8]| found.eq_ignore_ascii_case(name.as_bytes());
    fields.iter().filter(move |(found, _)| is_named(found)).map(|(_, value)| value)
}
