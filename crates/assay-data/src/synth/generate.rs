//! The bars: every symbol's path of log prices, cut into bars and rounded to the tick.
//!
//! Bars are made in blocks. In each, every symbol draws its normal numbers from a stream of its own; then every symbol
//! mixes those of the symbols up to its own by the factor of the correlation matrix, and makes its bars. Both halves run
//! on any number of threads, and neither knows how many.

use std::ops::Range;

use rayon::prelude::*;

use super::chain::episodes;
use super::event::{Overlay, SynthEvent};
use super::grid::BarGrid;
use super::log_bar::LogBar;
use super::model::{Modelled, extra_draws};
use super::switching::Switching;
use super::volatility::VolatilityClock;
use super::volume::Volume;
use super::{Episode, Preset, Process, SymbolPreset, correlation, event};
use crate::error::{Error, Place, Result};
use crate::market::{Bars, Columns, parse_time};
use crate::random::Stream;
use crate::regime::NO_REGIME;

/// A synthetic history of one symbol.
#[derive(Debug, Clone)]
pub struct Synthetic {
    /// The symbol.
    pub symbol: String,
    /// The bars.
    pub bars: Bars,
    /// Code of the regime that generated each bar, one for each bar; [`NO_REGIME`] in a dead market. `None` where
    /// the process has no regimes.
    pub truth: Option<Vec<u8>>,
}

/// Bars of a block: the normal numbers of one block are in memory at once.
const BLOCK: usize = 4096;

/// Generates the histories of `preset`, one a symbol, in their order.
///
/// # Errors
/// An unsound preset, and one whose prices leave the range of the tick on the way.
pub fn generate(preset: &Preset) -> Result<Vec<Synthetic>> {
    preset.check(&Place::text(&preset.name))?;
    let start = parse_time(&preset.start)
        .ok_or_else(|| Error::scenario(Place::text(&preset.name).about("start"), "start is no time"))?;
    let mut none = vec![];
    let factor = correlation::factor(&preset.correlation, &preset.symbol_names(), &mut none);
    let plans = event::plan(preset, &mut none);
    let all: Vec<Episode> = match &preset.process {
        Process::Regimes(p) => episodes(p, preset.bars, preset.seed),
        _ => vec![],
    };
    let of = |(i, (symbol, events))| Maker::new(preset, symbol, i as u64, events, &all);
    let mut makers: Vec<Maker> = preset.symbols.iter().zip(plans).enumerate().map(of).collect();

    let draws = preset.intrabar.steps as usize + extra_draws(&preset.process);
    let normals = |i| Stream::new(preset.seed, "synth step", i);
    let mut streams: Vec<Stream> = (0..preset.symbols.len() as u64).map(normals).collect();
    let mut drawn: Vec<Vec<f64>> = vec![vec![]; preset.symbols.len()];
    for from in (0..preset.bars).step_by(BLOCK) {
        let block = from..(from + BLOCK).min(preset.bars);
        let n = block.len() * draws;
        if !matches!(preset.process, Process::Dead) {
            drawn.par_iter_mut().zip(&mut streams).for_each(|(out, stream)| {
                out.clear();
                out.extend((0..n).map(|_| stream.normal()));
            });
        }
        makers
            .par_iter_mut()
            .zip(&factor)
            .for_each(|(maker, row)| maker.make(block.clone(), start, draws, &drawn, row));
    }
    makers.into_iter().map(Maker::finish).collect()
}

/// How a symbol's prices move.
#[derive(Debug)]
enum SymbolPath<'a> {
    Switching(Box<Switching<'a>>),
    Modelled(Box<Modelled<'a>>),
    /// Log of the price that never changes.
    Dead(f64),
}

/// One symbol: its path, what lies on top of it, and its bars so far.
struct Maker<'a> {
    preset: &'a Preset,
    symbol: &'a SymbolPreset,
    path: SymbolPath<'a>,
    volume: Volume<'a>,
    overlay: Overlay,
    price: BarGrid,
    size: BarGrid,
    time: Vec<i64>,
    /// Open, high, low, close, volume.
    columns: [Vec<f64>; 5],
    /// Where there are regimes.
    truth: Vec<u8>,
    episodes: &'a [Episode],
    /// Episode of the last bar.
    episode: usize,
}

