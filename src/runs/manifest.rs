//! The manifest of a result folder: every file in it with its hash. Who reads a folder checks it first, so that nothing damaged, edited or added
//! is judged or drawn.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::run_dir::{pretty, sorted_entries};
use crate::data::{sha256_hex, write_atomic};
use crate::error::{Error, Result};

/// Its name.
const MANIFEST: &str = "manifest.json";

/// Key of the hashes, by path.
const HASHES: &str = "sha256";

/// What is wrong with a file that is listed and not there, and with one that is there and not listed.
const MISSING: &str = "is missing, and the manifest of the folder lists it";
const ADDED: &str = "is not in the manifest of the folder: it was added later";

/// Key of the hashes of files that are being replaced: while it is there, a file may be the old one or the new one.
const REPLACING: &str = "replacing";

/// The manifest of a folder that was found as it says.
#[derive(Debug)]
pub(crate) struct Manifest {
    dir: PathBuf,
    value: Map<String, Value>,
}

impl Manifest {
    /// Writes one that begins with `head` for all that is in `dir`. `timings` stand beside, not in, what is hashed.
    pub fn write(dir: &Path, head: Value, timings: Value) -> Result<()> {
        let files = hash_files(dir)?;
        let mut manifest = head;
        manifest[HASHES] = json!(files);
        manifest["timings"] = timings;
        write_atomic(&dir.join(MANIFEST), pretty(&manifest)?.as_bytes())
    }

    /// Reads the manifest of `dir` and compares every file with it. Files whose names begin with a point are the file system's, and no result.
    ///
    /// # Errors
    /// There is none, or the first file that is missing, changed, or not in it.
    pub fn verified(dir: &Path) -> Result<Self> {
        let mut manifest = Self::read(dir)?;
        let (listed, replacing) = (manifest.hashes(HASHES), manifest.hashes(REPLACING));
        let found = hash_files(dir)?;
        for (path, hash) in &listed {
            match found.get(path) {
                None => {
                    return Err(damaged(dir, path, MISSING));
                }
                Some(is) if is == hash || replacing.get(path) == Some(is) => {}
                Some(_) => {
                    return Err(damaged(
                        dir,
                        path,
                        "is not what the manifest of the folder lists: it was changed",
                    ));
                }
            }
        }
        let added =
            found.iter().find(|(path, is)| !listed.contains_key(*path) && replacing.get(*path) != Some(is));
        if let Some((path, _)) = added {
            return Err(Error::data(dir.join(path).display(), ADDED).hint(
                "take it out of the folder; a result holds what was written with it and nothing else",
            ));
        }
        manifest.adopt(&replacing, &found);
        Ok(manifest)
    }

    /// Takes over what a replacement that was cut off has put in place; what it has not stays as it was.
    fn adopt(&mut self, replacing: &BTreeMap<String, String>, found: &BTreeMap<String, String>) {
        self.value.remove(REPLACING);
        let settled = replacing.iter().filter(|(path, hash)| found.get(*path) == Some(hash));
        let settled: Vec<(String, Value)> =
            settled.map(|(path, hash)| (path.clone(), hash.clone().into())).collect();
        if let Some(Value::Object(hashes)) = self.value.get_mut(HASHES) {
            hashes.extend(settled);
        }
    }

    /// Whether a file of `dir` is what its manifest lists; a folder without one says nothing.
    pub fn vouches(dir: &Path, path: &str, bytes: &[u8]) -> bool {
        let Ok(manifest) = Self::read(dir) else { return true };
        let is = sha256_hex(bytes);
        [HASHES, REPLACING].iter().any(|key| manifest.hashes(key).get(path) == Some(&is))
    }

    /// Checks by their names alone that `dir` holds the files its manifest lists and no other; no file but the manifest is
    /// read. A folder without one says nothing.
    ///
    /// # Errors
    /// The first file that is missing or was added, in words.
    pub fn complete(dir: &Path) -> std::result::Result<(), String> {
        let Ok(manifest) = Self::read(dir) else { return Ok(()) };
        let (listed, replacing) = (manifest.hashes(HASHES), manifest.hashes(REPLACING));
        let found = file_names(dir, dir);
        if let Some(path) = listed.keys().find(|path| !found.contains(path)) {
            return Err(format!("{path} {MISSING}"));
        }
        match found.iter().find(|path| !listed.contains_key(*path) && !replacing.contains_key(*path)) {
            Some(path) => Err(format!("{path} {ADDED}")),
            None => Ok(()),
        }
    }

