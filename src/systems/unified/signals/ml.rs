//! The "ML ensemble": a deterministic heuristic of five small models, or a walk-forward logistic regression.
//!
//! Models 2 to 5 mostly echo model 1, so the ensemble's agreement is not independent evidence.

use super::{Direction, Vote};
use crate::choices;

choices! {
    /// Which model stands behind the ML source.
    pub enum MlModel {
        /// The heuristic ensemble.
        Heuristic = "heuristic",
        /// L2 logistic regression, refitted as the bars pass.
        WalkForwardLogit = "wf_logit",
    }
}

/// Number of scaled inputs.
const INPUTS: usize = 7;

/// Scaled inputs of the models at one bar, each in -1..1, and the raw values the rules read.
#[derive(Debug, Clone, Copy, Default)]
pub struct MlInputs {
    /// tanh of the 5-bar log return over its expected deviation.
    pub m5: f64,
    /// The same over 10 bars.
    pub m10: f64,
    /// RSI about 50, over 50.
    pub rs: f64,
    /// tanh of the MACD histogram over a quarter of the ATR.
    pub mc: f64,
    /// Sign of the bar times tanh of volume ratio - 1.
    pub vr: f64,
    /// Rises minus falls of the last 9 closes, over 9.
    pub ts: f64,
    /// Half the 20-bar z-score of the close, clamped.
    pub mr: f64,
    /// Population deviation of 20 one-bar log returns.
    pub sigma: f64,
    /// Population deviation of 10 one-bar log returns.
    pub sigma10: f64,
    /// ATR over close.
    pub atr_pct: f64,
    /// Volume over the mean of the 20 bars before.
    pub volume_ratio: f64,
    /// Relative strength index, 0..100.
    pub rsi: f64,
    /// Scale of thresholds stated for 1-hour bars.
    pub scale: f64,
}

/// Heuristic models vote UP, DOWN or NEUTRAL with these weights.
const MODEL_WEIGHTS: [f64; 5] = [0.35, 0.25, 0.15, 0.15, 0.10];
/// Share of model weight a direction needs.
const MODEL_MAJORITY: f64 = 0.55;

impl MlInputs {
    fn array(&self) -> [f64; INPUTS] {
        [self.m5, self.m10, self.rs, self.mc, self.vr, self.ts, self.mr]
    }
}

/// The heuristic ensemble.
pub fn heuristic(x: &MlInputs) -> Vote {
    let score = (0.55 * x.m5 + 0.25 * x.m10 - 0.10 * x.rs + 0.40 * x.mc + 0.15 * x.vr + 0.30 * x.ts
        - 0.20 * x.mr)
        / 1.95;
    let confidence = score.abs();
    let first = if confidence > 0.02 { Direction::of(score) } else { Direction::Neutral };
    let second = Direction::of(x.sigma * (0.5 * x.m5 + 0.3 * x.ts));
    let bump = if x.volume_ratio > 1.5 { 1.2 } else { 1.0 };
    let variability = (0.7 * x.sigma10 + 0.3 * x.atr_pct) * bump / x.scale;
    // 0 low, 1 medium, 2 high, 3 extreme.
    let level = [0.01, 0.02, 0.04].iter().filter(|cut| variability > **cut).count();
    let third = if level <= 1 { first } else { Direction::Neutral };
    let fourth = if risk_points(x, level, confidence) < 75.0 { first } else { Direction::Neutral };
    let fifth = if hold_bars(x, level, confidence) > 4.0 { first } else { Direction::Neutral };
    let (mut up, mut down, mut flat) = (0.0, 0.0, 0.0);
    for (d, w) in [first, second, third, fourth, fifth].into_iter().zip(MODEL_WEIGHTS) {
        match d {
            Direction::Bullish => up += w,
            Direction::Bearish => down += w,
            Direction::Neutral => flat += w,
        }
    }
    let direction = if up > MODEL_MAJORITY {
        Direction::Bullish
    } else if down > MODEL_MAJORITY {
        Direction::Bearish
    } else {
        Direction::Neutral
    };
    let agreement = f64::max(up, down).max(flat);
    Vote::new(direction, (0.4 * confidence + 0.6 * agreement).clamp(0.0, 1.0), 100.0 * confidence)
}

