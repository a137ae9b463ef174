//! The judge's end: stand-ins for the learner's objects, and turns.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sim::Choice;
use sim::plain::{self, Blob};
use tokio::sync::{Notify, oneshot};
use tokio::task::AbortHandle;

use super::{Deed, Hello, News, Order, Running, Turned, clock};
use crate::remote::{self, Line, PanickedElsewhere, refuse};
use crate::stage::{Stage, tokios};

/// Runs what an object asks of what it was given; nothing if these are not the bytes of a question.
type Answers = Arc<dyn Fn(&[u8]) -> Option<Running> + Send + Sync>;

/// The way between the play of this thread and its worker, which is hired when there is something for it to do.
pub(crate) struct Bridge {
    stage: Stage,
    /// All that the worker learns of the seed of the play.
    seed: u64,
    /// Rings when a turn has brought something.
    turned: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    line: Option<Line>,
    /// What the worker is to hear.
    news: Vec<News>,
    /// What it has said, until its time comes.
    said: Option<Turned>,
    /// The instant up to whose end it has nothing to say, unless it hears something.
    quiet_ms: Option<u64>,
    objects: Vec<Answers>,
    calls: u64,
    callers: BTreeMap<u64, oneshot::Sender<Vec<u8>>>,
    asks: u64,
    asked: BTreeMap<u64, AbortHandle>,
    /// Who wants to know when the worker has nothing to say at this instant.
    settling: Vec<oneshot::Sender<()>>,
    /// What has to unwind when the play is over.
    failure: Option<Box<dyn Any + Send>>,
}

impl State {
    fn settle(&mut self) {
        for waiting in self.settling.drain(..) {
            // Whoever waited may have gone away.
            let _ = waiting.send(());
        }
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Bridge>>> = const { RefCell::new(None) };
}

/// The way of the play of this thread, if its learner's code is elsewhere.
pub(crate) fn current() -> Option<Arc<Bridge>> {
    CURRENT.with_borrow(Clone::clone)
}

/// Before the judge's runtime parks its thread: everybody waits.
pub(crate) fn idle() {
    if let Some(bridge) = current() {
        bridge.take_turn();
    }
}

/// Waits until neither end has anything left to do at this instant; not at all where there is but one end, which it says.
pub(crate) async fn settled() -> bool {
    let Some(bridge) = current().filter(|bridge| bridge.state().line.is_some()) else { return false };
    let (sender, receiver) = oneshot::channel();
    bridge.state().settling.push(sender);
    // An error: the play is over.
    receiver.await.is_ok()
}

impl Bridge {
    /// The way that objects take that are made on this thread, until it is [closed](Bridge::close).
    pub fn open(stage: Stage, choice: Choice) -> Arc<Self> {
        let bridge = Arc::new(Bridge { stage, seed: tokios(choice), turned: Notify::new(), state: Mutex::default() });
        CURRENT.set(Some(bridge.clone()));
        tokio::spawn(bridge.clone().carry_out());
        bridge
    }

    /// Lets the worker go. Unwinds if it has panicked, or is gone, or sent what it should not have.
    pub fn close(&self) {
        CURRENT.set(None);
        let mut state = self.state();
        state.line = None;
        let failure = state.failure.take();
        drop(state);
        if let Some(failure) = failure {
            resume_unwind(failure);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the play if `work` unwinds: what it unwinds with is kept, for on the way it might meet somebody who swallows it.
    fn watch<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(done) => Some(done),
            Err(failure) => {
                self.state().failure.get_or_insert(failure);
                self.stage.stop();
                None
            }
        }
    }

    pub(super) fn hello(&self) -> Hello {
        Hello { now_ms: self.stage.now_ms(), seed: self.seed }
    }

    /// An order and its answer; nothing when there is nobody to ask any more.
    pub(super) fn ask<R: DeserializeOwned>(&self, order: &Order) -> Option<R> {
        if self.state().failure.is_some() {
            return None;
        }
        self.watch(|| {
            // Not held while it is asked: what unwinds from there takes the lock.
            let line = self.state().line.take();
            let mut line = line.unwrap_or_else(remote::hire);
            let answer = line.ask(order);
            self.state().line = Some(line);
            answer
        })
    }

    /// Has the worker's time run until something happens at this end, if it hasn't yet.
    fn take_turn(&self) {
        let now_ms = self.stage.now_ms();
        let mut state = self.state();
        if state.line.is_none() || state.said.is_some() || state.failure.is_some() {
            return;
        }
        let next_ms = clock::next_after(now_ms).expect("a play has a limit, and its end is waited for");
        let until_ms = if state.settling.is_empty() { next_ms - 1 } else { now_ms };
        let is_ahead = state.quiet_ms.is_some_and(|quiet_ms| now_ms < quiet_ms);
        assert!(state.news.is_empty() || !is_ahead, "a wait that was not to be heard of until later was heard of");
        if state.news.is_empty() && state.quiet_ms.is_some_and(|quiet_ms| until_ms <= quiet_ms) {
            state.settle();
            return;
        }
        let news = std::mem::take(&mut state.news);
        drop(state);
        let Some(turned) = self.ask::<Turned>(&Order::Turn { now_ms, until_ms, news }) else { return };
        if !(now_ms..=until_ms).contains(&turned.now_ms) || turned.deeds.is_empty() && turned.now_ms < until_ms {
            self.watch(|| refuse("an answer out of time"));
            return;
        }
        let mut state = self.state();
        state.quiet_ms = Some(turned.now_ms);
        if turned.deeds.is_empty() {
            state.settle();
        } else {
            state.said = Some(turned);
            self.turned.notify_one();
        }
    }

