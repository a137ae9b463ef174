//! What is promised, and how each promise is judged from what was seen.

use std::collections::BTreeSet;

use explore::{Breach, Evidence};
use harness::exercise::{Judge, Promise};

use render::explain::plural;

use super::cloud::show;
use super::contract::*;
use super::optimum::{self, Best};
use super::schedules;
use super::table::{self, Words};
use super::world::{Cloud, Outcome, QuerySeen, Seen, SubquerySeen, evidence};

/// How many times the optimum a query may cost while no region fails, and when one does.
const FACTOR: u64 = 2;
const FACTOR_AFTER_FAILURE: u64 = 4;

/// tokio rounds every wait up to whole milliseconds.
const GRAIN_MS: u64 = 1;

const DETOUR: &str = "a partition is asked for elsewhere after a region has failed";
const REFUSED: &str = "a query fails";
const HURRIED: &str = "a query is answered that leaves no time for the cheap region";
const ANSWERED: &str = "a query has an answer of as many rows as there should be";
const READ_AT_HOME: &str = "a partition is read at home";

type Verdict = Result<(), Breach>;

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Cloud>> {
    let promise = |name, draw, judge: Judge<Seen>, needs| Promise { name, schedules: 30, needs, draw, judge };
    vec![
        promise("a_replica_at_home_is_read_at_home", schedules::at_home, at_home, &[READ_AT_HOME]),
        promise("filters_run_where_the_data_is", schedules::rows_from_afar, results_only, &[evidence::CROSSED]),
        promise("aggregates_run_where_the_data_is", schedules::groups_from_afar, results_only, &[evidence::CROSSED]),
        promise("the_bill_is_at_most_twice_the_optimum", schedules::cheap_and_dear, bill, &[evidence::CROSSED]),
        promise("the_answer_is_that_of_a_single_machine", schedules::scattered, answer, &[evidence::CAME]),
        promise("an_average_is_that_of_all_rows", schedules::averages, values, &[evidence::CAME, ANSWERED]),
        promise("what_is_missing_somewhere_spoils_no_answer", schedules::gaps, answer, &[evidence::CAME]),
        promise("a_sum_may_outgrow_64_bits", schedules::large_sums, values, &[evidence::CAME, ANSWERED]),
        promise("every_row_counts_once", schedules::replicated, once, &[evidence::CAME, ANSWERED]),
        promise("regions_are_asked_at_the_same_time", schedules::everywhere, at_once, &[evidence::CROSSED]),
        promise(
            "a_region_too_slow_for_the_deadline_is_avoided",
            schedules::in_a_hurry,
            in_time,
            &[HURRIED, evidence::CAME],
        ),
        promise(
            "a_dead_region_is_routed_around",
            schedules::one_dead,
            routed,
            &[evidence::DOWN, evidence::SILENT, evidence::CAME],
        ),
        promise("the_detour_begins_at_once", schedules::early_failure, detours, &[DETOUR]),
        promise("the_detour_is_cheap_too", schedules::home_dead, detour_bill, &[DETOUR]),
        promise("the_deadline_holds_to_the_millisecond", schedules::short_of_time, deadline, &[evidence::SILENT]),
        promise("no_answer_is_better_than_part_of_one", schedules::hopeless, refused, &[REFUSED, evidence::CAME]),
    ]
}

/// What was asked, in words.
fn asked(query: &Query) -> String {
    format!("the query for {}", Words(&query.select, &query.filter))
}

/// The query, unless shrinking has taken it away, or the table.
fn query(seen: &Seen) -> Option<&QuerySeen> {
    seen.query.as_ref().filter(|_| !seen.table.is_empty())
}

