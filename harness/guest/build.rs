//! Writes the modules and the `main` for the guests in the list that `FAULTLINES_GUESTS` names.
//!
//! A line of the list is `name<TAB>chapter<TAB>exercise<TAB>absolute path of the file`. The `main` has one line for each
//! guest, so that a compiler error in it names one guest.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const LIST: &str = "FAULTLINES_GUESTS";

fn main() {
    println!("cargo:rerun-if-env-changed={LIST}");
    println!("cargo:rerun-if-changed=build.rs");
    let list = env::var(LIST).unwrap_or_default();
    let text = if list.is_empty() {
        String::new()
    } else {
        println!("cargo:rerun-if-changed={list}");
        fs::read_to_string(&list).unwrap_or_else(|error| panic!("{list}: {error}"))
    };
    let out = Path::new(&env::var("OUT_DIR").expect("cargo names the folder")).join("guests.rs");
    fs::write(&out, program(&text)).unwrap_or_else(|error| panic!("{}: {error}", out.display()));
}

fn program(list: &str) -> String {
    let (mut modules, mut entries) = (String::new(), String::new());
    for line in list.lines() {
        let [name, chapter, exercise, file] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("`{line}` is not name, chapter, exercise, file");
        };
        modules.push_str(&module(name, Path::new(file)));
        let _ = writeln!(entries, "        (\"{name}\", {chapter}::exercise!({exercise}, crate::{name})),");
    }
    format!(
        "{modules}\nfn main() -> ::std::process::ExitCode {{\n    harness::grade::main(::std::vec![\n{entries}    ])\n}}\n"
    )
}

/// A file whose name is an identifier keeps its submodules in the folder beside it that is called like it, as in the
/// package it comes from; that takes a module around it, because a `#[path]` on a module itself moves them.
fn module(name: &str, file: &Path) -> String {
    let folder = file.parent().unwrap_or(Path::new("/"));
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let is_name =
        stem.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !stem.starts_with(|c: char| c.is_ascii_digit());
    if is_name && file.extension().is_some_and(|extension| extension == "rs") {
        format!(
            "#[path = {folder:?}]\nmod {name}_at {{\n    pub mod {stem};\n}}\npub use {name}_at::{stem} as {name};\n"
        )
    } else {
        format!("#[path = {file:?}]\npub mod {name};\n")
    }
}
