//! The phases of a request in a running server: the site as it was compiled, with its files, its
//! logs and its clients.

mod cached;
mod compose;
mod encode;
mod facts;
mod limits;
mod metrics;
mod mirror;
mod secured;
mod world;

use std::rc::Rc;
use std::sync::Arc;

use crate::cache;
use crate::cgi::Call;
use crate::compiled::Exchange;
use crate::context::Context;
use crate::exchange::{self, BackendHead, Event, Refusal};
use crate::handler::{self, Receiver, Work};
use crate::http::response::Fields;
use crate::output::Body;
use crate::site::{Action, ConnectionFacts, Handler, Settings, Site, Text};
use crate::subrequest::Asked;
use crate::upstream;
use crate::users::desk::Verdict;

pub(crate) use self::compose::{Attending, Parts, begin_weave};
pub(crate) use self::world::MAX_ANSWER_MS;
use self::world::Serving;

/// What to send.
pub(crate) type Reply = exchange::Reply<Body, Later>;

/// What makes a response later.
pub(crate) enum Later {
    /// This takes the request's content first.
    Receive(Box<dyn Receiver>),
    /// This takes longer than others should wait.
    Work(Box<dyn Work>),
    /// A script makes the response.
    Script(Box<Call>),
    /// Another server makes the response.
    Proxy(Box<upstream::Call>),
    /// Nothing is done for now.
    Wait(Wait),
}

/// What a request waits for.
pub(crate) struct Wait {
    /// When the wait is over in any case, by the monotonic clock.
    pub(crate) until_ms: u64,
    /// The check of a password, where that is what is waited for.
    pub(crate) verdict: Option<Arc<Verdict>>,
    /// What another location answers, where that is waited for.
    pub(crate) asked: Option<Asked>,
    /// Whether the location looks again then for what somebody else has asked for.
    pub(crate) looks_again: bool,
}

impl Wait {
    /// A wait until a time, by the monotonic clock.
    pub(super) fn until(until_ms: u64) -> Wait {
        Wait { until_ms, verdict: None, asked: None, looks_again: false }
    }

    /// Whether it is over.
    pub(crate) fn is_over(&self, now_ms: u64) -> bool {
        let verdict = self.verdict.as_ref();
        now_ms >= self.until_ms
            || verdict.is_some_and(|verdict| verdict.is_right().is_some())
            || self.asked.as_ref().is_some_and(Asked::has_answered)
    }
}