    /// Does what turns have brought, when its time comes.
    async fn carry_out(self: Arc<Self>) {
        loop {
            self.turned.notified().await;
            let Some(at_ms) = self.state().said.as_ref().map(|turned| turned.now_ms) else { continue };
            // Not a wait that the worker should be told of: it is what comes of its own.
            self.stage.until_ms_unseen(at_ms).await;
            let Some(turned) = self.state().said.take() else { continue };
            for deed in turned.deeds {
                self.carry_out_one(deed).await;
            }
        }
    }

    async fn carry_out_one(self: &Arc<Self>, deed: Deed) {
        match deed {
            Deed::Ask { object, what } => {
                let ask = self.state().asks;
                self.state().asks += 1;
                let answers = self.state().objects.get(object as usize).cloned();
                let begin = || {
                    let running = answers.and_then(|answers| answers(&what.0));
                    running.unwrap_or_else(|| refuse("a call of something that it was not given"))
                };
                if let Some(running) = self.watch(begin) {
                    self.attend(ask, running).await;
                }
            }
            Deed::GivenUp { ask } => {
                if let Some(asked) = self.state().asked.remove(&ask) {
                    asked.abort();
                }
            }
            Deed::Result { call, what } => {
                let caller = self.state().callers.remove(&call);
                // It may have gone away just now.
                let _ = caller.map(|caller| caller.send(what.0));
            }
        }
    }

    /// A question begins as it would where it is asked: at once, with everything it does before it has to wait.
    async fn attend(self: &Arc<Self>, ask: u64, mut running: Running) {
        let begun = poll_fn(|context| {
            Poll::Ready(self.watch(|| std::pin::pin!(tokio::task::unconstrained(running.as_mut())).poll(context)))
        });
        match begun.await {
            None => {}
            Some(Poll::Ready(what)) => self.state().news.push(News::Reply { ask, what: Blob(what) }),
            Some(Poll::Pending) => {
                let bridge = self.clone();
                let asked = tokio::spawn(async move {
                    let what = Blob(running.await);
                    let mut state = bridge.state();
                    state.asked.remove(&ask);
                    state.news.push(News::Reply { ask, what });
                });
                self.state().asked.insert(ask, asked.abort_handle());
            }
        }
    }
}

/// Has an object of the learner's made from this, as the exercise's [`Make`](super::Make) does it; `answers` runs what the object
/// then asks. Gives what its maker says of it, too.
///
/// # Panics
///
/// Outside of a play. It unwinds when the learner's code panics.
pub fn make<Q: DeserializeOwned, R: DeserializeOwned>(
    from: &impl Serialize,
    answers: impl Fn(Q) -> Running + Send + Sync + 'static,
) -> (Object, R) {
    let bridge = current().expect("objects are made while a schedule is played");
    let order = Order::Make { hello: bridge.hello(), from: Blob(plain::save(from)) };
    let made = bridge.ask::<Blob>(&order).and_then(|says| {
        bridge.watch(|| plain::load(&says.0).unwrap_or_else(|| refuse("something about an object that is nothing")))
    });
    let says = made.unwrap_or_else(|| resume_unwind(Box::new(PanickedElsewhere)));
    let mut state = bridge.state();
    let number = u32::try_from(state.objects.len()).expect("few objects");
    state.objects.push(Arc::new(move |what| plain::load(what).map(&answers)));
    // It may have spawned something.
    state.quiet_ms = None;
    drop(state);
    (Object { bridge, number }, says)
}

/// An object of the learner's that is elsewhere.
pub struct Object {
    bridge: Arc<Bridge>,
    number: u32,
}

impl Object {
    /// Calls a method, as the exercise writes it, and waits for what it returns.
    pub async fn call<R: DeserializeOwned>(&self, what: &impl Serialize) -> R {
        let bridge = &self.bridge;
        let what = Blob(plain::save(what));
        let (call, result) = {
            let (sender, receiver) = oneshot::channel();
            let mut state = bridge.state();
            let call = state.calls;
            state.calls += 1;
            state.callers.insert(call, sender);
            state.news.push(News::Call { object: self.number, what });
            (call, receiver)
        };
        let _under_way = UnderWay { bridge, call };
        if let Ok(result) = result.await
            && let Some(result) =
                bridge.watch(|| plain::load(&result).unwrap_or_else(|| refuse("a result that is none")))
        {
            return result;
        }
        // The play is over.
        pending().await
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        self.bridge.state().news.push(News::Dropped { object: self.number });
    }
}

/// A call that somebody waits for.
struct UnderWay<'a> {
    bridge: &'a Bridge,
    call: u64,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut state = self.bridge.state();
        if state.callers.remove(&self.call).is_some() {
            state.news.push(News::GivenUp { call: self.call });
        }
    }
}
