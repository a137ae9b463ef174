//! With handles.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, fstat, openat, statat};
use rustix::io::Errno;

use super::{Kind, LINK, read_open, sorted, special, unreadable};

/// An open folder.
pub(crate) struct Folder(OwnedFd);

impl Folder {
    /// Opens the folder that the user named; where their path leads over links, these are followed.
    pub(crate) fn open(path: &Path) -> io::Result<Folder> {
        Ok(Folder(openat(CWD, path, FOLDER, Mode::empty())?))
    }

    /// Opens a folder in this one; a link to one is an error.
    pub(crate) fn folder(&self, name: &OsStr) -> io::Result<Folder> {
        Ok(Folder(openat(&self.0, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?))
    }

    /// The names in it, in the order of their bytes; none if there are more than `most`.
    pub(crate) fn names(&self, most: usize) -> io::Result<Option<Vec<OsString>>> {
        let entries = Dir::read_from(&self.0)?.map(|entry| {
            let entry = entry?;
            Ok(OsStr::from_bytes(entry.file_name().to_bytes()).to_owned())
        });
        sorted(entries.filter(|name| !name.as_ref().is_ok_and(|name| name == "." || name == "..")), most)
    }

    /// What that name stands for at this moment.
    pub(crate) fn kind(&self, name: &OsStr) -> io::Result<Kind> {
        let stat = statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(kind(FileType::from_raw_mode(stat.st_mode)))
    }

    /// The content of that file, or why it is not read, as the rest of a sentence that begins with its name.
    pub(crate) fn read(&self, name: &OsStr, most: u64) -> Result<Vec<u8>, String> {
        // Only opening a device may already do something, so the first look is worth having, for all that it proves nothing.
        admit(self.kind(name).map_err(|error| unreadable(&error))?)?;
        let file = match openat(&self.0, name, FILE, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::LOOP | Errno::MLINK) => return Err(LINK.to_owned()),
            Err(Errno::NXIO) => return Err(special("a socket or a device")),
            Err(error) => return Err(unreadable(&error.into())),
        };
        let stat = fstat(&file).map_err(|error| unreadable(&error.into()))?;
        admit(kind(FileType::from_raw_mode(stat.st_mode)))?;
        read_open(File::from(file), u64::try_from(stat.st_size).unwrap_or(0), most)
    }
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Neither follows a link nor waits for who may never open the other end.
const FILE: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

fn kind(file_type: FileType) -> Kind {
    match file_type {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        FileType::Fifo => Kind::Special("a named pipe"),
        FileType::Socket => Kind::Special("a socket"),
        _ => Kind::Special("a device"),
    }
}

fn admit(kind: Kind) -> Result<(), String> {
    match kind {
        Kind::File => Ok(()),
        Kind::Folder => Err(special("a folder")),
        Kind::Link => Err(LINK.to_owned()),
        Kind::Special(what) => Err(special(what)),
    }
}
