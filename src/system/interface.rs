//! The interface itself.

use std::fmt::Debug;
use std::sync::Arc;

use super::about::About;
use super::labels::Labels;
use super::observe::Observed;
use super::parts::{Part, RunTables};
use super::record::{Record, RunView, TradeColumn};
use crate::data::table::Table;
use crate::data::{EventFile, LabelFile, OrderFile, Timed};
use crate::error::{Result, Violation};
use crate::features::{FeatureCache, FeatureFamily};
use crate::market::{Bars, Instrument};
use crate::params::Parameters;
use crate::replay::{Clock, EachSymbol, Market, Switches, Trading};
use crate::risk::{Event, Risk};

/// A trading system.
///
/// Everything computed at bar `i` reads bars `0..=i` and inputs known by then: `assay check causality` shows
/// whether it does. Functions are pure: the same arguments give the same result on any thread.
pub trait System: Debug + Send + Sync + 'static {
    /// Its parameters, declared with [`params!`](crate::params!).
    type Params: Parameters;
    /// What it computes of the bars of one symbol, whoever trades them.
    type Columns: Debug + Send + Sync + 'static;
    /// One setting over all symbols, ready to trade: resolved constants, positions wanted. It holds for every
    /// replay of the setting.
    type Candidate: Debug + Send + Sync + 'static;
    /// What traders leave behind besides trades and equity.
    type Log: Debug + Send + Sync + 'static;
    /// What decides at closes: [`EachSymbol`](crate::replay::EachSymbol) of a trader a symbol, or
    /// [`AllSymbols`](crate::replay::AllSymbols) of one trader of the whole account.
    type Trader<'a>: Trading;

    /// What it is.
    fn about(&self) -> &About;

    /// Rules between parameters that single ranges cannot say, and that are broken: the key as it stands in the
    /// scenario (`params.fast`), and what it must be.
    fn conflicts(&self, _params: &Self::Params) -> Vec<Violation> {
        vec![]
    }

    /// Sets of defaults that one parameter of their own chooses.
    fn presets(&self) -> Option<Presets<Self::Params>> {
        None
    }

    /// Which variant of it these parameters are, for tables and titles.
    fn variant(&self, _params: &Self::Params) -> &'static str {
        self.about().name
    }

    /// Features that it declares beside those of the program.
    fn features(&self) -> &'static [FeatureFamily] {
        &[]
    }

    /// First bar of a symbol at whose close it may decide.
    fn warmup(&self, params: &Self::Params) -> usize;

    /// What it reads of one symbol: a function of bars and inputs alone, and of those parameters that
    /// [`About::column_params`] names. Bars may be fewer than the warm-up: it asks
    /// for the same features then.
    ///
    /// # Errors
    /// An input does not belong to these bars.
    fn columns(&self, of: &SymbolData<'_>, params: &Self::Params) -> Result<Self::Columns>;

    /// The regime of each bar, of a system that labels: none before its warm-up.
    fn labels(&self, _columns: &Self::Columns) -> Option<Labels> {
        None
    }

    /// The same columns under other labels, of a system that decides by them: what a test of the labels
    /// replays.
    fn relabelled(&self, _columns: &Self::Columns, _labels: &Labels) -> Option<Self::Columns> {
        None
    }

    /// One setting, ready to trade `symbols`, whose columns are `columns`. `keep` is set where the run is
    /// recorded whole: decisions of every bar may then be kept for [`record`](System::record).
    ///
    /// # Errors
    /// An input does not belong to these bars.
    fn candidate(
        &self,
        symbols: &[SymbolData<'_>],
        columns: &[&Self::Columns],
        params: &Self::Params,
        keep: bool,
    ) -> Result<Self::Candidate>;

    /// What decides, for one replay of `candidate`; `columns` are those of each symbol.
    fn trader<'a>(
        &self,
        candidate: &'a Self::Candidate,
        columns: &[&'a Self::Columns],
        start: &Start<'a>,
    ) -> Self::Trader<'a>;

    /// What it leaves behind after a replay.
    fn log(&self, trader: Self::Trader<'_>) -> Logged<Self::Log>;

    /// Closes at which it wants another position of its one symbol than before, and the share of equity
    /// wanted, where it is nothing but that: no stop, target or trail, and no order that rests. Such a system
    /// is replayed from switch to switch.
    fn switches<'a>(&self, _candidate: &'a Self::Candidate) -> Option<Switches<'a>> {
        None
    }

    /// Whether a run may differ by the path inside bars though no bar held both a stop and a target: true
    /// where stops follow the price inside a bar, or where that is not known.
    fn follows_path(&self, _params: &Self::Params) -> bool {
        true
    }

    /// Other settings that a run is compared with, on the same bars, costs and cash. The first is the one that
    /// charts and criteria measure by. Their warm-up is no longer than that of `params`, and each has a
    /// [`variant`](System::variant) of its own: a setting that is one of them is left out.
    fn baselines(&self, _params: &Self::Params) -> Vec<Self::Params> {
        vec![]
    }

    /// Its decisions, why bars were or were not traded, what it states about itself.
    fn record(&self, run: &RunView<'_>, _made: &Made<'_, Self>) -> Record {
        Record::plain(run)
    }

    /// Columns of the table of trades beside those that every trade has, one value a trade.
    fn trade_columns(&self, _run: &RunView<'_>, _made: &Made<'_, Self>) -> Vec<TradeColumn> {
        vec![]
    }

    /// Tables of its own for `summary.json`, made of the trades of a run from `start_ms` to `end_ms`.
    ///
    /// # Errors
    /// A column is missing.
    fn monitoring(&self, _trades: &Table, _start_ms: i64, _end_ms: i64) -> Result<Option<serde_json::Value>> {
        Ok(None)
    }

    /// Facts that its criteria ask of the tables of a run.
    fn table_facts(&self, _signals: &Table, _trades: &Table) -> Vec<(&'static str, f64)> {
        vec![]
    }

    /// Its own charts and sections of the report, made of the tables of a run folder.
    ///
    /// # Errors
    /// A column is missing.
    fn parts(&self, _of: &RunTables<'_>) -> Result<Vec<Part>> {
        Ok(vec![])
    }

    /// Columns and facts that the causality check compares, besides the features it asked for, orders, fills
    /// and the account, which the check sees by itself. The same columns in the same order whatever the bars;
    /// `made.log` is missing where the bars are no more than the warm-up.
    fn observe(&self, _symbol: &SymbolData<'_>, _run: &RunView<'_>, _made: &Made<'_, Self>) -> Observed {
        Observed::default()
    }
}

