//! Widths of the embedded fonts, read from their tables: plotters sets every glyph without its left bearing.

use std::sync::OnceLock;

/// What setting a line of text needs to know of a font; lengths in em.
#[derive(Debug)]
pub struct Metrics {
    font: &'static [u8],
    per_em: f64,
    widths: usize,
    width_count: usize,
    map: usize,
}

/// The metrics of the regular or the bold font.
pub fn of(bold: bool) -> &'static Metrics {
    static FONTS: [OnceLock<Metrics>; 2] = [OnceLock::new(), OnceLock::new()];
    FONTS[usize::from(bold)].get_or_init(|| {
        let font = if bold { notosans::BOLD_TTF } else { notosans::REGULAR_TTF };
        // A font without these tables has no widths; it could not be drawn either.
        Metrics::read(font).unwrap_or(Metrics { font: &[], per_em: 1.0, widths: 0, width_count: 0, map: 0 })
    })
}

impl Metrics {
    fn read(font: &'static [u8]) -> Option<Self> {
        let table = |tag: &[u8; 4]| {
            let entries = font.get(12..)?.chunks_exact(16).take(usize::from(word(font, 4)?));
            let entry = entries.into_iter().find(|e| e.starts_with(tag))?;
            Some(long(entry, 8)? as usize)
        };
        let (head, hhea, hmtx, cmap) = (table(b"head")?, table(b"hhea")?, table(b"hmtx")?, table(b"cmap")?);
        let map = (0..usize::from(word(font, cmap + 2)?)).find_map(|i| {
            let entry = cmap + 4 + 8 * i;
            let map = cmap + long(font, entry + 4)? as usize;
            (word(font, entry)? == 3 && word(font, map)? == 4).then_some(map)
        })?;
        Some(Self {
            font,
            per_em: f64::from(word(font, head + 18)?),
            widths: hmtx,
            width_count: usize::from(word(font, hhea + 34)?),
            map,
        })
    }

    /// How far the pen moves for `c`.
    pub fn advance(&self, c: char) -> f64 {
        let row = self.glyph(c).min(self.width_count.saturating_sub(1));
        f64::from(word(self.font, self.widths + 4 * row).unwrap_or(0)) / self.per_em
    }

    /// How far right of the pen the outline of `c` begins.
    pub fn bearing(&self, c: char) -> f64 {
        let glyph = self.glyph(c);
        let at = if glyph < self.width_count {
            self.widths + 4 * glyph + 2
        } else {
            self.widths + 4 * self.width_count + 2 * (glyph - self.width_count)
        };
        f64::from(word(self.font, at).unwrap_or(0).cast_signed()) / self.per_em
    }

    /// Width of a line of text.
    pub fn width(&self, text: &str) -> f64 {
        text.chars().map(|c| self.advance(c)).sum()
    }

    /// Number of the glyph of `c`; 0, the missing glyph, where there is none.
    fn glyph(&self, c: char) -> usize {
        u16::try_from(u32::from(c)).ok().and_then(|c| self.look_up(c)).map_or(0, usize::from)
    }

    /// Character map of format 4: segments that end, start, shift, or point into a list of glyphs.
    fn look_up(&self, c: u16) -> Option<u16> {
        let get = |at| word(self.font, self.map + at);
        let twice = usize::from(get(6)?);
        let segment = (0..twice / 2).find(|&s| get(14 + 2 * s).is_some_and(|end| end >= c))?;
        let start = get(16 + twice + 2 * segment)?;
        let shift = get(16 + 2 * twice + 2 * segment)?;
        let list = 16 + 3 * twice + 2 * segment;
        if c < start {
            return None;
        }
        match get(list)? {
            0 => Some(c.wrapping_add(shift)),
            offset => match get(list + usize::from(offset) + 2 * usize::from(c - start))? {
                0 => None,
                glyph => Some(glyph.wrapping_add(shift)),
            },
        }
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_fonts_have_what_the_charts_write() {
        for bold in [false, true] {
            let font = of(bold);
            for c in "AZaz09 %−–…±≥≤*_[](),.:;=+-/".chars() {
                assert!(font.glyph(c) > 0 && font.advance(c) > 0.1, "{c}");
            }
            assert_eq!(font.glyph('\u{1F600}'), 0);
            assert!(font.bearing('J') < 0.0 && font.bearing('H') > 0.05);
            assert!("0123456789".chars().all(|c| font.advance(c) == font.advance('0')), "digits line up");
        }
        assert!(of(true).width("Noto") > of(false).width("Noto"));
    }
}
