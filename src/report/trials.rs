//! What a verdict knows of other trials, and what the ledger does, as text.

use super::text::{count, paragraph};
use crate::runs::TrialCounts;

/// Both counts beside a verdict, and why they differ.
pub fn trials_text(t: &TrialCounts) -> String {
    let by_kind: Vec<String> = t.by_kind.iter().map(|(kind, n)| format!("{kind} {}", count(*n))).collect();
    let both = format!(
        "Trials: the gate counts {}, this run; the ledger ({}) counts {} on these bars: {}.",
        count(t.gate),
        t.path.display(),
        count(t.ledger),
        by_kind.join(", ")
    );
    let why = if t.ledger > t.gate {
        " They differ because the gate judges this run as if it were the only one, and the ledger counts every setting \
         tried on these bars. If the run was chosen among them, the verdict is optimistic: a sweep's statistics allow \
         for the ledger's count, the gate does not."
    } else {
        " Nothing else was tried on these bars."
    };
    paragraph(&(both + why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_differ_say_why() {
        let text = |by_kind: &[(&str, u64)]| {
            let by_kind = by_kind.iter().map(|(k, n)| ((*k).to_owned(), *n)).collect();
            let t = TrialCounts { gate: 1, ledger: 0, by_kind, path: "results/ledger.jsonl".into() };
            let ledger = t.by_kind.values().sum();
            trials_text(&TrialCounts { ledger, ..t }).replace('\n', " ")
        };
        let one = text(&[("backtest", 1)]);
        assert!(
            one.contains("the gate counts 1, this run; the ledger (results/ledger.jsonl) counts 1"),
            "{one}"
        );
        assert!(one.contains("Nothing else was tried") && !one.contains("differ"), "{one}");
        let many = text(&[("backtest", 2), ("sweep", 1035)]);
        assert!(many.contains("counts 1,037 on these bars: backtest 2, sweep 1,035."), "{many}");
        assert!(many.contains("They differ because") && !many.contains("Nothing else"), "{many}");
    }
}
