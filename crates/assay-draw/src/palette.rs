//! Colours, each with one meaning everywhere: a regime, a signal source, a result.

use crate::regime::{RegimeScheme, Rgb};

/// An opaque colour as red, green and blue from 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// `#RRGGBB`.
    pub fn hex(self) -> String {
        format!("#{:02X}{:02X}{:02X}", self.0, self.1, self.2)
    }

    /// The share `part` (0 to 1) of this colour on top of `ground`.
    pub fn over(self, ground: Self, part: f64) -> Self {
        let part = part.clamp(0.0, 1.0);
        let mix = |a: u8, b: u8| (f64::from(a) * part + f64::from(b) * (1.0 - part)).round() as u8;
        Self(mix(self.0, ground.0), mix(self.1, ground.1), mix(self.2, ground.2))
    }

    /// A light version of it, for areas behind marks.
    pub fn tint(self) -> Self {
        self.over(PAPER, 0.22)
    }

    /// Relative luminance from 0 (black) to 1 (white), as WCAG 2 defines it.
    pub fn luminance(self) -> f64 {
        let [r, g, b] = self.linear();
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// The text colour that reads better on it.
    pub fn text_on(self) -> Self {
        let ratio = |a: f64, b: f64| (a.max(b) + 0.05) / (a.min(b) + 0.05);
        let ground = self.luminance();
        if ratio(ground, 1.0) >= ratio(ground, INK.luminance()) { PAPER } else { INK }
    }

    /// Its channels without the transfer curve of sRGB, from 0 to 1.
    fn linear(self) -> [f64; 3] {
        [self.0, self.1, self.2].map(|c| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { libm::pow((c + 0.055) / 1.055, 2.4) }
        })
    }
}

/// The page.
pub const PAPER: Colour = Colour(255, 255, 255);
/// Titles and the main curve.
pub const INK: Colour = Colour(0x1B, 0x26, 0x3B);
/// Labels of axes and notes.
pub const SOFT_INK: Colour = Colour(0x4A, 0x55, 0x68);
/// Grid lines.
pub const GRID: Colour = Colour(0xE3, 0xE7, 0xED);
/// Frames and zero lines.
pub const AXIS: Colour = Colour(0x8A, 0x94, 0xA3);
/// The main curve's second, lighter voice.
pub const LIGHT_LINE: Colour = Colour(0x9F, 0xB3, 0xCF);
/// A documented target.
pub const TARGET: Colour = Colour(0xD5, 0xDB, 0xE4);
/// A gain.
pub const WIN: Colour = Colour(0x00, 0x72, 0xB2);
/// A loss.
pub const LOSS: Colour = Colour(0xD5, 0x5E, 0x00);
/// Bars that have no regime, cells that have no value.
pub const NONE: Colour = Colour(0xE9, 0xEC, 0xF0);
/// Verdict PASS.
pub const PASS: Colour = Colour(0x1B, 0x7F, 0x4B);
/// Verdict FAIL.
pub const FAIL: Colour = Colour(0xB4, 0x23, 0x18);
/// Verdict INCONCLUSIVE.
pub const INCONCLUSIVE: Colour = Colour(0xB5, 0x6A, 0x00);

impl From<Rgb> for Colour {
    fn from(Rgb(r, g, b): Rgb) -> Self {
        Self(r, g, b)
    }
}

/// The colour of a regime code of a column; [`NONE`] for bars without a regime.
pub fn regime(scheme: &RegimeScheme, code: u8) -> Colour {
    scheme.get(code).map_or(NONE, |r| r.colour().into())
}

/// The colours of pieces of a bar: seven of P. Tol's "muted" scheme.
const PIECES: [Colour; 7] = [
    Colour(0x33, 0x22, 0x88),
    Colour(0x88, 0xCC, 0xEE),
    Colour(0x11, 0x77, 0x33),
    Colour(0xDD, 0xCC, 0x77),
    Colour(0x88, 0x22, 0x55),
    Colour(0x44, 0xAA, 0x99),
    Colour(0xCC, 0x66, 0x77),
];

/// The colour of the `i`-th piece of a bar; they come round again after seven.
pub fn piece(i: usize) -> Colour {
    PIECES[i % PIECES.len()]
}

/// The colour of the `i`-th comparison curve: none of them a regime's.
pub fn comparison(i: usize) -> Colour {
    COMPARISONS[i % COMPARISONS.len()]
}

const COMPARISONS: [Colour; 3] =
    [Colour(0xE0, 0x8A, 0x00), Colour(0x1E, 0x8A, 0x6E), Colour(0xA8, 0x41, 0x8C)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regime::PALETTE;

    /// The colours of the unified framework's regimes.
    const FIVE: [Colour; 5] = [
        Colour(0x44, 0x77, 0xAA),
        Colour(0xCC, 0xBB, 0x44),
        Colour(0xEE, 0x66, 0x77),
        Colour(0xAA, 0x33, 0x77),
        Colour(0x66, 0xCC, 0xEE),
    ];

    /// Rows of the full-severity matrices of Machado, Oliveira and Fernandes (2009), and normal sight.
    const SIGHT: [[[f64; 3]; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ];

    fn lab(colour: Colour, sight: &[[f64; 3]; 3]) -> [f64; 3] {
        let seen = colour.linear();
        let [r, g, b] =
            sight.map(|row| row.iter().zip(seen).map(|(m, c)| m * c).sum::<f64>().clamp(0.0, 1.0));
        let f = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
        let y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
        let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    fn nearest_pair(colours: &[Colour]) -> f64 {
        let mut least = f64::INFINITY;
        for sight in &SIGHT {
            for (i, &a) in colours.iter().enumerate() {
                for &b in &colours[..i] {
                    let d: f64 =
                        lab(a, sight).iter().zip(lab(b, sight)).map(|(p, q)| (p - q) * (p - q)).sum();
                    least = least.min(d.sqrt());
                }
            }
        }
        least
    }

    #[test]
    fn colours_stay_apart_for_every_kind_of_sight() {
        // Those of the five regimes, and of schemes that bring none.
        assert!(nearest_pair(&FIVE) > 15.0, "{}", nearest_pair(&FIVE));
        assert!(nearest_pair(&PALETTE.map(Colour::from)) > 15.0);
        assert!(nearest_pair(&PIECES) > 15.0);
        assert!(nearest_pair(&[WIN, LOSS, PAPER]) > 30.0);
        let curves: Vec<Colour> = COMPARISONS.into_iter().chain([INK, LIGHT_LINE]).collect();
        assert!(nearest_pair(&curves) > 15.0);
    }

    #[test]
    fn text_is_readable_on_every_colour() {
        for ground in FIVE.into_iter().chain(PALETTE.map(Colour::from)).chain(PIECES).chain([PASS, FAIL]) {
            let (a, b) = (ground.luminance(), ground.text_on().luminance());
            assert!((a.max(b) + 0.05) / (a.min(b) + 0.05) > 4.0, "{}", ground.hex());
        }
        assert_eq!(INK.over(PAPER, 0.0), PAPER);
        let two = RegimeScheme::named("two", ["ON", "OFF"]).unwrap();
        assert_eq!((regime(&two, 255), regime(&two, 1)), (NONE, PALETTE[1].into()));
    }
}
