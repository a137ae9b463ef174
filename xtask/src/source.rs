//! Whose code is graded, and where its files are.

use std::fs;
use std::path::{Path, PathBuf};

use crate::compile::Unit;
use crate::course::Chapter;
use crate::{Context, Failure, checkout};

/// Whose code is graded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The learner's.
    Exercises,
    /// The reference solutions.
    Solutions,
    /// A folder shaped like `exercises/`, whose manifests are not used.
    Folder(PathBuf),
}

impl Source {
    /// The folder of that name, which must exist.
    ///
    /// # Errors
    /// If it doesn't.
    pub fn folder(path: &Path) -> Result<Source, Failure> {
        let absolute = path.canonicalize().ok().filter(|path| path.is_dir());
        absolute.map(Source::Folder).ok_or_else(|| {
            Failure::new(format!(
                "{} is not a folder that can be read.\n\n--root wants a folder shaped like exercises/: one subfolder a \
                 chapter, or the .rs files themselves.",
                path.display()
            ))
        })
    }

    /// The package of a chapter; none for a folder, whose files are compiled as guests.
    pub fn package(&self, chapter: &Chapter) -> Option<String> {
        match self {
            Source::Exercises => Some(format!("{}-exercises", chapter.id)),
            Source::Solutions => Some(format!("{}-solutions", chapter.id)),
            Source::Folder(_) => None,
        }
    }

    /// The file of an exercise and the folder of its submodules, whether they exist or not.
    pub fn unit(&self, root: &Path, chapter: &Chapter, id: &str) -> Unit {
        let src = match self {
            Source::Exercises => root.join("exercises").join(&chapter.dir).join("src"),
            Source::Solutions => root.join("solutions").join(&chapter.dir).join("src"),
            Source::Folder(folder) => {
                let places = [folder.join(&chapter.dir).join("src"), folder.join(&chapter.dir), folder.join("src")];
                let holds = |place: &&PathBuf| place.join(format!("{id}.rs")).exists();
                places.iter().find(holds).unwrap_or(folder).clone()
            }
        };
        Unit { name: id.to_owned(), file: src.join(format!("{id}.rs")), folder: src.join(id) }
    }

    /// rustc's messages with paths as one who knows the folder would write them.
    pub fn told(&self, messages: &str) -> String {
        match self {
            Source::Folder(folder) => {
                messages.replace(&format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR), "")
            }
            Source::Exercises | Source::Solutions => messages.to_owned(),
        }
    }

    /// The text of an exercise, or why there is none, in words for the learner.
    pub fn read(&self, context: &Context, unit: &Unit) -> Result<String, String> {
        let path = checkout::relative(&context.root, &unit.file);
        let back = match self {
            Source::Exercises => format!("`cargo xtask reset {}` brings the stub back.", unit.name),
            Source::Solutions => format!("`git checkout {path}` brings it back."),
            Source::Folder(_) => "Ask for the file again.".to_owned(),
        };
        let bytes = fs::read(&unit.file).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => format!("{path} is missing. {back}"),
            _ => format!("{path} can't be read: {error}. Mend that, or else {back}"),
        })?;
        String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            format!("{path} is not UTF-8 text; the first byte that is not stands in line {line}. Save the file as UTF-8 in your editor. If it is beyond help, {back}")
        })
    }
}
