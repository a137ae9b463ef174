use std::collections::HashSet;

use super::fingerprint::{GRAM, GUARANTEED, WINDOW};
use super::*;

/// Draws a program, another one for every seed: no two are alike by more than chance.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn expression(&mut self, depth: u64) -> String {
        if depth == 0 {
            return ["node", "2", "self.term", "\"late\"", "index", "'x'"][self.below(6) as usize].to_owned();
        }
        let mut part = || self.expression(depth - 1);
        let (one, other) = (part(), part());
        match self.below(9) {
            0 => format!("{one} + {other}"),
            1 => format!("({one}).max({other})"),
            2 => format!("ask(&{one}, {other})?"),
            3 => format!("[{one}, {other}]"),
            4 => format!("{one}.iter().map(|item| item * {other})"),
            5 => format!("if {one} {{ {other} }} else {{ None }}"),
            6 => format!("match {one} {{ Some(last) => last, _ => {other} }}"),
            7 => format!("Vote {{ from: {one}, granted: {other} }}"),
            _ => format!("!{one} && {other} < limit"),
        }
    }

    fn function(&mut self, name: usize) -> String {
        let lines: Vec<String> = (0..8).map(|_| format!("    let total = {};", self.expression(2))).collect();
        format!("fn step_{name}(&mut self) {{\n{}\n}}", lines.join("\n"))
    }
}

/// Functions of ten lines each.
fn program(seed: u64, functions: usize) -> Vec<String> {
    let mut draw = Draw(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    (0..functions).map(|name| draw.function(name)).collect()
}

fn text(seed: u64) -> String {
    program(seed, 8).join("\n\n")
}

fn exercise<'a>(given: &[&'a str], sources: &[(&'a str, &'a str)]) -> Exercise<'a> {
    Exercise { id: "raft", given: given.to_vec(), sources: sources.to_vec() }
}

fn compared(given: &[&str], sources: &[(&str, &str)]) -> Similarities {
    compare(&[exercise(given, sources)], &Options::default())
}

fn only(similarities: &Similarities) -> &Alike {
    assert_eq!(similarities.pairs.len(), 1, "{similarities:#?}");
    &similarities.pairs[0].exercises[0]
}

#[test]
fn renamed_variables_change_nothing() {
    let one = text(1);
    let other = one.replace("node", "r#process").replace("total", "sum_of_it").replace("granted", "ja");
    let found = compared(&[], &[("ada", &one), ("bo", &other)]);
    assert_eq!(only(&found).one.share, 1.0);
    assert_eq!(only(&found).regions.len(), 1);
}

#[test]
fn other_numbers_comments_and_formatting_change_nothing() {
    let one = text(1);
    let other = one.replace("2", "1_000u64").replace("\"closed\"", "r#\"shut\"#");
    let other = other.replace('\n', "\n // why\n\t").replace(' ', " /* a /* nested */ one */ ");
    let found =
        compared(&[], &[("ada", &one), ("bo", &format!("use std::mem;\nuse a::{{b, c as d, e::*}};\n{other}"))]);
    assert_eq!((only(&found).one.share, only(&found).other.share), (1.0, 1.0));
}

#[test]
fn functions_in_another_order_are_found_one_by_one() {
    let functions = program(1, 8);
    let mut other = functions.clone();
    other.reverse();
    let found = compared(&[], &[("ada", &functions.join("\n\n")), ("bo", &other.join("\n\n"))]);
    let alike = only(&found);
    assert!(alike.share() > 0.6, "{alike:#?}");
    // Every line of code is in some region of the one, and in some region of the other.
    for side in [|region: &Region| region.one, |region: &Region| region.other] {
        let covered: usize = alike.regions.iter().map(side).map(|lines| (lines.last - lines.first + 1) as usize).sum();
        assert!(covered > 70, "{covered} of 80 lines: {alike:#?}");
    }
    let order: Vec<u32> = alike.regions.iter().map(|region| region.other.first).collect();
    assert!(order.windows(2).all(|pair| pair[0] > pair[1]), "the other has them in reverse: {order:?}");
}

