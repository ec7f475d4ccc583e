//! The power of criteria as lines of text.

use super::report::{PowerReport, PowerRow};
use super::set::{DroppedValue, SetPower};
use crate::rule::ValueUnit;
use crate::table::{clip, push, wrap};

/// What stands above each column.
const HEAD: [&str; 8] = ["row", "measured", "rule", "if true", "power", "drawn", "for 80 %", "years"];

impl PowerReport {
    /// The report as text in lines of at most `width` characters: deciding rows first, then the others, what has no
    /// power and why, and the set.
    pub fn text(&self, width: usize) -> String {
        let mut out = String::new();
        let about = format!(
            "what these criteria can decide on a sample as long as {}: {} days, {} closed trades; if what they \
             document is true",
            self.run_id, self.days, self.trades
        );
        lines(&mut out, &about, width);
        let shown: Vec<&PowerRow> = self.rows.iter().filter(|r| r.chance().is_some()).collect();
        let columns = PowerColumns::fitting(&shown, width);
        for (decides, title) in [(true, "rows that decide"), (false, "other rows")] {
            let mut rows = shown.iter().filter(|r| r.decides == decides).peekable();
            if rows.peek().is_none() {
                continue;
            }
            push(&mut out, &format!("\n{title}"));
            push(&mut out, &clip(&columns.line(&HEAD.map(str::to_owned)), width));
            for row in rows {
                let cells = row.cells();
                push(&mut out, &clip(&columns.line(&cells), width));
                let below = columns.rule_below.then_some(cells[RULE].as_str());
                for text in below.into_iter().chain(row.never.as_deref()) {
                    push(&mut out, &clip(&format!("    {text}"), width));
                }
            }
        }
        self.push_open(&mut out, width);
        self.push_set(&mut out, width);
        out
    }

    /// Rows without any power, by the reason.
    fn push_open(&self, out: &mut String, width: usize) {
        let mut reasons: Vec<(&str, Vec<&str>)> = vec![];
        for row in self.rows.iter().filter(|r| r.chance().is_none()) {
            let why = row.open.as_deref().unwrap_or_default();
            match reasons.iter_mut().find(|(w, _)| *w == why) {
                Some((_, ids)) => ids.push(&row.id),
                None => reasons.push((why, vec![&row.id])),
            }
        }
        if !reasons.is_empty() {
            push(out, "\nrows without a power");
        }
        for (why, ids) in reasons {
            lines(out, &format!("{}: {why}", ids.join(", ")), width);
        }
    }

    fn push_set(&self, out: &mut String, width: usize) {
        push(out, "\nall deciding rows together");
        match (&self.set, &self.set_open) {
            (Some(set), _) => set.sentences(self).iter().for_each(|s| lines(out, s, width)),
            (None, Some(why)) => lines(out, &format!("not drawn: {why}"), width),
            (None, None) => {}
        }
        if !self.undecided.is_empty() {
            lines(out, &format!("no sample of this length decides: {}", self.undecided.join(", ")), width);
        }
    }
}

impl SetPower {
    fn sentences(&self, of: &PowerReport) -> Vec<String> {
        let mut out: Vec<String> = self.left_out(of).into_iter().collect();
        let values = if self.dropped.is_empty() { "documented values" } else { "others" };
        out.push(format!(
            "{} rows pass together in {} ({} to {}) of {} histories of {} days, drawn from the run in blocks of {} \
             {}, weighted so that the {values} are true; the weighted blocks are worth {:.0} equal ones of {:.0}",
            self.rows,
            percent(self.power),
            percent(self.interval.lo),
            percent(self.interval.hi),
            self.histories,
            self.days,
            self.block_days,
            if self.block_days == 1 { "day" } else { "days" },
            self.effective_blocks,
            self.days as f64 / self.block_days as f64
        ));
        out.extend(self.limiting.as_ref().map(|row| {
            format!(
                "{} limits it: alone it passes in {}, the others without it in {}",
                row.id,
                percent(row.power),
                percent(row.power_without)
            )
        }));
        if self.questions.len() > 1 {
            let said = |q: &super::QuestionPower| {
                format!("{} ({} rows) {}", q.question, q.rows.len(), percent(q.power))
            };
            out.push(format!(
                "by question: {}",
                self.questions.iter().map(said).collect::<Vec<_>>().join(", ")
            ));
        }
        out
    }

