//! Cargo, and whose mistake a compiler error is.
//!
//! All exercises of a chapter are compiled in one go, because that is fastest when all is well. When it is not, every
//! error is traced to the exercise it stands in; those exercises are taken out and the rest compiles again. rustc's
//! words are kept as they are: nobody explains a type error better.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use crate::interrupt::Guarded;
use crate::meter::Meter;
use crate::{Context, Failure};

/// The flag that opens `tokio::runtime::Builder::rng_seed`.
const SEEDED_SELECT: &str = "tokio_unstable";

/// Something that compiles or doesn't on its own: an exercise, a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its feature, its module.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
    /// The folder its submodules are in.
    pub folder: PathBuf,
}

/// What a build that came to an end is worth.
#[derive(Debug, Default)]
pub struct Settled {
    /// The program; none if no unit was left.
    pub program: Option<PathBuf>,
    /// Units that do not compile, with rustc's messages.
    pub refused: BTreeMap<String, String>,
    /// How many warnings rustc has about a unit.
    pub warnings: BTreeMap<String, usize>,
}

/// What one run of cargo said.
#[derive(Debug, Default)]
pub struct Output {
    /// Whether cargo was content.
    pub success: bool,
    /// The program it made.
    pub program: Option<PathBuf>,
    /// rustc's errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// What cargo itself wrote to standard error.
    pub log: String,
}

/// An error or a warning of rustc.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Diagnostic {
    level: String,
    #[serde(default)]
    rendered: Option<String>,
    #[serde(default)]
    spans: Vec<Span>,
    #[serde(default)]
    children: Vec<Diagnostic>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
struct Span {
    file_name: String,
    #[serde(default)]
    is_primary: bool,
    #[serde(default)]
    text: Vec<SourceLine>,
    #[serde(default)]
    expansion: Option<Box<Expansion>>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct SourceLine {
    text: String,
    /// In characters, from 1.
    highlight_start: usize,
    highlight_end: usize,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Expansion {
    span: Span,
}

#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-message")]
    Said { message: Diagnostic },
    #[serde(rename = "compiler-artifact")]
    Made {
        target: Target,
        #[serde(default)]
        executable: Option<PathBuf>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

impl Diagnostic {
    /// Whether it stops the build.
    pub fn is_error(&self) -> bool {
        self.level.starts_with("error")
    }

    fn is_warning(&self) -> bool {
        self.level == "warning"
    }

    /// "aborting due to 3 previous errors" and the like: says nothing on its own.
    fn is_summary(&self) -> bool {
        self.spans.is_empty() && self.children.is_empty()
    }

    /// As rustc shows it.
    pub fn rendered(&self) -> &str {
        self.rendered.as_deref().unwrap_or_default()
    }

    /// The unit it is about: the one its main place is in, or a place it was expanded at, or any other place it points
    /// to, or the only one whose name stands in the marked source.
    pub fn about<'u>(&self, root: &Path, units: &'u [Unit]) -> Option<&'u Unit> {
        let (main, others): (Vec<&Span>, Vec<&Span>) = self.spans.iter().partition(|span| span.is_primary);
        let children = self.children.iter().flat_map(|child| &child.spans);
        let mut places = main.iter().copied().chain(others).chain(children).flat_map(Span::chain);
        let here = |span: &Span| units.iter().find(|unit| unit.holds(&root.join(&span.file_name)));
        places
            .find_map(here)
            .or_else(|| main.iter().flat_map(|span| span.chain()).find_map(|span| span.mentions(units)))
    }
}

impl Diagnostic {
    fn is_inside(&self, root: &Path, unit: &Unit) -> bool {
        let mut main = self.spans.iter().filter(|span| span.is_primary).flat_map(Span::chain);
        main.any(|span| unit.holds(&root.join(&span.file_name)))
    }
}

impl Span {
    /// The span and the places its macro was called from, from the inside out.
    fn chain(&self) -> impl Iterator<Item = &Span> {
        std::iter::successors(Some(self), |span| span.expansion.as_ref().map(|expansion| &expansion.span))
    }

    /// The only unit whose name is a word of the marked source.
    fn mentions<'u>(&self, units: &'u [Unit]) -> Option<&'u Unit> {
        let marked: Vec<String> = self.text.iter().map(SourceLine::marked).collect();
        let is_word = |name: &str| marked.iter().any(|line| words(line).any(|word| word == name));
        let mut mentioned = units.iter().filter(|unit| is_word(&unit.name));
        mentioned.next().filter(|_| mentioned.next().is_none())
    }
}

