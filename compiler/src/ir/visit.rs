//! Every value that a location holds, seen once.
//!
//! Whatever looks at all values (which captures are used, how long texts may become) goes through
//! here. Each type that may hold one is taken apart without `..`, so a new field does not compile
//! until somebody has said here whether it holds values.

use sitec_runtime::site::Then;

use super::{
    AccessLog, Action, AddedField, Admission, Amount, Answered, Auth, Caching, Candidate, Cgi,
    CgiParam, Charset, Condition, CookieFlags, ErrorPage, ErrorTarget, Expiration, Fallback,
    Fastcgi, FileBase, Handler, LimitExcept, Location, Op, PassedParam, Proxy, ProxyField,
    ProxyTls, Rate, Replaced, Replacement, Return, Rewrite, SecureLink, Settings, Ssi,
    Substitution, Symlinks, Target, Test, TryFiles, UserId, Value, Wire,
};

/// What a value is made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// The name of a file or a directory.
    File,
    /// Where an internal redirect goes: a path, and arguments after a `?`.
    Uri,
    /// The target of a redirect that the client is sent.
    Redirect,
    /// The content of a response.
    Content,
    /// A part of a response's field: with the other parts, so many bytes more than the value.
    Field(usize),
    /// A variable of a script's environment: with its name, so many bytes more than the value.
    ScriptVariable(usize),
    /// A part of a request that is passed on: with the other parts, so many bytes more than the
    /// value.
    Upstream(usize),
    /// A variable that `set` gives the value to.
    Assigned,
    /// What an `if`, a limit or a secure link asks about.
    Asked,
    /// A line of an access log, or whether it is written.
    Log,
}

impl Location {
    /// Calls `see` with the location's values, but for those of its settings.
    pub fn each_value<'a>(&'a self, see: &mut dyn FnMut(Purpose, &'a Value)) {
        let Location {
            settings: _,
            internal: _,
            patterns: _,
            limit_except,
            methods: _,
            methods_named: _,
            ops,
            action,
        } = self;
        ops.iter().for_each(|op| op.each_value(see));
        if let Some(LimitExcept { methods: _, admission, location: _ }) = limit_except {
            of_admission(admission, see);
        }
        match action {
            Action::Return(answer) => of_return(answer, see),
            Action::Serve { try_files, handler } => {
                if let Some(try_files) = try_files {
                    of_try_files(try_files, see);
                }
                of_handler(handler, see);
            }
        }
    }
}

impl Op {
    /// Calls `see` with the values of a step.
    pub fn each_value<'a>(&'a self, see: &mut dyn FnMut(Purpose, &'a Value)) {
        match self {
            Op::Set(_, _, value) => see(Purpose::Assigned, value),
            Op::If { condition: Condition { negated: _, test }, skip: _, location: _ } => {
                match test {
                    Test::Truth(value) | Test::Matches(value, _) => see(Purpose::Asked, value),
                    Test::Equal(one, other) => {
                        see(Purpose::Asked, one);
                        see(Purpose::Asked, other);
                    }
                    Test::Path(path, _) => see(Purpose::File, path),
                }
            }
            Op::Rewrite(Rewrite { regex: _, target, args, keep_args: _, then }) => {
                see(
                    match then {
                        Then::Redirect { .. } => Purpose::Redirect,
                        Then::Next | Then::Last | Then::Break => Purpose::Uri,
                    },
                    target,
                );
                args.iter().for_each(|args| see(Purpose::Uri, args));
            }
            Op::Return(answer) => of_return(answer, see),
            Op::Break => {}
        }
    }
}

fn of_return<'a>(answer: &'a Return, see: &mut dyn FnMut(Purpose, &'a Value)) {
    match answer {
        Return::Status(_) | Return::Close => {}
        Return::Redirect(_, target) => see(Purpose::Redirect, target),
        Return::Text(_, text) => see(Purpose::Content, text),
    }
}

