//! The stationary bootstrap of a strategy's own returns, fast.
//!
//! A path is made of blocks of the sample, and a block's part in every figure follows from the sample alone: its growth is
//! a ratio of two prefix products, its sums are differences of two prefix sums, its highest and lowest wealth come from a
//! table of range extremes. A block therefore costs the same however long it is, and its bars are walked only where it
//! could hold a new deepest drawdown, which soon becomes rare.

use rayon::prelude::*;

use super::lengths::Lengths;
use crate::random::Stream;
use crate::stats::{Blocks, is_rounding, max_drawdown_of_returns, mean, sharpe_ratio};

/// Purpose of the random streams of [`bootstrap_paths`], so that a path can be drawn again alone.
pub const RETURNS_PURPOSE: &str = "montecarlo returns";

/// What one resampled path of returns came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PathFigures {
    /// Sharpe ratio per period, not annualised (sd with ddof 1); NaN where the path's returns do not vary.
    pub sharpe: f64,
    /// Largest fall from the running peak of `prod(1 + r)`, as a fraction of the peak; the start counts as a peak.
    pub max_drawdown: f64,
    /// `prod(1 + r) - 1`.
    pub total_return: f64,
}

/// The figures of `paths` stationary resamples of `returns` (simple returns per period) with blocks of mean length
/// `mean_block` (below one, or NaN, counts as one), in the order of the paths on any number of threads.
///
/// KernelPath `i` draws the [`Blocks`] of the stream (`seed`, `"montecarlo returns"`, `i`), and its figures agree with a plain
/// loop over them to about 1e-12. D. N. Politis and J. P. Romano, JASA 89 (1994), 1303-1313. Every figure is NaN where a
/// return is not finite.
pub fn bootstrap_paths(returns: &[f64], paths: u32, mean_block: f64, seed: u64) -> Vec<PathFigures> {
    if returns.iter().any(|r| !r.is_finite()) {
        let undefined = PathFigures { sharpe: f64::NAN, max_drawdown: f64::NAN, total_return: f64::NAN };
        return vec![undefined; paths as usize];
    }
    let stream = |i| Stream::new(seed, RETURNS_PURPOSE, u64::from(i));
    let plain = |i| plain_figures(returns, Blocks::new(stream(i), returns.len(), mean_block));
    match Sample::of(returns, mean_block) {
        Some(sample) => (0..paths)
            .into_par_iter()
            .map(|i| sample.figures(stream(i)).unwrap_or_else(|| plain(i)))
            .collect(),
        None => (0..paths).into_par_iter().map(plain).collect(),
    }
}

/// The same figures bar by bar.
fn plain_figures(returns: &[f64], blocks: Blocks) -> PathFigures {
    let path: Vec<f64> = blocks.flatten().map(|i| returns[i]).collect();
    PathFigures {
        sharpe: sharpe_ratio(&path, 1.0),
        max_drawdown: max_drawdown_of_returns(path.iter().copied()),
        total_return: path.iter().fold(1.0, |w, r| w * (1.0 + r)) - 1.0,
    }
}

/// Prefixes before one bar.
#[derive(Debug, Clone, Copy)]
struct Before {
    /// Wealth, from 1 before the first bar.
    wealth: f64,
    /// `1 / wealth`.
    inverse: f64,
    /// Sum of deviations from the sample's mean.
    sum: f64,
    /// Sum of their squares.
    squares: f64,
}

/// Lowest and highest wealth over a window of bars.
#[derive(Debug, Clone, Copy)]
struct LeastAndMost {
    low: f64,
    high: f64,
}

impl LeastAndMost {
    fn join(self, other: Self) -> Self {
        // Comparisons rather than `min` and `max`: nothing is NaN here, and these are single instructions.
        Self {
            low: if other.low < self.low { other.low } else { self.low },
            high: if other.high > self.high { other.high } else { self.high },
        }
    }
}

