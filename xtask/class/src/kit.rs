//! What submissions are compiled with: the course's own libraries, built once by cargo from sources that nobody handed in.
//!
//! Cargo builds them in the checkout, and they are copied to a folder in which there is nothing else. The compiler that reads a
//! submission sees that folder, so no solution, no other submission and no manifest is within its reach.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use fs4::FileExt;
use serde::Deserialize;
use xtask::compile::{self, Artifact};
use xtask::meter::Meter;
use xtask::{Context, Failure};

use crate::digest::Digest;

/// Everything a submission is compiled and judged with.
#[derive(Clone, Debug)]
pub struct Kit {
    /// The libraries, and nothing else but the two programs.
    pub libraries: PathBuf,
    /// Where rustc and the standard library are.
    pub sysroot: PathBuf,
    /// The compiler itself, not the proxy that chooses one.
    pub rustc: PathBuf,
    /// Judges.
    pub judge: PathBuf,
    /// Locks up.
    pub jailer: PathBuf,
    /// Of a chapter: what its learners may name, and the library that is meant.
    externs: BTreeMap<String, Vec<Extern>>,
    /// For the program round a submission.
    worker: PathBuf,
    /// Keeps the libraries from being removed by another run.
    _in_use: Arc<File>,
}

/// A library under the name by which a crate knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extern {
    /// The name.
    pub name: String,
    /// The library.
    pub library: PathBuf,
}

/// The package that compiles submissions in process; what it may use, learners may use.
const PACKAGE: &str = "guest";

#[derive(Deserialize)]
struct Manifest {
    features: BTreeMap<String, Vec<String>>,
    dependencies: BTreeMap<String, toml::Value>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    pkg: String,
}

impl Kit {
    /// Builds what is not built yet, and copies the libraries out.
    ///
    /// # Errors
    ///
    /// If the course does not compile, or the build folder can't be written.
    pub fn build(context: &Context, meter: &Meter) -> Result<Kit, Failure> {
        meter.stage("building the judge and the libraries that submissions are compiled with");
        let chapters: Vec<&str> = context.course.chapters.iter().map(|chapter| chapter.id.as_str()).collect();
        let features = format!("{PACKAGE}/{}", chapters.join(&format!(",{PACKAGE}/")));
        let args = ["build", "-p", "judge", "-p", "jail", "-p", "worker", "-p", PACKAGE, "--features", &features];
        let output = compile::cargo(context, meter, "judge", &args.map(str::to_owned), &[])?;
        if !output.success {
            return Err(Failure::new(format!("The grader does not compile:\n\n{}", output.story())));
        }
        let program = |name: &str| {
            let programs = output.artifacts.iter().filter(|artifact| artifact.target.name == name);
            programs.filter_map(|artifact| artifact.executable.clone()).next().ok_or_else(|| missing(name))
        };
        let (judge, jailer) = (program("judge")?, program("jail")?);
        let libraries = Libraries::of(&output.artifacts);
        // The programs as well: a checkout may be built anew while a class is graded.
        let (folder, in_use) = libraries.copy_with([&judge, &jailer], &context.scratch().join("kits"))?;
        let (judge, jailer) = (folder.join(file_name(&judge)), folder.join(file_name(&jailer)));
        let known = Known::read(context)?;
        let mut externs = BTreeMap::new();
        for chapter in &chapters {
            externs.insert((*chapter).to_owned(), known.externs(chapter, &libraries, &folder)?);
        }
        let worker = libraries.by_name("worker").ok_or_else(|| missing("worker"))?;
        let worker = folder.join(file_name(worker));
        let sysroot = sysroot(context)?;
        let rustc = sysroot.join("bin").join(format!("rustc{}", std::env::consts::EXE_SUFFIX));
        Ok(Kit { libraries: folder, sysroot, rustc, judge, jailer, externs, worker, _in_use: Arc::new(in_use) })
    }

    /// What a submission for this chapter may name.
    pub fn externs(&self, chapter: &str) -> &[Extern] {
        self.externs.get(chapter).map_or(&[], Vec::as_slice)
    }

