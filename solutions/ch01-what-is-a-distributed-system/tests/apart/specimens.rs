//! Code to be judged: the solutions, and clients of `flaky_rpc` that are up to no good.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ch01::flaky_rpc::{Attempt, CallError, Charge, IdempotencyKey, Policy, Receipt, RpcClient, Transport};
use ch01_solutions as solutions;
use harness::Random;
use harness::exercise::{Ask, Exercise};
use harness::remote::Gone;
use harness::serve::{Service, answer};

/// Code to be judged, in both forms.
pub struct Specimen {
    pub name: &'static str,
    pub here: fn() -> Exercise,
    pub there: fn() -> Exercise,
    pub serve: fn() -> Box<dyn Service>,
    /// How many of the checks are run.
    checks: usize,
}

macro_rules! specimen {
    ($name:literal, $exercise:ident, $checks:literal, $($learner:ty),+) => {
        Specimen {
            name: $name,
            here: ch01::$exercise::exercise::<$($learner),+>,
            there: ch01::$exercise::remote,
            serve: ch01::$exercise::serve::<$($learner),+>,
            checks: $checks,
        }
    };
}

/// What may run in this process, too.
pub const BOTH: &[Specimen] = &[
    specimen!("flaky_rpc", flaky_rpc, 3, solutions::flaky_rpc::Client),
    specimen!("chatty_reads", chatty_reads, 3, solutions::chatty_reads::CachingReader),
    specimen!("thin_pipe", thin_pipe, 2, solutions::thin_pipe::Sender, solutions::thin_pipe::Receiver),
    specimen!("secure_channel", secure_channel, 2, solutions::secure_channel::Channel),
    specimen!("moving_targets", moving_targets, 2, solutions::moving_targets::Balancer),
    specimen!("egress_bill", egress_bill, 3, solutions::egress_bill::Planner),
    specimen!("scale_out", scale_out, 2, solutions::scale_out::Scatter),
    specimen!("a client that is not there yet", flaky_rpc, 2, Odd<NOT_YET>),
    specimen!("a client that panics where nobody looks", flaky_rpc, 2, Odd<PANICS>),
    specimen!("a client that never returns", flaky_rpc, 2, Odd<WAITS>),
    specimen!("a client that sends without end", flaky_rpc, 2, Odd<FLOODS>),
];

/// What may not, and what every verdict says.
pub const ABROAD: &[(Specimen, &str)] = &[
    (specimen!("a client that leaves", flaky_rpc, 2, Odd<LEAVES>), "gone: "),
    (liar("a worker ahead of its time", || Box::new(Liar(|| answer(&(u64::MAX, NO_DEEDS))))), "an answer out of time"),
    (liar("a worker with nothing to say", || Box::new(Liar(|| answer(&(0_u64, NO_DEEDS))))), "an answer out of time"),
    (liar("a worker that makes no sense", || Box::new(Liar(|| vec![0xff; 3]))), "an answer that is none"),
    (
        liar("a worker that has more than it was given", || {
            Box::new(Liar(|| answer(&(0_u64, &[ASK_OF_OBJECT_9][..]))))
        }),
        "a call of something that it was not given",
    ),
];

const fn liar(name: &'static str, serve: fn() -> Box<dyn Service>) -> Specimen {
    Specimen { name, here: ch01::flaky_rpc::remote, there: ch01::flaky_rpc::remote, serve, checks: 2 }
}

/// Whatever it is told, it makes an object, and then says the same thing.
struct Liar(fn() -> Vec<u8>);

/// The first byte of an order to make something.
const MAKE: u8 = 0;

const NO_DEEDS: &[()] = &[];

/// A deed as it stands on the wire: its kind, the object, and what it asks.
const ASK_OF_OBJECT_9: (u32, u32, &[()]) = (0, 9, &[]);

impl Service for Liar {
    fn serve(&mut self, order: &[u8]) -> Vec<u8> {
        if order[0] == MAKE { answer(&Vec::<u8>::new()) } else { (self.0)() }
    }
}

impl Specimen {
    /// What its checks say.
    pub fn verdicts(&self, exercise: Exercise) -> Vec<String> {
        *crate::office::NAME.lock().expect("nobody panics with it") = self.name;
        let checks = exercise.checks.iter().take(self.checks);
        let verdict = |check: &harness::exercise::Check| {
            let run = || check.run(&exercise, &Ask::Examine(Default::default()), &mut |_| {});
            match catch_unwind(AssertUnwindSafe(run)) {
                Ok(result) => format!("{}: {} {}", result.name, result.status.as_str(), result.message),
                Err(gone) => gone.downcast::<Gone>().expect("nothing else ends a check").message,
            }
        };
        checks.map(verdict).collect()
    }
}

const NOT_YET: u8 = 0;
const PANICS: u8 = 1;
const WAITS: u8 = 2;
const FLOODS: u8 = 3;
const LEAVES: u8 = 4;

/// A client with a habit.
pub struct Odd<const HABIT: u8>(Arc<dyn Transport>);

#[async_trait]
impl<const HABIT: u8> RpcClient for Odd<HABIT> {
    fn new(transport: Arc<dyn Transport>, _: Policy, _: Random) -> Self {
        Odd(transport)
    }

    async fn call(&self, charge: Charge) -> Result<Receipt, CallError> {
        match HABIT {
            NOT_YET => todo!("the first attempt"),
            PANICS => drop(tokio::spawn(async { panic!("unseen") })),
            FLOODS => loop {
                let attempt = Attempt { key: IdempotencyKey(String::new()), charge };
                let _ = tokio::time::timeout(Duration::ZERO, self.0.send(attempt)).await;
            },
            LEAVES => std::process::exit(0),
            _ => {}
        }
        std::future::pending().await
    }
}
