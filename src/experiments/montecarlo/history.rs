//! Other histories of the same market: bars resampled or simulated, those before the judged ones kept as they were.

use std::ops::Range;
use std::sync::Arc;

use super::fit::FittedModel;
use crate::data::{FundingFile, Loaded, Quality};
use crate::error::{Error, Place, Result};
use crate::market::{Bars, Columns};
use crate::paths::{BarMoments, CandlePool, Model, ModelKind, Ohlcv, RegimeLabels, Resampler, Shapes};
use crate::random::Stream;
use crate::runs::{History, Inputs};
use crate::scenario::{LabelsBy, PathMethod, Scenario};
use crate::stats::automatic_block;
use crate::system::ExtraData;

/// How bars are drawn.
enum BarSource {
    Blocks(Resampler),
    Model { model: Box<Model>, candles: Vec<CandlePool> },
}

/// Bars that all symbols have, by number in order of time.
struct CommonBars {
    /// Rows of them in the bars of each symbol; none of one symbol, which has all its bars in common.
    rows: Option<Vec<Vec<usize>>>,
    len: usize,
}

impl CommonBars {
    fn of(symbols: &[Loaded]) -> Self {
        let rows = intersection(symbols);
        let len = rows.as_ref().map_or(symbols[0].bars.len(), |c| c[0].len());
        Self { rows, len }
    }

    /// How many of them open before an instant.
    fn before(&self, symbols: &[Loaded], time_ms: i64) -> usize {
        let opens = symbols[0].bars.open_time();
        match &self.rows {
            None => opens.partition_point(|t| *t < time_ms),
            Some(rows) => rows[0].partition_point(|row| opens[*row] < time_ms),
        }
    }

    /// The row of bar `i` in the bars of symbol `k`.
    fn row(&self, k: usize, i: usize) -> usize {
        self.rows.as_ref().map_or(i, |c| c[k][i])
    }
}

/// Draws histories.
pub(super) struct Histories<'a> {
    symbols: &'a [Loaded],
    common: CommonBars,
    /// Bars at the start that stay.
    kept: usize,
    /// Of these, bars before `data.from`.
    lead: usize,
    shapes: Vec<Shapes>,
    source: BarSource,
    seed: u64,
    purpose: &'static str,
    /// Mean length of a block, bars.
    pub block: Option<f64>,
    /// What the model came to.
    pub model: Option<FittedModel>,
    /// Moments of the judged bars of each symbol.
    pub moments: Vec<BarMoments>,
    /// Bars left out because another symbol has none at their time.
    pub left_out: usize,
}

impl<'a> Histories<'a> {
    /// Histories of a scenario by its method.
    ///
    /// # Errors
    /// The method cannot be applied to these data.
    pub fn of(scenario: &Scenario, history: &'a History) -> Result<Self> {
        let m = &scenario.montecarlo;
        let symbols = &history.inputs().symbols;
        refuse_what_stays_behind(scenario, history.inputs())?;
        let common = CommonBars::of(symbols);
        let n = common.len;
        // Steps of the run are bars of any symbol; drawn are bars that all have, and a path warms up on those.
        let start_ms = history.clock().time(history.first(scenario).min(history.steps() - 1));
        let warmup = scenario.system.warmup(&scenario.params);
        let kept = common.before(symbols, start_ms).max(warmup).max(1).min(n);
        if n < kept + 30 {
            let several = if symbols.len() > 1 { " that all symbols have" } else { "" };
            let problem = format!("{} judged bars{several} are too few to draw others from", n - kept);
            return Err(Error::data(&symbols[0].file_name, problem).hint("give more history"));
        }
        let lead = scenario.data.from_ms().map_or(0, |ms| common.before(symbols, ms));
        let shapes = shapes(symbols, &common, kept)?;
        let (source, block, model) = match resampler_of(scenario, history, &common, kept, &shapes[0])? {
            Some((resampler, block)) => (BarSource::Blocks(resampler), Some(block), None),
            None => {
                let (source, model) = fitted(scenario, symbols, &shapes[0])?;
                (source, None, Some(model))
            }
        };
        let moments = shapes.iter().map(|s| BarMoments::of(&s.log_returns())).collect();
        Ok(Self {
            symbols,
            kept,
            shapes,
            source,
            seed: scenario.seed,
            purpose: m.method.name(),
            block,
            model,
            moments,
            lead,
            left_out: symbols.iter().map(|l| l.bars.len() - n).sum(),
            common,
        })
    }

    /// Bars that stay as they were.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// Bars that are drawn.
    pub fn drawn(&self) -> usize {
        self.common.len - self.kept
    }

