//! Against the package jsharpe 0.6.3 (`tests/reference/sharpe_inference.py`), the example of its paper, and
//! worked examples.
//!
//! Where the package is known to be wrong the tests say what is given instead, and compute what it does by
//! its own rule, so that a reader sees that the difference is that rule and nothing else.

use super::shape::ReturnShape;
use serde_json::Value;

mod discovery;
mod lengths;
mod maxima;
mod threshold;

/// Tolerance of the vectors.
const CLOSE: f64 = 1e-9;

/// The rows of a function.
fn golden(function: &str) -> Vec<Value> {
    let path = assay_testing::root().join("tests/reference/golden/sharpe_inference.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    document[function].as_array().unwrap().clone()
}

/// A number of a row; one that is not finite is a text.
fn number(row: &Value, name: &str) -> f64 {
    match &row[name] {
        Value::String(s) => s.parse().unwrap_or_else(|_| panic!("{name} of {row} is no number")),
        v => v.as_f64().unwrap_or_else(|| panic!("{name} of {row} is no number")),
    }
}

/// Whether the package raises an error there.
fn refused(row: &Value, name: &str) -> bool {
    row[name].as_str().is_some_and(|s| s.starts_with("error: "))
}

fn shape(row: &Value) -> ReturnShape {
    ReturnShape { skew: number(row, "skew"), kurtosis: number(row, "kurt"), rho1: number(row, "rho") }
}

/// The variance of the largest of K trials where the true ratio is `sharpe`; of one it is that of
/// [`ReturnShape`] itself.
fn variance(row: &Value, sharpe: f64) -> Option<f64> {
    let (periods, trials) = (number(row, "T"), number(row, "K"));
    if trials == 1.0 {
        shape(row).sharpe_variance(sharpe, periods)
    } else {
        shape(row).best_sharpe_variance(sharpe, periods, trials)
    }
}

/// Fails unless `got` is the number `name` of the row.
fn same(got: Option<f64>, row: &Value, name: &str) {
    let want = number(row, name);
    let got = got.unwrap_or_else(|| panic!("none for {name} of {row}"));
    let close = got == want || (got - want).abs() <= CLOSE * want.abs();
    assert!(close, "{got} is not {name} of {row}");
}
