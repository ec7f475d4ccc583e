//! One page that needs nothing but itself.

use std::fmt::Write as _;

use super::palette;
use super::table::{Side, TextTable};

/// What a run amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerdictBadge {
    /// Every criterion is met.
    Pass,
    /// A criterion is missed.
    Fail,
    /// The data do not decide.
    Inconclusive,
}

impl VerdictBadge {
    /// The word on the badge.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Inconclusive => "INCONCLUSIVE",
        }
    }

    /// A sign that reads without colour.
    fn sign(self) -> &'static str {
        match self {
            Self::Pass => "✓",
            Self::Fail => "✗",
            Self::Inconclusive => "?",
        }
    }

    fn colour(self) -> palette::Colour {
        match self {
            Self::Pass => palette::PASS,
            Self::Fail => palette::FAIL,
            Self::Inconclusive => palette::INCONCLUSIVE,
        }
    }
}

/// A page under construction: what is added appears in the order of the calls.
#[derive(Debug, Clone, Default)]
pub struct Page {
    title: String,
    subtitle: String,
    badge: String,
    contents: Vec<String>,
    body: String,
    open: bool,
}

impl Page {
    /// An empty page.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// The line below the title.
    pub fn subtitle(&mut self, text: impl Into<String>) -> &mut Self {
        self.subtitle = text.into();
        self
    }

    /// The verdict beside the title, with the reason for it.
    pub fn badge(&mut self, verdict: VerdictBadge, reason: &str) -> &mut Self {
        self.badge = format!(
            "<p class=\"verdict\"><strong class=\"badge\" style=\"background:{}\">{} {}</strong> {}</p>\n",
            verdict.colour().hex(),
            verdict.sign(),
            verdict.word(),
            escape(reason)
        );
        self
    }

    /// A line under the verdict, which stands before it, that the reader must not miss.
    pub fn beside_badge(&mut self, text: &str) -> &mut Self {
        let _ = writeln!(self.badge, "<p class=\"note\">{}</p>", escape(text));
        self
    }

    /// Starts a section, which the table of contents lists.
    pub fn section(&mut self, title: &str) -> &mut Self {
        self.close();
        self.contents.push(title.to_owned());
        self.open = true;
        let n = self.contents.len();
        let _ = write!(self.body, "<section id=\"s{n}\">\n<h2>{}</h2>\n", escape(title));
        self
    }

    /// A heading inside a section.
    pub fn heading(&mut self, title: &str) -> &mut Self {
        self.element("h3", title)
    }

    /// A paragraph.
    pub fn paragraph(&mut self, text: &str) -> &mut Self {
        self.element("p", text)
    }

    /// A paragraph the reader must not miss.
    pub fn note(&mut self, text: &str) -> &mut Self {
        let _ = writeln!(self.body, "<p class=\"note\">{}</p>", escape(text));
        self
    }

    /// A list of points.
    pub fn list<T: AsRef<str>>(&mut self, points: impl IntoIterator<Item = T>) -> &mut Self {
        self.body.push_str("<ul>\n");
        for point in points {
            let _ = writeln!(self.body, "<li>{}</li>", escape(point.as_ref()));
        }
        self.body.push_str("</ul>\n");
        self
    }

    /// Text in a fixed pitch, as it is.
    pub fn code(&mut self, text: &str) -> &mut Self {
        let _ = writeln!(self.body, "<pre>{}</pre>", escape(text));
        self
    }

    /// A table.
    pub fn table(&mut self, table: &TextTable) -> &mut Self {
        self.body.push_str("<div class=\"wide\"><table>\n");
        if !table.caption.is_empty() {
            let _ = writeln!(self.body, "<caption>{}</caption>", escape(&table.caption));
        }
        let class = |side| if side == Side::Right { " class=\"n\"" } else { "" };
        self.body.push_str("<thead><tr>");
        for column in &table.columns {
            let _ =
                write!(self.body, "<th scope=\"col\"{}>{}</th>", class(column.side), escape(&column.name));
        }
        self.body.push_str("</tr></thead>\n<tbody>\n");
        for row in 0..table.rows.len() {
            self.body.push_str("<tr>");
            for (k, column) in table.columns.iter().enumerate() {
                let _ = write!(self.body, "<td{}>{}</td>", class(column.side), cell(table.cell(row, k)));
            }
            self.body.push_str("</tr>\n");
        }
        self.body.push_str("</tbody>\n</table></div>\n");
        self
    }

    /// A drawing of [`super::Chart::svg`], as it is, with a caption.
    pub fn figure(&mut self, svg: &str, caption: &str) -> &mut Self {
        let _ = write!(self.body, "<figure>\n{svg}<figcaption>{}</figcaption>\n</figure>\n", escape(caption));
        self
    }

    /// The whole document.
    pub fn render(&self) -> String {
        let title = escape(&self.title);
        let mut out = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n{CSS}</style>\n</head>\n<body>\n<main>\n<header>\n<h1>{title}</h1>\n"
        );
        if !self.subtitle.is_empty() {
            let _ = writeln!(out, "<p class=\"subtitle\">{}</p>", escape(&self.subtitle));
        }
        out.push_str(&self.badge);
        out.push_str("</header>\n");
        if self.contents.len() > 1 {
            out.push_str("<nav aria-label=\"Contents\">\n<ol>\n");
            for (i, title) in self.contents.iter().enumerate() {
                let _ = writeln!(out, "<li><a href=\"#s{}\">{}</a></li>", i + 1, escape(title));
            }
            out.push_str("</ol>\n</nav>\n");
        }
        out.push_str(&self.body);
        out.push_str(if self.open { "</section>\n" } else { "" });
        out.push_str("</main>\n</body>\n</html>\n");
        out
    }

    fn element(&mut self, tag: &str, text: &str) -> &mut Self {
        let _ = writeln!(self.body, "<{tag}>{}</{tag}>", escape(text));
        self
    }

    fn close(&mut self) {
        if self.open {
            self.body.push_str("</section>\n");
        }
        self.open = false;
    }
}

