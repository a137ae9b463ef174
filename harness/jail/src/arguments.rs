//! A cell as arguments of the launcher, and back.
//!
//! It travels as arguments and not in the environment, because arguments are gone once the launcher has become the
//! program: what the grader's folders are called is nobody's business. Each path is an argument of its own, as the
//! system gives it, so that names that are not UTF-8 arrive too.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::{Cell, Conduct, Limits};

/// What the launcher is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// To find out whether this kernel can do it.
    Probe,
    /// To become a program.
    Start {
        /// In this cell.
        cell: Cell,
        /// The process that is starting it, and with which it must end.
        parent: u32,
        /// The program, then its arguments; not empty.
        program: Vec<OsString>,
    },
}

/// The one argument that asks for [`Order::Probe`].
pub(crate) const PROBE: &str = "--probe";

const READS: &str = "--reads";
const EXECUTES: &str = "--executes";
const WRITES: &str = "--writes";
const CPU_S: &str = "--cpu-s";
const MEMORY_BYTES: &str = "--memory-bytes";
const FILE_BYTES: &str = "--file-bytes";
const OPEN_FILES: &str = "--open-files";
const CONDUCT: &str = "--conduct";
const PARENT: &str = "--parent";

/// The arguments up to the program.
pub(crate) fn write(cell: &Cell, parent: u32) -> Vec<OsString> {
    let Cell { reads, executes, writes, limits, conduct } = cell;
    let Limits { cpu_s, memory_bytes, file_bytes, open_files } = limits;
    let conduct = match conduct {
        Conduct::Compiler => "compiler",
        Conduct::Worker => "worker",
    };
    let mut arguments: Vec<OsString> = Vec::new();
    for (option, paths) in [(READS, reads), (EXECUTES, executes), (WRITES, writes)] {
        for path in paths {
            arguments.extend([option.into(), absolute(path).into_os_string()]);
        }
    }
    let numbers = [
        (CPU_S, *cpu_s),
        (MEMORY_BYTES, *memory_bytes),
        (FILE_BYTES, *file_bytes),
        (OPEN_FILES, *open_files),
        (PARENT, u64::from(parent)),
    ];
    for (option, number) in numbers {
        arguments.extend([option.into(), number.to_string().into()]);
    }
    arguments.extend([CONDUCT.into(), conduct.into(), "--".into()]);
    arguments
}

