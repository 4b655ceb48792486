//! Settings of one plain value each. A row names the setting's kind and its field; how the value is
//! read, what holds by default, what the server is compiled with and how the value is told in
//! words all follow from that.

use std::fmt;

use sitec_runtime::site::{
    CgiSettings, CompressionSettings, DavSettings, FileCache, ListingSettings, PlainSettings,
    ProcessSettings, ProxySettings, ServerSettings, TlsPeerSettings, TlsSettings, UploadSettings,
    UpstreamSettings,
};

use super::kind::{InheritFields, Kind, Plain, Satisfy, USUAL_SCRIPTS};
use crate::ast;
use crate::diagnostic::Diagnostics;
use crate::value::Checked;

/// The plain settings of one context, inherited ones included. Each field is a group: a struct of
/// the run-time contract, which has the defaults.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Values {
    pub process: ProcessSettings,
    pub plain: PlainSettings,
    pub server: ServerSettings,
    pub tls: TlsSettings,
    /// How other servers are spoken to over TLS.
    pub tls_peer: TlsPeerSettings,
    pub listing: ListingSettings,
    pub compression: CompressionSettings,
    pub cgi: CgiSettings,
    pub proxy: ProxySettings,
    /// Those of FastCGI, SCGI and uwsgi.
    pub fastcgi: ProxySettings,
    pub scgi: ProxySettings,
    pub uwsgi: ProxySettings,
    /// Those of memcached.
    pub memcached: ProxySettings,
    /// Those of gRPC, and how that is spoken over TLS.
    pub grpc: ProxySettings,
    pub grpc_tls: TlsPeerSettings,
    pub upstream: UpstreamSettings,
    pub upload: UploadSettings,
    pub dav: DavSettings,
    /// What holds where `open_file_cache` has `max`.
    pub cache: FileCache,
    /// What the compiler alone knows.
    pub compiled: CompiledSettings,
}

/// Settings that are resolved when a site is compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CompiledSettings {
    /// `autoindex`.
    pub autoindex: bool,
    /// `add_header_inherit`.
    pub add_header_inherit: InheritFields,
    /// `add_trailer_inherit`.
    pub add_trailer_inherit: InheritFields,
    /// `cgi_max_processes`.
    pub cgi_max_processes: u32,
    /// `ssl`.
    pub ssl: bool,
    /// `ssi`.
    pub ssi: bool,
    /// `ssi_silent_errors`.
    pub ssi_silent_errors: bool,
    /// `ssi_value_length`, in bytes.
    pub ssi_value_len: usize,
    /// `subrequest_output_buffer_size`, in bytes.
    pub subrequest_output_len: usize,
    /// `satisfy`.
    pub satisfy: Satisfy,
    /// `fastcgi_keep_conn`.
    pub fastcgi_keep_conn: bool,
    /// `uwsgi_modifier1` and `uwsgi_modifier2`.
    pub uwsgi_modifier1: u8,
    /// The second.
    pub uwsgi_modifier2: u8,
    /// `memcached_gzip_flag`.
    pub memcached_gzip_flag: u32,
}

impl CompiledSettings {
    /// What holds where a conf says nothing.
    pub const DEFAULT: CompiledSettings = CompiledSettings {
        autoindex: false,
        add_header_inherit: InheritFields::Outer,
        add_trailer_inherit: InheritFields::Outer,
        cgi_max_processes: USUAL_SCRIPTS,
        ssl: false,
        ssi: false,
        ssi_silent_errors: false,
        ssi_value_len: 256,
        subrequest_output_len: 4096,
        satisfy: Satisfy::All,
        fastcgi_keep_conn: false,
        uwsgi_modifier1: 0,
        uwsgi_modifier2: 0,
        memcached_gzip_flag: 0,
    };
}

impl Values {
    /// What holds where a conf says nothing.
    pub const DEFAULT: Values = Values {
        process: ProcessSettings::DEFAULT,
        plain: PlainSettings::DEFAULT,
        server: ServerSettings::DEFAULT,
        tls: TlsSettings::DEFAULT,
        tls_peer: TlsPeerSettings::DEFAULT,
        listing: ListingSettings::DEFAULT,
        compression: CompressionSettings::DEFAULT,
        cgi: CgiSettings::DEFAULT,
        proxy: ProxySettings::DEFAULT,
        fastcgi: ProxySettings::DEFAULT,
        scgi: ProxySettings::DEFAULT,
        uwsgi: ProxySettings::DEFAULT,
        memcached: ProxySettings::DEFAULT,
        grpc: ProxySettings::DEFAULT,
        grpc_tls: TlsPeerSettings::DEFAULT,
        upstream: UpstreamSettings::DEFAULT,
        upload: UploadSettings::DEFAULT,
        dav: DavSettings::DEFAULT,
        cache: FileCache { valid_ms: 60_000, inactive_ms: 60_000, min_uses: 1, errors: false },
        compiled: CompiledSettings::DEFAULT,
    };
}

