//! With paths, where the system knows no handles of folders. What is opened is compared with what was looked at, but
//! whoever can write into the folder during that moment could still have the one swapped for the other.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, FileType};
use std::io;
use std::path::{Path, PathBuf};

use super::{Kind, LINK, read_open, sorted, special, unreadable};

/// A folder, by its path.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// The folder that the user named; where their path leads over links, these are followed.
    pub(crate) fn open(path: &Path) -> io::Result<Folder> {
        fs::read_dir(path)?;
        Ok(Folder(path.to_path_buf()))
    }

    /// A folder in this one; a link to one is an error.
    pub(crate) fn folder(&self, name: &OsStr) -> io::Result<Folder> {
        match self.kind(name)? {
            Kind::Folder => Folder::open(&self.0.join(name)),
            _ => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// The names in it, in the order of their bytes; none if there are more than `most`.
    pub(crate) fn names(&self, most: usize) -> io::Result<Option<Vec<OsString>>> {
        sorted(fs::read_dir(&self.0)?.map(|entry| Ok(entry?.file_name())), most)
    }

    /// What that name stands for at this moment.
    pub(crate) fn kind(&self, name: &OsStr) -> io::Result<Kind> {
        Ok(kind(fs::symlink_metadata(self.0.join(name))?.file_type()))
    }

    /// The content of that file, or why it is not read, as the rest of a sentence that begins with its name.
    pub(crate) fn read(&self, name: &OsStr, most: u64) -> Result<Vec<u8>, String> {
        match self.kind(name).map_err(|error| unreadable(&error))? {
            Kind::File => {}
            Kind::Folder => return Err(special("a folder")),
            Kind::Link => return Err(LINK.to_owned()),
            Kind::Special(what) => return Err(special(what)),
        }
        let file = File::open(self.0.join(name)).map_err(|error| unreadable(&error))?;
        let metadata = file.metadata().map_err(|error| unreadable(&error))?;
        if !metadata.is_file() {
            return Err(special("something else by now"));
        }
        read_open(file, metadata.len(), most)
    }
}

fn kind(file_type: FileType) -> Kind {
    if file_type.is_symlink() {
        Kind::Link
    } else if file_type.is_dir() {
        Kind::Folder
    } else if file_type.is_file() {
        Kind::File
    } else {
        Kind::Special("a pipe, a socket or a device")
    }
}
