//! How text is set: size, colour, weight, alignment and direction.

use super::palette::{Colour, INK, SOFT_INK};

/// Where a text lies relative to the point it is written at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// It starts there.
    Left,
    /// Its middle is there.
    Centre,
    /// It ends there.
    Right,
}

/// The style of one text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ink {
    /// Pixels per em.
    pub size: f64,
    /// Its colour.
    pub colour: Colour,
    /// Whether it is bold.
    pub bold: bool,
    /// Where it lies.
    pub align: Align,
    /// Whether it runs upwards instead of to the right.
    pub upward: bool,
}

impl Ink {
    /// The chart's title.
    pub fn title() -> Self {
        Self { size: 25.0, colour: INK, bold: true, align: Align::Left, upward: false }
    }

    /// Everything else: ticks, legends, values.
    pub fn label() -> Self {
        Self { size: 16.5, colour: SOFT_INK, bold: false, align: Align::Left, upward: false }
    }

    /// Centred.
    #[must_use]
    pub fn centre(self) -> Self {
        Self { align: Align::Centre, ..self }
    }

    /// Ending at its point.
    #[must_use]
    pub fn right(self) -> Self {
        Self { align: Align::Right, ..self }
    }

    /// Bold.
    #[must_use]
    pub fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// Running upwards.
    #[must_use]
    pub fn upward(self) -> Self {
        Self { upward: true, ..self }
    }

    /// In `colour`.
    #[must_use]
    pub fn colour(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }

    /// Of `size` pixels per em.
    #[must_use]
    pub fn size(self, size: f64) -> Self {
        Self { size, ..self }
    }
}
