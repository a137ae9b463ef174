//! What runs in the processes of an exercise of this chapter: a node, or a data type that plays one script.

use harness::remote::{self, hire, refuse};
use harness::serve::{self, Service};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sim::remote::Agency;
use sim::seam::Host;
use sim::{Protocol, Remote};

use crate::joins::{Outcome, Play, Script};

/// How long the answer to a script may be, in bytes. A dozen values are in it.
const MOST_BYTES: usize = 1 << 16;

/// The first order that a process gets.
#[derive(Debug, Serialize, Deserialize)]
enum Order<C> {
    /// It is a node from now on, and orders are those of a world.
    Node,
    /// It plays this script with the data type of this number.
    Play(usize, Script<C>),
}

/// Plays a script with a data type in a new process. The types of an exercise are numbered.
pub fn play<const TYPE: usize, C, V>(script: &Script<C>) -> Outcome<V>
where
    C: Clone + Serialize,
    V: DeserializeOwned,
{
    let outcome: Outcome<V> = hire().ask_for(&Order::Play(TYPE, script.clone()), MOST_BYTES);
    if !outcome.is_whole() {
        refuse("what another script comes to than was sent");
    }
    outcome
}

/// Nodes in processes of their own.
pub fn nodes<X: Protocol>(configs: Vec<X::Config>) -> Box<dyn Host<X>> {
    fn hire_node() -> Box<dyn sim::remote::Line> {
        let mut line = hire();
        let () = line.ask(&Order::<()>::Node);
        Box::new(line)
    }
    Box::new(Remote::new(&configs, Agency { hire: hire_node, ..remote::AGENCY }))
}

/// What such a process serves.
pub struct Served<C, V> {
    /// For each data type, how it plays a script.
    plays: Vec<Play<C, V>>,
    node: Box<dyn Service>,
    is_node: bool,
}

impl<C, V> Served<C, V> {
    pub fn new(plays: Vec<Play<C, V>>, node: Box<dyn Service>) -> Self {
        Served { plays, node, is_node: false }
    }
}

impl<C: DeserializeOwned, V: Serialize> Service for Served<C, V> {
    fn serve(&mut self, order: &[u8]) -> Vec<u8> {
        if self.is_node {
            return self.node.serve(order);
        }
        match serve::order(order) {
            Order::Node => {
                self.is_node = true;
                serve::answer(&())
            }
            Order::Play(number, script) => serve::answer(&self.plays[number](&script)),
        }
    }
}
