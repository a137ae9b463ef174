//! rustc in a cell.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use jail::{Cell, Conduct, Ended, Limits, present, run};

use crate::support::{AMPLE, Folder, jailer, loaders};

/// The folder of the toolchain, which has the real rustc: the one on the path may be rustup's, which reads its
/// settings.
fn sysroot() -> PathBuf {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().expect("whoever runs this test has rustc");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// What it takes to compile and link, as this crate's page says it, and nothing else.
fn for_rustc(sysroot: &Path, job: &Path) -> Cell {
    let executes = ["/usr/bin", "/usr/lib/gcc", "/usr/libexec/gcc", "/usr/local/libexec/gcc"];
    let toolchain = [sysroot.join("bin"), sysroot.join("lib")];
    Cell {
        reads: present(["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"]),
        executes: [present(executes), loaders(), toolchain.to_vec()].concat(),
        writes: vec![job.to_path_buf()],
        limits: Limits { cpu_s: 60, memory_bytes: 4 << 30, file_bytes: 256 << 20, open_files: 256 },
        conduct: Conduct::Compiler,
    }
}

/// Compiles `main.rs` in the job's folder to `program`.
fn compile(job: &Folder, source: &str, options: &[&str]) -> Ended {
    fs::write(job.at("main.rs"), source).unwrap();
    let sysroot = sysroot();
    let mut command = jailer().command(&for_rustc(&sysroot, job.path()), &sysroot.join("bin/rustc"));
    command.current_dir(job.path()).env("PATH", "/usr/bin").env("TMPDIR", job.path());
    command.args(["--edition", "2024", "main.rs"]).args(options);
    run(command, &AMPLE).unwrap()
}

fn succeeded(ended: &Ended) -> bool {
    ended.status.is_some_and(|status| status.success())
}

fn errors(ended: &Ended) -> String {
    String::from_utf8_lossy(&ended.stderr).into_owned()
}

/// Runs what was compiled.
fn program(job: &Folder) -> Output {
    Command::new(job.at("program")).output().expect("it is a program")
}

const HELLO: &str = "fn main() { std::thread::spawn(|| println!(\"hello\")).join().unwrap(); }";

#[test]
fn rustc_compiles_links_and_makes_a_program_of_it() {
    let job = Folder::new();
    let ended = compile(&job, HELLO, &["-o", "program"]);
    assert!(succeeded(&ended), "{}", errors(&ended));
    assert_eq!(program(&job).stdout, b"hello\n");
}

#[test]
fn the_systems_own_linker_works_as_well_as_the_toolchains() {
    let job = Folder::new();
    let ended =
        compile(&job, HELLO, &["-o", "program", "-Clink-arg=-fuse-ld=bfd", "-Copt-level=1", "-Ccodegen-units=4"]);
    assert!(succeeded(&ended), "{}", errors(&ended));
    // It makes programs of its files with `chmod`, which is not to be had here.
    fs::set_permissions(job.at("program"), Permissions::from_mode(0o700)).unwrap();
    assert_eq!(program(&job).stdout, b"hello\n");
}

#[test]
fn rustc_makes_libraries_and_their_metadata() {
    let job = Folder::new();
    let ended =
        compile(&job, "pub fn one() -> u8 { 1 }", &["--crate-type=rlib", "--crate-name=one", "--emit=link,metadata"]);
    assert!(succeeded(&ended), "{}", errors(&ended));
    let ended = compile(
        &job,
        "fn main() { println!(\"{}\", one::one()); }",
        &["--extern=one=libone.rlib", "-F", "unsafe_code", "-o", "program"],
    );
    assert!(succeeded(&ended), "{}", errors(&ended));
    assert_eq!(program(&job).stdout, b"1\n");
}

#[test]
fn a_source_can_include_nothing_from_outside() {
    let (job, elsewhere) = (Folder::new(), Folder::new());
    let secret = elsewhere.file("secret");
    let source = format!("fn main() {{ println!(\"{{}}\", include_str!({secret:?})); }}");
    let ended = compile(&job, &source, &["-o", "program"]);
    assert!(!succeeded(&ended));
    assert!(errors(&ended).contains("Permission denied"), "{}", errors(&ended));
    assert!(!errors(&ended).contains("what the file says"));
    assert!(!fs::exists(job.at("program")).unwrap());

    let inner = job.file("inner");
    let source = format!("fn main() {{ println!(\"{{}}\", include_str!({inner:?})); }}");
    assert!(succeeded(&compile(&job, &source, &["-o", "program"])));
}
