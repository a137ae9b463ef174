//! A log for ShiViz.
//!
//! An event is two lines, its words and then its host with its vector clock, which is what ShiViz reads by default:
//! `(?<event>.*)\n(?<host>\S*) (?<clock>{.*})`. The file begins with that expression and an empty line, as ShiViz wants
//! files that are opened rather than pasted: the first line is the parser, the second what separates several runs.
//!
//! The words begin with the time and "ms". That is not only useful: a search for this expression could otherwise take an
//! event that reads `Timeout { after: 5 }` for a host and its clock.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;
use sim::Trace;

use super::clocks::{clocks, entry_of};
use super::one_line;
use crate::explain::ms_of_us;
use crate::run::Run;

/// What ShiViz takes an event apart with.
const PARSER: &str = r"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})";

/// What the world is called among the hosts.
const WORLD: &str = "network";

/// The trace as a log that ShiViz opens.
pub fn shiviz(trace: &Trace) -> String {
    let run = Run::of(trace);
    let hosts = hosts(trace);
    let quoted: Vec<String> = hosts.iter().map(|host| Value::from(host.as_str()).to_string()).collect();
    let mut log = format!("{PARSER}\n\n");
    for (event, clock) in trace.events.iter().zip(clocks(trace)) {
        let host = &hosts[entry_of(trace, event.lane)];
        let _ = write!(log, "{} ms {}\n{host} ", ms_of_us(event.at_us), one_line(&run.said(event)));
        // Written here, entry by entry: there are as many as events times lanes.
        let mut opening = '{';
        for (host, count) in quoted.iter().zip(&clock.0).filter(|(_, count)| **count > 0) {
            let _ = write!(log, "{opening}{host}:{count}");
            opening = ',';
        }
        log.push_str("}\n");
    }
    log
}

/// The names of the lanes and of the world, without spaces, all different.
fn hosts(trace: &Trace) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut host = |name: &str| {
        let plain = name.split_whitespace().collect::<Vec<_>>().join("_");
        let plain = if plain.is_empty() { "_".to_owned() } else { plain };
        let tries = (2..).map(|again| format!("{plain}_{again}"));
        let free = [plain.clone()].into_iter().chain(tries).find(|name| !taken.contains(name));
        let free = free.expect("there are more numbers than lanes");
        taken.insert(free.clone());
        free
    };
    trace.lanes.iter().map(|lane| host(lane)).collect::<Vec<_>>().into_iter().chain([host(WORLD)]).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sim::{Lane, Life, Tone};

    use super::*;
    use crate::specimens::{cluster, random};

    #[test]
    fn an_event_is_its_words_and_then_its_host_with_its_clock() {
        let mut trace = Trace::new(["client 1", "bank"]);
        let message = trace.send(0, Lane(0), Lane(1), "charge");
        trace.world(1_000, Tone::Fault, "network splits");
        trace.receive(5_500, Lane(1), message);
        trace.life(6_000, Lane(1), Life::Down, "crashes");
        trace.note(7_000, Lane(0), Tone::Plain, "Timeout { after: 5 }\nand more");
        let expected = "\
(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})

0 ms sends charge to bank
client_1 {\"client_1\":1}
1 ms network splits
network {\"network\":1}
5.5 ms receives charge from client 1
bank {\"client_1\":1,\"bank\":1}
6 ms crashes
bank {\"client_1\":1,\"bank\":2}
7 ms Timeout { after: 5 } and more
client_1 {\"client_1\":2}
";
        assert_eq!(shiviz(&trace), expected);
    }

    #[test]
    fn hosts_have_no_spaces_and_no_namesakes() {
        let trace = Trace::new(["a b", "a_b", "", " ", "network"]);
        assert_eq!(hosts(&trace), ["a_b", "a_b_2", "_", "__2", "network", "network_2"]);
    }

    /// What ShiViz makes of a log with its default expression, in the order of its search: host and clock of each event.
    fn parsed(log: &str) -> Vec<(String, BTreeMap<String, u32>)> {
        let lines: Vec<&str> = log.lines().skip(2).collect();
        let mut events = Vec::new();
        let mut next = 0;
        while next + 1 < lines.len() {
            let fits = lines[next + 1].split_once(' ').filter(|(host, clock)| {
                !host.contains(char::is_whitespace) && clock.starts_with('{') && clock.ends_with('}')
            });
            match fits {
                Some((host, clock)) => {
                    let clock = serde_json::from_str(clock).expect("ShiViz stops at a clock that is not JSON");
                    events.push((host.to_owned(), clock));
                    // The search goes on at the end of this line, where an empty event would be as good as any other.
                    next += 1;
                }
                None => next += 1,
            }
        }
        events
    }

    #[test]
    fn shiviz_finds_every_event_and_every_clock_is_its_hosts_next() {
        let runs = (0..50).map(random).chain([cluster(5).0, cluster(25).0]);
        for trace in runs {
            let events = parsed(&shiviz(&trace));
            assert_eq!(events.len(), trace.events.len());
            let mut seen: BTreeMap<String, u32> = BTreeMap::new();
            for (host, clock) in events {
                let own = seen.entry(host.clone()).or_default();
                *own += 1;
                assert_eq!(clock.get(&host), Some(&*own), "the first event of a host has clock 1, and each adds one");
                let all_there = clock.iter().all(|(host, count)| seen.get(host).is_some_and(|seen| seen >= count));
                assert!(all_there, "a clock speaks only of events that come before it: {clock:?}");
            }
        }
    }
}
