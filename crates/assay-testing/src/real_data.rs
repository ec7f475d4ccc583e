//! Where things are: the checkout, and real histories that do not travel with the project.

use std::path::{Path, PathBuf};

/// The folder of the checkout.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The file or folder `name` of the real histories, in the folder that `ASSAY_REAL_DATA` names or beside the
/// checkout; `None` with a line that says what is skipped.
pub fn real(name: &str) -> Option<PathBuf> {
    let default = root().join("../shared/data");
    let folder = std::env::var_os("ASSAY_REAL_DATA").map_or(default, PathBuf::from);
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}
