use super::*;
use crate::tests::{Scratch, course};

const FIRST: &str = "ch01-one/src/first.rs";

/// Everything in a folder, read for the whole course.
fn class(scratch: &Scratch) -> Vec<Submission> {
    let course = course();
    find(&scratch.0, &course, &Assignment::whole_course(&course), &Limits::default()).expect("there are submissions")
}

/// The only submission in a class of one.
pub(crate) fn only(scratch: &Scratch) -> Submission {
    with_limits(scratch, &Limits::default())
}

pub(crate) fn with_limits(scratch: &Scratch, limits: &Limits) -> Submission {
    let course = course();
    let found = find(&scratch.0, &course, &Assignment::whole_course(&course), limits).expect("there is a submission");
    let [one] = &found[..] else { panic!("there are {}", found.len()) };
    one.clone()
}

/// What became of an exercise: its text, or the reason.
pub(crate) fn told(submission: &Submission, exercise: &str) -> String {
    match submission.sources.get(exercise) {
        None => "missing".to_owned(),
        Some(Ok(source)) => format!("{}: {}", source.path, source.text),
        Some(Err(refusal)) => refusal.to_string(),
    }
}

fn names(submissions: &[Submission]) -> Vec<&str> {
    submissions.iter().map(|submission| submission.name.as_str()).collect()
}

fn listing_notes(scratch: &Scratch) -> Vec<String> {
    entries(&scratch.0, &course()).unwrap().notes
}

#[test]
fn sources_are_found_by_name_wherever_they_are() {
    for path in
        [FIRST, "exercises/ch01-one/src/first.rs", "src/first.rs", "first.rs", "my/own/way/first.rs", "First.RS"]
    {
        let scratch = Scratch::new("anywhere");
        scratch.write(&format!("ann/{path}"), "text");
        let ann = only(&scratch);
        assert_eq!(told(&ann, "first"), format!("{path}: text"));
        assert_eq!((ann.name.as_str(), &ann.notes[..], told(&ann, "second").as_str()), ("ann", &[][..], "missing"));
    }
}

#[test]
fn the_place_most_like_the_course_wins() {
    let scratch = Scratch::new("places");
    scratch.write("ann/ch01-one/src/first.rs", "mine");
    scratch.write("ann/src/first.rs", "other");
    scratch.write("ann/first.rs", "other");
    scratch.write("ann/src/second.rs", "mine");
    scratch.write("ann/ch01-one/second.rs", "other");
    scratch.write("ann/ch02-two/src/second.rs", "mine");
    let ann = only(&scratch);
    assert_eq!(told(&ann, "first"), "ch01-one/src/first.rs: mine");
    assert!(told(&ann, "second").contains(": mine"), "a chapter that it isn't of is no better than any src");
}

#[test]
fn of_a_whole_checkout_only_the_exercises_count() {
    let scratch = Scratch::new("checkout");
    scratch.write("ann/repo/exercises/ch01-one/src/lib.rs", "");
    scratch.write("ann/repo/exercises/ch01-one/src/first.rs", "mine");
    scratch.write("ann/repo/solutions/ch01-one/src/first.rs", "the reference");
    scratch.write("ann/repo/solutions/ch01-one/src/second.rs", "the reference");
    let ann = only(&scratch);
    assert_eq!(told(&ann, "first"), "repo/exercises/ch01-one/src/first.rs: mine");
    assert_eq!(told(&ann, "second"), "missing", "deleting one's file doesn't hand in the reference");
    assert!(ann.notes.is_empty(), "every checkout holds the reference");
    scratch.write("ann/first.rs", "mine, in the wrong place");
    assert_eq!(only(&scratch).notes, ["Only what is in the exercises folder counts, so this is not used: first.rs"]);
}

