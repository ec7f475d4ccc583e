//! A preset's histories without files of their own: what loading the files would give.

use rayon::prelude::*;

use super::file::PresetFile;
use super::generate;
use super::write::packed;
use crate::error::{Error, Result, nearest};
use crate::load::load_content;
use crate::{LoadRequest, Loaded, TimeConvention};

/// Generates the histories of the preset `source` and gives those of `symbols`, in this order, as if they had been
/// written by [`super::write`] and loaded from there: bars, truth and quality are those of the files, and so is the hash.
///
/// The preset is called `name`, and so is its only history; of several, each is `name SYMBOL`. Generated times are those of
/// opens, whatever the request says of the times of files.
///
/// # Errors
/// A name that is no symbol of the preset, those of [`generate`], and what loading the file would refuse.
pub fn load(source: &PresetFile, name: &str, symbols: &[&str], request: &LoadRequest) -> Result<Vec<Loaded>> {
    let names = source.preset.symbol_names();
    let wanted = symbols.iter().map(|symbol| {
        names.iter().position(|n| n == symbol).ok_or_else(|| {
            let all = format!("its symbols are {}", names.join(", "));
            Error::scenario("data.symbols", format!("{symbol:?} is no symbol of the preset {name}")).hint(
                match nearest(symbol, names.iter().copied()) {
                    Some(near) => format!("did you mean {near:?}? {all}"),
                    None => all,
                },
            )
        })
    });
    let wanted = wanted.collect::<Result<Vec<usize>>>()?;
    // What a file leaves open is known here.
    let timeframe = request.timeframe.or(Some(source.preset.timeframe));
    let request = LoadRequest { timeframe, time: TimeConvention::Open, ..*request };
    let mut made: Vec<_> = generate(&source.preset)?.into_iter().map(Some).collect();
    let mut chosen = Vec::with_capacity(wanted.len());
    for (k, symbol) in wanted.into_iter().zip(symbols) {
        let problem = || format!("{symbol:?} is there twice");
        chosen.push(made[k].take().ok_or_else(|| Error::scenario("data.symbols", problem()))?);
    }
    // What nobody asked for is not kept in memory.
    drop(made);
    let several = names.len() > 1;
    chosen
        .into_par_iter()
        .map(|history| {
            let called = if several { format!("{name} {}", history.symbol) } else { name.to_owned() };
            let bytes = packed(source, &history, &called)?;
            drop(history);
            load_content(&called, &bytes.into(), &request)
        })
        .collect()
}
