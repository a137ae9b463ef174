//! Writing files so that a learner loses nothing.
//!
//! Every write goes to a neighbour first and is then renamed over the target: a full disk or a Ctrl-C leaves either the
//! old file or the new one, never half of one.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970. The only wall clock here; it names files and tells how long ago, and decides no verdict.
pub fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

/// Writes `bytes` to `path`, whole or not at all, and makes the folders that are missing.
///
/// # Errors
///
/// Whatever the file system says; `path` is then as it was.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().ok_or_else(|| io::Error::other("the path names no file"))?.to_string_lossy();
    let beside = folder.join(format!(".{name}.{}.new", std::process::id()));
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Keeps `bytes` in `folder` as `NAME-2026-11-22T10-11-12Z.EXTENSION`, with `-2` and so on after the date when that
/// second has such a file already. Gives the path.
///
/// # Errors
///
/// Whatever the file system says, and when a thousand names of one second are taken.
pub fn keep(folder: &Path, name: &str, extension: &str, bytes: &[u8], time_s: u64) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let date = utc_stamp(time_s);
    for attempt in 1..=1000 {
        let again = if attempt == 1 { String::new() } else { format!("-{attempt}") };
        let path = folder.join(format!("{name}-{date}{again}.{extension}"));
        // `create_new` decides between two that keep at the same moment.
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => return file.write_all(bytes).and_then(|()| file.sync_all()).map(|()| path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other(format!("{} holds too many files of this second", folder.display())))
}

/// A time as `2026-11-22T10-11-12Z`: sorts by date, and has no colon, which Windows refuses in names.
pub fn utc_stamp(time_s: u64) -> String {
    let (days, second) = (time_s / 86_400, time_s % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}-{minute:02}-{second:02}Z")
}

/// Days since 1970 as year, month, day: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
/// Years begin in March there, so that the leap day is the last of its year.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// How long ago, in the largest unit that fits: `3 minutes ago`.
pub fn ago(time_s: u64, now_s: u64) -> String {
    let passed_s = now_s.saturating_sub(time_s);
    let (count, unit) = match passed_s {
        0..60 => return "just now".to_owned(),
        60..3600 => (passed_s / 60, "minute"),
        3600..86_400 => (passed_s / 3600, "hour"),
        _ => (passed_s / 86_400, "day"),
    };
    format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A folder of its own for a test, removed at the end.
    pub(crate) struct Scratch(pub PathBuf);

    impl Scratch {
        pub(crate) fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("faultlines-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).expect("the temporary folder can be written");
            Scratch(path)
        }

        pub(crate) fn write(&self, path: &str, text: &str) {
            write_atomically(&self.0.join(path), text.as_bytes()).expect("the temporary folder can be written");
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(utc_stamp(0), "1970-01-01T00-00-00Z");
        assert_eq!(utc_stamp(951_782_399), "2000-02-28T23-59-59Z");
        assert_eq!(utc_stamp(951_782_400), "2000-02-29T00-00-00Z");
        assert_eq!(utc_stamp(951_868_800), "2000-03-01T00-00-00Z");
        assert_eq!(utc_stamp(1_795_342_272), "2026-11-22T10-11-12Z");
    }

    #[test]
    fn two_files_kept_in_one_second_have_two_names() {
        let scratch = Scratch::new("keep-twice");
        let names: Vec<PathBuf> =
            [b"a", b"b", b"c"].iter().map(|text| keep(&scratch.0, "x", "rs", *text, 0).unwrap()).collect();
        let expected = ["x-1970-01-01T00-00-00Z.rs", "x-1970-01-01T00-00-00Z-2.rs", "x-1970-01-01T00-00-00Z-3.rs"];
        assert_eq!(names, expected.map(|name| scratch.0.join(name)));
        assert_eq!(fs::read(&names[1]).unwrap(), b"b");
    }

    #[test]
    fn a_write_replaces_the_file_and_leaves_no_neighbour() {
        let scratch = Scratch::new("write");
        let path = scratch.0.join("deep/er/file.txt");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_write_that_fails_leaves_no_neighbour() {
        let scratch = Scratch::new("write-fails");
        fs::create_dir_all(scratch.0.join("taken/inside")).unwrap();
        assert!(write_atomically(&scratch.0.join("taken"), b"x").is_err());
        assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 1);
    }

    #[test]
    fn how_long_ago_is_told_in_the_largest_unit() {
        let told = [0, 59, 60, 7199, 86_400, 200_000].map(|passed| ago(1000, 1000 + passed));
        assert_eq!(told, ["just now", "just now", "1 minute ago", "1 hour ago", "1 day ago", "2 days ago"]);
        assert_eq!(ago(5, 1), "just now");
    }
}