/// A path that means the same in any folder.
pub(crate) fn absolute(path: &std::path::Path) -> PathBuf {
    // Fails for the empty path only, which the launcher then can't find.
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// Reads what [`write`] wrote, followed by a program and its arguments.
pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Order, String> {
    let mut arguments = arguments.into_iter();
    let mut draft = Draft::default();
    while let Some(option) = arguments.next() {
        if option == PROBE {
            return Ok(Order::Probe);
        }
        if option == "--" {
            return draft.finish(arguments.collect());
        }
        let value = arguments.next().ok_or_else(|| format!("{} has no value", option.display()))?;
        draft.set(&option, value)?;
    }
    Err("there is no program to start: it comes after `--`".to_owned())
}

#[derive(Default)]
struct Draft {
    reads: Vec<PathBuf>,
    executes: Vec<PathBuf>,
    writes: Vec<PathBuf>,
    cpu_s: Option<u64>,
    memory_bytes: Option<u64>,
    file_bytes: Option<u64>,
    open_files: Option<u64>,
    parent: Option<u64>,
    conduct: Option<Conduct>,
}

impl Draft {
    fn set(&mut self, option: &OsStr, value: OsString) -> Result<(), String> {
        let number = |value: &OsStr| {
            let number = value.to_str().and_then(|text| text.parse::<u64>().ok());
            number.ok_or_else(|| format!("{} takes a number, not `{}`", option.display(), value.display()))
        };
        match option.to_str().unwrap_or_default() {
            READS => self.reads.push(value.into()),
            EXECUTES => self.executes.push(value.into()),
            WRITES => self.writes.push(value.into()),
            CPU_S => self.cpu_s = Some(number(&value)?),
            MEMORY_BYTES => self.memory_bytes = Some(number(&value)?),
            FILE_BYTES => self.file_bytes = Some(number(&value)?),
            OPEN_FILES => self.open_files = Some(number(&value)?),
            PARENT => self.parent = Some(number(&value)?),
            CONDUCT => {
                self.conduct = Some(match value.to_str() {
                    Some("compiler") => Conduct::Compiler,
                    Some("worker") => Conduct::Worker,
                    _ => return Err(format!("--conduct is compiler or worker, not `{}`", value.display())),
                });
            }
            _ => return Err(format!("there is no option `{}`", option.display())),
        }
        Ok(())
    }

    fn finish(self, program: Vec<OsString>) -> Result<Order, String> {
        let missing = |option: &str| format!("{option} is missing");
        if program.is_empty() {
            return Err("there is no program to start after `--`".to_owned());
        }
        let limits = Limits {
            cpu_s: self.cpu_s.ok_or_else(|| missing(CPU_S))?,
            memory_bytes: self.memory_bytes.ok_or_else(|| missing(MEMORY_BYTES))?,
            file_bytes: self.file_bytes.ok_or_else(|| missing(FILE_BYTES))?,
            open_files: self.open_files.ok_or_else(|| missing(OPEN_FILES))?,
        };
        let parent = self.parent.ok_or_else(|| missing(PARENT))?;
        let parent = u32::try_from(parent).map_err(|_| format!("{PARENT} is no process: {parent}"))?;
        let conduct = self.conduct.ok_or_else(|| missing(CONDUCT))?;
        let cell = Cell { reads: self.reads, executes: self.executes, writes: self.writes, limits, conduct };
        Ok(Order::Start { cell, parent, program })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell() -> Cell {
        Cell {
            reads: vec!["/a b".into(), "/c".into()],
            executes: vec!["/--".into()],
            writes: vec!["/--reads".into()],
            limits: Limits { cpu_s: 1, memory_bytes: u64::MAX, file_bytes: 0, open_files: 7 },
            conduct: Conduct::Worker,
        }
    }

    fn read_back(cell: &Cell, program: &[&str]) -> Result<Order, String> {
        read(write(cell, 42).into_iter().chain(program.iter().map(OsString::from)))
    }

    #[test]
    fn a_cell_arrives_as_it_was_sent_whatever_its_paths_and_the_programs_arguments_look_like() {
        let program = ["/bin/true", "--", "--reads", "/etc", "--probe"];
        let order = Order::Start { cell: cell(), parent: 42, program: program.map(OsString::from).to_vec() };
        assert_eq!(read_back(&cell(), &program), Ok(order));
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_not_utf_8_arrives() {
        use std::os::unix::ffi::OsStringExt;
        let odd = PathBuf::from(OsString::from_vec(b"/\xff\xfe".to_vec()));
        let Ok(Order::Start { cell, .. }) = read_back(&Cell { reads: vec![odd.clone()], ..cell() }, &["x"]) else {
            panic!("an order to start");
        };
        assert_eq!(cell.reads, [odd]);
    }

    #[test]
    fn an_order_with_a_part_missing_or_unknown_is_refused_and_says_which() {
        let told = |arguments: &[&str]| read(arguments.iter().map(OsString::from)).unwrap_err();
        assert!(read_back(&cell(), &[]).unwrap_err().contains("no program"));
        assert!(told(&["--", "x"]).contains("--cpu-s"));
        assert!(told(&["--cpu-s", "soon"]).contains("soon"));
        assert!(told(&["--cpu-s"]).contains("no value"));
        assert!(told(&["--harmless", "1"]).contains("--harmless"));
        assert!(told(&["--conduct", "none"]).contains("none"));
    }
}
