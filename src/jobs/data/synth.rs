//! Labelled synthetic histories from a preset.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::data::synth::{PresetFile, Synthetic, generate, write};
use crate::error::Result;
use crate::progress::Progress;

/// `assay data synth`: reads a preset, generates its histories, and writes them.
#[derive(Debug, Clone)]
pub struct DataSynthJob {
    /// A TOML file, or the name of a shipped preset.
    pub preset: PathBuf,
    /// Other values for keys of it, as `seed=7`.
    pub set: Vec<String>,
    /// Parquet file to write, for several symbols the folder of their files; in memory alone without one.
    pub out: Option<PathBuf>,
}

/// What was made.
#[derive(Debug, Clone)]
pub struct SynthOutcome {
    /// The histories, one a symbol.
    pub histories: Vec<Synthetic>,
    /// The file of each, where they were written.
    pub files: Vec<PathBuf>,
    /// Where they were to be written.
    pub out: Option<PathBuf>,
}

impl DataSynthJob {
    /// The histories of a preset as it is, in memory.
    pub fn new(preset: impl Into<PathBuf>) -> Self {
        Self { preset: preset.into(), set: vec![], out: None }
    }

    /// Does all of it.
    ///
    /// # Errors
    /// The preset is wrong, a file cannot be written, or it was told to stop.
    pub fn run(&self, progress: &Progress) -> Result<SynthOutcome> {
        progress.stage("reading the preset")?;
        let source = PresetFile::read(&self.preset)?.with(&self.set)?;
        progress.stage("generating bars")?;
        let (files, histories) = match &self.out {
            Some(out) => write(&source, out)?.into_iter().unzip(),
            None => (vec![], generate(&source.preset)?),
        };
        Ok(SynthOutcome { histories, files, out: self.out.clone() })
    }
}

impl SynthOutcome {
    /// Bars of all symbols together.
    pub fn bars(&self) -> usize {
        self.histories.iter().map(|h| h.bars.len()).sum()
    }

    /// The document of `assay data synth --format json`.
    pub fn document(&self) -> Value {
        let file = |k: usize| self.files.get(k).map(|f| f.display().to_string());
        let row = |(k, h): (usize, &Synthetic)| json!({ "symbol": h.symbol, "file": file(k), "bars": h.bars.len() });
        let files: Vec<Value> = self.histories.iter().enumerate().map(row).collect();
        let out = self.out.as_ref().map(|out| out.display().to_string());
        json!({ "out": out, "bars": self.bars(), "files": files })
    }
}
