//! Archives with whatever in them: paths that climb, links, lies about sizes.
//!
//! The formats are written here by hand, because libraries rightly refuse to. Zip: PKWARE's APPNOTE 6.3; tar: POSIX.1-1988
//! (ustar); gzip: RFC 1952; deflate: RFC 1951.

use flate2::{Compress, Compression, Crc, FlushCompress};

use crate::corpus::Packed;

/// Contents of a file as it lies in an archive.
struct Content {
    packed: Vec<u8>,
    bytes: u64,
    crc: u32,
}

/// A file is packed in pieces of this size; all pieces of zeros are packed alike.
const PIECE_BYTES: usize = 1 << 20;

/// Packs a text, or zeros. A piece that ends in a full flush refers to nothing before it, so one packed piece of zeros can
/// stand there a thousand times, and a gigabyte takes no longer than a megabyte.
fn deflate(text: &[u8], zeros: u64) -> Content {
    let piece = |bytes: &[u8], flush| {
        let mut packed = Vec::with_capacity(bytes.len() + 1024);
        Compress::new(Compression::best(), false)
            .compress_vec(bytes, &mut packed, flush)
            .expect("memory can be packed");
        packed
    };
    let mut crc = Crc::new();
    crc.update(text);
    let mut packed = piece(text, FlushCompress::Full);
    let pieces = zeros.div_ceil(PIECE_BYTES as u64);
    if pieces > 0 {
        let zero_piece = vec![0; PIECE_BYTES];
        let packed_zeros = piece(&zero_piece, FlushCompress::Full);
        let mut crc_of_zeros = Crc::new();
        crc_of_zeros.update(&zero_piece);
        for _ in 0..pieces {
            packed.extend(&packed_zeros);
            crc.combine(&crc_of_zeros);
        }
    }
    packed.extend(piece(&[], FlushCompress::Finish));
    Content { packed, bytes: text.len() as u64 + pieces * PIECE_BYTES as u64, crc: crc.sum() }
}

/// A zip, with so many empty files more.
pub fn zip(entries: &[Packed], many: usize) -> Vec<u8> {
    const FILE: u32 = 0o100_644 << 16;
    const LINK: u32 = 0o120_777 << 16;
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    let mut count = 0u16;
    let mut put = |path: &str, content: &Content, said: Option<u32>, mode: u32| {
        let packed_bytes = u32::try_from(content.packed.len()).expect("a small archive");
        let bytes = said.unwrap_or(u32::try_from(content.bytes).expect("below 4 GiB"));
        let offset = u32::try_from(file.len()).expect("a small archive");
        // From the version needed to the length of the extra field, which a file and its line in the directory share.
        let mut shared = Vec::new();
        [20u16, 0, 8, 0, 0x21].iter().for_each(|field| shared.extend(field.to_le_bytes()));
        [content.crc, packed_bytes, bytes].iter().for_each(|field| shared.extend(field.to_le_bytes()));
        [u16::try_from(path.len()).expect("a short path"), 0]
            .iter()
            .for_each(|field| shared.extend(field.to_le_bytes()));
        file.extend(b"PK\x03\x04");
        file.extend(&shared);
        file.extend(path.as_bytes());
        file.extend(&content.packed);
        directory.extend(b"PK\x01\x02");
        // Made by version 2.0 on Unix.
        directory.extend([20, 3]);
        directory.extend(&shared);
        directory.extend([0; 6]);
        directory.extend(mode.to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(path.as_bytes());
        count += 1;
    };
    for entry in entries {
        let (text, mode) = match &entry.link {
            Some(link) => (link, LINK),
            None => (&entry.text.clone().unwrap_or_default(), FILE),
        };
        put(&entry.path, &deflate(text.as_bytes(), entry.zeros.unwrap_or(0)), entry.said, mode);
    }
    let nothing = deflate(&[], 0);
    (0..many).for_each(|number| put(&format!("more/{number}.rs"), &nothing, None, FILE));
    let at = file.len() as u32;
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    [count, count].iter().for_each(|field| file.extend(field.to_le_bytes()));
    [directory.len() as u32, at].iter().for_each(|field| file.extend(field.to_le_bytes()));
    file.extend([0; 2]);
    file
}

/// A tar.
///
/// # Panics
/// If there are zeros in it, which would have to be in memory.
pub fn tar(entries: &[Packed]) -> Vec<u8> {
    let mut file = Vec::new();
    for entry in entries {
        assert_eq!(entry.zeros, None, "zeros are for packed archives");
        let text = entry.text.clone().unwrap_or_default();
        file.extend(header(entry, text.len() as u64));
        file.extend(text.as_bytes());
        file.resize(file.len().next_multiple_of(BLOCK_BYTES), 0);
    }
    file.extend([0; 2 * BLOCK_BYTES]);
    file
}

/// A tar, packed. Each of its files may go on with zeros.
pub fn tar_gz(entries: &[Packed]) -> Vec<u8> {
    let mut file = Vec::new();
    // A gzip file may be several, one after the other.
    for entry in entries {
        let zeros = entry.zeros.unwrap_or(0).next_multiple_of(PIECE_BYTES as u64);
        assert_eq!(entry.text, None, "only zeros fill up whole blocks");
        member(&mut file, &deflate(&header(entry, zeros), zeros));
    }
    member(&mut file, &deflate(&[0; 2 * BLOCK_BYTES], 0));
    file
}

fn member(file: &mut Vec<u8>, content: &Content) {
    file.extend([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    file.extend(&content.packed);
    file.extend(content.crc.to_le_bytes());
    file.extend((content.bytes as u32).to_le_bytes());
}

const BLOCK_BYTES: usize = 512;

fn header(entry: &Packed, bytes: u64) -> [u8; BLOCK_BYTES] {
    let (kind, link) = match entry {
        Packed { hard_link: Some(to), .. } => (b'1', to.as_str()),
        Packed { link: Some(to), .. } => (b'2', to.as_str()),
        Packed { device: true, .. } => (b'3', ""),
        Packed { pipe: true, .. } => (b'6', ""),
        _ => (b'0', ""),
    };
    let mut header = [0; BLOCK_BYTES];
    let mut put = |at: usize, field: &[u8]| header[at..at + field.len()].copy_from_slice(field);
    put(0, entry.path.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{bytes:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    // While it is computed, the checksum counts as blanks.
    put(148, b"        ");
    put(156, &[kind]);
    put(157, link.as_bytes());
    put(257, b"ustar\x0000");
    // The device is 1, 5: /dev/zero.
    put(329, b"0000001\0");
    put(337, b"0000005\0");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}
