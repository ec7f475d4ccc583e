//! Holds the strongest of several symbols, and keeps out of the market around bad news.
//!
//! It shows what a system outside of Assay can do: it decides over all symbols at once, ranks them, has regimes, reasons
//! and tables of its own, reads a file of events, looks at an order again when it arrives, and follows every candidate
//! in an account of its own, whether or not it is bought.

mod params;
mod record;
mod trader;

use assay::Result;
use assay::regime::{NO_REGIME, RegimeKind, RegimeScheme, Rgb};
use assay::replay::{AllSymbols, ExitReason, Reject};
use assay::system::{
    About, ExtraInput, ExtraKind, Labels, Logged, Made, Observed, ObservedColumn, OwnDeployment, Record,
    RunView, Stage, Start, SymbolData, Symbols, System,
};

pub use params::{Peek, Rotation};
pub use trader::{Rank, Rotator};

/// It left a symbol for a stronger one.
pub const ROTATED: ExitReason = ExitReason::new("rotated");
/// It left a symbol on bad news.
pub const BAD_NEWS: ExitReason = ExitReason::new("bad_news");
/// It did not enter after bad news.
pub const NEWS: Reject = Reject::new("news");
/// The open had moved too far from the close that decided.
pub const GAP: Reject = Reject::new("gap");
/// A stronger symbol was there.
pub const WEAKER: Reject = Reject::new("weaker");

/// Above its average, and below it.
pub static RISK: RegimeScheme = RegimeScheme::fixed("risk", &KINDS);
static KINDS: [RegimeKind; 2] =
    [RegimeKind::new("RISK_ON", Rgb(0, 114, 178)), RegimeKind::new("RISK_OFF", Rgb(213, 94, 0))];

/// The system.
#[derive(Debug)]
pub struct StrongestOf;

/// The one there is.
pub static ROTATION: StrongestOf = StrongestOf;

static ABOUT: About = About {
    name: "rotation",
    title: "the strongest of several symbols, out of the market around bad news",
    version: 1,
    symbols: Symbols::Together,
    regimes: Some(&RISK),
    exits: &[ROTATED, BAD_NEWS],
    rejects: &[NEWS, GAP, WEAKER],
    reasons: &[],
    column_params: &["bars", "average", "news", "news_hours", "peek"],
    inputs: &[ExtraInput {
        name: "news",
        parameter: "news",
        meaning: "a CSV or Parquet file of news with a score",
        holds: ExtraKind::Events,
        required: false,
    }],
    deployment: OwnDeployment::NONE,
};

/// What it reads of one symbol.
#[derive(Debug)]
pub struct Columns {
    /// Change of the close over the bars of the setting, a fraction; NaN before there are enough.
    pub momentum: Vec<f64>,
    /// Codes of [`RISK`].
    pub regime: Vec<u8>,
    /// The worst score of the news of the last hours; infinite where there was none.
    pub news: Vec<f64>,
}

impl Columns {
    fn new(of: &SymbolData<'_>, p: &Rotation) -> Result<Self> {
        let bars = of.bars();
        let close = bars.close();
        let ahead = usize::from(p.peek == Peek::Prices);
        let change = |i: usize| match i.checked_sub(p.bars) {
            Some(before) => close[(i + ahead).min(close.len() - 1)] / close[before] - 1.0,
            None => f64::NAN,
        };
        let average = of.features.get("sma", &[p.average as f64]);
        // Nothing is labelled before it may decide.
        let risk = |i: usize| match average[i] {
            a if a.is_nan() || i < p.bars => NO_REGIME,
            a => u8::from(close[i] < a),
        };
        Ok(Self {
            momentum: (0..close.len()).map(change).collect(),
            regime: (0..close.len()).map(risk).collect(),
            news: worst_news(of, p)?,
        })
    }
}

/// The worst score about the symbol among the news of the last hours, known at each close.
fn worst_news(of: &SymbolData<'_>, p: &Rotation) -> Result<Vec<f64>> {
    let bars = of.bars();
    let Some(news) = of.events("news") else { return Ok(vec![f64::INFINITY; bars.len()]) };
    let scores = news.numbers("score")?;
    let hours = 3_600_000 * p.news_hours as i64;
    // A system that reads news before they are out.
    let early = if p.peek == Peek::News { hours } else { 0 };
    let worst = |i: usize| {
        let now = bars.close_time(i) + early;
        let known = news.known_by(now - hours)..news.known_by(now);
        known.filter(|r| news.is_about(*r, of.name)).map(|r| scores[r]).fold(f64::INFINITY, f64::min)
    };
    Ok((0..bars.len()).map(worst).collect())
}

/// One setting: the numbers that the trader reads.
#[derive(Debug)]
pub struct Candidate {
    params: Rotation,
    names: Vec<String>,
}

/// What the trader leaves behind.
#[derive(Debug, Default)]
pub struct Log {
    /// Every ranking, in the order of time.
    pub ranks: Vec<Rank>,
}

impl System for StrongestOf {
    type Params = Rotation;
    type Columns = Columns;
    type Candidate = Candidate;
    type Log = Log;
    type Trader<'a> = AllSymbols<Rotator<'a>>;

    fn about(&self) -> &About {
        &ABOUT
    }

    fn warmup(&self, p: &Rotation) -> usize {
        p.bars.max(p.average - 1)
    }

    fn columns(&self, of: &SymbolData<'_>, p: &Rotation) -> Result<Columns> {
        Columns::new(of, p)
    }

    fn labels(&self, columns: &Columns) -> Option<Labels> {
        Some(Labels::of(columns.regime.clone()))
    }

    fn candidate(
        &self,
        symbols: &[SymbolData<'_>],
        _: &[&Columns],
        p: &Rotation,
        _: bool,
    ) -> Result<Candidate> {
        let names = symbols.iter().map(|s| s.name.to_owned()).collect();
        Ok(Candidate { params: p.clone(), names })
    }

    fn trader<'a>(
        &self,
        candidate: &'a Candidate,
        columns: &[&'a Columns],
        start: &Start<'a>,
    ) -> Self::Trader<'a> {
        AllSymbols(Rotator::new(&candidate.params, &candidate.names, columns, start))
    }

    fn log(&self, trader: Self::Trader<'_>) -> Logged<Log> {
        Logged { log: Log { ranks: trader.0.into_ranks() }, ..Logged::default() }
    }

    fn record(&self, run: &RunView<'_>, made: &Made<'_, Self>) -> Record {
        record::record(run, made)
    }

    fn observe(&self, symbol: &SymbolData<'_>, _: &RunView<'_>, made: &Made<'_, Self>) -> Observed {
        let columns = made.columns[symbol.index];
        let p = &made.candidate.params;
        let momentum = columns.momentum.clone();
        let momentum = ObservedColumn {
            declared: p.bars,
            ..ObservedColumn::numbers(Stage::SignalRow, "momentum", 0, momentum)
        };
        let news = ObservedColumn::numbers(Stage::SignalRow, "news", 0, columns.news.clone());
        Observed { columns: vec![momentum, news], facts: vec![] }
    }
}
