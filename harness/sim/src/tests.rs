//! A small protocol, and what a world does to it.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use crate::disk::Keep;
use crate::*;

/// Counts requests on its disk, tells the others each new number, and remembers the highest it heard of.
#[derive(Clone, Hash)]
struct Counter {
    own: u64,
    heard: u64,
    late: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct News(u64);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Alarm {
    Ring,
    Never,
}

struct Counting;

impl Protocol for Counting {
    type Config = bool;
    type Input = u64;
    type Output = u64;
    type View = (u64, u64);
    type Wire = ();
}

impl Process for Counter {
    type Message = News;
    type Timer = Alarm;
    type Config = bool;
    type Input = u64;
    type Output = u64;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let late = *context.config();
        context.set_timer(Alarm::Never, 5);
        context.set_timer(Alarm::Ring, 10);
        context.cancel_timer(&Alarm::Never);
        let own = context.disk().read("own").unwrap_or_default();
        Counter { own, heard: 0, late }
    }

    fn on_message(&mut self, _: NodeId, News(number): News, _: &mut Context<'_, Self>) {
        self.heard = self.heard.max(number);
    }

    fn on_timer(&mut self, timer: Alarm, context: &mut Context<'_, Self>) {
        assert_eq!(timer, Alarm::Ring);
        context.output(context.elapsed_ms());
    }

    fn on_input(&mut self, by: u64, context: &mut Context<'_, Self>) {
        self.own += by;
        context.disk().write("own", &self.own);
        if !self.late {
            context.disk().sync();
        }
        context.broadcast(News(self.own));
        if self.late {
            context.disk().sync();
        }
    }
}

fn n(index: usize) -> NodeId {
    NodeId::new(index)
}

fn world(nodes: usize, late: bool) -> World<Counting> {
    let setup = Setup::of(Choice::new(1), nodes);
    World::new(setup, Box::new(Local::<Counting, Counter>::new(vec![late; nodes], |node| (node.own, node.heard))))
}

fn views(world: &World<Counting>) -> Vec<Option<(u64, u64)>> {
    world.nodes().map(|node| world.view(node)).collect()
}

#[test]
fn messages_timers_and_requests_reach_the_nodes() {
    let mut world = world(3, false);
    world.input_at_ms(20, n(0), 7, None);
    let mut rung = Vec::new();
    while let Some(happening) = world.next(100) {
        if let What::Output(elapsed_ms) = happening.what {
            rung.push((happening.at_ms(), happening.node, elapsed_ms));
        }
    }
    assert_eq!(rung, [(10, n(0), 10), (10, n(1), 10), (10, n(2), 10)], "each timer once, the stopped one never");
    assert_eq!(views(&world), [Some((7, 0)), Some((0, 7)), Some((0, 7))]);
    assert_eq!((world.counts().sent, world.counts().delivered, world.now_ms()), (2, 2, 100));
    assert_eq!([world.sent(n(0), n(1)), world.sent(n(0), n(2)), world.sent(n(1), n(0))], [1, 1, 0], "link by link");
}

#[test]
fn what_was_synced_is_there_after_a_crash_and_memory_is_not() {
    for (when, own) in [(When::BeforeSync(1), 0), (When::AfterSync(1), 7), (When::At(50), 7)] {
        let mut world = world(2, false);
        world.input_at_ms(20, n(0), 7, None);
        world.inject(Fault::Crash { node: n(0), when, back_after_ms: Some(30), keep: Keep::Nothing });
        world.run_until_ms(40);
        world.run_until_ms(100);
        assert_eq!(views(&world)[0], Some((own, 0)), "{when}");
    }
}

#[test]
fn a_crash_between_two_effects_shows_what_was_told_too_early() {
    let mut world = world(2, true);
    world.input_at_ms(20, n(0), 7, None);
    world.inject(Fault::Crash { node: n(0), when: When::BeforeSync(1), back_after_ms: Some(30), keep: Keep::Nothing });
    world.run_until_ms(100);
    assert_eq!(views(&world), [Some((0, 0)), Some((0, 7))], "the other heard of what is gone");
    assert_eq!(world.counts().writes_lost, 1);
}

#[test]
fn a_crash_before_a_message_leaves_the_later_ones_unsent() {
    let mut world = world(3, false);
    world.input_at_ms(20, n(0), 7, None);
    world.inject(Fault::Crash { node: n(0), when: When::BeforeSend(2), back_after_ms: None, keep: Keep::Nothing });
    world.run_until_ms(100);
    assert_eq!(views(&world), [None, Some((0, 7)), Some((0, 0))]);
}

