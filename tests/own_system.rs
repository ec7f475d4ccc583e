//! Systems of a user, written against the public interface alone: they have the whole command line, and their
//! mistakes are named.

use std::ffi::OsString;
use std::path::Path;

use assay::Result;
use assay::cli::run_with;
use assay::data::table::Column as Values;
use assay::progress::Progress;
use assay::regime::{RegimeKind, RegimeScheme, Rgb};
use assay::replay::{EachSymbol, ExitReason, Switches};
use assay::runs::ledger::{LEDGER, TrialLedger};
use assay::scenario::Scenario;
use assay::system::targets::{Brackets, TargetPositions, TargetTrader, Unit};
use assay::system::{
    About, ExtraInput, ExtraKind, Labels, Logged, Made, Observed, ObservedColumn, OwnDeployment, Record,
    Registry, RunView, Stage, Start, SymbolData, Symbols, System, SystemRef, TradeColumn,
};

use crate::common::{files, only_run, root};

assay::params! {
    /// Follows the move of the last bars.
    pub struct Momentum {
        /// Bars the move is measured over.
        "bars" => bars: usize = 24, 1..=1000;
        /// Share of equity put into a position.
        "size" => size: f64 = 0.5, 0.01..=1;
        /// Smallest move that counts, fraction.
        "least" => least: f64 = 0.01, 0..=1;
    }
}

/// What a test system does wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// The move is measured to the next close.
    Peeks,
    /// It declares no parameter of its columns.
    Undeclared,
    /// A column of trades is one short.
    ShortTrades,
    /// Labels end early.
    ShortLabels,
    /// Labels begin at the first bar.
    EarlyLabels,
    /// A column has a value before the warm-up it declares.
    EarlyColumn,
    /// It labels with a regime that it does not list.
    OtherLabels,
    /// It closes for a reason that it does not list.
    OtherExit,
    /// A column of trades has the name of the program's.
    TakenColumn,
    /// Its table of signals has no columns.
    EmptySignals,
    /// It is compared with one that warms up longer.
    LateBaseline,
    /// Nothing is wrong: it is compared with one that warms up sooner.
    EarlyBaseline,
    /// It is compared with one of the same name.
    SameBaseline,
}

#[derive(Debug)]
struct Follower {
    about: About,
    fault: Fault,
}

const ABOUT: About = About {
    name: "momentum",
    title: "follows the move of the last bars",
    version: 1,
    symbols: Symbols::Many,
    regimes: None,
    exits: &[ExitReason::SIGNAL],
    rejects: &[],
    reasons: &["ordered", "hold"],
    column_params: &["bars"],
    inputs: &[],
    deployment: OwnDeployment::NONE,
};

static HONEST: Follower = Follower { about: ABOUT, fault: Fault::None };
static CHANGED: Follower = Follower { about: About { version: 2, ..ABOUT }, fault: Fault::None };
static PEEKING: Follower = Follower { about: ABOUT, fault: Fault::Peeks };
static UNDECLARED: Follower =
    Follower { about: About { column_params: &[], ..ABOUT }, fault: Fault::Undeclared };
static MISSPELT: Follower =
    Follower { about: About { column_params: &["bar"], ..ABOUT }, fault: Fault::None };
static NAMELESS: Follower = Follower { about: About { name: "My System", ..ABOUT }, fault: Fault::None };
static SHORT_TRADES: Follower = Follower { about: ABOUT, fault: Fault::ShortTrades };
static LABELLING: About = About { regimes: Some(&UP_AND_DOWN), ..ABOUT };
static UP_AND_DOWN: RegimeScheme = RegimeScheme::fixed("momentum", &WAYS);
static WAYS: [RegimeKind; 2] =
    [RegimeKind::new("UP", Rgb(0, 110, 180)), RegimeKind::tagged("DOWN", "DN", Rgb(200, 80, 0))];
static PEEKING_LABELS: Follower = Follower { about: LABELLING, fault: Fault::Peeks };
static SAME_COLOURS: RegimeScheme = RegimeScheme::fixed("grey", &GREY);
static GREY: [RegimeKind; 2] = [RegimeKind::new("A", Rgb(1, 1, 1)), RegimeKind::new("B", Rgb(1, 1, 1))];
static GREY_LABELS: Follower =
    Follower { about: About { regimes: Some(&SAME_COLOURS), ..ABOUT }, fault: Fault::None };
