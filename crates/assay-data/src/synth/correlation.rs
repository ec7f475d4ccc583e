//! The correlation of several symbols: from the preset to a lower triangular factor.

use crate::error::Violation;
use toml::Value;

/// How far a matrix may be from one of correlations by rounding.
const TOLERANCE: f64 = 1e-9;

/// The matrix that `value` gives for the symbols `names`: one number for every pair, a row a symbol, or, where there is
/// no value, zero for every pair.
pub(super) fn read(value: Option<&Value>, names: &[&str], found: &mut Vec<Violation>) -> Vec<Vec<f64>> {
    let n = names.len();
    let every = |c: f64| (0..n).map(|i| (0..n).map(|j| if i == j { 1.0 } else { c }).collect()).collect();
    let shape = format!("one number, or {n} rows of {n} numbers in the order of the symbols");
    let Some(value) = value else { return every(0.0) };
    if let Some(c) = number(value) {
        return every(c);
    }
    let row = |row: &Value| -> Option<Vec<f64>> {
        let cells: Vec<f64> = row.as_array()?.iter().map(number).collect::<Option<_>>()?;
        (cells.len() == n).then_some(cells)
    };
    let rows: Option<Vec<Vec<f64>>> = value.as_array().and_then(|rows| rows.iter().map(row).collect());
    match rows {
        Some(rows) if rows.len() == n => rows,
        _ => {
            found.push(Violation::must_be("correlation", shape, described(value)));
            every(0.0)
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|i| i as f64))
}

/// A value that is no matrix of the right shape, in a few words.
fn described(value: &Value) -> String {
    match value.as_array() {
        Some(rows) => {
            let lengths: Vec<String> =
                rows.iter().map(|r| r.as_array().map_or("no row".into(), |r| r.len().to_string())).collect();
            format!("{} rows of {}", rows.len(), lengths.join(", "))
        }
        None => format!("a {}", value.type_str()),
    }
}

