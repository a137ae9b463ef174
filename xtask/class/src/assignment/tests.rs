use super::*;
use crate::tests::course;

fn read(text: &str) -> Result<Assignment, String> {
    Assignment::parse("hw.toml", text, &course()).map_err(|error| error.to_string())
}

fn refused(text: &str) -> String {
    read(text).expect_err("it can't be meant")
}

#[test]
fn what_the_file_leaves_open_comes_from_the_course() {
    let assignment = read(
        "title = \" Homework 3 \"\n[[exercise]]\nid = \"second\"\npoints = 40\n[[exercise]]\nid = \"first\"\n\
         [hidden]\nseeds = [71, 1234]\nvisibility = \"after_published\"\n",
    )
    .unwrap();
    assert_eq!(assignment.title.as_deref(), Some("Homework 3"));
    let sets: Vec<(&str, f64, u32)> =
        assignment.exercises.iter().map(|set| (set.id.as_str(), set.points, set.possible)).collect();
    assert_eq!(sets, [("first", 3.0, 3), ("second", 40.0, 8)], "in the order of the course");
    assert_eq!(assignment.hidden.seeds, [71, 1234]);
    assert_eq!(assignment.hidden.visibility, Visibility::AfterPublished);
}

#[test]
fn without_a_file_every_exercise_counts_for_its_own_points() {
    let assignment = Assignment::whole_course(&course());
    let sets: Vec<(&str, f64)> = assignment.exercises.iter().map(|set| (set.id.as_str(), set.points)).collect();
    assert_eq!(sets, [("first", 3.0), ("second", 8.0), ("third", 2.0)]);
    assert_eq!(assignment.hidden, Hidden::default());
}

#[test]
fn a_slip_in_an_id_is_told_with_its_line_and_what_may_be_meant() {
    let told = refused("[[exercise]]\nid = \"first\"\n\n[[exercise]]\npoints = 2\nid = \"secnod\"\n");
    assert_eq!(told, "hw.toml, line 6: There is no exercise `secnod`.\n\nDid you mean second?");
}

#[test]
fn an_exercise_is_set_once() {
    let told = refused("[[exercise]]\nid = \"first\"\n[[exercise]]\nid = \"first\"\n");
    assert!(told.starts_with("hw.toml, line 4: first is set a second time."), "{told}");
}

#[test]
fn points_are_a_number_that_a_score_can_be_told_in() {
    for points in ["0", "-1", "0.009", "nan", "inf", "-inf", "1000001", "1e300"] {
        let told = refused(&format!("[[exercise]]\nid = \"first\"\npoints = {points}\n"));
        assert!(told.starts_with("hw.toml, line 3: first can't be worth "), "{points}: {told}");
        assert!(told.ends_with("then it is worth 3, as in the course."), "{points}: {told}");
    }
    for points in ["0.01", "12.5", "1_000_000"] {
        assert!(read(&format!("[[exercise]]\nid = \"first\"\npoints = {points}\n")).is_ok(), "{points}");
    }
}

#[test]
fn seeds_that_hide_nothing_are_refused() {
    let with = |seeds: &str| refused(&format!("[[exercise]]\nid = \"first\"\n[hidden]\nseeds = [\n{seeds}]\n"));
    assert!(with("7,\n1,\n").starts_with("hw.toml, line 6: 1 is the seed that"), "{}", with("7,\n1,\n"));
    assert!(with("7,\n7,\n").starts_with("hw.toml, line 6: the hidden seed 7 is there twice"), "{}", with("7,\n7,\n"));
}

#[test]
fn the_usual_seed_is_the_one_that_check_uses() {
    let options = include_str!("../../../../harness/explore/src/examine.rs");
    assert!(options.contains(&format!("Options {{ seed: {USUAL_SEED}, deep: false }}")));
}

#[test]
fn what_is_no_assignment_is_told_with_the_line() {
    for (text, line) in [
        ("[[exercise]]\nid = \"first\"\npiont = 3\n", "line 3"),
        ("tilte = \"x\"\n", "line 1"),
        ("[[exercise]]\nid = \"first\"\n[hidden]\nseeds = [-1]\n", "line 4"),
        ("[[exercise]]\nid = \"first\"\n[hidden]\nvisibility = \"never\"\n", "line 4"),
        ("[[exercise]]\npoints = 3\n", "line 1"),
        ("[[exercise]\n", "line 1"),
    ] {
        let told = refused(text);
        assert!(told.starts_with("The assignment hw.toml can't be used: "), "{told}");
        assert!(told.contains(line) && told.contains("looks like this"), "{text}: {told}");
    }
    assert!(refused("").starts_with("The assignment hw.toml sets no exercise."));
}

#[test]
fn a_file_that_is_not_there_is_told_by_name() {
    let told = Assignment::load(Path::new("no/such.toml"), &course()).unwrap_err().to_string();
    assert!(told.starts_with("The assignment no/such.toml can't be read: "), "{told}");
}

#[test]
fn the_example_in_the_messages_is_one() {
    let example: String = EXAMPLE.lines().skip(1).map(|line| format!("{}\n", line.trim())).collect();
    let flaky = example.replace("flaky_rpc", "first");
    assert_eq!(read(&flaky).unwrap().hidden.seeds, [71, 1234]);
}

#[test]
fn the_fingerprint_changes_with_what_decides_a_score_and_with_nothing_else() {
    let plain = "[[exercise]]\nid = \"first\"\npoints = 3\n";
    let fingerprint = |text: &str| read(text).unwrap().fingerprint();
    assert_eq!(fingerprint(plain), fingerprint(&format!("title = \"x\"\n{plain}[hidden]\nvisibility = \"visible\"\n")));
    assert_eq!(fingerprint(plain), fingerprint("[[exercise]]\nid = \"first\"\n"), "its own points, written out");
    let others = [
        "[[exercise]]\nid = \"second\"\npoints = 3\n".to_owned(),
        "[[exercise]]\nid = \"first\"\npoints = 4\n".to_owned(),
        format!("{plain}[[exercise]]\nid = \"second\"\n"),
        format!("{plain}[hidden]\nseeds = [2]\n"),
        format!("{plain}[hidden]\nseeds = [3]\n"),
        format!("{plain}[hidden]\nseeds = [2, 3]\n"),
    ];
    let all: BTreeSet<String> = others.iter().map(|text| fingerprint(text)).chain([fingerprint(plain)]).collect();
    assert_eq!(all.len(), others.len() + 1);
    let mut course = course();
    course.chapters[0].exercises[0].checks[0].name = "renamed".to_owned();
    let renamed = Assignment::parse("hw.toml", plain, &course).unwrap();
    assert_ne!(renamed.fingerprint(), fingerprint(plain), "another check is another question");
}