static LOOP_EXIT: Follower =
    Follower { about: About { exits: &[ExitReason::STOP], ..ABOUT }, fault: Fault::None };
static LOUD_EXIT: Follower =
    Follower { about: About { exits: &[ExitReason::new("News!")], ..ABOUT }, fault: Fault::None };
static OWN_EXIT: Follower = Follower {
    about: About { exits: &[ExitReason::SIGNAL, ExitReason::new("news")], ..ABOUT },
    fault: Fault::None,
};
static SHORT_LABELS: Follower = Follower { about: LABELLING, fault: Fault::ShortLabels };
static EARLY_LABELS: Follower = Follower { about: LABELLING, fault: Fault::EarlyLabels };
static LABELS_UP_AND_DOWN: Follower = Follower { about: LABELLING, fault: Fault::None };
static UNLISTED_LABELS: Follower = Follower { about: LABELLING, fault: Fault::OtherLabels };
static UNLISTED_EXIT: Follower = Follower { about: About { exits: &[], ..ABOUT }, fault: Fault::OtherExit };
static TAKEN_COLUMN: Follower = Follower { about: ABOUT, fault: Fault::TakenColumn };
static EMPTY_SIGNALS: Follower = Follower { about: ABOUT, fault: Fault::EmptySignals };
static LATE_BASELINE: Follower = Follower { about: ABOUT, fault: Fault::LateBaseline };
static EARLY_BASELINE: Follower = Follower { about: ABOUT, fault: Fault::EarlyBaseline };
static SAME_BASELINE: Follower = Follower { about: ABOUT, fault: Fault::SameBaseline };
static FILE: ExtraInput = ExtraInput {
    name: "file",
    parameter: "bars",
    meaning: "a file",
    holds: ExtraKind::Positions,
    required: true,
};
static UNREAD_INPUT: Follower = Follower {
    about: About { column_params: &[], inputs: std::slice::from_ref(&FILE), ..ABOUT },
    fault: Fault::None,
};
static EARLY_COLUMN: Follower = Follower { about: ABOUT, fault: Fault::EarlyColumn };

/// What any run with a trade passes.
const ONE_CRITERION: &str = r#"system = "momentum"

[[criterion]]
id = "T"
metric = "count"
table = "signals"
scope = "system"
op = ">="
threshold = 0.0
better = "higher"
window = "run"
phase = "any"
severity = "target"
kind = "acceptance"
min_n = 1
unit = "%"
says = "Bars are decided at."
"#;

impl System for Follower {
    type Params = Momentum;
    /// The move up to each bar; NaN before there are enough.
    type Columns = Vec<f64>;
    type Candidate = Vec<TargetPositions>;
    type Log = ();
    type Trader<'a> = EachSymbol<TargetTrader<'a>>;

    fn about(&self) -> &About {
        &self.about
    }

    fn warmup(&self, p: &Momentum) -> usize {
        p.bars
    }

    fn columns(&self, of: &SymbolData<'_>, p: &Momentum) -> Result<Vec<f64>> {
        let close = of.bars().close();
        let n = close.len();
        let to = |i: usize| if self.fault == Fault::Peeks { (i + 1).min(n - 1) } else { i };
        Ok((0..n)
            .map(|i| if i < p.bars { f64::NAN } else { close[to(i)] / close[i - p.bars] - 1.0 })
            .collect())
    }

    fn labels(&self, moves: &Vec<f64>) -> Option<Labels> {
        self.about.regimes?;
        let mut labels = Labels::none(moves.len());
        for (k, m) in moves.iter().enumerate().filter(|(_, m)| !m.is_nan()) {
            labels.codes[k] = u8::from(*m < 0.0);
        }
        match self.fault {
            Fault::ShortLabels => drop(labels.codes.pop()),
            Fault::EarlyLabels => labels.codes[0] = 0,
            Fault::OtherLabels => labels.codes[900] = 4,
            _ => {}
        }
        Some(labels)
    }

