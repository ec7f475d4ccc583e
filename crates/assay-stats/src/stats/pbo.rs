//! Probability of backtest overfitting: how often the best in sample is below the median out of sample.

use rayon::prelude::*;

use super::cscv::{CELLS, Cscv, Histogram, Selection};
use super::cscv_plan::{BlockMoments, block_counts, block_moments};

/// Result of combinatorially symmetric cross-validation (CSCV).
///
/// D. H. Bailey, J. Borwein, M. Lopez de Prado and Q. J. Zhu, Journal of Computational Finance 20(4) (2017), 39-69, section
/// 3. It judges the selection, not a strategy, so the candidates must be all that were tried. Metrics are `mean / sd` per
/// period. On pure noise the estimate scatters widely about one half from one data set to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Pbo {
    /// Ways to take half of the blocks as the sample.
    pub combinations: usize,
    /// Candidates shown, those that never traded included.
    pub candidates: usize,
    /// Candidates whose returns nowhere vary.
    pub never_traded: usize,
    /// Combinations on which no candidate has a metric. Each counts as overfitted, with the lowest rank, and as a loss.
    pub undecided: usize,
    /// Share of combinations whose winner in sample does no better than the median out of sample (logit zero or less).
    pub pbo: f64,
    /// Mean of `logits`.
    pub mean_logit: f64,
    /// Share of combinations whose winner loses out of sample or does not trade there.
    pub prob_loss: f64,
    /// Slope of the winners' metric out of sample on theirs in sample. Negative on noise by construction, the two halves
    /// having a constant sum; NaN where the latter do not vary.
    pub slope: f64,
    /// Intercept of the same regression; NaN with it.
    pub intercept: f64,
    /// Mean metric of the winners in sample; NaN where there is none.
    pub mean_inside: f64,
    /// Their mean metric out of sample, over combinations where both exist.
    pub mean_outside: f64,
    /// `ln(w / (1 - w))` of each combination, `w = rank / (candidates + 1)` of the winner out of sample with average ranks
    /// on ties and 1 for the worst; combinations in lexicographic order of their blocks.
    pub logits: Vec<f64>,
    /// Whether selecting beats picking at random.
    pub dominance: Dominance,
}

/// Distribution of the winners' metric out of sample against that of all candidates on all combinations.
///
/// Read from histograms of 512 cells over the range of all metrics; no metric counts as below all of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dominance {
    /// Greatest excess of the winners' distribution function: zero where selecting dominates to the first order, else the
    /// share by which it is worse at some level.
    pub first_order_gap: f64,
    /// Greatest excess of its integral from below, in units of the metric: zero where selecting dominates to the second
    /// order.
    pub second_order_gap: f64,
    /// Mean metric of the winners less that of all candidates, to the width of a cell.
    pub lead: f64,
}

impl Pbo {
    /// Summary of selections among at least two candidates.
    pub(super) fn of(
        selections: Vec<Selection>,
        candidates: usize,
        never_traded: usize,
        all: &Histogram,
        range: (f64, f64),
    ) -> Self {
        let combinations = selections.len();
        let share = |count: usize| count as f64 / combinations as f64;
        let above = 2 * (candidates as u64 + 1);
        let logits: Vec<f64> = selections
            .iter()
            .map(|s| libm::log(s.double_rank as f64 / (above - s.double_rank) as f64))
            .collect();
        let lost = |s: &Selection| s.winner.is_none() || s.outside < 0.0;
        let pairs: Vec<(f64, f64)> = selections
            .iter()
            .filter(|s| s.winner.is_some() && s.outside > f64::NEG_INFINITY)
            .map(|s| (s.inside, s.outside))
            .collect();
        let (slope, intercept, mean_inside, mean_outside) = regression(&pairs);
        let mut winners = Histogram::default();
        for s in &selections {
            winners.add(s.outside, range);
        }
        Self {
            combinations,
            candidates,
            never_traded,
            undecided: selections.iter().filter(|s| s.winner.is_none()).count(),
            pbo: share(selections.iter().filter(|s| 2 * s.double_rank <= above).count()),
            mean_logit: logits.iter().sum::<f64>() / combinations as f64,
            prob_loss: share(selections.iter().filter(|s| lost(s)).count()),
            slope,
            intercept,
            mean_inside,
            mean_outside,
            logits,
            dominance: Dominance::of(&winners, all, (range.1 - range.0) / CELLS as f64),
        }
    }
}

