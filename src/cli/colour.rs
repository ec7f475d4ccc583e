//! Colours of verdicts in a terminal. Every one stands beside a word that says the same.

use std::io::IsTerminal;

/// Words and how they are shown: none by red against green.
const SHOWN: [(&str, &str); 6] = [
    ("PASS", "1;36"),
    ("FAIL", "1;31"),
    ("FIRED", "1;31"),
    ("INCONCLUSIVE", "1;33"),
    ("quiet", "36"),
    ("warning:", "1;33"),
];

/// Whether standard output is a terminal that shows colours, and nobody asked for none (<https://no-color.org>).
pub(super) fn is_wanted() -> bool {
    let said = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
    std::io::stdout().is_terminal() && !said("NO_COLOR") && !dumb
}

/// `text` with the first word of each line in its colour, where it is a verdict.
pub(super) fn verdicts(text: &str) -> String {
    let line = |line: &str| {
        let start = line.len() - line.trim_start().len();
        let end = line[start..].find([' ', '\n']).map_or(line.len(), |n| start + n);
        let word = &line[start..end];
        match SHOWN.iter().find(|(w, _)| *w == word || *w == word.trim_end_matches(':')) {
            Some((_, style)) => format!("{}\x1b[{style}m{word}\x1b[0m{}", &line[..start], &line[end..]),
            None => line.to_owned(),
        }
    };
    text.split_inclusive('\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_at_the_start_of_a_line_have_a_colour() {
        let text = "  PASS  A  sharpe\nFAIL: 2 of 3\nwarning: it hangs\nthe FAIL inside stays\n";
        let want = "  \x1b[1;36mPASS\x1b[0m  A  sharpe\n\x1b[1;31mFAIL:\x1b[0m 2 of 3\n\x1b[1;33mwarning:\x1b[0m it hangs\n\
                    the FAIL inside stays\n";
        assert_eq!(verdicts(text), want);
        assert_eq!(verdicts("no word\n"), "no word\n");
    }
}