fn at_home(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let home = seen.catalog.home;
    let Some(query) = query(seen) else { return Ok(()) };
    for sub in &seen.subqueries {
        if sub.region == home && sub.reply.is_some() {
            counts.count(READ_AT_HOME);
        }
        let held = |id: &&PartitionId| seen.catalog.replicas.get(id).is_some_and(|held| held.contains(&home));
        let Some(partition) = sub.subquery.partitions.iter().find(held).filter(|_| sub.region != home) else {
            continue;
        };
        let price = seen.catalog.price(sub.region, home);
        let breach = Breach::new(
            format!("partition {} was read in {}, although {home} has it", partition.0, sub.region),
            format!("{home} is asked for partition {}, at no cost, and nobody else is", partition.0),
            format!("{} was asked for {}, at {price} p$ a byte", sub.region, show(&sub.subquery.partitions)),
        );
        return Err(breach.at(came(sub).unwrap_or(query.ended)));
    }
    Ok(())
}

fn came(sub: &SubquerySeen) -> Option<sim::EventId> {
    sub.reply.and_then(|reply| reply.came)
}

fn results_only(seen: &Seen, _: &mut Evidence) -> Verdict {
    let Some(query) = query(seen) else { return Ok(()) };
    let select = &query.query.select;
    for sub in seen.subqueries.iter().filter(|sub| sub.region != seen.catalog.home) {
        let Some(reply) = sub.reply else { continue };
        let (allowed_rows, _) = result_size(seen, &query.query, sub);
        let width = table::values_needed(select);
        if reply.rows > allowed_rows || reply.values > reply.rows * width {
            let why = match select {
                Select::Rows(_) => "for no more pass the filter",
                Select::Groups { .. } => "one for each group",
            };
            let words = Words(&sub.subquery.select, &sub.subquery.filter);
            let sent = format!("{} with {} in all", plural(reply.rows, "row"), plural(reply.values, "value"));
            let breach = Breach::new(
                format!("{} sent {sent} across the border for {}", sub.region, asked(&query.query)),
                format!("at most {}, {why}, with {} each", plural(allowed_rows, "row"), plural(width, "value")),
                format!("{sent}: it was asked for {words}"),
            );
            return Err(breach.at(came(sub).unwrap_or(query.ended)));
        }
    }
    Ok(())
}

/// The rows and the values that the result of a subquery has, if nothing but that comes across the border.
fn result_size(seen: &Seen, query: &Query, sub: &SubquerySeen) -> (u64, u64) {
    let partitions: BTreeSet<&PartitionId> = sub.subquery.partitions.iter().collect();
    let rows = partitions.into_iter().filter_map(|id| seen.table.get(id)).flatten();
    let rows = table::answer(rows, &query.filter, &query.select).len() as u64;
    (rows, rows * table::values_needed(&query.select))
}

/// What a reply has cost. That it holds more than the result is another promise's business.
fn cost(seen: &Seen, query: &Query, sub: &SubquerySeen) -> Option<(u64, u64)> {
    let (_, values) = result_size(seen, query, sub);
    let bytes = table::reply_bytes(1, values).min(sub.reply?.bytes);
    Some((bytes, bytes * seen.catalog.price(sub.region, seen.catalog.home)))
}

fn within_budget(seen: &Seen, best: &Best, factor: u64) -> Verdict {
    let Some(query) = query(seen) else { return Ok(()) };
    let costs = || seen.subqueries.iter().filter_map(|sub| Some((sub, cost(seen, &query.query, sub)?)));
    let cost: u64 = costs().map(|(_, (_, picodollars))| picodollars).sum();
    if cost <= best.picodollars * factor {
        return Ok(());
    }
    let home = seen.catalog.home;
    let place = |(region, partitions): &(Region, Vec<PartitionId>)| format!("{region} once for {}", show(partitions));
    let placement: Vec<String> = best.placement.iter().map(place).collect();
    let prices: Vec<String> = Region::ALL
        .iter()
        .filter(|region| **region != home)
        .map(|region| format!("{} p$ from {region}", seen.catalog.price(*region, home)))
        .collect();
    let sent = costs().map(|(sub, (bytes, picodollars))| {
        format!("{} sent {bytes} bytes for {picodollars} p$ ({})", sub.region, show(&sub.subquery.partitions))
    });
    let breach = Breach::new(
        format!("{} cost {cost} p$, where {} p$ would do", asked(&query.query), best.picodollars),
        format!(
            "at most {factor} times {} p$, the cost of asking {}; a byte to {home} costs {}",
            best.picodollars,
            placement.join(" and "),
            prices.join(" and ")
        ),
        format!("{cost} p$: {}", sent.collect::<Vec<_>>().join("; ")),
    );
    let dearest = seen.subqueries.iter().filter(|sub| came(sub).is_some());
    let dearest = dearest.max_by_key(|sub| sub.reply.map_or(0, |reply| reply.picodollars));
    Err(breach.at(dearest.and_then(came).unwrap_or(query.ended)))
}