impl<'a> Maker<'a> {
    fn new(
        preset: &'a Preset,
        symbol: &'a SymbolPreset,
        index: u64,
        events: Vec<SynthEvent>,
        all: &'a [Episode],
    ) -> Self {
        let (seed, scale, intrabar) = (preset.seed, symbol.volatility_scale, &preset.intrabar);
        let (price, process) = (symbol.start_price, preset.process_of(symbol));
        let given = preset.volume.reference_range.map(|range| range * scale);
        let mut range = given.unwrap_or(1.0);
        let mut first = None;
        let path = match process {
            Process::Regimes(p) => {
                first = Some(p.regimes.of(p.first_regime));
                SymbolPath::Switching(Box::new(Switching::new(p, intrabar, all, price, scale, seed, index)))
            }
            other => {
                match Modelled::new(other, intrabar, price, scale, preset.bars_per_year(), seed, index) {
                    Some(m) => {
                        range = given.unwrap_or(m.mean_range);
                        SymbolPath::Modelled(Box::new(m))
                    }
                    None => SymbolPath::Dead(libm::log(price)),
                }
            }
        };
        Self {
            preset,
            symbol,
            path,
            volume: Volume::new(&preset.volume, symbol.volume_scale, range, first, seed, index),
            overlay: Overlay::new(events),
            price: BarGrid::new(symbol.tick),
            size: BarGrid::new(symbol.lot),
            time: Vec::with_capacity(preset.bars),
            columns: [(); 5].map(|()| Vec::with_capacity(preset.bars)),
            truth: Vec::with_capacity(all.last().map_or(0, |_| preset.bars)),
            episodes: all,
            episode: 0,
        }
    }

    /// Makes the bars `block` of a history that starts at `start`. `drawn` has `draws` normal numbers a bar of every
    /// symbol, `row` how this symbol mixes them.
    fn make(&mut self, block: Range<usize>, start: i64, draws: usize, drawn: &[Vec<f64>], row: &[f64]) {
        let mut mixed = vec![0.0; draws];
        for i in block.clone() {
            let t = start + i as i64 * self.preset.timeframe.ms();
            let clock = VolatilityClock::at(t);
            let at = (i - block.start) * draws;
            if !matches!(self.path, SymbolPath::Dead(_)) {
                for (k, out) in mixed.iter_mut().enumerate() {
                    *out = row[1..]
                        .iter()
                        .zip(&drawn[1..])
                        .fold(row[0] * drawn[0][at + k], |sum, (l, z)| sum + l * z[at + k]);
                }
            }
            let (bar, regime) = match &mut self.path {
                SymbolPath::Switching(path) => {
                    let (bar, regime) = path.bar(i, clock, &mixed);
                    (bar, Some(regime))
                }
                SymbolPath::Modelled(path) => (path.bar(&mixed), None),
                SymbolPath::Dead(log_price) => (LogBar::flat(*log_price), None),
            };
            let volume = match self.path {
                SymbolPath::Dead(_) => 0.0,
                _ => self.volume.bar(regime, bar.high - bar.low, clock),
            };
            let truth = self.truth_of(i);
            let Some(shown) = self.overlay.show(i, bar) else { continue };
            let [open, close] = [shown.bar.open, shown.bar.close].map(|x| self.price.round(libm::exp(x)));
            // Rounding keeps the order of prices; the exponential function does but for its last digit.
            let high = self.price.round(libm::exp(shown.bar.high)).max(open).max(close);
            let low = self.price.round(libm::exp(shown.bar.low)).min(open).min(close);
            self.time.push(t);
            let volume = if shown.volume == 1.0 { volume } else { volume * shown.volume };
            for (column, x) in self.columns.iter_mut().zip([open, high, low, close, self.size.round(volume)])
            {
                column.push(x);
            }
            if let Some(code) = truth {
                self.truth.push(if shown.made { code } else { NO_REGIME });
            }
        }
    }

    /// Code of the regime of bar `i`, the next one, where there are regimes.
    fn truth_of(&mut self, i: usize) -> Option<u8> {
        while self.episodes.get(self.episode).is_some_and(|e| i >= e.start + e.bars) {
            self.episode += 1;
        }
        self.episodes.get(self.episode).map(|e| e.regime as u8)
    }

    /// The history.
    fn finish(self) -> Result<Synthetic> {
        let [open, high, low, close, volume] = self.columns.map(Into::into);
        let columns = Columns { open_time: self.time.into(), open, high, low, close, volume };
        let place = match self.preset.symbols.len() {
            1 => Place::text(&self.preset.name),
            _ => Place::text(&self.symbol.symbol).within(&self.preset.name),
        };
        let bars = Bars::new(self.preset.timeframe, columns).map_err(|fault| {
            Error::scenario(place, format!("bar {} of the history: {}", fault.row, fault.problem))
                .hint("lower the drift or the volatility, or take a finer tick")
        })?;
        let truth = (!self.episodes.is_empty()).then_some(self.truth);
        Ok(Synthetic { symbol: self.symbol.symbol.clone(), bars, truth })
    }
}
