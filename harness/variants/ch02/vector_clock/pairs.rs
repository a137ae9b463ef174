//! Vectors as sorted lists of pairs, merged like two sorted files; compared by Rust's own `PartialOrd`; its own entry leaps to
//! the next ten over a restart, and of its own events only every tenth is written.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use ch02::vector_clock::{Answer, Event, Order, Request, Vector, VectorClock};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Hash, Serialize, Deserialize)]
struct Pairs(Vec<(NodeId, u64)>);

impl From<Vector> for Pairs {
    fn from(vector: Vector) -> Self {
        Pairs(vector.0.into_iter().filter(|(_, count)| *count > 0).collect())
    }
}

impl From<Pairs> for Vector {
    fn from(pairs: Pairs) -> Self {
        Vector(pairs.0.into_iter().collect::<BTreeMap<_, _>>())
    }
}

impl Pairs {
    fn count(&self, node: NodeId) -> u64 {
        self.0.binary_search_by_key(&node, |(name, _)| *name).map_or(0, |place| self.0[place].1)
    }

    fn join(&self, other: &Pairs) -> Pairs {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut joined = Vec::new();
        loop {
            let next = match (left.peek(), right.peek()) {
                (None, None) => return Pairs(joined),
                (Some(_), None) => *left.next().unwrap(),
                (None, Some(_)) => *right.next().unwrap(),
                (Some(one), Some(other)) => match one.0.cmp(&other.0) {
                    Ordering::Less => *left.next().unwrap(),
                    Ordering::Greater => *right.next().unwrap(),
                    Ordering::Equal => {
                        let (node, count) = *left.next().unwrap();
                        (node, count.max(right.next().unwrap().1))
                    }
                },
            };
            joined.push(next);
        }
    }
}

impl PartialOrd for Pairs {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let mut nodes: Vec<NodeId> = self.0.iter().chain(&other.0).map(|(node, _)| *node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes.into_iter().try_fold(Ordering::Equal, |so_far, node| {
            match (so_far, self.count(node).cmp(&other.count(node))) {
                (so_far, Ordering::Equal) => Some(so_far),
                (Ordering::Equal, here) => Some(here),
                (so_far, here) => (so_far == here).then_some(so_far),
            }
        })
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message(u32, Pairs);

#[derive(Clone, Hash)]
pub struct Node {
    known: Pairs,
}

impl Node {
    fn event(&mut self, event: Event, news: Option<&Pairs>, context: &mut Context<'_, Self>) -> Pairs {
        let me = context.me();
        let own = self.known.count(me) + 1;
        self.known = self.known.join(news.unwrap_or(&Pairs::default())).join(&Pairs(vec![(me, own)]));
        if news.is_some() || own % 10 == 1 {
            context.disk().write("known", &self.known);
            context.disk().sync();
        }
        context.output(Answer::Stamped(event, self.known.clone().into()));
        self.known.clone()
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let mut known: Pairs = context.disk().read("known").unwrap_or_default();
        let own = known.count(context.me());
        if own > 0 {
            // Up to nine events after the last write may have been answered.
            known = known.join(&Pairs(vec![(context.me(), (own / 10 + 2) * 10)]));
        }
        Node { known }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        match request {
            Request::Happen(number) => {
                self.event(Event::Local(number), None, context);
            }
            Request::Tell(number, to) => {
                let known = self.event(Event::Sent(number), None, context);
                context.send(to, Message(number, known));
            }
            Request::Compare(one, other) => {
                let order = match Pairs::from(one).partial_cmp(&Pairs::from(other)) {
                    None => Order::Concurrent,
                    Some(Ordering::Less) => Order::Before,
                    Some(Ordering::Equal) => Order::Equal,
                    Some(Ordering::Greater) => Order::After,
                };
                context.output(Answer::Compared(order));
            }
            Request::Merge(one, other) => {
                context.output(Answer::Merged(Pairs::from(one).join(&Pairs::from(other)).into()));
            }
        }
    }

    fn on_message(&mut self, _: NodeId, Message(number, news): Message, context: &mut Context<'_, Self>) {
        self.event(Event::Received(number), Some(&news), context);
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl VectorClock for Node {}
