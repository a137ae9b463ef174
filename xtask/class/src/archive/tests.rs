use std::io::Write;

use super::*;
use crate::submissions::tests::{only, told, with_limits};
use crate::submissions::{Limits, Submission};
use crate::tests::Scratch;

/// An entry of a zip, with every claim it makes.
#[derive(Clone)]
struct Zipped {
    name: Vec<u8>,
    content: Vec<u8>,
    /// Of the directory.
    bytes: u64,
    flags: u16,
    method: u16,
    mode: u32,
    checksum: Option<u32>,
}

fn zipped(name: &str, content: &str) -> Zipped {
    Zipped {
        name: name.as_bytes().to_vec(),
        content: content.as_bytes().to_vec(),
        bytes: content.len() as u64,
        // The name is UTF-8.
        flags: 1 << 11,
        method: 0,
        mode: 0o100_644,
        checksum: None,
    }
}

/// A zip written by hand, because no library writes what is in these (APPNOTE.TXT, section 4.3).
fn zip(entries: &[Zipped]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let offset = bytes.len() as u32;
        let mut checksum = flate2::Crc::new();
        checksum.update(&entry.content);
        let checksum = entry.checksum.unwrap_or(checksum.sum());
        let size = u32::try_from(entry.bytes).unwrap_or(u32::MAX);
        // Sizes that don't fit stand in an extra field.
        let extra: Vec<u8> =
            if size == u32::MAX { [&[1, 0, 8, 0][..], &entry.bytes.to_le_bytes()].concat() } else { Vec::new() };
        let common: Vec<u8> = [
            &45_u16.to_le_bytes()[..],
            &entry.flags.to_le_bytes(),
            &entry.method.to_le_bytes(),
            &[0; 4],
            &checksum.to_le_bytes(),
            &(entry.content.len() as u32).to_le_bytes(),
            &size.to_le_bytes(),
            &(entry.name.len() as u16).to_le_bytes(),
            &(extra.len() as u16).to_le_bytes(),
        ]
        .concat();
        bytes.extend([b"PK\x03\x04", &common[..], &entry.name, &extra, &entry.content].concat());
        // Made on Unix, so that the mode counts.
        directory.extend([b"PK\x01\x02\x2d\x03", &common[..], &[0; 6]].concat());
        directory.extend([&(entry.mode << 16).to_le_bytes()[..], &offset.to_le_bytes()].concat());
        directory.extend([&entry.name[..], &extra].concat());
    }
    let start = bytes.len() as u32;
    let count = entries.len() as u16;
    bytes.extend(&directory);
    bytes.extend([&b"PK\x05\x06\0\0\0\0"[..], &count.to_le_bytes(), &count.to_le_bytes()].concat());
    bytes.extend([&(directory.len() as u32).to_le_bytes()[..], &start.to_le_bytes(), &[0; 2]].concat());
    bytes
}

/// An entry of a tar.
struct Tarred {
    name: Vec<u8>,
    kind: EntryKind,
    bytes: u64,
    content: Vec<u8>,
}

type EntryKind = tar::EntryType;

fn tarred(name: &str, content: &str) -> Tarred {
    let (name, content) = (name.as_bytes().to_vec(), content.as_bytes().to_vec());
    Tarred { name, kind: EntryKind::Regular, bytes: content.len() as u64, content }
}

