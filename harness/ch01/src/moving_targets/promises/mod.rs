//! What is promised, and how each promise is judged from what was seen.

mod calls;
mod health;
mod load;
mod news;

use explore::Breach;
use harness::exercise::{Judge, Promise};

use super::schedules;
use super::seen::Seen;
use super::world::Fleet;

type Verdict = Result<(), Breach>;

/// Schedules of a few dozen calls.
const SMALL: u64 = 10;

/// Schedules of some hundred calls.
const LARGE: u64 = 4;

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Fleet>> {
    let promise = |name, schedules, draw, judge: Judge<Seen>, needs| Promise { name, schedules, needs, draw, judge };
    vec![
        promise("a_call_goes_out_at_once", SMALL, schedules::crowds, calls::at_once, &[calls::TOGETHER]),
        promise(
            "a_failed_call_is_tried_once_more_elsewhere",
            SMALL,
            schedules::single_failures,
            calls::tried_once_more,
            &[calls::TRIED_TWICE, calls::NOWHERE_ELSE],
        ),
        promise("a_departed_instance_gets_no_calls", SMALL, schedules::departures, news::departed, &[news::GONE]),
        promise("a_draining_instance_gets_no_new_calls", SMALL, schedules::drains, news::draining, &[news::DRAINING]),
        promise(
            "a_draining_instance_finishes_what_it_has",
            SMALL,
            schedules::drains,
            news::finishes,
            &[news::FINISHES],
        ),
        promise("a_new_instance_gets_its_share_soon", LARGE, schedules::arrivals, load::new_share, &[load::NEW]),
        promise("equal_instances_get_equal_load", LARGE, schedules::even, load::equal, &[load::EQUAL]),
        promise("a_slow_instance_gets_less", LARGE, schedules::slow, load::slow, &[load::SLOW]),
        promise("calls_given_up_leave_no_trace", LARGE, schedules::given_up, load::no_trace, &[load::GIVEN_UP]),
        promise("a_failing_instance_is_ejected", SMALL, schedules::failing, health::ejected, &[health::EJECTED]),
        promise("a_few_failures_eject_nobody", SMALL, schedules::few_failures, health::forgiven, &[health::FORGIVEN]),
        promise("an_ejected_instance_is_probed", SMALL, schedules::failing, health::probed, &[health::PROBED]),
        promise("probes_go_one_at_a_time", SMALL, schedules::mending, health::one_at_a_time, &[health::PROBED]),
        promise(
            "a_failed_probe_ejects_again",
            SMALL,
            schedules::failing,
            health::ejected_again,
            &[health::EJECTED_AGAIN],
        ),
        promise(
            "a_recovered_instance_gets_its_share_again",
            LARGE,
            schedules::recovering,
            load::recovered,
            &[load::RECOVERED],
        ),
        promise(
            "with_everybody_ejected_calls_still_go_out",
            SMALL,
            schedules::everybody,
            health::still_tries,
            &[health::EVERYBODY, health::BACK],
        ),
        promise("old_news_does_not_bring_back_the_dead", SMALL, schedules::old_departures, news::dead, &[news::DEAD]),
        promise("old_news_does_not_remove_the_living", SMALL, schedules::old_returns, news::living, &[news::LIVING]),
        promise(
            "the_last_known_set_serves_while_the_registry_is_down",
            SMALL,
            schedules::registry_down,
            news::last_known,
            &[news::BLIND],
        ),
        promise(
            "news_is_followed_again_once_the_registry_is_back",
            SMALL,
            schedules::registry_down,
            news::followed_again,
            &[news::BACK],
        ),
        promise(
            "a_registry_that_is_down_is_not_hammered",
            SMALL,
            schedules::registry_down,
            news::not_hammered,
            &[news::ASKED],
        ),
    ]
}
