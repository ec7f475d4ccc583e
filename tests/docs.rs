//! What the pages say is there is there.

use std::path::{Path, PathBuf};

use crate::common::{assay, root};

/// A page is a guide, a concept or a reference.
const FOLDERS: [&str; 3] = ["guides", "concepts", "reference"];

pub fn pages() -> Vec<PathBuf> {
    let inside = |folder: &str| {
        let all = std::fs::read_dir(root().join("docs").join(folder)).unwrap();
        all.map(|e| e.unwrap().path()).collect::<Vec<_>>()
    };
    let docs = FOLDERS.iter().flat_map(|f| inside(f));
    let tops = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "datasets/README.md"].map(|p| root().join(p));
    docs.chain(tops).filter(|p| p.extension().is_some_and(|e| e == "md")).collect()
}

/// Targets of `[text](target)` in a page.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// What a heading is linked by.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_page_is_in_its_folder_and_in_the_readme() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let stray = std::fs::read_dir(root().join("docs")).unwrap().map(|e| e.unwrap().path());
    assert_eq!(stray.filter(|p| p.is_file()).count(), 0, "a page is a guide, a concept or a reference");
    for folder in FOLDERS {
        for page in std::fs::read_dir(root().join("docs").join(folder)).unwrap() {
            let name = page.unwrap().file_name().into_string().unwrap();
            assert!(readme.contains(&format!("(docs/{folder}/{name})")), "README lacks {folder}/{name}");
        }
    }
}

#[test]
fn every_relative_link_leads_somewhere() {
    let pages = pages();
    assert!(pages.len() >= 10, "{pages:?}");
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        let folder = page.parent().unwrap_or(Path::new("."));
        for link in links(&text).filter(|l| !l.contains("://") && !l.starts_with('#')) {
            let (path, section) = link.split_once('#').map_or((link, None), |(p, s)| (p, Some(s)));
            let target = folder.join(path);
            assert!(target.exists(), "{}: {link} leads nowhere", page.display());
            if let Some(section) = section.filter(|_| path.ends_with(".md")) {
                let text = std::fs::read_to_string(&target).unwrap();
                let there = text.lines().filter(|l| l.starts_with('#')).any(|l| anchor(l) == section);
                assert!(there, "{}: {link} has no such section", page.display());
            }
        }
    }
}

#[test]
fn no_page_holds_a_placeholder() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for mark in ["@@", "TODO", "TBD", "XXX"] {
            assert!(!text.contains(mark), "{} holds {mark}", page.display());
        }
    }
}

/// Every parameter of the program is in the page of its system, with its default.
#[test]
fn the_parameter_table_is_the_program_s() {
    let page = std::fs::read_to_string(root().join("docs/concepts/unified.md")).unwrap();
    for spec in assay::systems::unified::Params::specs() {
        let row = page.lines().find(|l| l.starts_with(&format!("| `{}` |", spec.name)));
        let row = row.unwrap_or_else(|| panic!("docs/concepts/unified.md has no row for {}", spec.name));
        assert!(row.contains(&format!("`{}`", spec.default)), "{row} lacks the default {}", spec.default);
        assert!(row.contains(spec.meaning), "{row} lacks {:?}", spec.meaning);
    }
}

/// So are those of every labeller, with its range.
#[test]
fn the_tables_of_labellers_are_the_program_s() {
    use assay::regime::Labeller;
    let page = std::fs::read_to_string(root().join("docs/concepts/regimes.md")).unwrap();
    for name in Labeller::NAMES {
        let at = page.find(&format!("\n### {name}\n")).unwrap_or_else(|| panic!("no section on {name}"));
        let section = page[at + 4..].split("\n## ").next().unwrap().split("\n### ").next().unwrap();
        for spec in Labeller::named(name).unwrap().specs() {
            let row = section.lines().find(|l| l.starts_with(&format!("| `{}` |", spec.name)));
            let row = row.unwrap_or_else(|| panic!("{name} has no row for {}", spec.name));
            assert!(row.contains(&format!("| `{}` |", spec.default)), "{row} lacks {}", spec.default);
            assert!(row.contains(spec.meaning), "{row} lacks {:?}", spec.meaning);
        }
        for regime in Labeller::named(name).unwrap().scheme().unwrap().names() {
            let parts: Vec<&str> =
                if name == "sessions" { vec![regime] } else { regime.split('_').collect() };
            assert!(parts.iter().all(|p| page.contains(p)), "{regime} is not in the page");
        }
    }
}

/// Commands in the pages' console blocks use subcommands and options that exist.
#[test]
fn commands_in_the_pages_exist() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for line in text.lines() {
            let line = line.trim_start_matches("$ ").trim();
            let Some(rest) =
                line.strip_prefix("assay ").or_else(|| line.strip_prefix("cargo run --release -- "))
            else {
                continue;
            };
            let words: Vec<&str> = rest.split('#').next().unwrap().split_whitespace().collect();
            let depth = if ["check", "regime", "data", "ledger", "plan"].contains(&words[0]) { 2 } else { 1 };
            if words.len() < depth || words[0].starts_with('-') {
                continue;
            }
            let help = assay().args(&words[..depth]).arg("--help").assert().success();
            let help = String::from_utf8(help.get_output().stdout.clone()).unwrap();
            for option in words.iter().filter(|w| w.starts_with("--")) {
                let name = option.split('=').next().unwrap();
                assert!(help.contains(name), "{}: `{line}` has no {name}", page.display());
            }
        }
    }
}

#[test]
fn the_page_on_indicators_names_every_feature() {
    let page = std::fs::read_to_string(root().join("docs/reference/indicators.md")).unwrap();
    let missing: Vec<&str> = assay::features::features()
        .map(|f| f.name)
        .filter(|n| !["`", ":"].iter().any(|end| page.contains(&format!("`{n}{end}"))))
        .collect();
    assert!(missing.is_empty(), "docs/reference/indicators.md lacks {missing:?}");
}

#[test]
fn every_path_of_the_sources_that_a_page_names_is_there() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        let quoted = text.split('`').skip(1).step_by(2);
        let paths =
            quoted.filter(|q| ["src/", "crates/", "tests/", "benches/"].iter().any(|p| q.starts_with(p)));
        for path in paths.filter(|p| !p.contains([' ', '<', '*', '{', '\n'])) {
            assert!(root().join(path).exists(), "{}: there is no {path}", page.display());
        }
    }
}

/// Prose that runs over the edge of a page is not read. Tables, commands and pictures may.
#[test]
fn lines_of_prose_wrap() {
    let pages = pages();
    assert!(pages.len() > 20);
    for page in pages {
        let mut code = false;
        for (k, line) in std::fs::read_to_string(&page).unwrap().lines().enumerate() {
            if line.starts_with("```") {
                code = !code;
            }
            let prose = !code && !line.starts_with(['|', '!', '#', '<']) && !line.starts_with("    ");
            let length = line.chars().count();
            assert!(!prose || length <= 110, "{}:{}: {length} characters", page.display(), k + 1);
        }
    }
}