impl Exchange {
    /// The settings that hold for the request now.
    pub(crate) fn settings(&self) -> Option<&'static Settings> {
        self.route().map(|route| route.location.settings)
    }

    /// Makes the response to a head that was read.
    pub(crate) fn respond<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &dyn ConnectionFacts,
    ) -> Reply {
        self.step(&mut Serving::new(cx, client), Event::Head)
    }

    /// Makes the answer to a request for this URI within another one.
    pub(crate) fn respond_within<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &dyn ConnectionFacts,
        uri: &[u8],
    ) -> Reply {
        self.step(&mut Serving::new(cx, client), Event::Within(uri))
    }

    /// Makes the response to a request that cannot be read, or not to its end.
    pub(crate) fn refuse<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &dyn ConnectionFacts,
        refusal: &Refusal,
    ) -> Reply {
        self.step(&mut Serving::new(cx, client), Event::Refused(refusal))
    }

    /// Makes the response to a request whose content has been received.
    pub(crate) fn received<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &dyn ConnectionFacts,
        receiver: Box<dyn Receiver>,
    ) -> Reply {
        if S::KEEPS_CONTENT {
            self.kept_content = receiver.in_memory().map(Rc::from);
        }
        let mut serving = Serving::new(cx, client);
        // What another handler makes of the request has no content to read.
        let outcome =
            serving.with_request(self, true, |request, files| receiver.finish(request, files));
        self.done(serving, outcome, true)
    }

    /// Makes the response to a request that has taken longer.
    pub(crate) fn worked<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &dyn ConnectionFacts,
        work: Box<dyn Work>,
    ) -> Reply {
        let mut serving = Serving::new(cx, client);
        let outcome =
            serving.with_request(self, false, |request, files| work.finish(request, files));
        self.done(serving, outcome, false)
    }

    /// Goes on with a request that has waited.
    pub(crate) fn waited<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &dyn ConnectionFacts,
        wait: &Wait,
    ) -> Reply {
        let event = match (&wait.verdict, &wait.asked) {
            (Some(verdict), _) => Event::Checked(verdict.is_right()),
            (None, Some(asked)) => Event::Answered(asked.take_answer()),
            (None, None) if wait.looks_again => {
                Event::Done { outcome: exchange::Outcome::Gathered, content_taken: false }
            }
            (None, None) => Event::Waited,
        };
        self.step(&mut Serving::new(cx, client), event)
    }

    fn done<S: Site>(
        &mut self,
        mut serving: Serving<'_, S>,
        outcome: handler::Outcome,
        content_taken: bool,
    ) -> Reply {
        let content_taken = content_taken && !matches!(outcome, handler::Outcome::Gathered(..));
        let outcome = serving.outcome(self, outcome);
        self.step(&mut serving, Event::Done { outcome, content_taken })
    }

    /// Makes the response to a head that was made elsewhere.
    pub(crate) fn answer_backend<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &dyn ConnectionFacts,
        mut head: BackendHead,
    ) -> Reply {
        if let Action::Serve { handler: Handler::Proxy(proxy), .. } = &self.location().action
            && !S::UPSTREAMS.is_empty()
        {
            let variables = self.variables(cx, client);
            if !S::CACHES.is_empty()
                && let Some(caching) = &proxy.caching
                && caching.refused.iter().any(|text| cache::holds(text, &variables))
            {
                self.tries.set_cached(|cached| {
                    cached.is_kept.iter().for_each(|is_kept| is_kept.set(false));
                });
                head.is_kept = false;
            }
            let rate = upstream::edit(proxy, &variables, &mut head);
            if !S::CACHES.is_empty() && head.is_kept {
                self.ask_of_kept(&mut head);
            }
            if let Some(with) = head.designated.take()
                && let Some(sticky) = &S::UPSTREAMS[usize::from(with.upstream)].sticky
            {
                head.cookie = upstream::sticky::cookie(sticky, &variables, &with.route);
                cx.upstreams.learn(&upstream::sticky::created(sticky, &variables), &with);
            }
            self.limit_rate = rate.or(self.limit_rate);
        }
        self.step(&mut Serving::new(cx, client), Event::Backend(head))
    }

    /// The fields of the conf that follow the content of the response.
    pub(crate) fn following<S: Site>(
        &self,
        cx: &mut Context<S>,
        client: &dyn ConnectionFacts,
    ) -> Fields {
        self.trailers(&mut Serving::new(cx, client))
    }

    /// Whether what another server says before its answer goes on to the client (`early_hints`). HTTP/1.0
    /// has no such responses (RFC 9110, 15.2).
    pub(crate) fn passes_interim<S: Site>(
        &self,
        cx: &Context<S>,
        client: &dyn ConnectionFacts,
    ) -> bool {
        let conditions = self.settings().map_or(&[][..], |settings| settings.early_hints);
        let holds = |text: &'static Text| {
            let mut value = Vec::new();
            text.write(&self.variables(cx, client), &mut value);
            !matches!(&value[..], b"" | b"0")
        };
        self.head.minor_version > 0 && (conditions.is_empty() || conditions.iter().any(holds))
    }

    /// Makes the response to a request for which that has failed.
    pub(crate) fn fail_backend<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &dyn ConnectionFacts,
        refusal: &Refusal,
    ) -> Reply {
        self.step(&mut Serving::new(cx, client), Event::Failed(refusal))
    }
}