#[test]
fn a_passage_copied_into_something_longer_is_found_with_its_lines() {
    let copied = program(1, 4).join("\n");
    let around = program(2, 9);
    let other = format!("{}\n{copied}\n{}", around[..5].join("\n"), around[5..].join("\n"));
    let found = compared(&[], &[("ada", &copied), ("bo", &other)]);
    let alike = only(&found);
    assert!(alike.one.share > 0.9 && alike.other.share < 0.6, "{alike:#?}");
    let longest = alike.regions.iter().max_by_key(|region| region.tokens).expect("there is one");
    assert_eq!((longest.one, longest.other), (Lines { first: 1, last: 40 }, Lines { first: 51, last: 90 }));
}

#[test]
fn what_was_written_independently_is_not_listed_beside_a_copy() {
    let sources: Vec<String> = (1..=12).map(text).collect();
    let copy = sources[3].replace("total", "all").replace("last", "newest");
    let named = sources.iter().enumerate().map(|(nth, text)| (format!("s{nth:02}"), &**text));
    let mut named: Vec<(String, &str)> = named.collect();
    named.push(("copy".to_owned(), &copy));
    let named: Vec<(&str, &str)> = named.iter().map(|(name, text)| (&**name, *text)).collect();
    let found = compared(&[], &named);
    assert_eq!((&*found.pairs[0].one, &*found.pairs[0].other), ("copy", "s03"));
    assert_eq!(found.pairs.len(), 1);
}

#[test]
fn what_everybody_was_given_is_alike_for_nobody() {
    let (stub, rest) = (text(1), [text(2), text(3)]);
    let filled: Vec<String> = rest.iter().map(|rest| format!("{stub}\n{rest}")).collect();
    let with = compared(&[&stub], &[("ada", &filled[0]), ("bo", &filled[1])]);
    assert_eq!(with.pairs, []);
    let without = compared(&[], &[("ada", &filled[0]), ("bo", &filled[1])]);
    assert_eq!(without.pairs.len(), 1, "it is the stub that they share");
    let untouched = compared(&[&stub], &[("ada", &stub), ("bo", &stub)]);
    assert_eq!(untouched.pairs, []);
}

#[test]
fn code_copied_into_the_stub_does_not_hide_behind_it() {
    // Short passages between given lines: the windows they are in hold given grams as well.
    let (given, own) = (program(1, 6), program(2, 6));
    let stub = given.join("\n");
    let filled: Vec<String> = given.iter().zip(&own).map(|(given, own)| format!("{given}\n{own}")).collect();
    let filled = filled.join("\n");
    let found = compared(&[&stub], &[("ada", &filled), ("bo", &filled)]);
    let alike = only(&found);
    assert_eq!(alike.share(), 1.0);
    assert_eq!(alike.regions.len(), 6, "the passages, not what stands between them: {alike:#?}");
}

#[test]
fn every_shared_run_of_the_guaranteed_length_leaves_a_shared_fingerprint() {
    for seed in 0..40 {
        let (one, other) = (Tokens::of(&text(seed)), Tokens::of(&text(seed + 1000)));
        let (start, end) = (seed as usize, seed as usize + GUARANTEED);
        let insert = |tokens: &Tokens| {
            let mut kinds = tokens.kinds.clone();
            kinds.splice(50..50, one.kinds[start..end].iter().copied());
            Tokens { lines: vec![1; kinds.len()], kinds }
        };
        let (one, other) = (insert(&Tokens::of(&text(seed + 2000))), insert(&other));
        let set = |tokens: &Tokens| -> HashSet<u64> {
            winnow(&grams(tokens), &HashSet::new()).iter().map(|chosen| chosen.hash).collect()
        };
        assert!(!set(&one).is_disjoint(&set(&other)), "seed {seed}");
    }
}

