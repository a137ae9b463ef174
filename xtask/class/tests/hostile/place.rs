//! An entry as a student hands it in: its files, and what git can't keep.
//!
//! Everything is made below the folder that is given; a link may lead out of it, and nothing is written through it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, mkdirat, mknodat, openat};

use crate::archives;
use crate::corpus::{Entry, Make, Packed};

impl Entry {
    /// Puts the submission into the folder `class`, where the others are; gives its folder or archive there. `corpus` is
    /// the folder of the corpus.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn place(&self, corpus: &Path, class: &Path) -> io::Result<PathBuf> {
        let name = match &self.make {
            Some(Make::Name { name }) => name,
            _ => &self.name,
        };
        let archive = |extension: &str, bytes: Vec<u8>| {
            let path = class.join(format!("{name}.{extension}"));
            fs::write(&path, bytes).map(|()| path)
        };
        match &self.make {
            Some(Make::Zip { entries, many }) => return archive("zip", archives::zip(entries, *many)),
            Some(Make::Tar { entries }) => return archive("tar", archives::tar(entries)),
            Some(Make::TarGz { entries }) => return archive("tar.gz", archives::tar_gz(entries)),
            Some(Make::Torn) => {
                let text = Some(fs::read_to_string(corpus.join("control_solution/lamport_clock.rs"))?);
                let mut bytes =
                    archives::zip(&[Packed { path: "lamport_clock.rs".into(), text, ..Packed::default() }], 0);
                bytes.truncate(bytes.len() / 2);
                return archive("zip", bytes);
            }
            _ => {}
        }
        let folder = class.join(name);
        fs::create_dir(&folder)?;
        if corpus.join(&self.name).exists() {
            copy(&corpus.join(&self.name), &folder)?;
        }
        if let Some(make) = &self.make {
            make.apply(&folder)?;
        }
        Ok(folder)
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

impl Make {
    /// Makes it in the folder of a submission.
    fn apply(&self, folder: &Path) -> io::Result<()> {
        let at = |path: &str| folder.join(path);
        match self {
            Make::Link { path, to } => symlink(to, at(path)),
            Make::Pipe { path } => Ok(mknodat(CWD, at(path), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?),
            Make::Socket { path } => socket(&at(path)),
            Make::Folder { path } => fs::create_dir(at(path)),
            Make::Padded { path, bytes } => append(&at(path), &"// padding\n".repeat(bytes / 11)),
            Make::Sparse { path, bytes } => File::create(at(path))?.set_len(*bytes),
            Make::Line { path, bytes } => append(&at(path), &format!("// {}\n", "x".repeat(*bytes))),
            Make::Nested { path, depth } => {
                let (open, close) = ("(".repeat(*depth), ")".repeat(*depth));
                fs::write(at(path), format!("pub const DEEP: u32 = {open}1{close};\n"))
            }
            Make::Bytes { path, hex } => fs::write(at(path), from_hex(hex)),
            Make::Windows { path } => {
                let text = fs::read_to_string(at(path))?;
                fs::write(at(path), format!("\u{feff}{}", text.replace('\n', "\r\n")))
            }
            Make::Many { folder, files } => many(&at(folder), *files),
            Make::Deep { folders } => deep(folder, *folders),
            Make::File { path, text } => {
                fs::create_dir_all(at(path).parent().expect("a file is in a folder"))?;
                fs::write(at(path), text)
            }
            // That is done where the submission is placed.
            Make::Name { .. } | Make::Zip { .. } | Make::Torn | Make::Tar { .. } | Make::TarGz { .. } => Ok(()),
        }
    }
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    File::options().append(true).open(path)?.write_all(text.as_bytes())
}

/// The path of a socket may have a hundred bytes; so it is made in a folder with a short one, and moved.
fn socket(path: &Path) -> io::Result<()> {
    let short = tempfile::tempdir()?;
    let made = short.path().join("s");
    UnixListener::bind(&made)?;
    fs::rename(&made, path).or_else(|_| mknodat(CWD, path, FileType::Socket, Mode::RUSR, 0).map_err(io::Error::from))
}

fn many(folder: &Path, files: usize) -> io::Result<()> {
    fs::create_dir(folder)?;
    (0..files).try_for_each(|number| File::create(folder.join(format!("{number}.rs"))).map(drop))
}

/// Folder in folder by handles, for no path reaches so far.
fn deep(folder: &Path, folders: usize) -> io::Result<()> {
    const NAME: &str = "deeper-and-deeper";
    let mut inner = openat(CWD, folder, OFlags::DIRECTORY, Mode::empty())?;
    for _ in 0..folders {
        mkdirat(&inner, NAME, Mode::RWXU)?;
        inner = openat(&inner, NAME, OFlags::DIRECTORY, Mode::empty())?;
    }
    Ok(())
}

fn from_hex(hex: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("hexadecimal digits") as u8;
    hex.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileTypeExt;
    use std::process::Command;

    use super::*;
    use crate::corpus::Corpus;

    fn place(name: &str) -> (tempfile::TempDir, PathBuf) {
        let corpus = Corpus::load(crate::folder()).unwrap();
        let entry = corpus.entries.iter().find(|entry| entry.name == name).unwrap();
        let class = tempfile::tempdir().unwrap();
        let placed = entry.place(crate::folder(), class.path()).unwrap();
        (class, placed)
    }

    #[test]
    fn every_entry_can_be_placed_beside_the_others() {
        let corpus = Corpus::load(crate::folder()).unwrap();
        let class = tempfile::tempdir().unwrap();
        for entry in &corpus.entries {
            let placed = entry.place(crate::folder(), class.path());
            assert!(placed.is_ok_and(|path| path.symlink_metadata().is_ok()), "{}", entry.name);
        }
        assert_eq!(fs::read_dir(class.path()).unwrap().count(), corpus.entries.len(), "each has a place of its own");
    }

    #[test]
    fn files_come_along_with_their_folders() {
        let (_class, placed) = place("cargo_configuration");
        assert!(placed.join(".cargo/config.toml").is_file() && placed.join("lamport_clock.rs").is_file());
    }

    #[test]
    fn what_is_no_plain_file_is_made() {
        let kind = |name| {
            let (_class, placed) = place(name);
            placed.join("lamport_clock.rs").symlink_metadata().unwrap().file_type()
        };
        assert!(kind("link_to_a_file").is_symlink());
        assert!(kind("pipe_for_a_source").is_fifo());
        assert!(kind("socket_for_a_source").is_socket());
        assert!(kind("folder_for_a_source").is_dir());
    }

    #[test]
    fn sources_are_as_large_and_as_strange_as_the_table_says() {
        let bytes = |name| {
            let (_class, placed) = place(name);
            placed.join("lamport_clock.rs").metadata().unwrap().len()
        };
        assert!(bytes("enormous_source") > 99_000_000);
        assert_eq!(bytes("sparse_source"), 1 << 40);
        assert_eq!(bytes("empty_source"), 0);
        let (_class, placed) = place("byte_order_mark");
        let text = fs::read_to_string(placed.join("lamport_clock.rs")).unwrap();
        assert!(text.starts_with('\u{feff}') && text.lines().count() == text.matches("\r\n").count());
        let (_class, placed) = place("not_text");
        assert!(fs::read_to_string(placed.join("lamport_clock.rs")).is_err());
    }

    #[test]
    fn the_deepest_folder_has_no_path_that_can_be_opened() {
        let (_class, placed) = place("deep_folders");
        let deepest = format!("{}{}", placed.display(), "/deeper-and-deeper".repeat(600));
        let error = fs::metadata(deepest).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(rustix::io::Errno::NAMETOOLONG.raw_os_error()));
    }

