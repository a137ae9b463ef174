//! Calls that reach around the simulated world.
//!
//! Time, threads and chance inside a check belong to the course; code that takes them from the machine instead may pass
//! today and fail tomorrow. A scan of the text finds the usual ones and says what to use. It changes no verdict: a run
//! that differs from itself is noticed by the checks anyway, and this note then names the likely cause.

/// The full path of something not to be used, and what to use instead.
struct Rule {
    path: &'static [&'static str],
    advice: &'static str,
}

const CLOCK: &str = "reads the machine's clock, which knows nothing of simulated time. Use tokio::time::Instant, or the \
     clock the exercise hands you.";
const CHANCE: &str = "draws from the machine's randomness, so that no run can be repeated. Use the generator the \
     exercise hands you.";
const EXIT: &str = "ends the grading program together with yours. Return an error instead.";

const RULES: &[Rule] = &[
    Rule { path: &["std", "time", "Instant"], advice: CLOCK },
    Rule { path: &["std", "time", "SystemTime"], advice: CLOCK },
    Rule {
        path: &["std", "thread", "sleep"],
        advice: "blocks the one thread that everything runs on. Use tokio::time::sleep(…).await.",
    },
    Rule {
        path: &["std", "thread", "spawn"],
        advice: "starts a thread outside the simulated world, whose order nobody controls. Use tokio::spawn.",
    },
    Rule {
        path: &["tokio", "task", "spawn_blocking"],
        advice: "runs on a thread outside the simulated world, whose order nobody controls. Do the work in place, or in \
                 tokio::spawn.",
    },
    Rule { path: &["rand", "rng"], advice: CHANCE },
    Rule { path: &["rand", "random"], advice: CHANCE },
    Rule { path: &["rand", "thread_rng"], advice: CHANCE },
    Rule { path: &["from_os_rng"], advice: CHANCE },
    Rule { path: &["std", "process", "exit"], advice: EXIT },
    Rule { path: &["std", "process", "abort"], advice: EXIT },
];

/// One note for each such thing that `source` uses, with the lines it is used in.
pub fn notes(source: &str) -> Vec<String> {
    let (uses, names) = split_uses(&tokens(source));
    let mut lines: Vec<Vec<usize>> = vec![Vec::new(); RULES.len()];
    for path in paths(&names) {
        let meanings = resolve(&path.segments, &uses);
        let found = RULES.iter().position(|rule| meanings.iter().any(|meaning| rule.forbids(meaning)));
        if let Some(rule) = found.filter(|rule| !lines[*rule].contains(&path.line)) {
            lines[rule].push(path.line);
        }
    }
    let found = RULES.iter().zip(lines).filter(|(_, lines)| !lines.is_empty());
    found.map(|(rule, lines)| format!("{}: {} {}", place(&lines), rule.path.join("::"), rule.advice)).collect()
}

impl Rule {
    /// Whether the path, written out in full, is this or something in it. A rule of one name means it everywhere.
    fn forbids(&self, path: &[&str]) -> bool {
        if let [name] = self.path { path.contains(name) } else { path.starts_with(self.path) }
    }
}

fn place(lines: &[usize]) -> String {
    let numbers: Vec<String> = lines.iter().map(usize::to_string).collect();
    format!("{} {}", if lines.len() == 1 { "line" } else { "lines" }, numbers.join(", "))
}

/// `use path as name`; a glob has no name.
struct Use<'s> {
    name: Option<&'s str>,
    path: Vec<&'s str>,
}

/// `a::b::c` somewhere in the code.
struct Path<'s> {
    segments: Vec<&'s str>,
    line: usize,
}

/// What a path may mean, given what was imported.
fn resolve<'s>(path: &[&'s str], uses: &[Use<'s>]) -> Vec<Vec<&'s str>> {
    let named: Vec<&Use<'s>> = uses.iter().filter(|import| import.name == Some(path[0])).collect();
    if named.is_empty() {
        let globs = uses.iter().filter(|import| import.name.is_none());
        return globs.map(|glob| [&glob.path, path].concat()).chain([path.to_vec()]).collect();
    }
    named.into_iter().map(|import| [&import.path, &path[1..]].concat()).collect()
}

/// A word or a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Token<'s> {
    text: &'s str,
    line: usize,
}

/// All paths of at least one word; not fields and methods, which belong to what stands before the dot.
fn paths<'s>(tokens: &[Token<'s>]) -> Vec<Path<'s>> {
    let mut paths: Vec<Path<'s>> = Vec::new();
    let mut before = "";
    let mut before_that = "";
    for token in tokens.iter().filter(|token| is_word(token.text) || !token.text.trim().is_empty()) {
        if is_word(token.text) && before == "::" && is_word(before_that) {
            paths.last_mut().expect("a path begins with a word").segments.push(token.text);
        } else if is_word(token.text) && before != "." {
            paths.push(Path { segments: vec![token.text], line: token.line });
        } else if is_word(token.text) {
            // A method: it ends the path before it and begins none, but `::<T>` may follow.
            paths.push(Path { segments: vec!["."], line: token.line });
        }
        before_that = std::mem::replace(&mut before, token.text);
    }
    paths
}

/// Takes the `use` items out of the code.
fn split_uses<'s>(tokens: &[Token<'s>]) -> (Vec<Use<'s>>, Vec<Token<'s>>) {
    let mut uses = Vec::new();
    let mut rest = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        // `impl Trait + use<'a>` is the other use of the word.
        if tokens[at].text == "use" && tokens.get(at + 1).is_some_and(|next| next.text != "<") {
            at = use_tree(tokens, at + 1, &[], &mut uses) + 1;
        } else {
            rest.push(tokens[at]);
            at += 1;
        }
    }
    (uses, rest)
}