/// What a system is given of one symbol: bars, and inputs that are known by their time. Nothing of accounts
/// or trades.
#[derive(Clone, Copy)]
pub struct SymbolData<'a> {
    /// Its place among the symbols.
    pub index: usize,
    /// Its name.
    pub name: &'a str,
    /// Its bars, and features of them, computed once.
    pub features: &'a FeatureCache,
    /// What is traded.
    pub instrument: &'a Instrument,
    /// The files that the system reads beside the bars, those about other symbols among them.
    pub extras: &'a [Arc<Extra>],
    /// Whether many settings are run on these bars, so that parts of columns are worth keeping.
    pub many_settings: bool,
    /// Whether the bars are a part of those that the inputs are about, as in a check: rows about other bars
    /// are left out. Elsewhere such a row is a mistake, and refused.
    pub partial: bool,
    /// When the bars of its file open, those among them that `data.to` leaves out: a row about one of those is no mistake.
    pub opens_in_file: &'a [i64],
}

impl<'a> SymbolData<'a> {
    /// Its bars.
    pub fn bars(&self) -> &'a Bars {
        self.features.bars()
    }

    /// The input of this name.
    pub fn extra(&self, name: &str) -> Option<&'a ExtraData> {
        self.extras.iter().find(|e| e.name == name).map(|e| &e.data)
    }

    /// The events of this name; none where the scenario names no file.
    pub fn events(&self, name: &str) -> Option<&'a EventFile> {
        match self.extra(name)? {
            ExtraData::Events(events) => Some(events),
            _ => None,
        }
    }
}

/// A file that a system reads beside the bars.
#[derive(Debug)]
pub struct Extra {
    /// What the system knows it by.
    pub name: &'static str,
    /// Its path, as the scenario has it.
    pub file: String,
    /// What it holds.
    pub data: ExtraData,
}

/// What an extra input holds.
#[derive(Debug)]
pub enum ExtraData {
    /// Positions wanted, by time.
    Positions(Timed),
    /// Orders, by time.
    Orders(OrderFile),
    /// Events, by when they were known.
    Events(EventFile),
    /// Labels of regimes, by the time they are known: what a run is measured by, not what a system reads.
    Labels(LabelFile),
}