fn risk_points(x: &MlInputs, level: usize, confidence: f64) -> f64 {
    let ladder = |v: f64, low: (f64, f64), high: (f64, f64)| {
        if v < low.0 {
            low.1
        } else if v < high.0 {
            high.1
        } else {
            0.0
        }
    };
    let rsi = if x.rsi > 75.0 || x.rsi < 25.0 {
        15.0
    } else if x.rsi > 70.0 || x.rsi < 30.0 {
        8.0
    } else {
        0.0
    };
    let volume = if x.volume_ratio > 3.0 {
        10.0
    } else if x.volume_ratio < 0.5 {
        5.0
    } else {
        0.0
    };
    [0.0, 10.0, 20.0, 30.0][level]
        + ladder(x.ts.abs(), (0.2, 20.0), (0.4, 10.0))
        + ladder(confidence, (0.4, 25.0), (0.6, 15.0))
        + rsi
        + volume
}

fn hold_bars(x: &MlInputs, level: usize, confidence: f64) -> f64 {
    let mut bars: f64 = [30.0, 10.0, 5.0, 2.0][level];
    let mut scale = |on: bool, factor: f64| {
        if on {
            bars = (bars * factor).floor();
        }
    };
    scale(x.ts.abs() > 0.6, 1.5);
    scale(x.ts.abs() < 0.2, 0.5);
    scale(x.rsi > 70.0 || x.rsi < 30.0, 0.7);
    scale(confidence > 0.8, 1.3);
    scale(x.volume_ratio > 2.0, 0.8);
    bars.clamp(1.0, 100.0)
}

/// Bars between refits, bars of training, and bars from a decision to its label.
const REFIT_BARS: usize = 100;
const TRAINING_BARS: usize = 500;
const LABEL_BARS: usize = 5;
const NEWTON_STEPS: usize = 25;
const RIDGE: f64 = 1.0;

/// Contributions of an L2 logistic regression (ridge 1, 25 Newton steps) on the seven inputs, refitted every 100 bars
/// on the 500 bars whose 5-bar labels are known. A bar without a fitted model says sideways at 0.5.
///
/// `inputs[i]` is `None` during the warm-up. The fit used at bar `i` reads closes up to bar `i` only.
pub fn walk_forward_logit(inputs: &[Option<MlInputs>], close: &[f64]) -> Vec<Vote> {
    let unsure = Vote::new(Direction::Neutral, 0.5, 0.0);
    let mut out = vec![unsure; inputs.len()];
    let Some(start) = inputs.iter().position(Option::is_some) else { return out };
    let mut model: Option<[f64; INPUTS + 1]> = None;
    for t in start..inputs.len() {
        let Some(x) = inputs[t] else { continue };
        let since = t - start;
        if since >= TRAINING_BARS + LABEL_BARS
            && (since - TRAINING_BARS - LABEL_BARS).is_multiple_of(REFIT_BARS)
        {
            let last = t - LABEL_BARS;
            let rows: Vec<([f64; INPUTS], bool)> = (last + 1 - TRAINING_BARS..=last)
                .filter_map(|j| Some((inputs[j]?.array(), close[j + LABEL_BARS] > close[j])))
                .collect();
            model = Some(fit(&rows));
        }
        if let Some(w) = model {
            let p = probability(&w, &x.array());
            let direction = if p > MODEL_MAJORITY {
                Direction::Bullish
            } else if p < 1.0 - MODEL_MAJORITY {
                Direction::Bearish
            } else {
                Direction::Neutral
            };
            out[t] = Vote::new(direction, p.max(1.0 - p), 200.0 * (p - 0.5).abs());
        }
    }
    out
}

fn probability(w: &[f64; INPUTS + 1], x: &[f64; INPUTS]) -> f64 {
    let z = w[INPUTS] + x.iter().zip(w).map(|(x, w)| x * w).sum::<f64>();
    1.0 / (1.0 + libm::exp(-z))
}

