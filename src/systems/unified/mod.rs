//! The unified framework: seven sources, five regimes, one vote. Its `README.md` says how a bar becomes a
//! trade.

mod decide;
pub mod features;
pub mod fixtures;
mod labels;
mod monitoring;
mod observe;
mod params;
mod parts;
mod phases;
mod reader;
mod reading;
mod record;
pub mod signals;
mod size;
pub mod sizing;
#[cfg(test)]
mod tests;
mod trader;

use crate::data::table::{self, Table};
use crate::error::{Error, Result, Violation};
use crate::features::FeatureFamily;
use crate::replay::{EachSymbol, ExitReason};
use crate::system::{
    About, Labels, Logged, Made, Observed, OwnDeployment, Part, Presets, Record, RunTables, RunView, Start,
    SymbolData, Symbols, System, TradeColumn,
};

pub use crate::data::synth::{REGIMES, Regime};
pub use decide::{Decision, EPSILON, Reason, RiskLevel, Rules};
pub use labels::{RegimeInputs, RegimeLabel, RegimeOrder, VolatilityDirection, VolatilityLevel, classify};
pub use monitoring::{GroupRow, Monitoring};
pub use params::*;
pub use reading::{
    FixedParts, MIN_WARMUP, READING_PARAMS, SignalRow, SignalTable, compute_features, first_row, read,
    read_with,
};
pub use size::{MULTIPLIERS, Size, SizeInputs, size};
pub use trader::{EntryRecord, ResolvedParams, TraderLog, UnifiedCandidate, UnifiedTrader};

use signals::Variant;

/// The system.
#[derive(Debug)]
pub struct Unified;

/// The one there is.
pub static UNIFIED: Unified = Unified;

static ABOUT: About = About {
    name: "unified",
    title: "the unified framework: seven sources, five regimes, one vote",
    version: 1,
    symbols: Symbols::One,
    regimes: Some(&REGIMES),
    exits: &[ExitReason::TIME, ExitReason::OPPOSITE, ExitReason::REGIME],
    rejects: &[],
    reasons: REASONS,
    column_params: READING_PARAMS,
    inputs: &[],
    deployment: OwnDeployment {
        alerts: phases::ALERTS,
        fallback: Some("S5_static"),
        quality: true,
        standing: true,
    },
};

/// Names of [`Reason`], by code.
const REASONS: &[&str] = &[
    "ordered",
    "hold",
    "agreement",
    "confidence",
    "entry_rule",
    "short_not_allowed",
    "extreme_risk",
    "position_open",
    "min_quality",
    "no_edge",
    "below_min_size",
    "blocked",
];

/// Variants a run is compared with.
const BASELINES: [Variant; 4] = [Variant::S5Static, Variant::S5, Variant::S6V, Variant::S6P];

/// What the documents want on every signal, and on every size.
const SIGNAL_FIELDS: [&str; 5] = ["confidence", "risk_level", "regime", "confluence", "volume_confirmed"];
const TRADE_FIELDS: [&str; 7] = ["m_conf", "m_vol", "m_trend", "m_regime", "m_volume", "m_pattern", "m_risk"];

impl System for Unified {
    type Params = Params;
    type Columns = SignalTable;
    type Candidate = UnifiedCandidate;
    type Log = TraderLog;
    type Trader<'a> = EachSymbol<UnifiedTrader<'a>>;

    fn about(&self) -> &About {
        &ABOUT
    }

    fn conflicts(&self, p: &Params) -> Vec<Violation> {
        p.conflicts()
    }

    fn presets(&self) -> Option<Presets<Params>> {
        let sets = Profile::ALL.iter().map(|p| (p.name(), Params::of(*p))).collect();
        Some(Presets { parameter: "profile", sets })
    }

