//! What a gate reads: the tables of one run and of its baselines, as plain columns.

use std::collections::BTreeMap;

use super::cells::TableView;
use super::marks::VerdictMark;
use super::search::FamilySearch;
use super::terms::RunTerms;
use super::validity::ValidityMetric;
use super::verdict::Observation;
use crate::error::{Error, Place, Result};
use crate::market::Calendar;
use crate::regime::RegimeScheme;

/// One run with everything its criteria ask about.
#[derive(Debug, Clone, Default)]
pub struct Evidence<'a> {
    /// Which run this is.
    pub run_id: String,
    /// Which system was run.
    pub system: String,
    /// Variant of the system that ran (`S7`, `S5_static`, ...).
    pub variant: String,
    /// Bars in a year of this market.
    pub bars_per_year: f64,
    /// When the market trades.
    pub calendar: Calendar,
    /// Trading days in a year of this market.
    pub days_per_year: f64,
    /// Length of a bar in milliseconds.
    pub bar_ms: i64,
    /// Open time of the first judged bar, in milliseconds.
    pub start_ms: i64,
    /// Close time of the last bar, in milliseconds.
    pub end_ms: i64,
    /// Equity before the first bar.
    pub start_equity: f64,
    /// Whether exposure was staged (monitor, small, half, full) instead of full from the start.
    pub staged: bool,
    /// Whether rules or limits above the system acted on the run, so that variants are not compared with it.
    pub ruled: bool,
    /// What keys the resampling: a seed made of the trades and the equity of `main`, which no scenario can choose.
    pub seed: u64,
    /// Which regimes the codes of its tables stand for.
    pub regimes: RegimeScheme,
    /// Tables of the run under judgement.
    pub main: Tables<'a>,
    /// Tables of other variants on the same bars, costs and cash, by name: at full exposure, without rules above the
    /// system. Where such rules act on the run, its own variant without them is one of these.
    pub baselines: Vec<(String, Tables<'a>)>,
    /// Every text that a column of a table may hold, where there is a list: table, column, texts.
    pub words: Vec<(&'static str, &'static str, Vec<String>)>,
    /// Numbers the run states about itself, by name.
    pub facts: BTreeMap<String, f64>,
    /// Replays of a run of positions or orders from outside that acted later.
    pub delayed: Vec<DelayedRun>,
    /// The trials that the run is one of; none where nobody counted them.
    pub search: Option<FamilySearch>,
    /// What studies of the run found: of the sweep it came from, of its placebos.
    pub studies: BTreeMap<ValidityMetric, Observation>,
    /// What such studies object to.
    pub objections: Vec<VerdictMark>,
    /// The terms it was made on, where they are known.
    pub terms: Option<RunTerms>,
}

/// A run of positions or orders from outside that acted later than their file says.
#[derive(Debug, Clone, PartialEq)]
pub struct DelayedRun {
    /// What a row about it is called by.
    pub name: String,
    /// In words.
    pub label: String,
    /// The key of the scenario that makes it so.
    pub setting: String,
    /// Its daily Sharpe ratio; NaN where there is none.
    pub sharpe: f64,
    /// That of the run itself.
    pub own: f64,
    /// Whether it lost more than may be lost without a question.
    pub hangs_on_timing: bool,
    /// Why it was not replayed; none where it was.
    pub skipped: Option<String>,
}

/// The tables of one variant.
#[derive(Debug, Clone, Default)]
pub struct Tables<'a> {
    /// Closed trades in exit order.
    pub trades: Trades,
    /// Equity at the close of every judged bar.
    pub equity: Equity,
    /// The signal of every judged bar.
    pub signals: SignalRows,
    /// Every table as it was recorded, whatever columns it has.
    pub views: Vec<TableView<'a>>,
}