    /// What the program round a submission names: the worker, and the chapter.
    pub fn frame(&self, chapter: &str) -> Vec<Extern> {
        let chapter = self.externs(chapter).iter().filter(|library| library.name == chapter).cloned();
        chapter.chain([Extern { name: "worker".to_owned(), library: self.worker.clone() }]).collect()
    }
}

fn missing(name: &str) -> Failure {
    Failure::new(format!(
        "cargo named no `{name}` among what it had built. Is the checkout whole? `git status` shows it."
    ))
}

/// What cargo has made that others can be compiled with.
struct Libraries<'a> {
    /// Each with its package.
    files: Vec<(&'a Artifact, &'a Path)>,
}

impl<'a> Libraries<'a> {
    fn of(artifacts: &'a [Artifact]) -> Self {
        let is_library = |artifact: &&Artifact| {
            artifact.target.kind.iter().any(|kind| matches!(kind.as_str(), "lib" | "rlib" | "proc-macro"))
        };
        let file = |artifact: &'a Artifact| {
            let mut files = artifact.filenames.iter().map(PathBuf::as_path);
            let fits = |file: &&Path| file.extension().is_some_and(|extension| extension != "rmeta");
            files.find(fits).map(|file| (artifact, file))
        };
        Libraries { files: artifacts.iter().filter(is_library).filter_map(file).collect() }
    }

    fn by_name(&self, name: &str) -> Option<&'a Path> {
        self.files.iter().find(|(artifact, _)| artifact.target.name == name).map(|(_, file)| *file)
    }

    fn by_package(&self, package: &str) -> Option<&'a Path> {
        self.files.iter().find(|(artifact, _)| artifact.package_id == package).map(|(_, file)| *file)
    }

    /// Copies all of them and these programs into a folder of their own, below `kits`, unless they are there. Comes with a
    /// lock that says that they are in use.
    fn copy_with(&self, programs: [&Path; 2], kits: &Path) -> Result<(PathBuf, File), Failure> {
        let files: BTreeSet<&Path> = self.files.iter().map(|(_, file)| *file).chain(programs).collect();
        let mut digest = Digest::new("faultlines kit 1");
        for file in &files {
            digest.add(file.to_string_lossy().as_bytes());
            digest.add(stamp(file).map_err(|error| unreadable(file, &error))?.as_bytes());
        }
        let name = digest.finish();
        let folder = kits.join(&name);
        let unusable = |error: io::Error| {
            Failure::new(format!(
                "The libraries for submissions can't be copied to {}: {error}.\n\nThe build folder must be writable and the \
                 disk not full; CARGO_TARGET_DIR names another folder.",
                folder.display()
            ))
        };
        let in_use = fs::create_dir_all(kits).and_then(|()| use_kit(&folder)).map_err(unusable)?;
        if folder.is_dir() {
            return Ok((folder, in_use));
        }
        // What is there under its last name is whole.
        let nascent = kits.join(format!("{name}.{}", std::process::id()));
        let copied = fs::create_dir_all(&nascent)
            .and_then(|()| files.iter().try_for_each(|file| copy(file, &nascent.join(file_name(file)))))
            .and_then(|()| match fs::rename(&nascent, &folder) {
                // Somebody else was faster.
                Err(_) if folder.is_dir() => fs::remove_dir_all(&nascent),
                done => done,
            });
        copied.map_err(unusable)?;
        remove_old(kits);
        Ok((folder, in_use))
    }
}

/// A copy keeps its name only if it is whole, and never is a second name of the original: cargo may write that anew.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to).map(drop)
}

/// The file whose lock says that a kit is in use.
fn lock_of(kit: &Path) -> PathBuf {
    kit.with_extension("lock")
}

/// Says that a kit is in use, for as long as the file is open. Waits for whoever is removing it.
fn use_kit(kit: &Path) -> io::Result<File> {
    let lock = File::options().write(true).create(true).truncate(false).open(lock_of(kit))?;
    FileExt::lock_shared(&lock)?;
    Ok(lock)
}

