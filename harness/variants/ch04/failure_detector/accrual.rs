//! Gossip to random nodes, and patience from statistics alone: the mean of the gaps between news and four times their deviation
//! (Jacobson 1988), kept between two bounds, as a running estimate. Nothing is on the disk: a boot is known by a random number, and who
//! has heard of a new one never goes back to an old one. News is watched by one timer for each node, so the clock is only read for
//! the statistics.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use ch04::failure_detector::FailureDetector;
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

const GOSSIP_MS: u64 = 280;
const FANOUT: usize = 2;
const LEAST_MS: u64 = 1_800;
const MOST_MS: u64 = 6_500;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    Gossip,
    Silent(NodeId),
}

/// Which boot, and how many milliseconds it has lived.
pub type Life = (u64, u64);

#[derive(Clone, Default, Hash)]
struct Known {
    life: Option<Life>,
    heard_ms: u64,
    mean_ms: u64,
    deviation_ms: u64,
    dead: bool,
}

#[derive(Clone, Hash)]
pub struct Node {
    boot: u64,
    known: BTreeMap<NodeId, Known>,
    over: BTreeSet<(NodeId, u64)>,
}

impl Known {
    fn learn(&mut self, now_ms: u64) {
        let gap_ms = now_ms - self.heard_ms;
        let off_ms = gap_ms.abs_diff(self.mean_ms);
        self.mean_ms = (self.mean_ms * 7 + gap_ms) / 8;
        self.deviation_ms = (self.deviation_ms * 3 + off_ms) / 4;
        self.heard_ms = now_ms;
    }

    fn patience_ms(&self) -> u64 {
        (self.mean_ms + 4 * self.deviation_ms).clamp(LEAST_MS, MOST_MS)
    }
}

impl Process for Node {
    type Message = Vec<(NodeId, Life)>;
    type Timer = Timer;
    type Config = ();
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let boot = context.random().random();
        for peer in context.peers() {
            context.set_timer(Timer::Silent(peer), LEAST_MS);
        }
        let first_ms = context.random().random_range(0..GOSSIP_MS);
        context.set_timer(Timer::Gossip, first_ms);
        Node { boot, known: context.peers().map(|peer| (peer, Known::default())).collect(), over: BTreeSet::new() }
    }

    fn on_message(&mut self, _: NodeId, lives: Vec<(NodeId, Life)>, context: &mut Context<'_, Self>) {
        let now_ms = context.elapsed_ms();
        for (node, (boot, lived_ms)) in lives {
            let Some(known) = self.known.get_mut(&node) else { continue };
            if self.over.contains(&(node, boot)) {
                continue;
            }
            match known.life {
                Some((same, before_ms)) if same == boot && lived_ms <= before_ms => continue,
                Some((same, _)) if same == boot => known.learn(now_ms),
                Some((other, _)) => {
                    self.over.insert((node, other));
                    known.heard_ms = now_ms;
                }
                None => known.heard_ms = now_ms,
            }
            known.life = Some((boot, lived_ms));
            known.dead = false;
            context.set_timer(Timer::Silent(node), known.patience_ms());
        }
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        match timer {
            Timer::Silent(node) => self.known.get_mut(&node).expect("everybody has one").dead = true,
            Timer::Gossip => {
                let mut lives: Vec<(NodeId, Life)> =
                    self.known.iter().filter_map(|(node, known)| Some((*node, known.life?))).collect();
                lives.push((context.me(), (self.boot, context.elapsed_ms() + 1)));
                let mut peers: Vec<NodeId> = context.peers().collect();
                for _ in 0..FANOUT.min(peers.len()) {
                    let place = context.random().random_range(0..peers.len());
                    context.send(peers.swap_remove(place), lives.clone());
                }
                context.set_timer(Timer::Gossip, GOSSIP_MS);
            }
        }
    }

    fn on_input(&mut self, input: Infallible, _: &mut Context<'_, Self>) {
        match input {}
    }
}

impl FailureDetector for Node {
    fn suspects(&self) -> BTreeSet<NodeId> {
        self.known.iter().filter(|(_, known)| known.dead).map(|(node, _)| *node).collect()
    }
}
