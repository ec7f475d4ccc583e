//! Numbers and tables as plain text.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::table::{Side, TextTable};

/// The widest line of a table, wherever it is shown.
pub const WIDEST: usize = 100;

/// The narrowest that tables are set in.
pub const NARROWEST: usize = 60;

static WIDTH: AtomicUsize = AtomicUsize::new(WIDEST);

/// The widest line of a table in the terminal of this program: [`WIDEST`] unless it was said to be [narrower](fit).
pub fn width() -> usize {
    WIDTH.load(Ordering::Relaxed)
}

/// Sets text from now on in lines of a terminal of so many columns; no wider than [`WIDEST`].
pub fn fit(columns: usize) {
    WIDTH.store(columns.clamp(NARROWEST, WIDEST), Ordering::Relaxed);
}

/// `value` with a fixed number of decimals; `--` where it is NaN, `inf` where it is infinite, never `-0.0`.
pub fn number(value: f64, decimals: usize) -> String {
    if value.is_nan() {
        return "--".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let text = format!("{:.decimals$}", value.abs());
    if value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) { format!("-{text}") } else { text }
}

/// A share as percent: 0.123 is `12.3 %`.
pub fn percent(share: f64) -> String {
    let text = number(share * 100.0, 1);
    if share.is_finite() { text + " %" } else { text }
}

/// A ratio with two decimals.
pub fn ratio(value: f64) -> String {
    number(value, 2)
}

/// An amount with two decimals and commas between thousands.
pub fn money(value: f64) -> String {
    if value.is_finite() { commas(&number(value, 2)) } else { number(value, 2) }
}

/// A count with commas between thousands.
pub fn count(n: u64) -> String {
    commas(&n.to_string())
}

/// Puts a comma before each third digit of the whole part.
pub fn commas(text: &str) -> String {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, part) = rest.find('.').map_or((rest, ""), |dot| rest.split_at(dot));
    let mut out = sign.to_owned();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + part
}

/// Sets `table` in columns for a terminal: caption, heads, a rule, rows. No line is wider than [`width`]: columns of text
/// become narrower, and their cells go over several lines; the first is cut, marked `~`. Columns that still have no room
/// follow below, beside the first one again.
pub fn render(table: &TextTable) -> String {
    render_within(table, width())
}

fn render_within(table: &TextTable, widest: usize) -> String {
    let widths = widths(table, widest);
    let mut out = String::new();
    let mut push = |line: &str| {
        out.push_str(line.trim_end());
        out.push('\n');
    };
    for line in wrap(&table.caption, widest) {
        push(&line);
    }
    for (n, columns) in blocks(&widths, widest).iter().enumerate() {
        let field = |k: usize, text: &str| {
            let fill = " ".repeat(widths[k] - text.chars().count());
            if table.columns[k].side == Side::Right { fill + text } else { text.to_owned() + &fill }
        };
        // The lines of a row, as many as its highest cell has.
        let mut set = |cell: &dyn Fn(usize) -> String| {
            let text = |&k: &usize| match table.columns[k].side {
                Side::Left if k > 0 && cell(k).chars().count() > widths[k] => wrap(&cell(k), widths[k]),
                _ => vec![cut(&cell(k), widths[k])],
            };
            let cells: Vec<Vec<String>> = columns.iter().map(text).collect();
            for line in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
                let part = |(k, lines): (&usize, &Vec<String>)| {
                    field(*k, lines.get(line).map_or("", String::as_str))
                };
                push(&columns.iter().zip(&cells).map(part).collect::<Vec<_>>().join("  "));
            }
        };
        if n > 0 {
            set(&|_| String::new());
        }
        set(&|k| table.columns[k].name.clone());
        set(&|k| "-".repeat(widths[k]));
        for row in 0..table.rows.len() {
            set(&|k| table.cell(row, k).to_owned());
        }
    }
    out
}

/// Width of each column: that of its widest cell, less where columns of text have to give way. Numbers are not cut where
/// anything else can be.
fn widths(table: &TextTable, widest: usize) -> Vec<usize> {
    let least = |k: usize| if k == 0 { 20 } else { 12 };
    let mut widths: Vec<usize> = table
        .columns
        .iter()
        .enumerate()
        .map(|(k, column)| {
            let cells = (0..table.rows.len()).map(|r| table.cell(r, k).chars().count());
            cells.chain([column.name.chars().count()]).max().unwrap_or(0).max(1)
        })
        .collect();
    let whole = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
    if whole <= widest {
        return widths;
    }
    // The first stands beside every block.
    widths.iter_mut().take(1).for_each(|w| *w = (*w).min(widest / 2));
    let room = widths.first().map_or(0, |first| widest - first - 2);
    widths.iter_mut().skip(1).for_each(|w| *w = (*w).min(room));
    while widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1) > widest {
        let text = |k: &usize| table.columns[*k].side == Side::Left && widths[*k] > least(*k);
        let Some(k) = (0..widths.len()).filter(text).max_by_key(|k| widths[*k]) else { break };
        widths[k] -= 1;
    }
    widths
}