impl Extra {
    /// The same as it was known at a time: events that became known later are not there. Positions and orders belong to
    /// bars, and go with them.
    pub fn until(self: &Arc<Self>, time_ms: i64) -> Arc<Self> {
        match &self.data {
            ExtraData::Events(e) if e.known_by(time_ms) < e.len() => {
                let data = ExtraData::Events(e.until(time_ms));
                Arc::new(Self { name: self.name, file: self.file.clone(), data })
            }
            _ => self.clone(),
        }
    }
}

impl ExtraData {
    /// SHA-256 of the file's bytes.
    pub fn sha256(&self) -> &str {
        match self {
            Self::Positions(p) => &p.sha256,
            Self::Orders(o) => &o.sha256,
            Self::Events(e) => &e.sha256,
            Self::Labels(l) => &l.sha256,
        }
    }

    /// Name of the file, without its folder.
    pub fn file_name(&self) -> String {
        let place = match self {
            Self::Positions(p) => &p.place,
            Self::Orders(o) => &o.place,
            Self::Events(e) => &e.place,
            Self::Labels(l) => &l.place,
        };
        let name = std::path::Path::new(place).file_name();
        name.map_or_else(|| place.clone(), |f| f.to_string_lossy().into_owned())
    }

    /// Its rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::Positions(p) => p.time_ms.len(),
            Self::Orders(o) => o.rows.len(),
            Self::Events(e) => e.len(),
            Self::Labels(l) => l.rows(),
        }
    }
}

/// How one replay starts.
#[derive(Clone, Copy)]
pub struct Start<'a> {
    /// Bars and terms of each symbol. They may end earlier than those the columns are of: nothing may be read
    /// beyond.
    pub markets: &'a [Market<'a>],
    /// The union of their bars.
    pub clock: &'a Clock,
    /// First bar of each symbol at whose close may be decided.
    pub firsts: &'a [usize],
    /// Equity at the start.
    pub equity: f64,
    /// The `[risk]` section.
    pub risk: &'a Risk,
    /// Whether what the trader logs is wanted; a sweep throws it away.
    pub record: bool,
}

impl<'a> Start<'a> {
    /// A trader of each symbol, made by `trader` of how the replay of that symbol starts.
    pub fn each<T>(&self, trader: impl FnMut(&SymbolStart<'a>) -> T) -> EachSymbol<T> {
        let Self { markets, firsts, equity, risk, record, .. } = *self;
        let starts = markets.iter().zip(firsts).enumerate().map(|(symbol, (market, first))| SymbolStart {
            symbol,
            market: *market,
            first: *first,
            equity,
            risk,
            record,
        });
        EachSymbol(starts.collect::<Vec<_>>().iter().map(trader).collect())
    }
}

/// How one replay of one symbol starts.
#[derive(Clone, Copy)]
pub struct SymbolStart<'a> {
    /// The symbol's place among all.
    pub symbol: usize,
    /// Its bars and terms. They may end earlier than those the columns are of: nothing may be read beyond.
    pub market: Market<'a>,
    /// First bar at whose close the trader may decide.
    pub first: usize,
    /// Equity at the start.
    pub equity: f64,
    /// The `[risk]` section.
    pub risk: &'a Risk,
    /// Whether what the trader logs is wanted; a sweep throws it away.
    pub record: bool,
}

/// What traders leave behind.
#[derive(Debug, Default)]
pub struct Logged<L> {
    /// Acts of rules inside the system.
    pub events: Vec<Event>,
    /// What only the system knows the meaning of.
    pub log: L,
}

/// Sets of defaults.
#[derive(Debug)]
pub struct Presets<P> {
    /// The parameter that chooses one.
    pub parameter: &'static str,
    /// Names and sets; the first holds where none is named.
    pub sets: Vec<(&'static str, P)>,
}

/// What a system made of one run: its own types again.
pub struct Made<'a, S: System + ?Sized> {
    /// Columns of each symbol.
    pub columns: Vec<&'a S::Columns>,
    /// The setting.
    pub candidate: &'a S::Candidate,
    /// What its traders left behind; none where there was no bar to trade.
    pub log: Option<&'a S::Log>,
}
