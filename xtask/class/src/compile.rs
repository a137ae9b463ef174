//! A submission's source, compiled by a rustc in a jail.
//!
//! Cargo has no part in it: cargo would heed what lies around a source (configuration, a build script, a tool chain that is
//! asked for) and would share what it has built for somebody else. rustc is told everything, has an empty environment, and
//! finds one source and the course's libraries. The source becomes a library of its own, so it stands in no crate with anything of
//! ours; the program round it is one line.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jail::{Cell, Conduct, Ended, Jailer, Limits, Run};
use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

use crate::kit::{Extern, Kit};

/// What rustc may use up for one source. The course's own solutions take less than a second and 200 MB.
const CPU_S: u64 = 10;
const WALL_MS: u64 = 60_000;
const MEMORY_BYTES: u64 = 4 << 30;
const FILE_BYTES: u64 = 256 << 20;

/// How much of rustc's messages is kept; who gets more errors than that mends the first ones first.
const MESSAGE_BYTES: usize = 64 << 10;

/// The name of the crate that a submission is.
const CRATE: &str = "submission";

/// Said before errors of the program round a submission.
const ROUND_IT: &str = "This file compiles by itself, but no program can be made of it. Is the type that the exercise asks for in \
     it, and public, and does it implement the trait?";

/// What came of compiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compiled {
    /// The program, and how many warnings rustc has.
    Program(PathBuf, usize),
    /// rustc's messages, or why there are none.
    Refused(String),
}

/// Compiles the source of an exercise in the folder `job`, which is there and empty.
///
/// # Errors
///
/// When the fault is not the source's: rustc can't be started, the disk is full.
pub fn compile(
    kit: &Kit,
    jailer: &Jailer,
    job: &Path,
    (chapter, exercise): (&str, &str),
    source: &str,
) -> io::Result<Compiled> {
    if let Some(line) = unsafe_line(source) {
        return Ok(Compiled::Refused(format!(
            "error: `unsafe` in line {line} of {exercise}.rs\n\nNo exercise needs unsafe code, and none is graded: it could \
             reach around everything that is promised about a run. Take it out, also where it is only an attribute."
        )));
    }
    let (sources, made) = (job.join("source"), job.join("made"));
    fs::create_dir_all(&sources)?;
    fs::create_dir_all(&made)?;
    let file = format!("{exercise}.rs");
    fs::write(sources.join(&file), source)?;
    fs::write(sources.join("lib.rs"), format!("#[path = {file:?}]\npub mod {exercise};\n"))?;
    fs::write(
        sources.join("main.rs"),
        format!(
            "fn main() -> ::std::process::ExitCode {{\n    ::worker::main({chapter}::serve!({exercise}, {CRATE}::{exercise}))\n}}\n"
        ),
    )?;
    let rustc = Rustc { kit, jailer, sources: &sources, made: &made };
    let ended = rustc.run("lib", CRATE, kit.externs(chapter), &["-Funsafe_code"])?;
    if !succeeded(&ended) {
        return Ok(Compiled::Refused(told(&ended)));
    }
    let warnings = count_warnings(&ended);
    let library = Extern { name: CRATE.to_owned(), library: made.join(format!("lib{CRATE}.rlib")) };
    let externs: Vec<Extern> = kit.frame(chapter).into_iter().chain([library]).collect();
    let more: Vec<&str> = ["-Awarnings"].into_iter().chain(LINKED_FAST).collect();
    let ended = rustc.run("main", "program", &externs, &more)?;
    if !succeeded(&ended) {
        return Ok(Compiled::Refused(format!("{ROUND_IT}\n\n{}", told(&ended))));
    }
    Ok(Compiled::Program(made.join(format!("program{}", std::env::consts::EXE_SUFFIX)), warnings))
}

/// The first line, from 1, with the keyword `unsafe` in it. rustc is told to forbid it as well, but knows attributes to which it
/// does not say so (`#[unsafe(naked)]`); macros can't make the word out of others.
fn unsafe_line(source: &str) -> Option<usize> {
    let mut at = 0;
    for token in tokenize(source, FrontmatterAllowed::No) {
        let text = &source[at..at + token.len as usize];
        if token.kind == TokenKind::Ident && text == "unsafe" {
            return Some(source[..at].bytes().filter(|byte| *byte == b'\n').count() + 1);
        }
        at += text.len();
    }
    None
}

/// Nobody debugs the program: without names and without looking for strings that could share their bytes, linking takes a
/// third of the time. Linkers elsewhere have other words for it.
#[cfg(target_os = "linux")]
const LINKED_FAST: [&str; 2] = ["-Cstrip=symbols", "-Clink-arg=-Wl,-O0"];
#[cfg(not(target_os = "linux"))]
const LINKED_FAST: [&str; 0] = [];

