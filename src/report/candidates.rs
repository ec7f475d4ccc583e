//! Candidates of a sweep as text: the best in a table, and one of them alone.

use super::sweep::heading;
use super::text::{count, number, paragraph, percent, ratio, render};
use super::{TextTable, day};
use crate::experiments::sweep::{SHARED_FROM, SweepFolder, SweepSummary, SweptCandidate, TopRow};

/// A setting without what most of them begin with.
fn short(word: &str) -> &str {
    word.strip_prefix("params.").unwrap_or(word)
}

/// Settings of candidates, shortened: those that are the same in all of several, and then of each the others. The
/// start that all candidates share is not among them.
fn differing(rows: &[TopRow]) -> (Vec<&str>, Vec<Vec<&str>>) {
    let mut each: Vec<Vec<&str>> = rows
        .iter()
        .map(|r| r.set.iter().filter(|s| !s.starts_with(SHARED_FROM)).map(|s| short(s)).collect())
        .collect();
    let [first, second, ..] = &each[..] else { return (vec![], each) };
    let mut same = first.clone();
    same.retain(|word| each.iter().all(|words| words.contains(word)));
    if same.len() == first.len().max(second.len()) {
        // The same setting more than once: it is said in each row.
        return (vec![], each);
    }
    each.iter_mut().for_each(|words| words.retain(|word| !same.contains(word)));
    (same, each)
}

/// The best candidates, each with the settings by which it differs from the others, and in words those in which none
/// does.
pub(super) fn best_table(f: &SweepSummary, rows: &[TopRow]) -> (TextTable, Option<String>) {
    let own = f.own_spans();
    let value = format!(">{}", f.metric);
    let mut head = vec![">candidate", &value, ">return", ">Sharpe", ">max DD", ">trades", ">win rate", ">PF"];
    head.extend(own.then_some("not comparable: judged from"));
    head.push("settings");
    let mut t = TextTable::new(&head).caption(if f.synthetic {
        "The best (synthetic history: no evidence about markets)"
    } else {
        "The best"
    });
    let (same, each) = differing(rows);
    for (r, words) in rows.iter().zip(each) {
        let mut cells = vec![
            // A name, as it is given to other commands.
            r.candidate.to_string(),
            number(r.value, 3),
            percent(r.total_return),
            ratio(r.sharpe),
            percent(r.max_drawdown),
            count(r.trades),
            percent(r.win_rate),
            ratio(r.profit_factor),
        ];
        cells.extend(r.judged_from_ms.map(day));
        cells.push(words.join(" "));
        t.row(cells);
    }
    let same = (!same.is_empty()).then(|| format!("All of these: {}", same.join(" ")));
    (t, same)
}

/// The same for a terminal.
pub(super) fn best_text(f: &SweepSummary, rows: &[TopRow]) -> String {
    let (table, same) = best_table(f, rows);
    render(&table) + &same.map_or_else(String::new, |words| paragraph(&words))
}

/// The best candidates of a sweep that is done, for a terminal.
pub fn candidates_text(folder: &SweepFolder, rows: &[TopRow]) -> String {
    let f = &folder.summary;
    let mut out: String = heading(f).iter().map(|l| paragraph(l)).collect();
    out.push('\n');
    out.push_str(&best_text(f, rows));
    out.push_str(&paragraph(&format!(
        "{} of {} candidates with a value; all are in {}",
        count(rows.len() as u64),
        count(f.valued),
        folder.dir.join("candidates.parquet").display()
    )));
    out
}

/// One candidate of a sweep that is done, for a terminal: its settings beside those of the scenario, and its figures.
pub fn candidate_text(folder: &SweepFolder, c: &SweptCandidate) -> String {
    let f = &folder.summary;
    let mut out: String = heading(f).iter().map(|l| paragraph(l)).collect();
    let mut settings = TextTable::new(&["setting", "candidate", "scenario"])
        .caption(format!("Candidate {}", c.row.candidate));
    for (word, own) in c.row.set.iter().zip(&c.own) {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        settings.row([key, value, own.as_deref().unwrap_or("--")]);
    }
    out.push('\n');
    out.push_str(&render(&settings));
    out.push('\n');
    let (table, _) = best_table(f, std::slice::from_ref(&c.row));
    let last = table.columns.len() - 1;
    let heads: Vec<String> = table.columns[..last].iter().map(|h| format!(">{}", h.name)).collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut figures = TextTable::new(&heads);
    figures.row(table.rows[0][..last].to_vec());
    out.push_str(&render(&figures));
    if let Some(bars) = c.dropped_after {
        out.push_str(&paragraph(&format!(
            "It was dropped after {} of {} bars: these figures are of those.",
            count(bars as u64),
            count(f.bars as u64)
        )));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(set: &[&str]) -> TopRow {
        TopRow {
            candidate: 1234,
            set: set.iter().map(|s| (*s).to_owned()).collect(),
            judged_from_ms: None,
            value: 1.0,
            total_return: 0.1,
            sharpe: 1.0,
            max_drawdown: 0.1,
            trades: 5,
            win_rate: 0.5,
            profit_factor: 1.5,
        }
    }

    #[test]
    fn what_is_the_same_in_all_is_said_once() {
        let rows = [
            row(&["params.fast=5", "params.slow=20", "execution.fee_bps=10", "data.from=2021-01-10"]),
            row(&["params.fast=6", "params.slow=20", "execution.fee_bps=10", "data.from=2021-01-10"]),
        ];
        assert_eq!(
            differing(&rows),
            (vec!["slow=20", "execution.fee_bps=10"], vec![vec!["fast=5"], vec!["fast=6"]])
        );
        // A value that two of three share is said of each.
        let rows = [
            row(&["params.a=1", "params.b=1"]),
            row(&["params.a=2", "params.b=1"]),
            row(&["params.a=2", "params.b=2"]),
        ];
        assert_eq!(differing(&rows).0, Vec::<&str>::new());
        assert_eq!(differing(&rows).1[2], ["a=2", "b=2"]);
    }

    #[test]
    fn one_candidate_and_equal_ones_keep_their_settings() {
        assert_eq!(differing(&[row(&["params.a=1"])]), (vec![], vec![vec!["a=1"]]));
        let twice = [row(&["params.a=1"]), row(&["params.a=1"])];
        assert_eq!(differing(&twice), (vec![], vec![vec!["a=1"], vec!["a=1"]]));
        assert_eq!(differing(&[]), (vec![], vec![]));
    }
}
