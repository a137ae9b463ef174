//! Events get their stamps at once, but messages wait for the post, which goes every few milliseconds and takes several of them in
//! one envelope. Times skip ahead at random, and the first one of a boot is a good deal above what is on the disk.

use std::collections::BTreeMap;

use ch02::lamport_clock::{Answer, Event, LamportClock, Request, Stamp};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Letter {
    number: u32,
    time: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    PostGoes,
}

#[derive(Clone, Hash)]
pub struct Node {
    time: u64,
    post: BTreeMap<NodeId, Vec<(u32, u64)>>,
}

impl Node {
    fn stamp(&mut self, seen: u64, event: Event, context: &mut Context<'_, Self>) -> u64 {
        self.time = self.time.max(seen) + context.random().random_range(1..=1_000_000);
        context.disk().write("time", &self.time);
        context.disk().sync();
        context.output(Answer::Stamped(event, Stamp { time: self.time, node: context.me() }));
        self.time
    }
}

impl Process for Node {
    type Message = Vec<Letter>;
    type Timer = Timer;
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let last: u64 = context.disk().read("time").unwrap_or(1 << 33);
        Node { time: last + 1_000, post: BTreeMap::new() }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        match request {
            Request::Happen(number) => drop(self.stamp(0, Event::Local(number), context)),
            Request::Tell(number, to) => {
                let time = self.stamp(0, Event::Sent(number), context);
                self.post.entry(to).or_default().push((number, time));
                context.set_timer(Timer::PostGoes, 7);
            }
            Request::Sort(mut stamps) => {
                stamps.sort_unstable_by(|one, other| (one.time, one.node).cmp(&(other.time, other.node)));
                context.output(Answer::Sorted(stamps));
            }
        }
    }

    fn on_message(&mut self, _from: NodeId, letters: Vec<Letter>, context: &mut Context<'_, Self>) {
        for letter in letters {
            self.stamp(letter.time, Event::Received(letter.number), context);
        }
    }

    fn on_timer(&mut self, Timer::PostGoes: Timer, context: &mut Context<'_, Self>) {
        for (to, letters) in std::mem::take(&mut self.post) {
            let letters = letters.into_iter().map(|(number, time)| Letter { number, time });
            context.send(to, letters.collect());
        }
    }
}

impl LamportClock for Node {}
