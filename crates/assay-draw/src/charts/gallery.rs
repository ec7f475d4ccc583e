//! Every chart with made-up but realistic data: what all of them promise, and a gallery to look at.

use std::path::Path;

use super::*;
use super::{StackedBars, StackedRow};
use crate::palette::Colour;
use crate::random::Stream;
use crate::regime::{RegimeKind, RegimeScheme, Rgb};
use crate::{Page, TextTable, VerdictBadge};

const HOUR: i64 = 3_600_000;

/// Five regimes in the colours of the unified framework's.
static FIVE: RegimeScheme = RegimeScheme::fixed("five", &KINDS);

static KINDS: [RegimeKind; 5] = [
    RegimeKind::new("TRENDING", Rgb(0x44, 0x77, 0xAA)),
    RegimeKind::new("SIDEWAYS", Rgb(0xCC, 0xBB, 0x44)),
    RegimeKind::new("HIGH_VOLATILITY", Rgb(0xEE, 0x66, 0x77)),
    RegimeKind::new("BREAKOUT", Rgb(0xAA, 0x33, 0x77)),
    RegimeKind::new("QUIET", Rgb(0x66, 0xCC, 0xEE)),
];

/// As many regimes as a scheme can have, with long names.
fn many(n: usize) -> RegimeScheme {
    RegimeScheme::named("many", (0..n).map(|k| format!("HIGH_VOLATILITY_DOWN_{k}"))).unwrap()
}

/// A price path and regimes that last a while; `calm` scales the noise.
fn path(seed: u64, n: usize, drift: f64, noise: f64) -> (Vec<f64>, Vec<u8>) {
    let mut s = Stream::new(seed, "gallery", 0);
    let (mut value, mut regime) = (10_000.0, 0u8);
    let mut values = Vec::with_capacity(n);
    let mut codes = Vec::with_capacity(n);
    for i in 0..n {
        if s.uniform() < 0.01 {
            regime = s.below(5) as u8;
        }
        let calm = [1.0, 0.6, 2.2, 1.4, 0.3][usize::from(regime)];
        value *= libm::exp(drift + noise * calm * s.normal());
        values.push(value);
        codes.push(if i < n / 50 { 255 } else { regime });
    }
    (values, codes)
}

fn curve(name: &str, time_ms: &[i64], values: Vec<f64>) -> Curve {
    Curve { name: name.into(), time_ms: time_ms.to_vec(), values }
}

fn equity(n: usize, step: i64, log: bool) -> EquityChart {
    let time_ms: Vec<i64> = (0..n as i64).map(|i| 1_519_862_400_000 + i * step).collect();
    let (values, regime) = path(1, n, 1.2 / n as f64, 0.45 / (n as f64).sqrt());
    let edge = values.iter().enumerate().map(|(i, v)| v * (1.0 + 0.25 * i as f64 / n as f64)).collect();
    EquityChart {
        title: "S5 adaptive on BTCUSDT, 1 h bars: equity and drawdown".into(),
        subtitle:
            "after fees of 4 bp and slippage of 2 bp a side; pessimistic order of stop and target inside bars"
                .into(),
        axis: "equity (USDT)".into(),
        log,
        equity: curve("S5 adaptive", &time_ms, values),
        edge: Some(curve("optimistic intrabar order", &time_ms, edge)),
        comparisons: vec![
            curve("buy and hold", &time_ms, path(5, n, 1.4 / n as f64, 0.9 / (n as f64).sqrt()).0),
            curve("S5 static", &time_ms, path(9, n, 0.4 / n as f64, 0.35 / (n as f64).sqrt()).0),
        ],
        regime,
        regimes: FIVE.clone(),
        closed: vec![],
        borders: None,
    }
}

