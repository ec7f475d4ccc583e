//! A Gaussian hidden Markov model: fitted by expectation-maximisation, read by filtering.
//!
//! Only filtered probabilities are offered: those of a row, given that row and the rows before it. Smoothed ones and Viterbi's
//! path know the future. (J. D. Hamilton, Econometrica 57 (1989), 357-384; L. R. Rabiner, Proceedings of the IEEE 77 (1989),
//! 257-286.)

use crate::random::Stream;

/// States, their persistence and what each emits. States are in ascending order of variance, so that a state keeps its number
/// from fit to fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Hmm {
    /// Probabilities of the first state.
    pub start: Vec<f64>,
    /// `transition[from][to]`.
    pub transition: Vec<Vec<f64>>,
    /// Mean of each state.
    pub mean: Vec<f64>,
    /// Variance of each state.
    pub variance: Vec<f64>,
}

/// How a model is fitted, and fitted again as time goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HmmOptions {
    /// States, 2 to 5.
    pub states: usize,
    /// Rows a model is fitted on: the latest before it is used.
    pub train_rows: usize,
    /// Rows after which it is fitted again.
    pub refit_rows: usize,
    /// Starting points of the first fit; a later one starts from the model before.
    pub starts: usize,
    /// Most iterations of a fit.
    pub iterations: usize,
    /// Seed of the starting points.
    pub seed: u64,
}

impl Default for HmmOptions {
    fn default() -> Self {
        Self { states: 2, train_rows: 5000, refit_rows: 500, starts: 4, iterations: 200, seed: 42 }
    }
}

/// A fit ends where a step gains less log-likelihood than this a row.
const LEAST_GAIN: f64 = 1e-8;
/// A state's variance is at least this share of the whole sample's: one on a single row would have none.
const LEAST_VARIANCE: f64 = 1e-6;

impl Hmm {
    /// How many states there are.
    pub fn states(&self) -> usize {
        self.mean.len()
    }

    /// Densities of `x` in each state.
    fn emit(&self, x: f64, out: &mut [f64]) {
        for (slot, (m, v)) in out.iter_mut().zip(self.mean.iter().zip(&self.variance)) {
            let d = x - m;
            *slot = libm::exp(-0.5 * d * d / v) / (2.0 * std::f64::consts::PI * v).sqrt();
        }
    }

    /// Filtered probabilities of every row, row by row, and the log-likelihood. The model's `start` is that of row 0.
    pub fn filter(&self, x: &[f64]) -> (Vec<f64>, f64) {
        let mut filter = Filter::new(self);
        let mut out = Vec::with_capacity(x.len() * self.states());
        let mut likelihood = 0.0;
        for &v in x {
            likelihood += filter.step(self, v);
            out.extend_from_slice(&filter.now);
        }
        (out, likelihood)
    }

    /// A model of `k` states fitted to `x` from `self`; its log-likelihood before the last step.
    fn improved(mut self, x: &[f64], iterations: usize) -> (Self, f64) {
        let (k, n) = (self.states(), x.len());
        let floor = LEAST_VARIANCE * variance(x).max(f64::MIN_POSITIVE);
        let mut before = f64::NEG_INFINITY;
        let (mut alpha, mut emitted, mut scale) = (vec![0.0; n * k], vec![0.0; n * k], vec![0.0; n]);
        for _ in 0..iterations {
            let likelihood = self.forward(x, &mut alpha, &mut emitted, &mut scale);
            if !likelihood.is_finite() {
                return (self, f64::NEG_INFINITY);
            }
            if likelihood - before < LEAST_GAIN * n as f64 {
                return (self, likelihood);
            }
            before = likelihood;
            self.step(x, &alpha, &emitted, &scale, floor);
        }
        (self, before)
    }

    /// The scaled forward pass.
    fn forward(&self, x: &[f64], alpha: &mut [f64], emitted: &mut [f64], scale: &mut [f64]) -> f64 {
        let k = self.states();
        let mut filter = Filter::new(self);
        let mut likelihood = 0.0;
        for (t, &v) in x.iter().enumerate() {
            let row = t * k..(t + 1) * k;
            let gain = filter.step(self, v);
            likelihood += gain;
            scale[t] = libm::exp(gain);
            alpha[row.clone()].copy_from_slice(&filter.now);
            emitted[row].copy_from_slice(&filter.density);
        }
        likelihood
    }

