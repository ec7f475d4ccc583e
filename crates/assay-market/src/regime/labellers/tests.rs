use super::*;
use crate::market::{Columns, Timeframe, parse_time};
use crate::random::Stream;
use crate::regime::NO_REGIME;

fn bars_of(close: &[f64], timeframe: Timeframe) -> Bars {
    let open: Vec<f64> = (0..close.len()).map(|i| close[i.max(1) - 1]).collect();
    let of = |f: fn(f64, f64) -> f64| open.iter().zip(close).map(|(a, b)| f(*a, *b)).collect::<Vec<f64>>();
    let columns = Columns {
        open_time: (0..close.len() as i64).map(|i| 1_609_459_200_000 + i * timeframe.ms()).collect(),
        high: of(|a, b| a.max(b) * 1.0005).into(),
        low: of(|a, b| a.min(b) * 0.9995).into(),
        open: open.clone().into(),
        close: close.to_vec().into(),
        volume: vec![1.0; close.len()].into(),
    };
    Bars::new(timeframe, columns).unwrap()
}

/// Calm, wild, rising and falling stretches of 400 bars each.
fn walk(n: usize) -> Vec<f64> {
    let mut s = Stream::new(3, "labeller tests", 0);
    let mut price = 100.0;
    let kinds = [(0.0, 0.001), (0.0, 0.02), (0.003, 0.002), (-0.003, 0.002)];
    (0..n)
        .map(|i| {
            let (drift, size) = kinds[i / 400 % 4];
            price *= libm::exp(drift + size * s.normal());
            price
        })
        .collect()
}

fn all() -> Vec<Labeller> {
    let mut all: Vec<Labeller> = Labeller::NAMES.iter().filter_map(|n| Labeller::named(n)).collect();
    for l in &mut all {
        let (name, value) = match l {
            Labeller::Hmm(_) => ("train_bars", Value::Integer(900)),
            Labeller::VolatilityTrend(_) => ("rank_days", Value::Float(12.0)),
            Labeller::EfficiencyVolatility(_) => ("rank_bars", Value::Integer(300)),
            Labeller::Sessions(_) => ("london_end", Value::Integer(17)),
        };
        l.set(name, &value).unwrap();
        if let Labeller::Hmm(p) = l {
            (p.refit_bars, p.iterations) = (300, 60);
        }
    }
    all
}

#[test]
fn every_labeller_has_a_scheme_and_stays_in_it() {
    let bars = bars_of(&walk(3200), Timeframe::H1);
    assert_eq!(all().len(), Labeller::NAMES.len());
    for l in all() {
        let (scheme, labels, warmup) = (l.scheme().unwrap(), l.labels(&bars, 1), l.warmup(&bars));
        assert_eq!((scheme.name(), labels.len(), l.conflicts().len()), (l.name(), bars.len(), 0));
        assert!(labels[..warmup].iter().all(|c| *c == NO_REGIME), "{}", l.name());
        assert!(labels[warmup..].iter().all(|c| scheme.get(*c).is_some()), "{}", l.name());
        let kinds = (0..scheme.len() as u8).filter(|c| labels.contains(c)).count();
        assert!(kinds > 1, "{} names {kinds} of {}", l.name(), scheme.len());
        assert_eq!(l.specs().len(), l.values().len());
    }
}

#[test]
fn no_labeller_knows_a_bar_before_it_closed() {
    let close = walk(2600);
    let bars = bars_of(&close, Timeframe::H1);
    // The same bars up to a cut, and wild ones after it.
    for cut in [1000, 1301, 2000] {
        let other: Vec<f64> = close
            .iter()
            .enumerate()
            .map(|(i, c)| if i < cut { *c } else { c * (1.0 + 0.3 * ((i % 3) as f64)) })
            .collect();
        let other = bars_of(&other, Timeframe::H1);
        for l in all() {
            let (whole, changed) = (l.labels(&bars, 1), l.labels(&other, 1));
            assert_eq!(whole[..cut], changed[..cut], "{} at {cut}", l.name());
            assert_eq!(whole[..cut], l.labels(&bars.slice(0, cut), 1), "{} cut at {cut}", l.name());
        }
    }
}

#[test]
fn volatility_and_trend_are_found_where_they_were_put() {
    let bars = bars_of(&walk(3200), Timeframe::H1);
    let direction =
        VolatilityTrend { rank_days: 12.0, trend: TrendKind::Direction, ..VolatilityTrend::default() };
    let (names, labels) = (direction.names(), direction.labels(&bars));
    let share = |from: usize, to: usize, test: &dyn Fn(&str) -> bool| {
        let hits = labels[from..to].iter().filter(|c| test(&names[usize::from(**c)])).count();
        hits as f64 / (to - from) as f64
    };
    assert_eq!(names.len(), 12);
    // The second round: 1600 calm, 2000 wild, 2400 rising, 2800 falling.
    assert!(share(1630, 1700, &|n| n.starts_with("LOW")) > 0.7);
    assert!(share(2020, 2100, &|n| n.starts_with("EXTREME") || n.starts_with("HIGH")) > 0.8);
    assert!(share(2450, 2780, &|n| n.ends_with("_UP")) > 0.7);
    assert!(share(2850, 3180, &|n| n.ends_with("_DOWN")) > 0.7);
    let wrong = VolatilityTrend { low: 0.9, ..VolatilityTrend::default() };
    assert!(wrong.conflicts()[0].to_string().starts_with("low must be below regimes.high"));
}