fn in_reach(seen: &Seen, region: Region, deadline_ms: u64) -> bool {
    seen.catalog.answers_within_ms[&region] <= deadline_ms
}

fn bill(seen: &Seen, _: &mut Evidence) -> Verdict {
    let Some(query) = query(seen) else { return Ok(()) };
    let usable = |region| in_reach(seen, region, query.query.deadline_ms);
    optimum::best(seen, &query.query, usable).map_or(Ok(()), |best| within_budget(seen, &best, FACTOR))
}

fn detour_bill(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let Some(query) = query(seen) else { return Ok(()) };
    count_detours(seen, counts);
    let usable = |region| in_reach(seen, region, query.query.deadline_ms) && !seen.dead.contains(&region);
    optimum::best(seen, &query.query, usable).map_or(Ok(()), |best| within_budget(seen, &best, FACTOR_AFTER_FAILURE))
}

fn count_detours(seen: &Seen, counts: &mut Evidence) {
    let failed_ms = seen.subqueries.iter().filter_map(|sub| sub.failed_ms).min();
    if seen.subqueries.iter().any(|sub| sub.reply.is_some() && failed_ms.is_some_and(|ms| sub.at_ms >= ms)) {
        counts.count(DETOUR);
    }
}

fn expected(seen: &Seen, query: &QuerySeen) -> Vec<Row> {
    table::answer(seen.table.values().flatten(), &query.query.filter, &query.query.select)
}

fn answer(seen: &Seen, _: &mut Evidence) -> Verdict {
    let Some(query) = query(seen) else { return Ok(()) };
    let expected = expected(seen, query);
    let got = &query.outcome;
    if matches!(got, Outcome::Returned(Ok(rows)) if table::same(rows, &expected)) {
        return Ok(());
    }
    let happened = match got {
        Outcome::Returned(Ok(_)) => format!("{} got an answer that is not true", asked(&query.query)),
        Outcome::Returned(Err(error)) => format!("{} failed with {error:?}, and need not have", asked(&query.query)),
        Outcome::Never => format!("{} got no answer", asked(&query.query)),
    };
    Err(Breach::new(happened, table::show(&expected), got.to_string()).at(query.ended))
}

/// As [`answer`], but where the rows are not as many as they should be, that is not for this promise to say.
fn values(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let Some(query) = query(seen) else { return Ok(()) };
    match &query.outcome {
        Outcome::Returned(Ok(rows)) if rows.len() != expected(seen, query).len() => Ok(()),
        _ => {
            counts.count(ANSWERED);
            answer(seen, counts)
        }
    }
}

/// How many rows of the table an answer tells of: its rows, or the sum of its counts.
fn told_of(select: &Select, rows: &[Row]) -> i128 {
    let count = |row: &Row| if let Some(Value::Int(count)) = row.last() { *count } else { 0 };
    if matches!(select, Select::Rows(_)) { rows.len() as i128 } else { rows.iter().map(count).sum() }
}

