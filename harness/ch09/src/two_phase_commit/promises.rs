//! What is promised, and how each promise is judged from what was seen.

use explore::{Breach, Evidence};
use harness::exercise::{Judge, Promise};
use harness::processes::evidence;
use render::explain::{list_in_words, plural, thousands};
use sim::NodeId;

use super::contract::*;
use super::schedules;
use super::world::{Bank, Seen, TransferSeen, signed};

const COMMITTED: &str = "a transfer is committed";
const REFUSED: &str = "a transfer that a branch refuses is answered";
const VOTE_MISSING: &str = "a transfer is answered while one of its branches is away";
const ALL_IN_DOUBT: &str = "all branches of a transfer are in doubt while the coordinator is away";
const IN_DOUBT: &str = "a branch is in doubt while the coordinator is away";
const AFTER_RESTART: &str = "a transfer is committed after the coordinator came back from a crash";
const AFTER_CRASH: &str = "a transfer is committed after a crash in the middle of another";
const MANY: &str = "fifty transfers are answered in one run";

type Verdict = Result<(), Breach>;

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Bank>> {
    let promise = |name, schedules, draw, judge: Judge<Seen>, needs| Promise { name, schedules, needs, draw, judge };
    vec![
        promise("a_transfer_that_nobody_refuses_is_committed", 12, schedules::calm, commits, &[COMMITTED]),
        promise(
            "one_refusal_aborts_it_everywhere",
            16,
            schedules::refusals,
            only_refusals_abort,
            &[REFUSED, COMMITTED],
        ),
        promise("a_missing_vote_aborts_it_in_time", 24, schedules::missing_votes, answers_in_time, &[VOTE_MISSING]),
        promise(
            "a_vote_counts_once",
            16,
            schedules::votes_twice,
            needs_every_yes,
            &[evidence::DUPLICATED, evidence::AT_THE_DEAD],
        ),
        promise(
            "a_yes_survives_the_crash_of_its_voter",
            48,
            schedules::branch_crashes,
            everywhere_or_nowhere,
            &[COMMITTED, evidence::RESTARTED],
        ),
        promise(
            "a_decision_survives_the_crash_of_the_coordinator",
            51,
            schedules::coordinator_crashes,
            everywhere_or_nowhere,
            &[COMMITTED, evidence::RESTARTED],
        ),
        promise("in_doubt_nobody_guesses", 42, schedules::long_absences, nobody_guesses, &[ALL_IN_DOUBT]),
        promise("doubt_ends_once_everyone_is_back", 34, schedules::absences, doubt_ends, &[IN_DOUBT]),
        promise(
            "a_commit_is_applied_exactly_once",
            48,
            schedules::repetitions,
            applied_once,
            &[COMMITTED, evidence::DUPLICATED, evidence::RESTARTED],
        ),
        promise(
            "a_torn_record_costs_no_other",
            48,
            schedules::torn_records,
            later_ones_are_safe,
            &[AFTER_CRASH, evidence::WRITE_LOST],
        ),
        promise(
            "the_log_is_kept_until_all_have_acknowledged",
            16,
            schedules::missed_decisions,
            everywhere_or_nowhere,
            &[COMMITTED, IN_DOUBT],
        ),
        promise(
            "the_log_is_cut_when_all_have_acknowledged",
            4,
            schedules::many,
            logs_are_cut,
            &[MANY, evidence::SYNCED],
        ),
        promise(
            "a_transfer_after_a_restart_is_a_new_one",
            34,
            schedules::quick_restarts_of_other_transfers,
            new_after_restart,
            &[AFTER_RESTART],
        ),
        promise(
            "clients_are_told_the_truth_and_once",
            34,
            schedules::quick_restarts_and_copies,
            truth_is_told,
            &[COMMITTED, evidence::RESTARTED],
        ),
        promise(
            "everywhere_or_nowhere_whatever_fails",
            100,
            schedules::anything,
            whatever_fails,
            &[COMMITTED, evidence::CRASHED, evidence::LOST],
        ),
    ]
}

fn name(transfer: &TransferSeen) -> String {
    format!("transfer {} of client {} (account {})", transfer.nth, transfer.client + 1, transfer.account)
}

fn told(transfer: &TransferSeen) -> Option<Outcome> {
    transfer.answer.map(|(_, _, outcome)| outcome)
}

