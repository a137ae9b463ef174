//! Exit statuses, pure output, and what it says to those who asked wrongly.

use std::fs;

use report::ExerciseStatus::{DoesNotCompile, NotStarted, Passed};

use crate::checkout::{Checkout, FLAKY_RPC, Ran, SOLUTION, temporary};

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

/// The solution with a bug that breaks promises without breaking off anything.
fn impatient(checkout: &Checkout) -> String {
    let solution = checkout.read(SOLUTION);
    let bug = solution.replacen("if next >= deadline {", "if next >= deadline || retry == 1 {", 1);
    assert_ne!(bug, solution, "the solution still has the place for the bug of this test");
    bug
}

#[test]
fn a_newcomer_is_told_where_to_begin() {
    let ran = Checkout::fresh().run(&["check"]).exits(1);
    assert_eq!(last_line(&ran.stdout), "0 of 10 chapters passed");
    for told in ["cargo xtask lesson ch01", FLAKY_RPC, "cargo xtask check flaky_rpc", "ch10"] {
        assert!(ran.stdout.contains(told), "{told} is missing:\n{}", ran.stdout);
    }
}

#[test]
fn the_solutions_pass_with_exit_status_zero() {
    let ran = Checkout::fresh().run(&["check", "--solutions"]).exits(0);
    assert_eq!(last_line(&ran.stdout), "10 of 10 chapters passed");
}

#[test]
fn a_folder_with_all_chapters_is_graded_whole() {
    let checkout = Checkout::fresh();
    let solutions = checkout.root.join("solutions");
    let ran = checkout.run(&["check", "--root", &solutions.display().to_string()]).exits(0);
    assert_eq!(last_line(&ran.stdout), "10 of 10 chapters passed");
}

#[test]
fn a_chapter_that_is_not_written_can_not_pass() {
    let checkout = Checkout::fresh();
    let course = checkout.read("course.toml");
    let last = course.rfind("[[chapter.exercise]]").expect("the course has exercises");
    checkout.write("course.toml", &course[..last]);
    let ran = checkout.run(&["check", "ch10", "--solutions"]).exits(1);
    assert!(ran.stdout.contains("not written yet"), "{}", ran.stdout);
}

#[test]
fn a_chapter_that_nobody_has_begun_is_not_compiled() {
    let checkout = Checkout::fresh();
    checkout.write("exercises/ch02-time-and-clocks/src/lib.rs", "this is not Rust");
    let summary = checkout.run(&["check", "--json"]).exits(1).json();
    assert!(summary.exercises().all(|exercise| exercise.status == NotStarted), "{summary:#?}");
    checkout.run(&["check", "ch02", "--json"]).exits(2);
}

#[test]
fn json_is_one_object_and_nothing_else() {
    let checkout = Checkout::fresh();
    let ran = checkout.run(&["check", "--json"]).exits(1);
    let summary = ran.json();
    assert_eq!((summary.schema.as_str(), summary.chapters_total), ("faultlines/check/v1", 10));
    assert_eq!(ran.stdout.lines().count(), 1);
    assert!(summary.exercises().all(|exercise| exercise.status == NotStarted), "{}", ran.stdout);
}

#[test]
fn the_same_code_gets_the_same_json_every_time() {
    let checkout = Checkout::fresh();
    checkout.write(FLAKY_RPC, impatient(&checkout));
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let mut result = checkout.grade();
            result.checks.iter_mut().for_each(|check| check.millis = 0);
            result
        })
        .collect();
    assert!(runs[0].checks.iter().any(|check| check.counterexample.is_some()), "{:#?}", runs[0]);
    assert!(runs.iter().all(|run| *run == runs[0]), "{runs:#?}");
}

fn has_colour(ran: &Ran) -> bool {
    ran.stdout.contains('\u{1b}')
}

#[test]
fn a_pipe_gets_no_colour_and_no_color_wins() {
    let checkout = Checkout::fresh();
    assert!(!has_colour(&checkout.run(&["check"])));
    let run = |vars: &[(&str, &str)]| {
        let mut command = checkout.command(&["check"]);
        Ran::from(command.envs(vars.iter().copied()).output().expect("the command is there"))
    };
    assert!(has_colour(&run(&[("CLICOLOR_FORCE", "1")])), "otherwise this test can't fail");
    assert!(!has_colour(&run(&[("NO_COLOR", "1")])));
    let mut command = checkout.command(&["check", "--json"]);
    let json = Ran::from(command.env("CLICOLOR_FORCE", "1").output().expect("the command is there"));
    assert!(!has_colour(&json));
}

