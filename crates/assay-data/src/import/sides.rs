//! Bids in one file and asks in another: mid prices and a spread.

use super::file_name::NameKind;
use super::part::ImportPart;
use crate::error::{Error, Result};

/// Whether some of the parts are bids and the others asks.
pub(super) fn both(parts: &[(usize, ImportPart)]) -> bool {
    let any = |kind| parts.iter().any(|(_, p)| p.kind == kind);
    any(NameKind::Bid) && any(NameKind::Ask)
}

/// The middle of bids and asks at the times that both have.
pub(super) fn mid(parts: impl Iterator<Item = ImportPart>) -> Result<ImportPart> {
    let (bids, rest): (Vec<ImportPart>, Vec<ImportPart>) = parts.partition(|p| p.kind == NameKind::Bid);
    if let Some(other) = rest.iter().find(|p| p.kind != NameKind::Ask) {
        return Err(Error::data(
            &other.place,
            "is neither of bids nor of asks by its name, which the other files are",
        )
        .hint("import it by itself"));
    }
    let (mut bid, ask) = (ImportPart::joined(bids.into_iter()), ImportPart::joined(rest.into_iter()));
    for side in [&bid, &ask] {
        let falls = side.rows.time_ms.windows(2).position(|w| w[1] <= w[0]);
        if let Some(i) = falls {
            return Err(Error::data(
                side.rows.place(i + 1),
                "its time is not after that of the row before, and two sides are joined by time",
            )
            .hint("sort the file and keep one row a time, then import both sides"));
        }
    }
    let (b, a) = (&bid.rows, &ask.rows);
    let (mut kept, mut spread, mut lone) = (vec![], vec![], 0usize);
    let mut others = vec![];
    let (mut i, mut j) = (0, 0);
    while i < b.len() && j < a.len() {
        match b.time_ms[i].cmp(&a.time_ms[j]) {
            std::cmp::Ordering::Less => {
                lone += 1;
                i += 1;
            }
            std::cmp::Ordering::Greater => {
                lone += 1;
                j += 1;
            }
            std::cmp::Ordering::Equal => {
                kept.push(i);
                others.push(j);
                spread.push(a.close[j] - b.close[i]);
                i += 1;
                j += 1;
            }
        }
    }
    lone += b.len() - i + a.len() - j;
    let mut rows = b.pick(&kept);
    let ask_values = a.values();
    for (column, ask) in rows.values_mut().into_iter().zip(ask_values).take(4) {
        for (v, &j) in column.iter_mut().zip(&others) {
            *v = 0.5 * (*v + ask[j]);
        }
    }
    rows.spread = Some(spread);
    bid.notes.retain(|n| n != "prices are bids");
    bid.notes.push("prices are the middle of bid and ask; the spread is that at the close".into());
    if bid.rows.has_volume {
        bid.notes.push("volume is that of the bids".into());
    }
    if lone > 0 {
        bid.notes.push(format!("{lone} rows of one side have no row of the other and are left out"));
    }
    bid.rows = rows;
    bid.kind = NameKind::Quote;
    Ok(bid)
}

#[cfg(test)]
mod tests {
    use super::super::tests::part_of;
    use super::*;

    #[test]
    fn two_sides_are_joined_by_time() {
        let side = |times: &[i64], price: f64, kind| {
            let mut p = part_of(times);
            p.kind = kind;
            p.rows.values_mut().into_iter().for_each(|v| v.iter_mut().for_each(|x| *x = price));
            p
        };
        let (bid, ask) = (side(&[0, 60, 120], 1.0, NameKind::Bid), side(&[60, 120, 180], 1.5, NameKind::Ask));
        let parts = [(0, bid.clone()), (1, ask.clone())];
        assert!(both(&parts) && !both(&parts[..1]));
        let mid = mid([ask, bid.clone()].into_iter()).unwrap();
        assert_eq!((mid.rows.time_ms.clone(), mid.rows.close.clone()), (vec![60, 120], vec![1.25, 1.25]));
        assert_eq!(mid.rows.spread, Some(vec![0.5, 0.5]));
        assert_eq!(mid.notes[1], "volume is that of the bids");
        assert!(mid.notes[2].starts_with("2 rows of one side"), "{:?}", mid.notes);
        let plain = side(&[0], 1.0, NameKind::Plain);
        assert!(
            super::mid([bid, plain].into_iter())
                .unwrap_err()
                .to_string()
                .contains("neither of bids nor of asks")
        );
    }
}