/// A sample of returns prepared for resampling. It goes on at its own start for one window, so that no block wraps.
struct Sample {
    n: usize,
    mean: f64,
    /// Mean square deviation.
    variance: f64,
    before: Vec<Before>,
    /// `extremes[k][i]`: of the wealth after bars `i..i + 2^k`. Longer blocks are taken in pieces of the widest window.
    extremes: Vec<Vec<LeastAndMost>>,
    lengths: Lengths,
}

impl Sample {
    /// `None` where prefix products are no basis: a return of -1 or less, wealth near the ends of the number range, no
    /// return.
    fn of(returns: &[f64], mean_block: f64) -> Option<Self> {
        let n = returns.len();
        if n == 0 {
            return None;
        }
        // Windows of up to four to eight mean blocks: few blocks are longer.
        let wanted = if mean_block >= 1.0 { mean_block.min(1e6) as usize * 4 } else { 4 };
        let levels = wanted.min(n).min(1024).ilog2() as usize;
        let long = n + (1 << levels);

        let m = mean(returns);
        let mut before = Vec::with_capacity(long + 1);
        let mut last = Before { wealth: 1.0, inverse: 1.0, sum: 0.0, squares: 0.0 };
        before.push(last);
        for i in 0..long {
            let r = returns[i % n];
            let wealth = last.wealth * (1.0 + r);
            if !(1e-100..1e100).contains(&wealth) {
                return None;
            }
            let (sum, squares) = (last.sum + (r - m), last.squares + (r - m) * (r - m));
            last = Before { wealth, inverse: 1.0 / wealth, sum, squares };
            before.push(last);
        }

        let single = before[1..].iter().map(|b| LeastAndMost { low: b.wealth, high: b.wealth }).collect();
        let mut extremes: Vec<Vec<LeastAndMost>> = vec![single];
        for k in 0..levels {
            let half = &extremes[k];
            let wide = half.iter().zip(&half[1 << k..]).map(|(a, b)| a.join(*b)).collect();
            extremes.push(wide);
        }
        let variance = before[n].squares / n as f64;
        Some(Self { n, mean: m, variance, before, extremes, lengths: Lengths::new(mean_block) })
    }

    /// The figures of one path; `None` where the plain loop must decide.
    fn figures(&self, mut stream: Stream) -> Option<PathFigures> {
        let window = 1 << (self.extremes.len() - 1);
        let mut path = KernelPath { wealth: 1.0, peak: 1.0, floor: 1.0, sum: 0.0, squares: 0.0 };
        let mut left = self.n;
        while left > 0 {
            let mut start = stream.below(self.n);
            let mut length = self.lengths.of(stream.bits()).min(left);
            left -= length;
            while length > window {
                path.extend(self, start, window);
                length -= window;
                start = if start + window < self.n { start + window } else { start + window - self.n };
            }
            path.extend(self, start, length);
        }
        path.figures(self)
    }
}

/// A path under way.
struct KernelPath {
    wealth: f64,
    peak: f64,
    /// One less the deepest drawdown.
    floor: f64,
    sum: f64,
    squares: f64,
}

impl KernelPath {
    /// Goes on with the bars `start..start + length` of the sample; `length` from one to the widest window.
    #[inline(always)]
    fn extend(&mut self, sample: &Sample, start: usize, length: usize) {
        let (from, to) = (&sample.before[start], &sample.before[start + length]);
        let level = length.ilog2() as usize;
        let row = &sample.extremes[level];
        let all = row[start].join(row[start + length - (1 << level)]);
        // Wealth at the block's start over the sample's there, times the sample's wealth, is the path's.
        let high = self.wealth * (all.high * from.inverse);
        let low = self.wealth * (all.low * from.inverse);
        let peak = if high > self.peak { high } else { self.peak };
        // The lowest value may come before the highest: a bound, and the bars decide.
        if low < self.floor * peak {
            self.walk(sample, start, length);
        }
        self.peak = peak;
        self.wealth *= to.wealth * from.inverse;
        self.sum += to.sum - from.sum;
        self.squares += to.squares - from.squares;
    }

