//! What becomes of processes that do what no process should.

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};

use explore::{Evidence, Options};
use report::{CheckResult, CheckStatus};
use serde::{Deserialize, Serialize};
use sim::seam::Host;
use sim::{Choice, Context, Fault, Local, NodeId, Process, Protocol, What, World};

use super::*;
use crate::exercise::{Ask, Draw, Exercise, Promise};

/// What a process does when it is asked for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Habit {
    Answer,
    Panic,
    Todo,
    PassOnTwice,
    TalkToItself,
    RingAtOnce,
    SendInTheOrderOfAHashMap,
    RememberTheMachinesTime,
}

#[derive(Clone)]
struct Creature {
    habit: Habit,
    memory: u128,
}

impl Hash for Creature {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.memory.hash(state);
    }
}

struct Zoo;

sim::plain!(Habit);

impl Protocol for Zoo {
    type Config = Habit;
    type Input = u8;
    type Output = u8;
    type View = ();
    type Wire = ();
}

impl Process for Creature {
    type Message = u32;
    type Timer = ();
    type Config = Habit;
    type Input = u8;
    type Output = u8;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        Creature { habit: *context.config(), memory: 0 }
    }

    fn on_message(&mut self, _: NodeId, number: u32, context: &mut Context<'_, Self>) {
        match self.habit {
            Habit::PassOnTwice => {
                context.broadcast(number);
                context.broadcast(number);
            }
            Habit::TalkToItself => context.send(context.me(), number),
            _ => {}
        }
    }

    fn on_timer(&mut self, (): (), context: &mut Context<'_, Self>) {
        context.set_timer((), 0);
    }

    #[expect(clippy::disallowed_methods, reason = "this is what must be noticed")]
    fn on_input(&mut self, input: u8, context: &mut Context<'_, Self>) {
        match self.habit {
            Habit::Answer => context.output(input),
            Habit::Panic => panic!("no {input}"),
            Habit::Todo => todo!("answer"),
            Habit::PassOnTwice => context.broadcast(1),
            Habit::TalkToItself => context.send(context.me(), 1),
            Habit::RingAtOnce => context.set_timer((), 0),
            Habit::SendInTheOrderOfAHashMap => {
                let numbers: HashMap<u32, ()> = (0..64).map(|number| (number, ())).collect();
                for number in numbers.keys() {
                    context.set_timer((), u64::from(*number));
                    context.send(NodeId::new(*number as usize % context.node_count()), *number);
                }
            }
            Habit::RememberTheMachinesTime => {
                self.memory = std::time::Instant::now().elapsed().as_nanos() + 1;
                self.memory += std::time::SystemTime::now()
                    .duration_since(std::time::UNIX_EPOCH)
                    .map_or(0, |since| since.as_nanos());
                context.output(input);
            }
        }
    }
}

/// The only entry: a creature is asked.
#[derive(Clone)]
struct Asked;

impl fmt::Display for Asked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("n1 is asked")
    }
}

struct Cage(Habit);

impl Cluster for Cage {
    type Protocol = Zoo;
    type Setup = ();
    type Entry = Asked;
    type Seen = u32;

    fn setup(&self, _: &Plan<(), Asked>, choice: Choice) -> sim::Setup {
        sim::Setup::of(choice, 3)
    }

    fn host(&self, _: &Plan<(), Asked>) -> Box<dyn Host<Zoo>> {
        Box::new(Local::<Zoo, Creature>::new(vec![self.0; 3], |_| ()))
    }

    fn script(&self, plan: &Plan<(), Asked>, world: &mut World<Zoo>) -> u32 {
        plan.entries.iter().for_each(|_| world.input_at_ms(5, NodeId::new(0), 7, None));
        world.inject(Fault::Lose { from: NodeId::new(0), to: NodeId::new(1), nth: 99 });
        let mut answers = 0;
        while let Some(happening) = world.next(1_000) {
            answers += u32::from(matches!(happening.what, What::Output(7)));
        }
        answers
    }
}

fn verdict(habit: Habit) -> CheckResult {
    let promise = Promise {
        name: "it_answers",
        schedules: 3,
        needs: &["it answers"],
        draw: |_: &mut Draw| Plan { setup: (), entries: vec![Asked] },
        judge: |answers: &u32, evidence: &mut Evidence| {
            evidence.count_many("it answers", u64::from(*answers));
            Ok(())
        },
    };
    let exercise = Exercise::in_world("ch02", "zoo", Cage(habit), vec![promise]);
    exercise.checks[0].run(&exercise, &Ask::Examine(Options::default()), &mut |_| {})
}

#[test]
fn a_process_that_answers_passes() {
    assert_eq!(verdict(Habit::Answer).status, CheckStatus::Holds);
}

#[test]
fn a_panic_is_told_with_its_line() {
    let verdict = verdict(Habit::Panic);
    assert_eq!(verdict.status, CheckStatus::Panicked);
    assert!(verdict.message.contains("no 7") && verdict.message.contains("tests.rs:"), "{}", verdict.message);
    assert_eq!(super::tests::verdict(Habit::Todo).status, CheckStatus::NotImplemented);
}

#[test]
fn messages_that_multiply_are_a_flood() {
    let verdict = verdict(Habit::PassOnTwice);
    assert_eq!(verdict.status, CheckStatus::Violated);
    assert!(verdict.message.contains("messages were under way at once"), "{}", verdict.message);
}

#[test]
fn an_instant_without_end_is_stopped() {
    for habit in [Habit::TalkToItself, Habit::RingAtOnce] {
        let verdict = verdict(habit);
        assert_eq!(verdict.status, CheckStatus::Violated);
        assert!(verdict.message.contains("at one instant"), "{}", verdict.message);
    }
}

#[test]
fn chance_from_outside_is_noticed_and_named() {
    for habit in [Habit::SendInTheOrderOfAHashMap, Habit::RememberTheMachinesTime] {
        let verdict = verdict(habit);
        assert_eq!(verdict.status, CheckStatus::Undecided, "{habit:?}");
        assert!(verdict.message.contains("HashMap") && verdict.message.contains("SystemTime"), "{}", verdict.message);
    }
}