/// A cell's text; one that is a verdict and nothing else has its colour.
fn cell(text: &str) -> String {
    match [VerdictBadge::Pass, VerdictBadge::Fail, VerdictBadge::Inconclusive]
        .into_iter()
        .find(|v| v.word() == text)
    {
        Some(v) => format!("<strong style=\"color:{}\">{text}</strong>", v.colour().hex()),
        None => escape(text),
    }
}

/// `text` with the characters that mean something to HTML and XML written as entities.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

const CSS: &str = "\
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #1b263b; overflow-wrap: break-word;
  font: 16px/1.55 \"Noto Sans\", \"Segoe UI\", \"Helvetica Neue\", Arial, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
header { border-bottom: 1px solid #d5dbe4; padding-bottom: 1rem; margin-bottom: 1.5rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.4rem; line-height: 1.3; margin: 2.6rem 0 .8rem; padding-top: .4rem; }
h3 { font-size: 1.1rem; margin: 1.8rem 0 .5rem; }
p, li { max-width: 46rem; }
p { margin: .6rem 0; }
a { color: #005a8d; }
.subtitle { color: #4a5568; font-size: 1.1rem; }
.verdict { margin-top: 1rem; }
.badge { display: inline-block; color: #fff; border-radius: .3rem; padding: .2rem .8rem; margin-right: .6rem;
  letter-spacing: .04em; }
.note { border-left: 4px solid #b56a00; background: #fdf6ea; padding: .6rem 1rem; }
nav ol { columns: 2; margin: 0; padding-left: 1.6rem; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: #4a5568; padding-bottom: .4rem; }
th, td { padding: .35rem .9rem; text-align: left; vertical-align: top; border-bottom: 1px solid #e3e7ed; }
th { border-bottom: 2px solid #8a94a3; white-space: nowrap; }
th:first-child, td:first-child { padding-left: 0; }
.n { text-align: right; white-space: nowrap; }
td strong { white-space: nowrap; }
tbody tr:hover { background: #f5f7fa; }
pre { background: #f5f7fa; padding: .8rem 1rem; overflow-x: auto; font-size: .85rem; line-height: 1.4; }
figure { margin: 1.4rem 0; overflow-x: auto; }
figure svg { display: block; width: 100%; height: auto; border: 1px solid #e3e7ed; border-radius: .3rem; }
figcaption { color: #4a5568; font-size: .92rem; margin-top: .4rem; max-width: 46rem; }
@media screen and (max-width: 48rem) {
  main { padding: 1.2rem .8rem; }
  nav ol { columns: 1; }
  figure svg { min-width: 46rem; }
  caption { max-width: calc(100vw - 1.6rem); }
  caption, figcaption { position: sticky; left: 0; }
}
@media print {
  @page { margin: 15mm; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  figure, tr, .verdict, .note { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .wide, figure, pre { overflow: visible; }
  .wide, pre { white-space: pre-wrap; }
  .badge { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  a { color: inherit; text-decoration: none; }
}
";

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let mut table = TextTable::new(&["criterion", ">value"]).caption("What <was> asked");
        table.row(["Sharpe & co", "1.20"]);
        table.row(["FAIL", "FAILED"]);
        let mut page = Page::new("Run \"a\" <b>");
        page.subtitle("x < y").badge(VerdictBadge::Inconclusive, "too few trades");
        page.section("One").paragraph("a & b").table(&table).figure("<svg></svg>\n", "c > d");
        page.section("Two").heading("h").note("n").list(["p<q"]).code("<pre>");
        page
    }

    #[test]
    fn everything_is_escaped_and_every_element_closed() {
        let html = page().render();
        assert!(html.contains("<title>Run &quot;a&quot; &lt;b&gt;</title>"));
        assert!(html.contains("What &lt;was&gt; asked") && html.contains("<td class=\"n\">1.20</td>"));
        assert!(html.contains(">FAIL</strong></td>") && html.contains(">FAILED</td>"));
        assert!(html.contains("? INCONCLUSIVE</strong> too few trades"));
        for tag in
            ["section", "table", "tr", "td", "p", "ul", "ol", "li", "nav", "figure", "main", "h2", "header"]
        {
            let opened =
                html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}");
        }
        assert_eq!(html, page().render());
    }

    #[test]
    fn a_narrow_screen_scrolls_boxes_and_not_the_page() {
        let html = page().render();
        // Each table in its box; long words, such as hashes, are broken; charts keep letters that can be read.
        assert_eq!(html.matches("<div class=\"wide\"><table>").count(), html.matches("<table>").count());
        for rule in [
            "overflow-wrap: break-word",
            ".wide { overflow-x: auto",
            "pre { background: #f5f7fa; padding: .8rem 1rem; overflow-x: auto",
            "figure { margin: 1.4rem 0; overflow-x: auto",
            "figure svg { min-width: 46rem; }",
        ] {
            assert!(html.contains(rule), "{rule}");
        }
    }

    #[test]
    fn the_page_asks_nobody_for_anything() {
        let html = page().render();
        for outside in ["http", "src=", "@import", "url(", "<script"] {
            assert!(!html.contains(outside), "{outside}");
        }
        assert!(Page::new("").render().ends_with("</html>\n"));
    }
}