#[test]
fn winnowing_chooses_one_of_every_window_and_not_many_more() {
    let tokens = Tokens::of(&(0..40).map(text).collect::<Vec<_>>().join("\n"));
    let hashes = grams(&tokens);
    let chosen = winnow(&hashes, &HashSet::new());
    for start in 0..=hashes.len() - WINDOW {
        assert!(chosen.iter().any(|chosen| (start..start + WINDOW).contains(&chosen.at)), "window at {start}");
    }
    // Of random hashes 2 in w + 1 are chosen, says the paper.
    let density = chosen.len() as f64 / hashes.len() as f64;
    assert!((0.12..0.18).contains(&density), "{density}, expected about {}", 2.0 / (WINDOW as f64 + 1.0));
}

#[test]
fn the_rolling_hash_of_a_gram_depends_on_the_gram_alone() {
    let tokens = Tokens::of(&text(7));
    let rolled = grams(&tokens);
    for (at, gram) in tokens.kinds.windows(GRAM).enumerate() {
        let alone = Tokens { kinds: gram.to_vec(), lines: vec![1; GRAM] };
        assert_eq!(grams(&alone), [rolled[at]]);
    }
}

#[test]
fn what_most_of_a_larger_class_has_is_left_out_and_told() {
    let (common, own): (String, Vec<String>) = (text(1), (2..32).map(text).collect());
    let sources: Vec<(String, String)> =
        own.iter().enumerate().map(|(nth, own)| (format!("s{nth:02}"), format!("{common}\n{own}"))).collect();
    let sources: Vec<(&str, &str)> = sources.iter().map(|(name, text)| (&**name, &**text)).collect();
    let whole = compared(&[], &sources);
    assert_eq!(whole.pairs, []);
    assert_eq!(whole.common[0].sources, 30);
    assert!(whole.common[0].fingerprints > 50, "{:?}", whole.common);
    let small = compared(&[], &sources[..10]);
    assert_eq!((small.pairs.len(), small.common.len()), (45, 0), "ten are too few to call anything common");
}

#[test]
fn the_order_of_the_sources_makes_no_difference() {
    let texts: Vec<String> = (1..6).map(text).collect();
    let mut sources = vec![("a", &*texts[0]), ("b", &*texts[0]), ("c", &*texts[1]), ("d", &*texts[1])];
    let forwards = compared(&[], &sources);
    sources.reverse();
    assert_eq!(forwards, compared(&[], &sources));
    assert_eq!(forwards.pairs.len(), 2);
}

#[test]
fn more_pairs_than_asked_for_are_counted() {
    let text = text(1);
    let names: Vec<String> = (0..8).map(|nth| format!("s{nth}")).collect();
    let sources: Vec<(&str, &str)> = names.iter().map(|name| (&**name, &*text)).collect();
    let found = compare(&[exercise(&[], &sources)], &Options { most: 5, ..Options::default() });
    assert_eq!((found.pairs.len(), found.more), (5, 23));
}

#[test]
fn several_exercises_of_a_pair_stand_together() {
    let texts: Vec<String> = (1..4).map(text).collect();
    let both = exercise(&[], &[("ada", &texts[0]), ("bo", &texts[0])]);
    let part = format!("{}\n{}", texts[1], texts[2]);
    let exercises = [Exercise { id: "paxos", sources: vec![("bo", &texts[1]), ("ada", &part)], ..both.clone() }, both];
    let found = compare(&exercises, &Options::default());
    assert_eq!(found.pairs.len(), 1);
    let ids: Vec<&str> = found.pairs[0].exercises.iter().map(|alike| &*alike.exercise).collect();
    assert_eq!(
        ids,
        ["raft", "paxos"],
        "of two that are wholly alike, that of which more is alike on both sides, first"
    );
}

