//! Tests of reading and writing files of bars as a whole.

use std::path::{Path, PathBuf};

use super::{LoadRequest, Loaded, load};
use crate::error::Result;

mod errors;
mod formats;
mod fuzz;
mod import_fuzz;
mod parquet;
mod real;

/// A folder that is removed with it, and a file name inside.
struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn csv(&self, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.at("a.csv");
        std::fs::write(&path, text).unwrap();
        path
    }
}

fn load_csv(text: impl AsRef<[u8]>, request: &LoadRequest) -> Result<Loaded> {
    let scratch = Scratch::new();
    load(&scratch.csv(text), request)
}

/// The message of loading `path`, with the folder cut off.
fn message(path: &Path, request: &LoadRequest) -> String {
    let folder = format!("{}{}", path.parent().unwrap().display(), std::path::MAIN_SEPARATOR);
    load(path, request).unwrap_err().to_string().replace(&folder, "")
}

fn hours(n: i64) -> String {
    let mut text = "time,open,high,low,close,volume\n".to_owned();
    for i in 0..n {
        text.push_str(&format!(
            "{},10,12,9,11,{i}\n",
            1_600_000_000_000 / 3_600_000 * 3_600_000 + i * 3_600_000
        ));
    }
    text
}