    /// Verifies a folder and replaces files in it, one command at a time.
    pub fn replace_in(dir: &Path, files: &[(String, Vec<u8>)]) -> Result<()> {
        // Where the file system knows no locks, two commands at once are the user's.
        let lock = std::fs::File::open(dir).ok();
        let _held = lock.as_ref().map(std::fs::File::lock);
        Self::verified(dir)?.replace(files)
    }

    /// Puts files, each with its path in the folder, in the place of old ones or beside them. Whatever happens on the way, every file is the old
    /// one or the new one, and the folder agrees with its manifest.
    ///
    /// # Errors
    /// One cannot be written.
    fn replace(mut self, files: &[(String, Vec<u8>)]) -> Result<()> {
        let new: Map<String, Value> =
            files.iter().map(|(path, bytes)| (path.clone(), sha256_hex(bytes).into())).collect();
        self.value.insert(REPLACING.to_owned(), Value::Object(new.clone()));
        self.store()?;
        for (path, bytes) in files {
            let path = self.dir.join(path);
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(|e| {
                    Error::output(folder.display(), format!("the folder cannot be made ({e})")).caused_by(e)
                })?;
            }
            write_atomic(&path, bytes)?;
        }
        self.value.remove(REPLACING);
        if let Some(Value::Object(hashes)) = self.value.get_mut(HASHES) {
            hashes.extend(new);
            hashes.sort_keys();
        }
        self.store()
    }

    fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(MANIFEST);
        let text = std::fs::read_to_string(&path).map_err(|e| {
            let problem = not_the_folder("a run folder", dir, MANIFEST, &e);
            Error::data(dir.display(), problem).caused_by(e).hint(results_hint("run folder", "<run id>", dir))
        })?;
        let broken = |e: &dyn std::fmt::Display| {
            Error::data(path.display(), format!("is not the manifest of a run ({e})"))
                .hint("run the backtest again with this version")
        };
        let value: Value = serde_json::from_str(&text).map_err(|e| broken(&e).caused_by(e))?;
        match value {
            Value::Object(value) if value.get(HASHES).is_some_and(Value::is_object) => {
                Ok(Self { dir: dir.to_owned(), value })
            }
            _ => Err(broken(&"it holds no hashes")),
        }
    }

    /// Hashes by path.
    fn hashes(&self, key: &str) -> BTreeMap<String, String> {
        let all = self.value.get(key).and_then(Value::as_object).into_iter().flatten();
        all.filter_map(|(path, hash)| Some((path.clone(), hash.as_str()?.to_owned()))).collect()
    }

    fn store(&self) -> Result<()> {
        write_atomic(&self.dir.join(MANIFEST), pretty(&self.value)?.as_bytes())
    }
}

/// Why `dir` is not `what` was asked for, whose `file` could not be read: what it is instead.
pub(crate) fn not_the_folder(what: &str, dir: &Path, file: &str, e: &std::io::Error) -> String {
    match std::fs::metadata(dir) {
        Ok(at) if !at.is_dir() => format!("is a file, and {what} is expected"),
        Ok(_) if e.kind() == ErrorKind::NotFound => format!("is not {what}: it holds no {file}"),
        Err(e) if e.kind() == ErrorKind::NotFound => format!("is not {what}: it does not exist"),
        _ => format!("is not {what}: {file} cannot be read ({e})"),
    }
}

/// What to name instead of `given`, where a result was asked for: a `what`, whose folder has a name like `name`.
pub(crate) fn results_hint(what: &str, name: &str, given: &Path) -> String {
    let listed =
        if given.is_dir() { format!("`assay list {}`", given.display()) } else { "`assay list`".to_owned() };
    format!("name a {what}, as results/<scenario>/{name}; {listed} prints what there is")
}

fn damaged(dir: &Path, path: &str, problem: &str) -> Error {
    Error::data(dir.join(path).display(), problem)
        .hint("put the file back as it was, or run the backtest again: a damaged run is not judged")
}

/// The hash of every file in `dir`, by its path from there; but of the manifest, which cannot hold its own, and of those of
/// the file system.
fn hash_files(dir: &Path) -> Result<BTreeMap<String, String>> {
    let hashed = |name: String| {
        let path = dir.join(&name);
        let bytes = std::fs::read(&path)
            .map_err(|e| Error::data(path.display(), format!("cannot be read ({e})")).caused_by(e))?;
        Ok((name, sha256_hex(&bytes)))
    };
    file_names(dir, dir).into_iter().map(hashed).collect()
}

