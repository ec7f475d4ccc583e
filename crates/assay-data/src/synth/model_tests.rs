//! Tests: histories of a model have what is known of the model in closed form.

use super::log_bar::LogBar;
use super::model::Modelled;
use super::tests::one;
use super::*;
use crate::market::Timeframe;
use crate::random::Stream;
use crate::stats::{mean, quantile_type7, sorted, std_dev, variance};

/// A preset of one symbol under `process`, with prices as good as unrounded.
pub(super) fn plain(process: Process, bars: usize, seed: u64) -> Preset {
    Preset {
        name: "plain".into(),
        process,
        timeframe: Timeframe::H1,
        start: "2021-01-01".into(),
        bars,
        seed,
        days_per_year: 365.0,
        symbols: vec![symbol("X", 1e6)],
        correlation: vec![vec![1.0]],
        intrabar: IntrabarPreset::default(),
        volume: VolumePreset::default(),
        events: vec![],
    }
}

/// A symbol with a tick of a millionth.
pub(super) fn symbol(name: &str, start_price: f64) -> SymbolPreset {
    SymbolPreset {
        symbol: name.into(),
        start_price,
        tick: 1e-6,
        lot: 1e-6,
        volatility_scale: 1.0,
        volume_scale: 1.0,
        own: None,
    }
}

/// Log returns from close to close.
pub(super) fn returns(history: &Synthetic) -> Vec<f64> {
    history.bars.close().windows(2).map(|w| (w[1] / w[0]).ln()).collect()
}

/// Logs of highest, lowest and last price over the first, of `paths` paths of a year in `bars` bars of `steps` steps.
fn years(process: &Process, bars: usize, steps: u32, paths: u64) -> Vec<[f64; 3]> {
    let mut all = vec![];
    walk(process, bars, steps, paths, |path, bar| {
        all.resize(path + 1, [0.0_f64; 3]);
        let end = &mut all[path];
        *end = [end[0].max(bar.high), end[1].min(bar.low), bar.close];
    });
    all
}

/// Shows every bar of the same paths to `see`, with the number of its path.
fn walk(process: &Process, bars: usize, steps: u32, paths: u64, mut see: impl FnMut(usize, LogBar)) {
    let intrabar = IntrabarPreset { steps, ..IntrabarPreset::default() };
    let extra = super::model::extra_draws(process);
    for i in 0..paths {
        let mut path = Modelled::new(process, &intrabar, 1.0, 1.0, bars as f64, 11, i).unwrap();
        let mut normals = Stream::new(11, "test", i);
        for _ in 0..bars {
            let z: Vec<f64> = (0..steps as usize + extra).map(|_| normals.normal()).collect();
            let bar = path.bar(&z);
            assert!(bar.high >= bar.open.max(bar.close) && bar.low <= bar.open.min(bar.close));
            see(i as usize, bar);
        }
    }
}

/// Share of `x` below `limit`, held against `want` within four standard errors.
fn assert_share(x: &[f64], limit: f64, want: f64) {
    let n = x.len() as f64;
    let got = x.iter().filter(|x| **x <= limit).count() as f64 / n;
    assert!((got - want).abs() < 4.0 * (want * (1.0 - want) / n).sqrt(), "{limit}: {got}, not {want}");
}

/// The mean of `x` held against `want` within four standard errors.
fn assert_mean(x: &[f64], want: f64) {
    let error = std_dev(x, 1) / (x.len() as f64).sqrt();
    assert!((mean(x) - want).abs() < 4.0 * error, "{}, not {want} within {}", mean(x), 4.0 * error);
}

