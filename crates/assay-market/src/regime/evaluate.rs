//! Labels against a known truth.

use serde::{Deserialize, Serialize};

/// How well labels meet a truth, bar by bar. Both are codes of one scheme; bars whose truth or label is unknown are
/// left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegimeEvaluation {
    /// Bars compared.
    pub bars: usize,
    /// `confusion[true][label]`, counts, in the order of the scheme.
    pub confusion: Vec<Vec<usize>>,
    /// Share of bars labelled right.
    pub accuracy: f64,
    /// Mean recall of the regimes that occur; of five, 0.2 is what a coin of five sides reaches.
    pub balanced_accuracy: f64,
    /// Mean F1 of the regimes that occur.
    pub macro_f1: f64,
    /// Cohen's kappa: agreement beyond chance.
    pub kappa: f64,
    /// Matthews correlation, several classes (Gorodkin 2004).
    pub mcc: f64,
    /// Accuracy of always naming the most frequent regime.
    pub majority_accuracy: f64,
    /// Balanced accuracy of that.
    pub majority_balanced_accuracy: f64,
    /// Changes of the truth.
    pub true_switches: usize,
    /// Changes of the label.
    pub label_switches: usize,
    /// Stretches of the truth that never got their label.
    pub missed: usize,
    /// Bars from a change to the first right label, of stretches that got one; `None` where there is none.
    pub mean_lag_bars: Option<f64>,
    /// Median of these.
    pub median_lag_bars: Option<f64>,
    /// Changes of the label that found no stretch of the truth.
    pub false_switches: usize,
    /// Mean bars between changes of the truth.
    pub true_dwell_bars: f64,
    /// Mean bars between changes of the label.
    pub label_dwell_bars: f64,
}

/// Compares `labels` with `truth`, both codes of a scheme of `kinds` regimes, one a bar; `None` where no bar has both.
pub fn evaluate(truth: &[u8], labels: &[u8], kinds: usize) -> Option<RegimeEvaluation> {
    let both: Vec<(usize, usize)> = truth
        .iter()
        .zip(labels)
        .map(|(t, l)| (usize::from(*t), usize::from(*l)))
        .filter(|(t, l)| *t < kinds && *l < kinds)
        .collect();
    let n = both.len();
    if n == 0 {
        return None;
    }
    let mut confusion = vec![vec![0usize; kinds]; kinds];
    for (t, l) in &both {
        confusion[*t][*l] += 1;
    }
    let rows: Vec<f64> = confusion.iter().map(|r| r.iter().sum::<usize>() as f64).collect();
    let columns: Vec<f64> =
        (0..kinds).map(|l| confusion.iter().map(|r| r[l]).sum::<usize>() as f64).collect();
    let right: Vec<f64> = (0..kinds).map(|k| confusion[k][k] as f64).collect();
    let total = n as f64;
    let present: Vec<usize> = (0..kinds).filter(|k| rows[*k] > 0.0).collect();
    let classes = present.len() as f64;
    let correct: f64 = right.iter().sum();
    let chance: f64 = (0..kinds).map(|k| rows[k] * columns[k]).sum::<f64>() / (total * total);
    let accuracy = correct / total;
    let f1 = |k: usize| 2.0 * right[k] / (rows[k] + columns[k]);
    let squares = |x: &[f64]| x.iter().map(|v| v * v).sum::<f64>();
    let spread = ((total * total - squares(&columns)) * (total * total - squares(&rows))).sqrt();
    let cross: f64 = (0..kinds).map(|k| rows[k] * columns[k]).sum();
    let majority = rows.iter().copied().fold(0.0, f64::max) / total;

    let mut lags: Vec<usize> = vec![];
    let (mut true_switches, mut missed) = (0, 0);
    let mut start = 0;
    while start < n {
        let end = (start..n).find(|i| both[*i].0 != both[start].0).unwrap_or(n);
        if start > 0 {
            true_switches += 1;
            match (start..end).find(|i| both[*i].1 == both[*i].0) {
                Some(hit) => lags.push(hit - start),
                None => missed += 1,
            }
        }
        start = end;
    }
    lags.sort_unstable();
    let label_switches = both.windows(2).filter(|w| w[0].1 != w[1].1).count();
    let found = lags.len();
    let median = match found {
        0 => None,
        m if m % 2 == 1 => Some(lags[m / 2] as f64),
        m => Some((lags[m / 2 - 1] + lags[m / 2]) as f64 / 2.0),
    };
    Some(RegimeEvaluation {
        bars: n,
        accuracy,
        balanced_accuracy: present.iter().map(|k| right[*k] / rows[*k]).sum::<f64>() / classes,
        macro_f1: present.iter().map(|k| f1(*k)).sum::<f64>() / classes,
        kappa: if chance < 1.0 { (accuracy - chance) / (1.0 - chance) } else { 0.0 },
        mcc: if spread > 0.0 { (correct * total - cross) / spread } else { 0.0 },
        majority_accuracy: majority,
        majority_balanced_accuracy: 1.0 / classes,
        true_switches,
        label_switches,
        missed,
        mean_lag_bars: (found > 0).then(|| lags.iter().sum::<usize>() as f64 / found as f64),
        median_lag_bars: median,
        false_switches: label_switches.saturating_sub(found),
        true_dwell_bars: total / (true_switches + 1) as f64,
        label_dwell_bars: total / (label_switches + 1) as f64,
        confusion,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_of_a_known_confusion() {
        // The two-state reference case: [[471, 13], [14, 102]].
        let mut truth = vec![];
        let mut labels = vec![];
        for (t, l, count) in [(0, 0, 471), (0, 1, 13), (1, 0, 14), (1, 1, 102)] {
            truth.extend(std::iter::repeat_n(t, count));
            labels.extend(std::iter::repeat_n(l, count));
        }
        let e = evaluate(&truth, &labels, 5).unwrap();
        for (got, want) in [
            (e.accuracy, 0.955),
            (e.balanced_accuracy, 0.926_225_420_347_677_4),
            (e.kappa, 0.855_253_752_680_476),
            (e.mcc, 0.855_266_042_951_281_2),
            (e.majority_accuracy, 0.806_666_666_666_666_7),
            (e.majority_balanced_accuracy, 0.5),
        ] {
            assert!((got - want).abs() < 1e-9, "{got} against {want}");
        }
    }

    #[test]
    fn lags_count_from_each_change_of_the_truth() {
        let truth = [0, 0, 0, 1, 1, 1, 2, 2, 0, 0];
        let label = [0, 0, 0, 0, 0, 1, 1, 1, 0, 0];
        let e = evaluate(&truth, &label, 5).unwrap();
        assert_eq!((e.true_switches, e.missed, e.label_switches, e.false_switches), (3, 1, 2, 0));
        assert_eq!((e.mean_lag_bars, e.median_lag_bars), (Some(1.0), Some(1.0)));
        assert_eq!(e.true_dwell_bars, 2.5);
    }

    #[test]
    fn unknown_bars_are_left_out() {
        assert_eq!(evaluate(&[255, 0], &[0, 255], 5), None);
        assert_eq!(evaluate(&[255, 3], &[0, 3], 5).unwrap().bars, 1);
        // A code beyond the scheme is none of it.
        assert_eq!(evaluate(&[0, 3], &[0, 3], 3).unwrap().bars, 1);
    }
}