/// A setting, whatever the type of its value.
pub trait Setting: Sync {
    /// The group and the field that it is.
    fn place(&self) -> (&'static str, &'static str);

    /// Takes a directive that gives the value.
    fn read(
        &self,
        directive: &ast::Directive,
        values: &mut Values,
        diagnostics: &mut Diagnostics,
    ) -> Checked<()>;

    /// The value in the conf's words.
    fn words(&self, values: &Values) -> String;

    /// The words that a value may be written with, where the usage does not list them.
    fn choices(&self) -> Vec<&'static str>;

    /// The value as an expression of Rust, by the names of the run-time contract; `None` if it is
    /// the default.
    fn rust(&self, values: &Values) -> Option<String>;
}

impl fmt::Debug for dyn Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (group, field) = self.place();
        write!(f, "{group}.{field}")
    }
}

/// A field of [`Values`] with the kind of its value.
pub(super) struct Typed<T: 'static> {
    pub(super) kind: Kind<T>,
    pub(super) group: &'static str,
    pub(super) field: &'static str,
    pub(super) get: fn(&Values) -> T,
    pub(super) put: fn(&mut Values, T),
}

impl<T: Plain> Setting for Typed<T> {
    fn place(&self) -> (&'static str, &'static str) {
        (self.group, self.field)
    }

    fn read(
        &self,
        directive: &ast::Directive,
        values: &mut Values,
        diagnostics: &mut Diagnostics,
    ) -> Checked<()> {
        (self.put)(values, (self.kind.read)(&directive.args, diagnostics)?);
        Ok(())
    }

    fn words(&self, values: &Values) -> String {
        (self.kind.words)((self.get)(values))
    }

    fn choices(&self) -> Vec<&'static str> {
        (self.kind.choices)()
    }

    fn rust(&self, values: &Values) -> Option<String> {
        let value = (self.get)(values);
        (value != (self.get)(&Values::DEFAULT)).then(|| value.rust())
    }
}

/// A row of a setting: `setting!(NAME, KIND, GROUP.FIELD, DOC)`. It is inherited by inner contexts,
/// and `http`, `server` and `location` take it unless the row says otherwise.
macro_rules! setting {
    ($name:expr, $kind:expr, $group:ident.$field:ident, $doc:expr $(,)?) => {
        $crate::directive::of_setting(
            $name,
            &$crate::directive::setting::Typed {
                kind: $kind,
                group: stringify!($group),
                field: stringify!($field),
                get: |values| values.$group.$field,
                put: |values, value| values.$group.$field = value,
            },
            $doc,
        )
    };
}
pub(super) use setting;

#[cfg(test)]
mod tests {
    use super::super::all;
    use super::*;

    /// Each field of the run-time contract's groups has one row, and each row is one of its fields.
    #[test]
    fn every_field_has_a_row() {
        // All but what HTTP alone has.
        let of_http = ["cache_converts_head", "http_version", "pass_trailers"];
        let of_scripts: Vec<_> =
            ProxySettings::FIELDS.iter().copied().filter(|it| !of_http.contains(it)).collect();
        let of_memcached = [
            "connect_timeout_ms",
            "send_timeout_ms",
            "read_timeout_ms",
            "head_len",
            "next_upstream",
            "next_upstream_tries",
            "next_upstream_timeout_ms",
            "socket_keepalive",
        ];
        let of_grpc = [&of_memcached[..], &["ignored", "intercept_errors"]].concat();
        let groups = [
            ("process", ProcessSettings::FIELDS),
            ("plain", PlainSettings::FIELDS),
            ("server", ServerSettings::FIELDS),
            ("tls", TlsSettings::FIELDS),
            ("listing", ListingSettings::FIELDS),
            ("compression", CompressionSettings::FIELDS),
            ("cgi", CgiSettings::FIELDS),
            ("proxy", ProxySettings::FIELDS),
            ("fastcgi", &of_scripts),
            ("scgi", &of_scripts),
            ("uwsgi", &of_scripts),
            ("memcached", &of_memcached),
            ("grpc", &of_grpc),
            ("grpc_tls", TlsPeerSettings::FIELDS),
            ("upstream", UpstreamSettings::FIELDS),
            ("upload", UploadSettings::FIELDS),
            ("dav", DavSettings::FIELDS),
        ];
        for (group, fields) in groups {
            let places = all().filter_map(|row| row.setting).map(|setting| setting.place());
            let mut rows: Vec<_> = places.filter(|place| place.0 == group).collect();
            let mut fields: Vec<_> = fields.iter().map(|field| (group, *field)).collect();
            rows.sort_unstable();
            fields.sort_unstable();
            assert_eq!(rows, fields);
        }
    }
}