/// A tar with names and sizes that no library would write.
fn tar_of(entries: &[Tarred]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..entry.name.len()].copy_from_slice(&entry.name);
        header.set_entry_type(entry.kind);
        header.set_size(entry.bytes);
        header.set_mode(0o644);
        if entry.kind.is_gnu_sparse() {
            header.as_gnu_mut().expect("it is one of GNU's").set_real_size(entry.bytes);
        }
        header.set_cksum();
        bytes.extend(header.as_bytes());
        bytes.extend(&entry.content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

/// An ordinary tar.
pub(crate) fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    tar_of(&files.iter().map(|(name, content)| tarred(name, content)).collect::<Vec<_>>())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What becomes of an archive that somebody hands in.
fn submission(file: &str, bytes: &[u8]) -> Submission {
    let scratch = Scratch::new("archive");
    scratch.write(file, bytes);
    only(&scratch)
}

fn limited(file: &str, bytes: &[u8], limits: &Limits) -> Submission {
    let scratch = Scratch::new("archive-limits");
    scratch.write(file, bytes);
    with_limits(&scratch, limits)
}

fn of_zip(entries: &[Zipped]) -> Submission {
    submission("ann.zip", &zip(entries))
}

fn of_tar(entries: &[Tarred]) -> Submission {
    submission("ann.tar", &tar_of(entries))
}

#[test]
fn archives_of_every_kind_are_read_like_folders() {
    let tar =
        tar(&[("./hw/src/first.rs", "text"), ("hw/ch02-two/src/third.rs", "text"), ("hw/target/second.rs", "no")]);
    let zip = zip(&[zipped("hw/", ""), zipped("hw/src/first.rs", "text"), zipped("hw/ch02-two/src/third.rs", "text")]);
    let gz = gzip(&tar);
    for (file, bytes) in [("ann.zip", &zip), ("ann.tar", &tar), ("ann.tar.gz", &gz), ("ann.TGZ", &gz), ("ann.zip", &gz)]
    {
        let ann = submission(file, bytes);
        assert_eq!((ann.name.as_str(), &ann.notes[..]), ("ann", &[][..]));
        assert_eq!(told(&ann, "first"), "hw/src/first.rs: text");
        assert_eq!(told(&ann, "second"), "missing");
        assert_eq!(told(&ann, "third"), "hw/ch02-two/src/third.rs: text");
    }
}

#[test]
fn a_zip_of_an_ordinary_program_is_read() {
    let mut writer = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = ::zip::write::SimpleFileOptions::default().compression_method(::zip::CompressionMethod::Deflated);
    writer.add_directory("src", options).unwrap();
    writer.start_file("src/first.rs", options).unwrap();
    writer.write_all("fn f() {}\n".repeat(1000).as_bytes()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert!(bytes.len() < 1000, "it is compressed");
    let ann = submission("ann.zip", &bytes);
    assert_eq!(told(&ann, "first"), format!("src/first.rs: {}", "fn f() {}\n".repeat(1000)));
}

#[test]
fn the_exercises_folder_of_a_packed_checkout_is_the_only_place() {
    let files = [("r/solutions/ch01-one/src/first.rs", "reference"), ("r/exercises/ch01-one/src/lib.rs", "")];
    assert_eq!(told(&submission("ann.tar", &tar(&files)), "first"), "missing");
    let entries = [zipped("r/exercises/ch01-one/", ""), zipped("r/first.rs", "text")];
    assert_eq!(told(&of_zip(&entries), "first"), "missing", "also if only the folder is there");
}

#[test]
fn paths_that_lead_elsewhere_are_refused() {
    for (path, reason) in [
        ("../first.rs", "has a path that leads out of the archive"),
        ("src/../../first.rs", "has a path that leads out of the archive"),
        ("/etc/first.rs", "has an absolute path"),
        ("C:/first.rs", "has an absolute path"),
        ("..\\first.rs", "has backslashes"),
        ("src\\first.rs", "has backslashes"),
    ] {
        for ann in [of_zip(&[zipped(path, "text")]), of_tar(&[tarred(path, "text")])] {
            let told = told(&ann, "first");
            assert!(told.starts_with(&format!("{path} {reason}")), "{told}");
        }
    }
    let ann = of_zip(&[zipped("../../etc/passwd", "x"), zipped("first.rs", "text")]);
    assert_eq!(told(&ann, "first"), "first.rs: text");
    assert!(ann.notes[0].starts_with("Not looked at in the archive: ../../etc/passwd has a path that leads out"));
}

#[test]
fn links_and_devices_in_archives_are_refused() {
    let link = Zipped { mode: 0o120_777, ..zipped("first.rs", "/etc/passwd") };
    let ann = of_zip(&[link, Zipped { mode: 0o010_644, ..zipped("second.rs", "") }]);
    assert!(told(&ann, "first").starts_with("first.rs is a link"));
    assert!(told(&ann, "second").starts_with("second.rs is a device, a pipe or a socket"));
    assert_eq!(ann.notes, ["A link is not followed: first.rs"]);
    for kind in [EntryKind::Symlink, EntryKind::Link] {
        let ann = of_tar(&[Tarred { kind, ..tarred("first.rs", "") }, tarred("second.rs", "text")]);
        assert!(told(&ann, "first").starts_with("first.rs is a link"), "{kind:?}");
        assert_eq!(told(&ann, "second"), "second.rs: text");
    }
    for kind in [EntryKind::Fifo, EntryKind::Char, EntryKind::Block] {
        let ann = of_tar(&[Tarred { kind, ..tarred("first.rs", "") }]);
        assert!(told(&ann, "first").starts_with("first.rs is a device, a pipe"), "{kind:?}");
    }
}

#[test]
fn files_that_differ_only_in_capitals_or_in_nothing_are_not_chosen_between() {
    let twice = [("src/first.rs", "one"), ("src/FIRST.rs", "other")];
    assert!(told(&submission("ann.tar", &tar(&twice)), "first").starts_with("Several files of that name differ"));
    let same = [("src/first.rs", "one"), ("src/first.rs", "other")];
    assert!(told(&submission("ann.tar", &tar(&same)), "first").ends_with("src/first.rs, src/first.rs. Hand in one."));
    let equal = [("src/first.rs", "one"), ("src/first.rs", "one")];
    assert_eq!(told(&submission("ann.tar", &tar(&equal)), "first"), "src/first.rs: one");
    let capitals = of_zip(&[zipped("src/first.rs", "one"), zipped("SRC/first.rs", "other")]);
    assert!(told(&capitals, "first").starts_with("Several files of that name differ"));
    let ambiguous = of_zip(&[zipped("first.rs", "one"), zipped("first.rs", "one"), zipped("second.rs", "text")]);
    assert!(told(&ambiguous, "second").starts_with("The archive holds two files of the same path"));
}

#[test]
fn encrypted_files_are_refused() {
    let ann =
        of_zip(&[Zipped { flags: 1 << 11 | 1, ..zipped("first.rs", "????????????") }, zipped("second.rs", "text")]);
    assert_eq!(told(&ann, "first"), "first.rs is encrypted. Pack it without a password.");
    assert_eq!(told(&ann, "second"), "second.rs: text");
}

#[test]
fn methods_that_are_not_read_are_refused() {
    let ann = of_zip(&[Zipped { method: 14, ..zipped("first.rs", "?") }]);
    assert!(
        told(&ann, "first").starts_with("first.rs is packed in a way that is not read here."),
        "{}",
        told(&ann, "first")
    );
}

#[test]
fn a_wrong_checksum_is_refused() {
    let ann = of_zip(&[Zipped { checksum: Some(1), ..zipped("first.rs", "text") }, zipped("second.rs", "text")]);
    assert!(told(&ann, "first").starts_with("first.rs can't be unpacked: "));
    assert_eq!(told(&ann, "second"), "second.rs: text");
    let mut gz = gzip(&tar(&[("first.rs", "text")]));
    let place = gz.len() - 5;
    gz[place] ^= 1;
    assert!(told(&submission("ann.tgz", &gz), "first").starts_with("The archive can't be read, as if it were damaged"));
}

#[test]
fn sizes_that_nobody_has_cost_nothing() {
    let huge = 5 << 30;
    let ann = of_zip(&[Zipped { bytes: huge, ..zipped("first.rs", "text") }, zipped("second.rs", "text")]);
    assert_eq!(told(&ann, "first"), "first.rs is too large: 5368709120 bytes, and at most 262144 are read.");
    assert_eq!(told(&ann, "second"), "second.rs: text");
    for name in ["first.rs", "readme.md"] {
        let ann = of_tar(&[Tarred { bytes: huge, ..tarred(name, "text") }]);
        assert!(
            told(&ann, "first").starts_with("The archive can't be read, as if it were damaged or cut off"),
            "{name}"
        );
    }
    let ann = of_tar(&[Tarred { bytes: u64::MAX >> 1, ..tarred("first.rs", "text") }]);
    assert!(told(&ann, "second").starts_with("The archive can't be read"));
}

#[test]
fn a_bomb_is_unpacked_up_to_the_limit() {
    let zeros = "\0".repeat(70 << 20);
    let gz = gzip(&tar(&[("zeros", &zeros), ("first.rs", "text")]));
    assert!(gz.len() < 100_000);
    assert!(told(&submission("ann.tgz", &gz), "first").starts_with("It unpacks to more than 67108864 bytes."));
    let gz = gzip(&tar(&[("first.rs", "text"), ("zeros", &zeros[..60 << 20])]));
    assert_eq!(told(&submission("ann.tgz", &gz), "first"), "first.rs: text");
    // Behind the end of the tar, too.
    let mut behind = tar(&[("first.rs", "text")]);
    behind.extend(zeros.as_bytes());
    assert!(told(&submission("ann.tgz", &gzip(&behind)), "first").starts_with("It unpacks to more than"));
}

#[test]
fn a_zip_that_lies_about_sizes_is_unpacked_up_to_the_limit() {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![0; 8 << 20]).unwrap();
    let content = encoder.finish().unwrap();
    let bomb = |name: &str| Zipped { content: content.clone(), bytes: 256 << 10, method: 8, ..zipped(name, "") };
    let ann = of_zip(&[bomb("first.rs"), zipped("second.rs", "text")]);
    let refused = told(&ann, "first");
    assert!(refused.starts_with("first.rs can't be unpacked: File is larger than its declared"), "{refused}");
    assert_eq!(told(&ann, "second"), "second.rs: text");
    let many: Vec<Zipped> = (0..10).map(|n| bomb(&format!("{n}/first.rs"))).collect();
    let limits = Limits { unpacked_bytes: 2 << 20, ..Limits::default() };
    let ann = limited("ann.zip", &zip(&many), &limits);
    assert!(told(&ann, "first").starts_with("It unpacks to more than 2097152 bytes."), "{}", told(&ann, "first"));
}

#[test]
fn archives_of_too_many_files_are_refused() {
    let limits = |entries| Limits { entries, ..Limits::default() };
    let names: Vec<String> = (0..9).map(|n| format!("{n}")).chain(["first.rs".to_owned()]).collect();
    let zip = zip(&names.iter().map(|name| zipped(name, "text")).collect::<Vec<_>>());
    let tar = tar(&names.iter().map(|name| (name.as_str(), "text")).collect::<Vec<_>>());
    for (file, bytes) in [("ann.zip", zip), ("ann.tar", tar)] {
        assert_eq!(told(&limited(file, &bytes, &limits(10)), "first"), "first.rs: text");
        let refused = told(&limited(file, &bytes, &limits(9)), "first");
        assert!(refused.starts_with("It holds more than 9 files and folders."), "{refused}");
    }
}

#[test]
fn an_archive_is_read_up_to_the_limit() {
    let bytes = tar(&[("first.rs", "text")]);
    let limits = |archive_bytes| Limits { archive_bytes, ..Limits::default() };
    assert!(limited("ann.tar", &bytes, &limits(bytes.len() as u64)).sources["first"].is_ok());
    let told = told(&limited("ann.tar", &bytes, &limits(bytes.len() as u64 - 1)), "first");
    assert_eq!(told, format!("ann.tar is too large: {} bytes, and at most {} are read.", bytes.len(), bytes.len() - 1));
}

#[test]
fn sparse_files_are_refused() {
    let ann = of_tar(&[
        Tarred { kind: EntryKind::XHeader, bytes: 22, ..tarred("pax", "22 GNU.sparse.major=1\n") },
        tarred("first.rs", "text"),
        Tarred { kind: EntryKind::GNUSparse, ..tarred("second.rs", "") },
        tarred("third.rs", "text"),
    ]);
    assert!(told(&ann, "first").starts_with("first.rs is a sparse file"), "{}", told(&ann, "first"));
    assert!(told(&ann, "second").starts_with("second.rs is a sparse file"), "{}", told(&ann, "second"));
    assert_eq!(told(&ann, "third"), "third.rs: text");
}

#[test]
fn sizes_and_paths_of_extended_headers_count() {
    let ann = of_tar(&[
        Tarred { kind: EntryKind::XHeader, ..tarred("pax", "19 path=../first.rs\n") },
        tarred("second.rs", "text"),
        Tarred { kind: EntryKind::XHeader, ..tarred("pax", "19 size=5368709120\n") },
        tarred("third.rs", "text"),
    ]);
    assert!(told(&ann, "first").starts_with("The archive can't be read"), "{}", told(&ann, "first"));
    let ann = of_tar(&[
        Tarred { kind: EntryKind::XHeader, ..tarred("pax", "20 path=../first.rs\n") },
        tarred("second.rs", "text"),
        Tarred { kind: EntryKind::XGlobalHeader, ..tarred("pax_global_header", "18 comment=abcdef\n") },
    ]);
    assert!(told(&ann, "first").starts_with("../first.rs has a path that leads out"), "{}", told(&ann, "first"));
    assert_eq!(told(&ann, "second"), "missing");
}

#[test]
fn names_that_are_no_text_are_told() {
    let name = b"x\xff/first.rs".to_vec();
    let ann = of_tar(&[Tarred { name, ..tarred("", "text") }]);
    assert_eq!(
        (told(&ann, "first").as_str(), ann.notes[0].as_str()),
        ("missing", "Its name is not UTF-8, so it is not looked at: x\u{fffd}/first.rs")
    );
    // In the letters of the first PCs, as old programs write them, ü is 0x81.
    let ann = of_zip(&[Zipped { name: b"\x81bung/first.rs".to_vec(), flags: 0, ..zipped("", "text") }]);
    assert_eq!(told(&ann, "first"), "übung/first.rs: text");
}

#[test]
fn what_a_library_quotes_of_an_archive_is_made_harmless() {
    let mut bytes = tar(&[("first.rs", "text")]);
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes().copy_from_slice(&bytes[..512]);
    header.as_mut_bytes()[124..130].copy_from_slice(b"\x1b[2J\x07q");
    header.set_cksum();
    bytes[..512].copy_from_slice(header.as_bytes());
    let told = told(&submission("ann.tar", &bytes), "first");
    assert!(told.contains("numeric field was not a number: \u{fffd}q"), "{told:?}");
}

#[test]
fn archives_in_archives_are_not_opened() {
    let inner = String::from_utf8(tar(&[("first.rs", "text")])).unwrap();
    let ann = submission("ann.tar", &tar(&[("work.tar", &inner)]));
    assert_eq!(told(&ann, "first"), "missing");
    assert_eq!(ann.notes[0], "An archive inside the submission is not opened: work.tar");
}

#[test]
fn what_is_no_archive_is_refused_with_what_it_is() {
    for (bytes, reason) in [
        (&b"Rar!\x1a\x07\x01\x00"[..], "It is a RAR archive. Folders, .zip, "),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "It is a 7-Zip archive."),
        (b"%PDF-1.7", "It is a PDF."),
        (b"", "The archive can't be read, as if it were damaged or cut off: there is nothing in it"),
        (b"dear professor, my dog ate it", "The archive can't be read"),
        (b"PK\x03\x04", "The archive can't be read"),
        (b"\x1f\x8b\x08", "The archive can't be read"),
    ] {
        let told = told(&submission("ann.zip", bytes), "first");
        assert!(told.starts_with(reason), "{told}");
    }
}