fn once(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let Some(query) = query(seen) else { return Ok(()) };
    let Outcome::Returned(Ok(rows)) = &query.outcome else { return Ok(()) };
    let expected = expected(seen, query);
    let (got, should) = (told_of(&query.query.select, rows), told_of(&query.query.select, &expected));
    if got <= should {
        if got == should {
            counts.count(ANSWERED);
        }
        return Ok(());
    }
    let breach = Breach::new(
        format!("{} told of {got} rows, and only {should} pass the filter", asked(&query.query)),
        table::show(&expected),
        table::show(rows),
    );
    Err(breach.at(query.ended))
}

/// Whether every partition came in from somewhere. How the groups were then put together is not for this promise to say.
fn routed(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let Some(query) = query(seen) else { return Ok(()) };
    let came = |id: &PartitionId| {
        seen.subqueries.iter().any(|sub| came(sub).is_some() && sub.subquery.partitions.contains(id))
    };
    let grouped = matches!(query.query.select, Select::Groups { .. });
    if grouped && matches!(query.outcome, Outcome::Returned(Ok(_))) && seen.table.keys().all(came) {
        return Ok(());
    }
    answer(seen, counts)
}

fn at_once(seen: &Seen, _: &mut Evidence) -> Verdict {
    let Some(query) = query(seen) else { return Ok(()) };
    let Some(late) = seen.subqueries.iter().find(|sub| sub.at_ms > GRAIN_MS) else { return Ok(()) };
    let first = &seen.subqueries[0];
    let breach = Breach::new(
        format!("{} was asked {} ms after the query began, though nothing was in the way", late.region, late.at_ms),
        "all regions are asked when the query begins; it then takes as long as the slowest of them, not as all together",
        format!("{} at {} ms and {} at {} ms", first.region, first.at_ms, late.region, late.at_ms),
    );
    Err(breach.at(came(late).unwrap_or(query.ended)))
}

fn in_time(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let Some(query) = query(seen) else { return Ok(()) };
    let deadline_ms = query.query.deadline_ms;
    let slow: Vec<String> = seen
        .catalog
        .answers_within_ms
        .iter()
        .filter(|(_, within_ms)| **within_ms > deadline_ms)
        .map(|(region, within_ms)| format!("{region} may take {within_ms} ms"))
        .collect();
    if matches!(query.outcome, Outcome::Returned(Ok(_))) && query.took_ms <= deadline_ms {
        counts.count(HURRIED);
        return Ok(());
    }
    let breach = Breach::new(
        format!("{} had no answer after {deadline_ms} ms; {}", asked(&query.query), slow.join(", ")),
        format!("an answer within {deadline_ms} ms, from regions that are fast enough"),
        format!("{} after {} ms", query.outcome, query.took_ms),
    );
    Err(breach.at(query.overdue.unwrap_or(query.ended)))
}

fn detours(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let Some(query) = query(seen) else { return Ok(()) };
    count_detours(seen, counts);
    let deadline_ms = query.query.deadline_ms;
    for sub in &seen.subqueries {
        let Some(failed_ms) = sub.failed_ms.filter(|ms| *ms <= deadline_ms) else { continue };
        for id in &sub.subquery.partitions {
            let failed = |region: &Region| {
                seen.subqueries
                    .iter()
                    .any(|sub| sub.region == *region && sub.failed_ms.is_some_and(|ms| ms <= failed_ms))
            };
            let fits = |region: &Region| {
                !failed(region) && failed_ms + GRAIN_MS + seen.catalog.answers_within_ms[region] <= deadline_ms
            };
            let held = seen.catalog.replicas.get(id).into_iter().flatten();
            let left: Vec<Region> = held.copied().filter(fits).collect();
            let again = |other: &&SubquerySeen| other.region != sub.region && other.subquery.partitions.contains(id);
            let again = seen.subqueries.iter().filter(again).min_by_key(|other| other.at_ms);
            let again_ms = again.map(|other| other.at_ms);
            if left.is_empty() || again_ms.is_some_and(|ms| ms <= failed_ms + GRAIN_MS) {
                continue;
            }
            let when = again_ms.map_or("never".to_owned(), |ms| format!("at {ms} ms"));
            let within_ms = seen.catalog.answers_within_ms[&sub.region];
            let breach = Breach::new(
                format!(
                    "{} had failed at {failed_ms} ms, and partition {} was asked for elsewhere {when}",
                    sub.region, id.0
                ),
                format!(
                    "{} is asked for it at {failed_ms} ms, whoever else is still awaited; silence means failure \
                     after {within_ms} ms",
                    left.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
                ),
                format!(
                    "asked for elsewhere {when}; the query ended at {} ms with {}",
                    query.took_ms,
                    short(&query.outcome)
                ),
            );
            return Err(breach.at(again.and_then(came).unwrap_or(query.ended)));
        }
    }
    Ok(())
}