#[test]
fn an_unknown_target_is_a_wrong_question() {
    let checkout = Checkout::fresh();
    for args in [&["check", "flaky-rcp"][..], &["check", "flaky-rcp", "--json"]] {
        let ran = checkout.run(args).exits(2);
        assert!(ran.stderr.contains("Did you mean `flaky_rpc`?"), "{}", ran.stderr);
        assert!(ran.stdout.is_empty());
    }
}

#[test]
fn a_wrong_option_is_a_wrong_question() {
    let ran = Checkout::fresh().run(&["check", "--sollutions"]).exits(2);
    assert!(ran.stderr.contains("--solutions"), "{}", ran.stderr);
}

#[test]
fn help_is_no_mistake() {
    let ran = Checkout::fresh().run(&["--help"]).exits(0);
    assert!(ran.stdout.contains("cargo xtask check"), "{}", ran.stdout);
}

#[test]
fn a_broken_course_file_is_named_with_its_line() {
    let checkout = Checkout::fresh();
    checkout.write("course.toml", checkout.read("course.toml").replacen("[budget]", "[budget", 1));
    let ran = checkout.run(&["check", "--json"]).exits(2);
    assert!(ran.stderr.contains("course.toml") && ran.stderr.contains("line "), "{}", ran.stderr);
    assert!(ran.stdout.is_empty());
}

#[test]
fn a_missing_file_is_told_with_the_way_back() {
    let checkout = Checkout::fresh();
    fs::remove_file(checkout.root.join(FLAKY_RPC)).expect("it was there");
    let result = checkout.grade();
    assert_eq!(result.status, DoesNotCompile);
    assert!(result.compiler.contains(&format!("{FLAKY_RPC} is missing. `cargo xtask reset flaky_rpc`")));
}

#[test]
fn a_source_that_is_not_utf_8_is_told_with_its_line() {
    let checkout = Checkout::fresh();
    checkout.write(FLAKY_RPC, b"//! fine\n// caf\xe9\n");
    let result = checkout.grade();
    assert_eq!(result.status, DoesNotCompile);
    assert!(result.compiler.contains("is not UTF-8") && result.compiler.contains("line 2"), "{}", result.compiler);
}

#[test]
fn a_folder_in_place_of_the_file_is_told() {
    let checkout = Checkout::fresh();
    fs::remove_file(checkout.root.join(FLAKY_RPC)).expect("it was there");
    fs::create_dir(checkout.root.join(FLAKY_RPC)).expect("the place is free");
    let result = checkout.grade();
    assert_eq!(result.status, DoesNotCompile);
    assert!(result.compiler.contains("can't be read"), "{}", result.compiler);
}

#[test]
fn a_compiler_error_is_shown_in_rustcs_words_with_the_learners_path() {
    let checkout = Checkout::fresh();
    let broken = checkout.read(SOLUTION).replacen("let deadline =", "let deadline: String =", 1);
    checkout.write(FLAKY_RPC, broken);
    let result = checkout.grade();
    assert_eq!((result.status, result.checks.len()), (DoesNotCompile, 0));
    assert!(result.compiler.contains("error[E0308]") && result.compiler.contains(&format!("--> {FLAKY_RPC}:")));
    let ran = checkout.run(&["check"]).exits(1);
    assert!(ran.stdout.contains("error[E0308]") && ran.stdout.contains("does not compile"), "{}", ran.stdout);
    let mut command = checkout.command(&["check"]);
    let coloured = Ran::from(command.env("CLICOLOR_FORCE", "1").output().expect("the command is there"));
    assert!(coloured.stdout.contains("\u{1b}[1m\u{1b}[91merror[E0308]") || coloured.stdout.contains("\u{1b}[38;5;9m"));
}

#[test]
fn a_type_that_is_missing_altogether_is_the_exercises_fault() {
    let checkout = Checkout::with("//! Nothing here.\n");
    let result = checkout.grade();
    assert_eq!(result.status, DoesNotCompile);
    assert!(result.compiler.contains("Client"), "{}", result.compiler);
}