impl SourceLine {
    fn marked(&self) -> String {
        let length = self.highlight_end.saturating_sub(self.highlight_start);
        self.text.chars().skip(self.highlight_start.saturating_sub(1)).take(length).collect()
    }
}

impl Unit {
    fn holds(&self, path: &Path) -> bool {
        path == self.file || path.starts_with(&self.folder)
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Runs cargo with `args` and reads its messages; `target` is the name of the program that is wanted.
///
/// # Errors
/// If cargo can't be started.
pub fn cargo(
    context: &Context,
    meter: &Meter,
    target: &str,
    args: &[String],
    env: &[(&str, OsString)],
) -> Result<Output, Failure> {
    let format = if context.paint.is_colour() { "json-diagnostic-rendered-ansi" } else { "json" };
    let mut command = command(context, meter);
    command.args(args).arg(format!("--message-format={format}")).envs(env.iter().cloned());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = Guarded::spawn(&mut command).map_err(|error| {
        Failure::new(format!(
            "cargo can't be started: {error}\n\nIs it installed and on the PATH? See https://rustup.rs."
        ))
    })?;
    let (stdout, stderr) = (child.stdout(), child.stderr());
    let mut output = Output::default();
    thread::scope(|scope| {
        let log = scope.spawn(|| read_log(meter, stderr));
        for line in stdout.into_iter().flat_map(|pipe| BufReader::new(pipe).split(b'\n')).map_while(Result::ok) {
            output.message(target, &String::from_utf8_lossy(&line));
        }
        output.log = log.join().expect("reading cargo's output does not panic");
    });
    let status = child.wait(Duration::from_secs(60)).ok().flatten();
    output.success = status.is_some_and(|status| status.success());
    Ok(output)
}

/// A `cargo` that builds with seeded `select!`, whatever the environment says.
pub fn command(context: &Context, meter: &Meter) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(&context.root);
    let set = |name| env::var(name).ok().map(|value| (name, value));
    // The first of the two that is set is the one that cargo heeds, and either hides the flag in .cargo/config.toml.
    if let Some((name, value)) = set("CARGO_ENCODED_RUSTFLAGS").or_else(|| set("RUSTFLAGS"))
        && !value.contains(SEEDED_SELECT)
    {
        command.env(name, with_seeded_select(name, &value));
        static SAID: Once = Once::new();
        SAID.call_once(|| {
            meter.note(&format!(
                "{name} is set, which hides the flags in .cargo/config.toml; adding `--cfg {SEEDED_SELECT}` to it."
            ));
        });
    }
    command
}

fn with_seeded_select(name: &str, value: &str) -> String {
    let between = if name == "RUSTFLAGS" { " " } else { "\u{1f}" };
    let flags = [value, "--cfg", SEEDED_SELECT];
    flags.into_iter().filter(|flag| !flag.trim().is_empty()).collect::<Vec<_>>().join(between)
}

/// Cargo's own words; what it is at is shown while it lasts.
fn read_log(meter: &Meter, pipe: Option<impl Read>) -> String {
    let mut log = String::new();
    for line in pipe.into_iter().flat_map(|pipe| BufReader::new(pipe).split(b'\n')).map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        let mut parts = line.split_whitespace();
        if let (Some("Compiling" | "Downloading" | "Downloaded"), Some(name)) = (parts.next(), parts.next()) {
            meter.detail(format!("compiling {name}"));
        }
        log.push_str(&line);
        log.push('\n');
    }
    log
}

impl Output {
    /// Takes in one line of cargo's messages; lines that are none (a build script's print) are skipped.
    fn message(&mut self, wanted: &str, line: &str) {
        match serde_json::from_str(line) {
            Ok(Message::Said { message }) => self.diagnostics.push(message),
            Ok(Message::Made { target, executable: Some(program) }) if target.name == wanted => {
                self.program = Some(program);
            }
            Ok(Message::Made { .. } | Message::Other) | Err(_) => {}
        }
    }

    fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.is_error() && !diagnostic.is_summary())
    }

    /// What went wrong, for a person: rustc's errors, or cargo's own words if there are none.
    pub fn story(&self) -> String {
        let errors: String = self.errors().map(Diagnostic::rendered).collect();
        if errors.is_empty() { self.log.trim_end().to_owned() } else { errors.trim_end().to_owned() }
    }
}

