//! One name for one type: a reader who meets `Report` must not have to ask which.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let of_tests = name.ends_with("tests.rs") || ["tests", "fixture.rs", "benches"].contains(&&*name);
        if path.is_dir() && !of_tests && name != "target" {
            sources(&path, found);
        } else if name.ends_with(".rs") && !of_tests {
            found.push(path);
        }
    }
}

/// The name of the struct, enum or trait that a line declares at the left margin.
fn declared(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub").map_or(line, |rest| match rest.strip_prefix('(') {
        Some(rest) => rest.split_once(')').map_or("", |(_, rest)| rest),
        None => rest,
    });
    let rest = rest.trim_start();
    let named = ["struct ", "enum ", "trait "].iter().find_map(|word| rest.strip_prefix(word))?;
    named.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

#[test]
fn no_two_types_have_one_name() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![];
    sources(&root.join("src"), &mut files);
    sources(&root.join("crates"), &mut files);
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        for name in text.lines().filter_map(declared) {
            let shown = file.strip_prefix(&root).unwrap().display().to_string();
            places.entry(name.to_owned()).or_default().push(shown);
        }
    }
    assert!(places.len() > 500, "only {} types were found", places.len());
    places.retain(|_, files| files.len() > 1);
    assert!(places.is_empty(), "{places:#?}");
}
