//! Whole files in and out: reading with a clear error, hashing, and writing so that no half-written file is ever seen.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result, nearest};

/// Opens `path` and reads all of it. The handle is returned as well, for readers that seek.
pub(super) fn read(path: &Path) -> Result<(File, Vec<u8>)> {
    let place = path.display();
    if path.is_dir() {
        return Err(
            Error::data(place, "is a folder, not a file").hint("name one CSV or Parquet file inside it")
        );
    }
    let mut file = File::open(path).map_err(|e| open_error(path, e))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|e| {
        Error::data(path, format!("cannot be read ({e})"))
            .hint("check that it is a readable file")
            .caused_by(e)
    })?;
    if bytes.is_empty() {
        return Err(Error::data(place, "the file is empty (0 bytes)").hint("download or export it again"));
    }
    Ok((file, bytes))
}

fn open_error(path: &Path, e: std::io::Error) -> Error {
    let place = path.display();
    if e.kind() != ErrorKind::NotFound {
        return Error::data(place, format!("cannot be opened ({e})"))
            .hint("check the path and its permissions")
            .caused_by(e);
    }
    let error = Error::data(place, "no such file").caused_by(e);
    match neighbour(path) {
        Some(name) => error.hint(format!("a file of a similar name is there: {name}")),
        None => error.hint("check the path; a relative path starts at the current folder"),
    }
}

/// The name in the folder of `path` most like its own, if any is alike.
fn neighbour(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).ok()?.flatten().take(2000);
    let names: Vec<String> = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
    nearest(wanted, names.iter().map(String::as_str)).map(str::to_owned)
}

/// SHA-256 of `bytes` in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|d| char::from(DIGITS[usize::from(d)])).collect()
}

/// Writes `bytes` to `path` by way of a temporary file in the same folder, so that `path` holds either what it held
/// before or all of `bytes`.
///
/// # Errors
/// The folder is missing or the file cannot be written.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    // The kind alone: the error itself also names the temporary file, by another name every time.
    let fail = |e: std::io::Error| {
        let error = match e.kind() {
            ErrorKind::NotFound => Error::output(path, "cannot be written (no such folder)")
                .hint("make its folder first, or name another"),
            kind => Error::output(path, format!("cannot be written ({kind})"))
                .hint("name a file in a folder that can be written, and see that the disk is not full"),
        };
        error.caused_by(e)
    };
    if path.is_dir() {
        return Err(Error::output(path.display(), "is a folder, not a file").hint("name a file inside it"));
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".assay-").suffix(".tmp");
    #[cfg(unix)]
    {
        // What a plain create would ask for; the process's umask still applies.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(fail)?;
    file.write_all(bytes).and_then(|()| file.flush()).map_err(fail)?;
    file.persist(path).map_err(|e| fail(e.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_the_published_one() {
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_write_replaces_and_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        write_atomic(&path, b"one").unwrap();
        write_atomic(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        let e = write_atomic(&dir.path().join("no/such/b.txt"), b"x").unwrap_err();
        assert!(e.to_string().contains("cannot be written"), "{e}");
    }

    #[test]
    fn reading_names_what_is_wrong_with_the_path() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("empty.csv"), "").unwrap();
        let text = |name: &str| read(&at(name)).unwrap_err().to_string();
        let place = |name: &str| at(name).display().to_string();
        assert_eq!(
            text("zebra"),
            format!(
                "{}: no such file\n\nhint: check the path; a relative path starts at the current folder",
                place("zebra")
            )
        );
        assert_eq!(
            text("emtpy.csv"),
            format!(
                "{}: no such file\n\nhint: a file of a similar name is there: empty.csv",
                place("emtpy.csv")
            )
        );
        assert_eq!(
            text("empty.csv"),
            format!(
                "{}: the file is empty (0 bytes)\n\nhint: download or export it again",
                place("empty.csv")
            )
        );
        assert_eq!(
            read(dir.path()).unwrap_err().to_string(),
            format!(
                "{}: is a folder, not a file\n\nhint: name one CSV or Parquet file inside it",
                dir.path().display()
            )
        );
    }
}
