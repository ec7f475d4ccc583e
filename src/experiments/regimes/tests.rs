use std::path::Path;

use super::*;
use crate::data::synth::Regime;
use crate::market::{Bars, Columns, Timeframe};
use crate::random::Stream;

fn scenario(sets: &[&str]) -> Scenario {
    let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
    Scenario::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/unified.toml"), &sets).unwrap()
}

/// Closes of a walk whose moves are `drift(i) + size(i) * normal`.
fn walk(n: usize, drift: impl Fn(usize) -> f64, size: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut s = Stream::new(5, "regime tests", 0);
    let mut price = 100.0;
    (0..n)
        .map(|i| {
            price *= libm::exp(drift(i) + size(i) * s.normal());
            price
        })
        .collect()
}

fn ground<'a>(scenario: &'a Scenario, close: &'a [f64], truth: Option<&'a [u8]>) -> Ground<'a> {
    let middle = close.len() / 2;
    Ground { scenario, close, from: 100, middle, per_year: 8760.0, shifts: 199, transition: 3, truth }
}

/// Stays of 20 bars, drawn between two labels.
fn stays(n: usize) -> Vec<u8> {
    let mut s = Stream::new(6, "regime tests", 1);
    let mut out = vec![];
    while out.len() < n {
        out.extend(std::iter::repeat_n(s.below(2) as u8, 20));
    }
    out.truncate(n);
    out
}

#[test]
fn labels_that_know_something_are_told_from_labels_that_do_not() {
    let scenario = scenario(&[]);
    let labels = stays(4000);
    // Label 1 at a close: the next bar rises on average, and moves twice as far.
    let told = |i: usize| i > 0 && labels[i - 1] == 1;
    let close = walk(4000, |i| if told(i) { 0.004 } else { -0.004 }, |i| if told(i) { 0.02 } else { 0.01 });
    let g = ground(&scenario, &close, None);
    let f = filter::test(&g, "t", &labels, 2);
    assert_eq!(f.held, [false, true]);
    assert!(f.p == 1.0 / 200.0 && f.sharpe.unwrap() > 5.0 && f.sharpe > f.always, "{f:?}");
    assert!(Some(f.shifted_median) < f.always && (0.4..0.6).contains(&f.exposure), "{f:?}");
    let v = volatility::test(&g, "t", &labels, 2);
    assert!(v.p == 1.0 / 200.0 && v.r2 > 0.1 && v.shifted_median < 0.0, "{v:?}");
    // The same labels beside a market that does not know them.
    let blind = walk(4000, |_| 0.0, |_| 0.01);
    let g = ground(&scenario, &blind, None);
    assert!(filter::test(&g, "t", &labels, 2).p > 0.05);
    assert!(volatility::test(&g, "t", &labels, 2).p > 0.05);
}

#[test]
fn a_label_decides_about_the_bar_after_it() {
    let scenario = scenario(&[]);
    // Label 1 says that its own bar rose: no use for the next.
    let close = walk(4000, |_| 0.0, |_| 0.01);
    let own: Vec<u8> = (0..4000).map(|i| u8::from(i > 0 && close[i] > close[i - 1])).collect();
    assert!(filter::test(&ground(&scenario, &close, None), "t", &own, 2).p > 0.05);
    // One bar earlier it would be the future itself.
    let next: Vec<u8> = own[1..].iter().copied().chain([0]).collect();
    assert_eq!(filter::test(&ground(&scenario, &close, None), "t", &next, 2).p, 1.0 / 200.0);
}

#[test]
fn states_get_their_names_from_the_first_half_only() {
    let scenario = scenario(&[]);
    let close = walk(1000, |_| 0.0, |_| 0.01);
    let labels = stays(1000);
    // Label 0 is QUIET and 1 is BREAKOUT until the middle, the other way round from there.
    let code =
        |l: u8, turned: bool| if (l == 0) != turned { Regime::Quiet as u8 } else { Regime::Breakout as u8 };
    let truth: Vec<u8> = labels.iter().enumerate().map(|(i, l)| code(*l, i >= 500)).collect();
    let g = ground(&scenario, &close, Some(&truth));
    let t = g.score(&truth, &labels, 2, None).unwrap();
    assert_eq!(t.stands_for, [Some("QUIET".to_owned()), Some("BREAKOUT".to_owned())]);
    assert_eq!((t.scores.accuracy, t.adjusted_rand), (0.0, Some(1.0)));
}

