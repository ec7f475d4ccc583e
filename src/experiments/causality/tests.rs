use std::path::Path;

use super::doubles::{Doctored, feature, peeking};
use super::*;
use crate::data::Loaded;
use crate::report::causality_text;
use crate::system::Stage;

fn scenario(sets: &[&str]) -> Scenario {
    let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
    Scenario::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/unified.toml"), &sets).unwrap()
}

fn bars(from: usize, to: usize) -> Bars {
    let s = scenario(&[]);
    crate::data::load(&s.root.join(&s.data.bars[0]), &s.request()).unwrap().bars.slice(from, to)
}

fn loaded() -> Loaded {
    let s = scenario(&[]);
    crate::data::load(&s.root.join(&s.data.bars[0]), &s.request()).unwrap()
}

fn subject(sets: &[&str]) -> SystemSubject {
    SystemSubject::new(&scenario(sets), &Inputs::from(loaded()), 0)
}

fn check(sets: &[&str], bars: &Bars, doctor: impl Fn(&Bars, &mut Computed) + Sync) -> Causality {
    let subject = Doctored { honest: subject(sets), doctor };
    check_causality(
        &subject,
        bars,
        &CausalityOptions { cuts: 12, ..CausalityOptions::default() },
        &Progress::silent(),
    )
    .unwrap()
}

/// Every rule at once: textual exits, trailing, quality gate, hysteresis, percentile grades, refitted model, stages.
const ALL_RULES: [&str; 11] = [
    "params.kelly.rule=constant",
    "params.exit_rules=textual",
    "params.trail_atr=0.5",
    "params.min_quality=0.4",
    "params.regime_hysteresis=true",
    "params.vol_level.mode=percentile",
    "params.ml_model=wf_logit",
    "params.pattern_window=3",
    "risk.staging=gated",
    "risk.emergency_stop=true",
    "risk.redeploy_after_hours=300",
];

/// Costs that change by the bar, limits that act, and orders that wait and come late.
const COSTS_AND_LIMITS: [&str; 14] = [
    "params.kelly.rule=constant",
    "execution.spread_from=abdi_ranaldo",
    "execution.slippage_atr=0.1",
    "execution.impact=1",
    "execution.entry=limit_first",
    "execution.entry_bars=2",
    "execution.latency_bars=1",
    "risk.limits.max_drawdown=0.003",
    "risk.limits.restart_after_hours=48",
    "risk.limits.daily_loss=0.001",
    "risk.limits.loss_cooldown_minutes=180",
    "risk.limits.widen_stops=true",
    "risk.limits.flash_drop=0.0002",
    "risk.limits.flash_window_s=600",
];

#[test]
fn the_system_is_clean_at_every_bar_of_short_data_and_at_a_sample_of_long() {
    let short = check(&[], &bars(0, 620), |_, _| ());
    assert!(short.clean, "{}", causality_text(&short));
    assert_eq!(short.cuts, [CutCount { why: CutReason::Every, cuts: 619, around: None, of: None }]);
    let close = ["execution.fill=close", "params.kelly.rule=constant"];
    for sets in [&[][..], &ALL_RULES, &COSTS_AND_LIMITS, &close] {
        let long = check(sets, &bars(2000, 5000), |_, _| ());
        assert!(long.clean, "{sets:?}\n{}", causality_text(&long));
        assert!(long.cuts.iter().any(|c| c.why == CutReason::Trade && c.cuts > 20), "{:?}", long.cuts);
        assert!(long.stages.iter().all(|s| s.values > 0), "{:?}", long.stages);
    }
}

#[test]
fn a_feature_that_knows_the_next_close_is_named_with_its_bar() {
    let b = bars(0, 620);
    let loaded = Loaded { bars: b.clone(), ..loaded() };
    let found = peeking(&scenario(&[]), loaded.into(), &CausalityOptions::default(), &Progress::silent())
        .unwrap()
        .remove(0);
    let [v] = &found.violations[..] else { panic!("{:?}", found.violations) };
    assert_eq!((v.stage, v.column.as_str(), v.bar, v.cut, v.start), (Stage::Feature, "peek", 0, 1, 0));
    assert_eq!(
        (v.future, v.whole.as_str(), v.changed.as_str()),
        (Future::Missing, &*b.close()[1].to_string(), "NaN")
    );
    // Seen at every cut, missing or noise, and never further than the one bar.
    assert_eq!((v.ahead, v.times), (1, 4 * 619));
    let text = causality_text(&found);
    assert!(
        text.starts_with("VIOLATION: peek (feature) reads the future. At bar 0 (2021-01-01 00:00:00)"),
        "{text}"
    );
    assert!(text.lines().all(|l| l.chars().count() <= 100), "{text}");
}

#[test]
fn a_feature_of_longer_bars_is_clean_unless_it_is_seen_from_their_open() {
    use crate::features::{FeatureCache, FeatureSpec};
    let b = bars(3, 330);
    let found = check(&[], &b, |bars, seen| {
        let cache = FeatureCache::new(bars.clone());
        for name in ["ema:5@4h", "rsi:3@1d", "atr:3@2h"] {
            let spec: FeatureSpec = name.parse().unwrap();
            let column = cache.column(&spec);
            feature(bars, seen, |i| column[i]);
        }
    });
    assert!(found.clean, "{}", causality_text(&found));
    // The close of the four hours a bar lies in, as a join by the time of their open gives it.
    let found = check(&[], &b, |bars, seen| {
        let t = bars.open_time();
        let four = |i: usize| t[i].div_euclid(4 * 3_600_000);
        let last = |i: usize| (i..t.len()).take_while(|j| four(*j) == four(i)).last().unwrap_or(i);
        feature(bars, seen, |i| bars.close()[last(i)]);
    });
    let v = &found.violations[0];
    assert_eq!((v.column.as_str(), v.bar, v.ahead), ("peek", 1, 3), "{}", causality_text(&found));
}

