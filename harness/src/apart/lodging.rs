//! The worker's end: the learner's objects of one play, and their runtime.

use std::collections::{BTreeMap, VecDeque};
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sim::plain::{self, Blob};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::{Instant, advance, sleep_until};

use super::{Deed, Gauge, Hello, News, Order, Running, Turned};
use crate::memory;
use crate::serve::{self, Service};
use crate::stage::{self, MAX_CALLS_PER_MS};

/// Runs a call of a method of an object.
type Methods = Box<dyn Fn(&[u8]) -> Running>;

/// What came of making an object.
pub struct Made {
    says: Vec<u8>,
    methods: Option<Methods>,
}

impl Made {
    /// An object; `methods` runs a call of one of its methods.
    pub fn object<A: DeserializeOwned>(methods: impl Fn(A) -> Running + 'static) -> Self {
        Made { says: Vec::new(), methods: Some(Box::new(move |what| methods(serve::order(what)))) }
    }

    /// None.
    pub fn nothing() -> Self {
        Made { says: Vec::new(), methods: None }
    }

    /// The same, and this is what the stand-in is to know of it.
    pub fn saying(self, says: &impl Serialize) -> Self {
        Made { says: plain::save(says), ..self }
    }
}

/// Makes an object from what its stand-in was made from. What it is given asks the judge, at the desk.
pub type Make = fn(&[u8], Desk) -> Made;

/// What a process serves that has the learner's objects of one play.
pub fn serve(make: Make) -> Box<dyn Service> {
    Box::new(Lodging { make, house: None, watch: None })
}

struct Lodging {
    make: Make,
    house: Option<House>,
    watch: Option<memory::Watch>,
}

impl Lodging {
    fn house(&mut self, hello: Hello) -> &mut House {
        self.house.get_or_insert_with(|| House::build(hello))
    }

    /// In bytes.
    fn gauge(&mut self, gauge: Gauge) -> usize {
        match gauge {
            Gauge::Begin => {
                let held_bytes = memory::in_use_bytes();
                self.watch = Some(memory::Watch::begin());
                held_bytes
            }
            Gauge::Peak => self.watch.as_ref().expect("the judge has begun").peak_bytes(),
        }
    }
}

impl Service for Lodging {
    fn serve(&mut self, order: &[u8]) -> Vec<u8> {
        match serve::order(order) {
            Order::Make { hello, from } => {
                let make = self.make;
                plain::save(&Blob(self.house(hello).make(make, hello.now_ms, &from.0)))
            }
            Order::Turn { now_ms, until_ms, news } => {
                let house = self.house.as_mut().expect("the first order is to make something");
                plain::save(&house.turn(now_ms, until_ms, news))
            }
            Order::Gauge { hello, gauge } => {
                self.house(hello);
                plain::save(&(self.gauge(gauge) as u64))
            }
        }
    }
}

/// Objects, their tasks, and their time.
struct House {
    // Dropped first: what the tasks hold may look at the clock when it goes.
    objects: Vec<Option<Methods>>,
    calls: Calls,
    runtime: Runtime,
    origin: Instant,
    began_ms: u64,
    shared: Shared,
}

/// Calls that are under way, by their number.
#[derive(Default)]
struct Calls {
    count: u64,
    tasks: BTreeMap<u64, AbortHandle>,
}

/// What objects and turns share.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    deeds: Vec<Deed>,
    asks: u64,
    /// Of this turn.
    asks_now: u64,
    /// Who waits for the reply to which ask.
    waiting: BTreeMap<u64, oneshot::Sender<Vec<u8>>>,
    /// Where a reply goes that crosses with the news that nobody waits for it.
    crossing: BTreeMap<u64, Unread>,
    /// When the turn is over, if nothing has happened before.
    until: Option<Instant>,
    /// The clock was set, and timers that are due now have not been looked at.
    unsettled: bool,
    over: bool,
    turn: Option<Waker>,
}

/// Replies that nobody has looked at.
type Unread = Arc<Mutex<VecDeque<Vec<u8>>>>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic of the learner's code can poison a lock between two events, never within one.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    /// Before the runtime parks its thread: everybody waits. Ends the turn, or lets the clock go on to the next timer.
    fn idle(&self) {
        let mut state = self.state();
        let due = state.until.is_some_and(|until| Instant::now() >= until);
        if std::mem::take(&mut state.unsettled) {
            // Whoever is woken here keeps the clock where it is, and the timers are looked at.
        } else if due || !state.deeds.is_empty() {
            state.over = true;
        } else {
            return;
        }
        if let Some(turn) = &state.turn {
            turn.wake_by_ref();
        }
    }
}

impl House {
    fn build(hello: Hello) -> Self {
        let shared = Shared::default();
        let hook = shared.clone();
        let runtime = stage::runtime(hello.seed, Some(move || hook.idle()));
        let origin = runtime.block_on(async { Instant::now() });
        House { objects: Vec::new(), calls: Calls::default(), runtime, origin, began_ms: hello.now_ms, shared }
    }

    fn at(&self, ms: u64) -> Instant {
        self.origin + Duration::from_millis(ms - self.began_ms)
    }

    fn make(&mut self, make: Make, now_ms: u64, from: &[u8]) -> Vec<u8> {
        let now = self.at(now_ms);
        let object = u32::try_from(self.objects.len()).expect("few objects");
        let desk = Desk { shared: self.shared.clone(), object };
        let made = self.runtime.block_on(async {
            self.shared.set_clock(now).await;
            make(from, desk)
        });
        self.objects.push(made.methods);
        made.says
    }