#[test]
fn gbm_ends_and_extremes_have_the_reference_distribution() {
    // S0 = 100, mu = 0.1, sigma = 0.4, T = 1; the extremes are those of the continuous path, for any number of steps.
    let process = Process::Gbm(GbmPreset { drift: 0.1, volatility: 0.4 });
    for (bars, steps, paths) in [(6, 1, 40_000), (3, 4, 40_000)] {
        let all = years(&process, bars, steps, paths);
        let column = |k: usize| all.iter().map(|end| 100.0 * end[k].exp()).collect::<Vec<f64>>();
        let (high, low, close) = (column(0), column(1), column(2));
        assert_mean(&close, 110.51709180756477);
        let spread = 2119.266564001705;
        assert!((variance(&close, 1) / spread - 1.0).abs() < 0.06, "{}", variance(&close, 1));
        for (p, want, error) in [(0.05, 52.837899945173504_f64, 2.113), (0.5, 102.02013400267558, 1.2533)] {
            // The standard error of a quantile of the log, in its standard deviations.
            let got = quantile_type7(&sorted(&close), p);
            assert!((got / want).ln().abs() < 4.0 * error * 0.4 / (paths as f64).sqrt(), "{p}: {got}");
        }
        assert_share(&close, 80.0, 0.27164053750471984);
        for (limit, want) in [
            (50.0, 0.076153591180009),
            (70.0, 0.35609767498804434),
            (80.0, 0.5608257727123445),
            (90.0, 0.781693264988911),
        ] {
            assert_share(&low, limit, want);
        }
        // By reflection, the highest of a path without drift in its logs is the size of a normal number.
        let level = 125.0_f64;
        let (b, m) = ((level / 100.0).ln() / 0.4, 0.02 / 0.4);
        let cdf = |x: f64| 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
        assert_share(&high, level, cdf(b - m) - (2.0 * m * b).exp() * cdf(-b - m));
    }
}

#[test]
fn range_of_a_bar_is_that_of_a_brownian_motion() {
    // W. Feller, Annals of Mathematical Statistics 22 (1951), 427-432: mean sqrt(8 / pi), variance 4 ln 2 - 8 / pi.
    let process = Process::Gbm(GbmPreset { drift: 0.125, volatility: 0.5 });
    let all = years(&process, 1, 8, 30_000);
    let ranges: Vec<f64> = all.iter().map(|end| (end[0] - end[1]) / 0.5).collect();
    // Highest and lowest of one step are drawn apart, which the eight steps make small.
    let error = 0.476 / 30_000f64.sqrt();
    assert!((mean(&ranges) - 1.595769).abs() < 4.0 * error, "{}", mean(&ranges));
    assert!((variance(&ranges, 1) / 0.226109 - 1.0).abs() < 0.08, "{}", variance(&ranges, 1));
}

#[test]
fn drawdown_without_drift_is_the_known_one() {
    // M. Magdon-Ismail and others, Journal of Applied Probability 41 (2004), 147-161: sqrt(pi / 2) standard deviations
    // of the year. Which of high and low came first in a bar is not known, so that it lies between two numbers.
    let process = Process::Gbm(GbmPreset { drift: 0.02, volatility: 0.2 });
    let mut paths: Vec<[f64; 3]> = vec![];
    walk(&process, 100, 1, 3_000, |path, bar| {
        paths.resize(path + 1, [0.0; 3]);
        let [peak, least, most] = &mut paths[path];
        *least = least.max(peak.max(bar.open) - bar.low);
        *peak = peak.max(bar.high);
        *most = most.max(*peak - bar.low);
    });
    let of = |k: usize| mean(&paths.iter().map(|p| p[k] / 0.2).collect::<Vec<_>>());
    let (least, most, error) = (of(1), of(2), 3.0 * 0.35 / 3_000f64.sqrt());
    let want = 1.2533141373155001;
    assert!(least - error < want && want < most + error && most - least < 0.06, "{least} {most}");
}

