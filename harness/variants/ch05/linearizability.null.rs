//! Knows nothing.

use ch05::linearizability::{Checker, Operation, OutOfSteps, Steps, Verdict};

pub struct Judge;

impl Checker for Judge {
    fn new() -> Self {
        Judge
    }

    fn check(&self, _: Vec<Operation>, _: &mut Steps) -> Result<Verdict, OutOfSteps> {
        Ok(Verdict::Linearizable(Vec::new()))
    }
}
