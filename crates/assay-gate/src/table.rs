//! A report as lines of text, at most 100 columns wide.

use super::report::{CriterionRow, GateReport};
use super::verdict::Verdict;

/// Widest line.
const WIDTH: usize = 100;

/// Left margin of the second line of a row.
const INDENT: usize = 10;

impl GateReport {
    /// The report as text: overall verdict first, then the rows in file order under their phase and severity, failures
    /// and open questions with their reason, and at the end what a replay cannot judge.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let c = &self.counts;
        let criteria = self.criteria_system.as_ref();
        let criteria = criteria.map_or_else(String::new, |s| format!(", by criteria for system {s}"));
        push(&mut out, &format!("{}  {} of system {}{criteria}", self.overall, self.run_id, self.system));
        let counts = format!(
            "{} pass, {} fail, {} inconclusive, {} not applicable; {} of the rows decide",
            c.pass, c.fail, c.inconclusive, c.not_applicable, c.deciding
        );
        push(&mut out, &counts);
        let trades = format!("{} closed trades, {} of them ambiguous.", self.trades, self.ambiguous_trades);
        for text in [&self.judged, &trades, &self.why] {
            for line in wrap(text, WIDTH) {
                push(&mut out, &line);
            }
        }
        let cells = self.cells();
        let widths = widths(&cells);
        let shown: Vec<&CriterionRow> =
            self.rows.iter().filter(|r| r.verdict != Verdict::NotApplicable).collect();
        let mut group = None;
        for (row, cells) in shown.iter().zip(&cells) {
            let key = (row.phase.as_str(), row.severity);
            if group != Some(key) {
                group = Some(key);
                push(&mut out, "");
                push(&mut out, &format!("{} ({})", row.phase, row.severity));
            }
            push(&mut out, &line(cells, &widths));
            let talks = row.verdict != Verdict::Pass || row.reason.is_some();
            for text in row.reason.iter().filter(|_| talks).flat_map(|r| wrap(r, WIDTH - INDENT)) {
                push(&mut out, &format!("{:INDENT$}{text}", ""));
            }
        }
        let mut absent: Vec<(&str, String)> = Vec::new();
        for row in self.rows.iter().filter(|r| r.verdict == Verdict::NotApplicable) {
            let why = row.reason.as_deref().unwrap_or_default();
            let rule = format!("{} {} {}", row.id, row.metric, row.rule);
            match absent.iter_mut().find(|(w, _)| *w == why) {
                Some((_, rules)) => *rules = format!("{rules}; {rule}"),
                None => absent.push((why, rule)),
            }
        }
        if !absent.is_empty() {
            push(&mut out, "\nnot applicable");
        }
        for (why, rules) in absent {
            for (i, line) in wrap(&format!("{rules}: {why}"), WIDTH - INDENT).iter().enumerate() {
                let margin = if i == 0 { 2 } else { INDENT };
                push(&mut out, &format!("{:margin$}{line}", ""));
            }
        }
        out
    }

    /// The rows that were judged as cells: verdict, id, what is measured, rule, observed, interval, sample.
    pub fn cells(&self) -> Vec<Vec<String>> {
        self.rows.iter().filter(|r| r.verdict != Verdict::NotApplicable).map(CriterionRow::cells).collect()
    }
}

impl CriterionRow {
    /// Its cells in a table.
    fn cells(&self) -> Vec<String> {
        let mark = match (self.alert.is_some(), self.verdict) {
            (_, Verdict::Inconclusive) => "open",
            (true, Verdict::Fail) => "FIRED",
            (true, _) => "quiet",
            (false, Verdict::Fail) => "FAIL",
            (false, _) => "pass",
        };
        let interval = match &self.interval {
            Some(i) => {
                let end = |x: f64| self.unit.format(Some(x));
                let bare = |x: f64| end(x).split(' ').next().unwrap_or_default().to_owned();
                format!("[{}, {}]", bare(i.lo), bare(i.hi))
            }
            None => String::new(),
        };
        vec![
            mark.into(),
            self.id.clone(),
            clip(&self.metric, 29),
            self.rule.clone(),
            self.unit.format(self.observed),
            interval,
            self.n.to_string(),
        ]
    }
}

/// Widths that fit every cell.
fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let mut widths = vec![5, 6, 8, 8, 6, 6, 3];
    for row in rows {
        for (w, cell) in widths.iter_mut().zip(row) {
            *w = (*w).max(cell.chars().count());
        }
    }
    widths
}

/// One row: text to the left, numbers to the right.
fn line(cells: &[String], widths: &[usize]) -> String {
    let mut out = String::from(" ");
    for (i, (cell, &w)) in cells.iter().zip(widths).enumerate() {
        let padded = if i < 4 { format!(" {cell:<w$}") } else { format!(" {cell:>w$}") };
        out.push_str(&padded);
    }
    clip(&out, WIDTH)
}

fn clip(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width - 1).chain(['…']).collect()
}

/// `text` broken between words so that no line is wider than `width`, but for longer words.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn push(out: &mut String, line: &str) {
    out.push_str(line.trim_end());
    out.push('\n');
}