#[test]
fn merton_has_its_cumulants() {
    let p = MertonPreset { drift: 0.1, volatility: 0.4, jumps: 3.0, jump_mean: -0.05, jump_sd: 0.12 };
    let close: Vec<f64> = years(&Process::Merton(p), 1, 1, 60_000).iter().map(|end| end[2]).collect();
    let n = close.len() as f64;
    let (m, v) = (mean(&close), variance(&close, 0));
    assert_mean(&close, -0.004308974513647451);
    assert!((v - 0.2107).abs() < 4.0 * 0.2107 * (2.06 / n).sqrt(), "{v}");
    let central =
        |k: i32| close.iter().map(|x| (x - m).powi(k)).sum::<f64>() / n / v.powf(f64::from(k) / 2.0);
    assert!((central(3) - -0.07087786966099431).abs() < 4.0 * (6.5 / n).sqrt(), "{}", central(3));
    assert!((central(4) - 3.0 - 0.057056404972779265).abs() < 4.0 * (30.0 / n).sqrt(), "{}", central(4));
    let growth: Vec<f64> = close.iter().map(|x| 100.0 * x.exp()).collect();
    assert_mean(&growth, 110.51709180756477);
    // By the day the jumps stand out: skewness -1.35, excess kurtosis 20.8.
    let days = years(&Process::Merton(p), 365, 1, 500);
    assert_mean(&days.iter().map(|end| end[2]).collect::<Vec<_>>(), -0.004308974513647451);
    // Scaled, a jump is as much larger as everything else.
    let scaled = |scale: f64| {
        let mut preset = plain(Process::Merton(MertonPreset { drift: 0.0, ..p }), 20_000, 3);
        preset.symbols[0].volatility_scale = scale;
        returns(&one(&preset))
    };
    assert!((std_dev(&scaled(2.0), 1) / std_dev(&scaled(1.0), 1) - 2.0).abs() < 0.002);
}

#[test]
fn daily_merton_returns_have_the_reference_tails() {
    let p = MertonPreset { drift: 0.1, volatility: 0.4, jumps: 3.0, jump_mean: -0.05, jump_sd: 0.12 };
    let mut preset = plain(Process::Merton(p), 400_000, 5);
    preset.timeframe = Timeframe::D1;
    preset.start = "1000-01-01".into();
    preset.intrabar.steps = 1;
    // Without the drift of a thousand years, which no price can hold.
    let Process::Merton(m) = &mut preset.process else { unreachable!() };
    m.drift = 0.5 * 0.4 * 0.4 + 3.0 * (0.05 - 0.04189700849545086);
    let x = returns(&one(&preset));
    let (n, m, v) = (x.len() as f64, mean(&x), variance(&x, 0));
    let central = |k: i32| x.iter().map(|x| (x - m).powi(k)).sum::<f64>() / n / v.powf(f64::from(k) / 2.0);
    // Standard errors by blocks of the sample, 0.06 and 1.0.
    assert!((v / 0.0005772602739726029 - 1.0).abs() < 0.03, "{v}");
    assert!((central(3) - -1.354119798542037).abs() < 0.25, "{}", central(3));
    assert!((central(4) - 3.0 - 20.825587815064427).abs() < 4.0, "{}", central(4));
}

