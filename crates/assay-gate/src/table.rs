//! A report as lines of text.

use super::report::{CriterionRow, GateReport};
use super::verdict::Verdict;

/// Left margin of the second line of a row.
const INDENT: usize = 10;

/// Narrowest column of what is measured.
const LEAST_METRIC: usize = 12;

impl GateReport {
    /// The report as text in lines of at most `width` characters: the rows in file order under their phase and severity,
    /// failures and what is inconclusive with their reason, what a replay cannot judge, and at the end the overall
    /// verdict.
    pub fn text(&self, width: usize) -> String {
        let mut out = String::new();
        let c = &self.counts;
        let criteria = self.criteria_system.as_ref();
        let criteria = criteria.map_or_else(String::new, |s| format!(", by criteria for system {s}"));
        let about = format!("verdict on {} of system {}{criteria}", self.run_id, self.system);
        let trades = format!("{} closed trades, {} of them ambiguous.", self.trades, self.ambiguous_trades);
        for text in [&about, &self.judged, &trades] {
            for line in wrap(text, width) {
                push(&mut out, &line);
            }
        }
        self.push_rows(&mut out, width);
        self.push_not_applicable(&mut out, width);
        self.push_search(&mut out, width);
        self.push_marks(&mut out, width);
        let counts = format!(
            "{} pass, {} fail, {} inconclusive, {} not applicable; {} of the rows decide",
            c.pass, c.fail, c.inconclusive, c.not_applicable, c.deciding
        );
        push(&mut out, "");
        for line in
            wrap(&counts, width).iter().chain(&wrap(&format!("{}: {}", self.overall, self.why), width))
        {
            push(&mut out, line);
        }
        out
    }

    fn push_rows(&self, out: &mut String, width: usize) {
        let cells = self.cells();
        let widths = widths(&cells, width);
        let shown = self.rows.iter().filter(|r| r.verdict != Verdict::NotApplicable);
        let mut group = None;
        for (row, cells) in shown.zip(&cells) {
            let key = (row.phase.as_str(), row.severity);
            if group != Some(key) {
                group = Some(key);
                push(out, "");
                push(out, &format!("{} ({})", row.phase, row.severity));
            }
            for line in lines(cells, &widths, width) {
                push(out, &line);
            }
            for text in row.reason.iter().flat_map(|r| wrap(r, width.saturating_sub(INDENT))) {
                push(out, &format!("{:INDENT$}{text}", ""));
            }
        }
    }

    fn push_marks(&self, out: &mut String, width: usize) {
        if !self.marks.is_empty() {
            push(out, "");
        }
        for line in self.marks.iter().flat_map(|mark| wrap(&mark.line(), width)) {
            push(out, &line);
        }
    }

    fn push_not_applicable(&self, out: &mut String, width: usize) {
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
            push(out, "\nnot applicable");
        }
        for (why, rules) in absent {
            for (i, line) in wrap(&format!("{rules}: {why}"), width.saturating_sub(INDENT)).iter().enumerate()
            {
                let margin = if i == 0 { 2 } else { INDENT };
                push(out, &format!("{:margin$}{line}", ""));
            }
        }
    }

    fn push_search(&self, out: &mut String, width: usize) {
        let Some(search) = &self.search else { return };
        push(out, "\nall trials of the family");
        for line in search.lines() {
            for (i, part) in wrap(&line, width.saturating_sub(INDENT)).iter().enumerate() {
                let margin = if i == 0 { 2 } else { INDENT };
                push(out, &format!("{:margin$}{part}", ""));
            }
        }
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
            (true, Verdict::Fail) => "FIRED",
            (true, Verdict::Pass) => "quiet",
            (_, verdict) => verdict.name(),
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
            self.metric.clone(),
            self.rule.clone(),
            self.unit.format(self.observed),
            interval,
            self.n.to_string(),
        ]
    }
}

/// Widths that fit every cell, less where what is measured has to give way.
fn widths(rows: &[Vec<String>], width: usize) -> Vec<usize> {
    let mut widths = vec![5, 6, 8, 8, 6, 6, 3];
    for row in rows {
        for (w, cell) in widths.iter_mut().zip(row) {
            *w = (*w).max(cell.chars().count());
        }
    }
    // The columns that stand beside what is measured, a space before each and one more; of narrow lines fewer.
    let room = |columns: &[usize]| {
        let others: usize = columns.iter().map(|k| widths[*k] + 1).sum();
        width.saturating_sub(others + 2)
    };
    let (wide, narrow) = (room(&[0, 1, 3, 4, 5, 6]), room(&[0, 1, 4]));
    let metric = widths[2].min(29);
    widths[2] = if metric <= wide { metric } else { metric.min(narrow.max(LEAST_METRIC)) };
    widths
}

/// One row: text to the left, numbers to the right; where they have no room, rule, interval and sample stand below.
fn lines(cells: &[String], widths: &[usize], width: usize) -> Vec<String> {
    let field = |i: usize| {
        let (cell, w) = (clip(&cells[i], widths[i]), widths[i]);
        if i < 4 { format!(" {cell:<w$}") } else { format!(" {cell:>w$}") }
    };
    let whole = 1 + widths.iter().map(|w| w + 1).sum::<usize>();
    let all: &[usize] = if whole > width { &[0, 1, 2, 4] } else { &[0, 1, 2, 3, 4, 5, 6] };
    let mut out = vec![clip(&format!(" {}", all.iter().map(|i| field(*i)).collect::<String>()), width)];
    if whole > width {
        let below = [cells[3].clone(), cells[5].clone(), format!("n {}", cells[6])];
        let said: Vec<String> = below.into_iter().filter(|cell| !cell.is_empty()).collect();
        out.push(clip(&format!("{:INDENT$}{}", "", said.join("  ")), width));
    }
    out
}

pub(super) fn clip(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width - 1).chain(['…']).collect()
}

/// `text` broken between words so that no line is wider than `width`, but for longer words.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
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

pub(super) fn push(out: &mut String, line: &str) {
    out.push_str(line.trim_end());
    out.push('\n');
}
