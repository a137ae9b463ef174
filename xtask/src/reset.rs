//! `reset`: the stub back in place of the learner's file, which is kept.
//!
//! Starting over is a normal step of learning, so it must never cost anything: whatever was in the file, even bytes that
//! are no text, is kept beside the progress before the stub is written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::checkout::relative;
use crate::cli::ResetArgs;
use crate::course::{Chapter, Exercise};
use crate::{Context, Exit, Failure};
use crate::{files, lookup, progress, stubs};

/// The `reset` command.
///
/// # Errors
///
/// When there is no such exercise, its stub can't be made, or the disk refuses.
pub fn run(context: &Context, args: &ResetArgs) -> Result<Exit, Failure> {
    let (chapter, exercise) = lookup::exercise(&context.course, &args.exercise)?;
    for line in put_back(context, chapter, exercise)? {
        println!("{line}");
    }
    Ok(Exit::Ok)
}

/// Puts the stub back. Gives what to tell the learner, in lines.
///
/// # Errors
///
/// When the stub can't be made, or the disk refuses; the learner's file is then as it was.
pub fn put_back(context: &Context, chapter: &Chapter, exercise: &Exercise) -> Result<Vec<String>, Failure> {
    let stub = stub_of(&context.root, chapter, exercise)?;
    let folder = progress::source_folder(&context.root, chapter);
    let path = folder.join(format!("{}.rs", exercise.id));
    let name = relative(&context.root, &path);
    let mut told = match replace(&context.root, &path, &exercise.id, &stub)? {
        Replaced::Same => vec![format!("{name} is the stub already.")],
        Replaced::Missing => vec![format!("{name} was missing. The stub is there now.")],
        Replaced::Kept(kept) => {
            let kept = relative(&context.root, &kept);
            vec![
                format!("{name} is the stub again."),
                format!("What you had is kept in {kept}."),
                "To get it back:".to_owned(),
                format!("  {} {kept} {name}", if cfg!(windows) { "copy" } else { "cp" }),
            ]
        }
    };
    let extra: Vec<String> = progress::files_of(&folder, &exercise.id)
        .iter()
        .filter(|file| **file != path)
        .map(|file| relative(&context.root, file))
        .collect();
    if !extra.is_empty() {
        told.push(format!("Your other files of this exercise are left alone: {}", extra.join(", ")));
    }
    Ok(told)
}

/// The stub of an exercise, cut from its solution.
///
/// # Errors
///
/// When the solution can't be read or its markers are wrong.
pub fn stub_of(root: &Path, chapter: &Chapter, exercise: &Exercise) -> Result<String, Failure> {
    let (source, name) = solution_of(root, chapter, exercise)?;
    stubs::cut(&source).map_err(|error| Failure::new(format!("No stub can be cut from {name}: {error}.")))
}

/// The reference solution of an exercise, markers included, and its path as one tells it.
///
/// # Errors
///
/// When it can't be read.
pub fn solution_of(root: &Path, chapter: &Chapter, exercise: &Exercise) -> Result<(String, String), Failure> {
    let path = root.join("solutions").join(&chapter.dir).join("src").join(format!("{}.rs", exercise.id));
    let name = relative(root, &path);
    match fs::read_to_string(&path) {
        Ok(source) => Ok((source, name)),
        Err(error) => Err(Failure::new(format!(
            "The reference solution {name} can't be read: {error}.\n\n\
             It is part of the course, not of your work: `git checkout {name}` brings it back."
        ))),
    }
}

/// What became of the file that stood where the stub goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// It was the stub; nothing was done.
    Same,
    /// There was none.
    Missing,
    /// It is kept here.
    Kept(PathBuf),
}

/// Writes the stub to `path`, after keeping what is there.
///
/// # Errors
///
/// When the disk refuses; the file is then as it was.
pub fn replace(root: &Path, path: &Path, exercise: &str, stub: &str) -> Result<Replaced, Failure> {
    let refused = |what: &str, error: io::Error| {
        let name = relative(root, path);
        Failure::new(format!(
            "{name} is as it was: {what} ({error}).\n\nIs the folder yours to write, and is there room on the disk?"
        ))
    };
    let before = match fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(refused("it can't be read, so it can't be kept", error)),
    };
    let is_stub = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok_and(|text| stubs::same_text(text, stub));
    if before.as_deref().is_some_and(is_stub) {
        return Ok(Replaced::Same);
    }
    let folder = root.join(progress::FOLDER).join("kept");
    let kept = before
        .map(|bytes| files::keep(&folder, exercise, "rs", &bytes, files::now_s()))
        .transpose()
        .map_err(|error| refused("a copy of it can't be kept", error))?;
    files::write_atomically(path, stub.as_bytes()).map_err(|error| refused("the stub can't be written", error))?;
    Ok(kept.map_or(Replaced::Missing, Replaced::Kept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::tests::Scratch;

    const STUB: &str = "fn f() {\n    todo!()\n}\n";

    fn reset(scratch: &Scratch) -> Replaced {
        replace(&scratch.0, &scratch.0.join("src/first.rs"), "first", STUB).expect("the folder can be written")
    }

    #[test]
    fn what_the_learner_had_is_kept_byte_by_byte() {
        let scratch = Scratch::new("reset-keeps");
        fs::create_dir_all(scratch.0.join("src")).unwrap();
        fs::write(scratch.0.join("src/first.rs"), b"not \xff text").unwrap();
        let Replaced::Kept(kept) = reset(&scratch) else { panic!("a file that is no stub is kept") };
        assert_eq!(fs::read(&kept).unwrap(), b"not \xff text");
        assert!(kept.starts_with(scratch.0.join(".faultlines/kept")));
        assert!(kept.file_name().unwrap().to_string_lossy().starts_with("first-20"));
        assert_eq!(fs::read_to_string(scratch.0.join("src/first.rs")).unwrap(), STUB);
    }

    #[test]
    fn the_stub_itself_is_not_kept() {
        let scratch = Scratch::new("reset-same");
        scratch.write("src/first.rs", &STUB.replace('\n', "\r\n"));
        assert_eq!(reset(&scratch), Replaced::Same);
        assert!(!scratch.0.join(progress::FOLDER).exists());
    }

    #[test]
    fn a_missing_file_is_written_anew() {
        let scratch = Scratch::new("reset-missing");
        assert_eq!(reset(&scratch), Replaced::Missing);
        assert_eq!(fs::read_to_string(scratch.0.join("src/first.rs")).unwrap(), STUB);
    }

    #[test]
    fn nothing_is_overwritten_when_no_copy_can_be_kept() {
        let scratch = Scratch::new("reset-refused");
        scratch.write("src/first.rs", "mine");
        scratch.write(".faultlines/kept", "a file where the folder should be");
        let told = replace(&scratch.0, &scratch.0.join("src/first.rs"), "first", STUB).unwrap_err().to_string();
        assert!(told.starts_with("src/first.rs is as it was: a copy of it can't be kept"), "{told}");
        assert_eq!(fs::read_to_string(scratch.0.join("src/first.rs")).unwrap(), "mine");
    }
}