fn of_admission<'a>(admission: &'a Admission, see: &mut dyn FnMut(Purpose, &'a Value)) {
    let Admission { access: _, named: _, satisfy_any: _, auth, inquiry } = admission;
    inquiry.iter().for_each(|uri| see(Purpose::Uri, uri));
    if let Some(Auth { realm, users: _ }) = auth {
        see(Purpose::Field("WWW-Authenticate: Basic realm=\"\"\r\n".len()), realm);
    }
}

fn of_try_files<'a>(try_files: &'a TryFiles, see: &mut dyn FnMut(Purpose, &'a Value)) {
    let TryFiles { candidates, fallback } = try_files;
    for Candidate { path, directory: _ } in candidates {
        see(Purpose::Uri, path);
    }
    match fallback {
        Fallback::Uri(uri) => see(Purpose::Uri, uri),
        Fallback::Named(_) | Fallback::Status(_) => {}
    }
}

fn of_handler<'a>(handler: &'a Handler, see: &mut dyn FnMut(Purpose, &'a Value)) {
    match handler {
        Handler::Files
        | Handler::Status
        | Handler::Metrics
        | Handler::StatusPage
        | Handler::EmptyGif
        | Handler::Upload(_)
        | Handler::Dav(_) => {}
        Handler::Cgi(Cgi { scripts: _, params, plain: _ }) => {
            for CgiParam { name, value } in params {
                see(Purpose::ScriptVariable(name.len() + "=\0".len()), value);
            }
        }
        Handler::Proxy(proxy) => of_proxy(proxy, see),
    }
}

fn of_proxy<'a>(proxy: &'a Proxy, see: &mut dyn FnMut(Purpose, &'a Value)) {
    let Proxy {
        target,
        wire,
        tls,
        method,
        fields,
        body,
        redirects,
        cookie_domains,
        cookie_paths,
        cookie_flags,
        local,
        rate,
        caching,
        hidden: _,
        plain: _,
    } = proxy;
    match target {
        // Its upstream is the site's.
        Target::Fixed { upstream: _, uri: _ } => {}
        Target::Computed(url) => see(Purpose::Upstream(0), url),
    }
    if let Some(ProxyTls { peer: _, name }) = tls {
        see(Purpose::Upstream(0), name);
    }
    let (params, index) = match wire {
        Wire::Http | Wire::Grpc => (&[][..], &None),
        Wire::Memcached { key, gzip_flag: _ } => {
            see(Purpose::Upstream("get \r\n".len()), key);
            (&[][..], &None)
        }
        Wire::Fastcgi(Fastcgi { params, index, split: _, keeps: _, caught: _ }) => {
            (&params[..], index)
        }
        Wire::Scgi(params) | Wire::Uwsgi { params, modifiers: _ } => (&params[..], &None),
    };
    for PassedParam { name, value, if_not_empty: _ } in params {
        // Both lengths stand before them.
        see(Purpose::Upstream(name.len() + 8), value);
    }
    for text in method.iter().chain(body).chain(index).chain(local) {
        see(Purpose::Upstream(0), text);
    }
    match rate {
        Some(Amount::Computed(value)) => see(Purpose::Asked, value),
        Some(Amount::Fixed(_)) | None => {}
    }
    if let Some(Caching { cache: _, key, valid: _, bypass, refused }) = caching {
        let all = std::iter::once(key).chain(bypass).chain(refused);
        all.for_each(|value| see(Purpose::Asked, value));
    }
    for CookieFlags { cookie, flags } in cookie_flags {
        match cookie {
            Replaced::Front(text) => see(Purpose::Asked, text),
            Replaced::Regex(_) => {}
        }
        flags.iter().for_each(|flag| see(Purpose::Asked, flag));
    }
    for ProxyField { name, value } in fields {
        see(Purpose::Upstream(name.len() + ": \r\n".len()), value);
    }
    for Replacement { pattern, by } in
        [redirects, cookie_domains, cookie_paths].into_iter().flatten()
    {
        match pattern {
            Replaced::Front(text) => see(Purpose::Asked, text),
            Replaced::Regex(_) => {}
        }
        see(Purpose::Field(0), by);
    }
}

