//! Real histories for tests: in the folder that `ASSAY_REAL_DATA` names, or beside the checkout. None of them travels with the project.

use std::path::{Path, PathBuf};

/// The file or folder `name` of the real histories, or `None` with a line that says what is skipped.
pub fn real(name: &str) -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("ASSAY_REAL_DATA").map_or(default, PathBuf::from);
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}
