//! Repairs that are asked for by name, and counted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::CheckOptions;
use super::order::{differing, repeated};
use super::view::BarsView;
use crate::error::{Error, Result, nearest};
use crate::market::{Timeframe, format_time};
use crate::quality::infer;
use crate::rows::Rows;
use crate::week::{WeekRule, between, snapped};
use crate::words::count;

/// More bars than this are not filled in: a wrong time far away would fill the memory.
const MOST_FILLED: u64 = 50_000_000;

/// A repair. They are done in the order of this list, whatever order they are named in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Fix {
    /// `sort`: puts rows in order of time; rows of one time stay as they stand.
    Sort,
    /// `dedup`: drops rows that were there before.
    Dedup(Keep),
    /// `drop-last`: drops the last bar.
    DropLast,
    /// `fill-gaps`: puts a flat bar without volume at the close before wherever one is missing.
    FillGaps,
}

/// Which of several rows of one time is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keep {
    /// `dedup`: only exact repeats are dropped, others are an error.
    Alike,
    /// `dedup=first`: the first.
    First,
    /// `dedup=last`: the last.
    Last,
}

/// What a repair did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// The repair.
    pub fix: Fix,
    /// Rows moved, dropped or filled in.
    pub rows: usize,
    /// The same in words.
    pub text: String,
}

const NAMES: [(&str, Fix); 6] = [
    ("sort", Fix::Sort),
    ("dedup", Fix::Dedup(Keep::Alike)),
    ("dedup=first", Fix::Dedup(Keep::First)),
    ("dedup=last", Fix::Dedup(Keep::Last)),
    ("drop-last", Fix::DropLast),
    ("fill-gaps", Fix::FillGaps),
];

impl FromStr for Fix {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        NAMES.iter().find(|(name, _)| *name == s).map(|(_, fix)| *fix).ok_or_else(|| {
            let error = Error::usage("--fix", format!("{s:?} is no repair"));
            match nearest(s, NAMES.iter().map(|(name, _)| *name)) {
                Some(name) => error.hint(format!("did you mean {name}?")),
                None => error.hint("choose of sort, dedup, dedup=first, dedup=last, drop-last, fill-gaps"),
            }
        })
    }
}

impl fmt::Display for Fix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES.iter().find(|(_, fix)| fix == self).map_or("", |(name, _)| name))
    }
}

impl TryFrom<String> for Fix {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        s.parse().map_err(|e: Error| e.to_string())
    }
}

impl From<Fix> for String {
    fn from(fix: Fix) -> Self {
        fix.to_string()
    }
}

/// Repairs rows; what was done is said of each repair, also where that is nothing.
///
/// # Errors
/// Rows of one time differ and the repair does not say which to keep; gaps cannot be filled.
pub fn apply(mut rows: Rows, fixes: &[Fix], options: &CheckOptions) -> Result<(Rows, Vec<Repair>)> {
    let mut fixes = fixes.to_vec();
    fixes.sort_unstable();
    fixes.dedup();
    let twice = fixes.windows(2).find(|w| matches!(w, [Fix::Dedup(_), Fix::Dedup(_)]));
    if let Some([a, b]) = twice {
        return Err(
            Error::usage("--fix", format!("{a} and {b} contradict each other")).hint("name one of them")
        );
    }
    let mut done = Vec::with_capacity(fixes.len());
    for fix in fixes {
        let before = rows.len();
        let (n, text);
        (rows, n, text) = match fix {
            Fix::Sort => sort(rows),
            Fix::Dedup(keep) => dedup(rows, keep)?,
            Fix::DropLast => drop_last(rows),
            Fix::FillGaps => fill(rows, options)?,
        };
        debug_assert!(fix == Fix::FillGaps || rows.len() <= before);
        done.push(Repair { fix, rows: n, text });
    }
    Ok((rows, done))
}