fn intervals(measure: EstimatedMetric) -> RegimeIntervalChart {
    let win = measure == EstimatedMetric::WinRate;
    let row = |code: u8, estimate: f64, half: f64, target: (f64, f64), n, enough| RegimeEstimate {
        regime: FIVE.name_of(code).to_owned(),
        colour: crate::palette::regime(&FIVE, code),
        estimate,
        low: estimate - half,
        high: estimate + half,
        target: Some(target),
        n,
        enough,
    };
    let open = f64::INFINITY;
    let rows = if win {
        vec![
            row(0, 57.3, 4.1, (55.0, 65.0), 562, true),
            row(1, 61.2, 3.4, (60.0, 70.0), 811, true),
            row(2, 44.9, 6.0, (50.0, 60.0), 264, true),
            row(3, 50.0, 11.0, (50.0, 60.0), 79, true),
            row(4, 71.4, 34.0, (55.0, open), 7, false),
        ]
    } else {
        vec![
            row(0, 1.42, 0.55, (1.5, 2.5), 562, true),
            row(1, 0.81, 0.47, (1.0, 1.5), 811, true),
            row(2, -0.35, 0.9, (0.5, 1.0), 264, true),
            row(3, 2.1, 1.3, (1.5, open), 1_079, true),
            row(4, 0.7, 9.0, (0.5, 1.0), 7, false),
        ]
    };
    RegimeIntervalChart {
        title: format!(
            "{} per regime against the documented targets",
            if win { "Win rate" } else { "Sharpe ratio" }
        ),
        subtitle: "block bootstrap, 2,000 resamples of 20 days; a regime needs 30 trades to be judged".into(),
        measure,
        counted: "trades".into(),
        rows,
    }
}

fn monthly(first: i32, last: i32) -> MonthlyChart {
    let mut s = Stream::new(3, "months", 0);
    let months = (first..=last)
        .flat_map(|year| (1..=12).map(move |month| (year, month)))
        .filter(|&(y, m)| (y > first || m >= 3 || first == last) && (y < last || m <= 6))
        .map(|(year, month)| MonthCell {
            year,
            month,
            percent: 1.2 + 6.0 * s.normal() * if s.uniform() < 0.1 { 3.0 } else { 1.0 },
            partial: (year, month) == (last, 6),
        })
        .collect();
    MonthlyChart { title: "Monthly returns".into(), subtitle: "S5 adaptive, after costs".into(), months }
}

fn returns(n: usize) -> TradeReturnsChart {
    let mut s = Stream::new(4, "returns", 0);
    let percent = (0..n)
        .map(|i| match i % 10 {
            0..6 => 0.9 + 0.5 * s.normal(),
            9 => 6.0 * s.normal(),
            _ => -1.0 + 0.25 * s.normal(),
        })
        .collect();
    TradeReturnsChart {
        title: "Returns of single trades".into(),
        subtitle: "net of fees and slippage, in percent of the capital at entry".into(),
        percent,
    }
}

fn price(n: usize, every: usize) -> PriceTradesChart {
    let step = HOUR;
    let (close, regime) = path(12, n, 0.0, 0.006);
    let mut s = Stream::new(6, "bars", 0);
    let time_ms: Vec<i64> = (0..n as i64).map(|i| 1_614_556_800_000 + i * step).collect();
    let open: Vec<f64> = (0..n).map(|i| if i == 0 { 10_000.0 } else { close[i - 1] }).collect();
    let spread: Vec<f64> = (0..n).map(|_| 1.0 + 0.004 * s.uniform()).collect();
    let high = (0..n).map(|i| open[i].max(close[i]) * spread[i]).collect();
    let low = (0..n).map(|i| open[i].min(close[i]) / spread[i]).collect();
    let volume = (0..n).map(|_| 900.0 * libm::exp(0.6 * s.normal())).collect();
    let trades = (every / 2..n.saturating_sub(1))
        .step_by(every)
        .map(|i| {
            let long = s.uniform() < 0.5;
            let out = (i + 2 + s.below(every)).min(n - 1);
            let side = if long { 1.0 } else { -1.0 };
            TradeMark {
                long,
                entry_ms: time_ms[i + 1],
                entry_price: open[i + 1],
                exit: (out + 1 < n).then(|| (time_ms[out], close[out])),
                stop: Some(open[i + 1] * (1.0 - side * 0.015)),
                target: Some(open[i + 1] * (1.0 + side * 0.03)),
                profit: side * (close[out] - open[i + 1]),
            }
        })
        .collect();
    PriceTradesChart {
        title: "BTCUSDT, March 2021: trades of S5 adaptive".into(),
        subtitle: "1 h bars; an order placed at a close fills at the next open".into(),
        axis: "price (USDT)".into(),
        time_ms,
        open,
        high,
        low,
        close,
        volume,
        regime,
        regimes: FIVE.clone(),
        trades,
        closed: vec![],
    }
}