/// What a transfer asks for, what its branches hold in its account at the end, and what its client knows.
fn in_the_end(seen: &Seen, transfer: &TransferSeen) -> String {
    let posted = transfer.postings.iter().map(|posting| format!("{:+} at {}", posting.cents, posting.branch));
    let held = transfer.postings.iter().map(|posting| {
        let balance = signed(seen.balance(posting.branch, transfer.account));
        format!("{balance} at {}", posting.branch)
    });
    let (posted, held) = (posted.collect::<Vec<_>>().join(", "), held.collect::<Vec<_>>().join(", "));
    let told = match transfer.answer {
        Some((at_ms, _, outcome)) => format!("the client was told at {} ms: {outcome}", thousands(at_ms)),
        None if transfer.cut_off => "the coordinator crashed before it answered".to_owned(),
        None => "the client was told nothing".to_owned(),
    };
    format!("it asks for {posted}; account {} in the end: {held}; {told}", transfer.account)
}

/// Points a breach at the remark at one of these branches, or at the answer.
fn pointed(breach: Breach, transfer: &TransferSeen, branches: &[NodeId]) -> Breach {
    let remark = transfer.remarks.iter().find(|(branch, _)| branches.contains(branch));
    match (remark, transfer.answer) {
        (Some(&(_, event)), _) | (None, Some((_, event, _))) => breach.at(event),
        (None, None) => breach,
    }
}

fn count_outcomes(seen: &Seen, counts: &mut Evidence) {
    for transfer in &seen.transfers {
        if told(transfer) == Some(Outcome::Committed) {
            counts.count(COMMITTED);
        }
    }
}

fn commits(seen: &Seen, counts: &mut Evidence) -> Verdict {
    count_outcomes(seen, counts);
    seen.transfers.iter().try_for_each(|transfer| commits_everywhere(seen, transfer))
}

/// Of a transfer that nobody refuses, in a run in which nothing goes wrong.
fn commits_everywhere(seen: &Seen, transfer: &TransferSeen) -> Verdict {
    let (_, missing) = seen.fate(transfer);
    if told(transfer) == Some(Outcome::Committed) && missing.is_empty() {
        return Ok(());
    }
    let breach = Breach::new(
        format!(
            "{} was not committed everywhere, although nothing went wrong and no branch may refuse it",
            name(transfer)
        ),
        format!(
            "the answer `committed` within {} ms, and the transfer applied at all its branches",
            thousands(ANSWER_MS)
        ),
        in_the_end(seen, transfer),
    );
    Err(match transfer.overdue {
        Some(event) => breach.at(event),
        None => pointed(breach, transfer, &missing),
    })
}

/// What concerns a frozen account is aborted everywhere, and nothing else is.
fn only_refusals_abort(seen: &Seen, counts: &mut Evidence) -> Verdict {
    needs_every_yes(seen, counts)?;
    let is_frozen = |transfer: &TransferSeen| {
        transfer.postings.iter().any(|posting| seen.frozen.contains(&(posting.branch, transfer.account)))
    };
    let mut others = seen.transfers.iter().filter(|transfer| !is_frozen(transfer));
    others.try_for_each(|transfer| commits_everywhere(seen, transfer))
}

/// Committed only with a yes of every branch: nobody refused, and nobody was away all the time.
fn needs_every_yes(seen: &Seen, counts: &mut Evidence) -> Verdict {
    count_outcomes(seen, counts);
    for transfer in &seen.transfers {
        let Some((at_ms, event, outcome)) = transfer.answer else { continue };
        let mut no_yes = None;
        for posting in &transfer.postings {
            let branch = posting.branch;
            if seen.frozen.contains(&(branch, transfer.account)) {
                counts.count(REFUSED);
                no_yes = Some(format!("{branch} refuses it: account {} is frozen there", transfer.account));
            } else if seen.away(branch, transfer.asked_ms, at_ms) {
                counts.count(VOTE_MISSING);
                no_yes = Some(format!("{branch} was down from before it was asked until after the answer"));
            }
        }
        let Some(no_yes) = no_yes else { continue };
        let (applied, _) = seen.fate(transfer);
        if outcome == Outcome::Committed || !applied.is_empty() {
            let breach = Breach::new(
                format!("{} was committed without a yes of every branch: {no_yes}", name(transfer)),
                "aborted, and applied nowhere",
                in_the_end(seen, transfer),
            );
            return Err(if outcome == Outcome::Committed {
                breach.at(event)
            } else {
                pointed(breach, transfer, &applied)
            });
        }
    }
    Ok(())
}

fn answers_in_time(seen: &Seen, counts: &mut Evidence) -> Verdict {
    needs_every_yes(seen, counts)?;
    for transfer in &seen.transfers {
        if let Some(event) = transfer.overdue {
            return Err(Breach::new(
                format!("{} was not answered in time while a branch was away", name(transfer)),
                format!("an answer within {} ms, for the coordinator was there all the time", thousands(ANSWER_MS)),
                match transfer.answer {
                    Some((at_ms, _, outcome)) => {
                        format!("`{outcome}` after {} ms", thousands(at_ms - transfer.asked_ms))
                    }
                    None => "no answer".to_owned(),
                },
            )
            .at(event));
        }
    }
    Ok(())
}