    fn turn(&mut self, now_ms: u64, until_ms: u64, news: Vec<News>) -> Turned {
        let (now, until) = (self.at(now_ms), self.at(until_ms));
        let House { objects, calls, runtime, shared, .. } = self;
        {
            let mut state = shared.state();
            (state.until, state.over, state.asks_now) = (Some(until), false, 0);
        }
        let ended = runtime.block_on(async {
            shared.set_clock(now).await;
            for piece in news {
                shared.hear(piece, objects, calls);
            }
            shared.state().crossing.clear();
            // There for the clock: it goes no further than this.
            let mut end = pin!(sleep_until(until));
            poll_fn(|context| {
                let _ = end.as_mut().poll(context);
                let mut state = shared.state();
                state.turn = Some(context.waker().clone());
                if state.over { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            Instant::now()
        });
        let passed_ms = u64::try_from((ended - self.origin).as_millis()).unwrap_or(u64::MAX);
        let deeds = std::mem::take(&mut self.shared.state().deeds);
        // The learner's code could have moved the clock.
        Turned { now_ms: self.began_ms.saturating_add(passed_ms).clamp(now_ms, until_ms), deeds }
    }
}

impl Shared {
    /// Lets time be `now`, and what is done next be done before any timer that is due then.
    async fn set_clock(&self, now: Instant) {
        let behind = now.saturating_duration_since(Instant::now());
        if behind.is_zero() {
            return;
        }
        self.state().unsettled = true;
        // The clock is set when this is first polled; all it waits for is that the timers are looked at.
        let mut step = pin!(advance(behind));
        poll_fn(|context| {
            let _ = step.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
    }

    fn hear(&self, news: News, objects: &mut [Option<Methods>], calls: &mut Calls) {
        match news {
            News::Call { object, what } => {
                let methods = objects[object as usize].as_ref().expect("the judge calls what it has");
                let (running, call, shared) = (methods(&what.0), calls.count, self.clone());
                calls.count += 1;
                let task = tokio::spawn(async move {
                    let what = Blob(running.await);
                    shared.state().deeds.push(Deed::Result { call, what });
                });
                calls.tasks.insert(call, task.abort_handle());
                calls.tasks.retain(|_, task| !task.is_finished());
            }
            News::GivenUp { call } => {
                if let Some(task) = calls.tasks.remove(&call) {
                    task.abort();
                }
            }
            News::Dropped { object } => objects[object as usize] = None,
            News::Reply { ask, what } => {
                let mut state = self.state();
                if let Some(waiting) = state.waiting.remove(&ask) {
                    // It is forgotten as soon as nobody waits.
                    let _ = waiting.send(what.0);
                } else if let Some(unread) = state.crossing.remove(&ask) {
                    lock(&unread).push_back(what.0);
                }
            }
        }
    }

    fn begin(&self, object: u32, what: Vec<u8>) -> Option<(u64, oneshot::Receiver<Vec<u8>>)> {
        let mut state = self.state();
        state.asks_now += 1;
        if state.asks_now > MAX_CALLS_PER_MS + 1 {
            // More than that the judge takes for calls without an end; they have one here.
            state.over = true;
            if let Some(turn) = &state.turn {
                turn.wake_by_ref();
            }
            return None;
        }
        let ask = state.asks;
        state.asks += 1;
        let (sender, receiver) = oneshot::channel();
        state.waiting.insert(ask, sender);
        state.deeds.push(Deed::Ask { object, what: Blob(what) });
        Some((ask, receiver))
    }
}

/// Where an object asks what it was given, which is with the judge.
#[derive(Clone)]
pub struct Desk {
    shared: Shared,
    object: u32,
}

impl Desk {
    /// Calls a method, as the exercise writes it, and waits for what it returns. What it returns is lost when this is dropped.
    pub async fn ask<R: DeserializeOwned>(&self, what: &impl Serialize) -> R {
        serve::order(&self.exchange(plain::save(what), None).await)
    }

    /// A method that loses nothing when its future is dropped.
    pub fn tap(&self) -> Tap {
        Tap { desk: self.clone(), unread: Unread::default() }
    }

    async fn exchange(&self, what: Vec<u8>, unread: Option<&Unread>) -> Vec<u8> {
        let Some((ask, reply)) = self.shared.begin(self.object, what) else { return pending().await };
        let mut asking = Asking { shared: &self.shared, ask, reply, unread };
        (&mut asking.reply).await.expect("nobody else takes the sender away")
    }
}

/// See [`Desk::tap`]. What came and was not looked at is there for the next call.
pub struct Tap {
    desk: Desk,
    unread: Unread,
}

impl Tap {
    /// Calls the method, as the exercise writes it, and waits for what it returns.
    pub async fn ask<R: DeserializeOwned>(&self, what: &impl Serialize) -> R {
        let unread = lock(&self.unread).pop_front();
        let reply = match unread {
            Some(reply) => reply,
            None => self.desk.exchange(plain::save(what), Some(&self.unread)).await,
        };
        serve::order(&reply)
    }
}

/// Somebody waits for a reply.
struct Asking<'a> {
    shared: &'a Shared,
    ask: u64,
    reply: oneshot::Receiver<Vec<u8>>,
    unread: Option<&'a Unread>,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        if state.waiting.remove(&self.ask).is_some() {
            state.deeds.push(Deed::GivenUp { ask: self.ask });
            if let Some(unread) = self.unread {
                state.crossing.insert(self.ask, unread.clone());
            }
        } else if let (Some(unread), Ok(reply)) = (self.unread, self.reply.try_recv()) {
            lock(unread).push_back(reply);
        }
    }
}