    /// Lowers the floor by the drawdowns inside a block.
    #[inline(never)]
    fn walk(&mut self, sample: &Sample, start: usize, length: usize) {
        let scale = self.wealth * sample.before[start].inverse;
        let mut peak = self.peak;
        for after in &sample.before[start + 1..=start + length] {
            let value = scale * after.wealth;
            peak = if value > peak { value } else { peak };
            if value < self.floor * peak {
                self.floor = value / peak;
            }
        }
    }

    fn figures(&self, sample: &Sample) -> Option<PathFigures> {
        let n = sample.n as f64;
        let shift = self.sum / n;
        let squares = self.squares - self.sum * shift;
        // A path that barely varies has its variance in the rounding of the sums.
        if squares <= 1e-6 * sample.variance * n || !self.wealth.is_finite() || !self.peak.is_finite() {
            return None;
        }
        let (mean, sd) = (sample.mean + shift, (squares / (n - 1.0)).sqrt());
        Some(PathFigures {
            sharpe: if sd.is_nan() || is_rounding(sd, mean) { f64::NAN } else { mean / sd },
            max_drawdown: 1.0 - self.floor,
            total_return: self.wealth - 1.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::{ar1, garch};

    fn assert_agrees(returns: &[f64], paths: u32, block: f64) {
        let fast = bootstrap_paths(returns, paths, block, 9);
        assert_eq!(fast.len(), paths as usize);
        for (i, f) in (0..paths).zip(fast) {
            let p = plain_figures(
                returns,
                Blocks::new(Stream::new(9, RETURNS_PURPOSE, u64::from(i)), returns.len(), block),
            );
            let near = |a: f64, b: f64| {
                a == b || (a - b).abs() <= 1e-9 * b.abs().max(1e-3) || (a.is_nan() && b.is_nan())
            };
            assert!(near(f.sharpe, p.sharpe), "{i} {block}: {f:?} {p:?}");
            assert!(near(f.max_drawdown, p.max_drawdown), "{i} {block}: {f:?} {p:?}");
            assert!(near(1.0 + f.total_return, 1.0 + p.total_return), "{i} {block}: {f:?} {p:?}");
        }
    }

    #[test]
    fn figures_agree_with_the_plain_loop_over_the_same_blocks() {
        let calm = garch(7, 1500, 0.0003, 0.000002, 0.1, 0.88);
        let wild = ar1(3, 700, 0.002, -0.3, 0.05);
        for block in [f64::NAN, 0.5, 1.0, 1.5, 2.0, 10.0, 50.0, 333.3, 5000.0, 1e12, f64::INFINITY] {
            assert_agrees(&calm, 60, block);
            assert_agrees(&wild, 60, block);
            for n in 1..20 {
                assert_agrees(&wild[..n], 20, block);
            }
        }
    }

    #[test]
    fn degenerate_returns_agree_too() {
        // Ruin, no variation, hardly any variation, wealth beyond the number range, nothing at all.
        assert_agrees(&[0.1, -1.0, 0.2, 0.05], 30, 2.0);
        assert_agrees(&[0.1, -1.5, 0.2, 0.05], 30, 2.0);
        assert_agrees(&[0.01; 50], 10, 5.0);
        let mut rare = vec![0.0; 400];
        rare[7] = 0.5;
        assert_agrees(&rare, 50, 5.0);
        assert_agrees(&[0.9; 2000], 3, 5.0);
        assert_agrees(&[-0.9; 2000], 3, 5.0);
        assert_agrees(&[], 3, 5.0);
        assert!(bootstrap_paths(&[0.1, f64::NAN], 2, 1.0, 1).iter().all(|f| f.max_drawdown.is_nan()));
    }

    #[test]
    fn figures_do_not_depend_on_the_number_of_threads() {
        let returns = ar1(1, 300, 0.001, 0.1, 0.02);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| bootstrap_paths(&returns, 200, 8.0, 4))
        };
        let one = run(1);
        assert!(one == run(2) && one == run(7));
        assert_eq!(
            one[..50],
            bootstrap_paths(&returns, 50, 8.0, 4),
            "a path does not know how many there are"
        );
    }
}