    /// What a program that knows the format makes of it, run for its words, which never unpack anything.
    fn listed(program: &str, args: &[&str], archive: &Path) -> Option<String> {
        let output = Command::new(program).args(args).arg(archive).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    #[test]
    fn tars_are_what_tar_takes_for_some() {
        let (_class, placed) = place("tar_with_links");
        let Some(list) = listed("tar", &["-tvf"], &placed) else { return };
        for expected in ["lrw", "hrw", "crw", "prw", "1,5", "src/hostile-trace"] {
            assert!(list.contains(expected), "{expected} is missing:\n{list}");
        }
        let (_class, placed) = place("tar_bomb");
        let list = listed("tar", &["-tvzf"], &placed).expect("tar was there a moment ago");
        assert!(list.contains(&1_000_341_504.to_string()), "{list}");
        assert!(placed.metadata().unwrap().len() < 2_000_000);
    }

    #[test]
    fn zips_are_what_a_reader_of_zips_takes_for_some() {
        let (_class, placed) = place("zip_that_climbs");
        let Some(list) = listed("python3", &["-m", "zipfile", "-l"], &placed) else { return };
        assert!(list.contains("../../hostile-trace") && list.contains("/tmp/hostile-trace"), "{list}");
        let (_class, placed) = place("zip_bomb");
        let list = listed("python3", &["-m", "zipfile", "-l"], &placed).expect("python was there a moment ago");
        assert!(list.contains(&1_000_341_504.to_string()), "{list}");
        assert!(placed.metadata().unwrap().len() < 2_000_000);
        let test = listed("python3", &["-m", "zipfile", "-t"], &placed).expect("python was there a moment ago");
        assert!(test.contains("Done testing"), "{test}");
    }
}
