//! An exercise is a world and a list of promises about what is seen in it; or plain functions and a list of laws.
//!
//! One world serves all promises of an exercise. A promise brings two functions: one that draws schedules which put it
//! to the test, and one that judges what was seen. Neither knows how the code under test is made, only what its contract
//! says.

use std::fmt;

use explore::property::{Property, PropertyRun};
use explore::{Breach, Detail, Evidence, Experiment, Finding, Options, Plan, Step, Token, TokenError, Trial};
use proptest::strategy::BoxedStrategy;
use rand::SeedableRng;
use report::{CheckResult, CheckStatus};
use sim::{Choice, Random};

use crate::stage::Played;
use crate::stories::Stories;
use crate::tell::{self, Told};

/// The place in which a schedule is played.
pub trait World: Send + Sync + 'static {
    /// What is fixed for a schedule: policies, sizes. `Debug` must show all of it: it tells schedules apart.
    type Setup: Clone + fmt::Debug + 'static;
    /// A fault or a step of the workload, with the words for it.
    type Entry: Clone + fmt::Display + 'static;
    /// What a play leaves behind for the promises to look at.
    type Seen: 'static;

    /// Plays a schedule. Everything that is left to chance comes from `choice`.
    fn play(&self, choice: Choice, plan: &Plan<Self::Setup, Self::Entry>) -> Played<Self::Seen>;

    /// Plays it without finding words for what only a story needs, where that is any faster.
    fn play_quietly(&self, choice: Choice, plan: &Plan<Self::Setup, Self::Entry>) -> Played<Self::Seen> {
        self.play(choice, plan)
    }
}

/// Draws schedules from one stream, and knows the number of the schedule.
pub struct Draw {
    /// From zero. The first schedules of a promise are often set pieces.
    pub index: u64,
    /// Where everything random about a schedule comes from.
    pub random: Random,
}

/// What a promise makes of what was seen.
pub type Judge<S> = fn(&S, &mut Evidence) -> Result<(), Breach>;

/// A promise of an exercise's contract.
pub struct Promise<W: World> {
    /// A sentence as an identifier, the same in tests, reports, lessons and mutants.
    pub name: &'static str,
    /// How many schedules make a verdict.
    pub schedules: u64,
    /// What must have happened at least once, or there is no verdict.
    pub needs: &'static [&'static str],
    /// Draws a schedule that puts the promise to the test.
    pub draw: fn(&mut Draw) -> Plan<W::Setup, W::Entry>,
    /// Looks at what was seen. May count evidence of its own.
    pub judge: Judge<W::Seen>,
}

/// A promise about plain functions: it must hold for every value.
///
/// `S` is the code under test, as a value that makes or calls it (a function pointer, mostly). `V` is what it is put to
/// the test with; its `Display` is what a learner reads when the law is broken, so it shows the value whole.
pub struct Law<S, V: fmt::Debug> {
    /// A sentence as an identifier, the same in tests, reports, lessons and mutants.
    pub name: &'static str,
    /// How many values make a verdict.
    pub cases: u64,
    /// What must have happened at least once, or there is no verdict.
    pub needs: &'static [&'static str],
    /// What the value of the case with this number is drawn from. See [`explore::property::pieces_first`].
    pub draw: fn(u64) -> BoxedStrategy<V>,
    /// Puts the code to the test with one value. May count evidence.
    pub judge: fn(&S, &V, &mut Evidence) -> Result<(), Breach>,
}

struct LawOf<S, V: fmt::Debug> {
    subject: S,
    law: Law<S, V>,
}

impl<S, V: fmt::Debug + fmt::Display> Property for LawOf<S, V> {
    type Strategy = BoxedStrategy<V>;

    fn strategy(&self, index: u64) -> BoxedStrategy<V> {
        (self.law.draw)(index)
    }

    fn judge(&self, value: &V, evidence: &mut Evidence) -> Result<(), Breach> {
        (self.law.judge)(&self.subject, value, evidence)
    }

    fn describe(&self, value: &V) -> String {
        value.to_string()
    }

    fn cases(&self) -> u64 {
        self.law.cases
    }

    fn needs(&self) -> &[&'static str] {
        self.law.needs
    }
}

struct Test<'a, W: World> {
    world: &'a W,
    promise: &'a Promise<W>,
}

impl<W: World> Experiment for Test<'_, W> {
    type Entry = W::Entry;
    type Setup = W::Setup;

    fn draw(&self, choice: Choice, index: u64) -> Plan<W::Setup, W::Entry> {
        let random = Random::seed_from_u64(choice.part("schedule", 0).seed());
        (self.promise.draw)(&mut Draw { index, random })
    }

    fn run(&self, choice: Choice, plan: &Plan<W::Setup, W::Entry>, detail: Detail) -> Trial {
        let played = match detail {
            Detail::Verdict => self.world.play_quietly(choice, plan),
            Detail::Story => self.world.play(choice, plan),
        };
        played.judge(self.promise.judge)
    }

    fn schedules(&self) -> u64 {
        self.promise.schedules
    }

    fn needs(&self) -> &[&'static str] {
        self.promise.needs
    }
}

