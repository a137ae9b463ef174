//! In the manner of SWIM: probe one node after another, directly and then through others, and have the news ride on the probes.
//! Opinions carry an incarnation that only the node they are about may raise, to refute them; it is drawn from the clock on the
//! wall at boot and so needs no disk (a wall clock that has gone back meanwhile is overtaken: who hears an opinion about itself
//! that is ahead goes on from there). Nothing is compared with the clock but by timers, so an own pause changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use ch04::failure_detector::FailureDetector;
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What somebody says about a node. Greater incarnations win, and of equal ones the worse opinion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Opinion {
    incarnation: u64,
    dead: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Kind {
    Ping(u32),
    Ack(u32),
    PleasePing(NodeId, u32),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    kind: Kind,
    news: Vec<(NodeId, Opinion)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    Probe,
    AskOthers(NodeId, u32),
    GiveUp(NodeId, u32),
}

const PERIOD_MS: u64 = 330;
/// How often a piece of news is passed on.
const REPEATS: u32 = 12;

#[derive(Clone, Hash)]
pub struct Node {
    opinions: BTreeMap<NodeId, Opinion>,
    /// News, with how often it will still be passed on.
    news: BTreeMap<NodeId, u32>,
    round: u32,
    /// Probes without an answer, and whom they are of.
    open: BTreeMap<u32, NodeId>,
    /// Probes made for others: our number to who asked and theirs.
    errands: BTreeMap<u32, (NodeId, u32)>,
    patience_ms: BTreeMap<NodeId, u64>,
    turn: usize,
    probes_from_afar: usize,
}

impl Node {
    fn send(&mut self, to: NodeId, kind: Kind, context: &mut Context<'_, Self>) {
        // Whoever is thought dead should hear of it first.
        let mut chosen: Vec<NodeId> = self.news.keys().copied().collect();
        chosen.sort_by_key(|node| (*node != to, std::cmp::Reverse(self.news[node]), *node));
        let mut news = Vec::new();
        let me = context.me();
        news.push((me, self.opinions[&me]));
        if self.opinions[&to].dead {
            news.push((to, self.opinions[&to]));
        }
        for node in chosen.into_iter().filter(|node| *node != to && *node != me).take(8) {
            news.push((node, self.opinions[&node]));
            let left = self.news.get_mut(&node).expect("it was just listed");
            *left -= 1;
            if *left == 0 {
                self.news.remove(&node);
            }
        }
        context.send(to, Message { kind, news });
    }

    fn learn(&mut self, node: NodeId, opinion: Opinion, me: NodeId) {
        let known = self.opinions.get_mut(&node).expect("everybody is known");
        if opinion <= *known {
            return;
        }
        let was_mistaken = known.dead && !opinion.dead;
        *known = opinion;
        if node == me && opinion.dead {
            *known = Opinion { incarnation: opinion.incarnation + 1, dead: false };
        }
        self.news.insert(node, REPEATS);
        if was_mistaken && node != me {
            let patience = self.patience_ms.entry(node).or_insert(600);
            *patience = (*patience * 3).min(5_500);
        }
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = ();
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let mut opinions: BTreeMap<NodeId, Opinion> = context.nodes().map(|node| (node, Opinion::default())).collect();
        let me = context.me();
        opinions.insert(me, Opinion { incarnation: context.clock_ms(), dead: false });
        context.set_timer(Timer::Probe, PERIOD_MS);
        Node {
            opinions,
            news: BTreeMap::from([(me, REPEATS)]),
            round: 0,
            open: BTreeMap::new(),
            errands: BTreeMap::new(),
            patience_ms: BTreeMap::new(),
            turn: 0,
            probes_from_afar: 0,
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        for (node, opinion) in message.news {
            self.learn(node, opinion, context.me());
        }
        match message.kind {
            Kind::Ping(round) => self.send(from, Kind::Ack(round), context),
            Kind::PleasePing(target, theirs) => {
                self.round += 1;
                self.errands.insert(self.round, (from, theirs));
                let round = self.round;
                self.send(target, Kind::Ping(round), context);
            }
            Kind::Ack(round) => {
                if let Some((asked_by, theirs)) = self.errands.remove(&round) {
                    self.send(asked_by, Kind::Ack(theirs), context);
                } else if let Some(target) = self.open.remove(&round) {
                    context.cancel_timer(&Timer::AskOthers(target, round));
                    context.cancel_timer(&Timer::GiveUp(target, round));
                }
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        let peers: Vec<NodeId> = context.peers().collect();
        match timer {
            Timer::Probe => {
                // The next one, beginning with the neighbour, so that nobody is probed by all at once.
                let offset = 1 + self.turn % peers.len();
                self.turn += 1;
                let target = NodeId::new((context.me().index() + offset) % context.node_count());
                self.round += 1;
                let round = self.round;
                self.open.insert(round, target);
                let patience_ms = self.patience_ms.get(&target).copied().unwrap_or(600);
                context.set_timer(Timer::AskOthers(target, round), patience_ms / 2);
                context.set_timer(Timer::GiveUp(target, round), patience_ms + 700);
                self.send(target, Kind::Ping(round), context);
                context.set_timer(Timer::Probe, PERIOD_MS);
            }
            Timer::AskOthers(target, round) => {
                let candidates: Vec<NodeId> =
                    peers.into_iter().filter(|peer| *peer != target && !self.opinions[peer].dead).collect();
                if !self.opinions[&target].dead {
                    for place in 0..candidates.len().min(2) {
                        self.probes_from_afar += 1;
                        let helper = candidates[(self.probes_from_afar + place * 3) % candidates.len()];
                        self.send(helper, Kind::PleasePing(target, round), context);
                    }
                }
            }
            Timer::GiveUp(target, round) => {
                self.open.remove(&round);
                let known = self.opinions[&target];
                if !known.dead {
                    self.learn(target, Opinion { dead: true, ..known }, context.me());
                }
            }
        }
    }

    fn on_input(&mut self, input: Infallible, _: &mut Context<'_, Self>) {
        match input {}
    }
}

impl FailureDetector for Node {
    fn suspects(&self) -> BTreeSet<NodeId> {
        self.opinions.iter().filter(|(_, opinion)| opinion.dead).map(|(node, _)| *node).collect()
    }
}
