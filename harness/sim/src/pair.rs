//! Two kinds of processes in one world, such as clients and a server.
//!
//! A world holds one type of process. A [`Pair`] is that type where a contract has two: what a node is follows from its
//! configuration, and the two kinds share the messages. Pairs of pairs make three.

use std::fmt;
use std::hash::Hash;

use crate::local::{Tell, Timetable};
use crate::process::{Context, NodeId, Process};
use crate::seam::{Handle, TimerId};

/// One thing or the other. It is shown as what it is: which kind a node is, is known from the node.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Either<A, B> {
    /// The first kind.
    First(A),
    /// The second kind.
    Second(B),
}

impl<A: fmt::Debug, B: fmt::Debug> fmt::Debug for Either<A, B> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Either::First(one) => one.fmt(out),
            Either::Second(other) => other.fmt(out),
        }
    }
}

impl<A: fmt::Display, B: fmt::Display> fmt::Display for Either<A, B> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Either::First(one) => one.fmt(out),
            Either::Second(other) => other.fmt(out),
        }
    }
}

/// A process that is either an `A` or a `B`.
#[derive(Clone, Hash)]
pub enum Pair<A, B> {
    /// An `A`.
    First(A),
    /// A `B`.
    Second(B),
}

impl<A, B> Process for Pair<A, B>
where
    A: Process,
    B: Process<Message = A::Message>,
{
    type Message = A::Message;
    type Timer = Either<A::Timer, B::Timer>;
    type Config = Either<A::Config, B::Config>;
    type Input = Either<A::Input, B::Input>;
    type Output = Either<A::Output, B::Output>;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        match context.config {
            Either::First(_) => Pair::First(first(context, A::boot)),
            Either::Second(_) => Pair::Second(second(context, B::boot)),
        }
    }

    fn on_message(&mut self, from: NodeId, message: A::Message, context: &mut Context<'_, Self>) {
        match self {
            Pair::First(one) => first(context, |context| one.on_message(from, message, context)),
            Pair::Second(other) => second(context, |context| other.on_message(from, message, context)),
        }
    }

    fn on_timer(&mut self, timer: Self::Timer, context: &mut Context<'_, Self>) {
        match (self, timer) {
            (Pair::First(one), Either::First(timer)) => first(context, |context| one.on_timer(timer, context)),
            (Pair::Second(other), Either::Second(timer)) => second(context, |context| other.on_timer(timer, context)),
            _ => unreachable!("a node's timers are of its own kind"),
        }
    }

    fn on_input(&mut self, input: Self::Input, context: &mut Context<'_, Self>) {
        match (self, input) {
            (Pair::First(one), Either::First(input)) => first(context, |context| one.on_input(input, context)),
            (Pair::Second(other), Either::Second(input)) => second(context, |context| other.on_input(input, context)),
            _ => unreachable!("the world asks a node only what its kind is asked"),
        }
    }
}

struct Firsts<'a, T: ?Sized>(&'a mut T);

struct Seconds<'a, T: ?Sized>(&'a mut T);

impl<A, B> Tell<A> for Firsts<'_, dyn Tell<Either<A, B>> + '_> {
    fn tell(&mut self, output: A) -> Handle {
        self.0.tell(Either::First(output))
    }
}

impl<A, B> Tell<B> for Seconds<'_, dyn Tell<Either<A, B>> + '_> {
    fn tell(&mut self, output: B) -> Handle {
        self.0.tell(Either::Second(output))
    }
}

impl<A: Clone, B> Timetable<A> for Firsts<'_, dyn Timetable<Either<A, B>> + '_> {
    fn set(&mut self, timer: A) -> (TimerId, Option<TimerId>) {
        self.0.set(Either::First(timer))
    }

    fn cancel(&mut self, timer: &A) -> Option<TimerId> {
        self.0.cancel(&Either::First(timer.clone()))
    }
}

impl<A, B: Clone> Timetable<B> for Seconds<'_, dyn Timetable<Either<A, B>> + '_> {
    fn set(&mut self, timer: B) -> (TimerId, Option<TimerId>) {
        self.0.set(Either::Second(timer))
    }

    fn cancel(&mut self, timer: &B) -> Option<TimerId> {
        self.0.cancel(&Either::Second(timer.clone()))
    }
}

/// Calls a handler of an `A` with its own view of the context.
fn first<A, B, R>(context: &mut Context<'_, Pair<A, B>>, handler: impl FnOnce(&mut Context<'_, A>) -> R) -> R
where
    A: Process,
    B: Process<Message = A::Message>,
{
    let Either::First(config) = context.config else { unreachable!("a node's configuration is of its own kind") };
    handler(&mut Context {
        node: context.node,
        nodes: context.nodes,
        config,
        moment: context.moment,
        random: context.random,
        image: context.image,
        messages: context.messages,
        outputs: &mut Firsts(&mut *context.outputs),
        timers: &mut Firsts(&mut *context.timers),
        effects: context.effects,
    })
}

/// Calls a handler of a `B` with its own view of the context.
fn second<A, B, R>(context: &mut Context<'_, Pair<A, B>>, handler: impl FnOnce(&mut Context<'_, B>) -> R) -> R
where
    A: Process,
    B: Process<Message = A::Message>,
{
    let Either::Second(config) = context.config else { unreachable!("a node's configuration is of its own kind") };
    handler(&mut Context {
        node: context.node,
        nodes: context.nodes,
        config,
        moment: context.moment,
        random: context.random,
        image: context.image,
        messages: context.messages,
        outputs: &mut Seconds(&mut *context.outputs),
        timers: &mut Seconds(&mut *context.timers),
        effects: context.effects,
    })
}