/// The columns that stand side by side: all, or the first with as many others as there is room for.
fn blocks(widths: &[usize], widest: usize) -> Vec<Vec<usize>> {
    let mut out = vec![vec![]];
    let mut used = 0;
    for (k, w) in widths.iter().enumerate() {
        let block = out.len() - 1;
        if k > 1 && used + 2 + w > widest {
            out.push(vec![0, k]);
            used = widths[0] + 2 + w;
        } else {
            out[block].push(k);
            used += w + if k == 0 { 0 } else { 2 };
        }
    }
    out
}

/// The first `width` characters, the last of them `~` where more is cut off.
fn cut(text: &str, width: usize) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().count() <= width {
        return text;
    }
    text.chars().take(width.saturating_sub(1)).chain(['~']).collect()
}

/// A paragraph of a terminal's width.
pub fn paragraph(text: &str) -> String {
    wrap(text, width()).join("\n") + "\n"
}

/// Breaks text between words into lines of at most `width` characters; longer words are cut.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = cut(word, width);
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well_and_nothing_is_minus_zero() {
        assert_eq!(percent(0.1234), "12.3 %");
        assert_eq!(percent(f64::NAN), "--");
        assert_eq!(ratio(-0.001), "0.00");
        assert_eq!(ratio(f64::NEG_INFINITY), "-inf");
        assert_eq!(money(-1_234_567.891), "-1,234,567.89");
        assert_eq!(money(999.0), "999.00");
        assert_eq!(money(f64::NAN), "--");
        assert_eq!(count(1_000), "1,000");
    }

    #[test]
    fn numbers_are_aligned_right() {
        let mut table = TextTable::new(&["regime", ">trades", ">win rate"]).caption("Trades of each regime");
        table.row(["TRENDING", "1,204", "54.1 %"]);
        table.row(["QUIET", "7"]);
        let want = "Trades of each regime\nregime    trades  win rate\n--------  ------  --------\n\
                    TRENDING   1,204    54.1 %\nQUIET          7\n";
        assert_eq!(render(&table), want);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let long = "word ".repeat(60);
        for widest in [60, 80, 100] {
            for columns in [1, 2, 5, 17, 40] {
                let names = vec![long.trim(); columns];
                let mut table = TextTable::new(&names).caption(long.repeat(2) + &"x".repeat(200));
                table.row(vec![long.as_str(); columns + 3]);
                table.row(["a\nb\u{7}"]);
                let text = render_within(&table, widest);
                assert!(text.lines().all(|l| l.chars().count() <= widest), "{columns} columns in {widest}");
                assert!(text.contains('~'));
            }
        }
        assert_eq!(render(&TextTable::default()), "");
    }

    #[test]
    fn columns_without_room_follow_below_and_no_number_is_cut() {
        let names = ["what", ">a number", ">another", ">a third", ">the last"];
        let mut table = TextTable::new(&names);
        table.row(["a name", "1,234,567.89", "2,345,678.90", "3,456,789.01", "4,567,890.12"]);
        let text = render_within(&table, 40);
        let want = "what        a number       another\n------  ------------  ------------\n\
                    a name  1,234,567.89  2,345,678.90\n\n\
                    what         a third      the last\n------  ------------  ------------\n\
                    a name  3,456,789.01  4,567,890.12\n";
        assert_eq!(text, want);
        assert_eq!(render_within(&table, 80).lines().count(), 3, "all of it fits");
    }

    #[test]
    fn notes_go_over_several_lines() {
        let mut table = TextTable::new(&["metric", ">value", "note"]);
        table.row(["Sharpe", "1.20", "[0.31, 2.05]; standard error 0.42"]);
        let want = "metric  value  note\n------  -----  ----------------\n\
                    Sharpe   1.20  [0.31, 2.05];\n               standard error\n               0.42\n";
        assert_eq!(render_within(&table, 31), want);
    }
}
