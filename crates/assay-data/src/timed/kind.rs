//! What values of a file are: positions wanted, or rates of funding.

/// What the values are.
pub(super) struct ValueKind {
    /// Names of their column, the first that is there.
    pub names: &'static [&'static str],
    /// In a message, many and one.
    pub what: [&'static str; 2],
    /// What to write.
    pub hint: &'static str,
    pub read: fn(&str) -> Option<f64>,
}

pub(super) const POSITIONS: ValueKind = ValueKind {
    names: &["position", "target", "signal"],
    what: ["positions", "position"],
    hint: "write a number, or BUY, SELL, FLAT or HOLD",
    read: position,
};

pub(super) const RATES: ValueKind = ValueKind {
    names: &["funding_rate", "rate", "funding", "last_funding_rate", "fundingrate"],
    what: ["funding rates", "rate"],
    hint: "write a share such as 0.0001, not a percentage",
    read: |text| text.trim().parse().ok().filter(|r: &f64| r.abs() < 1.0),
};

/// A position in words or as a number; empty and HOLD leave what there is.
fn position(text: &str) -> Option<f64> {
    match text.trim().to_ascii_uppercase().as_str() {
        "" | "HOLD" | "NAN" | "NONE" | "NULL" => Some(f64::NAN),
        "BUY" | "LONG" | "TRUE" => Some(1.0),
        "SELL" | "SHORT" => Some(-1.0),
        "FLAT" | "EXIT" | "CLOSE" | "FALSE" => Some(0.0),
        number => number.parse().ok(),
    }
}
