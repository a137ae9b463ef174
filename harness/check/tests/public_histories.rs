//! Histories of real systems, with verdicts that others have found.
//!
//! They are not part of this repository. The environment variable `FAULTLINES_HISTORIES` names a folder (from the root of
//! the repository, if it is relative) with `verdicts.txt`, a line a file: its path in the folder, and `linearizable` or `not`. Files under `etcd` are logs of
//! Jepsen's etcd test, files under `kv` have a map of EDN a line.

use std::io::Write;
use std::path::Path;

use check::format;
use check::linearizability::{self, Limits, Verdict};
use check::model::{Map, Register};

fn judge(folder: &Path, name: &str) -> Verdict {
    let text = std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let limits = Limits::default();
    if name.starts_with("etcd/") {
        let history = format::register(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        linearizability::check(&Register::default(), &history, limits)
    } else {
        let history = format::map(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        linearizability::check(&Map, &history, limits)
    }
}

/// Says something also when the test passes: the test runner keeps back only what is printed with macros.
fn say(text: &str) {
    writeln!(std::io::stderr(), "public histories: {text}").expect("there is a standard error");
}

#[test]
fn every_public_history_gets_its_known_verdict() {
    let Some(folder) = std::env::var_os("FAULTLINES_HISTORIES") else {
        say("skipped, for FAULTLINES_HISTORIES names no folder of public histories");
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let verdicts = folder.join("verdicts.txt");
    let verdicts = std::fs::read_to_string(&verdicts)
        .unwrap_or_else(|error| panic!("FAULTLINES_HISTORIES: {}: {error}", verdicts.display()));
    let mut judged = 0;
    for line in verdicts.lines().filter(|line| !line.trim().is_empty()) {
        let (name, expected) = line.rsplit_once(' ').unwrap_or_else(|| panic!("verdicts.txt: `{line}`"));
        match (judge(&folder, name), expected) {
            (Verdict::Linearizable(_), "linearizable") => {}
            (Verdict::NotLinearizable(why), "not") => assert!(why.shortest, "{name}: {}", why.in_words()),
            (verdict, _) => panic!("{name} is {expected}, but: {verdict:?}"),
        }
        judged += 1;
    }
    assert!(judged > 0, "verdicts.txt names no history");
    say(&format!("{judged} judged"));
}
