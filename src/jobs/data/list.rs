//! The sources there are, and the data that is here.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::data::inventory::{Cached, Dataset, cached, holdings};
use crate::data::pull::Catalogue;
use crate::error::Result;
use crate::progress::Progress;

/// `assay data list`: reads the catalogue, and looks into a folder of data and into a cache of archives.
#[derive(Debug, Clone)]
pub struct DataListJob {
    /// Folder to look into.
    pub folder: PathBuf,
    /// Folder that archives are kept in.
    pub cache: PathBuf,
    /// Another catalogue than the program's own.
    pub catalogue: Option<PathBuf>,
}

/// What there is.
#[derive(Debug)]
pub struct DataListOutcome {
    /// The sources.
    pub catalogue: Catalogue,
    /// The files.
    pub files: Vec<Dataset>,
    /// The archives.
    pub archives: Vec<Cached>,
}

impl Default for DataListJob {
    fn default() -> Self {
        Self { folder: "datasets".into(), cache: "datasets/cache".into(), catalogue: None }
    }
}

impl DataListJob {
    /// Does all of it.
    ///
    /// # Errors
    /// A folder or the catalogue cannot be read, or it was told to stop.
    pub fn run(&self, progress: &Progress) -> Result<DataListOutcome> {
        progress.stage("looking for data")?;
        let catalogue = Catalogue::read(self.catalogue.as_deref())?;
        // Somebody who has no data yet wants to see the sources.
        let wanted = self.folder.is_dir() || self.folder != Path::new("datasets");
        let files = if wanted { holdings(&self.folder, &self.cache)? } else { vec![] };
        Ok(DataListOutcome { catalogue, files, archives: cached(&self.cache)? })
    }
}

impl DataListOutcome {
    /// The document of `assay data list --format json`.
    pub fn document(&self) -> Value {
        json!({ "sources": self.catalogue.sources, "files": self.files, "cache": self.archives })
    }
}