#[test]
fn garch_has_its_long_run_variance_and_clusters_as_it_should() {
    let (alpha, beta) = (0.1, 0.8);
    let p = GarchPreset { drift: 0.0, volatility: 0.4, alpha, gamma: 0.0, beta };
    let x = returns(&one(&plain(Process::Garch(p), 300_000, 7)));
    let want = 0.16 / 8760.0;
    assert!((variance(&x, 0) / want - 1.0).abs() < 0.03, "{}", variance(&x, 0) / want);
    let squares: Vec<f64> = x.iter().map(|r| r * r).collect();
    let acf = |lag: usize| {
        let m = mean(&squares);
        let c = squares.iter().zip(&squares[lag..]).map(|(a, b)| (a - m) * (b - m)).sum::<f64>();
        c / (variance(&squares, 0) * squares.len() as f64)
    };
    // T. Bollerslev, Journal of Time Series Analysis 9 (1988), 121-131.
    let first = alpha * (1.0 - alpha * beta - beta * beta) / (1.0 - 2.0 * alpha * beta - beta * beta);
    assert!((acf(1) - first).abs() < 0.02, "{} {first}", acf(1));
    assert!((acf(5) - first * 0.9f64.powi(4)).abs() < 0.02, "{}", acf(5));
    let kurtosis = 3.0 * (1.0 - 0.81) / (1.0 - 0.81 - 2.0 * alpha * alpha);
    let got = mean(&squares.iter().map(|s| s * s).collect::<Vec<_>>()) / variance(&x, 0).powi(2);
    assert!((got / kurtosis - 1.0).abs() < 0.05, "{got} {kurtosis}");
    // Neither a rise nor a fall matters more.
    let growth: Vec<f64> = x.iter().map(|r| r.exp_m1()).collect();
    assert_mean(&growth, 0.0);
}

#[test]
fn gjr_has_its_long_run_variance_and_answers_to_falls() {
    let p = GarchPreset { drift: 0.3, volatility: 0.4, alpha: 0.03, gamma: 0.12, beta: 0.85 };
    let x = returns(&one(&plain(Process::Garch(p), 300_000, 7)));
    let want = 0.16 / 8760.0;
    assert!((variance(&x, 0) / want - 1.0).abs() < 0.03, "{}", variance(&x, 0) / want);
    // After a fall the expected variance is higher by gamma times the long-run one.
    let after = |falls: bool| {
        let next: Vec<f64> = x.windows(2).filter(|w| (w[0] < 0.0) == falls).map(|w| w[1] * w[1]).collect();
        mean(&next)
    };
    let more = (after(true) - after(false)) / want;
    assert!((more - 0.12).abs() < 0.03, "{more}");
    let growth: Vec<f64> = x.iter().map(|r| r.exp_m1()).collect();
    assert_mean(&growth, (0.3f64 / 8760.0).exp_m1());
}

#[test]
fn heston_prices_a_call_like_the_reference() {
    // M. Broadie and O. Kaya, Operations Research 54 (2006), 217-231; 6.8061.
    let p =
        HestonPreset { drift: 0.0319, variance: 0.010201, theta: 0.019, kappa: 6.21, xi: 0.61, rho: -0.7 };
    let all = years(&Process::Heston(p), 32, 1, 10_000);
    let close: Vec<f64> = all.iter().map(|end| 100.0 * end[2].exp()).collect();
    let discount = (-0.0319f64).exp();
    assert_mean(&close.iter().map(|s| discount * (s - 100.0).max(0.0)).collect::<Vec<_>>(), 6.80611331340527);
    assert_mean(&close, 100.0 * 0.0319f64.exp());
}

#[test]
fn heston_variance_returns_to_its_mean() {
    // E[v_T] = theta + (v_0 - theta) e^-kappa T, as the variance of the returns of bars late in a year.
    let p = HestonPreset { drift: 0.0, variance: 0.36, theta: 0.09, kappa: 2.0, xi: 0.3, rho: -0.5 };
    let mut late = vec![];
    let mut early = vec![];
    for seed in 0..300 {
        let mut preset = plain(Process::Heston(p), 366, seed);
        preset.timeframe = Timeframe::D1;
        preset.intrabar.steps = 1;
        let x = returns(&one(&preset));
        early.extend(x[..10].iter().map(|r| r * r * 365.0));
        late.extend(x[355..].iter().map(|r| r * r * 365.0));
    }
    let expected = |t: f64| 0.09 + 0.27 * (-2.0 * t).exp();
    let near = |x: &[f64], want: f64| assert!((mean(x) / want - 1.0).abs() < 0.15, "{} {want}", mean(x));
    near(&early, expected(6.0 / 365.0));
    near(&late, expected(360.0 / 365.0));
}