    /// History `path`.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn path(&self, path: u64, real: &Inputs) -> Result<Inputs> {
        let (conversions, extras) = (&real.conversions, &real.extras);
        let drawn = self.common.len - self.kept;
        let mut stream = Stream::new(self.seed, self.purpose, path);
        let mut symbols = Vec::with_capacity(self.symbols.len());
        match &self.source {
            BarSource::Blocks(resampler) => {
                // One draw for all symbols and for what is paid.
                let ranges: Vec<Range<usize>> = resampler.ranges(stream, drawn).collect();
                for k in 0..self.symbols.len() {
                    let mut out = Ohlcv::default();
                    let first = self.symbols[k].bars.close()[self.common.row(k, self.kept - 1)];
                    self.shapes[k].rebuild(first, ranges.iter().cloned(), &mut out);
                    symbols.push(self.loaded(k, &out, Some(&ranges))?);
                }
            }
            BarSource::Model { model, candles } => {
                let mut returns = vec![];
                model.path(drawn, &mut stream, &mut returns);
                let mut out = Ohlcv::default();
                let first = self.symbols[0].bars.close()[self.common.row(0, self.kept - 1)];
                let mut inside = Stream::new(self.seed, "bars of a model", path);
                candles[0].build(first, &returns, &mut inside, &mut out);
                symbols.push(self.loaded(0, &out, None)?);
            }
        }
        let sources = real.sources.clone();
        Ok(Inputs { symbols, conversions: conversions.to_vec(), extras: extras.to_vec(), sources })
    }

    /// Symbol `k` with its judged bars replaced.
    fn loaded(&self, k: usize, out: &Ohlcv, ranges: Option<&[Range<usize>]>) -> Result<Loaded> {
        let l = &self.symbols[k];
        let n = self.kept + out.close.len();
        let c = l.bars.columns();
        let joined = |real: &[f64], made: &[f64]| -> Vec<f64> {
            (0..self.kept).map(|i| real[self.common.row(k, i)]).chain(made.iter().copied()).collect()
        };
        let times: Vec<i64> = (0..n).map(|i| c.open_time[self.common.row(k, i)]).collect();
        let open = joined(&c.open, &out.open);
        let columns = Columns {
            open_time: times.into(),
            open: open.clone().into(),
            high: joined(&c.high, &out.high).into(),
            low: joined(&c.low, &out.low).into(),
            close: joined(&c.close, &out.close).into(),
            volume: joined(&c.volume, &out.volume).into(),
        };
        let bars = Bars::new(l.bars.timeframe(), columns)
            .map_err(|f| Error::internal("montecarlo", format!("row {} of a path: {}", f.row, f.problem)))?;
        let source: Option<Vec<Option<usize>>> = ranges.map(|ranges| {
            let made = ranges.iter().cloned().flatten().map(|i| Some(self.common.row(k, self.kept + i)));
            (0..self.kept).map(|i| Some(self.common.row(k, i))).chain(made).collect()
        });
        let funding = match (&l.funding, &source) {
            (Some(f), Some(source)) => Some(FundingFile {
                funding: Arc::new(f.funding.rearranged(source, &c.open, &open)),
                ..f.clone()
            }),
            _ => None,
        };
        let spread = match (&l.spread, &source) {
            (Some(spread), Some(source)) => Some(
                source
                    .iter()
                    .zip(&open)
                    .map(|(s, o)| s.map_or(f64::NAN, |s| spread[s] / c.open[s] * o))
                    .collect(),
            ),
            _ => None,
        };
        Ok(Loaded {
            quality: Quality::of(&bars, None),
            whole: bars.clone(),
            lead: self.lead,
            bars,
            truth: None,
            spread,
            synthetic: true,
            sha256: l.sha256.clone(),
            rows_in_file: n,
            file_name: l.file_name.clone(),
            detail: None,
            funding,
            metadata: l.metadata.clone(),
        })
    }
}