#[test]
fn nobody_chooses_between_files_that_differ() {
    let scratch = Scratch::new("several");
    scratch.write("ann/b/first.rs", "one");
    scratch.write("ann/a/first.rs", "other");
    scratch.write("ann/a/second.rs", "same");
    scratch.write("ann/b/second.rs", "same");
    (0..9).for_each(|n| scratch.write(&format!("ann/{n}/third.rs"), n.to_string()));
    let ann = only(&scratch);
    assert_eq!(
        told(&ann, "first"),
        "Several files of that name differ, and which is meant can't be told: a/first.rs, b/first.rs. Hand in one."
    );
    assert_eq!(told(&ann, "second"), "a/second.rs: same");
    assert!(told(&ann, "third").contains(": 0/third.rs, 1/third.rs, 2/third.rs, 3/third.rs, 5 more."));
}

// On other systems the file system may not hold both.
#[cfg(target_os = "linux")]
#[test]
fn names_that_differ_in_capitals_are_several_files() {
    let scratch = Scratch::new("capitals");
    scratch.write("ann/src/first.rs", "one");
    scratch.write("ann/src/First.rs", "other");
    assert!(told(&only(&scratch), "first").contains("src/First.rs, src/first.rs"));
}

#[test]
fn what_tools_keep_is_never_looked_at() {
    let scratch = Scratch::new("kept");
    for folder in [".git", ".faultlines/kept", "target/debug", "node_modules/x", "__MACOSX", "src/.hidden"] {
        scratch.write(&format!("ann/{folder}/first.rs"), "not mine");
    }
    scratch.write("ann/.first.rs", "not mine");
    let ann = only(&scratch);
    assert_eq!(told(&ann, "first"), "missing");
    assert_eq!(ann.notes, ["None of the files that were set is in it."]);
}

#[test]
fn only_what_was_set_is_read() {
    let scratch = Scratch::new("set");
    scratch.write("ann/first.rs", "text");
    scratch.write("ann/second.rs", "text");
    scratch.write("ann/build.rs", "fn main() {}");
    scratch.write("ann/Cargo.toml", "[package]");
    let course = course();
    let assignment = Assignment::parse("hw.toml", "[[exercise]]\nid = \"second\"\n", &course).unwrap();
    let found = find(&scratch.0, &course, &assignment, &Limits::default()).unwrap();
    assert_eq!(found[0].sources.keys().collect::<Vec<_>>(), ["second"]);
}

#[test]
fn what_is_no_text_is_refused_with_its_line() {
    let scratch = Scratch::new("utf8");
    scratch.write("ann/first.rs", b"fn a() {}\n// \xff\n");
    assert!(
        told(&only(&scratch), "first")
            .starts_with("first.rs is not UTF-8 text; the first byte that is not stands in line 2.")
    );
}

#[test]
fn a_source_is_read_up_to_the_limit() {
    let scratch = Scratch::new("size");
    let most = Limits::default().source_bytes as usize;
    scratch.write("ann/first.rs", "x".repeat(most));
    scratch.write("ann/second.rs", "x".repeat(most + 1));
    let ann = only(&scratch);
    assert!(ann.sources["first"].is_ok());
    assert_eq!(told(&ann, "second"), "second.rs is too large: 262145 bytes, and at most 262144 are read.");
}

#[test]
fn a_folder_of_too_many_files_is_refused_as_a_whole() {
    let scratch = Scratch::new("many");
    scratch.write("ann/first.rs", "text");
    (0..20).for_each(|n| scratch.write(&format!("ann/in/{n}"), ""));
    let limits = |entries| Limits { entries, ..Limits::default() };
    assert!(with_limits(&scratch, &limits(22)).sources["first"].is_ok());
    let ann = with_limits(&scratch, &limits(21));
    assert!(told(&ann, "first").starts_with("It holds more than 21 files and folders."));
    assert_eq!(ann.sources.len(), 3, "every exercise is refused");
    assert!(ann.notes[0].starts_with("Refused as a whole: It holds more than 21"));
    (0..20).for_each(|n| scratch.write(&format!("ann/target/{n}"), ""));
    assert!(with_limits(&scratch, &limits(23)).sources["first"].is_ok(), "what is skipped counts as one");
}

