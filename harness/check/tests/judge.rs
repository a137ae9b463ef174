//! The example `judge`, run as people run it.

use std::path::PathBuf;
use std::process::{Command, Output};

const WRITE_THEN_READ: &str = "\
INFO  jepsen.util - 0\t:invoke\t:write\t1
INFO  jepsen.util - 0\t:ok\t:write\t1
INFO  jepsen.util - 1\t:invoke\t:read\tnil
INFO  jepsen.util - 1\t:ok\t:read\t1
";

/// A file of that name and content, in a folder of this test run.
fn file(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn judge(arguments: &[&str]) -> Output {
    // Cargo builds the examples of a package before it runs its tests, beside the folder that these are in.
    let mut program = std::env::current_exe().unwrap();
    program.pop();
    program.pop();
    program.extend(["examples", if cfg!(windows) { "judge.exe" } else { "judge" }]);
    let output = Command::new(program).args(arguments).output();
    output.expect("`cargo test -p check` builds the example first; `--test judge` alone does not")
}

fn code_and_text(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_file_gets_a_line_with_its_verdict_and_the_time_it_took() {
    let right = file("right.log", WRITE_THEN_READ);
    let (code, out, err) = code_and_text(&judge(&["--model", "register", &right]));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let words: Vec<&str> = out.split_whitespace().collect();
    assert_eq!(words[..2], [right.as_str(), "linearizable"]);
    assert!(words.len() == 3 && words[2].parse::<u64>().is_ok() && out.ends_with('\n'), "{out}");
}

#[test]
fn each_history_gets_its_own_verdict() {
    let right = file("right-too.log", WRITE_THEN_READ);
    let wrong = file("wrong.log", &WRITE_THEN_READ.replace(":read\t1", ":read\tnil"));
    let (code, out, _) = code_and_text(&judge(&["--model=register", &wrong, &right]));
    assert_eq!(code, Some(0));
    let verdicts: Vec<&str> = out.lines().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert_eq!(verdicts, ["not", "linearizable"]);
}

#[test]
fn a_map_is_judged_as_a_map() {
    let line = |kind: &str, f: &str, value: &str| {
        format!("{{:process 0, :type :{kind}, :f :{f}, :key \"k\", :value {value}}}\n")
    };
    let put = line("invoke", "put", "\"a\"") + &line("ok", "put", "\"a\"");
    let get = line("invoke", "get", "nil") + &line("ok", "get", "\"a\"");
    let (code, out, _) = code_and_text(&judge(&["--model", "kv", &file("map.txt", &(put + &get))]));
    assert_eq!((code, out.split(' ').nth(1)), (Some(0), Some("linearizable")));
}

#[test]
fn a_file_that_can_not_be_read_ends_with_2_and_the_others_are_judged() {
    let right = file("right-again.log", WRITE_THEN_READ);
    let broken = file("broken.log", "INFO  jepsen.util - 0 :invoke :write one\n");
    let (code, out, err) = code_and_text(&judge(&["--model", "register", "no/such.log", &broken, &right]));
    assert_eq!(code, Some(2));
    assert_eq!(out.lines().count(), 1);
    let errors: Vec<&str> = err.lines().collect();
    assert!(errors[0].starts_with("error: no/such.log: can't be read: "), "{err}");
    assert_eq!(errors[1], format!("error: {broken}: line 1: `one` should be a whole number"));
}

#[test]
fn a_question_that_makes_no_sense_is_answered_with_how_to_ask() {
    for (arguments, message) in [
        (vec![], "which object are the histories about? Say --model register or --model kv"),
        (vec!["--model", "queue", "x"], "there is no model `queue`; it is register or kv"),
        (vec!["--model", "kv"], "there is nothing to judge: name at least one file"),
        (vec!["--modle", "kv", "x"], "there is no option `--modle`"),
    ] {
        let (code, out, err) = code_and_text(&judge(&arguments));
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(err.starts_with(&format!("error: {message}\n\nusage: judge ")), "{err}");
    }
}
