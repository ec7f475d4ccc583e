//! Counts, shares and lengths of time in words.

use crate::market::Timeframe;

/// `n` with commas between thousands.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `n` with its noun in the right number.
pub(crate) fn count(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// A share as percent with one decimal and a sign: 0.123 is `+12.3 %`.
pub(crate) fn signed_percent(share: f64) -> String {
    format!("{:+.1} %", share * 100.0)
}

/// A share as percent with one decimal.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A length of time in days and hours, or shorter units.
pub(crate) fn length(ms: i64) -> String {
    match ms {
        ..=0 => "0".into(),
        ms if ms >= 3 * 86_400_000 => format!("{:.1} days", ms as f64 / 86_400_000.0),
        ms if ms >= 3_600_000 => format!("{:.1} h", ms as f64 / 3_600_000.0),
        ms => Timeframe::from_ms(ms).map(|t| t.to_string()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_lengths_read_well() {
        assert_eq!((grouped(1_234_567), grouped(100)), ("1,234,567".into(), "100".into()));
        assert_eq!((count(1, "bar"), count(1000, "bar")), ("1 bar".into(), "1,000 bars".into()));
        assert_eq!(length(7 * 86_400_000), "7.0 days");
        assert_eq!(
            (length(39_600_000), length(120_000), length(-1)),
            ("11.0 h".into(), "2m".into(), "0".into())
        );
        assert_eq!((signed_percent(0.1234), percent(0.5)), ("+12.3 %".into(), "50.0 %".into()));
    }
}
