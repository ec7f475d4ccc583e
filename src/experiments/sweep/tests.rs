//! What a sweep says of noise, and of an edge that is there.

use super::*;
use crate::data::{Loaded, Quality};
use crate::market::{Bars, Columns};
use crate::random::Stream;
use crate::runs::Inputs;
use crate::runs::ledger::LEDGER;

/// Daily bars of a price whose log return on day `t` has the mean `drift(t)` and a deviation of 2 %, corrected so that the price has that drift.
pub(super) fn bars(seed: u64, drift: impl Fn(usize) -> f64) -> Loaded {
    const N: usize = 900;
    let mut s = Stream::new(seed, "noise rules", 0);
    let (mut price, sd) = (100.0, 0.02);
    let mut columns: [Vec<f64>; 5] = Default::default();
    for t in 0..N {
        let close = price * libm::exp(drift(t) - 0.5 * sd * sd + sd * s.normal());
        let row = [price, price.max(close), price.min(close), close, 1.0];
        columns.iter_mut().zip(row).for_each(|(c, v)| c.push(v));
        price = close;
    }
    let [open, high, low, close, volume] = columns.map(Into::into);
    let open_time = (0..N as i64).map(|i| i * 86_400_000).collect();
    let bars =
        Bars::new("1d".parse().unwrap(), Columns { open_time, open, high, low, close, volume }).unwrap();
    Loaded {
        quality: Quality::of(&bars, None),
        lead: 0,
        whole: bars.clone(),
        bars,
        truth: None,
        spread: None,
        synthetic: true,
        sha256: format!("{seed}"),
        rows_in_file: N,
        file_name: "noise".into(),
        detail: None,
        funding: None,
        metadata: crate::data::FileMetadata::default(),
    }
}

fn swept(loaded: Loaded) -> SweepSummary {
    swept_by(loaded, 42)
}

/// With another seed of the scenario.
fn swept_by(loaded: Loaded, seed: u64) -> SweepSummary {
    let text = "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"x\"]\n[execution]\nfee_bps = 0\nspread_bps = 0\nslippage_bps = 0\n\
        [sweep]\nregimes = false\nedges = false\nresamples = 199\nwhere = [\"params.fast < params.slow\"]\n[sweep.params]\n\
        fast = [2, 4, 8, 16, 24]\nslow = [5, 10, 20, 30, 45, 60]\n";
    let scenario = Scenario::parse(text, "t", ".".into(), &[format!("seed={seed}")]).unwrap();
    let history = History::new(&scenario, Inputs::from(loaded)).unwrap();
    let sweep = SweepRun::plan(&scenario, &history).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&dir.path().join("part"), sweep.the_plan()).unwrap();
    let mut ledger = LedgerWriter::open(dir.path()).unwrap();
    sweep.run(&mut store, &mut ledger, None, &Progress::silent()).unwrap();
    let ledger = TrialLedger::read(&dir.path().join(LEDGER)).unwrap();
    finish(&sweep, &mut store, &ledger, dir.path(), None, &Progress::silent()).unwrap()
}

/// How many of `n` searches a test of theirs calls significant at 5 %.
fn significant(n: u64, drift: impl Fn(usize) -> f64 + Copy + Sync) -> [usize; 3] {
    use rayon::prelude::*;
    let found: Vec<[bool; 3]> = (0..n)
        .into_par_iter()
        .map(|seed| {
            let o = swept(bars(seed, drift)).overfitting.unwrap();
            let spa = o.against_cash.as_ref().unwrap().spa_consistent_p <= 0.05;
            let step = o.against_cash.as_ref().unwrap().best_adjusted_p.is_some_and(|p| p <= 0.05);
            [spa, step, o.search.survives()]
        })
        .collect();
    [0, 1, 2].map(|k| found.iter().filter(|f| f[k]).count())
}

#[test]
fn an_infinite_figure_is_no_value() {
    let text = "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"x\"]\n[sweep]\nmetric = \"profit_factor\"\nmin_trades = 2\n\
        [sweep.params]\nfast = [2, 4]\n";
    let scenario = Scenario::parse(text, "t", ".".into(), &[]).unwrap();
    let history = History::new(&scenario, Inputs::from(bars(1, |_| 0.0))).unwrap();
    let sweep = SweepRun::plan(&scenario, &history).unwrap();
    let table = Table::new()
        .with("profit_factor", Column::F64(vec![f64::INFINITY, 1.5, 9.0, f64::NAN]))
        .with("trades", Column::F64(vec![5.0, 2.0, 1.0, 5.0]));
    let values = sweep.values(&table).unwrap();
    assert_eq!(values.iter().map(|v| v.is_finite()).collect::<Vec<_>>(), [false, true, false, false]);
    assert_eq!(values[1], 1.5);
}

#[test]
fn noise_yields_no_more_winners_than_its_rate() {
    // Of 200 with a rate of 5 %, more than 21 have a probability below one in a thousand.
    let [spa, step, survived] = significant(200, |_| 0.0);
    assert!(spa <= 21, "{spa} of 200 searches in noise found something by Hansen's test");
    assert!(step <= 21, "{step} by the stepdown test");
    // At 3 %, more than 15 have one below one in a thousand.
    assert!(survived <= 15, "{survived} survived");
}

#[test]
fn an_edge_that_is_there_is_found() {
    // Trends of sixty days, up and down by turns.
    let [spa, step, survived] = significant(60, |t| if t / 60 % 2 == 0 { 0.006 } else { -0.006 });
    assert!(spa >= 48, "found in {spa} of 60 by Hansen's test");
    assert!(step >= 48, "in {step} by the stepdown test");
    assert!(survived >= 40, "{survived} survived");
}

#[test]
fn no_seed_of_a_scenario_picks_a_p_value() {
    let of = |seed| swept_by(bars(3, |_| 0.0003), seed).overfitting.unwrap();
    let first = of(1);
    for seed in 2..6 {
        assert_eq!(of(seed), first, "seed {seed}");
    }
    let other = swept(bars(4, |_| 0.0003)).overfitting.unwrap();
    assert_ne!(other.against_cash, first.against_cash);
}

#[test]
fn one_test_decides_and_what_disagrees_is_said() {
    use crate::report::{sweep_text, sweep_verdict};
    use crate::stats::PValue;
    let mut f = swept(bars(3, |_| 0.0));
    let mut told = |family_p: f64, open: Option<&str>, count: usize| {
        let p = PValue::of(count, count, 199);
        let o = f.overfitting.as_mut().unwrap();
        (o.search.family_p, o.search.open) = (Some(family_p), open.map(str::to_owned));
        for t in [&mut o.against_cash, &mut o.against_hold].into_iter().flatten() {
            (t.spa_consistent_p, t.spa_consistent_interval) = (p.p, p.interval);
        }
        (sweep_verdict(&f), sweep_text(&f))
    };
    let (verdict, text) = told(0.01, None, 8);
    assert!(verdict.starts_with("the best survives: luck brings the best of "), "{verdict}");
    assert!(
        verdict.ends_with("with a chance of 0.0100") && text.contains("0.0450 (0.0175 to 0.0777)"),
        "{text}"
    );
    let (verdict, _) = told(0.03, None, 40);
    assert!(
        verdict.starts_with("the best survives") && verdict.contains("against cash disagrees, p 0.205"),
        "{verdict}"
    );
    assert!(told(0.031, None, 0).0.starts_with("nothing survives the search: luck brings"));
    assert_eq!(told(0.001, Some("the ledger is short"), 0).0, "open: the ledger is short");
}
