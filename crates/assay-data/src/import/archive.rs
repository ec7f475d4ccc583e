//! What lies in a file: itself, or what an archive holds.

use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

use crate::error::{Error, Result};
use crate::file;

/// One file of text, JSON or columns.
pub(super) struct Member {
    /// What errors call it.
    pub place: String,
    /// Its own name, without folders and without what says that it is packed.
    pub name: String,
    pub bytes: Bytes,
}

/// A file and what lies in it.
pub(super) struct OpenedArchive {
    pub members: Vec<Member>,
    /// The file as it lies on the disk.
    pub raw: Bytes,
}

/// Bytes below which any packing is taken on trust.
const HARMLESS: u64 = 64 << 20;

/// How much longer than its packed form anything honest is; the densest bars seen are below 60.
const DENSEST: u64 = 300;

/// Most bytes that are unpacked of one file.
const MOST: u64 = 16 << 30;

const ZIP: &[u8] = b"PK\x03\x04";
const EMPTY_ZIP: &[u8] = b"PK\x05\x06";
const GZIP: &[u8] = b"\x1F\x8B";

/// Opens `path` and unpacks it.
pub(super) fn open(path: &Path) -> Result<OpenedArchive> {
    let (_, bytes) = file::read(path)?;
    let place = path.display().to_string();
    let raw = Bytes::from(bytes);
    let bytes = raw.clone();
    let name = path.file_name().map_or_else(|| place.clone(), |n| n.to_string_lossy().into_owned());
    let members = if bytes.starts_with(ZIP) || bytes.starts_with(EMPTY_ZIP) {
        unzip(&place, &bytes)?
    } else if bytes.starts_with(GZIP) {
        gunzip(&place, &name, &bytes)?
    } else {
        vec![Member { place, name, bytes }]
    };
    Ok(OpenedArchive { members: members.into_iter().map(readable).collect::<Result<_>>()?, raw })
}

/// How many bytes may come out of `packed` ones.
fn most(packed: usize) -> u64 {
    (packed as u64).saturating_mul(DENSEST).clamp(HARMLESS, MOST)
}

fn bomb(place: &str) -> Error {
    Error::data(place, "unpacks to far more than bars of its size can be")
        .hint("this is no archive of bars; look at what it is before unpacking it")
}

fn damaged(place: &str, e: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::data(place, format!("the archive is damaged or cut short ({e})"))
        .hint("download it again")
        .caused_by(e)
}

/// All of `from`, if it is not more than `most`.
fn all(place: &str, from: impl Read, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes).map_err(|e| damaged(place, e))?;
    if bytes.len() as u64 > most {
        return Err(bomb(place));
    }
    Ok(bytes)
}

fn unzip(place: &str, bytes: &[u8]) -> Result<Vec<Member>> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).map_err(|e| damaged(place, e))?;
    let mut left = most(bytes.len());
    let mut out = vec![];
    for i in 0..archive.len() {
        let file = archive.by_index(i).map_err(|e| damaged(place, e))?;
        let name = file.name().map_err(|e| damaged(place, e))?.into_owned();
        if file.is_dir() || hidden(&name) {
            continue;
        }
        let within = format!("{place}!{name}");
        let content = all(&within, file, left)?;
        left -= content.len() as u64;
        out.push(Member { place: within, name: base(&name), bytes: content.into() });
    }
    some(place, out)
}

fn gunzip(place: &str, name: &str, bytes: &[u8]) -> Result<Vec<Member>> {
    let plain = all(place, MultiGzDecoder::new(bytes), most(bytes.len()))?;
    let lower = name.to_ascii_lowercase();
    let is_tar =
        plain.get(257..262) == Some(b"ustar") || lower.ends_with(".tar.gz") || lower.ends_with(".tgz");
    if !is_tar {
        let own = name.strip_suffix(".gz").unwrap_or(name).to_owned();
        return Ok(vec![Member { place: place.to_owned(), name: own, bytes: plain.into() }]);
    }
    let mut out = vec![];
    let mut archive = tar::Archive::new(plain.as_slice());
    for entry in archive.entries().map_err(|e| damaged(place, e))? {
        let entry = entry.map_err(|e| damaged(place, e))?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if !entry.header().entry_type().is_file() || hidden(&path) {
            continue;
        }
        let within = format!("{place}!{path}");
        let content = all(&within, entry, plain.len() as u64)?;
        out.push(Member { place: within, name: base(&path), bytes: content.into() });
    }
    some(place, out)
}

