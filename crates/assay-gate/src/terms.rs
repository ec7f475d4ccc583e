//! The terms a run was made on, as far as a sceptic asks: how orders filled, what they paid, and whose decisions they were.

/// On which terms a run was made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunTerms {
    /// Orders fill at the close that decided them.
    pub fills_at_close: bool,
    /// What each symbol pays.
    pub fees: Vec<SymbolFees>,
    /// What of the run came from where the program cannot tell when it was known, in words.
    pub unproven: Vec<String>,
}

/// The fees of one symbol by the settings of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct SymbolFees {
    /// Its name.
    pub symbol: String,
    /// Smallest fee of a taker or a maker that the run can have reached, basis points; negative is received.
    pub lowest_bps: f64,
    /// Largest such fee, basis points.
    pub highest_bps: f64,
    /// Whether there is a fee by unit, by order or a least fee beside it.
    pub flat: bool,
    /// Closed trades.
    pub trades: u64,
}

impl SymbolFees {
    /// Whether nothing is ever paid.
    pub fn is_free(&self) -> bool {
        self.highest_bps <= 0.0 && !self.flat
    }
}