/// Reads `a::b::{c, d as e, f::*}` from `at` on; returns where it ends.
fn use_tree<'s>(tokens: &[Token<'s>], mut at: usize, prefix: &[&'s str], uses: &mut Vec<Use<'s>>) -> usize {
    let mut path = prefix.to_vec();
    let mut name = None;
    while let Some(token) = tokens.get(at) {
        match token.text {
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token.text != "}" && token.text != ";") {
                    at = use_tree(tokens, at, &path, uses);
                    at += usize::from(tokens.get(at).is_some_and(|token| token.text == ","));
                }
                return at + usize::from(tokens.get(at).is_some_and(|token| token.text == "}"));
            }
            "*" => {
                uses.push(Use { name: None, path });
                return at + 1;
            }
            "as" => name = tokens.get(at + 1).map(|token| token.text),
            "," | "}" | ";" => break,
            text if is_word(text) && name.is_none() => path.push(text),
            _ => {}
        }
        at += 1;
    }
    if path.last() == Some(&"self") {
        path.pop();
    }
    if let Some(last) = path.last().copied() {
        uses.push(Use { name: Some(name.unwrap_or(last)), path });
    }
    at
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The words and marks of Rust source, without comments, strings, characters and lifetimes.
fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (source, 1);
    while let Some(first) = rest.chars().next() {
        let length = skipped(rest).unwrap_or_else(|| {
            let length = token_length(rest);
            if !first.is_whitespace() {
                tokens.push(Token { text: &rest[..length], line });
            }
            length
        });
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

fn token_length(rest: &str) -> usize {
    if rest.starts_with("::") {
        return 2;
    }
    if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        return rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    }
    rest.chars().next().map_or(0, char::len_utf8)
}

/// The length of the comment, string, character or lifetime that `rest` begins with, if it does.
fn skipped(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment(rest));
    }
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        rest.strip_prefix(prefix).is_some_and(|rest| {
            rest.starts_with('"') || (prefix.ends_with('r') && rest.trim_start_matches('#').starts_with('"'))
        })
    });
    if let Some(prefix) = prefix {
        let body = &rest[prefix.len()..];
        return Some(prefix.len() + if prefix.ends_with('r') { raw_string(body) } else { quoted(body, '"') });
    }
    let body = rest.strip_prefix('b').unwrap_or(rest);
    body.starts_with('\'').then(|| rest.len() - body.len() + character_or_lifetime(body))
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// `#"…"#`, with any number of `#`.
fn raw_string(rest: &str) -> usize {
    let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
    let end = format!("\"{}", "#".repeat(hashes));
    let begin = hashes + 1;
    rest.get(begin..).and_then(|body| body.find(&end)).map_or(rest.len(), |at| begin + at + end.len())
}

/// From one `quote` to the next that no backslash stands before.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// `'x'` and `'\n'` are characters, `'a` is a lifetime.
fn character_or_lifetime(rest: &str) -> usize {
    let mut chars = rest.chars().skip(1);
    match (chars.next(), chars.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => quoted(rest, '\''),
        _ => 1 + rest[1..].find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len() - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<String> {
        notes(source).iter().map(|note| note.split_whitespace().take(3).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn a_path_written_out_is_found_with_its_line() {
        assert_eq!(found("fn f() {\n    std::thread::sleep(d);\n}"), ["line 2: std::thread::sleep"]);
    }

    #[test]
    fn a_name_is_followed_to_its_import() {
        assert_eq!(found("use std::time::Instant;\nfn f() { Instant::now(); }"), ["line 2: std::time::Instant"]);
        assert_eq!(found("use std::time::Instant as T;\nfn f() { T::now(); }"), ["line 2: std::time::Instant"]);
        assert_eq!(found("use std::{thread, time::*};\nfn f() {\nthread::spawn(x);\nSystemTime::now(); }").len(), 2);
        assert_eq!(found("use std::thread::{self};\nfn f() { thread::sleep(d) }").len(), 1);
    }

    #[test]
    fn the_same_name_from_tokio_is_fine() {
        let source = "use tokio::time::{self, Instant, sleep};\nfn f() { Instant::now(); sleep(d); time::sleep(d); }";
        assert!(found(source).is_empty());
        assert!(
            found("fn f() { tokio::spawn(x); tokio::time::Instant::now(); self.spawn(x); world.sleep(d); }").is_empty()
        );
    }

    #[test]
    fn all_lines_of_one_call_make_one_note() {
        assert_eq!(notes("fn f() {\nrand::random();\nrand::random();\n}").len(), 1);
        assert!(notes("fn f() {\nrand::random();\nrand::random();\n}")[0].starts_with("lines 2, 3: rand::random "));
    }

    #[test]
    fn seeding_from_the_machine_is_found_whatever_the_generator() {
        assert_eq!(found("fn f() { Pcg64::from_os_rng(); }"), ["line 1: from_os_rng"]);
    }

    #[test]
    fn comments_and_strings_are_not_code() {
        let source = r####"
            // std::thread::sleep
            /* std::process::exit(0) /* nested */ std::thread::sleep */
            const A: &str = "std::thread::sleep \" std::thread::sleep";
            const B: &str = r#"std::thread::sleep " std"#;
            const C: char = '"';
            fn f<'a>(x: &'a str) -> char { '\'' }
        "####;
        assert!(found(source).is_empty(), "{:?}", found(source));
        assert_eq!(found(&format!("{source}\nfn g() {{ std::process::exit(1) }}")).len(), 1);
    }

    #[test]
    fn broken_source_is_no_reason_to_fall_over() {
        for source in ["use std::{", "\"", "r###\"", "/*", "'", "use", "b'", "'\\", "use a as", "x::", "é::ü"] {
            notes(source);
        }
    }
}
