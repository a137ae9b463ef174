//! Names for files and anchors, made from names that somebody else chose.
//!
//! A name that is already fit for a file of every system is kept, so that one can guess the address of a page. Any other
//! loses what is unfit and gets a piece of its own hash, so that `Ada` and `ada`, or two names in Greek, stay two files,
//! and each keeps its address when the class changes.

use std::collections::HashSet;

/// A file's name is no longer than this, without its extension.
const LONGEST: usize = 64;

/// What Windows takes for a device, with any extension.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Gives out names, each only once.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// A name of `a` to `z`, digits, `-` and `_`, never given before and never empty.
    pub(super) fn give(&mut self, wanted: &str) -> String {
        let fit: String = wanted.to_lowercase().chars().map(|c| if is_fit(c) { c } else { '-' }).collect();
        let fit: Vec<&str> = fit.split('-').filter(|part| !part.is_empty()).collect();
        let fit: String = fit.join("-").chars().take(LONGEST - 16).collect();
        let name = if fit == wanted && !fit.is_empty() && !is_device(&fit) {
            fit
        } else {
            let between = if fit.is_empty() { "" } else { "-" };
            format!("{fit}{between}{:08x}", hash(wanted) as u32)
        };
        self.first_free(name)
    }

    fn first_free(&mut self, name: String) -> String {
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let mut candidates = std::iter::once(name.clone()).chain(numbered);
        candidates.find(|candidate| self.taken.insert(candidate.clone())).expect("there is always another number")
    }
}

fn is_fit(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
}

fn is_device(name: &str) -> bool {
    let numbered = |device: &str| name.strip_prefix(device).is_some_and(|rest| rest.len() == 1);
    DEVICES.contains(&name) || numbered("com") || numbered("lpt")
}

/// FNV-1a (Fowler, Noll and Vo): the same in every version, on every machine. Whoever makes two names collide gets `-2`.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_fit_is_kept() {
        for name in ["ada", "bo-2", "team_7", "student-0042"] {
            assert_eq!(Names::default().give(name), name);
        }
    }

    #[test]
    fn names_that_look_alike_to_a_file_system_get_two_files() {
        let mut names = Names::default();
        let given: Vec<String> =
            ["ada", "Ada", "ADA", "ada.", "ada ", "../ada", "ádá", "ada"].map(|n| names.give(n)).into();
        assert_eq!(given.iter().collect::<HashSet<_>>().len(), given.len(), "{given:?}");
        assert_eq!((&*given[0], &*given[7]), ("ada", "ada-2"));
    }

    #[test]
    fn no_name_is_a_path_a_device_or_hidden() {
        let long = "x".repeat(5_000);
        let bad = [
            "",
            ".",
            "..",
            "../../etc/passwd",
            "/abs",
            "c:\\x",
            "con",
            "CON",
            "nul",
            "com1",
            "lpt9",
            "a/b",
            "a\\b",
            ".git",
            "-rf",
            "a\0b",
            "a\nb",
            "\u{202e}exe.ada",
            "index.html",
            "a?b#c%2e",
            "☃",
            &long,
        ];
        let mut names = Names::default();
        let mut seen = HashSet::new();
        for wanted in bad {
            let name = names.give(wanted);
            let is_safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
            assert!(
                !name.is_empty() && name.chars().all(is_safe) && !name.starts_with('-'),
                "{wanted:?} gives {name:?}"
            );
            assert!(name.len() <= LONGEST && !is_device(&name), "{wanted:?} gives {name:?}");
            assert!(seen.insert(name));
        }
    }

    #[test]
    fn a_name_that_somebody_guessed_is_not_taken_away() {
        let guessed = Names::default().give("Ada");
        let mut names = Names::default();
        assert_eq!(names.give(&guessed), guessed);
        assert_eq!(names.give("Ada"), format!("{guessed}-2"));
    }

    #[test]
    fn an_address_does_not_depend_on_who_else_is_there() {
        let alone = Names::default().give("Zoë");
        let mut names = Names::default();
        let others = ["ada", "Bo", "zo"].map(|name| names.give(name));
        assert!(!others.contains(&alone));
        assert_eq!(names.give("Zoë"), alone);
    }
}
