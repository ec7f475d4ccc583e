//! For `#[serde(with = "nan_as_null")]`: a number that is not finite is written as `null`, and `null` is read as NaN.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes `x`, or `null` where it is not finite.
pub fn serialize<S: Serializer>(x: &f64, s: S) -> Result<S::Ok, S::Error> {
    x.is_finite().then_some(*x).serialize(s)
}

/// Reads a number, or NaN from `null`.
pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct One(#[serde(with = "super")] f64);

    #[test]
    fn undefined_goes_to_null_and_back() {
        let text = |x| serde_json::to_string(&One(x)).unwrap();
        assert_eq!([text(0.1), text(f64::NAN), text(f64::INFINITY)], ["0.1", "null", "null"]);
        assert!(serde_json::from_str::<One>("null").unwrap().0.is_nan());
        assert_eq!(serde_json::from_str::<One>("0.1").unwrap().0, 0.1);
        assert_eq!(serde_json::from_str::<One>("1").unwrap().0, 1.0);
    }
}