fn everywhere_or_nowhere(seen: &Seen, counts: &mut Evidence) -> Verdict {
    count_outcomes(seen, counts);
    counts.count_many(IN_DOUBT, seen.doubts);
    seen.transfers.iter().try_for_each(|transfer| together(seen, transfer))
}

fn together(seen: &Seen, transfer: &TransferSeen) -> Verdict {
    let (applied, missing) = seen.fate(transfer);
    if applied.is_empty() || missing.is_empty() {
        return Ok(());
    }
    let breach = Breach::new(
        format!("{} was applied at {} and not at {}", name(transfer), list_in_words(&applied), list_in_words(&missing)),
        "applied at all of its branches or at none of them",
        in_the_end(seen, transfer),
    );
    let told_aborted = told(transfer) == Some(Outcome::Aborted);
    Err(pointed(breach, transfer, if told_aborted { &applied } else { &missing }))
}

/// What the client was told is what happened.
fn true_to_its_answer(seen: &Seen, transfer: &TransferSeen) -> Verdict {
    let (applied, missing) = seen.fate(transfer);
    let wrong = match told(transfer) {
        Some(Outcome::Committed) => missing,
        Some(Outcome::Aborted) => applied,
        None => return Ok(()),
    };
    if wrong.is_empty() {
        return Ok(());
    }
    let (what, expected) = match told(transfer) {
        Some(Outcome::Committed) => ("committed, and it was not applied", "applied at all of its branches"),
        _ => ("aborted, and it was applied", "applied nowhere"),
    };
    let breach = Breach::new(
        format!("the client was told that {} is {what} at {}", name(transfer), list_in_words(&wrong)),
        expected,
        in_the_end(seen, transfer),
    );
    Err(pointed(breach, transfer, &wrong))
}

fn nobody_guesses(seen: &Seen, counts: &mut Evidence) -> Verdict {
    counts.count_many(ALL_IN_DOUBT, seen.sealed);
    let Some(guess) = seen.guesses.first() else { return Ok(()) };
    Err(Breach::new(
        format!(
            "{} left doubt at {} ms, while the coordinator was down and every branch was in doubt",
            guess.branch,
            thousands(guess.at_ms)
        ),
        "it stays in doubt until it hears from somebody who knows the outcome, and nobody who is up knows it",
        format!(
            "{} in doubt before, {} after; the coordinator has been down since {} ms",
            plural(guess.doubts.0 as u64, "transfer"),
            guess.doubts.1,
            thousands(guess.away_since_ms)
        ),
    )
    .at(guess.event))
}

fn doubt_ends(seen: &Seen, counts: &mut Evidence) -> Verdict {
    counts.count_many(IN_DOUBT, seen.doubts);
    let Some(end) = seen.ends.iter().find(|end| end.in_doubt > 0) else { return Ok(()) };
    let breach = Breach::new(
        format!("{} is still in doubt at the end", end.branch),
        format!("nobody is in doubt {} ms after the last fault and the last answer", thousands(SETTLE_MS)),
        format!(
            "all faults were over at {} ms; {} ms later {} is in doubt about {}",
            thousands(seen.setup.heal_ms),
            thousands(ANSWER_MS + SETTLE_MS),
            end.branch,
            plural(end.in_doubt as u64, "transfer")
        ),
    );
    Err(match end.event {
        Some(event) => breach.at(event),
        None => breach,
    })
}

/// Where several transfers concern one account, what it holds is what those that were committed add up to.
fn adds_up(seen: &Seen) -> Verdict {
    let committed = |transfer: &&TransferSeen| told(transfer) == Some(Outcome::Committed);
    for last in &seen.transfers {
        let of_account = || seen.transfers.iter().filter(|transfer| transfer.account == last.account);
        let count = of_account().filter(committed).count() as i64;
        for posting in &last.postings {
            let balance = seen.balance(posting.branch, last.account);
            if balance == count * posting.cents || of_account().any(|transfer| transfer.answer.is_none()) {
                continue;
            }
            let (branch, account) = (posting.branch, last.account);
            let many = plural(count as u64, "transfer");
            let breach = Breach::new(
                format!("account {account} of {branch} does not hold what was added to it"),
                format!("{}: {many} of {:+} were committed", signed(count * posting.cents), posting.cents),
                format!("{} in account {account} of {branch}", signed(balance)),
            );
            let answer = of_account().rfind(committed).and_then(|transfer| transfer.answer);
            return Err(answer.map_or(breach.clone(), |(_, event, _)| breach.at(event)));
        }
    }
    Ok(())
}

