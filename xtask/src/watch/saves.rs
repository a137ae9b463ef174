//! Which files are those of the exercise, and when they change.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{EventKind, ModifyKind};
use notify::{Config, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

/// Where the system tells nothing (some network drives, too many watches), we look ourselves this often.
const POLL: Duration = Duration::from_millis(400);

/// The files of one exercise.
#[derive(Clone, Debug)]
pub struct Files {
    /// `src` of the chapter, as the system writes it.
    folder: PathBuf,
    exercise: String,
}

impl Files {
    /// Those of `exercise` in the source folder of its chapter.
    pub fn new(folder: &Path, exercise: &str) -> Self {
        // Events carry the real path, without symbolic links.
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        Files { folder, exercise: exercise.to_owned() }
    }

    /// Whether a change at `path` is one of the exercise. What editors leave beside a file isn't.
    pub fn has(&self, path: &Path) -> bool {
        let Ok(inside) = path.strip_prefix(&self.folder) else { return false };
        let Some(name) = path.file_name().map(|name| name.to_string_lossy()) else { return false };
        // vim tries whether it may write with a file named 4913.
        let by_editor = name.starts_with(['.', '#']) || name.ends_with(['~', '#']) || name == "4913";
        let main = format!("{}.rs", self.exercise);
        !by_editor && (inside == Path::new(&main) || inside.starts_with(&self.exercise))
    }
}

/// Watches the files until it is dropped. `saved` is called for every sign of a change, often several for one save.
///
/// # Errors
///
/// When the folder can't be watched at all.
pub fn watch(files: Files, saved: impl Fn() + Send + Clone + 'static) -> notify::Result<Box<dyn Watcher + Send>> {
    let folder = files.folder.clone();
    let on_event = move |event: notify::Result<notify::Event>| {
        // An error (events were lost) may hide a save: better one run too many.
        let concerns =
            event.as_ref().map_or(true, |event| changes(event.kind) && event.paths.iter().any(|p| files.has(p)));
        if concerns {
            saved();
        }
    };
    let told = RecommendedWatcher::new(on_event.clone(), Config::default()).and_then(|mut watcher| {
        watcher.watch(&folder, RecursiveMode::Recursive)?;
        Ok(Box::new(watcher) as Box<dyn Watcher + Send>)
    });
    told.or_else(|_| {
        let config = Config::default().with_poll_interval(POLL).with_compare_contents(true);
        let mut watcher = PollWatcher::new(on_event, config)?;
        watcher.watch(&folder, RecursiveMode::Recursive)?;
        Ok(Box::new(watcher) as Box<dyn Watcher + Send>)
    })
}

/// Reading a file, or changing its dates, is no save. The compiler reads.
fn changes(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::mpsc::channel;

    use super::*;
    use crate::files::tests::Scratch;

    #[test]
    fn the_file_and_its_folder_belong_to_the_exercise_and_nothing_else() {
        let scratch = Scratch::new("saves-files");
        let files = Files::new(&scratch.0, "first");
        let has = |path: &str| files.has(&files.folder.join(path));
        for path in ["first.rs", "first/mod.rs", "first/deep/part.rs"] {
            assert!(has(path), "{path}");
        }
        for path in ["second.rs", "first.rs~", ".first.rs.swp", "first/.part.rs.swx", "4913", "lib.rs", "first_two.rs"]
        {
            assert!(!has(path), "{path}");
        }
        assert!(!files.has(Path::new("elsewhere/first.rs")));
    }

    #[test]
    fn a_save_is_noticed_also_when_the_editor_renames() {
        let scratch = Scratch::new("saves-events");
        scratch.write("first.rs", "one");
        let (sender, saves) = channel();
        let on_save = move || {
            let _ = sender.send(());
        };
        let _watcher = watch(Files::new(&scratch.0, "first"), on_save).expect("a folder can be watched");
        let patience = Duration::from_secs(10);
        fs::write(scratch.0.join("first.rs"), "two").unwrap();
        saves.recv_timeout(patience).expect("a plain write is a save");
        // All signs of that write are in before the next: a file of nobody marks the end of the quiet.
        while saves.recv_timeout(Duration::from_millis(300)).is_ok() {}
        fs::write(scratch.0.join("second.rs"), "not ours").unwrap();
        fs::read(scratch.0.join("first.rs")).unwrap();
        saves.recv_timeout(Duration::from_millis(300)).expect_err("neither another's write nor a read is a save");
        fs::write(scratch.0.join(".first.rs.tmp"), "three").unwrap();
        fs::rename(scratch.0.join(".first.rs.tmp"), scratch.0.join("first.rs")).unwrap();
        saves.recv_timeout(patience).expect("a rename over the file is a save");
        fs::create_dir_all(scratch.0.join("first")).unwrap();
        while saves.recv_timeout(Duration::from_millis(300)).is_ok() {}
        fs::write(scratch.0.join("first/part.rs"), "x").unwrap();
        saves.recv_timeout(patience).expect("a file in the folder of the exercise is one of its");
    }
}