struct Rustc<'a> {
    kit: &'a Kit,
    jailer: &'a Jailer,
    sources: &'a Path,
    made: &'a Path,
}

impl Rustc<'_> {
    fn run(&self, root: &str, name: &str, externs: &[Extern], more: &[&str]) -> io::Result<Ended> {
        let mut command = self.jailer.command(&self.cell(), &self.kit.rustc);
        command.current_dir(self.sources);
        // For the linker, and for whatever rustc and the linker write for a moment.
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("TMPDIR", self.made).env("LC_ALL", "C");
        command.args(["--edition=2024", "--crate-name", name, "--crate-type"]);
        command.arg(if root == "lib" { "rlib" } else { "bin" });
        // As cargo compiles it for `check`; and one unit, because there is one core for it.
        command.args(["-Cdebuginfo=0", "-Ccodegen-units=1", "-Coverflow-checks=on", "-Cdebug-assertions=on"]);
        command.args(["--cfg", "tokio_unstable", "--color=never", "--diagnostic-width=120"]);
        // Messages and panics name the file as who wrote it would.
        command.arg(format!("--remap-path-prefix={}/=", self.sources.display()));
        for library in externs {
            command.arg("--extern").arg(format!("{}={}", library.name, library.library.display()));
        }
        command.arg("-L").arg(format!("dependency={}", self.kit.libraries.display()));
        command.arg("--out-dir").arg(self.made).args(more).arg(format!("{root}.rs"));
        jail::run(command, &Run { wall_ms: WALL_MS, output_bytes: MESSAGE_BYTES })
    }

    fn cell(&self) -> Cell {
        Cell {
            reads: vec![self.kit.libraries.clone(), self.sources.to_owned()],
            executes: jail::present(SYSTEM).into_iter().chain([self.kit.sysroot.clone()]).collect(),
            writes: vec![self.made.to_owned()],
            limits: Limits { cpu_s: CPU_S, memory_bytes: MEMORY_BYTES, file_bytes: FILE_BYTES, open_files: 1024 },
            conduct: Conduct::Compiler,
        }
    }
}

/// Where the linker and its libraries are.
const SYSTEM: [&str; 5] = ["/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache"];

/// Whether a source could have the compiler read that path, because it lies among the system's files.
pub(crate) fn is_exposed(path: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let path = real(path);
    SYSTEM.iter().any(|folder| path.starts_with(real(Path::new(folder))))
}

fn succeeded(ended: &Ended) -> bool {
    !ended.timed_out && ended.status.is_some_and(|status| status.success())
}

fn count_warnings(ended: &Ended) -> usize {
    // rustc counts itself: "warning: `submission` generated 2 warnings" is cargo's, "warning: 2 warnings emitted" its own.
    let messages = String::from_utf8_lossy(&ended.stderr);
    let last = messages.lines().rev().find_map(|line| line.strip_prefix("warning: ")?.strip_suffix(" emitted"));
    last.and_then(|count| count.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn told(ended: &Ended) -> String {
    let mut told = xtask::printed::harmless(String::from_utf8_lossy(&ended.stderr).trim_end());
    let mut add = |sentence: &str| {
        if !told.is_empty() {
            told.push_str("\n\n");
        }
        told.push_str(sentence);
    };
    if ended.cut {
        add("(There is more; these messages are cut here.)");
    }
    if ended.timed_out {
        add(&format!("The compiler was stopped after {} s.", WALL_MS / 1000));
    } else if ended.status.is_none_or(|status| status.code().is_none()) {
        add(&format!(
            "The compiler did not survive this source. It may use {CPU_S} s of processor time and {} GiB of memory.",
            MEMORY_BYTES >> 30
        ));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_among_the_files_of_the_system_is_exposed() {
        assert!(is_exposed(Path::new("/usr/src/course")) && is_exposed(Path::new("/lib")));
        assert!(!is_exposed(Path::new("/course")) && !is_exposed(Path::new("/usr2")));
    }

    #[test]
    fn unsafe_is_found_as_a_word_of_the_language_only() {
        assert_eq!(unsafe_line("fn a() {}\n#[unsafe(naked)]\nextern \"C\" fn b() {}"), Some(2));
        assert_eq!(unsafe_line("macro_rules! m { () => { unsafe { x() } } }"), Some(1));
        assert_eq!(unsafe_line("/* a */ // unsafe\nfn unsafely() { let s = \"unsafe\"; let r#unsafe = 1; }"), None);
        assert_eq!(unsafe_line("fn a() { \"never closed unsafe"), None);
    }
}