    fn candidate(
        &self,
        symbols: &[SymbolData<'_>],
        columns: &[&Vec<f64>],
        p: &Momentum,
        _: bool,
    ) -> Result<Vec<TargetPositions>> {
        assert_eq!(symbols.len(), columns.len());
        let position = |m: &f64| if m.abs() < p.least { f64::NAN } else { p.size * m.signum() };
        let one = |moves: &&Vec<f64>| {
            TargetPositions::new(moves.iter().map(position).collect(), Unit::Equity, Brackets::default())
        };
        Ok(columns.iter().map(one).collect())
    }

    fn trader<'a>(
        &self,
        wanted: &'a Vec<TargetPositions>,
        _: &[&'a Vec<f64>],
        start: &Start<'a>,
    ) -> Self::Trader<'a> {
        start.each(|s| TargetTrader::of(s, &wanted[s.symbol]))
    }

    fn log(&self, _: Self::Trader<'_>) -> Logged<()> {
        Logged::default()
    }

    fn switches<'a>(&self, wanted: &'a Vec<TargetPositions>) -> Option<Switches<'a>> {
        let [wanted] = &wanted[..] else { return None };
        Some(Switches { changes: wanted.changes(), of_equity: true })
    }

    fn record(&self, run: &RunView<'_>, _: &Made<'_, Self>) -> Record {
        let tables =
            vec![("bars".to_owned(), assay::data::table::Table::new().with("n", Values::U32(vec![7])))];
        let plain = Record::plain(run);
        let signals = match self.fault {
            Fault::EmptySignals => plain.signals.without(|_| true),
            _ => plain.signals.clone(),
        };
        Record { tables, signals, ..plain }
    }

    fn trade_columns(&self, run: &RunView<'_>, made: &Made<'_, Self>) -> Vec<TradeColumn> {
        let at = |t: &assay::replay::Trade| made.columns[usize::from(t.symbol)][t.signal_bar];
        let mut moves: Vec<f64> = run.trades.iter().map(at).collect();
        if self.fault == Fault::ShortTrades {
            moves.pop();
        }
        let name = if self.fault == Fault::TakenColumn { "pnl" } else { "move" };
        vec![TradeColumn::last(name, Values::F64(moves))]
    }

    fn variant(&self, p: &Momentum) -> &'static str {
        match self.fault {
            Fault::LateBaseline if p.bars == 100 => "slow",
            Fault::EarlyBaseline if p.bars == 10 => "quick",
            _ => "momentum",
        }
    }

    fn baselines(&self, p: &Momentum) -> Vec<Momentum> {
        match self.fault {
            Fault::LateBaseline => vec![Momentum { bars: 100, ..p.clone() }],
            Fault::SameBaseline | Fault::EarlyBaseline => vec![Momentum { bars: 10, ..p.clone() }],
            _ => vec![],
        }
    }

    fn observe(&self, symbol: &SymbolData<'_>, _: &RunView<'_>, made: &Made<'_, Self>) -> Observed {
        let moves = made.columns[symbol.index].clone();
        let declared = moves.iter().position(|m| !m.is_nan()).unwrap_or(0);
        let late = usize::from(self.fault == Fault::EarlyColumn);
        let column = ObservedColumn {
            declared: declared + late,
            ..ObservedColumn::numbers(Stage::SignalRow, "move", 0, moves)
        };
        Observed { columns: vec![column], facts: vec![] }
    }
}

/// A folder with a scenario of the test system.
fn scenario(dir: &Path) -> String {
    let bars = root().join("datasets/btcusdt-1h.parquet");
    let text = format!(
        "name = \"mine\"\nsystem = \"momentum\"\n\n[data]\nbars = [{bars:?}]\nsymbol = \"BTCUSDT\"\nto = \"2021-06-01\"\n\n\
         [sweep]\nmetric = \"sharpe\"\n[sweep.params]\nbars = [12, 24, 48]\nsize = [0.5, 1.0]\n\n\
         [walkforward]\ntrain_days = 60\ntest_days = 30\n\n[montecarlo]\nmethod = \"stationary\"\npaths = 10\n"
    );
    std::fs::write(dir.join("mine.toml"), text).unwrap();
    dir.join("mine.toml").display().to_string()
}

fn run(system: &'static Follower, words: &[&str]) -> u8 {
    let words = ["assay"].iter().chain(words).chain(&["--quiet"]).map(OsString::from);
    run_with(&Registry::built_in().with(system), words)
}

