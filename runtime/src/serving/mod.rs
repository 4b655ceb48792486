//! The phases of a request in a running server: the site as it was compiled, with its files, its
//! logs and its clients.

mod encode;
mod facts;
mod form;
mod limits;
mod world;

use std::sync::Arc;

use crate::cgi::Call;
use crate::context::{Client, Context};
use crate::exchange::{self, BackendHead, Event, Refusal};
use crate::handler::{self, Receiver, Work};
use crate::output::Body;
use crate::site::{Action, Handler, Settings, Site};
use crate::upstream;
use crate::users::desk::Verdict;

use self::form::Compiled;
use self::world::Serving;

/// One request and its response.
pub(crate) type Exchange = exchange::Exchange<Compiled>;

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
#[derive(Debug)]
pub(crate) struct Wait {
    /// When the wait is over in any case, by the monotonic clock.
    pub(crate) until_ms: u64,
    /// The check of a password, where that is what is waited for.
    pub(crate) verdict: Option<Arc<Verdict>>,
}

impl Wait {
    /// Whether it is over.
    pub(crate) fn is_over(&self, now_ms: u64) -> bool {
        let verdict = self.verdict.as_ref();
        now_ms >= self.until_ms || verdict.is_some_and(|verdict| verdict.is_right().is_some())
    }
}

impl Exchange {
    /// The settings that hold for the request now.
    pub(crate) fn settings(&self) -> Option<&'static Settings> {
        self.route().map(|route| route.location.settings)
    }

    /// Makes the response to a head that was read.
    pub(crate) fn respond<S: Site>(&mut self, cx: &mut Context<S>, client: &Client) -> Reply {
        self.step(&mut Serving::new(cx, client), Event::Head)
    }

    /// Makes the response to a request that cannot be read, or not to its end.
    pub(crate) fn refuse<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &Client,
        refusal: &Refusal,
    ) -> Reply {
        self.step(&mut Serving::new(cx, client), Event::Refused(refusal))
    }

    /// Makes the response to a request whose content has been received.
    pub(crate) fn received<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &Client,
        receiver: Box<dyn Receiver>,
    ) -> Reply {
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
        client: &Client,
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
        client: &Client,
        wait: &Wait,
    ) -> Reply {
        let event = match &wait.verdict {
            Some(verdict) => Event::Checked(verdict.is_right()),
            None => Event::Waited,
        };
        self.step(&mut Serving::new(cx, client), event)
    }

    fn done<S: Site>(
        &mut self,
        mut serving: Serving<'_, S>,
        outcome: handler::Outcome,
        content_taken: bool,
    ) -> Reply {
        let outcome = serving.outcome(self, outcome);
        self.step(&mut serving, Event::Done { outcome, content_taken })
    }

    /// Makes the response to a head that was made elsewhere.
    pub(crate) fn answer_backend<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &Client,
        mut head: BackendHead,
    ) -> Reply {
        if let Action::Serve { handler: Handler::Proxy(proxy), .. } = &self.location().action
            && !S::UPSTREAMS.is_empty()
        {
            let rate = upstream::edit(proxy, &self.variables(cx, client), &mut head);
            self.limit_rate = rate.or(self.limit_rate);
        }
        self.step(&mut Serving::new(cx, client), Event::Backend(head))
    }

    /// Makes the response to a request for which that has failed.
    pub(crate) fn fail_backend<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &Client,
        refusal: &Refusal,
    ) -> Reply {
        self.step(&mut Serving::new(cx, client), Event::Failed(refusal))
    }
}