/// Compiles `units` with `attempt`, again and again without those that do not compile, until the rest does.
///
/// # Errors
/// If there is an error that is nobody's: then the checkout is broken, not a learner's work.
pub fn settle(
    root: &Path,
    mut units: Vec<Unit>,
    mut attempt: impl FnMut(&[Unit]) -> Result<Output, Failure>,
) -> Result<Settled, Failure> {
    let mut settled = Settled::default();
    while !units.is_empty() {
        let output = attempt(&units)?;
        settled.warnings = count_warnings(root, &units, &output);
        if output.success {
            settled.program = Some(output.program.ok_or_else(|| broken("cargo named no program", &output.log))?);
            return Ok(settled);
        }
        let mut refused = blame(root, &units, &output);
        if refused.is_empty() {
            refused = one_by_one(&units, &output, &mut attempt)?;
        }
        units.retain(|unit| !refused.contains_key(&unit.name));
        settled.refused.extend(refused);
    }
    Ok(settled)
}

fn count_warnings(root: &Path, units: &[Unit], output: &Output) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for warning in output.diagnostics.iter().filter(|diagnostic| diagnostic.is_warning()) {
        if let Some(unit) = warning.about(root, units) {
            *counts.entry(unit.name.clone()).or_insert(0) += 1;
        }
    }
    counts
}

/// The errors of every unit that has some. Those outside its own files only echo those inside, if there are any.
fn blame(root: &Path, units: &[Unit], output: &Output) -> BTreeMap<String, String> {
    let mut refused = BTreeMap::<String, (String, String)>::new();
    for error in output.errors() {
        if let Some(unit) = error.about(root, units) {
            let (inside, outside) = refused.entry(unit.name.clone()).or_default();
            let messages = if error.is_inside(root, unit) { inside } else { outside };
            messages.push_str(error.rendered());
        }
    }
    let told = |(inside, outside): (String, String)| if inside.is_empty() { outside } else { inside };
    refused.into_iter().map(|(name, messages)| (name, told(messages))).collect()
}

/// When no error says whose it is, every unit is compiled alone. If none does, it is not the learner's fault, except
/// that a unit which was alone to begin with is the only one there is to blame for an error of rustc.
fn one_by_one(
    units: &[Unit],
    together: &Output,
    attempt: &mut impl FnMut(&[Unit]) -> Result<Output, Failure>,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut refused = BTreeMap::new();
    if let [_] = units {
        return Err(broken("The course does not compile, and none of the errors is in your files", &together.story()));
    }
    for unit in units {
        let alone = attempt(std::slice::from_ref(unit))?;
        if !alone.success {
            refused.insert(unit.name.clone(), alone.story());
        }
    }
    if refused.is_empty() || refused.len() == units.len() {
        return Err(broken("The course does not compile, and none of the errors is in your files", &together.story()));
    }
    Ok(refused)
}

