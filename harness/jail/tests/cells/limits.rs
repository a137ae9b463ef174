//! What a program may use up.

use std::time::Instant;

use jail::{Cell, Conduct, Limits};

use crate::support::{Folder, cell, forbidden, inside};

#[test]
fn allocating_more_than_the_limit_fails_and_less_works() {
    let cell = cell(Conduct::Worker);
    assert_eq!(cell.limits.memory_bytes, 1 << 30);
    assert!(inside(&cell, "allocate", &[&(1 << 28).to_string()]).is_ok());
    let told = forbidden(&cell, "allocate", &[&(1_u64 << 31).to_string()]);
    assert!(told.contains("memory allocation failed"), "{told}");
}

#[test]
fn whoever_computes_for_too_long_is_ended_by_the_kernel() {
    let cell = cell(Conduct::Worker);
    let cell = Cell { limits: Limits { cpu_s: 1, ..cell.limits }, ..cell };
    let begin = Instant::now();
    let told = inside(&cell, "spin", &[]).unwrap_err();
    assert!(told.starts_with("signal 24"), "SIGXCPU, not {told}");
    assert!(begin.elapsed().as_secs_f64() > 0.9);
}

#[test]
fn a_file_grows_to_the_limit_and_no_further() {
    let folder = Folder::new();
    let cell = Cell { writes: vec![folder.path().into()], ..cell(Conduct::Compiler) };
    assert_eq!(cell.limits.file_bytes, 1 << 20);
    assert!(inside(&cell, "write much", &[&folder.at("file"), "1024"]).is_ok());
    let told = forbidden(&cell, "write much", &[&folder.at("file"), "1025"]);
    assert!(told.starts_with("signal 25"), "SIGXFSZ, not {told}");
    assert_eq!(std::fs::metadata(folder.at("file")).unwrap().len(), 1 << 20);
}

#[test]
fn no_more_files_are_open_at_a_time_than_the_limit_says() {
    let told = forbidden(&cell(Conduct::Worker), "open many", &["/dev/null"]);
    assert!(told.contains("os error 24"), "EMFILE, not {told}");
}