#[test]
fn another_label_is_taken_when_it_is_confirmed() {
    let p = |confirm_bars| VolatilityTrend { rank_days: 12.0, confirm_bars, ..VolatilityTrend::default() };
    let bars = bars_of(&walk(2400), Timeframe::H1);
    let (raw, held) = (p(1).labels(&bars), p(3).labels(&bars));
    let changes = |x: &[u8]| x.windows(2).filter(|w| w[0] != w[1]).count();
    assert!(changes(&held) < changes(&raw), "{} {}", changes(&held), changes(&raw));
    for i in 1..held.len() {
        let first = held[i - 1] == NO_REGIME;
        assert!(first || held[i] == held[i - 1] || raw[i - 2..=i] == [held[i]; 3], "{i}");
    }
}

#[test]
fn efficiency_follows_its_definition() {
    let close = walk(1600);
    let p = EfficiencyVolatility { rank_bars: 300, ..EfficiencyVolatility::default() };
    let labels = p.labels(&bars_of(&close, Timeframe::H1));
    // By the words of the definition.
    let r: Vec<f64> = close.windows(2).map(|w| libm::log(w[1] / w[0])).collect();
    let sd = |i: usize| {
        let x = &r[i - 50..i];
        let m = x.iter().sum::<f64>() / 50.0;
        (x.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / 50.0).sqrt()
    };
    for i in (p.warmup()..close.len()).step_by(7) {
        let rank = (i - 300..i).filter(|j| sd(*j) <= sd(i)).count() as f64 / 300.0;
        let path: f64 = (i - 49..=i).map(|j| (close[j] - close[j - 1]).abs()).sum();
        let ratio = (close[i] - close[i - 50]).abs() / path;
        let want = match () {
            () if rank >= 0.9 => "VOLATILE",
            () if ratio >= 0.3 => "TRENDING",
            () if ratio < 0.08 => "CHOPPY",
            () => "NORMAL",
        };
        assert_eq!(EfficiencyVolatility::NAMES[usize::from(labels[i])], want, "{i}: {rank} {ratio}");
    }
    // A market that does not move is choppy, not volatile.
    let flat = p.labels(&bars_of(&[100.0; 500], Timeframe::H1));
    assert!(flat[p.warmup()..].iter().all(|c| *c == 2));
}

#[test]
fn sessions_keep_the_clocks_of_their_places() {
    let p = Sessions::default();
    let at = |text: &str| Sessions::NAMES[usize::from(p.at(parse_time(text).unwrap()))];
    for (time, name) in [
        // Winter: London is on UTC, New York five hours behind.
        ("2021-01-06 07:59", "TOKYO"),
        ("2021-01-06 08:00", "LONDON"),
        ("2021-01-06 13:00", "LONDON_NEW_YORK"),
        ("2021-01-06 15:59", "LONDON_NEW_YORK"),
        ("2021-01-06 16:00", "NEW_YORK"),
        ("2021-01-06 21:00", "SYDNEY"),
        ("2021-01-07 00:00", "TOKYO"),
        // Summer: London an hour earlier, New York as well, Tokyo never.
        ("2021-07-07 07:00", "LONDON"),
        ("2021-07-07 12:00", "LONDON_NEW_YORK"),
        ("2021-07-07 15:00", "NEW_YORK"),
        ("2021-07-07 20:00", "OFF_HOURS"),
        ("2021-07-07 22:00", "SYDNEY"),
        // New York's clock is put forward two weeks before London's: four hours together.
        ("2021-03-17 12:00", "LONDON_NEW_YORK"),
        ("2021-03-17 16:00", "NEW_YORK"),
        // The week ends on Friday at 17:00 of New York and begins on Sunday at 17:00.
        ("2021-01-08 21:59", "OFF_HOURS"),
        ("2021-01-08 22:00", "WEEKEND"),
        ("2021-01-09 12:00", "WEEKEND"),
        ("2021-01-10 21:59", "WEEKEND"),
        ("2021-01-10 22:00", "SYDNEY"),
    ] {
        assert_eq!(at(time), name, "{time}");
    }
    let late = Sessions { london_end: 17, new_york_end: 17 };
    assert_eq!(
        Sessions::NAMES[usize::from(late.at(parse_time("2021-01-06 16:30").unwrap()))],
        "LONDON_NEW_YORK"
    );
    // The label of a bar is that of its close.
    let bars = bars_of(&[100.0; 24], Timeframe::H1);
    assert_eq!(p.labels(&bars)[7], p.at(bars.close_time(7)));
}
