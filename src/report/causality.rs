//! A check of causality as text.

use super::TextTable;
use super::text::{count, paragraph, render};
use crate::experiments::causality::{
    Causality, CausalityViolation, CutCount, CutReason, Forgets, Future, Memory,
};
use crate::system::Stage;

/// Columns that changed which a terminal shows; the JSON document has all.
const SHOWN: usize = 20;

/// The findings, then what was done, then what columns remember.
pub fn causality_text(c: &Causality) -> String {
    let mut parts = vec![verdict(c)];
    if !c.clean {
        parts.push(render(&violations(c)));
    }
    parts.push(render(&cuts(c)));
    parts.push(render(&stages(c)));
    parts.push(render(&memories(c)));
    parts.join("\n")
}

/// One sentence that says what was found; of what changed, the first in the order of the pipeline.
fn verdict(c: &Causality) -> String {
    let done = format!(
        "{} histories of {} bars in all, cut at {} places",
        count(c.cost.histories as u64),
        count(c.cost.bars),
        count(c.cost.cuts as u64),
    );
    let text = match c.violations.first() {
        None => format!("CLEAN: no value before a cut changed ({done})."),
        Some(v) => {
            let reach = match v.ahead {
                0 => "it reads its own bar before it is over".to_owned(),
                n => format!("it reads at least {} ahead", bars(n)),
            };
            format!(
                "VIOLATION: {} reads the future. At bar {} ({}) it is {} with the real bars from {} on and {} {}: \
                 {reach} ({done}).",
                named(v),
                v.bar,
                v.time,
                v.whole,
                v.cut,
                v.changed,
                match v.future {
                    Future::Missing => "without them",
                    Future::Noise => "with noise instead",
                    Future::AfterOpen => "where only the open of the first of them stays",
                    Future::BeforeClose => "where the first of them closes elsewhere",
                },
            )
        }
    };
    paragraph(&text)
}

fn bars(n: usize) -> String {
    if n == 1 { "1 bar".to_owned() } else { format!("{} bars", count(n as u64)) }
}

fn named(v: &CausalityViolation) -> String {
    format!("{} ({})", v.column, v.stage.name())
}

fn violations(c: &Causality) -> TextTable {
    let all = c.violations.len();
    let caption = match all {
        0..=SHOWN => "First change of each column that changed, in the order of the pipeline".to_owned(),
        _ => format!(
            "First change of the first {SHOWN} of {all} columns that changed, in the order of the pipeline"
        ),
    };
    let columns =
        ["stage", "column", ">bar", "opens at (UTC)", ">cut", "then", ">value", ">changed", ">ahead"];
    let mut table = TextTable::new(&columns).caption(caption);
    for v in c.violations.iter().take(SHOWN) {
        let [whole, changed] = told_apart(&v.whole, &v.changed);
        table.row([
            v.stage.name().to_owned(),
            v.column.clone(),
            v.bar.to_string(),
            v.time.clone(),
            v.cut.to_string(),
            match v.future {
                Future::Missing => "nothing",
                Future::Noise => "noise",
                Future::AfterOpen => "its open",
                Future::BeforeClose => "no close",
            }
            .to_owned(),
            whole,
            changed,
            v.ahead.to_string(),
        ]);
    }
    table
}

/// Two numbers that differ, in as few digits as show it; other words as they are.
fn told_apart(a: &str, b: &str) -> [String; 2] {
    let short = |text: &str, digits: usize| match text.parse::<f64>() {
        Ok(x) if x.is_finite() => {
            format!("{x:.digits$e}").parse::<f64>().map_or_else(|_| text.to_owned(), |x| x.to_string())
        }
        _ => text.to_owned(),
    };
    let pairs = (5..17).map(|digits| [short(a, digits), short(b, digits)]);
    pairs.into_iter().find(|[a, b]| a != b).unwrap_or_else(|| [a.to_owned(), b.to_owned()])
}

fn cuts(c: &Causality) -> TextTable {
    let mut table = TextTable::new(&["where the data were cut", ">cuts"]);
    for row in &c.cuts {
        table.row([place(row), count(row.cuts as u64)]);
    }
    table
}

fn place(c: &CutCount) -> String {
    let n = count(c.around.unwrap_or(0) as u64);
    let of = count(c.of.unwrap_or(0) as u64);
    let some = |what: &str| {
        if n == of { format!("around {n} {what}") } else { format!("around {n} of {of} {what}") }
    };
    match c.why {
        CutReason::Every => "at every bar".to_owned(),
        CutReason::Drawn => "drawn over the history".to_owned(),
        CutReason::Trade => some("trades"),
        CutReason::Gap => some("gaps"),
        CutReason::Window => format!("at every bar of {n} windows, each a history of its own"),
    }
}

fn stages(c: &Causality) -> TextTable {
    let mut table = TextTable::new(&["compared bit for bit", ">columns", ">values", ">changed"]);
    for s in &c.stages {
        let columns = if s.stage == Stage::Fill {
            format!("{} facts", count(s.columns as u64))
        } else {
            s.columns.to_string()
        };
        table.row([s.stage.name().to_owned(), columns, count(s.values), s.changed.to_string()]);
    }
    table
}

/// Columns that need more bars than they declare; the others are only counted.
fn memories(c: &Causality) -> TextTable {
    let beyond = |m: &&Memory| m.needed.is_none_or(|n| n > m.declared);
    let shown: Vec<&Memory> = c.memories.iter().filter(beyond).collect();
    let caption = format!(
        "Warm-up: bars until a value no longer depends on where the data begin (relative tolerance {:e}, {} bars from each \
         start). {} of {} columns need no more than they declare; these do.",
        c.tolerance,
        count(c.horizon as u64),
        c.memories.len() - shown.len(),
        c.memories.len(),
    );
    let mut table = TextTable::new(&["stage", "column", ">declared", ">needed", ">difference at declared"])
        .caption(caption);
    for m in shown {
        table.row([
            m.stage.name().to_owned(),
            m.column.clone(),
            m.declared.to_string(),
            match (m.forgets, m.needed) {
                (Forgets::Never, _) => "never".to_owned(),
                (_, Some(n)) => count(n as u64),
                (_, None) => format!("> {}", count(c.horizon as u64)),
            },
            left(m.left),
        ]);
    }
    table
}

/// A relative difference: its size matters, not its digits.
fn left(d: f64) -> String {
    if d.is_nan() {
        "--".to_owned()
    } else if d == 0.0 {
        "0".to_owned()
    } else if d >= 0.001 {
        super::text::percent(d)
    } else {
        format!("{d:.0e}")
    }
}
