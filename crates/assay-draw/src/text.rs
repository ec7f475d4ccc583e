//! Numbers and tables as plain text.

use super::table::{Side, TextTable};

/// The widest line of a table in a terminal.
pub const WIDEST: usize = 100;

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

/// Sets `table` in columns for a terminal: caption, heads, a rule, rows. No line is wider than [`WIDEST`]: the widest
/// columns are shortened, their cut cells marked `~`; columns for which nothing is left are dropped.
pub fn render(table: &TextTable) -> String {
    let widths = widths(table);
    let mut out = String::new();
    let mut push = |line: &str| {
        out.push_str(line.trim_end());
        out.push('\n');
    };
    for line in wrap(&table.caption, WIDEST) {
        push(&line);
    }
    let set = |cells: Vec<&str>| -> String {
        let fields = cells.iter().zip(&widths).zip(&table.columns).map(|((cell, &width), column)| {
            let cell = cut(cell, width);
            let fill = " ".repeat(width - cell.chars().count());
            if column.side == Side::Right { fill + &cell } else { cell + &fill }
        });
        fields.collect::<Vec<_>>().join("  ")
    };
    push(&set(table.columns.iter().map(|c| c.name.as_str()).collect()));
    push(&widths.iter().map(|&w| "-".repeat(w)).collect::<Vec<_>>().join("  "));
    for row in 0..table.rows.len() {
        push(&set((0..table.columns.len()).map(|k| table.cell(row, k)).collect()));
    }
    out
}

/// Width of each column that has room.
fn widths(table: &TextTable) -> Vec<usize> {
    let mut widths: Vec<usize> = table
        .columns
        .iter()
        .enumerate()
        .map(|(k, column)| {
            let cells = (0..table.rows.len()).map(|r| table.cell(r, k).chars().count());
            cells.chain([column.name.chars().count()]).max().unwrap_or(0).max(1)
        })
        .collect();
    // Columns at their narrowest (4) with gaps must fit before any can be shortened to fit.
    widths.truncate((WIDEST + 2) / 6);
    while widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1) > WIDEST {
        let Some(widest) = widths.iter_mut().max() else { break };
        *widest -= 1;
    }
    widths
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
    wrap(text, WIDEST).join("\n") + "\n"
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
    fn no_line_is_wider_than_a_hundred_columns() {
        let long = "word ".repeat(60);
        for columns in [1, 2, 5, 17, 40] {
            let names = vec![long.trim(); columns];
            let mut table = TextTable::new(&names).caption(long.repeat(2) + &"x".repeat(200));
            table.row(vec![long.as_str(); columns + 3]);
            table.row(["a\nb\u{7}"]);
            let text = render(&table);
            assert!(text.lines().all(|l| l.chars().count() <= WIDEST), "{columns} columns");
            assert!(text.contains('~'));
        }
        assert_eq!(render(&TextTable::default()), "\n\n");
    }
}
