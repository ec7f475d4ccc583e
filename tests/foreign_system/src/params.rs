//! Its knobs.

assay::choices! {
    /// What the system knows before it can, for tests of the causality check.
    pub enum Peek {
        /// Nothing.
        Nothing = "nothing",
        /// The next close of every symbol.
        Prices = "prices",
        /// News before they are out.
        News = "news",
    }
}

assay::params! {
    /// The strongest of several symbols.
    pub struct Rotation {
        /// Bars that strength is measured over.
        "bars" => bars: usize = 72, 1..=10000;
        /// Bars of the average that risk is on above.
        "average" => average: usize = 200, 2..=10000;
        /// Closes between two rankings.
        "every" => every: usize = 24, 1..=10000;
        /// Share of equity put into the strongest.
        "size" => size: f64 = 0.9, 0.01..=1;
        /// Distance of the stop, a share of the price.
        "stop" => stop: f64 = 0.05, 0.001..=1;
        /// Largest move from the deciding close to the open that is still bought, a share of the price.
        "max_gap" => max_gap: f64 = 0.02, 0..=1;
        /// File of news: available_time, symbol, score. Empty for none.
        "news" => news: String = String::new();
        /// Hours that news count for.
        "news_hours" => news_hours: usize = 24, 1..=1000;
        /// News with a score below it are bad.
        "bad" => bad: f64 = -0.5, -1..=1;
        /// What it knows too early, to test the causality check.
        "peek" => peek: Peek = Peek::Nothing;
    }
}