    /// The backward pass and the maximisation, in one.
    fn step(&mut self, x: &[f64], alpha: &[f64], emitted: &[f64], scale: &[f64], floor: f64) {
        let (k, n) = (self.states(), x.len());
        let mut beta = vec![1.0; k];
        let mut moved = vec![vec![0.0; k]; k];
        let (mut weight, mut sum, mut first) = (vec![0.0; k], vec![0.0; k], vec![0.0; k]);
        let (mut gammas, mut seen) = (vec![0.0; n * k], vec![0.0; k]);
        for t in (0..n).rev() {
            let row = t * k;
            for s in 0..k {
                let gamma = alpha[row + s] * beta[s];
                gammas[row + s] = gamma;
                weight[s] += gamma;
                sum[s] += gamma * x[t];
            }
            if t == 0 {
                first.copy_from_slice(&gammas[..k]);
                break;
            }
            // What the row before sees of this row and all after it.
            seen.iter_mut().enumerate().for_each(|(s, slot)| *slot = emitted[row + s] * beta[s] / scale[t]);
            for (from, moves) in moved.iter_mut().enumerate() {
                let here = alpha[row - k + from];
                for to in 0..k {
                    moves[to] += here * self.transition[from][to] * seen[to];
                }
            }
            for (from, slot) in beta.iter_mut().enumerate() {
                *slot = (0..k).map(|to| self.transition[from][to] * seen[to]).sum();
            }
        }
        for s in 0..k {
            let w = weight[s].max(f64::MIN_POSITIVE);
            self.mean[s] = sum[s] / w;
            let squares: f64 = (0..n).map(|t| gammas[t * k + s] * (x[t] - self.mean[s]).powi(2)).sum();
            self.variance[s] = (squares / w).max(floor);
            let out: f64 = moved[s].iter().sum();
            if out > 0.0 {
                self.transition[s] = moved[s].iter().map(|m| m / out).collect();
            }
        }
        let total: f64 = first.iter().sum();
        self.start = first.iter().map(|p| p / total).collect();
    }

    /// The same model with its states in ascending order of variance.
    fn ordered(self) -> Self {
        let mut order: Vec<usize> = (0..self.states()).collect();
        order.sort_by(|a, b| self.variance[*a].total_cmp(&self.variance[*b]));
        let pick = |x: &[f64]| order.iter().map(|s| x[*s]).collect::<Vec<f64>>();
        Self {
            start: pick(&self.start),
            transition: order.iter().map(|s| pick(&self.transition[*s])).collect(),
            mean: pick(&self.mean),
            variance: pick(&self.variance),
        }
    }

    /// The best of several fits to `x`: from states that part the absolute values by size, and from random ones.
    ///
    /// `None` where `x` is shorter than ten rows a state, not finite, or does not vary.
    pub fn fit(x: &[f64], options: &HmmOptions) -> Option<Self> {
        let k = options.states;
        let whole = variance(x);
        if x.len() < 10 * k || !whole.is_finite() || whole <= 0.0 {
            return None;
        }
        let mut best: Option<(Self, f64)> = None;
        for start in 0..options.starts.max(1) {
            let mut s = Stream::new(options.seed, "hmm", start as u64);
            let jitter = |s: &mut Stream| if start == 0 { 1.0 } else { libm::exp(0.7 * s.normal()) };
            let stay = if start == 0 { 0.95 } else { 0.80 + 0.19 * s.uniform() };
            let model = Self {
                start: vec![1.0 / k as f64; k],
                transition: (0..k).map(|from| persistent(k, from, stay)).collect(),
                mean: vec![x.iter().sum::<f64>() / x.len() as f64; k],
                variance: (0..k)
                    .map(|j| whole * libm::pow(4.0, j as f64 - 0.5 * (k as f64 - 1.0)) * jitter(&mut s))
                    .collect(),
            };
            let (model, likelihood) = model.improved(x, options.iterations);
            if best.as_ref().is_none_or(|(_, l)| likelihood > *l) {
                best = Some((model, likelihood));
            }
        }
        best.filter(|(_, l)| l.is_finite()).map(|(model, _)| model.ordered())
    }
}

