//! Directives that give one value each.

use sitec_runtime::site::KeepaliveTimeout;

use super::Checker;
use super::added_fields::expires;
use super::embed::{Embed, codings};
use super::level::{Level, method_set, named_methods};
use crate::ast::Directive;
use crate::directive;
use crate::value::{Checked, flag, keyword, media_type};

impl Level {
    /// Takes one directive, if it is of this kind.
    pub(super) fn set(&mut self, directive: &Directive, checker: &mut Checker<'_>) -> Checked<()> {
        let name = directive.name.text().unwrap_or_default();
        let first = directive.args.first();
        if name == "stub_status" {
            first.map_or(Ok(()), |word| keyword(word, &[("on", ())]))?;
            self.status = Some(directive.name.span);
            return Ok(());
        }
        if name == "internal" {
            self.internal = true;
            return Ok(());
        }
        let Some(first) = first else { return Ok(()) };
        if let Some(setting) = directive::find(name).and_then(|row| row.setting) {
            return setting.read(directive, &mut self.values, checker.diagnostics);
        }
        match name {
            "client_timeout" => {
                let time = directive::timeout(first, checker.diagnostics)?;
                self.values.server.client_header_timeout_ms = time;
                let plain = &mut self.values.plain;
                plain.client_body_timeout_ms = time;
                plain.send_timeout_ms = time;
                plain.keepalive_timeout = KeepaliveTimeout { wait_ms: time, header_s: None };
            }
            "dav_methods" => self.writing.set_dav_methods(directive)?,
            "default_type" if first.value.is_empty() => self.settings.default_type.clear(),
            "default_type" => self.settings.default_type = media_type(first)?,
            "embed" => {
                let embed = Embed { span: directive.span(), is_own: true };
                self.embed = flag(first)?.then_some(embed);
            }
            "expires" => self.additions.expires = expires(directive)?,
            "methods" => {
                let words = named_methods(directive)?;
                self.methods = Some(method_set(&words));
                self.named_methods = Some(words);
            }
            "open_file_cache" => {
                self.caching.set(directive, &mut self.values.cache, checker)?;
            }
            "precompress" => {
                self.codings = codings(&directive.args)?;
                let asks = (!self.codings.is_empty()).then(|| directive.span());
                checker.places.codings = checker.places.codings.or(asks);
            }
            _ => {}
        }
        Ok(())
    }
}