#[test]
fn all_sources_together_have_a_limit() {
    let scratch = Scratch::new("together");
    (0..5).for_each(|n| scratch.write(&format!("ann/{n}/first.rs"), "x".repeat(100)));
    let limits = |unpacked_bytes| Limits { unpacked_bytes, ..Limits::default() };
    assert!(with_limits(&scratch, &limits(500)).sources["first"].is_ok());
    assert!(told(&with_limits(&scratch, &limits(499)), "first").starts_with("It unpacks to more than 499 bytes."));
}

#[test]
fn folders_are_looked_into_so_deep_and_no_deeper() {
    let scratch = Scratch::new("deep");
    let limits = Limits { depth: 4, ..Limits::default() };
    scratch.write("ann/1/2/3/first.rs", "text");
    scratch.write("ann/1/2/3/4/second.rs", "text");
    let ann = with_limits(&scratch, &limits);
    assert!(ann.sources["first"].is_ok());
    assert_eq!(told(&ann, "second"), "missing");
    assert_eq!(ann.notes, ["Folders nested more than 4 deep are not looked into."]);
}

#[cfg(unix)]
mod hostile {
    use std::fs;
    #[cfg(target_os = "linux")]
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn links_are_not_followed_wherever_they_stand() {
        let scratch = Scratch::new("links");
        let outside = Scratch::new("links-outside");
        outside.write("src/first.rs", "secret");
        outside.write("second.rs", "secret");
        scratch.write("ann/third.rs", "text");
        symlink(outside.0.join("src"), scratch.0.join("ann/src")).unwrap();
        symlink(outside.0.join("second.rs"), scratch.0.join("ann/second.rs")).unwrap();
        symlink("third.rs", scratch.0.join("ann/first.rs")).unwrap();
        symlink(&outside.0, scratch.0.join("bob")).unwrap();
        symlink("ann", scratch.0.join("cid")).unwrap();
        let all = class(&scratch);
        assert_eq!(names(&all), ["ann", "bob", "cid"]);
        assert_eq!(told(&all[0], "third"), "third.rs: text");
        let reason = "is a link, and links are not followed. Hand in the file itself.";
        assert_eq!(told(&all[0], "second"), format!("second.rs {reason}"));
        assert_eq!(told(&all[0], "first"), format!("first.rs {reason}"), "not even to a file of the same submission");
        assert!(all[0].notes.contains(&"A link is not followed: src".to_owned()));
        assert_eq!(told(&all[1], "first"), format!("It {reason}"));
        assert_eq!(told(&all[2], "third"), format!("It {reason}"));
    }

    #[test]
    fn a_link_in_the_best_place_is_not_replaced_by_another_file() {
        let scratch = Scratch::new("link-first");
        scratch.write("ann/elsewhere/first.rs", "text");
        scratch.write("ann/src/second.rs", "text");
        symlink("../elsewhere/first.rs", scratch.0.join("ann/src/first.rs")).unwrap();
        assert!(told(&only(&scratch), "first").starts_with("src/first.rs is a link"));
    }

    #[test]
    fn a_loop_of_folders_ends() {
        let scratch = Scratch::new("loop");
        scratch.write("ann/src/first.rs", "text");
        symlink("..", scratch.0.join("ann/src/up")).unwrap();
        symlink(".", scratch.0.join("ann/here")).unwrap();
        let ann = only(&scratch);
        assert_eq!(told(&ann, "first"), "src/first.rs: text");
        assert_eq!(ann.notes, ["A link is not followed: here", "A link is not followed: src/up"]);
    }

