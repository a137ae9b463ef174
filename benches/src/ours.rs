//! Ours: a process on every node of a quiet world. The network is the world's; in the style with acknowledgements, the loss
//! is a fault of it that lasts.

use std::convert::Infallible;

use rand::RngExt;
use serde::{Deserialize, Serialize};
use sim::{Choice, Context, Fault, Limits, Local, NodeId, Process, Protocol, Setup, Span, World};

use crate::work::{self, Message, NODES, Node, Style, Tally, Work};

/// A time that no run reaches, in milliseconds.
const NEVER_MS: u64 = 1 << 50;

/// Does the work.
pub fn run(work: Work) -> Tally {
    let local = Local::<Chat, Chatter>::new(vec![work.style; NODES], |chatter| chatter.node.tally);
    let mut world = World::new(setup(work), Box::new(local));
    if work.style == Style::Acknowledged {
        world.inject(Fault::Lossy { percent: (work::LOSS * 100.0) as u8, span: Span::new(0, NEVER_MS) });
    }
    // No step brings more than one delivery. So that many steps can be gone without counting, and then that many more.
    let mut missing = work.deliveries;
    while missing > 0 {
        for _ in 0..missing {
            world.next(NEVER_MS).expect("something is always under way");
        }
        missing = work.deliveries - tally(&world).deliveries;
    }
    let mut tally = tally(&world);
    tally.sent += world.counts().sent;
    tally.lost += world.counts().lost;
    tally
}

fn setup(work: Work) -> Setup {
    Setup {
        latency_us: (work::MIN_LATENCY_MS * 1_000, work::MAX_LATENCY_MS * 1_000),
        quiet: true,
        limits: Limits { events: u64::MAX, ..Limits::default() },
        ..Setup::of(Choice::new(work.seed), NODES)
    }
}

/// What the nodes have seen, without what the network has.
fn tally(world: &World<Chat>) -> Tally {
    let mut tally = Tally::default();
    world.nodes().filter_map(|node| world.view(node)).for_each(|node| tally += node);
    tally
}

struct Chat;

impl Protocol for Chat {
    type Config = Style;
    type Input = Infallible;
    type Output = Infallible;
    type View = Tally;
    type Wire = ();
}

sim::plain!(Style, Tally);

#[derive(Clone, Hash)]
struct Chatter {
    node: Node,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Word {
    Data(u64),
    Ack(u64),
}

impl Process for Chatter {
    type Message = Word;
    type Timer = Message;
    type Config = Style;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let mut chatter = Chatter { node: Node::new(context.me().index()) };
        for _ in 0..work::IN_FLIGHT {
            let first = chatter.node.send(context.random());
            chatter.send(first, context);
        }
        chatter
    }

    fn on_message(&mut self, from: NodeId, message: Word, context: &mut Context<'_, Self>) {
        match message {
            Word::Data(number) => {
                if *context.config() == Style::Acknowledged {
                    context.send(from, Word::Ack(number));
                }
                if let Some(next) = self.node.receive(from.index(), number, context.random()) {
                    self.send(next, context);
                }
            }
            Word::Ack(number) => {
                if self.node.acknowledge(from.index(), number) {
                    context.cancel_timer(&Message { to: from.index(), number });
                }
            }
        }
    }

    fn on_timer(&mut self, timer: Message, context: &mut Context<'_, Self>) {
        if self.node.expire(timer) {
            self.send(timer, context);
        }
    }

    fn on_input(&mut self, input: Infallible, _: &mut Context<'_, Self>) {
        match input {}
    }
}

impl Chatter {
    fn send(&mut self, message: Message, context: &mut Context<'_, Self>) {
        let lost = *context.config() == Style::Told && context.random().random_bool(work::LOSS);
        if lost {
            self.node.tally.sent += 1;
            self.node.tally.lost += 1;
        } else {
            context.send(NodeId::new(message.to), Word::Data(message.number));
        }
        if lost || *context.config() == Style::Acknowledged {
            context.set_timer(message, work::RESEND_MS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: Work = Work { style: Style::Acknowledged, seed: 1, deliveries: 100_000 };

    #[test]
    fn it_does_the_work_to_the_last_delivery() {
        for style in [Style::Acknowledged, Style::Told] {
            let tally = run(Work { style, ..WORK });
            tally.prove(Work { style, ..WORK }, 1);
            assert_eq!(tally.deliveries, WORK.deliveries);
        }
    }

    #[test]
    fn the_same_seed_goes_the_same_way() {
        assert_eq!(run(WORK), run(WORK));
        assert_ne!(run(WORK), run(Work { seed: 2, ..WORK }));
    }
}