fn deadline(seen: &Seen, _: &mut Evidence) -> Verdict {
    let Some(query) = query(seen) else { return Ok(()) };
    let deadline_ms = query.query.deadline_ms;
    if query.took_ms <= deadline_ms {
        return Ok(());
    }
    let breach = Breach::new(
        format!("{} was not over at its deadline", asked(&query.query)),
        format!("an answer or an error after at most {deadline_ms} ms"),
        format!("{} after {} ms", query.outcome, query.took_ms),
    );
    Err(breach.at(query.overdue.unwrap_or(query.ended)))
}

fn refused(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let Some(query) = query(seen) else { return Ok(()) };
    let dead = |region: &Region| seen.dead.contains(region);
    let replicas = || seen.catalog.replicas.iter();
    let lost: Vec<PartitionId> = replicas().filter(|(_, held)| held.iter().all(dead)).map(|(id, _)| *id).collect();
    let usable = |region: &Region| !dead(region) && in_reach(seen, *region, query.query.deadline_ms);
    let slow = replicas().filter(|(id, held)| !lost.contains(id) && !held.iter().any(usable));
    let slow: Vec<PartitionId> = slow.map(|(id, _)| *id).collect();
    let fitting = match query.outcome {
        Outcome::Returned(Err(QueryError::Unavailable(id))) => lost.contains(&id),
        Outcome::Returned(Err(QueryError::TooLate(id))) => slow.contains(&id),
        _ => lost.is_empty() && slow.is_empty(),
    };
    if fitting {
        counts.count(REFUSED);
        return Ok(());
    }
    // The deadline is another promise. And a whole answer that came in time after all wrongs nobody.
    let whole = |rows: &[Row]| table::same(rows, &expected(seen, query));
    let late = query.took_ms > query.query.deadline_ms;
    if late || lost.is_empty() && matches!(&query.outcome, Outcome::Returned(Ok(rows)) if whole(rows)) {
        return Ok(());
    }
    let error = |name, ids: &[PartitionId]| ids.iter().map(|id| format!("{name}({id:?})")).collect::<Vec<_>>();
    let errors: Vec<String> = error("Unavailable", &lost).into_iter().chain(error("TooLate", &slow)).collect();
    let (expected, why) = match (&lost[..], &slow[..]) {
        ([], []) => ("no error, for every partition can be had".to_owned(), "nobody is down".to_owned()),
        (lost, []) => {
            (format!("the error {}", errors.join(" or ")), format!("all regions with {} are down", show(lost)))
        }
        (_, slow) => {
            (format!("the error {}", errors.join(" or ")), format!("no region with {} is fast enough", show(slow)))
        }
    };
    Err(Breach::new(
        format!("{} ended with {}, and {why}", asked(&query.query), short(&query.outcome)),
        expected,
        query.outcome.to_string(),
    )
    .at(query.ended))
}

fn short(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Returned(Ok(_)) => "an answer".to_owned(),
        other => other.to_string(),
    }
}
