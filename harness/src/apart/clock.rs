//! Waits whose end the judge knows.
//!
//! A worker may let its time run until something happens at the judge's end, and tokio doesn't tell when its next timer is due.
//! So whatever waits for a time in a world waits here, and the deadlines of those that do are written down. Where the learner's
//! code is in the same process nobody asks, and nothing is.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;
use tokio::time::error::Elapsed;

/// How many waits end at which millisecond of the play.
struct Deadlines {
    origin: Instant,
    pending: BTreeMap<u64, u32>,
}

thread_local! {
    static DEADLINES: RefCell<Option<Deadlines>> = const { RefCell::new(None) };
}

fn with<T>(work: impl FnOnce(&mut Deadlines) -> T) -> Option<T> {
    DEADLINES.with_borrow_mut(|deadlines| deadlines.as_mut().map(work))
}

/// Writes down the deadlines of waits that begin on this thread, until it is dropped.
pub struct Book(());

impl Book {
    /// Time counts from `origin`.
    pub fn open(origin: Instant) -> Self {
        DEADLINES.set(Some(Deadlines { origin, pending: BTreeMap::new() }));
        Book(())
    }
}

impl Drop for Book {
    fn drop(&mut self) {
        DEADLINES.set(None);
    }
}

/// When the next wait ends, of those that end after that millisecond.
pub fn next_after(now_ms: u64) -> Option<u64> {
    with(|deadlines| deadlines.pending.range(now_ms + 1..).next().map(|(at_ms, _)| *at_ms)).flatten()
}

/// A deadline that is written down.
struct Pending(u64);

impl Pending {
    fn until(deadline: Instant) -> Option<Self> {
        with(|deadlines| {
            // As tokio does: a wait takes whole milliseconds.
            let at_us = deadline.saturating_duration_since(deadlines.origin).as_micros();
            let at_ms = u64::try_from(at_us.div_ceil(1000)).unwrap_or(u64::MAX);
            *deadlines.pending.entry(at_ms).or_default() += 1;
            Pending(at_ms)
        })
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        with(|deadlines| {
            let count = deadlines.pending.get_mut(&self.0)?;
            *count -= 1;
            if *count == 0 { deadlines.pending.remove(&self.0) } else { None }
        });
    }
}

async fn known<F: Future>(deadline: Option<Instant>, wait: F) -> F::Output {
    let _pending = deadline.and_then(Pending::until);
    wait.await
}

/// As [`tokio::time::sleep`].
pub fn sleep(time: Duration) -> impl Future<Output = ()> {
    known(deadline(time), tokio::time::sleep(time))
}

/// As [`tokio::time::sleep_until`].
pub fn sleep_until(deadline: Instant) -> impl Future<Output = ()> {
    known(Some(deadline), tokio::time::sleep_until(deadline))
}

/// Sleeps for `time`. The code under test hears nothing of what comes of it sooner than `heard` from now: so a judge of code in
/// another process need not stop there.
pub fn sleep_unheard(time: Duration, heard: Duration) -> impl Future<Output = ()> {
    known(deadline(heard), tokio::time::sleep(time))
}

/// The same with points in time; without the second, it never hears of it.
pub fn sleep_until_unheard(deadline: Instant, heard: Option<Instant>) -> impl Future<Output = ()> {
    known(heard, tokio::time::sleep_until(deadline))
}

/// As [`tokio::time::timeout`]: what is done at the last instant is done in time, also if that is in another process.
pub async fn timeout<F: Future>(time: Duration, work: F) -> Result<F::Output, Elapsed> {
    let mut work = pin!(work);
    let timed = known(deadline(time), tokio::time::timeout(time, work.as_mut())).await;
    let Err(elapsed) = timed else { return timed };
    if !super::bridge::settled().await {
        return Err(elapsed);
    }
    match poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => Err(elapsed),
    }
}

/// Nothing where nobody asks, or where it will never be.
fn deadline(time: Duration) -> Option<Instant> {
    with(|_| Instant::now().checked_add(time)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Waker};

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_wait_is_known_from_its_first_poll_until_it_is_dropped() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let _entered = runtime.enter();
        let _book = Book::open(Instant::now());
        let mut context = Context::from_waker(Waker::noop());
        let begin = |wait: std::pin::Pin<&mut dyn Future<Output = ()>>, context: &mut Context<'_>| {
            assert!(wait.poll(context).is_pending());
        };
        assert_eq!(next_after(0), None);
        let mut long = Box::pin(sleep(ms(30)));
        assert_eq!(next_after(0), None, "nobody waits yet");
        begin(long.as_mut(), &mut context);
        let mut short = pin!(async { drop(timeout(Duration::from_micros(4_001), std::future::pending::<()>()).await) });
        begin(short.as_mut(), &mut context);
        assert_eq!(next_after(0), Some(5), "tokio rounds up");
        assert_eq!(next_after(5), Some(30));
        drop(long);
        assert_eq!(next_after(5), None);
    }
}