    fn variant(&self, p: &Params) -> &'static str {
        p.variant.name()
    }

    fn features(&self) -> &'static [FeatureFamily] {
        std::slice::from_ref(&features::FAMILY)
    }

    fn warmup(&self, p: &Params) -> usize {
        first_row(p)
    }

    fn columns(&self, of: &SymbolData<'_>, p: &Params) -> Result<SignalTable> {
        let parts = of.many_settings.then(|| FixedParts::shared(of.features, p));
        Ok(read_with(of.features, p, parts.as_deref()))
    }

    fn labels(&self, readings: &SignalTable) -> Option<Labels> {
        let mut labels = Labels::none(readings.first);
        labels.codes.extend(readings.rows.iter().map(|r| r.label.regime as u8));
        labels.fallback.extend(readings.rows.iter().map(|r| r.label.fallback));
        Some(labels)
    }

    fn relabelled(&self, readings: &SignalTable, labels: &Labels) -> Option<SignalTable> {
        let mut rows = readings.rows.clone();
        for (k, row) in rows.iter_mut().enumerate() {
            row.label.regime = Regime::from_code(labels.code(readings.first + k))?;
        }
        Some(SignalTable { first: readings.first, rows, swings: readings.swings.clone() })
    }

    fn candidate(
        &self,
        _: &[SymbolData<'_>],
        columns: &[&SignalTable],
        p: &Params,
        keep: bool,
    ) -> Result<UnifiedCandidate> {
        let [readings] = columns else {
            return Err(Error::usage("data.bars", "the framework trades one symbol"));
        };
        let candidate = UnifiedCandidate::new(p);
        Ok(if keep { candidate.decided(readings) } else { candidate })
    }

    fn trader<'a>(
        &self,
        candidate: &'a UnifiedCandidate,
        readings: &[&'a SignalTable],
        start: &Start<'a>,
    ) -> Self::Trader<'a> {
        start.each(|s| UnifiedTrader::new(candidate, readings[s.symbol], s))
    }

    fn log(&self, trader: Self::Trader<'_>) -> Logged<TraderLog> {
        let log = trader.0.into_iter().next().map(UnifiedTrader::into_log).unwrap_or_default();
        Logged { log, ..Logged::default() }
    }

    fn follows_path(&self, _: &Params) -> bool {
        // Stops and targets stand still inside a bar; the trail moves with closes.
        false
    }

    fn baselines(&self, p: &Params) -> Vec<Params> {
        BASELINES.into_iter().filter(|v| *v != p.variant).map(|v| p.with_variant(v)).collect()
    }

    fn record(&self, run: &RunView<'_>, made: &Made<'_, Self>) -> Record {
        record::record(run, made)
    }

    fn trade_columns(&self, run: &RunView<'_>, made: &Made<'_, Self>) -> Vec<TradeColumn> {
        record::trade_columns(run, made)
    }

    fn monitoring(&self, trades: &Table, start_ms: i64, end_ms: i64) -> Result<Option<serde_json::Value>> {
        let tables = Monitoring::of(trades, start_ms, end_ms)?;
        let value = serde_json::to_value(tables);
        value
            .map(Some)
            .map_err(|e| Error::internal("monitoring", format!("cannot be written: {e}")).caused_by(e))
    }

    fn table_facts(&self, signals: &Table, trades: &Table) -> Vec<(&'static str, f64)> {
        vec![
            ("fields_present", present(signals, &SIGNAL_FIELDS)),
            ("multipliers_present", present(trades, &TRADE_FIELDS)),
        ]
    }

    fn parts(&self, of: &RunTables<'_>) -> Result<Vec<Part>> {
        parts::parts(of)
    }

    fn observe(&self, _: &SymbolData<'_>, _: &RunView<'_>, made: &Made<'_, Self>) -> Observed {
        observe::observe(made)
    }
}

/// 1 where the table has every field in every row, else 0.
fn present(t: &Table, fields: &[&str]) -> f64 {
    let whole = fields.iter().all(|f| match t.column(f) {
        Ok(table::Column::F64(v)) => v.iter().all(|x| x.is_finite()),
        Ok(table::Column::Str(l)) => (0..l.len()).all(|i| l.get(i).is_some()),
        Ok(_) => true,
        Err(_) => false,
    });
    f64::from(u8::from(whole))
}