impl Settings {
    /// Calls `see` with the values of the settings; `formats` are the site's log formats.
    pub fn each_value<'a>(&'a self, formats: &'a [Value], see: &mut dyn FnMut(Purpose, &'a Value)) {
        let Settings {
            plain: _,
            base,
            pack: _,
            index,
            types: _,
            default_type: _,
            charset,
            source_charset,
            substitution,
            // They are paths as they stand there.
            additions: _,
            ssi,
            compression: _,
            error_pages,
            symlinks,
            file_cache: _,
            admission,
            // They are paths as they stand there.
            mirrors: _,
            answered,
            rate,
            // What they count by is the site's.
            limit_reqs: _,
            limit_conns: _,
            real_ip: _,
            referers: _,
            secure_link,
            userid,
            added_fields,
            added_trailers,
            early_hints,
            expires,
            access_logs,
            error_logs: _,
            listing: _,
        } = self;
        let FileBase { directory: _, inner, replaced_len: _, append_path: _, alias: _, slash: _ } =
            base;
        let Symlinks { follow: _, from } = symlinks;
        [inner, from].into_iter().for_each(|value| see(Purpose::File, value));
        of_admission(admission, see);
        for Answered { variable: _, name: _, value } in answered {
            see(Purpose::Assigned, value);
        }
        index.iter().for_each(|name| see(Purpose::Uri, name));
        if let Some(Charset { name, types: _ }) = charset {
            see(Purpose::Field("; charset=".len()), name);
        }
        source_charset.iter().for_each(|name| see(Purpose::Asked, name));
        for (text, by) in substitution.iter().flat_map(|Substitution { pairs, types: _ }| pairs) {
            // They stay until the response is sent.
            see(Purpose::Assigned, text);
            see(Purpose::Assigned, by);
        }
        if let Some(Ssi { types: _, silent_errors: _, value_len: _, set_len: _, variables }) = ssi {
            variables.iter().for_each(|(_, value)| see(Purpose::Asked, value));
        }
        match secure_link {
            Some(SecureLink::Pair { link, hashed }) => {
                [link, hashed].into_iter().for_each(|value| see(Purpose::Asked, value));
            }
            Some(SecureLink::Secret(_)) | None => {}
        }
        if let Some(UserId {
            form: _,
            name: _,
            attributes: _,
            expires: _,
            mark: _,
            p3p: _,
            service: _,
            reset,
        }) = userid
        {
            see(Purpose::Asked, reset);
        }
        if let Some(Rate { per_second, after }) = rate {
            for amount in [per_second, after] {
                match amount {
                    Amount::Fixed(_) => {}
                    Amount::Computed(value) => see(Purpose::Asked, value),
                }
            }
        }
        for ErrorPage { status: _, response: _, target } in error_pages {
            match target {
                ErrorTarget::Uri(uri) => see(Purpose::Uri, uri),
                ErrorTarget::Redirect(target) => see(Purpose::Redirect, target),
                ErrorTarget::Named(_) => {}
            }
        }
        early_hints.iter().for_each(|value| see(Purpose::Asked, value));
        for AddedField { name, value, always: _, replaces: _ } in
            added_fields.iter().chain(added_trailers)
        {
            see(Purpose::Field(name.len() + ": \r\n".len()), value);
        }
        match expires {
            None | Some(Expiration::Fixed(_)) => {}
            Some(Expiration::Computed(value, _)) => see(Purpose::Asked, value),
        }
        for log in access_logs {
            let AccessLog {
                log: _,
                name,
                cache: _,
                format,
                buffer_len: _,
                flush_ms: _,
                gzip: _,
                condition,
            } = log;
            name.iter().for_each(|name| see(Purpose::File, name));
            see(Purpose::Log, &formats[*format]);
            condition.iter().for_each(|value| see(Purpose::Log, value));
        }
    }
}
