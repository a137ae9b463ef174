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

pub use crate::diagnostic::{Diagnostic, Unit};
use crate::interrupt::Guarded;
use crate::meter::Meter;
use crate::{Context, Failure};

/// The flag that opens `tokio::runtime::Builder::rng_seed`.
const SEEDED_SELECT: &str = "tokio_unstable";

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
    /// Everything that was made, or was there already.
    pub artifacts: Vec<Artifact>,
}

/// Something that cargo has made.
#[derive(Clone, Debug, Deserialize)]
pub struct Artifact {
    /// Its package, in cargo's own words.
    pub package_id: String,
    /// What of the package it is.
    pub target: Target,
    /// The files.
    pub filenames: Vec<PathBuf>,
    /// The program among them, if it is one.
    #[serde(default)]
    pub executable: Option<PathBuf>,
}

/// A part of a package.
#[derive(Clone, Debug, Deserialize)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// `lib`, `bin`, `proc-macro`, …
    #[serde(default)]
    pub kind: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-message")]
    Said { message: Diagnostic },
    #[serde(rename = "compiler-artifact")]
    Made(Artifact),
    #[serde(other)]
    Other,
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
    // What `cargo run` tells a program about its package is no business of another cargo: build scripts that look at it
    // (ring's does) would run again, and with them half of the harness, whenever a learner calls cargo directly.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(tells_about_a_package)) {
        command.env_remove(name);
    }
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

fn tells_about_a_package(name: &str) -> bool {
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_BIN_")
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
        if line.contains("waiting for file lock") {
            meter.stage("waiting for another cargo (an editor's, perhaps) to finish");
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
            Ok(Message::Made(artifact)) => {
                if artifact.target.name == wanted && artifact.executable.is_some() {
                    self.program.clone_from(&artifact.executable);
                }
                self.artifacts.push(artifact);
            }
            Ok(Message::Other) | Err(_) => {}
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

/// When no error says whose it is, every unit is compiled alone. If that tells none apart, it is nobody's fault who is
/// graded here.
fn one_by_one(
    units: &[Unit],
    together: &Output,
    attempt: &mut impl FnMut(&[Unit]) -> Result<Output, Failure>,
) -> Result<BTreeMap<String, String>, Failure> {
    const NOBODYS: &str = "The course does not compile, and none of the errors is in your files";
    let mut refused = BTreeMap::new();
    if together.errors().next().is_none() {
        return Err(broken("cargo could not build the course", &together.story()));
    }
    if let [_] = units {
        return Err(broken(NOBODYS, &together.story()));
    }
    for unit in units {
        let alone = attempt(std::slice::from_ref(unit))?;
        if !alone.success {
            refused.insert(unit.name.clone(), alone.story());
        }
    }
    if refused.is_empty() || refused.len() == units.len() {
        return Err(broken(NOBODYS, &together.story()));
    }
    Ok(refused)
}

fn broken(what: &str, story: &str) -> Failure {
    Failure::new(format!(
        "{what}.\n\n{story}\n\n\
         `git status` shows what was changed, `git checkout PATH` brings a file of the course back. If nothing was \
         changed, the lines above name what is missing here: a tool, disk space, the network."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::tests::{recorded, span, units};

    fn output(lines: &[String]) -> Output {
        let mut output = Output::default();
        lines.iter().for_each(|line| output.message("grade", line));
        output
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
    fn a_cargo_that_fails_before_rustc_is_quoted() {
        let log = "error: failed to download from `https://…`".to_owned();
        let failure = settle(Path::new("/course"), units(), |_| Ok(Output { log: log.clone(), ..Output::default() }));
        let told = failure.expect_err("nothing was built").to_string();
        assert!(told.starts_with("cargo could not build the course") && told.contains("failed to download"), "{told}");
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
            let target = serde_json::json!({"name": name, "kind": ["test"]});
            let artifact = serde_json::json!({"reason": "compiler-artifact", "package_id": "p", "target": target,
                "filenames": [], "executable": program});
            artifact.to_string()
        };
        let lines = [artifact("lib", serde_json::Value::Null), artifact("grade", "/t/grade-1".into())];
        assert_eq!(output(&lines).program, Some("/t/grade-1".into()));
    }
}