/// Refuses data beside the bars that would not fit other prices.
fn refuse_what_stays_behind(scenario: &Scenario, inputs: &Inputs) -> Result<()> {
    // Events are a schedule that other prices could have met; positions and orders were decided on these.
    let decided = inputs.extras.iter().find_map(|extra| match extra.data {
        ExtraData::Positions(_) => Some((extra, "positions")),
        ExtraData::Orders(_) => Some((extra, "orders")),
        ExtraData::Events(_) | ExtraData::Labels(_) => None,
    });
    if let Some((extra, what)) = decided {
        let file = &extra.file;
        let problem = format!(
            "draws other bars, and the {what} of {file} stay at their times: they were made for these"
        );
        return Err(Error::scenario(method_of(scenario), problem).hint(
            "use execution, start, dropped_trades, parameters, returns, trade_bootstrap or trade_permutation",
        ));
    }
    if let Some(l) = inputs.symbols.iter().find(|l| l.detail.is_some()) {
        let what = l.detail.as_ref().map_or("", |d| d.file_name.as_str());
        return Err(Error::scenario(
            method_of(scenario),
            format!("finer bars ({what}) cannot be drawn together with these"),
        )
        .hint("use another execution.intrabar and leave data.detail out"));
    }
    if scenario.montecarlo.method != PathMethod::Regime && matches!(scenario.regimes.by, LabelsBy::File(_)) {
        return Err(Error::scenario(method_of(scenario), "labels of a file say nothing of other prices")
            .hint(
                "use other labels by regimes.by, or montecarlo.method = \"regime\", which draws within them",
            ));
    }
    Ok(())
}

/// Where a scenario names its method, for errors about it.
pub(super) fn method_of(scenario: &Scenario) -> Place {
    Place::given("montecarlo.method", format_args!("{:?}", scenario.montecarlo.method.name()))
        .within(&scenario.name)
}

/// Shapes of the bars in common after the first `kept`, of each symbol.
fn shapes(symbols: &[Loaded], common: &CommonBars, kept: usize) -> Result<Vec<Shapes>> {
    let shape = |(k, l): (usize, &Loaded)| {
        let pick = |c: &[f64]| (kept..common.len).map(|i| c[common.row(k, i)]).collect::<Vec<f64>>();
        let b = &l.bars;
        let [o, h, low, c, v] = [b.open(), b.high(), b.low(), b.close(), b.volume()].map(pick);
        Shapes::of(&o, &h, &low, &c, &v).ok_or_else(|| Error::internal("montecarlo", "bars without a shape"))
    };
    symbols.iter().enumerate().map(shape).collect()
}

/// How blocks of bars are drawn, and their mean length; none for a method that fits a model.
fn resampler_of(
    scenario: &Scenario,
    history: &History,
    common: &CommonBars,
    kept: usize,
    first: &Shapes,
) -> Result<Option<(Resampler, f64)>> {
    let m = &scenario.montecarlo;
    let automatic = || automatic_block(&first.log_returns()).max(1.0);
    let block = m.block.unwrap_or_else(automatic);
    let resampler = match m.method {
        PathMethod::Circular => Resampler::Circular { block: block.ceil() as usize },
        PathMethod::Regime => {
            let labels = history.labels(scenario, &history.prepare(scenario)?)?;
            let codes: Vec<u8> = (kept..common.len).map(|i| labels[0].code(common.row(0, i))).collect();
            Resampler::Regime { labels: RegimeLabels::new(&codes), mean_block: block }
        }
        PathMethod::Stationary => Resampler::Stationary { mean_block: block },
        _ => return Ok(None),
    };
    Ok(Some((resampler, block)))
}

/// The model of a method, fitted to the one symbol there is, and what it came to; refused where it does not fit.
fn fitted(scenario: &Scenario, symbols: &[Loaded], shapes: &Shapes) -> Result<(BarSource, FittedModel)> {
    if symbols.len() > 1 {
        return Err(Error::scenario(method_of(scenario), "models draw one symbol")
            .hint("use stationary, circular or regime: they draw all symbols together"));
    }
    if symbols[0].funding.is_some() {
        return Err(Error::scenario(method_of(scenario), "models draw no funding")
            .hint("use stationary, circular or regime, or leave data.funding out"));
    }
    let method = scenario.montecarlo.method;
    let kind = match method {
        PathMethod::Merton => ModelKind::Merton,
        PathMethod::Garch => ModelKind::Garch,
        PathMethod::Gjr => ModelKind::GjrGarch,
        PathMethod::Filtered => ModelKind::FilteredHistorical,
        PathMethod::Heston => ModelKind::Heston,
        _ => ModelKind::Gbm,
    };
    let returns = shapes.log_returns();
    let model = Model::fit(kind, &returns).map_err(|e| {
        Error::data(&symbols[0].file_name, format!("no {} model fits: {e}", method.name())).caused_by(e)
    })?;
    let model = if scenario.montecarlo.driftless { model.driftless() } else { model };
    let candles =
        vec![CandlePool::of(shapes).ok_or_else(|| Error::internal("montecarlo", "no bar to draw from"))?];
    let per_year = scenario.data.bars_per_year(symbols[0].bars.timeframe());
    let summary = FittedModel::accepted(scenario, &model, &returns, per_year)?;
    Ok((BarSource::Model { model: Box::new(model), candles }, summary))
}

