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

/// A text that ends with a verdict, with the counts before its last paragraph: the verdict stays last.
pub fn with_trials(text: &str, t: &TrialCounts) -> String {
    let counts = trials_text(t);
    match text.trim_end().rsplit_once("\n\n") {
        Some((above, verdict)) => format!("{above}\n\n{counts}\n{verdict}\n"),
        None => format!("{counts}\n{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_stays_last() {
        let by_kind = [("backtest".to_owned(), 1)].into();
        let t = TrialCounts { gate: 1, ledger: 1, by_kind, path: "ledger.jsonl".into() };
        let text = with_trials("rows\n\n1 pass\nPASS: all.\n", &t);
        assert!(text.starts_with("rows\n\nTrials: ") && text.ends_with("\n\n1 pass\nPASS: all.\n"), "{text}");
    }

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