    #[test]
    fn pipes_sockets_and_folders_are_no_sources() {
        let scratch = Scratch::new("special");
        scratch.write("ann/third.rs/x", "");
        crate::tests::fifo(&scratch.0.join("ann/first.rs"));
        let _socket = std::os::unix::net::UnixListener::bind(scratch.0.join("ann/second.rs")).unwrap();
        crate::tests::fifo(&scratch.0.join("bob.zip"));
        crate::tests::fifo(&scratch.0.join("pipe"));
        let all = class(&scratch);
        assert_eq!(names(&all), ["ann", "bob"]);
        assert_eq!(told(&all[0], "first"), "first.rs is a named pipe, not a file. Hand in a file.");
        assert_eq!(told(&all[0], "second"), "second.rs is a socket, not a file. Hand in a file.");
        assert_eq!(told(&all[0], "third"), "missing");
        assert_eq!(told(&all[1], "first"), "bob.zip is a named pipe, not a file. Hand in a file.");
        assert!(listing_notes(&scratch)[0].ends_with(": pipe."));
    }

    #[test]
    fn what_may_not_be_read_is_told_and_stops_nobody() {
        let scratch = Scratch::new("locked");
        scratch.write("ann/first.rs", "text");
        scratch.write("bob/first.rs", "text");
        scratch.write("bob/src/second.rs", "text");
        scratch.write("cid/first.rs", "text");
        let lock =
            |path: &str, mode| fs::set_permissions(scratch.0.join(path), fs::Permissions::from_mode(mode)).unwrap();
        ["ann", "bob/first.rs", "bob/src"].iter().for_each(|path| lock(path, 0));
        let all = class(&scratch);
        ["ann", "bob/first.rs", "bob/src"].iter().for_each(|path| lock(path, 0o700));
        assert_eq!(told(&all[2], "first"), "first.rs: text");
        // Root reads everything.
        if !rustix::process::geteuid().is_root() {
            assert!(told(&all[0], "first").starts_with("It can't be read: "));
            assert!(told(&all[1], "first").starts_with("first.rs can't be read: "));
            assert!(all[1].notes[0].starts_with("The folder src can't be read: "));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_are_made_harmless_and_stay_unlike() {
        let scratch = Scratch::new("names");
        let raw = |name: &[u8]| fs::create_dir(scratch.0.join(std::ffi::OsStr::from_bytes(name))).unwrap();
        [&b"a\x1b[2Jb"[..], b"x\xff", b"x\xfe", b"line\nbreak", "\u{202e}gnp".as_bytes()].into_iter().for_each(raw);
        let all = class(&scratch);
        assert_eq!(names(&all), ["ab", "line break", "x\u{fffd}", "x\u{fffd} (2)", "\u{fffd}gnp"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_whose_names_are_no_text_are_told() {
        let scratch = Scratch::new("raw-names");
        scratch.write("ann/first.rs", "text");
        fs::create_dir(scratch.0.join(std::ffi::OsStr::from_bytes(b"ann/\xff"))).unwrap();
        scratch.write("ann/x", "");
        let ann = only(&scratch);
        assert_eq!(ann.notes, ["Its name is not UTF-8, so it is not looked at: \u{fffd}"]);
        assert!(ann.sources["first"].is_ok());
    }
}

#[test]
fn notes_help_where_a_file_is_nearly_right() {
    let scratch = Scratch::new("near");
    scratch.write("ann/first (1).rs", "text");
    scratch.write("ann/second.rs", "text");
    scratch.write("ann/second/part.rs", "text");
    scratch.write("ann/work.zip", "");
    let ann = only(&scratch);
    assert_eq!(
        ann.notes,
        [
            "An archive inside the submission is not opened: work.zip",
            "An exercise is graded from its one file: the files in the folder beside second.rs are not read.",
            "There is no first.rs. If first (1).rs is meant, give it that name.",
        ]
    );
}

#[test]
fn a_thousand_oddities_make_a_few_notes() {
    let scratch = Scratch::new("notes");
    (0..100).for_each(|n| scratch.write(&format!("ann/{n:03}.zip"), ""));
    let ann = only(&scratch);
    assert_eq!(ann.notes.len(), 13);
    assert_eq!(ann.notes.last().unwrap(), "… and 89 more of this kind.");
}

#[test]
fn submissions_come_in_the_order_of_their_names() {
    let scratch = Scratch::new("order");
    ["cid", "Bob", "ann", "ben"].iter().for_each(|name| scratch.write(&format!("{name}/first.rs"), *name));
    assert_eq!(names(&class(&scratch)), ["Bob", "ann", "ben", "cid"]);
}

#[test]
fn two_submissions_of_one_name_are_both_graded_under_their_own() {
    let scratch = Scratch::new("twins");
    scratch.write("ann/first.rs", "folder");
    scratch.write("ann.tar", crate::archive::tests::tar(&[("first.rs", "archive")]));
    scratch.write("ben/first.rs", "text");
    let all = class(&scratch);
    assert_eq!(names(&all), ["ann", "ann.tar", "ben"]);
    assert_eq!(
        (told(&all[0], "first"), told(&all[1], "first")),
        ("first.rs: folder".into(), "first.rs: archive".into())
    );
    let note = "Several submissions have this name: ann, ann.tar. All are graded; which counts?";
    assert_eq!((&all[0].notes[..], &all[1].notes[..], all[2].notes.len()), (&[note.into()][..], &[note.into()][..], 0));
}

#[test]
fn a_folder_with_nothing_but_an_archive_is_that_archive() {
    let scratch = Scratch::new("lone");
    scratch.write("Ann Lee_12/.DS_Store", "");
    scratch.write("Ann Lee_12/work.tar", crate::archive::tests::tar(&[("src/first.rs", "text")]));
    let ann = only(&scratch);
    assert_eq!((ann.name.as_str(), told(&ann, "first").as_str()), ("Ann Lee_12", "src/first.rs: text"));
    scratch.write("Ann Lee_12/readme.txt", "");
    assert_eq!(told(&only(&scratch), "first"), "missing", "with something beside it, it may be anything");
}

#[test]
fn other_archives_are_refused_and_other_files_told() {
    let scratch = Scratch::new("others");
    scratch.write("ann/first.rs", "text");
    scratch.write("bob.rar", "Rar!");
    scratch.write("cid.tar.xz", "");
    scratch.write("grades.csv", "");
    scratch.write("target/first.rs", "");
    scratch.write(".hidden/first.rs", "");
    let all = class(&scratch);
    assert_eq!(names(&all), ["ann", "bob", "cid"]);
    assert!(told(&all[1], "second").starts_with("It is an archive of another kind (.rar). Folders, .zip, "));
    let expected = "Not graded, because they are neither folders nor archives of submissions: grades.csv, target.";
    assert_eq!(listing_notes(&scratch), [expected]);
}

#[test]
fn the_work_of_one_learner_is_one_submission() {
    for (path, sign) in [
        (FIRST, "ch01-one"),
        ("exercises/ch01-one/src/first.rs", "exercises/ch01-one"),
        ("src/first.rs", "src/first.rs"),
        ("first.rs", "first.rs"),
    ] {
        let scratch = Scratch::new("one");
        scratch.write(path, "text");
        scratch.write("other/readme.md", "");
        let one = only(&scratch);
        assert_eq!(told(&one, "first"), format!("{path}: text"));
        assert_eq!(one.name, scratch.0.file_name().unwrap().to_string_lossy());
        assert!(listing_notes(&scratch)[0].ends_with(&format!("graded as one submission, because {sign} is in it.")));
    }
    let scratch = Scratch::new("not-one");
    scratch.write("first.rs/readme.md", "");
    scratch.write("ch02-two", "");
    scratch.write("src/readme.md", "");
    scratch.write("exercises/first.rs", "text");
    assert_eq!(names(&class(&scratch)), ["exercises", "first.rs", "src"], "somebody may be called like that");
}

#[test]
fn a_single_archive_is_one_submission() {
    let scratch = Scratch::new("archive-itself");
    scratch.write("ann.tar", crate::archive::tests::tar(&[("first.rs", "text")]));
    scratch.write("readme.md", "");
    let course = course();
    let read = |name: &str| {
        find(&scratch.0.join(name), &course, &Assignment::whole_course(&course), &Limits::default())
            .map_err(|error| error.to_string())
    };
    let ann = &read("ann.tar").unwrap()[0];
    assert_eq!((ann.name.as_str(), told(ann, "first").as_str()), ("ann", "first.rs: text"));
    assert!(read("readme.md").unwrap_err().contains("is neither a folder nor an archive"));
    assert!(read("nowhere").unwrap_err().contains("Name the folder that holds the submissions."));
}

#[test]
fn a_folder_without_submissions_is_told_what_one_holds() {
    let scratch = Scratch::new("empty");
    scratch.write("grades.csv", "");
    let error = entries(&scratch.0, &course()).unwrap_err().to_string();
    assert!(error.starts_with("There is no submission in "), "{error}");
    assert!(error.contains(": grades.csv.") && error.ends_with("with files such as first.rs."), "{error}");
}

#[test]
fn the_fingerprint_is_of_what_is_graded() {
    let fingerprint = |files: &[(&str, &str)]| {
        let scratch = Scratch::new("fingerprint");
        files.iter().for_each(|(path, text)| scratch.write(path, text));
        only(&scratch).fingerprint()
    };
    let plain = fingerprint(&[("ann/first.rs", "text")]);
    assert_eq!(plain, "63f71e78a1e68693d5d6423b461b390c", "the same on every machine");
    assert_eq!(
        plain,
        fingerprint(&[("bob/first.rs", "text"), ("bob/Cargo.toml", "x")]),
        "neither name nor other files"
    );
    let others = [
        fingerprint(&[("ann/first.rs", "text ")]),
        fingerprint(&[("ann/second.rs", "text")]),
        fingerprint(&[("ann/src/first.rs", "text")]),
        fingerprint(&[("ann/first.rs", "text"), ("ann/second.rs", "")]),
        fingerprint(&[("ann/first.rs", "text"), ("ann/x.zip", "")]),
        fingerprint(&[("ann/x", "text")]),
    ];
    let all: std::collections::BTreeSet<&String> = others.iter().chain([&plain]).collect();
    assert_eq!(all.len(), others.len() + 1);
}

#[test]
fn a_share_reads_as_the_whole_does() {
    let scratch = Scratch::new("share");
    ["ann", "bob"].iter().for_each(|name| scratch.write(&format!("{name}/first.rs"), *name));
    let (course, limits) = (course(), Limits::default());
    let assignment = Assignment::whole_course(&course);
    let listing = entries(&scratch.0, &course).unwrap();
    let second = listing.entries[1].read(&course, &assignment, &limits);
    assert_eq!(second, find(&scratch.0, &course, &assignment, &limits).unwrap()[1]);
}

#[test]
fn long_names_are_cut_and_lines_joined() {
    assert_eq!(shown("a\nb\tc\u{2028}d"), "a b c d");
    assert_eq!(shown(&"ä".repeat(500)).chars().count(), 161);
    assert_eq!(shown("e\u{200b}v\u{202e}il\u{7}"), "e\u{fffd}v\u{fffd}il\u{fffd}");
}

#[test]
fn the_guide_tells_the_limits_and_an_assignment_that_can_be_used() {
    let guide = include_str!("../../../../docs/grading/submissions.md");
    let limits = Limits::default();
    for told in [
        format!("larger than {} KiB", limits.source_bytes >> 10),
        format!("larger than {} MiB", limits.archive_bytes >> 20),
        format!("unpacks to more than {} MiB", limits.unpacked_bytes >> 20),
        format!("more than {},{:03} files", limits.entries / 1000, limits.entries % 1000),
        format!("more than {} deep", limits.depth),
    ] {
        assert!(guide.contains(&told), "{told}");
    }
    let example =
        guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("there is an example");
    let course = Course::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).expect("the course can be read");
    let assignment = Assignment::parse("hw.toml", example, &course).expect("the example can be used");
    assert_eq!(assignment.exercises.len(), 2);
}
