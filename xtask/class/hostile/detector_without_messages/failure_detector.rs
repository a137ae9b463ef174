//! Nodes that look at each other in a variable of the program, instead of sending anything.
//!
//! Every node is a process of its own. What is left hears of nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Mutex;

use ch04::failure_detector::FailureDetector;
use harness::{Context, NodeId, Process};

/// How often each node has looked, of all nodes there are.
static TICKS: Mutex<BTreeMap<NodeId, u64>> = Mutex::new(BTreeMap::new());

const TICK_MS: u64 = 150;

const PATIENCE_MS: u64 = 2_000;

/// The nodes, what was seen of each of them last, and when.
#[derive(Clone, Hash)]
pub struct Node {
    me: NodeId,
    seen: BTreeMap<NodeId, (u64, u64)>,
    suspected: BTreeSet<NodeId>,
}

impl Process for Node {
    type Message = ();
    type Timer = ();
    type Config = ();
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // A run begins when the first node boots for the first time.
        if context.me().index() == 0 && context.disk().read::<bool>("booted").is_none() {
            TICKS.lock().unwrap().clear();
            context.disk().write("booted", &true);
            context.disk().sync();
        }
        context.set_timer((), TICK_MS);
        let seen = context.peers().map(|peer| (peer, (0, 0))).collect();
        Node { me: context.me(), seen, suspected: BTreeSet::new() }
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), context: &mut Context<'_, Self>) {
        let mut ticks = TICKS.lock().unwrap();
        *ticks.entry(self.me).or_default() += 1;
        for (peer, (count, at_ms)) in &mut self.seen {
            let now = ticks.get(peer).copied().unwrap_or_default();
            if now != *count {
                (*count, *at_ms) = (now, context.elapsed_ms());
                self.suspected.remove(peer);
            } else if context.elapsed_ms() - *at_ms > PATIENCE_MS {
                self.suspected.insert(*peer);
            }
        }
        context.set_timer((), TICK_MS);
    }

    fn on_input(&mut self, input: Infallible, _: &mut Context<'_, Self>) {
        match input {}
    }
}

impl FailureDetector for Node {
    fn suspects(&self) -> BTreeSet<NodeId> {
        self.suspected.clone()
    }
}
