//! As simple as the number of nodes allows: where they are few, everybody tells everybody that it lives, not quite once a second,
//! and nobody passes anything on. Where they are many, gossip takes over. Seldom and to all is as good as often and to one.

use std::collections::BTreeSet;
use std::convert::Infallible;

use ch04::failure_detector::FailureDetector;
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    /// The latest sign of life of everybody, by number of the node, as far as the sender has heard.
    signs: Vec<Sign>,
}

/// The node's timers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    Tick,
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    ticked_ms: u64,
    /// By number. This node is one of them: its own signs are the ones it makes.
    known: Vec<Known>,
}

/// A sign of life. Only the node that it is of makes new ones, and a newer one is greater: a later boot comes first, and
/// then the count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct Sign {
    boot: u32,
    count: u32,
}

/// What is known of a node.
#[derive(Clone, Hash)]
struct Known {
    sign: Sign,
    /// When its last new sign came, on the clock that never jumps.
    heard_ms: u64,
    /// After how long without a new sign it is suspected.
    patience_ms: u64,
    suspected: bool,
}

const GOSSIP_MS: u64 = 150;
const FEW: usize = 8;

fn tick_ms(nodes: usize) -> u64 {
    if nodes <= FEW { 950 } else { GOSSIP_MS }
}

const FIRST_PATIENCE_MS: u64 = 1_600;
const MOST_PATIENCE_MS: u64 = 8_000;

/// The clock on the wall may jump. This one does not.
fn now_ms(context: &Context<'_, Node>) -> u64 {
    context.elapsed_ms()
}

impl Node {
    /// Tells all that it lives or, where they are many, one of them all that is known, each time the next one.
    fn tell(&self, context: &mut Context<'_, Self>) {
        let (me, nodes) = (context.me().index(), context.node_count());
        if nodes <= FEW {
            let mut signs = vec![Sign::default(); nodes];
            signs[me] = self.known[me].sign;
            context.broadcast(Message { signs });
            return;
        }
        let turn = self.known[me].sign.count as usize % (nodes - 1);
        let signs = self.known.iter().map(|known| known.sign).collect();
        context.send(NodeId::new((me + 1 + turn) % nodes), Message { signs });
    }

    /// Time in which this node stood still is nobody's silence.
    fn forgive_own_pause(&mut self, now_ms: u64) {
        let late_ms = now_ms.saturating_sub(self.ticked_ms + tick_ms(self.known.len()));
        self.ticked_ms = now_ms;
        if late_ms > GOSSIP_MS {
            for known in &mut self.known {
                known.heard_ms = now_ms.min(known.heard_ms + late_ms);
            }
        }
    }

    fn suspect_the_silent(&mut self, now_ms: u64) {
        for known in &mut self.known {
            known.suspected |= now_ms.saturating_sub(known.heard_ms) > known.patience_ms;
        }
    }
}

impl Known {
    fn hear(&mut self, sign: Sign, now_ms: u64) {
        if sign <= self.sign {
            return;
        }
        // It has lived all the time, so it was a mistake to suspect it.
        if self.suspected && sign.boot == self.sign.boot {
            self.patience_ms = MOST_PATIENCE_MS.min(2 * self.patience_ms);
        }
        self.suspected = false;
        self.sign = sign;
        self.heard_ms = now_ms;
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = ();
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let boot = context.disk().read("boot").unwrap_or(0) + 1;
        // The others may have heard of this boot before the next one, which has to be a later one.
        context.disk().write("boot", &boot);
        context.disk().sync();
        let stranger = Known {
            sign: Sign::default(),
            heard_ms: now_ms(context),
            patience_ms: FIRST_PATIENCE_MS,
            suspected: false,
        };
        let mut known = vec![stranger; context.node_count()];
        known[context.me().index()].sign.boot = boot;
        context.set_timer(Timer::Tick, tick_ms(context.node_count()));
        Node { ticked_ms: now_ms(context), known }
    }

    fn on_message(&mut self, _from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let now_ms = now_ms(context);
        for peer in context.peers() {
            self.known[peer.index()].hear(message.signs[peer.index()], now_ms);
        }
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        let Timer::Tick = timer;
        let now_ms = now_ms(context);
        let own = &mut self.known[context.me().index()];
        let sign = Sign { count: own.sign.count + 1, ..own.sign };
        own.hear(sign, now_ms);
        self.forgive_own_pause(now_ms);
        self.suspect_the_silent(now_ms);
        self.tell(context);
        context.set_timer(Timer::Tick, tick_ms(context.node_count()));
    }

    fn on_input(&mut self, input: Infallible, _context: &mut Context<'_, Self>) {
        match input {}
    }
}

impl FailureDetector for Node {
    fn suspects(&self) -> BTreeSet<NodeId> {
        let suspected = self.known.iter().enumerate().filter(|(_, known)| known.suspected);
        suspected.map(|(node, _)| NodeId::new(node)).collect()
    }
}