#[test]
fn progress_that_can_not_be_kept_costs_no_verdict() {
    let checkout = Checkout::fresh();
    checkout.write(FLAKY_RPC, checkout.read(SOLUTION));
    checkout.write(".faultlines", "a file where the folder should be");
    let ran = checkout.run(&["check", "flaky_rpc"]).exits(0);
    assert!(ran.stderr.contains(".faultlines"), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn a_read_only_checkout_can_be_graded() {
    use std::os::unix::fs::PermissionsExt;
    let checkout = Checkout::fresh();
    let allow = |mode| fs::set_permissions(&checkout.root, fs::Permissions::from_mode(mode)).expect("our own folder");
    allow(0o555);
    let ran = checkout.run(&["check", "--json"]);
    allow(0o755);
    assert_eq!(ran.exits(1).json().chapters_total, 10);
}

#[test]
fn flags_in_the_environment_do_not_unseed_select() {
    let checkout = Checkout::fresh();
    let mut command = checkout.command(&["check", "flaky_rpc", "--json"]);
    let ran = Ran::from(command.env("RUSTFLAGS", "").output().expect("the command is there")).exits(1);
    assert!(ran.stderr.contains("--cfg tokio_unstable"), "{}", ran.stderr);
    assert!(ran.json().chapters[0].exercises[0].notes.is_empty());
}

#[test]
fn another_folder_is_graded_without_its_manifests() {
    let checkout = Checkout::fresh();
    let folder = temporary("submission");
    let solution = checkout.read(SOLUTION);
    for (source, status) in
        [(solution.clone(), Passed), (solution.replace("pub struct Client", "pub struct X"), DoesNotCompile)]
    {
        fs::create_dir_all(&folder).expect("the folder for tests is writable");
        fs::write(folder.join("flaky_rpc.rs"), source).expect("the folder for tests is writable");
        let folder = folder.to_str().expect("a path in UTF-8");
        let summary = checkout.run(&["check", "flaky_rpc", "--json", "--root", folder]).json();
        let exercise = &summary.chapters[0].exercises[0];
        assert_eq!(exercise.status, status, "{exercise:#?}");
        assert!(!exercise.compiler.contains(folder), "paths are told from the folder: {}", exercise.compiler);
    }
    checkout.run(&["check", "--root", "no/such/folder"]).exits(2);
}

#[test]
fn calls_that_leave_the_simulated_world_are_noted_with_their_line() {
    let checkout = Checkout::fresh();
    let source = checkout.read(SOLUTION) + "\npub fn now() -> std::time::Instant {\n    std::time::Instant::now()\n}\n";
    let line = source.lines().position(|line| line.contains("-> std::time::Instant")).expect("it was just added") + 1;
    checkout.write(FLAKY_RPC, source);
    let result = checkout.grade();
    let expected = format!("lines {line}, {}: std::time::Instant", line + 1);
    assert!(result.notes[0].starts_with(&expected), "{:?}", result.notes);
    assert_eq!(result.status, Passed, "a note changes no verdict");
}

#[test]
fn a_failing_schedule_can_be_replayed_and_a_mended_one_passes() {
    let checkout = Checkout::fresh();
    checkout.write(FLAKY_RPC, impatient(&checkout));
    let result = checkout.grade();
    let failing = result.checks.iter().find_map(|check| check.replay.clone()).expect("a promise is broken");
    let ran = checkout.run(&["replay", &failing]).exits(1);
    assert!(ran.stdout.contains("what it takes"), "{}", ran.stdout);
    checkout.write(FLAKY_RPC, checkout.read(SOLUTION));
    let ran = checkout.run(&["replay", &failing]).exits(0);
    assert!(ran.stdout.contains("keeps the promise now"), "{}", ran.stdout);
    checkout.run(&["replay", "flaky_rpc"]).exits(2);
}

#[test]
fn a_failing_check_leaves_a_page_and_a_pass_takes_it_away() {
    let checkout = Checkout::fresh();
    checkout.write(FLAKY_RPC, impatient(&checkout));
    let result = checkout.grade();
    let told: Vec<_> = result.checks.iter().filter(|check| check.counterexample.is_some()).collect();
    assert!(!told.is_empty(), "{result:#?}");
    for check in &told {
        let stem = format!(".faultlines/stories/flaky_rpc/{}", check.name);
        assert_eq!(check.page.as_ref(), Some(&format!("{stem}.html")));
        let page = checkout.read(&format!("{stem}.html"));
        assert!(page.contains(&format!("<title>{}</title>", report::text::sentence(&check.name))), "{page}");
        assert!(page.contains(check.replay.as_ref().expect("a story can be replayed")), "{page}");
        let lines = checkout.read(&format!("{stem}.jsonl"));
        let is_event = |line: &str| {
            let event: Result<serde_json::Value, _> = serde_json::from_str(line);
            event.is_ok_and(|event| event["at_us"].is_u64() && event["kind"].is_string())
        };
        assert!(!lines.is_empty() && lines.lines().all(is_event), "{lines}");
        let events = checkout.read(&format!("{stem}.shiviz.log")).lines().skip(2).count() / 2;
        assert_eq!(events, lines.lines().count());
        let trace: serde_json::Value =
            serde_json::from_str(&checkout.read(&format!("{stem}.trace.json"))).expect("a trace for Perfetto is JSON");
        assert!(trace["traceEvents"].as_array().is_some_and(|all| all.len() > events), "{trace}");
    }
    let shown = checkout.run(&["check", "flaky_rpc"]).exits(1).stdout;
    assert!(shown.contains("  page:   .faultlines/stories/flaky_rpc/"), "{shown}");
    checkout.write(FLAKY_RPC, checkout.read(SOLUTION));
    checkout.run(&["check", "flaky_rpc"]).exits(0);
    assert!(!checkout.root.join(".faultlines/stories/flaky_rpc").exists());
}

#[test]
fn only_a_learners_own_work_leaves_pages_unless_they_are_asked_for() {
    let checkout = Checkout::fresh();
    let (folder, stories) = (temporary("impatient"), temporary("stories"));
    fs::remove_dir_all(&stories).ok();
    fs::create_dir_all(&folder).expect("the folder for tests is writable");
    fs::write(folder.join("flaky_rpc.rs"), impatient(&checkout)).expect("the folder for tests is writable");
    let (folder, asked) = (folder.to_str().expect("a path in UTF-8"), stories.to_str().expect("a path in UTF-8"));
    let plain = checkout.run(&["check", "flaky_rpc", "--root", folder]).exits(1);
    assert!(!plain.stdout.contains("page:"), "{}", plain.stdout);
    let ran = checkout.run(&["check", "flaky_rpc", "--root", folder, "--stories", asked]).exits(1);
    assert!(ran.stdout.contains("page:"), "{}", ran.stdout);
    assert!(fs::read_dir(stories.join("flaky_rpc")).is_ok_and(|mut files| files.next().is_some()));
    assert!(!checkout.root.join(".faultlines/stories").exists());
}

#[test]
fn a_page_that_can_not_be_kept_costs_no_verdict() {
    let checkout = Checkout::fresh();
    checkout.write(FLAKY_RPC, impatient(&checkout));
    checkout.write(".faultlines", "a file where the folder should be");
    let result = checkout.grade();
    assert!(result.checks.iter().any(|check| check.counterexample.is_some() && check.page.is_none()), "{result:#?}");
    assert!(result.notes.iter().any(|note| note.contains("The page of this story could not be kept")), "{result:#?}");
}

#[cfg(unix)]
#[test]
fn ci_stops_at_the_first_step_that_fails_and_names_it() {
    use std::os::unix::fs::PermissionsExt;
    let checkout = Checkout::fresh();
    let cargo = temporary("failing-cargo.sh");
    fs::write(&cargo, "#!/bin/sh\necho \"ran $1\"\n[ \"$1\" != clippy ]\n").expect("the folder for tests is writable");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("our own file");
    let mut command = checkout.command(&["ci"]);
    let ran = Ran::from(command.env("CARGO", &cargo).output().expect("the command is there")).exits(1);
    assert!(ran.stdout.contains("ran fmt") && ran.stdout.contains("ran clippy") && !ran.stdout.contains("ran test"));
    assert!(last_line(&ran.stdout).contains("`cargo clippy"), "{}", ran.stdout);
}