fn broken(what: &str, story: &str) -> Failure {
    Failure::new(format!(
        "{what}.\n\n{story}\n\n\
         `git status` shows what was changed, `git checkout PATH` brings a file of the course back. If nothing was \
         changed, the line above names what is missing here."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units() -> Vec<Unit> {
        let unit = |name: &str| {
            let src = Path::new("/course/exercises/ch01/src");
            Unit { name: name.into(), file: src.join(format!("{name}.rs")), folder: src.join(name) }
        };
        vec![unit("flaky_rpc"), unit("thin_pipe")]
    }

    fn span(file: &str, marked: &str, primary: bool) -> serde_json::Value {
        serde_json::json!({
            "file_name": file, "is_primary": primary,
            "text": [{"text": marked, "highlight_start": 1, "highlight_end": marked.len() + 1}],
        })
    }

    fn recorded(level: &str, rendered: &str, spans: Vec<serde_json::Value>) -> String {
        let message = serde_json::json!({"level": level, "rendered": rendered, "spans": spans, "children": []});
        serde_json::json!({"reason": "compiler-message", "message": message}).to_string()
    }

    fn output(lines: &[String]) -> Output {
        let mut output = Output::default();
        lines.iter().for_each(|line| output.message("grade", line));
        output
    }

    fn about(line: String) -> Option<String> {
        let output = output(&[line]);
        output.diagnostics[0].about(Path::new("/course"), &units()).map(|unit| unit.name.clone())
    }

    #[test]
    fn an_error_belongs_to_the_exercise_whose_file_it_stands_in() {
        let line = recorded("error", "E", vec![span("exercises/ch01/src/thin_pipe.rs", "x", true)]);
        assert_eq!(about(line).as_deref(), Some("thin_pipe"));
    }

    #[test]
    fn an_error_in_a_submodule_belongs_to_its_exercise() {
        let line = recorded("error", "E", vec![span("exercises/ch01/src/thin_pipe/frame.rs", "x", true)]);
        assert_eq!(about(line).as_deref(), Some("thin_pipe"));
    }

    #[test]
    fn the_main_place_of_an_error_counts_before_the_places_it_also_points_to() {
        let spans = vec![
            span("exercises/ch01/src/flaky_rpc.rs", "x", false),
            span("exercises/ch01/src/thin_pipe.rs", "x", true),
        ];
        assert_eq!(about(recorded("error", "E", spans)).as_deref(), Some("thin_pipe"));
    }

    #[test]
    fn an_error_in_a_macro_belongs_to_whoever_called_the_macro() {
        let mut inner = span("/registry/macros.rs", "$x", true);
        inner["expansion"] = serde_json::json!({"span": span("exercises/ch01/src/flaky_rpc.rs", "m!()", true)});
        assert_eq!(about(recorded("error", "E", vec![inner])).as_deref(), Some("flaky_rpc"));
    }

    #[test]
    fn an_error_in_the_generated_list_belongs_to_the_exercise_named_there() {
        let line = recorded("error", "E", vec![span("exercises/ch01/tests/grade.rs", "crate::thin_pipe::Pipe", true)]);
        assert_eq!(about(line).as_deref(), Some("thin_pipe"));
        let both = recorded("error", "E", vec![span("exercises/ch01/tests/grade.rs", "flaky_rpc, thin_pipe", true)]);
        assert_eq!(about(both), None);
    }

    #[test]
    fn an_error_in_the_course_is_nobodys() {
        assert_eq!(about(recorded("error", "E", vec![span("harness/src/lib.rs", "x", true)])), None);
    }

    fn failing(lines: &[String]) -> Output {
        Output { success: false, ..output(lines) }
    }

    fn succeeding() -> Output {
        Output { success: true, program: Some("grade".into()), ..Output::default() }
    }

    #[test]
    fn units_that_do_not_compile_are_left_out_until_the_rest_does() {
        let error = recorded("error", "E0308: mismatch\n", vec![span("exercises/ch01/src/flaky_rpc.rs", "x", true)]);
        let mut seen = Vec::new();
        let settled = settle(Path::new("/course"), units(), |units| {
            seen.push(units.len());
            Ok(if units.len() == 2 { failing(std::slice::from_ref(&error)) } else { succeeding() })
        })
        .expect("the rest compiles");
        assert_eq!(seen, [2, 1]);
        assert_eq!(settled.refused["flaky_rpc"], "E0308: mismatch\n");
        assert!(settled.program.is_some());
    }

    #[test]
    fn a_course_that_does_not_compile_by_itself_is_no_learners_fault() {
        let error = recorded("error", "E0433: harness\n", vec![span("harness/src/lib.rs", "x", true)]);
        let failure = settle(Path::new("/course"), units(), |_| Ok(failing(std::slice::from_ref(&error))));
        assert!(failure.expect_err("nobody is to blame").to_string().contains("E0433: harness"));
    }

    #[test]
    fn an_error_without_a_place_is_traced_by_compiling_one_by_one() {
        let error = recorded("error", "linking failed\n", vec![span("<stdin>", "x", true)]);
        let settled = settle(Path::new("/course"), units(), |units| {
            let guilty = units.iter().any(|unit| unit.name == "thin_pipe");
            Ok(if guilty { failing(std::slice::from_ref(&error)) } else { succeeding() })
        })
        .expect("one of them compiles");
        assert_eq!(settled.refused.keys().collect::<Vec<_>>(), ["thin_pipe"]);
    }

    #[test]
    fn the_flag_is_added_to_what_the_environment_says() {
        assert_eq!(with_seeded_select("RUSTFLAGS", "-Dwarnings"), "-Dwarnings --cfg tokio_unstable");
        assert_eq!(with_seeded_select("RUSTFLAGS", ""), "--cfg tokio_unstable");
        assert_eq!(
            with_seeded_select("CARGO_ENCODED_RUSTFLAGS", "-C\u{1f}x"),
            "-C\u{1f}x\u{1f}--cfg\u{1f}tokio_unstable"
        );
    }

    #[test]
    fn the_program_is_the_one_of_the_wanted_target() {
        let artifact = |name: &str, program: serde_json::Value| {
            serde_json::json!({"reason": "compiler-artifact", "target": {"name": name}, "executable": program})
                .to_string()
        };
        let lines = [artifact("lib", serde_json::Value::Null), artifact("grade", "/t/grade-1".into())];
        assert_eq!(output(&lines).program, Some("/t/grade-1".into()));
    }
}
