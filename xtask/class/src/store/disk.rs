//! Files that are whole or not there, also after a power failure, and names for them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::digest::Digest;

/// What a file is called until it is whole; a leftover with this ending is of no use to anybody.
pub const UNFINISHED: &str = "new";

/// Writes `bytes` to `path` and makes the folders that are missing. After a return the file is on the disk, not only in
/// the system's memory; after a crash there is the old file or the new one.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let folder = path.parent().expect("a file of the results is in their folder");
    make_folder(folder)?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let beside = folder.join(format!(".{}-{number}.{UNFINISHED}", std::process::id()));
    let written = write_through(&beside, bytes).and_then(|()| fs::rename(&beside, path)).and_then(|()| sync(folder));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a folder and those above it. That a folder exists is written in the folder above, so that is synced as well.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.and_then(|()| sync(above)),
    }
}

/// Brings the names in a folder to the disk. Where a folder can't be opened like a file (Windows), the system sees to it.
pub fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// How many characters of a name are kept in the name of its file. Four bytes each, with the rest, fit every file system.
const KEPT_CHARS: usize = 48;

/// A file name for any text: never a path, never too long, and no two texts share one, also where the file system takes
/// `Ada` and `ada` for the same.
pub fn file_name(text: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    if !text.is_empty() && text.len() <= KEPT_CHARS && text.chars().all(plain) {
        return text.to_owned();
    }
    let readable = text.chars().take(KEPT_CHARS).map(|c| if c.is_alphanumeric() || plain(c) { c } else { '_' });
    let mut digest = Digest::new("faultlines file name 1");
    digest.add(text.as_bytes());
    // No plain name has a plus, and nobody who chooses their own name can aim at somebody else's fingerprint.
    format!("{}+{}", readable.collect::<String>(), digest.finish())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_plain_name_names_its_file() {
        assert_eq!(file_name("ada-lovelace_2"), "ada-lovelace_2");
    }

    #[test]
    fn no_name_leads_out_of_its_folder() {
        for name in ["..", ".", "", "../ada", "/etc/passwd", "a\\b", "C:ada", "ada\0", "ada\n", "-"] {
            let file = file_name(name);
            let parts = Path::new(&file).components().count();
            assert!(parts == 1 && file != ".." && file != ".", "{name:?} becomes {file:?}");
            assert!(!file.contains(['/', '\\', ':', '\0', '\n']), "{name:?} becomes {file:?}");
        }
    }

    #[test]
    fn no_two_names_share_a_file_also_where_case_does_not_count() {
        let long = "a".repeat(300);
        let longer = "a".repeat(301);
        let hashed = file_name("Ada");
        let names =
            ["ada", "Ada", "ADA", "a da", "a_da", "a/da", "ada.", "é", "e\u{301}", "", "_", &long, &longer, &hashed];
        let files: BTreeSet<String> = names.iter().map(|name| file_name(name).to_lowercase()).collect();
        assert_eq!(files.len(), names.len(), "{files:?}");
    }

    #[test]
    fn the_longest_name_fits_a_file_system() {
        assert!(file_name(&"\u{1F980}é漢".repeat(200)).len() + ".json".len() <= 255);
    }

    #[test]
    fn a_name_with_accents_can_still_be_read() {
        assert!(file_name("Zoë Müller").starts_with("Zoë_Müller+"));
    }
}