/// The lower triangular `L` with `L L' = matrix`, where the matrix is one of correlations (Cholesky).
///
/// Every entry is held against those above and before it: with them given, it can lie in one interval only. What is
/// outside is noted under its two names with that interval.
pub(super) fn factor(matrix: &[Vec<f64>], names: &[&str], found: &mut Vec<Violation>) -> Vec<Vec<f64>> {
    let n = names.len();
    let mut lower: Vec<Vec<f64>> = Vec::with_capacity(n);
    if matrix.len() != n || matrix.iter().any(|row| row.len() != n) {
        found.push(Violation::must_be("correlation", format!("{n} rows of {n} numbers"), "of another shape"));
        return lower;
    }
    let key = |i: usize, j: usize| format!("correlation of {} and {}", names[i], names[j]);
    let before = found.len();
    for i in 0..n {
        if matrix[i][i] != 1.0 {
            found.push(Violation::must_be(key(i, i), "1", matrix[i][i]));
        }
        for j in 0..i {
            let c = matrix[i][j];
            if !(-1.0..=1.0).contains(&c) {
                found.push(Violation::must_be(key(i, j), "within -1..1", c));
            } else if c != matrix[j][i] {
                found.push(Violation::must_be(
                    key(i, j),
                    "the same in both places",
                    format!("{c} and {}", matrix[j][i]),
                ));
            }
        }
    }
    if found.len() > before {
        return lower;
    }
    for i in 0..n {
        let mut row: Vec<f64> = Vec::with_capacity(i + 1);
        // What is left of the variance of symbol i after the symbols so far.
        let mut left = 1.0_f64;
        for j in 0..i {
            let c = matrix[i][j];
            let explained: f64 = row.iter().zip(&lower[j]).map(|(a, b)| a * b).sum();
            let width = lower[j][j] * left.sqrt();
            if (c - explained).abs() > width + TOLERANCE {
                let (from, to) = (explained - width, explained + width);
                let rule = format!(
                    "within {from:.4}..{to:.4}, as the correlations with the symbols before them have it"
                );
                found.push(Violation::must_be(key(i, j), rule, c));
                return lower;
            }
            // A symbol that the ones before determine has nothing of its own to share.
            let x = if lower[j][j] > 1e-6 { (c - explained) / lower[j][j] } else { 0.0 };
            row.push(x);
            left = (left - x * x).max(0.0);
        }
        row.push(left.sqrt());
        lower.push(row);
    }
    lower
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(matrix: &[Vec<f64>]) -> String {
        let mut found = vec![];
        factor(matrix, &["A", "B", "C", "D"][..matrix.len()], &mut found);
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_factor_times_itself_is_the_matrix() {
        let m = [
            vec![1.0, 0.8, 0.7, -0.2],
            vec![0.8, 1.0, 0.75, 0.0],
            vec![0.7, 0.75, 1.0, 0.1],
            vec![-0.2, 0.0, 0.1, 1.0],
        ];
        let mut found = vec![];
        let l = factor(&m, &["A", "B", "C", "D"], &mut found);
        assert!(found.is_empty(), "{found:?}");
        for i in 0..4 {
            for j in 0..=i {
                let product: f64 = l[i].iter().zip(&l[j]).map(|(a, b)| a * b).sum();
                assert!((product - m[i][j]).abs() < 1e-15, "{i} {j}");
            }
        }
        // A symbol that is another, and one that is its opposite.
        let m = [vec![1.0, 1.0, -1.0], vec![1.0, 1.0, -1.0], vec![-1.0, -1.0, 1.0]];
        let l = factor(&m, &["A", "B", "C"], &mut found);
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(l, [vec![1.0], vec![1.0, 0.0], vec![-1.0, 0.0, 0.0]]);
    }

    #[test]
    fn an_impossible_entry_is_named_with_what_it_could_be() {
        let text = complaints(&[vec![1.0, 0.9, 0.9], vec![0.9, 1.0, -0.9], vec![0.9, -0.9, 1.0]]);
        // 0.81 +- 0.19.
        assert!(text.starts_with("correlation of C and B must be within 0.6200..1.0000, as "), "{text}");
        assert!(text.ends_with(", was -0.9"), "{text}");
        let text = complaints(&[vec![1.0, 0.62, 0.9], vec![0.62, 1.0, 0.9], vec![0.9, 0.9, 1.0]]);
        assert_eq!(text, "", "the bound itself is possible");
        // For n symbols with one correlation, -1 / (n - 1) is the least.
        let every = |c: f64| complaints(&read(Some(&Value::Float(c)), &["A", "B", "C", "D"], &mut vec![]));
        assert_eq!(every(-0.333), "");
        assert!(every(-0.334).contains("correlation of D and C"), "{}", every(-0.334));
        for (m, want) in [
            (vec![vec![1.0, 0.5], vec![0.4, 1.0]], "correlation of B and A must be the same in both places"),
            (vec![vec![1.0, 1.5], vec![1.5, 1.0]], "correlation of B and A must be within -1..1, was 1.5"),
            (vec![vec![1.0, 0.5], vec![0.5, 2.0]], "correlation of B and B must be 1, was 2"),
            (vec![vec![1.0, f64::NAN], vec![0.5, 1.0]], "the same in both places, was 0.5 and NaN"),
        ] {
            assert!(complaints(&m).contains(want), "{}", complaints(&m));
        }
    }

    #[test]
    fn other_shapes_are_described() {
        let said = |text: &str| {
            let table: toml::Table = format!("c = {text}").parse().unwrap();
            let mut found = vec![];
            read(table.get("c"), &["A", "B"], &mut found);
            found.iter().map(ToString::to_string).collect::<String>()
        };
        assert_eq!(said("[[1, 0.5], [0.5, 1]]"), "");
        assert_eq!(said("0"), "");
        let want = "correlation must be one number, or 2 rows of 2 numbers in the order of the symbols, was ";
        assert_eq!(said("[[1.0], [0.5, 1.0]]"), format!("{want}2 rows of 1, 2"));
        assert_eq!(said("[0.5, 1.0]"), format!("{want}2 rows of no row, no row"));
        assert_eq!(said("\"high\""), format!("{want}a string"));
    }
}