fn sources() -> StackedBars {
    let rows = FIVE.names().into_iter().zip([
        ([0.31, 0.22, 0.11, 0.07, 0.18, 0.02, 0.05], 1_520),
        ([0.08, 0.05, 0.24, 0.12, 0.21, 0.09, 0.01], 2_210),
        ([0.12, 0.1, 0.1, 0.2, 0.15, 0.0, 0.11], 640),
        ([0.2, 0.26, 0.14, 0.13, 0.08, 0.11, 0.2], 301),
        ([0.0; 7], 0),
    ]);
    StackedBars {
        title: "What the signals of each regime are made of".into(),
        subtitle: "mean absolute score times weight of each source".into(),
        axis: "mean weighted contribution per signal".into(),
        pieces: ["gradient", "UT bot", "structure", "flow", "ML", "pattern", "volume"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows
            .map(|(name, (mass, n))| StackedRow { name: name.to_owned(), values: mass.to_vec(), n })
            .collect(),
        nothing: "no signal was given".into(),
    }
}

fn confusion() -> ConfusionChart {
    let names: Vec<String> = FIVE.names().into_iter().map(str::to_owned).collect();
    ConfusionChart {
        axes: ["true", "detected"],
        title: "Detected regime against the true one".into(),
        subtitle: "synthetic markets with known regimes, 62,000 bars".into(),
        columns: names.iter().cloned().chain(["NONE".into()]).collect(),
        rows: names,
        counts: vec![
            vec![10_240, 1_200, 340, 801, 12, 40],
            vec![2_104, 14_200, 90, 1_204, 3_300, 40],
            vec![610, 120, 7_800, 902, 0, 40],
            vec![1_401, 333, 1_202, 1_604, 9, 40],
            vec![0, 0, 0, 0, 0, 0],
        ],
        regimes: FIVE.clone(),
    }
}

/// What every chart promises.
fn check(chart: &impl Chart) {
    let (svg, png) = (chart.svg().unwrap(), chart.png().unwrap());
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{}", &svg[..80]);
    assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    assert!(svg.matches('<').count() == svg.matches('>').count());
    for word in ["\"NaN", "NaN,", "inf,", "\"inf", "-2147483648", "2147483647"] {
        assert!(!svg.contains(word), "{word} in {}", chart.title());
    }
    let reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
    assert_eq!(reader.info().size(), chart.size());
    assert_eq!(svg, chart.svg().unwrap());
    assert_eq!(png, chart.png().unwrap());
}

#[test]
fn every_chart_is_drawn_twice_the_same() {
    check(&equity(3_000, HOUR, true));
    check(&intervals(EstimatedMetric::Sharpe));
    check(&intervals(EstimatedMetric::WinRate));
    check(&monthly(2018, 2024));
    check(&returns(900));
    check(&price(200, 20));
    check(&sources());
    check(&confusion());
    check(&heat(46, 40));
    check(&heat(4, 3));
    check(&bars(30));
    check(&histogram(1000, None));
    check(&histogram(1000, Some(0.5)));
    check(&scatter(24));
    check(&fan(61));
}

fn noise(n: usize) -> Vec<f64> {
    let mut s = Stream::new(8, "gallery noise", 0);
    (0..n).map(|_| s.normal()).collect()
}

fn heat(across: usize, up: usize) -> HeatChart {
    HeatChart {
        title: "Sharpe ratio over the two axes that matter most".into(),
        subtitle: "mean of the candidates in each cell".into(),
        axes: ["params.fast".into(), "params.slow".into()],
        across: (0..across).map(|k| format!("{}", 5 * k + 5)).collect(),
        up: (0..up).map(|k| format!("{}", 10 * k + 20)).collect(),
        values: noise(across * up).into_iter().map(|v| if v > 2.0 { f64::NAN } else { v }).collect(),
        of: "sharpe".into(),
        losses: false,
        marked: Some((1, 2)),
    }
}

fn bars(n: usize) -> BarsChart {
    BarsChart {
        title: "What each axis alone accounts for".into(),
        subtitle: "of 1,000 candidates".into(),
        axis: "share of the variance between candidates".into(),
        bars: noise(n)
            .into_iter()
            .enumerate()
            .map(|(k, v)| (format!("params.some.long.name.{k}"), v))
            .collect(),
    }
}

fn histogram(n: usize, step: Option<f64>) -> HistogramChart {
    HistogramChart {
        title: "How deep it can go".into(),
        subtitle: "500 paths".into(),
        axis: "largest drawdown (%)".into(),
        counted: "paths".into(),
        values: noise(n),
        step,
        marks: vec![
            (0.3, "the run itself".into(), MarkKind::Plain),
            (f64::NAN, "5 % quantile".into(), MarkKind::Good),
            (1.6, "95 % quantile".into(), MarkKind::Bad),
        ],
    }
}

fn scatter(n: usize) -> ScatterChart {
    let v = noise(2 * n);
    ScatterChart {
        title: "What was best in sample, out of sample".into(),
        subtitle: "of each window".into(),
        axes: ["in sample".into(), "out of sample".into()],
        name: "window".into(),
        points: (0..n).map(|k| (v[k], v[n + k])).collect(),
        marked: Some(((0.0, 3.0), "the best".into())),
        levels: vec![(0.0, "zero".into())],
    }
}

fn fan(n: usize) -> FanChart {
    let at: Vec<f64> = (0..n).map(|k| k as f64 / (n - 1) as f64).collect();
    let band = |z: f64| at.iter().map(|t| 1.0 + 0.1 * t + 0.2 * z * t.sqrt()).collect::<Vec<f64>>();
    FanChart {
        title: "Equity on 500 paths".into(),
        subtitle: "blocks of the real history".into(),
        quantiles: [-1.6, -0.7, 0.0, 0.7, 1.6].map(band).to_vec(),
        original: band(0.4),
        level: Some((0.8, "ruin".into())),
        at,
    }
}

/// Charts of a scheme of `n` regimes.
fn schemes(n: usize) -> (EquityChart, PriceTradesChart, RegimeIntervalChart, ConfusionChart) {
    let scheme = many(n);
    let codes = |len: usize| (0..len).map(|i| (i * n / len) as u8).collect::<Vec<u8>>();
    let names: Vec<String> = scheme.names().into_iter().map(str::to_owned).collect();
    let equity = equity(400, HOUR, false);
    let price = price(240, 22);
    let one = intervals(EstimatedMetric::Sharpe).rows[0].clone();
    let row = |code: u8| RegimeEstimate {
        regime: scheme.name_of(code).to_owned(),
        colour: crate::palette::regime(&scheme, code),
        enough: !code.is_multiple_of(3),
        ..one.clone()
    };
    (
        EquityChart { regime: codes(400), regimes: scheme.clone(), ..equity },
        PriceTradesChart { regime: codes(240), regimes: scheme.clone(), ..price },
        RegimeIntervalChart { rows: (0..n as u8).map(row).collect(), ..intervals(EstimatedMetric::Sharpe) },
        ConfusionChart {
            rows: names.clone(),
            columns: names,
            counts: (0..n)
                .map(|r| (0..n).map(|k| (1 + 1000 * u64::from(r == k)) * (k as u64 + 1)).collect())
                .collect(),
            regimes: scheme.clone(),
            ..confusion()
        },
    )
}

#[test]
fn a_scheme_of_any_size_is_drawn_in_its_colours() {
    for n in [1, 9, 32] {
        let (equity, price, intervals, confusion) = schemes(n);
        let last = many(n).kinds()[n - 1].colour();
        for svg in [equity.svg().unwrap(), price.svg().unwrap(), confusion.svg().unwrap()] {
            assert!(svg.contains(&Colour::from(last).hex()), "{n}");
        }
        assert!(intervals.svg().unwrap().contains(&format!("HIGH_VOLATILITY_DOWN_{}", n - 1)) || n > 9);
    }
    // Five regimes take the room they always took.
    assert_eq!((schemes(5).2.size(), schemes(32).2.size()), ((WIDTH, 675), (WIDTH, 2325)));
}

#[test]
fn charts_of_nothing_say_so() {
    let none = intervals(EstimatedMetric::Sharpe);
    let says = |svg: String, words: &str| assert!(svg.contains(words), "{words}");
    check(&EquityChart::default());
    says(EquityChart::default().svg().unwrap(), "no equity to draw");
    says(RegimeIntervalChart { rows: vec![], ..none }.svg().unwrap(), "no regime was estimated");
    says(MonthlyChart::default().svg().unwrap(), "no month to draw");
    says(TradeReturnsChart::default().svg().unwrap(), "no trade was closed");
    says(PriceTradesChart::default().svg().unwrap(), "no bars in this window");
    says(StackedBars { rows: vec![], ..sources() }.svg().unwrap(), "no signal was given");
    says(ConfusionChart::default().svg().unwrap(), "no bar has a label");
    says(HeatChart::default().svg().unwrap(), "no candidate has a value");
    says(BarsChart::default().svg().unwrap(), "nothing to compare");
    says(HistogramChart::default().svg().unwrap(), "no value");
    says(ScatterChart::default().svg().unwrap(), "no point to draw");
    says(FanChart::default().svg().unwrap(), "no path to draw");
}

#[test]
fn odd_values_neither_panic_nor_reach_the_picture() {
    let nan = f64::NAN;
    let mut odd = equity(40, HOUR, true);
    for (i, v) in [(0, nan), (5, f64::INFINITY), (9, -3.0), (20, 0.0), (39, nan)] {
        odd.equity.values[i] = v;
    }
    odd.regime.truncate(7);
    odd.comparisons[0].time_ms.truncate(3);
    check(&odd);
    check(&equity(1, HOUR, false));
    check(&equity(2, 0, true));
    let mut all = intervals(EstimatedMetric::WinRate);
    for row in &mut all.rows {
        (row.estimate, row.low, row.high, row.target) = (nan, nan, f64::INFINITY, None);
    }
    check(&all);
    let odd = |percent| MonthCell { year: 2020, month: 13, percent, partial: true };
    check(&MonthlyChart { months: vec![odd(nan), odd(1e300), odd(f64::INFINITY)], ..monthly(2020, 2020) });
    check(&TradeReturnsChart { percent: vec![nan, 1e12, -1e-12, 0.0], ..returns(0) });
    let mut one = price(3, 1);
    (one.high[1], one.volume[2], one.trades[0].stop) = (nan, f64::INFINITY, Some(nan));
    one.trades[0].entry_ms = i64::MIN;
    check(&one);
    check(&ConfusionChart { counts: vec![vec![3], vec![]], ..confusion() });
}

/// Writes every chart to the directory `ASSAY_CHART_DIR`, to be looked at.
#[test]
#[ignore = "writes pictures; set ASSAY_CHART_DIR and run with --ignored"]
fn gallery() {
    let dir = std::env::var("ASSAY_CHART_DIR").unwrap();
    let dir = Path::new(&dir);
    let mut page = Page::new("S5 adaptive on BTCUSDT");
    page.subtitle("1 h bars, 2018-03-01 to 2024-06-15 UTC")
        .badge(VerdictBadge::Fail, "3 of 12 criteria are missed");
    page.section("Charts").paragraph("Every chart this page can hold, with made-up data.");
    show(dir, "equity_dense", &equity(62_000, HOUR * 8 / 9, true), &mut page);
    show(dir, "equity_half_million", &equity(500_000, HOUR / 9, false), &mut page);
    let sparse =
        EquityChart { edge: None, comparisons: vec![], regime: vec![], ..equity(12, 24 * HOUR, false) };
    show(dir, "equity_sparse", &sparse, &mut page);
    show(dir, "regime_sharpe", &intervals(EstimatedMetric::Sharpe), &mut page);
    show(dir, "regime_win_rate", &intervals(EstimatedMetric::WinRate), &mut page);
    show(dir, "monthly", &monthly(2018, 2024), &mut page);
    show(dir, "monthly_one_year", &monthly(2024, 2024), &mut page);
    show(dir, "monthly_many", &monthly(2005, 2024), &mut page);
    show(dir, "returns", &returns(2_000), &mut page);
    show(dir, "returns_few", &returns(7), &mut page);
    show(dir, "returns_none", &returns(0), &mut page);
    show(dir, "price", &price(240, 22), &mut page);
    show(dir, "price_few", &price(24, 9), &mut page);
    show(dir, "price_dense", &price(62_000, 31), &mut page);
    show(dir, "sources", &sources(), &mut page);
    show(dir, "confusion", &confusion(), &mut page);
    show(dir, "heat", &heat(46, 40), &mut page);
    show(dir, "heat_small", &heat(4, 3), &mut page);
    show(dir, "bars", &bars(30), &mut page);
    show(dir, "histogram", &histogram(1000, None), &mut page);
    show(dir, "scatter", &scatter(24), &mut page);
    show(dir, "fan", &fan(61), &mut page);
    for n in [9, 32] {
        let (equity, price, intervals, confusion) = schemes(n);
        show(dir, &format!("equity_{n}_regimes"), &equity, &mut page);
        show(dir, &format!("price_{n}_regimes"), &price, &mut page);
        show(dir, &format!("regime_sharpe_{n}"), &intervals, &mut page);
        show(dir, &format!("confusion_{n}"), &confusion, &mut page);
    }
    page.section("Criteria").note("Two criteria rest on fewer than 30 trades.");
    let mut table =
        TextTable::new(&["criterion", ">value", ">target", "verdict"]).caption("Documented success criteria");
    table.row(["Sharpe ratio, TRENDING", "1.42", "1.50", "FAIL"]);
    table.row(["win rate, SIDEWAYS", "61.2 %", "60.0 %", "PASS"]);
    table.row(["Sharpe ratio, QUIET", "--", "0.50", "INCONCLUSIVE"]);
    page.table(&table).heading("As text").code(&crate::text::render(&table));
    std::fs::write(dir.join("page.html"), page.render()).unwrap();
}

fn show(dir: &Path, name: &str, chart: &impl Chart, page: &mut Page) {
    let start = std::time::Instant::now();
    let svg = chart.svg().unwrap();
    let drawn = start.elapsed();
    let png = chart.png().unwrap();
    println!(
        "{name}: svg {drawn:.0?} {} kB, png {:.0?} {} kB",
        svg.len() / 1000,
        start.elapsed() - drawn,
        png.len() / 1000
    );
    std::fs::write(dir.join(name).with_extension("svg"), &svg).unwrap();
    std::fs::write(dir.join(name).with_extension("png"), png).unwrap();
    page.figure(&svg, name);
}