/// Removes kits of earlier builds that nobody uses. A run that goes on while its checkout is built anew keeps its own.
fn remove_old(kits: &Path) {
    let folders = fs::read_dir(kits).into_iter().flatten().flatten().map(|entry| entry.path());
    for kit in folders.filter(|path| path.is_dir()) {
        // Whatever can't be removed is only clutter.
        let Ok(lock) = File::options().write(true).create(true).truncate(false).open(lock_of(&kit)) else { continue };
        if FileExt::try_lock(&lock).is_ok() {
            let _ = fs::remove_dir_all(&kit);
        }
    }
}

fn stamp(file: &Path) -> io::Result<String> {
    let metadata = file.metadata()?;
    let changed = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{} {}", metadata.len(), changed.as_nanos()))
}

fn unreadable(file: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{} has just been built and can't be read: {error}. Run the command again.", file.display()))
}

fn file_name(path: &Path) -> &Path {
    path.file_name().map_or(path, Path::new)
}

/// Which names mean which packages.
struct Known {
    manifest: Manifest,
    packages: BTreeMap<String, String>,
}

impl Known {
    fn read(context: &Context) -> Result<Self, Failure> {
        let path = context.root.join("harness").join(PACKAGE).join("Cargo.toml");
        let broken = |why: String| Failure::new(format!("{} can't be used: {why}", path.display()));
        let text = fs::read_to_string(&path).map_err(|error| broken(error.to_string()))?;
        let manifest = toml::from_str(&text).map_err(|error| broken(error.to_string()))?;
        let mut cargo = compile::command(context, &Meter::silent());
        cargo.args(["metadata", "--format-version", "1", "--all-features"]);
        let metadata: Metadata =
            serde_json::from_slice(&said(&mut cargo)?).map_err(|error| broken(error.to_string()))?;
        let id = metadata.packages.iter().find(|package| package.name == PACKAGE).map(|package| &package.id);
        let node = metadata.resolve.nodes.iter().find(|node| Some(&node.id) == id);
        let packages = node.into_iter().flat_map(|node| &node.deps);
        let packages = packages.map(|dependency| (dependency.name.clone(), dependency.pkg.clone())).collect();
        Ok(Known { manifest, packages })
    }

    /// What learners of a chapter may name: what the package always has, and what the chapter brings.
    fn externs(&self, chapter: &str, libraries: &Libraries<'_>, folder: &Path) -> Result<Vec<Extern>, Failure> {
        let is_optional = |value: &toml::Value| value.get("optional").and_then(toml::Value::as_bool).unwrap_or(false);
        let always =
            self.manifest.dependencies.iter().filter(|(_, value)| !is_optional(value)).map(|(name, _)| name.as_str());
        let brought = self.manifest.features.get(chapter).into_iter().flatten();
        let brought = brought.filter_map(|feature| feature.strip_prefix("dep:"));
        let names: BTreeSet<String> = always.chain(brought).map(|name| name.replace('-', "_")).collect();
        let find = |name: String| {
            let library = self.packages.get(&name).and_then(|package| libraries.by_package(package));
            let library = folder.join(file_name(library.ok_or_else(|| missing(&name))?));
            Ok(Extern { name, library })
        };
        names.into_iter().map(find).collect()
    }
}

fn sysroot(context: &Context) -> Result<PathBuf, Failure> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.current_dir(&context.root).args(["--print", "sysroot"]);
    Ok(PathBuf::from(String::from_utf8_lossy(&said(&mut rustc)?).trim()))
}

fn said(command: &mut Command) -> Result<Vec<u8>, Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| {
        Failure::new(format!("{name} can't be started: {error}. Is Rust installed? See https://rustup.rs."))
    })?;
    if !output.status.success() {
        return Err(Failure::new(format!("{name} failed:\n\n{}", String::from_utf8_lossy(&output.stderr))));
    }
    Ok(output.stdout)
}