fn persistent(k: usize, from: usize, stay: f64) -> Vec<f64> {
    let move_on = if k > 1 { (1.0 - stay) / (k as f64 - 1.0) } else { 0.0 };
    (0..k).map(|to| if to == from { stay } else { move_on }).collect()
}

fn variance(x: &[f64]) -> f64 {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    x.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / x.len() as f64
}

/// The recursion of the filter, one row at a time.
struct Filter {
    /// Filtered probabilities of the row just seen; before any, those of the start.
    now: Vec<f64>,
    before: Vec<f64>,
    density: Vec<f64>,
    seen: bool,
}

impl Filter {
    fn new(model: &Hmm) -> Self {
        let k = model.states();
        Self { now: model.start.clone(), before: vec![0.0; k], density: vec![0.0; k], seen: false }
    }

    /// Takes in `x` and returns the log of its density given the rows before.
    fn step(&mut self, model: &Hmm, x: f64) -> f64 {
        if self.seen {
            std::mem::swap(&mut self.now, &mut self.before);
            self.now.fill(0.0);
            for (p, moves) in self.before.iter().zip(&model.transition) {
                for (slot, m) in self.now.iter_mut().zip(moves) {
                    *slot += p * m;
                }
            }
        }
        self.seen = true;
        model.emit(x, &mut self.density);
        let total: f64 = self.now.iter().zip(&self.density).map(|(p, d)| p * d).sum();
        if total <= 0.0 {
            // Beyond every state by dozens of deviations: the row says nothing that could be told apart.
            self.density.fill(f64::MIN_POSITIVE);
            return libm::log(f64::MIN_POSITIVE);
        }
        for (p, d) in self.now.iter_mut().zip(&self.density) {
            *p *= d / total;
        }
        libm::log(total)
    }
}

/// Labels by models that knew only rows before them.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    /// The most likely state of each row; [`UNKNOWN`] where there was no model yet.
    pub labels: Vec<u8>,
    /// Models fitted.
    pub fits: usize,
    /// Times that no model could be fitted, and rows stayed without a label.
    pub failed: usize,
    /// The last model.
    pub last: Option<Hmm>,
}

/// The label of a row without a model.
pub const UNKNOWN: u8 = u8::MAX;