#[test]
fn bars_after_a_change_are_counted_apart() {
    let truth = [0, 0, 1, 1, 1, 1, 255, 0];
    let label = [0, 1, 0, 0, 1, 1, 0, 0];
    // Two bars of transition: rows 2, 3 and 7; the others are 0, 1, 4, 5.
    assert_eq!(around_changes(&truth, &label, 2), [1.0 / 3.0, 0.75]);
    assert!(around_changes(&truth, &label, 0)[0].is_nan());
    assert_eq!(most_frequent(&[0, 1, 1, 255, 255, 255]), Some("SIDEWAYS"));
    assert_eq!(most_frequent(&[0, 1]), Some("TRENDING"));
    assert_eq!(most_frequent(&[255]), None);
}

#[test]
fn its_own_labels_leave_the_system_as_it_is() {
    let s = scenario(&["params.kelly.rule=constant", "data.to=\"2021-06-01\""]);
    let loaded = crate::data::load(&s.root.join(&s.data.bars[0]), &s.request()).unwrap();
    let run = crate::runs::backtest(s.clone(), loaded.clone()).unwrap();
    let options = RegimeOptions { shifts: 19, train_bars: Some(500), ..RegimeOptions::default() };
    let found = compare_regimes(&s, loaded.clone().into(), &options, &Progress::silent()).unwrap();
    let layer = found.layer.unwrap();
    assert_eq!(layer.trades, run.main.trades.len());
    let summary = crate::runs::Summary::of(&run, "x").unwrap();
    assert_eq!(layer.sharpe, summary.performance.sharpe);
    assert_eq!(layer.one_label.len(), Regime::COUNT);
    assert!(layer.shifted[0] <= layer.shifted[1], "{layer:?}");
}

#[test]
fn short_histories_and_wrong_options_are_refused() {
    let s = scenario(&[]);
    let close = walk(390, |_| 0.0, |_| 0.01);
    let columns = Columns {
        open_time: (0..390).map(|i| i * 3_600_000).collect(),
        open: close.clone().into(),
        high: close.clone().into(),
        low: close.clone().into(),
        close: close.clone().into(),
        volume: vec![1.0; 390].into(),
    };
    let mut loaded = crate::data::load(&s.root.join(&s.data.bars[0]), &s.request()).unwrap();
    loaded.bars = Bars::new(Timeframe::H1, columns).unwrap();
    loaded.truth = None;
    let refused = |o: RegimeOptions| {
        compare_regimes(&s, loaded.clone().into(), &o, &Progress::silent()).unwrap_err().to_string()
    };
    let d = RegimeOptions::default();
    assert!(refused(d).contains("390 bars are too few for a model that is fitted on 97"), "{}", refused(d));
    for (options, words) in [
        (RegimeOptions { train_bars: Some(50), ..d }, "--train-bars"),
        (RegimeOptions { train_bars: Some(200), ..d }, "--train-bars"),
        (RegimeOptions { states: 6, ..d }, "must be in 2..=5, was 6"),
        (RegimeOptions { train_bars: Some(150), shifts: 0, ..d }, "must be 1 or more"),
    ] {
        assert!(refused(options).contains(words), "{}", refused(options));
    }
    // Bars that never move give a model nothing to fit, and no ratio: that is said, not hidden.
    let flat = Columns {
        open_time: loaded.bars.open_time().to_vec().into(),
        open: vec![1.0; 390].into(),
        high: vec![1.0; 390].into(),
        low: vec![1.0; 390].into(),
        close: vec![1.0; 390].into(),
        volume: vec![1.0; 390].into(),
    };
    loaded.bars = Bars::new(Timeframe::H1, flat).unwrap();
    let options = RegimeOptions { train_bars: Some(150), refit_bars: 100, shifts: 5, ..d };
    let found = compare_regimes(&s, loaded.clone().into(), &options, &Progress::silent()).unwrap();
    assert_eq!((found.hmm.fits, found.hmm.failed_fits), (0, 3));
    assert!(crate::report::regimes_text(&found).contains("3 failed"));
}
