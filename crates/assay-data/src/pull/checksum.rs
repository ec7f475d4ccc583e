//! The SHA-256 that a source states beside an archive, and that of a file here.

use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::names::shorten;

/// What is added to an archive's name for the file that states its SHA-256.
pub(super) const SUFFIX: &str = ".CHECKSUM";

/// The hash in the text of a checksum file of `name`: the hash, and after it the name, if any.
pub(super) fn parse(text: &str, name: &str) -> Result<String, String> {
    let mut words = text.split_whitespace();
    let hash = words.next().unwrap_or_default();
    if hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(format!("{:?} is no SHA-256", shorten(text.trim())));
    }
    match words.next().map(|w| w.trim_start_matches('*')) {
        Some(other) if other != name => Err(format!("it is the checksum of {:?}", shorten(other))),
        _ => Ok(hash.to_ascii_lowercase()),
    }
}

/// SHA-256 of a file in lower-case hexadecimal, without holding the file in memory.
pub(super) fn of_file(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            n => hash.update(&piece[..n]),
        }
    }
    Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_form_is_read_and_others_are_not() {
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for text in [format!("{hash}  a.zip\n"), format!("{hash} *a.zip"), hash.to_uppercase()] {
            assert_eq!(parse(&text, "a.zip").unwrap(), hash);
        }
        assert!(parse(&format!("{hash}  b.zip"), "a.zip").unwrap_err().contains("checksum of \"b.zip\""));
        // What a hotel's network answers instead.
        for text in ["<html><body>Log in</body></html>", "", "abc  a.zip"] {
            assert!(parse(text, "a.zip").unwrap_err().contains("is no SHA-256"), "{text}");
        }
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("abc"), "abc").unwrap();
        assert_eq!(of_file(&dir.path().join("abc")).unwrap(), hash);
    }
}