/// The most likely state of each row by a model that knew only rows before it.
///
/// A model is fitted on the `train_rows` before row `t`, filters those rows and goes on from `t` until it is fitted again; each fit
/// starts from the one before.
pub fn walk_forward(x: &[f64], options: &HmmOptions) -> Walk {
    let mut walk = Walk { labels: vec![UNKNOWN; x.len()], fits: 0, failed: 0, last: None };
    let mut from = options.train_rows;
    while from < x.len() {
        let train = &x[from - options.train_rows..from];
        walk.last = match walk.last.take() {
            Some(m) => {
                let (m, likelihood) = m.improved(train, options.iterations);
                likelihood.is_finite().then(|| m.ordered())
            }
            None => Hmm::fit(train, options),
        };
        let to = (from + options.refit_rows.max(1)).min(x.len());
        match &walk.last {
            None => walk.failed += 1,
            Some(m) => {
                walk.fits += 1;
                let mut filter = Filter::new(m);
                train.iter().for_each(|v| {
                    filter.step(m, *v);
                });
                for (slot, v) in walk.labels[from..to].iter_mut().zip(&x[from..to]) {
                    filter.step(m, *v);
                    let likeliest = (0..m.states()).max_by(|a, b| filter.now[*a].total_cmp(&filter.now[*b]));
                    *slot = likeliest.unwrap_or(0) as u8;
                }
            }
        }
        from = to;
    }
    walk
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SplitMix64, as the reference case is made.
    struct Split(u64);

    impl Split {
        fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        }

        fn z12(&mut self) -> f64 {
            (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
        }
    }

    /// Two states, 600 rows, with their truth.
    fn reference() -> (Vec<f64>, Vec<u8>) {
        let mut s = Split(71);
        let (stay, mean, sd) = ([0.98, 0.95], [0.001, -0.002], [0.008, 0.025]);
        let mut state = 0;
        (0..600)
            .map(|t| {
                if t > 0 && s.uniform() >= stay[state] {
                    state = 1 - state;
                }
                (100.0 * (mean[state] + sd[state] * s.z12()), state as u8)
            })
            .unzip()
    }

    fn fixed() -> Hmm {
        let (p, q) = (0.98, 0.05);
        let second = (1.0 - p) / (1.0 - p + q);
        Hmm {
            start: vec![1.0 - second, second],
            transition: vec![vec![p, 1.0 - p], vec![q, 1.0 - q]],
            mean: vec![0.1, -0.2],
            variance: vec![0.64, 6.25],
        }
    }

    #[test]
    fn the_filter_meets_the_reference() {
        let (x, truth) = reference();
        let (p, likelihood) = fixed().filter(&x);
        assert!((likelihood + 889.505_961_404_031).abs() < 1e-9, "{likelihood}");
        let second: Vec<f64> = p.chunks(2).map(|r| r[1]).collect();
        for (got, want) in second.iter().zip([0.122_590_157_213_587_13, 0.065_890_747_076_860_89]) {
            assert!((got - want).abs() < 1e-12, "{got}");
        }
        assert!((second[599] - 0.011_658_465_197_350_365).abs() < 1e-12);
        let labels: Vec<u8> = second.iter().map(|p| u8::from(*p > 0.5)).collect();
        let e = crate::regime::evaluate(&truth, &labels, 2).unwrap();
        assert_eq!((&e.confusion[0][..2], &e.confusion[1][..2]), (&[471, 13][..], &[14, 102][..]));
        assert_eq!((e.true_switches, e.label_switches, e.missed), (12, 16, 2));
        assert_eq!((e.mean_lag_bars, e.median_lag_bars), (Some(1.7), Some(1.5)));
        assert!((e.macro_f1 - 0.927_626_553_013_549_9).abs() < 1e-12);
    }

    #[test]
    fn the_fit_finds_the_maximum_and_never_loses_likelihood() {
        let (x, _) = reference();
        let m = Hmm::fit(&x, &HmmOptions::default()).unwrap();
        // The reference starts from the stationary state, this fit from any.
        for (got, want, off) in [
            (m.transition[0][0], 0.9910, 0.002),
            (m.transition[1][0], 0.0390, 0.004),
            (m.mean[0], 0.1205, 0.005),
            (m.mean[1], -0.1116, 0.02),
            (m.variance[0], 0.6706, 0.005),
            (m.variance[1], 5.7725, 0.05),
        ] {
            assert!((got - want).abs() < off, "{got} against {want}");
        }
        assert!(m.filter(&x).1 >= -887.223);
        let mut model = fixed();
        let mut before = f64::NEG_INFINITY;
        for _ in 0..30 {
            let (next, _) = model.clone().improved(&x, 1);
            let now = next.filter(&x).1;
            assert!(now >= before - 1e-9, "{now} after {before}");
            (model, before) = (next, now);
        }
    }

    #[test]
    fn labels_know_no_future() {
        let (x, truth) = reference();
        let options = HmmOptions { train_rows: 200, refit_rows: 50, iterations: 30, ..HmmOptions::default() };
        let walk = walk_forward(&x, &options);
        let labels = &walk.labels;
        assert_eq!((walk.fits, walk.failed), (8, 0));
        assert!(labels[..200].iter().all(|l| *l == 255) && labels[200..].iter().all(|l| *l < 2));
        for cut in [201, 249, 250, 251, 400, 599] {
            assert_eq!(walk_forward(&x[..cut], &options).labels, labels[..cut], "{cut}");
        }
        let e = crate::regime::evaluate(&truth, labels, 2).unwrap();
        assert!(e.balanced_accuracy > 0.8, "{}", e.balanced_accuracy);
    }

    #[test]
    fn what_cannot_be_fitted_is_not() {
        let options = HmmOptions::default();
        assert_eq!(Hmm::fit(&[1.0; 100], &options), None);
        assert_eq!(Hmm::fit(&[1.0, 2.0], &options), None);
        assert_eq!(Hmm::fit(&[f64::NAN; 100], &options), None);
        let walk = walk_forward(&[0.0; 6000], &options);
        assert!(walk.labels.iter().all(|l| *l == 255) && (walk.fits, walk.failed) == (0, 2));
        // A row far beyond every state does not end the filter.
        let (mut x, _) = reference();
        x[300] = 1e9;
        assert!(fixed().filter(&x).0.iter().all(|p| p.is_finite()));
    }
}
