//! The worker's end: serves the judge's orders with the learner's code. See [`remote`](crate::remote) for the frames.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sim::remote::Lodger;
use sim::{Process, Protocol, plain};

use crate::panics;
use crate::remote::{Channel, Kind, MAX_ANSWER_BYTES};

/// The learner's side of an exercise.
pub trait Service {
    /// Does what an order says and answers. It may panic where the learner's code does.
    fn serve(&mut self, order: &[u8]) -> Vec<u8>;
}

impl<X, P> Service for Lodger<X, P>
where
    X: Protocol,
    P: Process<Config = X::Config, Input = X::Input, Output = X::Output>,
{
    fn serve(&mut self, order: &[u8]) -> Vec<u8> {
        Lodger::serve(self, order)
    }
}

/// An order, taken apart; for services whose orders are a type of their own.
///
/// # Panics
///
/// If it is not one: orders come from the judge.
pub fn order<A: DeserializeOwned>(order: &[u8]) -> A {
    plain::load(order).expect("orders come from the judge")
}

/// An answer, put together.
pub fn answer(answer: &impl Serialize) -> Vec<u8> {
    plain::save(answer)
}

/// Serves orders until the judge hangs up.
pub fn run(channel: &mut dyn Channel, service: &mut dyn Service) {
    let mut head = [0; 4];
    while channel.read_exact(&mut head).is_ok() {
        let mut bytes = vec![0; u32::from_le_bytes(head) as usize];
        if channel.read_exact(&mut bytes).is_err() {
            return;
        }
        let (answer, panics) = panics::watch(|| service.serve(&bytes));
        let (kind, answer) = match answer {
            Some(answer) if panics.is_empty() => (Kind::Answer, answer),
            _ => (Kind::Panicked, plain::save(&panics)),
        };
        if write(channel, kind, &answer).is_err() {
            return;
        }
    }
}

/// Writes an answer; of one that is too long only its head, for the judge reads no more of it.
fn write(channel: &mut dyn Channel, kind: Kind, answer: &[u8]) -> io::Result<()> {
    let length = u32::try_from(answer.len()).unwrap_or(u32::MAX);
    let mut frame = Vec::with_capacity(answer.len() + 5);
    frame.extend(length.to_le_bytes());
    frame.push(kind as u8);
    if answer.len() <= MAX_ANSWER_BYTES {
        frame.extend(answer);
    }
    channel.write_all(&frame)
}