#[test]
fn a_system_of_ones_own_has_the_whole_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = scenario(dir.path());
    let out = dir.path().join("out").display().to_string();
    for command in ["backtest", "sweep", "walkforward", "montecarlo"] {
        assert_eq!(run(&HONEST, &[command, &file, "--out", &out]), 0, "{command}");
    }
    assert_eq!(run(&HONEST, &["check", "causality", &file, "--cuts", "20"]), 0);
    assert_eq!(run(&HONEST, &["regime", "evaluate", &file, "--shifts", "9"]), 0);
    assert_eq!(run(&HONEST, &["params", "momentum"]), 0);
    let runs = dir.path().join("out/mine");
    let made: Vec<_> = std::fs::read_dir(&runs).unwrap().flatten().map(|e| e.path()).collect();
    let run_dir = made.iter().find(|d| d.join("trades.parquet").is_file()).unwrap();
    let trades = assay::data::table::read(&run_dir.join("trades.parquet")).unwrap();
    assert!(trades.rows() > 10 && trades.f64("move").unwrap().iter().all(|m| m.abs() >= 0.01));
    let own = assay::data::table::read(&run_dir.join("tables/bars.parquet")).unwrap();
    assert_eq!(own.u32("n").unwrap(), [7]);
    assert_eq!(run(&HONEST, &["report", &run_dir.display().to_string()]), 0);
    // A program without the system, or with another version of it, judges the run and draws what is everyone's.
    let criteria = dir.path().join("mine.criteria.toml");
    std::fs::write(&criteria, ONE_CRITERION).unwrap();
    let (folder, criteria) = (run_dir.display().to_string(), criteria.display().to_string());
    for registry in [Registry::built_in(), Registry::built_in().with(&CHANGED)] {
        // A walk-forward and a Monte Carlo of the same family have been tried: luck is not ruled out.
        for (words, code) in [(&["report", &folder][..], 0), (&["gate", &folder, "--criteria", &criteria], 4)]
        {
            let words = ["assay"].iter().chain(words).chain(&["--quiet"]).map(OsString::from);
            assert_eq!(run_with(&registry, words), code);
        }
        // Nobody vouches that it knows no future, whoever judges.
        let words = ["assay", "gate", &folder, "--criteria", &criteria, "--no-marks", "--quiet"];
        assert_eq!(run_with(&registry, words.map(OsString::from)), 4);
    }
}

#[test]
fn labels_that_another_system_lends_are_part_of_the_trial() {
    let dir = tempfile::tempdir().unwrap();
    let file = scenario(dir.path()).replace("mine.toml", "lent.toml");
    let text = std::fs::read_to_string(dir.path().join("mine.toml")).unwrap();
    std::fs::write(
        &file,
        text.replace("momentum", "ma-cross")
            .replace("bars = [12", "fast = [12")
            .replace("size = [0.5, 1.0]", "size = [0.5, 1]"),
    )
    .unwrap();
    let others = Registry::of(
        [&LABELS_UP_AND_DOWN]
            .map(SystemRef::of)
            .into_iter()
            .chain(Registry::built_in().systems().to_vec())
            .collect(),
    );
    let read = |registry: &Registry, path: &str| Scenario::read_with(registry, Path::new(path), &[]);
    let usual = read(&Registry::built_in(), &file).unwrap().resolved().unwrap();
    assert!(!usual.contains("labels_by"));
    let lent = read(&others, &file).unwrap();
    let resolved = lent.resolved().unwrap();
    assert!(resolved.contains("labels_by = \"momentum version 1\""), "{resolved}");
    // They are what the run is measured by, and no other program takes them for its own.
    let loaded = assay::data::load(&lent.root.join(&lent.data.bars[0]), &lent.request()).unwrap();
    let run = assay::runs::backtest(lent, loaded).unwrap();
    assert!(run.labels.iter().all(|code| [0, 1].contains(code)));
    let echo = dir.path().join("echo.toml").display().to_string();
    std::fs::write(&echo, resolved).unwrap();
    assert!(read(&others, &echo).is_ok());
    let e = read(&Registry::built_in(), &echo).unwrap_err().to_string();
    assert!(e.contains("echo.toml:4: was resolved with labels by momentum version 1, and here"), "{e}");
}