fn applied_once(seen: &Seen, counts: &mut Evidence) -> Verdict {
    count_outcomes(seen, counts);
    if seen.setup.accounts < u32::MAX {
        return adds_up(seen);
    }
    for transfer in &seen.transfers {
        for posting in &transfer.postings {
            let balance = seen.balance(posting.branch, transfer.account);
            if balance != 0 && balance != posting.cents {
                let times = balance / posting.cents;
                let breach = Breach::new(
                    format!("{} applied {} {times} times", posting.branch, name(transfer)),
                    format!("{:+} cents in account {} there, once", posting.cents, transfer.account),
                    in_the_end(seen, transfer),
                );
                return Err(pointed(breach, transfer, &[posting.branch]));
            }
        }
    }
    Ok(())
}

/// The first client's transfer may be struck in the middle when the record is torn; the one that comes later must not suffer.
fn later_ones_are_safe(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let torn_ms = match seen.first_crash_ms() {
        u64::MAX => seen.down.first().map_or(u64::MAX, |(_, down_ms, _)| *down_ms),
        crash_ms => crash_ms,
    };
    for transfer in seen.transfers.iter().filter(|transfer| transfer.client > 0 && transfer.asked_ms > torn_ms) {
        if told(transfer) == Some(Outcome::Committed) {
            counts.count(AFTER_CRASH);
        }
        true_to_its_answer(seen, transfer)?;
        together(seen, transfer)?;
    }
    Ok(())
}

fn whatever_fails(seen: &Seen, counts: &mut Evidence) -> Verdict {
    everywhere_or_nowhere(seen, counts)?;
    seen.transfers.iter().try_for_each(|transfer| true_to_its_answer(seen, transfer))
}

fn logs_are_cut(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let answered = seen.transfers.iter().filter(|transfer| transfer.answer.is_some()).count();
    if answered >= 50 {
        counts.count(MANY);
    }
    let Some(disk) = seen.disks.iter().find(|disk| disk.is_too_full(seen)) else { return Ok(()) };
    let breach = Breach::new(
        format!(
            "{} still has {disk}, {} ms after the last of {}",
            disk.node,
            thousands(ANSWER_MS + SETTLE_MS),
            plural(answered as u64, "transfer")
        ),
        format!(
            "at most {SETTLED_RECORDS} records and {} bytes once everything is settled",
            thousands(disk.most_bytes(seen) as u64)
        ),
        format!("{disk}"),
    );
    Err(match disk.event {
        Some(event) => breach.at(event),
        None => breach,
    })
}

fn new_after_restart(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for transfer in seen.transfers.iter().filter(|transfer| transfer.asked_ms > seen.first_crash_ms()) {
        if told(transfer) == Some(Outcome::Committed) {
            counts.count(AFTER_RESTART);
        }
        true_to_its_answer(seen, transfer)?;
        commits_although_others_did_not(seen, transfer)?;
    }
    // Of a transfer that no branch can have voted on before the crash, none of the votes was lost and no decision either.
    let unheard = |transfer: &&TransferSeen| {
        (transfer.asked_ms..=transfer.asked_ms + 1).contains(&seen.first_crash_ms()) && transfer.cut_off
    };
    seen.transfers.iter().filter(unheard).try_for_each(|transfer| together(seen, transfer))
}

/// Nobody refuses it and nothing goes wrong while it lasts, so it is none of its business what was left open before.
fn commits_although_others_did_not(seen: &Seen, transfer: &TransferSeen) -> Verdict {
    let asked_in_vain = transfer.refused || transfer.cut_off;
    if asked_in_vain || told(transfer) == Some(Outcome::Committed) {
        return Ok(());
    }
    let breach = Breach::new(
        format!("{} was not committed, although nothing has gone wrong since the restart", name(transfer)),
        "the answer `committed`: that another transfer was cut short before is no reason to abort this one",
        in_the_end(seen, transfer),
    );
    Err(match (transfer.overdue, transfer.answer) {
        (Some(event), _) | (None, Some((_, event, _))) => breach.at(event),
        (None, None) => breach,
    })
}

fn truth_is_told(seen: &Seen, counts: &mut Evidence) -> Verdict {
    count_outcomes(seen, counts);
    if let Some(stray) = seen.strays.first() {
        let reference = stray.answer.reference;
        let why = if stray.again { "had an answer already" } else { "was not asked for over this connection" };
        return Err(Breach::new(
            format!("client {} got an answer about its transfer {reference}, which {why}", stray.answer.client + 1),
            "one answer to each transfer, and after a crash none to what was asked for before it",
            format!("`{}` at {} ms", stray.answer, thousands(stray.at_ms)),
        )
        .at(stray.event));
    }
    let mut before = seen.transfers.iter().filter(|transfer| transfer.asked_ms <= seen.first_crash_ms());
    before.try_for_each(|transfer| true_to_its_answer(seen, transfer))
}