    /// Which values cannot be true of the days together with the others.
    fn left_out(&self, of: &PowerReport) -> Option<String> {
        let named = |dropped: &DroppedValue| {
            let row = of.rows.iter().find(|r| dropped.rows.contains(&r.id));
            let (metric, unit) = row.map_or(("value", ValueUnit::Plain), |r| (r.metric.as_str(), r.unit));
            format!("{metric} {} ({})", unit.format(Some(dropped.value)), dropped.rows.join(", "))
        };
        let all: Vec<String> = self.dropped.iter().map(named).collect();
        let said = "the documented values cannot all be true of days like these: left out";
        match all.len() {
            0 => None,
            1 => Some(format!("{said} is {}", all[0])),
            _ => Some(format!("{said} are {}", all.join(", "))),
        }
    }
}

impl PowerRow {
    fn cells(&self) -> [String; 8] {
        let metric = match self.scope.as_str() {
            "overall" | "system" => self.metric.clone(),
            scope => format!("{} {scope}", self.metric),
        };
        let chance = |p: Option<f64>| p.map_or_else(|| "-".to_owned(), percent);
        [
            self.id.clone(),
            metric,
            self.rule.clone(),
            self.unit.format(self.supposed.as_ref().map(|s| s.value)),
            chance(self.power),
            chance(self.power_simulated),
            match (self.n_needed, self.n_unit) {
                (Some(1.0), Some(unit)) => format!("1 {}", unit.trim_end_matches('s')),
                (Some(n), Some(unit)) => format!("{n} {unit}"),
                _ => "-".into(),
            },
            self.years_needed.map_or_else(|| "-".into(), |y| format!("{y:.1}")),
        ]
    }
}

fn percent(p: f64) -> String {
    ValueUnit::Percent.format(Some(p))
}

/// The place of the rule among the cells.
const RULE: usize = 2;

/// How the cells of rows stand in lines.
struct PowerColumns {
    widths: [usize; 8],
    /// In narrow lines the rule stands below its row.
    rule_below: bool,
}

impl PowerColumns {
    /// Wide enough for every cell; in lines of at most `width` what is measured gives way, then the rule.
    fn fitting(rows: &[&PowerRow], width: usize) -> Self {
        let mut widths = HEAD.map(|h| h.chars().count());
        for row in rows {
            for (w, cell) in widths.iter_mut().zip(row.cells()) {
                *w = (*w).max(cell.chars().count());
            }
        }
        let others = |but: &[usize]| -> usize {
            (0..widths.len()).filter(|k| !but.contains(k)).map(|k| widths[k] + 2).sum()
        };
        let room = |but: &[usize]| width.saturating_sub(others(but) + 2);
        let rule_below = room(&[1]) < widths[1].min(20);
        let metric = if rule_below { room(&[1, RULE]) } else { room(&[1]) };
        widths[1] = widths[1].min(metric.max(8));
        Self { widths, rule_below }
    }

    /// Text to the left, numbers to the right.
    fn line(&self, cells: &[String; 8]) -> String {
        let field = |k: usize| {
            let (cell, w) = (clip(&cells[k], self.widths[k]), self.widths[k]);
            if k <= RULE { format!("  {cell:<w$}") } else { format!("  {cell:>w$}") }
        };
        (0..8).filter(|k| !(self.rule_below && *k == RULE)).map(field).collect()
    }
}

fn lines(out: &mut String, text: &str, width: usize) {
    for (k, part) in wrap(text, width.saturating_sub(4)).iter().enumerate() {
        let margin = if k == 0 { 0 } else { 4 };
        push(out, &format!("{:margin$}{part}", ""));
    }
}