#[test]
fn a_system_that_peeks_is_caught() {
    let dir = tempfile::tempdir().unwrap();
    let file = scenario(dir.path());
    assert_eq!(run(&PEEKING, &["check", "causality", &file, "--cuts", "20"]), 3);
    // What it made of its peeking, too: the column, the orders, the fills.
    let registry = Registry::built_in().with(&PEEKING);
    let s = Scenario::read_with(&registry, Path::new(&file), &[]).unwrap();
    let loaded = assay::data::load(&s.root.join(&s.data.bars[0]), &s.request()).unwrap();
    let options = assay::experiments::causality::CausalityOptions { cuts: 20, ..Default::default() };
    let found =
        assay::experiments::causality::check_scenario(&s, loaded.into(), &options, &Progress::silent())
            .unwrap()
            .remove(0);
    let named: Vec<&str> = found.violations.iter().map(|v| v.column.as_str()).collect();
    assert_eq!(named[0], "move");
    assert!(named.iter().any(|n| n.starts_with("sent.")), "{named:?}");
    assert!(found.violations.iter().all(|v| v.ahead == 1), "{:?}", found.violations);
}

#[test]
fn labels_that_peek_are_caught_whoever_they_measure() {
    let dir = tempfile::tempdir().unwrap();
    let file = scenario(dir.path()).replace("mine.toml", "lent.toml");
    let text = std::fs::read_to_string(dir.path().join("mine.toml")).unwrap();
    let text = text.replace("momentum", "ma-cross");
    let text = text.split("[sweep]").next().unwrap();
    std::fs::write(&file, format!("{text}[regimes]\nby = \"momentum\"\nparams.bars = 48\n")).unwrap();
    let check = |system: &'static Follower| {
        let registry = Registry::built_in().with(system);
        let s = Scenario::read_with(&registry, Path::new(&file), &[]).unwrap();
        let loaded = assay::data::load(&s.root.join(&s.data.bars[0]), &s.request()).unwrap();
        let options = assay::experiments::causality::CausalityOptions { cuts: 20, ..Default::default() };
        assay::experiments::causality::check_scenario(&s, loaded.into(), &options, &Progress::silent())
            .unwrap()
            .remove(0)
    };
    let found = check(&PEEKING_LABELS);
    // The system itself does not peek: only what it is measured by does.
    let named: Vec<&str> = found.violations.iter().map(|v| v.column.as_str()).collect();
    assert!(!named.is_empty() && named.iter().all(|n| *n == "label"), "{named:?}");
    assert!(check(&LABELS_UP_AND_DOWN).violations.is_empty());
}

#[test]
fn regimes_of_ones_own_are_everywhere() {
    let dir = tempfile::tempdir().unwrap();
    let file = scenario(dir.path());
    let out = dir.path().join("out").display().to_string();
    let criteria = dir.path().join("c.toml");
    let text = ONE_CRITERION
        .replace("\"count\"\ntable = \"signals\"", "\"win_rate\"")
        .replace("\"system\"\nop", "\"each-regime\"\nop");
    std::fs::write(&criteria, text).unwrap();
    let with = format!("gate.criteria=[{:?}]", criteria.display().to_string());
    let words = ["backtest", &file, "--out", &out, "--set", &with];
    assert_eq!(run(&LABELS_UP_AND_DOWN, &words), 0);
    let folder = only_run(Path::new(&out));
    let verdict = std::fs::read_to_string(folder.join("verdict.json")).unwrap();
    assert!(verdict.contains("\"T.UP\"") && verdict.contains("\"T.DN\"") && !verdict.contains("T.QT"));
    let svg = std::fs::read_to_string(folder.join("charts/regime_sharpe.svg")).unwrap();
    assert!(svg.contains("\nUP\n") && svg.contains("\nDOWN\n") && svg.contains("#006EB4"));
    // The folder alone holds what a program without the system needs.
    let words = ["assay", "report", &folder.display().to_string(), "--quiet"].map(OsString::from);
    assert_eq!(run_with(&Registry::built_in(), words), 0);
    assert_eq!(std::fs::read_to_string(folder.join("charts/regime_sharpe.svg")).unwrap(), svg);
    assert_eq!(run(&LABELS_UP_AND_DOWN, &["sweep", &file, "--out", &out]), 0);
    let sweeps = std::fs::read_dir(Path::new(&out).join("mine")).unwrap().flatten().map(|e| e.path());
    let table = sweeps.map(|d| d.join("candidates.parquet")).find(|p| p.is_file()).unwrap();
    let table = assay::data::table::read(&table).unwrap();
    assert!(table.names().any(|n| n == "up_sharpe") && table.names().any(|n| n == "down_trades"));
    assert_eq!(run(&LABELS_UP_AND_DOWN, &["regime", "evaluate", &file, "--shifts", "9"]), 0);
}

