//! One bar in natural logs of price, before it is rounded to the tick.

/// One bar in natural logs of price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LogBar {
    pub open: f64,
    pub high: f64,
    pub low: f64,
    pub close: f64,
}

impl LogBar {
    /// A bar without movement.
    pub fn flat(x: f64) -> Self {
        Self { open: x, high: x, low: x, close: x }
    }

    /// The bar with its open moved by `from` and its close by `to`; the shadows keep their lengths.
    pub fn moved(self, from: f64, to: f64) -> Self {
        if from == to {
            return Self {
                open: self.open + to,
                high: self.high + to,
                low: self.low + to,
                close: self.close + to,
            };
        }
        let (open, close) = (self.open + from, self.close + to);
        let above = self.high - self.open.max(self.close);
        let below = self.open.min(self.close) - self.low;
        Self { open, high: open.max(close) + above, low: open.min(close) - below, close }
    }
}