impl Dominance {
    fn of(winners: &Histogram, all: &Histogram, width: f64) -> Self {
        let total = |h: &Histogram| (h.none + h.cells.iter().sum::<u64>()) as f64;
        let (total_winners, total_all) = (total(winners), total(all));
        let width = if width.is_finite() { width } else { 0.0 };
        let (mut below_winners, mut below_all) = (winners.none, all.none);
        let (mut first, mut second, mut area) = (0.0_f64, 0.0_f64, 0.0);
        for cell in 0..CELLS {
            let gap = |w: u64, a: u64| w as f64 / total_winners - a as f64 / total_all;
            let lower = gap(below_winners, below_all);
            below_winners += winners.cells[cell];
            below_all += all.cells[cell];
            let upper = gap(below_winners, below_all);
            first = first.max(lower).max(upper);
            // As if a cell's values were spread evenly.
            area += 0.5 * (lower + upper) * width;
            second = second.max(area);
        }
        Self { first_order_gap: first, second_order_gap: second, lead: -area }
    }
}

/// Least-squares slope and intercept of the second on the first, and both means.
fn regression(pairs: &[(f64, f64)]) -> (f64, f64, f64, f64) {
    let n = pairs.len() as f64;
    let mean_x = pairs.iter().map(|p| p.0).sum::<f64>() / n;
    let mean_y = pairs.iter().map(|p| p.1).sum::<f64>() / n;
    let square: f64 = pairs.iter().map(|p| (p.0 - mean_x) * (p.0 - mean_x)).sum();
    let cross: f64 = pairs.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)).sum();
    // The same winner everywhere of two identical blocks leaves nothing but rounding.
    let slope = if square > 1e-24 * n * mean_x * mean_x { cross / square } else { f64::NAN };
    (slope, mean_y - slope * mean_x, mean_x, mean_y)
}