fn sort(rows: Rows) -> (Rows, usize, String) {
    let t = &rows.time_ms;
    let late = t.windows(2).filter(|w| w[1] < w[0]).count();
    if late == 0 {
        return (rows, 0, "rows were in order".into());
    }
    let mut order: Vec<usize> = (0..t.len()).collect();
    order.sort_by_key(|&i| t[i]);
    let moved = order.iter().enumerate().filter(|(k, i)| k != *i).count();
    let text = format!("{} put in order", count(moved as u64, "row"));
    (rows.pick(&order), moved, text)
}

fn dedup(rows: Rows, keep: Keep) -> Result<(Rows, usize, String)> {
    let again = repeated(&rows.time_ms);
    let mut dropped = vec![false; rows.len()];
    // The row of a time that is kept so far.
    let mut kept: Option<(usize, usize)> = None;
    let mut differ = 0;
    for (first, i) in again {
        let conflict = differing(&rows, first, i);
        differ += u64::from(conflict.is_some());
        match (keep, conflict) {
            (Keep::Alike, Some(which)) => {
                let (place, other) = (rows.place(i), rows.place(first));
                let when = format_time(rows.time_ms[i]);
                return Err(Error::data(
                    place,
                    format!("has the time {when} and another {which} than {other}"),
                )
                .hint("choose which is right: --fix dedup=first or --fix dedup=last"));
            }
            (Keep::Last, _) => {
                let before = kept.filter(|(f, _)| *f == first).map_or(first, |(_, k)| k);
                dropped[before] = true;
                kept = Some((first, i));
            }
            _ => dropped[i] = true,
        }
    }
    let n = dropped.iter().filter(|d| **d).count();
    if n == 0 {
        return Ok((rows, 0, "no time was there twice".into()));
    }
    let left: Vec<usize> = (0..rows.len()).filter(|&i| !dropped[i]).collect();
    let but =
        if differ > 0 { format!(", {} with other values", count(differ, "row")) } else { String::new() };
    Ok((rows.pick(&left), n, format!("{} dropped{but}", count(n as u64, "repeated row"))))
}

fn drop_last(rows: Rows) -> (Rows, usize, String) {
    // The last in time, which the last in the file need not be.
    let Some(last) = (0..rows.len()).max_by_key(|&i| rows.time_ms[i]) else {
        return (rows, 0, "there is no bar".into());
    };
    let text = format!("the bar of {} dropped", format_time(rows.time_ms[last]));
    let left: Vec<usize> = (0..rows.len()).filter(|&i| i != last).collect();
    (rows.pick(&left), 1, text)
}

fn fill(rows: Rows, options: &CheckOptions) -> Result<(Rows, usize, String)> {
    let t = &rows.time_ms;
    if let Some(i) = (1..t.len()).find(|&i| t[i] <= t[i - 1]) {
        let add = if t[i] == t[i - 1] { "dedup" } else { "sort" };
        return Err(Error::data(rows.place(i), "is not later than the row above, and gaps cannot be told")
            .hint(format!("add {add} to --fix")));
    }
    let Some(step) = options.timeframe.or_else(|| infer(t).map(snapped)).map(Timeframe::ms) else {
        return Ok((rows, 0, "there are no two bars".into()));
    };
    let rule = WeekRule::of(options.calendar, &BarsView::new(&rows).t, step);
    let missing = |i: usize| rule.opens(t[i - 1], t[i], step).filter(move |open| *open < t[i]);
    let mut n = 0u64;
    for i in 1..t.len() {
        let most = between(t[i - 1], t[i], step);
        if n + most > MOST_FILLED {
            return Err(Error::data(
                rows.place(i),
                format!("more than {MOST_FILLED} bars would be filled in"),
            )
            .hint("is the time of this row right?"));
        }
        n += missing(i).count() as u64;
    }
    if n == 0 {
        return Ok((rows, 0, "no bar is missing".into()));
    }
    let mut out = rows.pick(&[]);
    for i in 0..rows.len() {
        if i > 0 {
            let close = rows.close[i - 1];
            missing(i).for_each(|open| out.push_filled(open, close));
        }
        out.push_from(&rows, i);
    }
    let text = format!("{} filled in, flat at the close before and without volume", count(n, "bar"));
    Ok((out, n as usize, text))
}
