//! Writes down all that it is told, once, and after every message asks anew which rules apply to what is written there.

use std::collections::BTreeSet;

use ch10::byzantine_broadcast::{Ask, Broadcast, ByzantineBroadcast, Config, Deliver, Message, Value};
use harness::{Context, NodeId, Process};

#[derive(Clone, Hash)]
pub struct Node {
    told: BTreeSet<(Message, NodeId)>,
    said: BTreeSet<Message>,
    delivered: BTreeSet<Broadcast>,
}

impl Node {
    fn who_says(&self, message: Message) -> usize {
        self.told.iter().filter(|(said, _)| *said == message).count()
    }

    /// Says it to everybody, unless something of the kind has been said of this broadcast.
    fn say(&mut self, message: Message, context: &mut Context<'_, Self>) -> bool {
        let kind = std::mem::discriminant(&message);
        let about = message.claim().0;
        let same = |said: &Message| std::mem::discriminant(said) == kind && said.claim().0 == about;
        if self.said.iter().any(same) {
            return false;
        }
        self.said.insert(message);
        for node in context.nodes() {
            context.send(node, message);
        }
        true
    }

    fn rules(&mut self, broadcast: Broadcast, value: Value, context: &mut Context<'_, Self>) {
        let (nodes, faults) = (context.node_count(), context.config().faults);
        if self.told.contains(&(Message::Init(broadcast, value), broadcast.origin)) {
            self.say(Message::Echo(broadcast, value), context);
        }
        let echoes = self.who_says(Message::Echo(broadcast, value));
        let readies = self.who_says(Message::Ready(broadcast, value));
        if 2 * echoes > nodes + faults || readies > faults {
            self.say(Message::Ready(broadcast, value), context);
        }
        if readies > 2 * faults && self.delivered.insert(broadcast) {
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
        Node { told: BTreeSet::new(), said: BTreeSet::new(), delivered: BTreeSet::new() }
    }

    fn on_input(&mut self, ask: Ask, context: &mut Context<'_, Self>) {
        self.say(Message::Init(Broadcast { origin: context.me(), number: ask.number }, ask.value), context);
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        if self.told.insert((message, from)) {
            let (broadcast, value) = message.claim();
            self.rules(broadcast, value, context);
        }
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl ByzantineBroadcast for Node {}