/// Probability of backtest overfitting of candidates whose returns per bar are `columns`, all on the same bars, cut into
/// `blocks` blocks (16 where each then holds 30 bars or more).
///
/// The first bars that fill no block are dropped. `None` for fewer than two columns, columns of different lengths, an odd
/// number of blocks or one outside 2 to 16, or too few bars.
pub fn pbo_of(columns: &[Vec<f64>], blocks: usize) -> Option<Pbo> {
    let rows = columns.first()?.len();
    if columns.iter().any(|c| c.len() != rows) {
        return None;
    }
    let mut first = Cscv::new(&block_counts(rows, blocks))?;
    let moments: Vec<BlockMoments> = columns.par_iter().map(|c| block_moments(c, blocks)).collect();
    first.see_all(0, &moments);
    let mut second = first.second();
    second.rank_all(&moments);
    second.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::{SplitMix, close};

    /// `rows` by `columns`, drawn row by row.
    fn noise(seed: u64, rows: usize, columns: usize, first_mean: f64) -> Vec<Vec<f64>> {
        let mut g = SplitMix::new(seed);
        let mut out = vec![Vec::new(); columns];
        for _ in 0..rows {
            for (k, column) in out.iter_mut().enumerate() {
                column.push(g.z12() + if k == 0 { first_mean } else { 0.0 });
            }
        }
        out
    }

    #[test]
    fn results_match_reference_values() {
        let n = noise(21, 320, 10, 0.0);
        let s = noise(22, 320, 10, 0.25);
        let r = noise(23, 323, 5, 0.0);
        for (columns, blocks, combinations, want) in [
            (
                &n,
                8,
                70,
                [0.6714285714285714, -0.3769800652873972, 0.7, -0.5751027195043609, 0.036975062615673675],
            ),
            (
                &n,
                16,
                12870,
                [
                    0.6605283605283605,
                    -0.4559038976560568,
                    0.7045066045066045,
                    -0.6935804949772217,
                    0.05110881096141396,
                ],
            ),
            (
                &s,
                8,
                70,
                [
                    0.24285714285714285,
                    0.5177830498487042,
                    0.22857142857142856,
                    -0.7283453250612666,
                    0.14927613544712018,
                ],
            ),
            (
                &s,
                16,
                12870,
                [
                    0.28935508935508936,
                    0.4238069098878782,
                    0.2619269619269619,
                    -0.6517487123770068,
                    0.13113848299031003,
                ],
            ),
            (
                &r,
                8,
                70,
                [
                    0.5142857142857142,
                    0.3229040050561336,
                    0.5142857142857142,
                    -0.7797332231427515,
                    0.05855922789505834,
                ],
            ),
        ] {
            let p = pbo_of(columns, blocks).unwrap();
            assert_eq!((p.combinations, p.never_traded, p.undecided), (combinations, 0, 0));
            for (got, want) in [p.pbo, p.mean_logit, p.prob_loss, p.slope, p.intercept].iter().zip(want) {
                assert!(close(*got, want, 1e-10), "{blocks}: {got} {want}");
            }
        }
        let p = pbo_of(&n, 8).unwrap();
        for (got, want) in p.logits.iter().zip([
            0.1823215567939544,
            0.1823215567939544,
            0.1823215567939544,
            -0.9808292530117264,
            0.1823215567939544,
        ]) {
            assert!(close(*got, want, 1e-12));
        }
        assert!(close(p.mean_inside, 0.1252221006315849, 1e-10));
        assert!(close(p.mean_outside, -0.03504050799959955, 1e-10));
    }

    #[test]
    fn winners_are_those_of_the_reference() {
        let moments: Vec<BlockMoments> =
            noise(21, 320, 10, 0.0).iter().map(|c| block_moments(c, 16)).collect();
        let mut first = Cscv::new(&[20; 16]).unwrap();
        first.see_all(0, &moments);
        let winners = first.winners();
        assert_eq!(winners[..5], [Some(6), Some(1), Some(1), Some(1), Some(1)]);
    }

    #[test]
    fn the_way_candidates_are_shown_does_not_matter() {
        let mut columns = noise(5, 160, 40, 0.0);
        columns[9] = columns[3].clone();
        columns[17] = vec![0.0; 160];
        let moments: Vec<BlockMoments> = columns.iter().map(|c| block_moments(c, 10)).collect();
        let want = pbo_of(&columns, 10).unwrap();
        assert_eq!(want.never_traded, 1);
        let mut first = Cscv::new(&[16; 10]).unwrap();
        // Last first: ties must still go to the lower number.
        for (i, m) in moments.iter().enumerate().rev() {
            first.see(i, m);
        }
        let mut second = first.second();
        moments[..7].iter().for_each(|m| second.rank(m));
        second.rank_all(&moments[7..]);
        assert_eq!(second.finish().unwrap(), want);
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| pbo_of(&columns, 10)).unwrap(), want);
        }
    }

    #[test]
    fn a_true_edge_dominates_and_noise_does_not() {
        let edge = pbo_of(&noise(3, 640, 20, 0.5), 8).unwrap();
        assert_eq!((edge.pbo, edge.prob_loss, edge.dominance.first_order_gap), (0.0, 0.0, 0.0));
        assert!(edge.dominance.second_order_gap == 0.0 && edge.dominance.lead > 0.3);
        let noise = pbo_of(&noise(21, 320, 10, 0.0), 8).unwrap();
        assert!(noise.dominance.first_order_gap > 0.1 && noise.dominance.lead < 0.05);
    }

    #[test]
    fn lead_is_the_difference_of_the_means() {
        // All candidates' mean metric, from one combination's worth of plain arithmetic each.
        let columns = noise(6, 40, 3, 0.3);
        let p = pbo_of(&columns, 2).unwrap();
        let half = |c: &Vec<f64>, k: usize| crate::stats::sharpe_ratio(&c[20 * k..20 * k + 20], 1.0);
        let all: f64 = columns.iter().map(|c| half(c, 0) + half(c, 1)).sum::<f64>() / 6.0;
        assert!((p.dominance.lead - (p.mean_outside - all)).abs() < 0.01);
    }

    #[test]
    fn identical_candidates_are_all_average() {
        let one = noise(1, 80, 1, 0.2).remove(0);
        let p = pbo_of(&vec![one; 7], 4).unwrap();
        assert!(p.pbo == 1.0 && p.logits.iter().all(|&l| l == 0.0));
    }

    #[test]
    fn those_who_do_not_trade_cannot_win_and_nobody_trading_is_no_pass() {
        let mut columns = vec![vec![0.0; 80]; 5];
        let p = pbo_of(&columns, 4).unwrap();
        assert_eq!((p.never_traded, p.undecided, p.pbo, p.prob_loss), (5, 6, 1.0, 1.0));
        assert!(
            p.slope.is_nan()
                && p.mean_inside.is_nan()
                && p.logits.iter().all(|&l| close(l, -(5f64.ln()), 1e-12))
        );
        // A loser that trades in one block only wins the three combinations that hold it, and is silent on the rest.
        columns[2][3] = -1.0;
        let p = pbo_of(&columns, 4).unwrap();
        assert_eq!((p.never_traded, p.undecided, p.prob_loss), (4, 3, 1.0));
        assert!(p.dominance.lead.is_finite());
    }

    #[test]
    fn what_cannot_be_done_is_none() {
        let columns = noise(1, 80, 3, 0.0);
        assert!(pbo_of(&columns[..1], 4).is_none() && pbo_of(&[], 4).is_none());
        assert!(
            pbo_of(&columns, 5).is_none() && pbo_of(&columns, 18).is_none() && pbo_of(&columns, 0).is_none()
        );
        assert!(pbo_of(&[vec![0.1; 9], vec![0.1; 8]], 4).is_none());
        let mut first = Cscv::new(&[20; 4]).unwrap();
        first.see_all(0, &columns.iter().map(|c| block_moments(c, 4)).collect::<Vec<_>>());
        assert!(first.second().finish().is_none(), "the second pass is missing");
    }
}
