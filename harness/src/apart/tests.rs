//! The worker's end, with a judge who writes every order by hand.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sim::plain::{self, Blob};

use super::{Deed, Gauge, Hello, Made, News, Order, Turned, running, serve};
use crate::serve::{Service, order};
use crate::stage::MAX_CALLS_PER_MS;

#[derive(Serialize, Deserialize)]
enum Call {
    /// Asks after so many milliseconds.
    AskAfter(u64),
    /// Asks, and waits so long for the reply.
    AskFor(u64),
    /// The same with a method that loses nothing.
    TapFor(u64),
    /// Asks again and again and waits for no reply.
    Flood,
    /// Holds so many bytes for a moment.
    Hold(usize),
}

async fn at_most(ms: u64, ask: impl Future<Output = u32>) -> Option<u32> {
    tokio::time::timeout(Duration::from_millis(ms), ask).await.ok()
}

struct Worker(Box<dyn Service>);

impl Worker {
    /// With one object.
    fn at(now_ms: u64) -> Self {
        let mut worker = Worker(serve(|from, desk| {
            assert_eq!(from, b"plan");
            let tap = std::sync::Arc::new(desk.tap());
            Made::object(move |call: Call| {
                let (desk, tap) = (desk.clone(), tap.clone());
                running(async move {
                    match call {
                        Call::AskAfter(ms) => {
                            tokio::time::sleep(Duration::from_millis(ms)).await;
                            Some(desk.ask::<u32>(&()).await)
                        }
                        Call::AskFor(ms) => at_most(ms, desk.ask(&())).await,
                        Call::TapFor(ms) => at_most(ms, tap.ask(&())).await,
                        Call::Flood => loop {
                            let desk = desk.clone();
                            tokio::spawn(async move { desk.ask::<u32>(&()).await });
                            tokio::task::yield_now().await;
                        },
                        Call::Hold(bytes) => {
                            drop(std::hint::black_box(vec![1_u8; bytes]));
                            None
                        }
                    }
                })
            })
            .saying(&7_u64)
        }));
        let hello = Hello { now_ms, seed: 1 };
        let says: Blob = worker.order(&Order::Make { hello, from: Blob(b"plan".to_vec()) });
        assert_eq!(plain::load::<u64>(&says.0), Some(7));
        worker
    }

    fn order<R: serde::de::DeserializeOwned>(&mut self, what: &Order) -> R {
        order(&self.0.serve(&plain::save(what)))
    }

    /// What happened, and when.
    fn turn(&mut self, now_ms: u64, until_ms: u64, news: Vec<News>) -> (u64, Vec<String>) {
        let turned: Turned = self.order(&Order::Turn { now_ms, until_ms, news });
        let told = turned.deeds.into_iter().map(|deed| match deed {
            Deed::Ask { object, .. } => format!("object {object} asks"),
            Deed::GivenUp { ask } => format!("gives up {ask}"),
            Deed::Result { call, what } => format!("{call} brings {:?}", order::<Option<u32>>(&what.0)),
        });
        (turned.now_ms, told.collect())
    }
}

fn call(call: Call) -> News {
    News::Call { object: 0, what: Blob(plain::save(&call)) }
}

fn reply(ask: u64, what: u32) -> News {
    News::Reply { ask, what: Blob(plain::save(&what)) }
}

fn told(at_ms: u64, deeds: &[&str]) -> (u64, Vec<String>) {
    (at_ms, deeds.iter().map(|deed| (*deed).to_owned()).collect())
}

#[test]
fn time_runs_until_there_is_something_to_say() {
    let mut worker = Worker::at(100);
    assert_eq!(
        worker.turn(100, 500, vec![call(Call::AskAfter(30)), call(Call::AskAfter(70))]),
        told(130, &["object 0 asks"])
    );
    assert_eq!(worker.turn(130, 500, vec![]), told(170, &["object 0 asks"]));
    assert_eq!(worker.turn(170, 500, vec![reply(1, 5)]), told(170, &["1 brings Some(5)"]));
}

#[test]
fn time_runs_no_further_than_the_judge_says() {
    let mut worker = Worker::at(0);
    assert_eq!(worker.turn(0, 29, vec![call(Call::AskAfter(30))]), told(29, &[]));
    assert_eq!(worker.turn(30, 30, vec![]), told(30, &["object 0 asks"]));
    assert_eq!(worker.turn(30, 99, vec![reply(0, 1)]), told(30, &["0 brings Some(1)"]));
    assert_eq!(worker.turn(30, 99, vec![]), told(99, &[]));
}

#[test]
fn a_reply_comes_before_a_timer_of_the_same_instant() {
    let mut worker = Worker::at(0);
    assert_eq!(worker.turn(0, 29, vec![call(Call::AskFor(30))]), told(0, &["object 0 asks"]));
    assert_eq!(worker.turn(0, 29, vec![]), told(29, &[]));
    assert_eq!(worker.turn(30, 99, vec![reply(0, 4)]), told(30, &["0 brings Some(4)"]));
}

#[test]
fn the_judge_hears_of_an_ask_that_is_given_up() {
    let mut worker = Worker::at(0);
    assert_eq!(worker.turn(0, 29, vec![call(Call::AskFor(30))]), told(0, &["object 0 asks"]));
    assert_eq!(worker.turn(0, 99, vec![]), told(30, &["gives up 0", "0 brings None"]));
    assert_eq!(worker.turn(30, 99, vec![reply(0, 4)]), told(99, &[]), "nobody waits for it");
}

#[test]
fn a_call_that_is_given_up_does_nothing_more() {
    let mut worker = Worker::at(0);
    assert_eq!(worker.turn(0, 4, vec![call(Call::AskAfter(30))]), told(4, &[]));
    assert_eq!(worker.turn(5, 99, vec![News::GivenUp { call: 0 }]), told(99, &[]));
}

#[test]
fn a_tap_keeps_a_reply_that_crosses_with_the_news_that_nobody_waits() {
    let mut worker = Worker::at(0);
    assert_eq!(
        worker.turn(0, 99, vec![call(Call::TapFor(0))]),
        told(0, &["object 0 asks", "gives up 0", "0 brings None"])
    );
    assert_eq!(worker.turn(0, 0, vec![reply(0, 6)]), told(0, &[]));
    assert_eq!(worker.turn(1, 99, vec![call(Call::TapFor(50))]), told(1, &["1 brings Some(6)"]));
    assert_eq!(worker.turn(1, 99, vec![call(Call::TapFor(50))]), told(1, &["object 0 asks"]));
}

#[test]
fn asks_without_end_end_the_turn() {
    let mut worker = Worker::at(0);
    let (at_ms, deeds) = worker.turn(0, 99, vec![call(Call::Flood)]);
    assert_eq!((at_ms, deeds.len() as u64), (0, MAX_CALLS_PER_MS + 1));
}

#[test]
fn the_gauge_shows_what_was_held_for_a_moment() {
    let mut worker = Worker::at(0);
    let hello = Hello { now_ms: 0, seed: 1 };
    let held: u64 = worker.order(&Order::Gauge { hello, gauge: Gauge::Begin });
    assert!(held > 0);
    worker.turn(0, 9, vec![call(Call::Hold(3_000_000))]);
    let peak: u64 = worker.order(&Order::Gauge { hello, gauge: Gauge::Peak });
    assert!(peak >= 3_000_000, "{peak}");
}
