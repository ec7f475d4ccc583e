//! Signs on a curve, stacked where they would lie on each other and thinned where there is no room.

use std::collections::BTreeMap;

/// A sign at the point it stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sign {
    /// Its point across.
    pub x: f64,
    /// Its point down.
    pub y: f64,
    /// Which way it gives way: 1 downwards, -1 upwards.
    pub away: f64,
}

/// How many signs may stand on each other; a higher stack would no longer be seen to belong to its point.
const STACK: f64 = 4.0;

/// How far down each of `signs` is drawn, in their order: at its point, or beyond the signs that are there already; `None`
/// where it would leave `top..=bottom` or stand on a whole stack. No two that are drawn are nearer than `reach` both
/// across and down.
pub fn apart(signs: &[Sign], reach: f64, (top, bottom): (f64, f64)) -> Vec<Option<f64>> {
    let mut placed: BTreeMap<i64, Vec<(f64, f64)>> = BTreeMap::new();
    let column = |x: f64| (x / reach).floor() as i64;
    let place = |sign: &Sign| {
        let mut y = sign.y;
        loop {
            if !(top..=bottom).contains(&y) || (y - sign.y).abs() > STACK * reach {
                return None;
            }
            let near = placed.range(column(sign.x) - 1..=column(sign.x) + 1).flat_map(|(_, all)| all);
            let near = near.filter(|p| (p.0 - sign.x).abs() < reach && (p.1 - y).abs() < reach - 1e-6);
            // Each step goes on beyond the farthest in the way, so that the way ends.
            let Some(farthest) = near.map(|p| p.1 * sign.away).reduce(f64::max) else { break };
            y = farthest * sign.away + reach * sign.away;
        }
        placed.entry(column(sign.x)).or_default().push((sign.x, y));
        Some(y)
    };
    signs.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn signs_that_would_overlap_are_stacked() {
        let long = Sign { x: 100.0, y: 50.0, away: 1.0 };
        let short = Sign { away: -1.0, ..long };
        let found = apart(&[long, long, short, Sign { x: 117.0, ..long }], 16.0, (0.0, 200.0));
        assert_eq!(found, [Some(50.0), Some(66.0), Some(34.0), Some(50.0)]);
    }

    #[test]
    fn where_there_is_no_room_signs_are_left_out() {
        let many = [Sign { x: 9.0, y: 40.0, away: 1.0 }; 9];
        let found = apart(&many, 10.0, (0.0, 200.0));
        assert_eq!(found.iter().flatten().count(), 5);
        assert_eq!(apart(&many, 10.0, (0.0, 55.0)).iter().flatten().count(), 2, "none leaves the pane");
        let mut s = Stream::new(1, "signs", 0);
        let dense: Vec<Sign> = (0..3000)
            .map(|k| Sign {
                x: 400.0 * s.uniform(),
                y: 300.0 * s.uniform(),
                away: if k % 2 == 0 { 1.0 } else { -1.0 },
            })
            .collect();
        let placed: Vec<(f64, f64)> =
            dense.iter().zip(apart(&dense, 6.0, (0.0, 300.0))).filter_map(|(s, y)| Some((s.x, y?))).collect();
        assert!(placed.len() > 1000 && placed.len() < 3000);
        for (i, a) in placed.iter().enumerate() {
            for b in &placed[..i] {
                assert!((a.0 - b.0).abs() >= 6.0 || (a.1 - b.1).abs() >= 5.999, "{a:?} {b:?}");
            }
        }
    }
}
