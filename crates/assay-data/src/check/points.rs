//! Prices in points instead of in money.

use super::report::{Finding, FindingKind, FindingSeverity, Seen};
use super::view::{BarsView, median};
use crate::market::known_instruments;

/// Fewer prices may be whole by chance.
const ENOUGH: usize = 20;

/// The digits that platforms make whole, and where the price of instruments with pips lies, by the symbol's letters; the last is for all
/// others. Wide: it only has to tell 1.28 from 12.8.
const LIES: [(&str, i32, std::ops::Range<f64>); 3] =
    [("XAUUSD", 2, 250.0..20_000.0), ("USDJPY", 3, 60.0..400.0), ("", 5, 0.3..2.5)];

/// Prices to the cent in ten-thousandths are multiples of this.
const TEN_THOUSANDTHS: f64 = 100.0;

/// Coarser steps are those of a market whose money has no cents: a share's price of ten-thousandths moves by a cent.
const COARSER: f64 = 500.0;

/// And at least so much, where they are of one unit or more.
const ONE_UNIT: f64 = 10_000.0;

pub(super) fn check(view: &BarsView<'_>, symbol: Option<&str>, out: &mut Vec<Finding>) {
    let before = out.len();
    if let Some(symbol) = symbol {
        of_known(view, symbol, out);
    }
    if out.len() == before && !symbol.is_some_and(without_cents) {
        in_ten_thousandths(view, out);
    }
}

/// Whether a symbol is of a market whose money has no cents.
fn without_cents(symbol: &str) -> bool {
    let upper = symbol.to_ascii_uppercase();
    let digits = upper.len() == 6 && upper.bytes().all(|b| b.is_ascii_digit());
    digits || ["KRW", "JPY", "IDR", "VND", "CLP", ".KS", ".KQ", ".T"].iter().any(|end| upper.ends_with(end))
}

/// Prices of any instrument that are all multiples of a hundred.
fn in_ten_thousandths(view: &BarsView<'_>, out: &mut Vec<Finding>) {
    let prices = [&view.o, &view.h, &view.l, &view.c];
    let all = prices.into_iter().all(|v| v.iter().all(|p| *p >= ONE_UNIT && p % TEN_THOUSANDTHS == 0.0));
    let coarser = || prices.into_iter().all(|v| v.iter().all(|p| p % COARSER == 0.0));
    if view.len() < ENOUGH || !all || coarser() {
        return;
    }
    let mut seen = Seen::in_rows(view.rows);
    seen.see(view.row(0), || format!("close {}", view.c[0]));
    let text = "every price is a multiple of 100: ten-thousandths, as LEAN keeps shares? then read them with --price-scale 0.0001. A \
                market that moves in steps of 100, as Korea's, is as it should be";
    out.extend(seen.finding(FindingKind::PricesInPoints, FindingSeverity::Warning, text));
}

/// Whole prices of an instrument whose steps are known to be finer.
fn of_known(view: &BarsView<'_>, symbol: &str, out: &mut Vec<Finding>) {
    let letters = |s: &str| s.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    let name = letters(symbol);
    let known = known_instruments();
    let Some(instrument) = known.iter().find(|k| letters(&k.symbol) == name) else { return };
    // Points made by a multiplication are whole up to its rounding.
    let whole = |v: &[f64]| v.iter().all(|p| (p - p.round()).abs() <= 1e-9 * p.abs());
    if view.len() < ENOUGH
        || instrument.tick <= 0.0
        || instrument.tick >= 1.0
        || ![&view.o, &view.h, &view.l, &view.c].into_iter().all(|v| whole(v))
    {
        return;
    }
    let level = median(view.c.iter().copied());
    let scale = (instrument.pip > 0.0)
        .then(|| {
            let (_, usual, range) = LIES.iter().find(|(n, ..)| *n == name || n.is_empty())?;
            std::iter::once(*usual).chain(0..=6).find(|k| range.contains(&(level / 10f64.powi(*k))))
        })
        .flatten();
    let advice = match scale {
        // Whole numbers at the price where it should be: rounded, not scaled.
        Some(0) => "they are rounded to whole numbers".to_owned(),
        Some(k) => format!("read them with --price-scale {}", decimal(k)),
        None => "read them with --price-scale".to_owned(),
    };
    let mut seen = Seen::in_rows(view.rows);
    seen.see(view.row(0), || format!("close {}", view.c[0]));
    let (symbol, tick) = (&instrument.symbol, instrument.tick);
    let text =
        format!("every price is a whole number, and {symbol} moves in steps of {tick}: points? {advice}");
    out.extend(seen.finding(FindingKind::PricesInPoints, FindingSeverity::Warning, text));
}

/// 10 to the minus `k`.
fn decimal(k: i32) -> String {
    format!("{:.*}", k.max(0) as usize, 10f64.powi(-k))
}
