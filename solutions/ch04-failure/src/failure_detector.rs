//! Dead or slow?
//!
//! Contract: `ch04::failure_detector`. Lesson: `cargo xtask lesson failure_detector`.

// learner: begin
use std::collections::BTreeMap;
// learner: end
use std::collections::BTreeSet;
use std::convert::Infallible;

use ch04::failure_detector::FailureDetector;
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    // learner: begin
    // learner: | // Only that you are alive, or what you know of the others as well?
    /// The latest sign of life of everybody, as far as the sender has heard.
    signs: BTreeMap<NodeId, Sign>,
    // learner: end
}

/// The node's timers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    // learner: begin
    // learner: | // When do you speak, and when do you look who has been silent?
    Tick,
    // learner: end
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    // learner: begin
    // learner: | // Of every other node: what was heard last, when, and how patient to be?
    own: Sign,
    ticked_ms: u64,
    peers: BTreeMap<NodeId, Peer>,
    // learner: end
}

// learner: begin
/// A sign of life. Only the node that it is of makes new ones, and a newer one is greater: a later boot comes first, and
/// then the count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct Sign {
    boot: u32,
    count: u32,
}

#[derive(Clone, Hash)]
struct Peer {
    sign: Sign,
    /// When its last new sign came, on the clock that never jumps.
    heard_ms: u64,
    /// After how long without a new sign it is suspected.
    patience_ms: u64,
    suspected: bool,
}

const TICK_MS: u64 = 100;
const FIRST_PATIENCE_MS: u64 = 1_500;
const MOST_PATIENCE_MS: u64 = 6_000;

impl Node {
    /// Tells one other node all that is known, each time the next one, so that the number of messages does not depend on
    /// the number of nodes. Those who are suspected are not left out: who else would tell them?
    fn tell(&self, context: &mut Context<'_, Self>) {
        let mut signs: BTreeMap<NodeId, Sign> = self.peers.iter().map(|(peer, known)| (*peer, known.sign)).collect();
        signs.insert(context.me(), self.own);
        let turn = self.own.count as usize % self.peers.len();
        let to = *self.peers.keys().cycle().skip(context.me().index() + turn).next().expect("there are other nodes");
        context.send(to, Message { signs });
    }

    /// Time in which this node stood still is nobody's silence.
    fn forgive_own_pause(&mut self, now_ms: u64) {
        let late_ms = (now_ms - self.ticked_ms).saturating_sub(TICK_MS);
        self.ticked_ms = now_ms;
        for peer in self.peers.values_mut().filter(|_| late_ms > TICK_MS) {
            peer.heard_ms = now_ms.min(peer.heard_ms + late_ms);
        }
    }

    fn suspect_the_silent(&mut self, now_ms: u64) {
        for peer in self.peers.values_mut() {
            peer.suspected |= now_ms - peer.heard_ms > peer.patience_ms;
        }
    }
}

impl Peer {
    fn hear(&mut self, sign: Sign, now_ms: u64) {
        if sign <= self.sign {
            return;
        }
        // It has lived all the time, so it was a mistake to suspect it. Once is enough.
        if self.suspected && sign.boot == self.sign.boot {
            self.patience_ms = MOST_PATIENCE_MS.min(2 * self.patience_ms);
        }
        self.suspected = false;
        self.sign = sign;
        self.heard_ms = now_ms;
    }
}

// learner: end
impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = ();
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("begin, or begin again after a crash")
        let boot = context.disk().read("boot").unwrap_or(0) + 1;
        // The others may have heard of this boot before the next one, which has to be a later one.
        context.disk().write("boot", &boot);
        context.disk().sync();
        let stranger =
            Peer { sign: Sign::default(), heard_ms: 0, patience_ms: FIRST_PATIENCE_MS, suspected: false };
        context.set_timer(Timer::Tick, TICK_MS);
        Node {
            own: Sign { boot, count: 0 },
            ticked_ms: 0,
            peers: context.peers().map(|peer| (peer, stranger.clone())).collect(),
        }
        // learner: end
    }

    fn on_message(&mut self, _from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (message, context);
        // learner: | todo!("who lives?")
        for (node, sign) in message.signs {
            if let Some(peer) = self.peers.get_mut(&node) {
                peer.hear(sign, context.elapsed_ms());
            }
        }
        // learner: end
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = context;
        // learner: | match timer {}
        let Timer::Tick = timer;
        self.own.count += 1;
        self.forgive_own_pause(context.elapsed_ms());
        self.suspect_the_silent(context.elapsed_ms());
        self.tell(context);
        context.set_timer(Timer::Tick, TICK_MS);
        // learner: end
    }

    fn on_input(&mut self, input: Infallible, _context: &mut Context<'_, Self>) {
        match input {}
    }
}

impl FailureDetector for Node {
    fn suspects(&self) -> BTreeSet<NodeId> {
        // learner: begin
        // learner: | todo!("whom do you take for dead?")
        self.peers.iter().filter(|(_, known)| known.suspected).map(|(peer, _)| *peer).collect()
        // learner: end
    }
}