/// Closed trades in exit order, one column a field.
#[derive(Debug, Clone, Default)]
pub struct Trades {
    /// Close time of the bar that gave the signal, in milliseconds.
    pub signal_time_ms: Vec<i64>,
    /// Time of the entry fill, in milliseconds.
    pub entry_time_ms: Vec<i64>,
    /// Time of the exit fill, in milliseconds; never decreasing.
    pub exit_time_ms: Vec<i64>,
    /// Regime code at the signal bar.
    pub regime: Vec<u8>,
    /// Profit after costs, in account currency.
    pub pnl: Vec<f64>,
    /// Profit after costs as a fraction of the position's value at entry.
    pub return_frac: Vec<f64>,
    /// Profit after costs in multiples of the risk at entry.
    pub r_multiple: Vec<f64>,
    /// Position value as a fraction of equity, before the stage factor.
    pub size_frac: Vec<f64>,
    /// Patterns on the signal bar, one bit each, of a system that has any.
    pub patterns: Option<Vec<u32>>,
    /// Whether stop and target lay in one bar, so that the outcome depends on the path inside it.
    pub ambiguous: Vec<bool>,
    /// Whether the trade was only simulated (monitor stage) and left equity untouched.
    pub shadow: Vec<bool>,
}

/// Equity bar by bar.
#[derive(Debug, Clone, Default)]
pub struct Equity {
    /// Close time of the bar, in milliseconds; increasing.
    pub close_time_ms: Vec<i64>,
    /// Equity at the close, in account currency.
    pub equity: Vec<f64>,
    /// Regime code known at the bar's open.
    pub regime_at_open: Vec<u8>,
}

/// Signals bar by bar.
#[derive(Debug, Clone, Default)]
pub struct SignalRows {
    /// Close time of the bar, in milliseconds; increasing.
    pub close_time_ms: Vec<i64>,
    /// Regime code at the close.
    pub regime: Vec<u8>,
    /// 1 buy, -1 sell, 0 hold.
    pub direction: Vec<i8>,
    /// Quality score, 0 to 1, of a system that grades its signals.
    pub quality: Option<Vec<f64>>,
    /// Patterns on the bar, one bit each, of a system that has any.
    pub patterns: Option<Vec<u32>>,
    /// Whether volume confirmed the signal, of a system that asks it.
    pub volume_confirmed: Option<Vec<bool>>,
    /// Whether the bar gave a finite, complete result, of a system that says so.
    pub valid: Option<Vec<bool>>,
}

impl<'a> Evidence<'a> {
    /// The tables of variant `name`: the run itself or one of its baselines.
    pub fn tables(&self, name: &str) -> Option<&Tables<'a>> {
        if name == self.variant {
            return Some(&self.main);
        }
        self.baselines.iter().find(|(n, _)| n == name).map(|(_, t)| t)
    }

    /// Whether rules above the system act on the run, so that its variant without them stands among the baselines.
    pub fn is_ruled(&self) -> bool {
        self.baselines.iter().any(|(name, _)| *name == self.variant)
    }

    /// The tables of variant `name` as variants are compared: those of the run only where no rules above the system make
    /// it another thing.
    pub fn compared(&self, name: &str) -> Result<&Tables<'a>, String> {
        let baseline = self.baselines.iter().find(|(n, _)| n == name).map(|(_, t)| t);
        match baseline {
            Some(tables) => Ok(tables),
            None if name != self.variant => Err(format!("no run of variant {name} on the same bars")),
            None if self.ruled || self.staged => Err(format!(
                "the run was made under [risk], and without {name} at full exposure beside it; run it again"
            )),
            None => Ok(&self.main),
        }
    }

    /// Checks that every column has the length of its table and that times and equity make sense.
    pub fn check(&self) -> Result<()> {
        let place = Place::text(format_args!("run {}", self.run_id));
        for (what, x) in [
            ("bars_per_year", self.bars_per_year),
            ("days_per_year", self.days_per_year),
            ("start_equity", self.start_equity),
            ("bar_ms", self.bar_ms as f64),
        ] {
            if !(x.is_finite() && x > 0.0) {
                return Err(Error::data(&place, format!("{what} is {x}; a positive number is needed")));
            }
        }
        if self.end_ms < self.start_ms {
            return Err(Error::data(&place, "the run ends before it starts"));
        }
        let all = self.baselines.iter().map(|(n, t)| (n.as_str(), t));
        for (name, tables) in std::iter::once((self.variant.as_str(), &self.main)).chain(all) {
            tables
                .check()
                .map_err(|e| Error::data(Place::text(format_args!("{place}, variant {name}")), e))?;
        }
        Ok(())
    }
}

