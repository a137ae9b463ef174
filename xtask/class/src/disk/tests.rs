use std::ffi::OsStr;
use std::fs;

use super::*;
use crate::tests::Scratch;

fn name(name: &str) -> &OsStr {
    OsStr::new(name)
}

/// Every test for both ways to read a folder.
macro_rules! tests_of {
    ($way:ident, $folder:path) => {
        mod $way {
            use super::*;
            use $folder as Folder;

            fn refusal(folder: &Folder, of: &str) -> String {
                folder.read(name(of), 100).expect_err("it is no file to be read")
            }

            #[test]
            fn a_file_is_read_up_to_the_limit() {
                let scratch = Scratch::new("disk-size");
                scratch.write("just.rs", [b'x'; 100]);
                scratch.write("more.rs", [b'x'; 101]);
                let folder = Folder::open(&scratch.0).unwrap();
                assert_eq!(folder.read(name("just.rs"), 100).unwrap().len(), 100);
                assert_eq!(refusal(&folder, "more.rs"), "is too large: 101 bytes, and at most 100 are read.");
                assert!(refusal(&folder, "none.rs").starts_with("can't be read: "));
            }

            #[test]
            fn names_are_sorted_and_bounded() {
                let scratch = Scratch::new("disk-names");
                ["b", "a", "C", "d/e"].iter().for_each(|path| scratch.write(path, ""));
                let folder = Folder::open(&scratch.0).unwrap();
                assert_eq!(folder.names(4).unwrap().unwrap(), ["C", "a", "b", "d"]);
                assert_eq!(folder.names(3).unwrap(), None);
                assert_eq!(folder.kind(name("d")).unwrap(), Kind::Folder);
                assert_eq!(folder.folder(name("d")).unwrap().names(1).unwrap().unwrap(), ["e"]);
                assert!(folder.folder(name("a")).is_err());
                assert_eq!(refusal(&folder, "d"), "is a folder, not a file. Hand in a file.");
            }

            #[cfg(unix)]
            #[test]
            fn no_link_is_followed() {
                let scratch = Scratch::new("disk-links");
                scratch.write("real/a.rs", "text");
                std::os::unix::fs::symlink("real/a.rs", scratch.0.join("file")).unwrap();
                std::os::unix::fs::symlink("real", scratch.0.join("folder")).unwrap();
                std::os::unix::fs::symlink("nowhere", scratch.0.join("dangling")).unwrap();
                let folder = Folder::open(&scratch.0).unwrap();
                for link in ["file", "folder", "dangling"] {
                    assert_eq!(folder.kind(name(link)).unwrap(), Kind::Link);
                    assert_eq!(refusal(&folder, link), LINK);
                    assert!(folder.folder(name(link)).is_err(), "{link}");
                }
                let led = Folder::open(&scratch.0.join("folder")).unwrap();
                assert_eq!(led.read(name("a.rs"), 100).unwrap(), b"text", "the user's own path may lead over links");
            }

            #[cfg(unix)]
            #[test]
            fn nobody_waits_for_a_pipe() {
                let scratch = Scratch::new("disk-fifo");
                crate::tests::fifo(&scratch.0.join("a.rs"));
                let _socket = std::os::unix::net::UnixListener::bind(scratch.0.join("b.rs")).unwrap();
                let folder = Folder::open(&scratch.0).unwrap();
                assert!(refusal(&folder, "a.rs").ends_with("not a file. Hand in a file."));
                assert!(refusal(&folder, "b.rs").ends_with("not a file. Hand in a file."));
                assert!(matches!(folder.kind(name("a.rs")).unwrap(), Kind::Special(_)));
            }

            #[cfg(unix)]
            #[test]
            fn a_hard_link_is_the_file_it_is() {
                let scratch = Scratch::new("disk-hard");
                scratch.write("a.rs", "text");
                fs::hard_link(scratch.0.join("a.rs"), scratch.0.join("b.rs")).unwrap();
                assert_eq!(Folder::open(&scratch.0).unwrap().read(name("b.rs"), 100).unwrap(), b"text");
            }
        }
    };
}

#[cfg(unix)]
tests_of!(with_handles, super::super::unix::Folder);
tests_of!(with_paths, super::super::portable::Folder);

/// While a name flips between a file and a link to a secret, nobody ever reads the secret through it.
#[cfg(unix)]
#[test]
fn a_link_put_in_place_between_look_and_opening_is_not_followed() {
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicBool, Ordering};

    let scratch = Scratch::new("disk-race");
    scratch.write("secret", "secret");
    scratch.write("in/harmless", "harmless");
    let folder = unix::Folder::open(&scratch.0.join("in")).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (file, link, at) = (scratch.0.join("in/file"), scratch.0.join("in/link"), scratch.0.join("in/a.rs"));
            while !done.load(Ordering::Relaxed) {
                fs::copy(scratch.0.join("in/harmless"), &file).unwrap();
                fs::rename(&file, &at).unwrap();
                symlink("../secret", &link).unwrap();
                fs::rename(&link, &at).unwrap();
            }
        });
        for _ in 0..2000 {
            if let Ok(content) = folder.read(name("a.rs"), 100) {
                assert_ne!(content, b"secret");
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}
