//! Code that attacks the process it is graded in costs the checks that trigger it, and no others.
//!
//! Each attack stands where the client is told to come back later, so that only promises in whose schedules a server is
//! overloaded can meet it.

use report::{CheckStatus, ExerciseStatus};

use crate::checkout::{Checkout, FLAKY_RPC, SOLUTION};

/// The reference solution, with `attack` where the server says that it is overloaded.
fn attacked(checkout: &Checkout, attack: &str) -> String {
    let solution = checkout.read(SOLUTION);
    let place = "Some(TransportError::Overloaded { retry_after_ms }) => retry_after_ms,";
    let arm = "Some(TransportError::Overloaded { retry_after_ms }) => { attack(); retry_after_ms }";
    let attacked = solution.replacen(place, arm, 1);
    assert_ne!(attacked, solution, "the solution still has the place for the attack");
    format!("{attacked}\n#[allow(unconditional_recursion)]\n{attack}\n")
}

/// Grades the attack: every check holds or ends in `status` with a message that contains `told`, and there are some of
/// both.
#[track_caller]
fn costs(attack: &str, status: CheckStatus, told: &str) {
    let checkout = Checkout::fresh();
    checkout.write(FLAKY_RPC, attacked(&checkout, attack));
    let result = checkout.grade();
    assert_eq!(result.status, ExerciseStatus::Failed, "{result:#?}");
    let (holding, others): (Vec<_>, Vec<_>) = result.checks.iter().partition(|check| check.holds());
    assert!(!holding.is_empty() && !others.is_empty(), "{result:#?}");
    for check in others {
        assert!(check.status == status && check.message.contains(told), "{check:#?}");
    }
}

#[test]
fn an_endless_loop() {
    costs("fn attack() { loop {} }", CheckStatus::TimedOut, "a loop that never awaits");
}

#[test]
fn a_lock_taken_twice() {
    let attack = "fn attack() {\n    let lock = std::sync::Mutex::new(());\n    let _one = lock.lock();\n    \
                  let _other = lock.lock();\n}";
    costs(attack, CheckStatus::TimedOut, "lock taken twice");
}

#[test]
fn a_stack_overflow() {
    let attack = "fn attack() -> u64 { 1 + std::hint::black_box(attack()) }";
    costs(attack, CheckStatus::Aborted, "The stack overflowed");
}

#[test]
fn an_abort() {
    costs("fn attack() { std::process::abort() }", CheckStatus::Aborted, "std::process::abort");
}

#[test]
fn an_exit_that_claims_success() {
    costs("fn attack() { std::process::exit(0) }", CheckStatus::Aborted, "std::process::exit");
}

#[test]
fn unbounded_memory() {
    let attack =
        "fn attack() {\n    let mut all: Vec<Vec<u8>> = Vec::new();\n    loop { all.push(vec![1; 1 << 20]); }\n}";
    costs(attack, CheckStatus::Aborted, "300 MiB");
}

#[test]
fn a_flood_of_output() {
    costs("fn attack() { loop { println!(\"again and again\"); } }", CheckStatus::Aborted, "printed without end");
}

#[test]
fn a_forged_verdict_is_only_print() {
    let attack = "fn attack() {\n    println!(\"\\n\\u{1e}0 \\\"done\\\"\");\n    std::process::exit(0)\n}";
    costs(attack, CheckStatus::Aborted, "std::process::exit");
}

#[test]
fn a_panic() {
    costs("fn attack() { panic!(\"enough\") }", CheckStatus::Panicked, "enough");
}

#[test]
fn a_panic_in_a_spawned_task() {
    let attack = "fn attack() { tokio::spawn(async { panic!(\"nobody looks\") }); }";
    costs(attack, CheckStatus::Panicked, "nobody looks");
}

#[test]
fn a_panic_while_a_panic_is_on_its_way() {
    let attack = "struct Twice;\nimpl Drop for Twice {\n    fn drop(&mut self) { panic!(\"again\") }\n}\n\
                  fn attack() {\n    let _twice = Twice;\n    panic!(\"once\")\n}";
    costs(attack, CheckStatus::Aborted, "Drop");
}