#[test]
fn a_changed_system_is_a_new_trial() {
    let dir = tempfile::tempdir().unwrap();
    let file = scenario(dir.path());
    let out = dir.path().join("out");
    let words = ["backtest", &file, "--out", &out.display().to_string()];
    let ids = || {
        let mut ids: Vec<_> =
            std::fs::read_dir(out.join("mine")).unwrap().flatten().map(|e| e.file_name()).collect();
        ids.sort();
        ids
    };
    assert_eq!(run(&HONEST, &words), 0);
    let first = only_run(&out);
    // The same again is the same run, counted once.
    assert_eq!(run(&HONEST, &words), 0);
    assert_eq!(ids().len(), 1);
    assert_eq!(run(&CHANGED, &words), 0);
    assert_eq!(ids().len(), 2);
    assert_eq!(TrialLedger::read(&out.join(LEDGER)).unwrap().entries.len(), 2);
    // Nothing else differs: the two versions decide alike.
    let second =
        std::fs::read_dir(out.join("mine")).unwrap().flatten().map(|e| e.path()).find(|p| *p != first);
    let equity = |dir: &Path| {
        let table = assay::data::table::read(&dir.join("equity.parquet")).unwrap();
        table.f64("equity").unwrap().to_vec()
    };
    assert_eq!(equity(&first), equity(&second.clone().unwrap()));
    assert!(files(&first).len() > 10);
    // The scenario of the second says by which version it was made; the other version refuses it.
    let resolved = second.unwrap().join("scenario.toml");
    let text = std::fs::read_to_string(&resolved).unwrap();
    assert!(text.contains("system_version = 2"), "{text}");
    let e = Scenario::read_with(&Registry::built_in().with(&HONEST), &resolved, &[]).unwrap_err();
    assert!(e.to_string().contains("was resolved for version 2 of momentum, and this is version 1"), "{e}");
    assert!(Scenario::read_with(&Registry::built_in().with(&CHANGED), &resolved, &[]).is_ok());
}

#[test]
fn a_sweep_gives_what_backtests_give_and_refuses_columns_that_change_unsaid() {
    let dir = tempfile::tempdir().unwrap();
    let file = scenario(dir.path());
    let out = dir.path().join("out").display().to_string();
    let returns = |system: &'static Follower, out: &str| {
        assert_eq!(run(system, &["sweep", &file, "--out", out]), 0);
        let sweep = std::fs::read_dir(Path::new(out).join("mine")).unwrap().flatten().next().unwrap().path();
        let table = assay::data::table::read(&sweep.join("candidates.parquet")).unwrap();
        table.f64("total_return").unwrap().to_vec()
    };
    let swept = returns(&HONEST, &out);
    let mut alone = vec![];
    for (bars, size) in [(12, 0.5), (12, 1.0), (24, 0.5), (24, 1.0), (48, 0.5), (48, 1.0)] {
        // All from where the slowest has warmed up.
        let from = "data.from=2021-01-03 00:00:00".to_owned();
        let sets = [format!("params.bars={bars}"), format!("params.size={size:?}"), from];
        let registry = Registry::built_in().with(&HONEST);
        let s = Scenario::read_with(&registry, Path::new(&file), &sets).unwrap();
        let loaded = assay::data::load(&s.root.join(&s.data.bars[0]), &s.request()).unwrap();
        let run = assay::runs::backtest(s, loaded).unwrap();
        alone.push(run.main.equity.last().unwrap() / 10_000.0 - 1.0);
    }
    assert_eq!(swept.len(), 6);
    assert!(swept.iter().zip(&alone).all(|(a, b)| (a - b).abs() < 1e-12), "{swept:?}\n{alone:?}");
    // Columns that depend on what is not declared would be those of another value.
    let unsaid = format!("{out}-unsaid");
    assert_eq!(run(&UNDECLARED, &["sweep", &file, "--out", &unsaid]), 2);
    assert!(
        std::fs::read_dir(Path::new(&unsaid).join("mine")).into_iter().flatten().flatten().next().is_none()
    );
}

