//! Messages on standard error, set in the width of its terminal.

use crate::report::text::{NARROWEST, WIDEST};

/// Columns of the terminal that standard error is; none where it is none.
pub(super) fn columns() -> Option<usize> {
    let (columns, _) = terminal_size::terminal_size_of(std::io::stderr())?;
    Some(usize::from(columns.0).clamp(NARROWEST, WIDEST))
}

/// `text` with its longer lines broken between words. A word that has no room stays whole, since it may be a name to copy;
/// and so does a line that begins with a space, which is an excerpt of a file.
pub(super) fn fitted(text: &str, columns: usize) -> String {
    let line = |line: &str| match line {
        _ if line.chars().count() <= columns || line.starts_with(' ') => line.to_owned(),
        _ => broken(line, columns),
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn broken(line: &str, columns: usize) -> String {
    let (mut out, mut used) = (String::with_capacity(line.len() + 8), 0);
    for word in line.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > columns {
            out.push('\n');
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_between_words() {
        let text = "error: a.csv:3: high is below low\n\nhint: check the columns of the file";
        assert_eq!(
            fitted(text, 20),
            "error: a.csv:3: high\nis below low\n\nhint: check the\ncolumns of the file"
        );
        assert_eq!(fitted(text, 80), text);
    }

    #[test]
    fn names_and_excerpts_stay_whole() {
        assert_eq!(
            fitted("no such file: /data/a/very/long/name.csv", 20),
            "no such file:\n/data/a/very/long/name.csv"
        );
        let excerpt = "s.toml:\n  |  fees = 1   # what an exchange takes\n  |  ^^^^";
        assert_eq!(fitted(excerpt, 20), excerpt);
    }
}