impl<'a> Tables<'a> {
    /// The table `name`, as it was recorded.
    pub(super) fn view(&self, name: &str) -> Option<&TableView<'a>> {
        self.views.iter().find(|v| v.name == name)
    }

    fn check(&self) -> Result<(), String> {
        let (t, e, s) = (&self.trades, &self.equity, &self.signals);
        let n = t.exit_time_ms.len();
        same_length(
            "trades",
            n,
            &[
                ("signal_time_ms", t.signal_time_ms.len()),
                ("entry_time_ms", t.entry_time_ms.len()),
                ("regime", t.regime.len()),
                ("pnl", t.pnl.len()),
                ("return_frac", t.return_frac.len()),
                ("r_multiple", t.r_multiple.len()),
                ("size_frac", t.size_frac.len()),
                ("patterns", length(&t.patterns, n)),
                ("ambiguous", t.ambiguous.len()),
                ("shadow", t.shadow.len()),
            ],
        )?;
        same_length(
            "equity",
            e.close_time_ms.len(),
            &[("equity", e.equity.len()), ("regime_at_open", e.regime_at_open.len())],
        )?;
        let n = s.close_time_ms.len();
        same_length(
            "signals",
            n,
            &[
                ("regime", s.regime.len()),
                ("direction", s.direction.len()),
                ("quality", length(&s.quality, n)),
                ("patterns", length(&s.patterns, n)),
                ("volume_confirmed", length(&s.volume_confirmed, n)),
                ("valid", length(&s.valid, n)),
            ],
        )?;
        self.views.iter().try_for_each(TableView::check)?;
        if t.exit_time_ms.windows(2).any(|w| w[1] < w[0]) {
            return Err("trades are not in exit order".into());
        }
        if e.close_time_ms.windows(2).any(|w| w[1] <= w[0]) {
            return Err("equity: times do not increase".into());
        }
        // Of several symbols each has a row at one time.
        if s.close_time_ms.windows(2).any(|w| w[1] < w[0]) {
            return Err("signals: times go back".into());
        }
        if let Some(i) = t.pnl.iter().position(|x| !x.is_finite()) {
            return Err(format!("trades: pnl of trade {i} is not a finite number"));
        }
        if let Some(i) = e.equity.iter().position(|x| !x.is_finite()) {
            return Err(format!("equity: row {i} is not a finite number"));
        }
        Ok(())
    }
}

/// Length of a column, or that of its table where the system has no such column.
fn length<T>(column: &Option<Vec<T>>, rows: usize) -> usize {
    column.as_ref().map_or(rows, Vec::len)
}

fn same_length(table: &str, n: usize, columns: &[(&str, usize)]) -> Result<(), String> {
    match columns.iter().find(|(_, len)| *len != n) {
        Some((name, len)) => Err(format!("{table}: column {name} has {len} rows, the times have {n}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::evidence;

    #[test]
    fn a_sound_run_passes_and_each_flaw_is_named() {
        assert!(evidence().check().is_ok());
        let flaw = |f: &dyn Fn(&mut super::Evidence<'_>)| {
            let mut e = evidence();
            f(&mut e);
            e.check().unwrap_err().to_string()
        };
        assert!(flaw(&|e| e.bars_per_year = f64::NAN).contains("bars_per_year"));
        assert!(flaw(&|e| e.end_ms = 0).contains("ends before"));
        assert!(flaw(&|e| e.main.trades.pnl.push(1.0)).contains("column pnl"));
        assert!(flaw(&|e| e.main.trades.pnl[3] = f64::NAN).contains("trade 3"));
        assert!(flaw(&|e| e.main.trades.exit_time_ms.reverse()).contains("exit order"));
        assert!(flaw(&|e| e.main.equity.equity[1] = f64::INFINITY).contains("row 1"));
        assert!(flaw(&|e| e.main.signals.close_time_ms.reverse()).contains("go back"));
        assert!(flaw(&|e| e.main.equity.close_time_ms.reverse()).contains("do not increase"));
        let message = flaw(&|e| e.baselines[0].1.signals.valid = Some(vec![]));
        assert!(message.contains("S5_static") && message.contains("column valid"), "{message}");
    }
}
