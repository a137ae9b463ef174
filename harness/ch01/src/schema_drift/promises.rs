//! The list of what is promised.

use explore::{Breach, Evidence};
use harness::exercise::{Check, Law};
use proptest::strategy::BoxedStrategy;

use super::contract::{Change, Order, SchemaError};
use super::rewriting::Both;
use super::values::{Given, Written};
use super::{Make, meeting, reading, rewriting};

/// Whether a promise was kept.
pub type Verdict = Result<(), Breach>;

/// Puts the programs to the test with one value.
type Judge<V> = fn(&Make, &V, &mut Evidence) -> Verdict;

/// A document to read, with what has to come of it.
pub type Read = Given<Result<Order, SchemaError>>;

/// A document to change.
pub type Rewrite = Given<Change>;

pub const READ: &str = "a document is read";
pub const WRITTEN: &str = "an order is written";
pub const CHANGED: &str = "a change is made";
pub const REFUSED: &str = "a document is refused";
pub const SURVIVED: &str = "a change is made beside a field that its version does not know";
pub const AGREED: &str = "two programs agree on a version";

const CASES: u64 = 40;

/// Every promise of the contract.
pub fn all(make: Make) -> Vec<Check> {
    let reads = |name, draw: fn(u64) -> BoxedStrategy<Read>, judge: Judge<Read>, needs| {
        Check::law(make, Law { name, cases: CASES, needs, draw, judge })
    };
    let writes = |name, draw: fn(u64) -> BoxedStrategy<Written>, judge| {
        Check::law(make, Law { name, cases: CASES, needs: &[WRITTEN], draw, judge })
    };
    let rewrites = |name, draw: fn(u64) -> BoxedStrategy<Rewrite>, judge: Judge<Rewrite>, needs| {
        Check::law(make, Law { name, cases: CASES, needs, draw, judge })
    };
    let both = |name, draw: fn(u64) -> BoxedStrategy<Both>, judge: Judge<Both>, needs| {
        Check::law(make, Law { name, cases: CASES, needs, draw, judge })
    };
    const EVERY_WAY: &[&str] = &[READ, WRITTEN, CHANGED];
    let meets = |name, draw: fn(u64) -> BoxedStrategy<meeting::Meeting>, needs| {
        Check::law(make, Law { name, cases: CASES, needs, draw, judge: meeting::agrees })
    };
    vec![
        reads("new_readers_take_old_data", reading::old_data, reading::is_old_seen, &[READ]),
        reads("old_readers_take_new_data", reading::new_data, reading::is_seen, &[READ]),
        writes("every_field_of_the_version_is_written", reading::any_order, reading::is_written),
        reads("an_absent_currency_means_what_it_always_meant", reading::no_currency, reading::sees_currency, &[READ]),
        reads("a_rename_keeps_reading_the_old_name", reading::renamed, reading::sees_renamed, &[READ]),
        both(
            "a_renamed_field_is_written_under_both_names",
            rewriting::renamed,
            rewriting::has_both,
            &[WRITTEN, CHANGED],
        ),
        reads("a_change_under_the_old_name_counts", reading::names_that_differ, reading::sees_renamed, &[READ]),
        reads("an_unknown_state_does_not_fail_the_message", reading::unknown_state, reading::sees_state, &[READ]),
        both("an_unknown_state_survives_rewriting", rewriting::unknown_state, rewriting::keeps_state, EVERY_WAY),
        rewrites("a_change_takes_effect", rewriting::any_change, rewriting::takes_effect, &[CHANGED]),
        rewrites("a_change_touches_nothing_else", rewriting::any_change, rewriting::is_narrow, &[CHANGED]),
        rewrites("unknown_fields_survive_a_change", rewriting::strange, rewriting::keeps_unknown, &[SURVIVED]),
        rewrites("unknown_fields_survive_deep_inside", rewriting::strange, rewriting::keeps_inside, &[SURVIVED]),
        reads("a_missing_required_field_is_named", reading::missing, reading::is_seen, &[REFUSED]),
        reads("a_value_of_another_type_is_located", reading::wrong_type, reading::is_seen, &[REFUSED]),
        Check::law(
            make,
            Law {
                name: "what_cannot_be_read_is_not_rewritten",
                cases: CASES,
                needs: &[REFUSED, CHANGED],
                draw: rewriting::unreadable,
                judge: rewriting::is_refused,
            },
        ),
        both("absent_null_and_empty_stay_distinct", rewriting::distinct, rewriting::keeps_presence, EVERY_WAY),
        both("numbers_above_2_to_the_53_survive", rewriting::large, rewriting::keeps_numbers, EVERY_WAY),
        reads("a_number_that_was_rounded_is_not_taken", reading::floats, reading::sees_numbers, &[READ, REFUSED]),
        meets("two_ranges_agree_on_the_newest_they_share", meeting::overlapping, &[AGREED]),
        meets("a_version_nobody_shares_is_refused_with_both_ranges", meeting::apart, &[REFUSED]),
    ]
}