#[test]
fn an_archive_that_is_cut_off_anywhere_is_refused_or_read_right() {
    let tar = tar(&[("a.md", "x"), ("first.rs", "text")]);
    let zip = zip(&[zipped("a.md", "x"), zipped("first.rs", "text")]);
    let gz = gzip(&tar);
    for bytes in [&tar, &zip, &gz] {
        for end in (0..bytes.len()).step_by(7) {
            let told = told(&submission("ann.zip", &bytes[..end]), "first");
            assert!(
                told.starts_with("The archive can't be read") || told == "first.rs: text" || told == "missing",
                "{told}"
            );
            // A tar without its last blocks of zeros is whole; one that ends between two files can't be told from a whole one.
            assert!(told != "missing" || (bytes == &tar && end == 1024), "{end}: {told}");
        }
    }
}

#[test]
fn no_flipped_bit_stops_the_grading() {
    let zip = zip(&[zipped("a.md", "x"), zipped("src/first.rs", "text")]);
    let tar = tar(&[("a.md", "x"), ("src/first.rs", "text")]);
    let limits = Limits { unpacked_bytes: 1 << 20, ..Limits::default() };
    let course = crate::tests::course();
    let wanted = crate::submissions::gather::Wanted::all(&course);
    for bytes in [&zip, &tar, &gzip(&tar)] {
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = gather(&flipped, &mut Gatherer::new(&wanted, &limits));
        }
    }
}
