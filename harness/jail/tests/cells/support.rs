//! Starting the probe, with and without a jail.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use jail::{Cell, Conduct, Ended, Jailer, Limits, Run, present, run};

/// Both, as most of what is forbidden is forbidden to both.
pub const BOTH: [Conduct; 2] = [Conduct::Compiler, Conduct::Worker];

/// A run that is never cut short.
pub const AMPLE: Run = Run { wall_ms: 30_000, output_bytes: 1 << 20 };

/// The launcher that was built with this test.
pub fn jailer() -> Jailer {
    Jailer::new(env!("CARGO_BIN_EXE_jail"))
}

/// A cell in which a dynamically linked program can start, and no more.
pub fn cell(conduct: Conduct) -> Cell {
    Cell {
        reads: present(["/lib", "/lib64", "/usr/lib", "/etc/ld.so.cache"]),
        executes: loaders(),
        writes: Vec::new(),
        limits: Limits { cpu_s: 20, memory_bytes: 1 << 30, file_bytes: 1 << 20, open_files: 64 },
        conduct,
    }
}

/// Whatever this system has for a dynamic loader.
pub fn loaders() -> Vec<PathBuf> {
    let fixed = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-linux-riscv64-lp64d.so.1"];
    present(fixed)
}

/// A command that has the probe do something.
pub fn probe(jailer: &Jailer, cell: &Cell, act: &str, on: &[&str]) -> Command {
    let program = std::env::current_exe().expect("a test knows its own path");
    let mut command = jailer.command(cell, &program);
    command.args(super::probe::arguments(act, on));
    command
}

/// What the probe answered first, or how it ended if it didn't. What was done in a process that it forked is answered
/// there, before the probe tells how that ended.
pub fn answer(ended: &Ended) -> Result<String, String> {
    let stdout = String::from_utf8_lossy(&ended.stdout);
    for line in stdout.lines() {
        if let Some(done) = line.strip_prefix("@done ") {
            return Ok(done.to_owned());
        }
        if let Some(failed) = line.strip_prefix("@failed ") {
            return Err(failed.to_owned());
        }
    }
    let status = ended.status.expect("it was reaped");
    let how = status.signal().map_or_else(|| status.to_string(), |signal| format!("signal {signal}"));
    Err(format!("{how}: {}", String::from_utf8_lossy(&ended.stderr)))
}

/// Has the probe do something in a cell.
pub fn inside(cell: &Cell, act: &str, on: &[&str]) -> Result<String, String> {
    answer(&run(probe(&jailer(), cell, act, on), &AMPLE).expect("the launcher starts"))
}

/// Has the probe do the same without a jail.
pub fn outside(act: &str, on: &[&str]) -> Result<String, String> {
    let cell = cell(Conduct::Compiler);
    answer(&run(probe(&Jailer::unsandboxed(), &cell, act, on), &AMPLE).expect("the probe starts"))
}

/// Asserts that something works without a jail and not in the cell; says how it failed there.
#[track_caller]
pub fn forbidden(cell: &Cell, act: &str, on: &[&str]) -> String {
    let free = outside(act, on);
    assert!(free.is_ok(), "`{act}` has to work without a jail, or else this test shows nothing: {free:?}");
    match inside(cell, act, on) {
        Ok(done) => panic!("`{act} {on:?}` worked in a cell of {:?}: {done}", cell.conduct),
        Err(failed) => failed,
    }
}

/// A folder of its own, gone at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("jail-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("there is a folder for temporary files");
        Folder(path.canonicalize().expect("it was just made"))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A path in it, as text.
    pub fn at(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("temporary folders have plain names").to_owned()
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> String {
        let path = self.at(name);
        fs::write(&path, "what the file says").expect("the folder can be written to");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
