//! As in Bracha's paper, where readies make a node echo, too; n - f for every quorum. Of each voter only the first vote of a
//! kind counts, own votes are counted where they are cast, and a broadcast that is over keeps nothing but its name.

use std::collections::{BTreeMap, BTreeSet};

use ch10::byzantine_broadcast::{Ask, Broadcast, ByzantineBroadcast, Config, Deliver, Message, Value};
use harness::{Context, NodeId, Process};

#[derive(Clone, Default, Hash)]
struct Open {
    echoes: BTreeMap<NodeId, Value>,
    readies: BTreeMap<NodeId, Value>,
}

#[derive(Clone, Hash)]
pub struct Node {
    open: BTreeMap<Broadcast, Open>,
    over: BTreeSet<Broadcast>,
}

fn votes(of: &BTreeMap<NodeId, Value>, value: Value) -> usize {
    of.values().filter(|vote| **vote == value).count()
}

impl Node {
    fn echo(&mut self, broadcast: Broadcast, value: Value, context: &mut Context<'_, Self>) {
        let me = context.me();
        if self.over.contains(&broadcast) {
            return;
        }
        let open = self.open.entry(broadcast).or_default();
        if open.echoes.contains_key(&me) {
            return;
        }
        open.echoes.insert(me, value);
        context.broadcast(Message::Echo(broadcast, value));
        self.weigh(broadcast, value, context);
    }

    fn ready(&mut self, broadcast: Broadcast, value: Value, context: &mut Context<'_, Self>) {
        let me = context.me();
        if self.over.contains(&broadcast) {
            return;
        }
        let open = self.open.entry(broadcast).or_default();
        if open.readies.contains_key(&me) {
            return;
        }
        open.readies.insert(me, value);
        context.broadcast(Message::Ready(broadcast, value));
        self.weigh(broadcast, value, context);
    }

    fn weigh(&mut self, broadcast: Broadcast, value: Value, context: &mut Context<'_, Self>) {
        let faults = context.config().faults;
        let most = context.node_count() - faults;
        let Some(open) = self.open.get(&broadcast) else { return };
        let (echoes, readies) = (votes(&open.echoes, value), votes(&open.readies, value));
        if readies > faults {
            self.echo(broadcast, value, context);
        }
        if echoes >= most || readies > faults {
            self.ready(broadcast, value, context);
        }
        let readies = self.open.get(&broadcast).map_or(0, |open| votes(&open.readies, value));
        if readies >= most {
            self.open.remove(&broadcast);
            self.over.insert(broadcast);
            context.output(Deliver { broadcast, value });
        }
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Ask;
    type Output = Deliver;

    fn boot(_: &mut Context<'_, Self>) -> Self {
        Node { open: BTreeMap::new(), over: BTreeSet::new() }
    }

    fn on_input(&mut self, ask: Ask, context: &mut Context<'_, Self>) {
        let broadcast = Broadcast { origin: context.me(), number: ask.number };
        context.broadcast(Message::Init(broadcast, ask.value));
        self.echo(broadcast, ask.value, context);
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let (broadcast, value) = message.claim();
        if self.over.contains(&broadcast) {
            return;
        }
        match message {
            Message::Init(..) if from == broadcast.origin => return self.echo(broadcast, value, context),
            Message::Init(..) => return,
            Message::Echo(..) => {
                self.open.entry(broadcast).or_default().echoes.entry(from).or_insert(value);
            }
            Message::Ready(..) => {
                self.open.entry(broadcast).or_default().readies.entry(from).or_insert(value);
            }
        }
        self.weigh(broadcast, value, context);
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl ByzantineBroadcast for Node {}