#[test]
fn a_node_that_stands_still_catches_up_afterwards() {
    let mut world = world(2, false);
    world.input_at_ms(20, n(0), 7, None);
    world.inject(Fault::Pause { node: n(1), span: Span::new(5, 60) });
    world.run_until_ms(59);
    assert_eq!(views(&world)[1], Some((0, 0)));
    world.run_until_ms(61);
    assert_eq!(views(&world)[1], Some((0, 7)));
    assert_eq!(world.counts().held_up, 2, "the timer and the message");
}

#[test]
fn requests_to_the_dead_come_back() {
    let mut world = world(2, false);
    world.inject(Fault::Crash { node: n(0), when: When::At(5), back_after_ms: None, keep: Keep::Nothing });
    world.input_at_ms(20, n(0), 7, None);
    let mut refused = 0;
    while let Some(happening) = world.next(100) {
        refused += u32::from(matches!(happening.what, What::Refused));
    }
    assert_eq!((refused, world.counts().refused), (1, 1));
}

#[test]
fn healing_ends_every_fault_and_brings_back_who_is_not_gone_for_good() {
    let mut world = world(4, false);
    let crash = |node, back_after_ms| Fault::Crash { node, when: When::At(5), back_after_ms, keep: Keep::Nothing };
    world.inject(crash(n(1), Some(1_000)));
    world.inject(crash(n(2), None));
    world.inject(Fault::Pause { node: n(3), span: Span::new(5, 1_000) });
    world.inject(Fault::Split { side: vec![n(0)], span: Span::new(0, 1_000) });
    world.inject(Fault::Crash { node: n(0), when: When::BeforeSync(1), back_after_ms: None, keep: Keep::Nothing });
    world.heal_at_ms(50);
    world.input_at_ms(60, n(0), 7, None);
    world.run_until_ms(90);
    assert_eq!(views(&world), [Some((7, 0)), Some((0, 7)), None, Some((0, 7))]);
}

#[test]
fn a_late_node_joins_later_and_its_lane_says_so() {
    let mut setup = Setup::of(Choice::new(1), 2);
    setup.places[1].joins_ms = 50;
    let host = Local::<Counting, Counter>::new(vec![false; 2], |node| (node.own, node.heard));
    let mut world = World::<Counting>::new(setup, Box::new(host));
    world.run_until_ms(49);
    assert!(!world.is_up(n(1)));
    world.run_until_ms(51);
    assert!(world.is_up(n(1)));
    let trace = world.take_trace();
    let lives = trace.events.iter().filter(|event| matches!(event.kind, Kind::Life { .. })).count();
    assert_eq!(lives, 2);
}

#[test]
fn a_run_is_the_same_every_time_told_or_not() {
    let run = |quiet, seed| {
        let setup = Setup { quiet, ..Setup::of(Choice::new(seed), 5) };
        let host = Local::<Counting, Counter>::new(vec![false; 5], |node| (node.own, node.heard));
        let mut world = World::<Counting>::new(setup, Box::new(host));
        let kinds = [swarm::Kind::Crash, swarm::Kind::Loss, swarm::Kind::Split, swarm::Kind::Delay];
        for fault in Swarm::of(5, &kinds, 200).draw(&mut Choice::new(seed).stream("faults")) {
            world.inject(fault);
        }
        (0..20).for_each(|i| world.input_at_ms(i * 10, n(i as usize % 5), i, Some(0)));
        world.run_until_ms(300);
        let views = views(&world);
        (views, world.counts(), world.take_trace().fingerprint())
    };
    for seed in 0..20 {
        let (told, quiet) = (run(false, seed), run(true, seed));
        assert_eq!(told, run(false, seed));
        assert_eq!(quiet, run(true, seed));
        assert_eq!((told.0, told.1), (quiet.0, quiet.1), "seed {seed}");
    }
}

#[test]
fn the_time_since_a_boot_runs_as_fast_as_the_clock_and_does_not_jump() {
    let mut world = world(3, false);
    world.inject(Fault::Drift { node: n(0), ppm: 100_000 });
    world.inject(Fault::Jump { node: n(1), at_ms: 10, by_ms: 500 });
    world.inject(Fault::Crash { node: n(2), when: When::At(40), back_after_ms: Some(20), keep: Keep::Nothing });
    world.run_until_ms(100);
    assert_eq!([0, 1, 2].map(|node| world.elapsed_ms(n(node))), [111, 100, 40]);
}

/// Sends every message on to everybody, or to itself, or sets a timer at once.
#[derive(Clone, Hash)]
struct Wild;

struct Wildly;

impl Protocol for Wildly {
    type Config = u8;
    type Input = Infallible;
    type Output = Infallible;
    type View = ();
    type Wire = ();
}

