//! Where the course is.
//!
//! `cargo xtask` is started by cargo, so the folder this crate was built in is the course; a copied binary looks upward
//! from where it is started. The folder one stands in comes first: a second checkout grades itself, not the first one.

use std::env;
use std::path::{Path, PathBuf};

use crate::Failure;

/// The folder that holds `course.toml`, seen from the current folder, or else the one this program was built in.
pub fn root() -> Result<PathBuf, Failure> {
    let current = env::current_dir().ok();
    let built = Path::new(env!("CARGO_MANIFEST_DIR"));
    current.iter().map(PathBuf::as_path).chain([built]).find_map(upward).ok_or_else(|| {
        Failure::new(
            "There is no course.toml in this folder or above it.\n\n\
             Go to the folder you cloned the course into and run the command again.",
        )
    })
}

/// The nearest folder from `start` upward that holds a `course.toml`.
fn upward(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|folder| folder.join("course.toml").is_file()).map(Path::to_path_buf)
}

/// `path` as somebody standing in `root` would write it, with `/` between its parts on every platform.
pub fn relative(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    inside.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/").replace("//", "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_course_is_found_from_a_folder_deep_inside() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(upward(&here.join("src")).as_deref(), here.parent());
    }

    #[test]
    fn paths_are_told_from_the_root() {
        let root = Path::new("course");
        assert_eq!(relative(root, &root.join("exercises").join("a.rs")), "exercises/a.rs");
        assert_eq!(relative(root, Path::new("elsewhere")), "elsewhere");
    }
}