/// Bars of each symbol at the times that all have; none where there is one symbol.
fn intersection(symbols: &[Loaded]) -> Option<Vec<Vec<usize>>> {
    if symbols.len() < 2 {
        return None;
    }
    let has = |l: &Loaded, t: i64| l.bars.open_time().binary_search(&t).ok();
    let times: Vec<i64> = symbols[0]
        .bars
        .open_time()
        .iter()
        .copied()
        .filter(|t| symbols[1..].iter().all(|l| has(l, *t).is_some()))
        .collect();
    Some(symbols.iter().map(|l| times.iter().filter_map(|t| has(l, *t)).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Funding;

    /// Two symbols, the second always twice the first and without its third hundred of bars, the first with funding that names its bar.
    fn case(method: &str) -> (Scenario, History) {
        let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let text = format!(
            "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"a\", \"b\"]\nsymbols = [\"A\", \"B\"]\nto = \"2021-03-01\"\n\
             [params]\nfast = 5\nslow = 20\n[montecarlo]\nmethod = \"{method}\"\n"
        );
        let scenario = Scenario::parse(&text, "t", root.clone(), &[]).unwrap();
        let mut a =
            crate::data::load(&root.join("datasets/btcusdt-1h.parquet"), &scenario.request()).unwrap();
        let c = a.bars.columns().clone();
        let keep: Vec<usize> = (0..a.bars.len()).filter(|i| !(200..300).contains(i)).collect();
        let twice = |v: &[f64]| keep.iter().map(|i| 2.0 * v[*i]).collect::<Vec<f64>>();
        let columns = Columns {
            open_time: keep.iter().map(|i| c.open_time[*i]).collect(),
            open: twice(&c.open).into(),
            high: twice(&c.high).into(),
            low: twice(&c.low).into(),
            close: twice(&c.close).into(),
            volume: twice(&c.volume).into(),
        };
        let bars = Bars::new(a.bars.timeframe(), columns).unwrap();
        let b = Loaded { bars, truth: None, ..a.clone() };
        let rates: Vec<f64> = (0..a.bars.len()).map(|i| i as f64 * 1e-9).collect();
        let funding = Funding::new(&a.bars, 0, a.bars.open_time(), &rates, &[]).unwrap();
        a.funding = Some(FundingFile {
            funding: Arc::new(funding),
            file_name: "f".into(),
            sha256: String::new(),
            id: String::new(),
        });
        let history = History::new(&scenario, Inputs { symbols: vec![a, b], ..Inputs::default() }).unwrap();
        (scenario, history)
    }

    #[test]
    fn symbols_and_payments_are_drawn_together() {
        for method in ["stationary", "circular", "regime"] {
            let (scenario, history) = case(method);
            let histories = Histories::of(&scenario, &history).unwrap();
            assert_eq!(histories.left_out, 100);
            let real = history.loaded().bars.clone();
            for path in 0..5 {
                let inputs = histories.path(path, history.inputs()).unwrap();
                let (a, b) = (&inputs.symbols[0], &inputs.symbols[1]);
                assert_eq!(a.bars.len(), b.bars.len());
                assert_eq!(a.bars.open_time(), b.bars.open_time());
                for i in 0..a.bars.len() {
                    let ratio = b.bars.close()[i] / a.bars.close()[i];
                    assert!((ratio - 2.0).abs() < 1e-9, "{method} bar {i}: {ratio}");
                }
                // Each payment is that of the bar whose shape stands there.
                let payments = a.funding.as_ref().unwrap().funding.payments();
                assert!(payments.len() + 2 > a.bars.len(), "{}", payments.len());
                for p in payments.iter().filter(|p| p.bar > histories.kept() + 1) {
                    let source = (p.long_rate / 1e-9).round() as usize;
                    let shape = |b: &Bars, i: usize| b.close()[i] / b.open()[i];
                    let (got, want) = (shape(&a.bars, p.bar), shape(&real, source));
                    assert!((got - want).abs() < 1e-9, "{method} bar {}: {got} {want}", p.bar);
                    assert!((p.price / a.bars.open()[p.bar] - 1.0).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn what_models_cannot_draw_is_refused() {
        let (scenario, history) = case("gbm");
        let e = Histories::of(&scenario, &history).err().unwrap().to_string();
        assert!(e.contains("models draw one symbol"), "{e}");
    }
}
