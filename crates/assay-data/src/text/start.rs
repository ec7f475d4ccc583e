//! Where the lines of a text begin.

use super::lines::{delimiter, utf8, without_mark};
use super::{NumberStyle, Text};
use crate::error::{Error, Result};

/// The first line of a text that is not blank, behind those that are passed over.
pub(crate) struct TextStart<'a> {
    /// All of it, without the mark of its encoding.
    pub text: &'a [u8],
    /// Byte at which the line begins.
    pub at: usize,
    /// The line.
    pub first: &'a [u8],
    /// What stands between its fields.
    pub delimiter: u8,
    numbers: NumberStyle,
}

impl<'a> Text<'a> {
    /// The beginning of the text `bytes` behind its first `skip` lines.
    pub fn start(place: &str, bytes: &'a [u8], skip: usize, numbers: NumberStyle) -> Result<TextStart<'a>> {
        let text = without_mark(bytes);
        utf8(place, text)?;
        let mut behind = 0;
        for n in 0..skip {
            let rest = &text[behind..];
            let end = rest.iter().position(|b| matches!(b, b'\n' | b'\r'));
            let Some(end) = end else {
                return Err(Error::data(
                    place,
                    format!(
                        "--skip {skip} leaves nothing: there are {} lines",
                        n + usize::from(!rest.is_empty())
                    ),
                )
                .hint("leave out the lines above the header alone"));
            };
            behind += end + if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        }
        let start = TextStart { text, at: behind, first: b"", delimiter: b',', numbers };
        let Some((at, first)) = start.lines().next() else {
            return Err(Error::data(place, "the file holds nothing but blank lines")
                .hint("download or export it again"));
        };
        Ok(TextStart { at, first, delimiter: start.delimiter_of(first), ..start })
    }
}

impl<'a> TextStart<'a> {
    /// The lines from it on that are not blank, with the bytes at which they begin.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &'a [u8])> + use<'a> {
        let text = self.text;
        let mut at = self.at;
        std::iter::from_fn(move || {
            let rest = text.get(at..).filter(|r| !r.is_empty())?;
            let end = rest.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(rest.len());
            let line = (at, &rest[..end]);
            at += end + 1;
            Some(line)
        })
        .filter(|(_, line)| !line.trim_ascii().is_empty())
    }

    /// What stands between the fields of a line.
    pub fn delimiter_of(&self, line: &[u8]) -> u8 {
        delimiter(line, self.numbers)
    }

    /// One-based line of byte `at`.
    pub fn line_of(&self, at: usize) -> usize {
        1 + super::newlines(&self.text[..at.min(self.text.len())])
    }
}
