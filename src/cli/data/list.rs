//! `assay data list`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::progress::Spinner;
use crate::cli::{Common, OutputFormat, print};
use crate::data::inventory::{Cached, Contents, Dataset};
use crate::data::pull::{ArchiveSeries, Catalogue, DataSource, RowKind, SourceKind};
use crate::error::Result;
use crate::jobs::data::{DataListJob, DataListOutcome, size};
use crate::report::TextTable;
use crate::report::text::{count, render, wrap};

/// Arguments of `assay data list`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// Folder to look into
    #[arg(default_value = "datasets")]
    folder: PathBuf,
    /// Folder that archives are kept in
    #[arg(long, value_name = "DIR", default_value = "datasets/cache")]
    cache: PathBuf,
    /// Another catalogue than the program's own
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

impl ListArgs {
    pub(in crate::cli) fn run(self) -> Result<u8> {
        let spinner = Spinner::new(self.common.quiet);
        let job = DataListJob {
            folder: self.folder.clone(),
            cache: self.cache.clone(),
            catalogue: self.catalogue.clone(),
        };
        let done = job.run(&spinner.progress())?;
        drop(spinner);
        let DataListOutcome { catalogue, files, archives } = &done;
        match self.common.format {
            OutputFormat::Json => print(&format!("{:#}\n", done.document()))?,
            OutputFormat::Text if !self.common.quiet => {
                let mut text = sources(catalogue);
                text.push('\n');
                text.push_str(&data(files, &self.folder));
                if !archives.is_empty() {
                    text.push('\n');
                    text.push_str(&cache(archives, &self.cache));
                }
                print(&text)?;
            }
            OutputFormat::Text => {}
        }
        Ok(0)
    }
}

fn sources(catalogue: &Catalogue) -> String {
    let mut table = TextTable::new(&["source", "kind", "from", "bars"]);
    let mut pages = String::new();
    let mut examples = vec![];
    for source in &catalogue.sources {
        let indented = |text: &str| wrap(text, 98).iter().map(|l| format!("  {l}\n")).collect::<String>();
        pages.push_str(&format!("{}\n{}", source.name, indented(&source.about)));
        pages.push_str(&indented(&source.page));
        pages.push_str(&indented(&format!("licence: {}", source.licence)));
        pages.push_str(
            &source.terms.as_deref().map_or_else(String::new, |t| indented(&format!("terms: {t}"))),
        );
        if source.kind == SourceKind::Page {
            table.row([source.name.as_str(), "by hand", "", ""]);
        }
        for series in &source.series {
            let lengths: Vec<String> = series.timeframes.iter().map(ToString::to_string).collect();
            let bars = if series.holds == RowKind::Funding { "rates".to_owned() } else { lengths.join(" ") };
            table.row([source.name.clone(), series.kind.clone(), series.first.to_string(), bars]);
            examples.push(example(source, series));
        }
    }
    format!("{}\n{pages}\n{}", render(&table), examples.concat())
}

/// A command that fetches something of a series.
fn example(source: &DataSource, series: &ArchiveSeries) -> String {
    let symbol = source.example.as_deref().unwrap_or("SYMBOL");
    let hour = series.timeframes.iter().find(|t| t.ms() == 3_600_000).or(series.timeframes.first());
    let timeframe = hour.map_or_else(String::new, |t| format!(" {t}"));
    let kind = if source.series.first() == Some(series) {
        String::new()
    } else {
        format!(" --kind {}", series.kind)
    };
    format!("assay data pull {} {symbol}{timeframe}{kind} --from 2023-01 --to 2024-12\n", source.name)
}

fn data(files: &[Dataset], folder: &Path) -> String {
    if files.is_empty() {
        return format!("{}: no Parquet files\n", folder.display());
    }
    let mut table = TextTable::new(&["file", "symbol", "bar", ">rows", "from", "to", "what"]);
    for f in files {
        let name = f.path.strip_prefix(folder).unwrap_or(&f.path).display().to_string();
        let day = |t: &Option<String>| t.as_ref().map_or_else(String::new, |t| t.chars().take(10).collect());
        let origin = if f.synthetic { "SYNTHETIC" } else { f.source.as_deref().unwrap_or("") };
        let what = match (&f.problem, f.holds) {
            (Some(problem), _) => problem.clone(),
            (None, Contents::Bars) => origin.to_owned(),
            (None, Contents::Funding) => "funding rates".to_owned(),
            (None, Contents::Other) => "neither bars nor funding rates".to_owned(),
        };
        table.row([
            name,
            f.symbol.clone().unwrap_or_default(),
            f.timeframe.map_or_else(String::new, |t| t.to_string()),
            count(f.rows as u64),
            day(&f.first),
            day(&f.last),
            what,
        ]);
    }
    let synthetic = files.iter().any(|f| f.synthetic);
    let note =
        if synthetic { "SYNTHETIC: no price was ever traded; no evidence about any market\n" } else { "" };
    format!("{}\n{}{note}", folder.display(), render(&table))
}

fn cache(archives: &[Cached], folder: &Path) -> String {
    let mut text = format!("{}\n", folder.display());
    for c in archives {
        let name = c.folder.strip_prefix(folder).unwrap_or(&c.folder).display();
        let range = match c.archives {
            0 => String::new(),
            1 => format!(", {}", c.first),
            _ => format!(", {} to {}", c.first, c.last),
        };
        let unfinished =
            if c.unfinished == 0 { String::new() } else { format!(", {} unfinished", c.unfinished) };
        text.push_str(&format!(
            "{name}\n  {} whole, {}{range}{unfinished}\n",
            count(c.archives as u64),
            size(c.bytes)
        ));
    }
    text
}
