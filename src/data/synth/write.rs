//! A preset's history as a file that says where it comes from.

use std::path::Path;

use super::{Preset, Synthetic, generate};
use crate::data::write_parquet;
use crate::error::Result;

/// Generates the history of the preset at `preset_path` and writes it, with the truth, as Parquet to `out_path`.
///
/// The metadata of the file holds the source (`synthetic`), the preset's name, symbol and text, and the seed. Equal
/// presets give equal files.
///
/// # Errors
/// Those of [`Preset::read`], of [`generate`], and a file that cannot be written.
pub fn write(preset_path: impl AsRef<Path>, out_path: impl AsRef<Path>) -> Result<Synthetic> {
    let (preset, text) = Preset::read_with_text(preset_path.as_ref())?;
    let history = generate(&preset)?;
    let metadata = [
        ("assay:source", "synthetic".to_string()),
        ("assay:preset", preset.name.clone()),
        ("assay:symbol", preset.symbol.clone()),
        ("assay:seed", preset.seed.to_string()),
        ("assay:preset_text", text),
    ];
    write_parquet(out_path.as_ref(), &history.bars, Some(&history.truth), &metadata)?;
    Ok(history)
}
