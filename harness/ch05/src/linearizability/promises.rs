//! What is promised, and how each promise is judged.

use explore::{Breach, Evidence};
use harness::exercise::{Check, Law};
use proptest::strategy::BoxedStrategy;
use render::explain::{plural, thousands};

use super::Ask;
use super::contract::{Operation, Verdict};
use super::histories::{History, Known, Long};
use super::oracle::{Truth, flaw, truth};
use super::schedules;

const ACCEPTED: &str = "a history with an order is recognised as one";
const REFUSED: &str = "a history without an order is recognised as one";
const SHOWN: &str = "an order of several operations is shown";

/// However small a history is, it may be tried so often.
const LEAST_STEPS: u64 = 1_000;

/// Puts the checker to the test with one history.
type Judge = fn(&Ask, &History, &mut Evidence) -> Result<(), Breach>;

/// Every promise of the contract.
pub fn all(ask: Ask) -> Vec<Check> {
    let law = |name, cases, draw: fn(u64) -> BoxedStrategy<History>, judge: Judge, needs| {
        Check::law(ask, Law { name, cases, needs, draw, judge })
    };
    let long =
        |name| Check::law(ask, Law { name, cases: 24, needs: BOTH, draw: schedules::long_ones, judge: is_cheap });
    const BOTH: &[&str] = &[ACCEPTED, REFUSED];
    vec![
        law("a_sequence_of_operations_is_judged_right", 40, schedules::sequences, is_right, BOTH),
        law("operations_that_overlap_may_come_in_either_order", 40, schedules::overlaps, is_right, BOTH),
        law("real_time_is_respected", 40, schedules::real_time, is_right, BOTH),
        law("the_first_order_that_fits_may_be_the_wrong_one", 40, schedules::traps, is_right, BOTH),
        law("a_pending_operation_may_have_taken_effect", 40, schedules::pending_effects, is_right, BOTH),
        law("a_pending_operation_need_not_have_taken_effect", 40, schedules::pending_idle, is_right, BOTH),
        law("a_failed_compare_and_set_changes_nothing", 40, schedules::swapping, is_right, BOTH),
        law("operations_that_touch_overlap", 40, schedules::touching, is_right, BOTH),
        law("small_histories_are_judged_as_trying_every_order_would", 150, schedules::small, is_right, BOTH),
        law("the_order_that_is_shown_explains_the_history", 100, schedules::shown, is_explained, &[SHOWN]),
        long("long_histories_stay_within_the_steps"),
    ]
}

/// How many steps a history may take; see the contract.
fn most_steps(history: &History) -> u64 {
    let (operations, width) = (history.0.len() as u64, history.width() as u64);
    LEAST_STEPS.max(2 * operations * width * (1 << width))
}

/// What the checker says within its steps, if anything; and how many it took.
fn asked(ask: &Ask, history: &History) -> (Option<Verdict>, u64) {
    let said = ask(history.0.clone(), most_steps(history));
    (said.verdict, said.taken)
}

/// The verdict is the right one. Whether the order that comes with it is so as well is another promise's business.
fn is_right(ask: &Ask, history: &History, evidence: &mut Evidence) -> Result<(), Breach> {
    let (verdict, taken) = asked(ask, history);
    match (verdict, truth(&history.0)) {
        (Some(Verdict::Linearizable(_)), Truth::Linearizable(_)) => evidence.count(ACCEPTED),
        (Some(Verdict::NotLinearizable), Truth::Not(_)) => evidence.count(REFUSED),
        (Some(Verdict::Linearizable(order)), Truth::Not(why)) => {
            let flaw = flaw(&history.0, &order).map_or_else(String::new, |flaw| format!(" ({flaw})"));
            return Err(Breach::new(
                "a history that is not linearizable was called linearizable",
                format!("not linearizable: {why}"),
                format!("linearizable, by the order {}{flaw}", told(&history.0, &order)),
            ));
        }
        (Some(Verdict::NotLinearizable), Truth::Linearizable(order)) => {
            return Err(Breach::new(
                "a history that is linearizable was called not linearizable",
                format!("linearizable, for example by the order {}", told(&history.0, &order)),
                "not linearizable",
            ));
        }
        (None, _) => return Err(out_of_steps(history, taken)),
    }
    Ok(())
}

fn out_of_steps(history: &History, taken: u64) -> Breach {
    let (operations, width) = (history.0.len() as u64, history.width());
    Breach::new(
        format!("the checker gave up on {}, {width} of them at once", plural(operations, "operation")),
        format!("a verdict within {} steps", thousands(most_steps(history))),
        format!("out of steps after {}", thousands(taken)),
    )
}

/// An order that is shown explains the history. Whether there is one is another promise's business.
fn is_explained(ask: &Ask, history: &History, evidence: &mut Evidence) -> Result<(), Breach> {
    let (Some(Verdict::Linearizable(order)), _) = asked(ask, history) else { return Ok(()) };
    let Truth::Linearizable(right) = truth(&history.0) else { return Ok(()) };
    evidence.count_many(SHOWN, u64::from(order.len() > 2));
    match flaw(&history.0, &order) {
        None => Ok(()),
        Some(flaw) => Err(Breach::new(
            format!("the order that was shown does not explain the history: {flaw}"),
            format!("an order such as {}", told(&history.0, &right)),
            told(&history.0, &order),
        )),
    }
}

/// The verdict comes within the steps and is right; and whoever says yes has tried something.
fn is_cheap(ask: &Ask, long: &Long, evidence: &mut Evidence) -> Result<(), Breach> {
    let Long { history, known } = long;
    let wrong = match known {
        Known::Nothing => return is_right(ask, history, evidence),
        Known::Right => None,
        Known::Wrong(place) => Some(*place),
    };
    let (verdict, taken) = asked(ask, history);
    let returned = history.0.iter().filter(|operation| operation.returned.is_some()).count() as u64;
    match (verdict, wrong) {
        (Some(Verdict::Linearizable(_)), _) if taken < returned => Err(Breach::new(
            format!("{} were put in order with {}", plural(returned, "operation"), plural(taken, "step")),
            "a step for every operation that is tried, and so one at least for each that is placed",
            plural(taken, "step"),
        )),
        (Some(Verdict::Linearizable(_)), None) => {
            evidence.count(ACCEPTED);
            Ok(())
        }
        (Some(Verdict::NotLinearizable), Some(_)) => {
            evidence.count(REFUSED);
            Ok(())
        }
        (Some(Verdict::Linearizable(_)), Some(place)) => Err(Breach::new(
            "a long history that is not linearizable was called linearizable",
            format!(
                "not linearizable: what operation {place}, `{}`, returned was overwritten long before",
                history.0[place]
            ),
            "linearizable",
        )),
        (Some(Verdict::NotLinearizable), None) => Err(Breach::new(
            "a long history that is linearizable was called not linearizable",
            "linearizable: whatever a read returns is one of the values that were written last, all at the same time",
            "not linearizable",
        )),
        (None, _) => Err(out_of_steps(history, taken)),
    }
}

/// An order in words; of a long one the end.
fn told(history: &[Operation], order: &[usize]) -> String {
    const TOLD: usize = 8;
    let name = |place: &usize| match history.get(*place) {
        Some(operation) => format!("`{operation}`"),
        None => format!("operation {place}"),
    };
    let names: Vec<String> = order[order.len().saturating_sub(TOLD)..].iter().map(name).collect();
    match order.len() {
        0 => "of nothing".to_owned(),
        length if length > TOLD => format!("…, {}", names.join(", ")),
        _ => names.join(", "),
    }
}
