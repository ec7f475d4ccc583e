//! A preset's histories as files that say where they come from.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::file::PresetFile;
use super::{Synthetic, generate};
use crate::error::{Error, Result};
use crate::parquet_out::bars_file;
use crate::{sha256_hex, write_atomic};

/// Generates the histories of the preset `source` and writes them, with the truth where there is one, as Parquet; and
/// says under which paths.
///
/// One symbol is written to the file `out`. Several are written into the folder `out`, which is made where it is not
/// there, as `SYMBOL-TIMEFRAME.parquet`. The metadata of a file holds the source (`synthetic`), the preset's name, process,
/// hash and text, the symbol and the seed. Equal presets give equal files.
///
/// # Errors
/// Those of [`generate`], and a file that cannot be written.
pub fn write(source: &PresetFile, out: impl AsRef<Path>) -> Result<Vec<(PathBuf, Synthetic)>> {
    let (preset, out) = (&source.preset, out.as_ref());
    let paths: Vec<PathBuf> = if let [_] = &preset.symbols[..] {
        vec![out.to_path_buf()]
    } else {
        let name = |symbol: &str| out.join(format!("{symbol}-{}.parquet", preset.timeframe));
        if out.extension().is_some_and(|e| e == "parquet") || out.is_file() {
            let several = format!("{} symbols need a folder", preset.symbols.len());
            return Err(Error::output(out.display(), several).hint("name a folder: it gets a file a symbol"));
        }
        preset.symbols.iter().map(|s| name(&s.symbol)).collect()
    };
    let histories = generate(preset)?;
    if paths.len() > 1 {
        std::fs::create_dir_all(out).map_err(|e| {
            Error::output(out.display(), format!("the folder cannot be made ({e})"))
                .caused_by(e)
                .hint("choose another folder with --out")
        })?;
    }
    paths.par_iter().zip(&histories).try_for_each(|(path, history)| {
        write_atomic(path, &packed(source, history, &path.display().to_string())?)
    })?;
    Ok(paths.into_iter().zip(histories).collect())
}

/// The bytes of the file of `history`, which the preset `source` made; `place` is what errors call it.
pub(super) fn packed(source: &PresetFile, history: &Synthetic, place: &str) -> Result<Vec<u8>> {
    let preset = &source.preset;
    let mut metadata = vec![
        ("assay:source", "synthetic".to_string()),
        ("assay:preset", preset.name.clone()),
        ("assay:symbol", history.symbol.clone()),
        ("assay:seed", preset.seed.to_string()),
        ("assay:preset_text", source.text.clone()),
    ];
    // Files of presets from before there was a choice of process keep their bytes.
    if source.names_process {
        metadata.push(("assay:process", preset.process.name().to_string()));
        metadata.push(("assay:preset_sha256", sha256_hex(source.text.as_bytes())));
    }
    bars_file(place, &history.bars, history.truth.as_deref(), None, &metadata)
}