/// One exercise, ready to be graded.
pub struct Exercise {
    /// Its chapter's id.
    pub chapter: &'static str,
    /// Its id.
    pub id: &'static str,
    /// One a promise.
    pub checks: Vec<Check>,
    /// What it measures, drawn from a run of its own, where there is something to be drawn.
    pub figure: Option<Figure>,
}

/// Plays the world and draws what was measured; an error says why there is nothing to draw.
pub type Figure = Box<dyn Fn() -> Result<render::chart::Chart, String> + Send + Sync>;

impl Exercise {
    /// An exercise whose promises are about what is seen in `world`.
    pub fn in_world<W: World>(chapter: &'static str, id: &'static str, world: W, promises: Vec<Promise<W>>) -> Self {
        let world = std::sync::Arc::new(world);
        let checks = promises.into_iter().map(|promise| Check::in_world(world.clone(), promise)).collect();
        Exercise { chapter, id, checks, figure: None }
    }

    /// The same, with a figure.
    pub fn with_figure(
        self,
        figure: impl Fn() -> Result<render::chart::Chart, String> + Send + Sync + 'static,
    ) -> Self {
        Exercise { figure: Some(Box::new(figure)), ..self }
    }
}

/// What to do with a check.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Grade it.
    Examine(Options),
    /// Run one schedule again.
    Replay(Token),
}

type Run = dyn Fn(&Ask, &mut dyn FnMut(Step)) -> Result<(Finding, u64), TokenError> + Send + Sync;

/// A promise bound to the code that should keep it.
pub struct Check {
    /// The promise.
    pub name: &'static str,
    run: Box<Run>,
}

impl Check {
    fn in_world<W: World>(world: std::sync::Arc<W>, promise: Promise<W>) -> Self
    where
        Promise<W>: Send + Sync,
    {
        let name = promise.name;
        let run = move |ask: &Ask, at: &mut dyn FnMut(Step)| {
            let test = Test { world: &*world, promise: &promise };
            match ask {
                Ask::Examine(options) => Ok(explore::examine(&test, name, *options, at)),
                Ask::Replay(token) => explore::replay(&test, token, at).map(|finding| (finding, 1)),
            }
        };
        Check { name, run: Box::new(run) }
    }

    /// A promise about plain functions: it must hold for every value that is generated.
    pub fn property<P: Property + Send + Sync + 'static>(name: &'static str, property: P) -> Self {
        let run = move |ask: &Ask, at: &mut dyn FnMut(Step)| {
            let run = PropertyRun { property: &property, watch: &crate::panics::trial };
            match ask {
                Ask::Examine(options) => Ok(explore::property::examine(&run, name, *options, at)),
                Ask::Replay(token) => explore::property::replay(&run, token, at).map(|finding| (finding, 1)),
            }
        };
        Check { name, run: Box::new(run) }
    }

    /// A law that `subject` must keep.
    pub fn law<S, V>(subject: S, law: Law<S, V>) -> Self
    where
        S: Send + Sync + 'static,
        V: fmt::Debug + fmt::Display + 'static,
    {
        Check::property(law.name, LawOf { subject, law })
    }

    /// Runs it. `at` is called at every step of it.
    pub fn run(&self, exercise: &Exercise, ask: &Ask, at: &mut dyn FnMut(Step)) -> CheckResult {
        self.run_and_keep(exercise, ask, None, at).result
    }

    /// The same, and keeps the story of a failure as files where `stories` says.
    pub fn run_and_keep(
        &self,
        exercise: &Exercise,
        ask: &Ask,
        stories: Option<&Stories>,
        at: &mut dyn FnMut(Step),
    ) -> Told {
        match (self.run)(ask, at) {
            Ok((finding, schedules)) => {
                let seed = match ask {
                    Ask::Examine(options) => options.seed,
                    Ask::Replay(token) => token.seed,
                };
                // To draw a long story takes a while, and the learner's code has no part in it.
                at(Step::Aside);
                let whole = matches!(ask, Ask::Replay(_));
                let context = tell::Context { chapter: exercise.chapter, exercise: exercise.id, seed, whole, stories };
                let told = tell::result(self.name, &context, finding, schedules);
                Told { result: CheckResult { schedules, ..told.result }, ..told }
            }
            Err(error) => {
                let result = CheckResult::new(self.name, CheckStatus::Undecided, format!("token: {error}"));
                Told { result, note: None }
            }
        }
    }
}