#[test]
fn how_far_a_column_reads_ahead_is_said() {
    let b = bars(0, 4000);
    // The length of the history, known at every bar: noise of the same length cannot show it, a cut does.
    let found = check(&[], &b, |bars, seen| feature(bars, seen, |_| bars.len() as f64));
    let v = &found.violations[0];
    assert_eq!((v.column.as_str(), v.bar, v.future), ("peek", 0, Future::Missing));
    // A scale taken from the whole history reads as far ahead as there are bars.
    let b = bars(0, 620);
    let found = check(&[], &b, |bars, seen| {
        let top = bars.high().iter().copied().fold(0.0, f64::max);
        feature(bars, seen, |i| bars.close()[i] / top);
    });
    assert!(found.violations[0].ahead > 100, "{:?}", found.violations);
    // A centred window, three bars on either side.
    let found = check(&[], &b, |bars, seen| {
        let c = bars.close();
        feature(bars, seen, |i| c[i.saturating_sub(3)..c.len().min(i + 4)].iter().sum());
    });
    assert_eq!(found.violations[0].ahead, 3);
}

/// Changes one value of a column where the bar after it closes higher.
fn nudge(name: &str, bars: &Bars, seen: &mut Computed) {
    let c = bars.close();
    let column = seen.columns.iter_mut().find(|c| c.name == name).unwrap();
    let first = column.first;
    let rises = |row: usize| c.get(row + 1).is_some_and(|next| *next > 1.01 * c[row]);
    let values = column.values.iter().enumerate();
    column.values = values.map(|(k, v)| if rises(first + k) { 2.0 - v } else { *v }).collect();
}

#[test]
fn labels_decisions_and_money_that_peek_are_found_as_well() {
    let b = bars(200, 820);
    for (name, stage) in [
        ("regime", Stage::Regime),
        ("gradient.direction", Stage::Source),
        ("direction", Stage::Decision),
        ("equity", Stage::Account),
    ] {
        let found = check(&[], &b, |bars, seen| nudge(name, bars, seen));
        let [v] = &found.violations[..] else { panic!("{name}: {:?}", found.violations) };
        assert_eq!((v.column.as_str(), v.stage, v.ahead), (name, stage, 1));
        assert!(b.close()[v.bar + 1] > 1.01 * b.close()[v.bar] || v.future == Future::Noise);
    }
    // A fill that is kept only where it will turn out well.
    let found = check(&[], &b, |bars, seen| {
        let c = bars.close();
        seen.facts
            .retain(|f| !f.name.starts_with("entry.") || c.get(f.bar + 4).is_none_or(|x| *x > c[f.bar]));
    });
    let [v, ..] = &found.violations[..] else { panic!("a hindsight fill passed") };
    assert!(v.stage == Stage::Fill && v.column.starts_with("entry.") && v.ahead <= 4, "{v:?}");
}

/// The last close of a cut run is marked after a fill that the cut makes: kept in, it would be a change.
#[test]
fn the_row_that_knows_the_end_is_left_out_for_a_reason() {
    let b = bars(200, 820);
    let found = check(&["params.kelly.rule=constant"], &b, |bars, seen| {
        let exposure = seen.columns.iter_mut().find(|c| c.name == "exposure").unwrap();
        if exposure.end() < bars.len() && exposure.end() > 0 {
            exposure.values = exposure.values.iter().copied().chain([0.0]).collect();
        }
    });
    assert_eq!(found.violations.len(), 1);
    let v = &found.violations[0];
    assert_eq!((v.column.as_str(), v.future, v.ahead), ("exposure", Future::Missing, 1));
}

#[test]
fn columns_that_come_and_go_are_an_error_of_the_subject() {
    let subject = Doctored {
        honest: subject(&[]),
        doctor: |bars: &Bars, seen: &mut Computed| {
            if bars.len() < 600 {
                seen.columns.remove(0);
            }
        },
    };
    let e = check_causality(&subject, &bars(0, 620), &CausalityOptions::default(), &Progress::silent())
        .unwrap_err();
    assert!(e.to_string().contains("cannot be compared"), "{e}");
}

#[test]
fn memory_is_measured_against_what_is_declared() {
    let b = bars(0, 9000);
    let found = check(&[], &b, |bars, seen| {
        let c = bars.close();
        let total: Vec<f64> = c
            .iter()
            .scan(0.0, |sum, x| {
                *sum += x;
                Some(*sum)
            })
            .collect();
        feature(bars, seen, |i| total[i]);
    });
    let of = |name: &str| found.memories.iter().find(|m| m.column == name).unwrap();
    assert_eq!(of("peek").forgets, Forgets::Never);
    assert!(found.clean);
    // A plain mean needs its window and no more; log returns two bars.
    for (name, declared) in [("sma:20", 19), ("log_return", 1), ("highest:20", 19)] {
        let m = of(name);
        assert_eq!((m.declared, m.forgets, m.needed), (declared, Forgets::Within, Some(declared)), "{name}");
        assert!(m.left <= 1e-6, "{m:?}");
    }
    // (1 - 1/14)^k < 1e-6 from k = 187 on, of a difference that is less than the average itself.
    let atr = of("atr:14");
    assert!((100..200).contains(&atr.needed.unwrap()) && atr.left > 0.01, "{atr:?}");
    assert_eq!(of("equity").forgets, Forgets::Never);
}

#[test]
fn threads_change_nothing() {
    let b = bars(200, 820);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| check(&[], &b, |bars, seen| nudge("regime", bars, seen)));
        serde_json::to_string(&found).unwrap()
    };
    assert_eq!(with(1), with(3));
}