#[test]
fn mistakes_of_a_system_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = scenario(dir.path());
    let out = dir.path().join("out").display().to_string();
    // Of the registry.
    let said = |registry: Registry| registry.check().unwrap_err().to_string();
    let twice = Registry::built_in().with(&HONEST).with(&CHANGED);
    assert!(said(twice).contains("system \"momentum\": two systems of the registry have this name"));
    let misspelt = said(Registry::built_in().with(&MISSPELT));
    assert!(
        misspelt.contains("names a parameter \"bar\"") && misspelt.contains("did you mean \"bars\"?"),
        "{misspelt}"
    );
    assert!(
        said(Registry::built_in().with(&NAMELESS)).contains("system \"My System\": is no name of a system")
    );
    let unread = said(Registry::built_in().with(&UNREAD_INPUT));
    assert!(unread.contains("reads an input by \"bars\", which column_params does not name"), "{unread}");
    assert_eq!(run(&MISSPELT, &["backtest", &file, "--out", &out]), 2);
    for (system, words) in [
        (&GREY_LABELS, "its regimes: A and B have one colour, #010101"),
        (&LOOP_EXIT, "lists the exit \"stop\", which the loop does by itself"),
        (&LOUD_EXIT, "closes positions for a reason named \"News!\""),
    ] {
        let e = said(Registry::built_in().with(system));
        assert!(e.contains("system \"momentum\": ") && e.contains(words), "{e}");
    }
    Registry::built_in().with(&OWN_EXIT).check().unwrap();
    // Of what it gives.
    for (system, command, words) in [
        (&SHORT_TRADES, "backtest", "column \"move\" of the table of trades has"),
        (&SHORT_LABELS, "backtest", "the column of labels has"),
        (&UNLISTED_LABELS, "backtest", "bar 900 has the label 4, and its regimes are UP, DOWN"),
        (&UNLISTED_EXIT, "backtest", "closed a position for the reason \"signal\", and does not list it"),
        (&TAKEN_COLUMN, "backtest", "column \"pnl\" of the table of trades is there already"),
        (&EMPTY_SIGNALS, "backtest", "the table of signals has no column \"close_time\""),
        (&LATE_BASELINE, "backtest", "baseline \"slow\" may decide from step 100 on, the run from 24"),
        (&SAME_BASELINE, "backtest", "two settings of one run are named \"momentum\""),
        (&EARLY_LABELS, "backtest", "bar 0 has a label, and the warm-up takes 24 bars"),
        (&EARLY_COLUMN, "check", "column \"move\" has a value at row 24, and declares 25 rows of warm-up"),
    ] {
        let registry = Registry::built_in().with(system);
        let s = Scenario::read_with(&registry, Path::new(&file), &[]).unwrap();
        let loaded = assay::data::load(&s.root.join(&s.data.bars[0]), &s.request()).unwrap();
        let e = match command {
            "check" => {
                let options = assay::experiments::causality::CausalityOptions::default();
                assay::experiments::causality::check_scenario(
                    &s,
                    loaded.into(),
                    &options,
                    &Progress::silent(),
                )
                .unwrap_err()
            }
            _ => assay::runs::backtest(s, loaded)
                .and_then(|b| assay::runs::RunRecord::of(&b, vec![]).map(|_| ()))
                .unwrap_err(),
        };
        assert!(e.to_string().contains(words), "{e}");
        assert_eq!(e.exit_code(), 2, "{e}");
    }
    assert_eq!(run(&SHORT_LABELS, &["backtest", &file, "--out", &out]), 2);
    assert!(std::fs::read_dir(dir.path().join("out/mine")).into_iter().flatten().flatten().next().is_none());
}

#[test]
fn a_baseline_is_compared_over_the_steps_of_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let file = scenario(dir.path());
    let registry = Registry::built_in().with(&EARLY_BASELINE);
    let s = Scenario::read_with(&registry, Path::new(&file), &[]).unwrap();
    let loaded = assay::data::load(&s.root.join(&s.data.bars[0]), &s.request()).unwrap();
    let run = assay::runs::backtest(s, loaded).unwrap();
    let [quick] = &run.baselines[..] else { panic!() };
    assert_eq!((quick.name, quick.equity.len()), ("quick", run.main.equity.len()));
    // It could decide from bar 10 on, and is held to the first step of the run.
    assert!(quick.trades.iter().all(|t| t.signal_bar >= 24), "{:?}", quick.trades.first());
    assert!(!quick.trades.is_empty() && quick.equity != run.main.equity);
}