impl Process for Wild {
    type Message = ();
    type Timer = ();
    type Config = u8;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        context.set_timer((), 0);
        Wild
    }

    fn on_message(&mut self, _: NodeId, (): (), context: &mut Context<'_, Self>) {
        match context.config() {
            0 => context.broadcast(()),
            _ => context.send(context.me(), ()),
        }
    }

    fn on_timer(&mut self, (): (), context: &mut Context<'_, Self>) {
        match context.config() {
            0 => context.broadcast(()),
            1 => context.send(context.me(), ()),
            _ => context.set_timer((), 0),
        }
    }

    fn on_input(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

#[test]
fn runs_without_end_are_stopped() {
    let stopped = |how: u8| {
        let host = Local::<Wildly, Wild>::new(vec![how; 3], |_| ());
        let mut world = World::<Wildly>::new(Setup::of(Choice::new(1), 3), Box::new(host));
        world.run_until_ms(10_000);
        world.stopped()
    };
    assert!(matches!(stopped(0), Some(Stop::Flood(..))));
    assert!(matches!(stopped(1), Some(Stop::Rush(..))));
    assert!(matches!(stopped(2), Some(Stop::Rush(..))));
}

/// A server that answers, and clients that ask it at boot.
mod two_kinds {
    use super::*;

    #[derive(Clone, Hash)]
    struct Server;

    #[derive(Clone, Hash)]
    struct Client(u8);

    #[derive(Clone, Debug, Serialize, Deserialize)]
    enum Message {
        Ask,
        Answer(u8),
    }

    impl Process for Server {
        type Message = Message;
        type Timer = ();
        type Config = u8;
        type Input = Infallible;
        type Output = Infallible;

        fn boot(_: &mut Context<'_, Self>) -> Self {
            Server
        }

        fn on_message(&mut self, from: NodeId, _: Message, context: &mut Context<'_, Self>) {
            let answer = Message::Answer(*context.config());
            context.send(from, answer);
        }

        fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

        fn on_input(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
            match never {}
        }
    }

    impl Process for Client {
        type Message = Message;
        type Timer = u8;
        type Config = NodeId;
        type Input = u8;
        type Output = u8;

        fn boot(context: &mut Context<'_, Self>) -> Self {
            context.set_timer(3, 20);
            Client(0)
        }

        fn on_message(&mut self, _: NodeId, message: Message, context: &mut Context<'_, Self>) {
            if let Message::Answer(number) = message {
                context.output(number);
            }
        }

        fn on_timer(&mut self, timer: u8, context: &mut Context<'_, Self>) {
            assert_eq!(timer, 3);
            let server = *context.config();
            context.send(server, Message::Ask);
        }

        fn on_input(&mut self, number: u8, _: &mut Context<'_, Self>) {
            self.0 = number;
        }
    }

    struct Asking;

    impl Protocol for Asking {
        type Config = Either<u8, NodeId>;
        type Input = Either<Infallible, u8>;
        type Output = Either<Infallible, u8>;
        type View = Option<u8>;
        type Wire = ();
    }

    #[test]
    fn a_timer_of_a_pair_is_told_by_the_name_that_its_kind_gave_it() {
        let configs = vec![Either::First(9), Either::Second(n(0))];
        let host = Local::<Asking, Pair<Server, Client>>::new(configs, |_| None);
        let mut world = World::<Asking>::new(Setup::of(Choice::new(1), 2), Box::new(host));
        world.run_until_ms(30);
        let trace = world.take_trace();
        assert!(trace.events.iter().any(|event| matches!(&event.kind, Kind::Note { text, .. } if text == "timer 3")));
    }

    #[test]
    fn two_kinds_of_processes_share_a_world() {
        let configs = vec![Either::First(9), Either::Second(n(0)), Either::Second(n(0))];
        let host = Local::<Asking, Pair<Server, Client>>::new(configs, |node| match node {
            Pair::First(_) => None,
            Pair::Second(client) => Some(client.0),
        });
        let mut world = World::<Asking>::new(Setup::of(Choice::new(1), 3), Box::new(host));
        world.input_at_ms(1, n(2), Either::Second(4), None);
        let mut told = Vec::new();
        while let Some(happening) = world.next(100) {
            if let What::Output(Either::Second(number)) = happening.what {
                told.push((happening.node, number));
            }
        }
        told.sort_unstable();
        assert_eq!(told, [(n(1), 9), (n(2), 9)]);
        let trace = world.take_trace();
        let shown = |words: &str| {
            trace.events.iter().any(|event| matches!(&event.kind, Kind::Note { text, .. } if text == words))
        };
        assert!(shown("timer 3"), "a timer is shown without the kind of its node");
        assert_eq!([0, 1, 2].map(|node| world.view(n(node)).flatten()), [None, Some(0), Some(4)]);
    }
}