/// Newton's method from zero; the intercept (last) is not penalised.
fn fit(rows: &[([f64; INPUTS], bool)]) -> [f64; INPUTS + 1] {
    const N: usize = INPUTS + 1;
    let mut w = [0.0; N];
    for _ in 0..NEWTON_STEPS {
        let mut gradient = [0.0; N];
        let mut hessian = [[0.0; N]; N];
        for k in 0..INPUTS {
            gradient[k] = -RIDGE * w[k];
            hessian[k][k] = RIDGE;
        }
        for (x, up) in rows {
            let p = probability(&w, x);
            let error = f64::from(u8::from(*up)) - p;
            let mut row = [1.0; N];
            row[..INPUTS].copy_from_slice(x);
            for a in 0..N {
                gradient[a] += error * row[a];
                for b in 0..N {
                    hessian[a][b] += p * (1.0 - p) * row[a] * row[b];
                }
            }
        }
        match solve(hessian, gradient) {
            Some(step) => w.iter_mut().zip(step).for_each(|(w, s)| *w += s),
            // A single class drives the intercept away until the curvature vanishes: what is there is the answer.
            None => break,
        }
    }
    w
}

/// Gaussian elimination with partial pivoting; `None` where the matrix is singular.
fn solve<const N: usize>(mut a: [[f64; N]; N], mut b: [f64; N]) -> Option<[f64; N]> {
    for k in 0..N {
        let pivot = (k..N).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs()))?;
        if a[pivot][k].abs() < 1e-12 {
            return None;
        }
        a.swap(k, pivot);
        b.swap(k, pivot);
        for i in k + 1..N {
            let f = a[i][k] / a[k][k];
            for j in k..N {
                a[i][j] -= f * a[k][j];
            }
            b[i] -= f * b[k];
        }
    }
    for k in (0..N).rev() {
        let known: f64 = (k + 1..N).map(|j| a[k][j] * b[j]).sum();
        b[k] = (b[k] - known) / a[k][k];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn the_heuristic_is_antisymmetric() {
        let x = MlInputs {
            m5: 0.8,
            m10: 0.6,
            rs: 0.3,
            mc: 0.5,
            vr: 0.2,
            ts: 0.5,
            mr: 0.4,
            sigma: 0.01,
            sigma10: 0.008,
            atr_pct: 0.01,
            volume_ratio: 1.2,
            rsi: 65.0,
            scale: 1.0,
        };
        let y = MlInputs {
            m5: -0.8,
            m10: -0.6,
            rs: -0.3,
            mc: -0.5,
            vr: -0.2,
            ts: -0.5,
            mr: -0.4,
            rsi: 35.0,
            ..x
        };
        let (a, b) = (heuristic(&x), heuristic(&y));
        assert_eq!(a.direction, Direction::Bullish);
        assert_eq!(b.direction, Direction::Bearish);
        assert_eq!(a.confidence, b.confidence);
        assert_eq!(heuristic(&MlInputs { scale: 1.0, ..Default::default() }).direction, Direction::Neutral);
    }

    #[test]
    fn the_regression_learns_a_planted_rule_and_sees_no_future() {
        let mut s = Stream::new(5, "logit", 0);
        let n = 1200;
        // The close rises over the next 5 bars where m5 > 0: plant it by choosing m5 after the path.
        let mut close = vec![100.0];
        for _ in 1..n {
            close.push(close[close.len() - 1] * (1.0 + 0.01 * s.normal()));
        }
        let inputs: Vec<_> = (0..n)
            .map(|i| {
                let ahead = close.get(i + 5).map_or(0.0, |c| (c / close[i] - 1.0) * 20.0);
                Some(MlInputs { m5: ahead.clamp(-1.0, 1.0), scale: 1.0, ..Default::default() })
            })
            .collect();
        let out = walk_forward_logit(&inputs, &close);
        assert!(out[..505].iter().all(|c| c.direction == Direction::Neutral));
        let right =
            (505..n - 5).filter(|&i| out[i].direction == Direction::of(close[i + 5] - close[i])).count();
        assert!(right * 10 > (n - 510) * 7, "{right}");
        let cut = walk_forward_logit(&inputs[..800], &close[..800]);
        assert_eq!(cut[..], out[..800]);
    }
}