fn some(place: &str, members: Vec<Member>) -> Result<Vec<Member>> {
    if members.is_empty() {
        return Err(Error::data(place, "the archive holds no file").hint("download it again"));
    }
    Ok(members)
}

/// What packers of some systems add to an archive.
fn hidden(name: &str) -> bool {
    name.starts_with("__MACOSX") || base(name).starts_with('.')
}

fn base(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned()
}

/// Text of two bytes a character, which MetaTrader writes, as UTF-8; anything else as it is. Nothing that is packed twice is unpacked twice.
fn readable(member: Member) -> Result<Member> {
    let Member { place, name, bytes } = member;
    if bytes.is_empty() {
        return Err(Error::data(place, "the file is empty (0 bytes)").hint("download or export it again"));
    }
    if bytes.starts_with(ZIP) || bytes.starts_with(GZIP) {
        return Err(Error::data(place, "an archive within an archive").hint("unpack the outer one first"));
    }
    let pairs = |of: fn([u8; 2]) -> u16| -> Vec<u16> {
        bytes[2..].chunks_exact(2).map(|p| of([p[0], p[1]])).collect()
    };
    let wide = match bytes.as_ref() {
        [0xFF, 0xFE, ..] => pairs(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => pairs(u16::from_be_bytes),
        _ => return Ok(Member { place, name, bytes }),
    };
    let text = String::from_utf16(&wide).map_err(|_| {
        Error::data(&place, "begins like UTF-16 text and is none").hint("save the file as UTF-8 text")
    })?;
    Ok(Member { place, name, bytes: text.into_bytes().into() })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn written(dir: &Path, name: &str, bytes: &[u8]) -> std::path::PathBuf {
        let path = dir.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut w = flate2::write::GzEncoder::new(vec![], flate2::Compression::best());
        w.write_all(bytes).unwrap();
        w.finish().unwrap()
    }

    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut w = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
        for (name, bytes) in files {
            w.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            w.write_all(bytes).unwrap();
        }
        w.finish().unwrap().into_inner()
    }

    fn tarred(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut w = tar::Builder::new(vec![]);
        for (name, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            w.append_data(&mut header, name, *bytes).unwrap();
        }
        gz(&w.into_inner().unwrap())
    }

    #[test]
    fn what_is_packed_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let names = |name: &str, bytes: &[u8]| {
            let opened = open(&written(dir.path(), name, bytes)).unwrap();
            opened.members.iter().map(|m| (m.name.clone(), m.bytes.to_vec())).collect::<Vec<_>>()
        };
        let one = |name: &str| vec![(name.to_owned(), b"abc".to_vec())];
        assert_eq!(names("a.csv", b"abc"), one("a.csv"));
        assert_eq!(names("a.csv.gz", &gz(b"abc")), one("a.csv"));
        assert_eq!(names("a.zip", &zipped(&[("x/b.csv", b"abc"), ("__MACOSX/b.csv", b"no")])), one("b.csv"));
        assert_eq!(names("a.tar.gz", &tarred(&[("x/b.csv", b"abc")])), one("b.csv"));
        let wide: Vec<u8> =
            b"\xFF\xFE".iter().copied().chain("abc".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(names("w.csv", &wide), one("w.csv"));
    }

    #[test]
    fn what_cannot_be_unpacked_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let e = |name: &str, bytes: &[u8]| {
            let e = open(&written(dir.path(), name, bytes)).map(|_| ()).unwrap_err().to_string();
            e.replace(&format!("{}/", dir.path().display()), "")
        };
        let whole = zipped(&[("b.csv", &[b'a'; 5000])]);
        assert!(
            e("cut.zip", &whole[..whole.len() / 2])
                .starts_with("cut.zip: the archive is damaged or cut short")
        );
        let whole = gz(&(0..5000u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>());
        assert!(e("cut.csv.gz", &whole[..whole.len() / 2]).starts_with("cut.csv.gz: the archive is damaged"));
        let bomb = vec![0u8; 100 << 20];
        for (name, bytes) in [("bomb.zip", zipped(&[("b.csv", &bomb)])), ("bomb.gz", gz(&bomb))] {
            assert!(e(name, &bytes).contains("unpacks to far more than bars"), "{name}");
        }
        assert!(e("two.zip", &zipped(&[("b.gz", &gz(b"abc"))])).contains("an archive within an archive"));
        assert!(e("none.zip", &zipped(&[])).contains("holds no file"));
        assert!(e("empty.zip", &zipped(&[("b.csv", b"")])).contains("the file is empty (0 bytes)"));
    }
}