/// The same files by their paths from `root`.
fn file_names(root: &Path, dir: &Path) -> Vec<String> {
    let mut names = vec![];
    for name in sorted_entries(dir) {
        let path = dir.join(&name);
        if path.is_dir() {
            names.extend(file_names(root, &path));
            continue;
        }
        let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if relative != MANIFEST {
            names.push(relative);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of two files and its manifest.
    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.txt"), "a").unwrap();
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        std::fs::write(dir.path().join("sub/b.txt"), "b").unwrap();
        Manifest::write(dir.path(), json!({ "run_id": "x" }), json!({})).unwrap();
        dir
    }

    fn refusal(dir: &Path) -> String {
        Manifest::verified(dir).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_missing_changed_or_added_is_named() {
        let dir = folder();
        let at = |name: &str| dir.path().join(name);
        assert!(Manifest::verified(dir.path()).is_ok());
        // Those of the file system are nobody's.
        std::fs::write(at(".DS_Store"), "x").unwrap();
        assert!(Manifest::verified(dir.path()).is_ok());
        assert_eq!(Manifest::complete(dir.path()), Ok(()));
        std::fs::write(at("sub/b.txt"), "c").unwrap();
        assert!(refusal(dir.path()).contains("sub/b.txt: is not what the manifest of the folder lists"));
        std::fs::write(at("sub/b.txt"), "b").unwrap();
        std::fs::write(at("sub/c.txt"), "c").unwrap();
        assert!(refusal(dir.path()).contains("sub/c.txt: is not in the manifest of the folder"));
        assert!(Manifest::complete(dir.path()).unwrap_err().starts_with("sub/c.txt is not in the manifest"));
        std::fs::remove_file(at("sub/c.txt")).unwrap();
        std::fs::remove_dir_all(at("sub")).unwrap();
        assert!(refusal(dir.path()).contains("sub/b.txt: is missing"));
        assert!(Manifest::complete(dir.path()).unwrap_err().starts_with("sub/b.txt is missing"));
        std::fs::write(at("manifest.json"), "{}").unwrap();
        assert!(refusal(dir.path()).contains("is not the manifest of a run"));
        std::fs::remove_file(at("manifest.json")).unwrap();
        assert!(refusal(dir.path()).contains("is not a run folder: it holds no manifest.json"));
    }

    #[test]
    fn a_replacement_that_is_cut_off_leaves_a_sound_folder() {
        let dir = folder();
        let at = |name: &str| dir.path().join(name);
        let whole = std::fs::read(at("manifest.json")).unwrap();
        let new = [("a.txt".to_owned(), b"new".to_vec()), ("more/d.txt".to_owned(), b"d".to_vec())];
        Manifest::verified(dir.path()).unwrap().replace(&new).unwrap();
        assert!(Manifest::verified(dir.path()).is_ok());
        let after = std::fs::read(at("manifest.json")).unwrap();
        // Cut off after the first file: the manifest names what is being replaced.
        let mut cut: Value = serde_json::from_slice(&whole).unwrap();
        cut[REPLACING] = json!({ "a.txt": sha256_hex(b"new"), "more/d.txt": sha256_hex(b"d") });
        std::fs::write(at("manifest.json"), cut.to_string()).unwrap();
        std::fs::remove_file(at("more/d.txt")).unwrap();
        let manifest = Manifest::verified(dir.path()).unwrap();
        std::fs::write(at("a.txt"), "other").unwrap();
        assert!(refusal(dir.path()).contains("a.txt: is not what the manifest"));
        std::fs::write(at("a.txt"), "new").unwrap();
        // The next replacement keeps what was put in place, whatever it is of.
        manifest.replace(&[("e.txt".to_owned(), b"e".to_vec())]).unwrap();
        assert!(Manifest::verified(dir.path()).is_ok());
        std::fs::remove_file(at("e.txt")).unwrap();
        assert!(refusal(dir.path()).contains("e.txt: is missing"));
        Manifest::write(dir.path(), json!({ "run_id": "x" }), json!({})).unwrap();
        Manifest::replace_in(dir.path(), &new).unwrap();
        assert_eq!(std::fs::read(at("manifest.json")).unwrap(), after);
        assert!(
            Manifest::vouches(dir.path(), "a.txt", b"new") && !Manifest::vouches(dir.path(), "a.txt", b"x")
        );
    }
}