/// Texts that were written to break a tool.
fn hostile() -> Vec<String> {
    const SIZE: usize = 1 << 20;
    vec![
        String::new(),
        "\u{feff}".to_owned(),
        ";".repeat(SIZE),
        "#".repeat(SIZE),
        "a".repeat(SIZE),
        "é ".repeat(SIZE / 3),
        "(".repeat(SIZE),
        "{[(".repeat(SIZE / 3),
        "use {".repeat(SIZE / 5),
        "use a;".repeat(SIZE / 6),
        "/*".repeat(SIZE / 2),
        "r#".repeat(SIZE / 2),
        format!("r{}\"", "#".repeat(SIZE)),
        format!("fn f() {{ \"{}", "never ends ".repeat(SIZE / 11)),
        "'".repeat(SIZE),
        "'a ".repeat(SIZE / 3),
        "\\ \\u{ \\x \"\\u{110000}\\q\" b\"\\xZZ\" '\\u{}' ".repeat(SIZE / 50),
        "\u{0}".repeat(SIZE),
        "fn f() { let a\u{0} = \u{202e}1\u{0}; }\r\n".repeat(SIZE / 40),
        "0x 0b 1e 1.2.3.. 0o9 1_ 99999999999999999999999999 ".repeat(SIZE / 52),
        "k#fn r#\"a\"# c\"x\" 'r#a #\"s\"# ---\n".repeat(SIZE / 32),
        text(1).repeat(SIZE / text(1).len()),
    ]
}

#[test]
fn hostile_texts_are_compared_like_others_and_take_no_longer() {
    let hostile = hostile();
    for text in &hostile {
        let tokens = Tokens::of(text);
        assert_eq!(tokens.kinds.len(), tokens.lines.len());
        let lines = text.bytes().filter(|byte| *byte == b'\n').count() as u32 + 1;
        assert!(tokens.lines.iter().all(|line| (1..=lines).contains(line)));
        assert!(tokens.lines.is_sorted());
    }
    let names: Vec<String> = (0..2 * hostile.len()).map(|nth| format!("s{nth:02}")).collect();
    let texts = hostile.iter().chain(&hostile);
    let sources: Vec<(&str, &str)> = names.iter().zip(texts).map(|(name, text)| (&**name, &**text)).collect();
    let found = compared(&[], &sources);
    for pair in &found.pairs {
        let alike = &pair.exercises[0];
        assert!(!alike.regions.is_empty() && alike.longest_run >= GRAM, "{pair:?}");
    }
    // Of the texts with more than a few fingerprints each is like its double.
    let last = (names[hostile.len() - 1].as_str(), names[2 * hostile.len() - 1].as_str());
    assert!(found.pairs.iter().any(|pair| (&*pair.one, &*pair.other) == last), "{:?}", found.pairs);
}

#[test]
fn imports_are_left_out_and_nothing_hides_among_them() {
    let kinds = |text: &str| Tokens::of(text).kinds;
    assert_eq!(kinds("use std::{a, b::*, self as _};\npub fn f() {}"), kinds("pub fn f() {}"));
    assert!(kinds("use a;").is_empty());
    assert_eq!(kinds("use fn f() {} ;").len(), 8, "no import, so all of it is there");
    assert_eq!(kinds("fn f() -> impl T + use<'a> { 1 }").len(), 16);
}

#[test]
fn a_names_kind_is_that_of_every_name_and_no_keywords() {
    let kinds = Tokens::of("a bcd r#fn é fn Self _ 'x 'c' b'c' 1 2.0 \"s\" br#\"s\"# № ==").kinds;
    assert!(kinds[..4].iter().all(|kind| *kind == kinds[0]), "{kinds:?}");
    assert_eq!((kinds[8], kinds[10], kinds[12]), (kinds[9], kinds[11], kinds[13]));
    let different: HashSet<u8> = [0, 4, 5, 6, 7, 8, 10, 12, 14, 15].into_iter().map(|at| kinds[at]).collect();
    assert_eq!(different.len(), 10);
    assert_eq!(kinds.len(), 17, "signs are single: {kinds:?}");
}
