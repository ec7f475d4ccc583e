//! Reads criteria files: TOML to [`Criteria`], with every mistake named by file, line and nearest valid name.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml::Spanned;

use super::criteria::*;
use crate::error::{Error, Result, nearest};
use crate::market::Timeframe;
use crate::regime::Regime;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    system: String,
    #[serde(default)]
    windows: BTreeMap<String, Spanned<RawWindow>>,
    #[serde(default)]
    criterion: Vec<RawCriterion>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWindow {
    from_hours: f64,
    to_hours: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCriterion {
    id: Spanned<String>,
    metric: Spanned<String>,
    scope: Spanned<String>,
    change: Option<Spanned<String>>,
    op: Spanned<String>,
    threshold: Option<Spanned<f64>>,
    range: Option<Spanned<[f64; 2]>>,
    times_fact: Option<String>,
    better: Spanned<String>,
    window: Spanned<String>,
    phase: String,
    severity: Spanned<String>,
    kind: Spanned<String>,
    #[serde(default)]
    min_n: u64,
    #[serde(default)]
    min_trades: u64,
    unit: Spanned<String>,
    documented: Option<[f64; 2]>,
    says: String,
    check: Option<String>,
    not_applicable: Option<String>,
}

/// Every key a file may hold, for the nearest name of an unknown one.
const KEYS: [&str; 25] = [
    "system",
    "windows",
    "criterion",
    "from_hours",
    "to_hours",
    "id",
    "metric",
    "scope",
    "change",
    "op",
    "threshold",
    "range",
    "times_fact",
    "better",
    "window",
    "phase",
    "severity",
    "kind",
    "min_n",
    "min_trades",
    "unit",
    "documented",
    "says",
    "check",
    "not_applicable",
];

impl Criteria {
    /// Reads one criteria file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| Error::scenario(path.display(), format!("cannot be read: {e}")))?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads several files as one: same system, no rule twice, windows of one name alike.
    pub fn read_all<P: AsRef<Path>>(paths: &[P]) -> Result<Self> {
        let mut all: Option<Self> = None;
        for path in paths {
            let path = path.as_ref();
            let next = Self::read(path)?;
            match &mut all {
                None => all = Some(next),
                Some(first) => {
                    first.append(next).map_err(|problem| Error::scenario(path.display(), problem))?;
                }
            }
        }
        all.ok_or_else(|| Error::scenario("gate.criteria", "no criteria file is named"))
    }

    /// Reads the text of a criteria file; `file` is its name in messages.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let raw: RawFile = toml::from_str(text).map_err(|e| syntax(&e, text, file))?;
        let mut reader = Reader { text, problems: Vec::new(), windows: Vec::new() };
        if raw.criterion.is_empty() {
            reader.problems.push((1, "the file holds no [[criterion]]".into()));
        }
        for (name, window) in &raw.windows {
            reader.window(name, window);
        }
        let mut seen = BTreeMap::new();
        for c in &raw.criterion {
            let line = reader.line(&c.id.span());
            if let Some(first) = seen.insert(c.id.get_ref().as_str(), line) {
                reader.add(&c.id.span(), format!("id {:?} is already used in line {first}", c.id.get_ref()));
            }
        }
        let rules: Vec<_> = raw.criterion.iter().filter_map(|c| reader.criterion(c)).collect();
        let Reader { mut problems, windows, .. } = reader;
        if problems.is_empty() {
            return Ok(Self { system: raw.system, rules, windows, sha256: hex(&Sha256::digest(text)) });
        }
        problems.sort();
        Err(match &problems[..] {
            [(line, problem)] => Error::scenario(format!("{file}:{line}"), problem),
            many => {
                let lines: Vec<_> = many.iter().map(|(line, p)| format!("\n  line {line}: {p}")).collect();
                Error::scenario(file, format!("{} problems{}", many.len(), lines.concat()))
            }
        })
    }

    fn append(&mut self, other: Self) -> Result<(), String> {
        if other.system != self.system {
            return Err(format!(
                "is for system {:?}, the files before it for {:?}",
                other.system, self.system
            ));
        }
        if let Some(c) = other.rules.iter().find(|c| self.rules.iter().any(|d| d.id == c.id)) {
            return Err(format!("id {:?} is already used in a file before it", c.id));
        }
        for w in other.windows {
            match self.windows.iter().find(|v| v.name == w.name) {
                Some(v) if *v != w => {
                    return Err(format!("window {:?} differs from a file before it", w.name));
                }
                Some(_) => {}
                None => self.windows.push(w),
            }
        }
        self.rules.extend(other.rules);
        self.sha256 = hex(&Sha256::digest(format!("{} {}", self.sha256, other.sha256)));
        Ok(())
    }
}

/// Turns raw rows into rules and collects what is wrong with them.
struct Reader<'a> {
    text: &'a str,
    problems: Vec<(usize, String)>,
    windows: Vec<NamedWindow>,
}

impl Reader<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        line_of(self.text, span.start)
    }

    fn add(&mut self, span: &Range<usize>, problem: String) {
        self.problems.push((self.line(span), problem));
    }

    fn window(&mut self, name: &str, raw: &Spanned<RawWindow>) {
        let RawWindow { from_hours, to_hours } = *raw.get_ref();
        if name == "run" || trailing(name).is_some() {
            self.add(&raw.span(), format!("window {name:?} has a built-in meaning; choose another name"));
        } else if from_hours >= 0.0 && to_hours > from_hours && to_hours < 1e9 {
            let ms = |hours: f64| (hours * 3_600_000.0).round() as i64;
            self.windows.push(NamedWindow {
                name: name.into(),
                from_ms: ms(from_hours),
                to_ms: ms(to_hours),
            });
        } else {
            self.add(
                &raw.span(),
                format!("window {name:?} must start at 0 hours or later and end after that"),
            );
        }
    }

    /// The value named by `raw` among `named`.
    fn one_of<T: Clone>(&mut self, key: &str, raw: &Spanned<String>, named: &[(&str, T)]) -> Option<T> {
        let found = named.iter().find(|(n, _)| n == raw.get_ref()).map(|(_, v)| v.clone());
        if found.is_none() {
            let names: Vec<_> = named.iter().map(|(n, _)| *n).collect();
            self.add(&raw.span(), unknown(key, raw.get_ref(), &names));
        }
        found
    }

    fn criterion(&mut self, raw: &RawCriterion) -> Option<Criterion> {
        let before = self.problems.len();
        let metric = self.metric(&raw.metric);
        let scope = self.scope(raw);
        let rule = self.rule(raw);
        let better =
            self.one_of("better", &raw.better, &[("higher", Better::Higher), ("lower", Better::Lower)]);
        let severity = self.one_of("severity", &raw.severity, Severity::NAMED);
        let kind = self.one_of("kind", &raw.kind, Kind::NAMED);
        let unit = self.one_of("unit", &raw.unit, Unit::NAMED);
        let window = self.span_of(&raw.window);
        let c = Criterion {
            id: raw.id.get_ref().clone(),
            metric: metric?,
            scope: scope?,
            rule: rule?,
            times_fact: raw.times_fact.clone(),
            better: better?,
            window: window?,
            phase: raw.phase.clone(),
            severity: severity?,
            kind: kind?,
            min_n: raw.min_n,
            min_trades: raw.min_trades,
            unit: unit?,
            documented: raw.documented.map(|[a, b]| (a, b)),
            says: raw.says.clone(),
            check: raw.check.clone(),
            not_applicable: raw.not_applicable.clone(),
        };
        self.whole(&c, raw);
        (self.problems.len() == before).then_some(c)
    }

    /// Checks what no single key shows.
    fn whole(&mut self, c: &Criterion, raw: &RawCriterion) {
        if c.id.trim().is_empty() {
            self.add(&raw.id.span(), "the id is empty".into());
        }
        let rolling = matches!(c.window, Window::Trailing(_) | Window::LastTrades(_));
        if rolling != (c.kind == Kind::Alert) {
            let rule = "an alert has a rolling window (\"24h\", \"30 trades\"), an acceptance rule \"run\" or a \
                        name of [windows]";
            self.add(&raw.window.span(), rule.into());
        }
        if let Rule::Within(..) = c.rule
            && c.kind == Kind::Alert
        {
            self.add(&raw.op.span(), "an alert compares with one threshold".into());
        }
        if c.not_applicable.is_some() {
            return;
        }
        let fact = matches!(c.metric, Metric::Fact(_));
        if !fact && matches!(c.rule, Rule::Equal(_)) {
            self.add(&raw.op.span(), "op \"=\" is for a fact; a measured value has an interval".into());
        }
        let wants = match c.rule {
            Rule::Above(_) | Rule::AtLeast(_) => Some(Better::Higher),
            Rule::Below(_) | Rule::AtMost(_) => Some(Better::Lower),
            Rule::Equal(_) | Rule::Within(..) => None,
        };
        if wants.is_some_and(|w| (w == c.better) == (c.kind == Kind::Alert)) {
            let what = if c.kind == Kind::Alert {
                "an alert fires on the worse side"
            } else {
                "a rule asks for the better side"
            };
            self.add(
                &raw.better.span(),
                format!("{what}: op {:?} and better {:?} disagree", raw.op.get_ref(), raw.better.get_ref()),
            );
        }
        if let (Subject::Paired { change: Change::Relative, .. }, Some(change)) =
            (&c.scope.subject, &raw.change)
            && !matches!(c.metric, Metric::Sharpe | Metric::MonthlyReturn)
        {
            self.add(
                &change.span(),
                format!("a relative change is measured for sharpe and monthly_return, not for {}", c.metric),
            );
        }
        if !fact && c.min_n == 0 {
            self.add(&raw.id.span(), format!("min_n is missing; {} needs a smallest sample", c.metric));
        }
        let wrong = match (&c.metric, &c.scope.subject, c.scope.regime) {
            (Metric::Fact(_), Subject::Variant(_) | Subject::Paired { .. }, _)
            | (Metric::Fact(_), _, Regimes::One(_) | Regimes::Each) => true,
            (Metric::WinRate | Metric::Sharpe, ..) => false,
            (Metric::PatternAccuracy, Subject::Run | Subject::Variant(_), _) => false,
            (Metric::ProfitFactor | Metric::MaxDrawdown | Metric::MonthlyReturn, _, Regimes::All) => false,
            (_, Subject::Paired { .. }, _) | (_, _, Regimes::One(_) | Regimes::Each) => true,
            _ => false,
        };
        if wrong {
            self.add(&raw.scope.span(), format!("{} is not measured for scope {}", c.metric, c.scope));
        }
        if c.kind == Kind::Alert {
            let per_trade = matches!(c.metric, Metric::WinRate | Metric::MeanSize);
            let per_bar = matches!(
                c.metric,
                Metric::Quality
                    | Metric::PatternRate
                    | Metric::VolumeConfirmation
                    | Metric::ErrorRate
                    | Metric::SuccessRate
            );
            let over_trades = matches!(c.window, Window::LastTrades(_));
            if !(per_trade || per_bar && !over_trades) || c.scope.regime != Regimes::All {
                let problem = format!("{} has no rolling value over {}", c.metric, raw.window.get_ref());
                self.add(&raw.metric.span(), problem);
            }
            if matches!(c.scope.subject, Subject::Variant(_) | Subject::Paired { .. }) {
                self.add(
                    &raw.scope.span(),
                    "an alert watches the run itself: \"overall\" or \"system\"".into(),
                );
            }
        }
    }

    fn metric(&mut self, raw: &Spanned<String>) -> Option<Metric> {
        let found = Metric::from_name(raw.get_ref());
        if found.is_none() {
            let names = Metric::NAMED.map(|(n, _)| n);
            let problem = unknown("metric", raw.get_ref(), &names);
            self.add(&raw.span(), format!("{problem}, or fact:NAME"));
        }
        found
    }

    fn scope(&mut self, raw: &RawCriterion) -> Option<Scope> {
        let text = raw.scope.get_ref();
        let span = raw.scope.span();
        let mut subject = None;
        let mut regime = None;
        for word in text.split_whitespace() {
            let twice = if let Some(name) = word.strip_prefix("regime:") {
                let Ok(r) = name.parse() else {
                    self.add(&span, unknown("regime", name, &Regime::ALL.map(Regime::name)));
                    return None;
                };
                regime.replace(Regimes::One(r)).is_some()
            } else if word == "each-regime" {
                regime.replace(Regimes::Each).is_some()
            } else if let Some(name) = word.strip_prefix("baseline:").filter(|n| !n.is_empty()) {
                subject.replace(Subject::Variant(name.into())).is_some()
            } else if let Some((of, with)) = word.strip_prefix("paired:").and_then(|p| p.split_once('-')) {
                let change = self.change(raw)?;
                subject.replace(Subject::Paired { of: of.into(), with: with.into(), change }).is_some()
            } else if word == "overall" {
                subject.replace(Subject::Run).is_some()
            } else if word == "system" {
                subject.replace(Subject::System).is_some()
            } else {
                let forms = ["overall", "system", "baseline:V", "paired:A-B", "regime:NAME", "each-regime"];
                self.add(&span, unknown("scope", word, &forms));
                return None;
            };
            if twice {
                self.add(&span, format!("scope {text:?} names two subjects or two regimes"));
                return None;
            }
        }
        if subject.is_none() && regime.is_none() {
            self.add(&span, "the scope is empty".into());
            return None;
        }
        let subject = subject.unwrap_or(Subject::Run);
        if let (Some(change), false) = (&raw.change, matches!(subject, Subject::Paired { .. })) {
            self.add(&change.span(), "change is only for a scope paired:A-B".into());
        }
        Some(Scope { subject, regime: regime.unwrap_or(Regimes::All) })
    }

    fn change(&mut self, raw: &RawCriterion) -> Option<Change> {
        match &raw.change {
            Some(c) => {
                self.one_of("change", c, &[("absolute", Change::Absolute), ("relative", Change::Relative)])
            }
            None => {
                let problem = "a scope paired:A-B needs change = \"absolute\" or \"relative\"";
                self.add(&raw.scope.span(), problem.into());
                None
            }
        }
    }

    fn rule(&mut self, raw: &RawCriterion) -> Option<Rule> {
        let ops = [(">", 0), (">=", 1), ("<", 2), ("<=", 3), ("=", 4), ("in", 5)];
        let op = self.one_of("op", &raw.op, &ops)?;
        let problem = match (op, &raw.threshold, &raw.range) {
            (5, None, Some(range)) => match *range.get_ref() {
                [lo, hi] if lo.is_finite() && hi.is_finite() && lo <= hi => {
                    return Some(Rule::Within(lo, hi));
                }
                _ => "range must be two numbers, the smaller first",
            },
            (5, ..) => "op \"in\" takes range = [lo, hi] and no threshold",
            (_, Some(t), None) if t.get_ref().is_finite() => {
                let t = *t.get_ref();
                return Some(match op {
                    0 => Rule::Above(t),
                    1 => Rule::AtLeast(t),
                    2 => Rule::Below(t),
                    3 => Rule::AtMost(t),
                    _ => Rule::Equal(t),
                });
            }
            _ => "this op takes a finite threshold and no range",
        };
        self.add(&raw.op.span(), problem.into());
        None
    }

    fn span_of(&mut self, raw: &Spanned<String>) -> Option<Window> {
        let name = raw.get_ref();
        if name == "run" {
            return Some(Window::Run);
        }
        if self.windows.iter().any(|w| w.name == *name) {
            return Some(Window::Named(name.clone()));
        }
        let found = trailing(name);
        if found.is_none() {
            let windows = self.windows.iter().map(|w| w.name.as_str());
            let names: Vec<_> = std::iter::once("run").chain(windows).collect();
            let problem = unknown("window", name, &names);
            self.add(&raw.span(), format!("{problem}, or a rolling span such as 24h, 30d, 30 trades"));
        }
        found
    }
}

/// The rolling window of a text such as `24h` or `30 trades`.
fn trailing(text: &str) -> Option<Window> {
    match text.strip_suffix(" trades") {
        Some(n) => n.parse().ok().filter(|n| *n > 0).map(Window::LastTrades),
        None => text.parse::<Timeframe>().ok().map(|t| Window::Trailing(t.ms())),
    }
}

fn unknown(what: &str, name: &str, valid: &[&str]) -> String {
    match nearest(name, valid.iter().copied()) {
        Some(near) => format!("{what} {name:?} is unknown; did you mean {near:?}?"),
        None => format!("{what} {name:?} is unknown; valid: {}", valid.join(", ")),
    }
}

/// A syntax error, unknown key or wrong type, as the TOML reader reports it.
fn syntax(e: &toml::de::Error, text: &str, file: &str) -> Error {
    let place = match e.span() {
        Some(span) => format!("{file}:{}", line_of(text, span.start)),
        None => file.to_owned(),
    };
    let error = Error::scenario(place, e.message());
    let key = e.message().strip_prefix("unknown field `").and_then(|m| m.split('`').next());
    match key.and_then(|k| nearest(k, KEYS)) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"system = "unified"
[windows]
phase1 = { from_hours = 0, to_hours = 24 }
[[criterion]]
id = "A"
metric = "win_rate"
scope = "paired:S7-S5 regime:QUIET"
change = "absolute"
op = "in"
range = [0.05, 0.07]
better = "higher"
window = "phase1"
phase = "p"
severity = "target"
kind = "acceptance"
min_n = 30
unit = "pp"
says = "words"
"#;

    fn refused(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        Criteria::parse(&GOOD.replacen(from, to, 1), "c.toml").unwrap_err().to_string()
    }

    #[test]
    fn a_good_file_is_read() {
        let c = Criteria::parse(GOOD, "c.toml").unwrap();
        let rule = &c.rules[0];
        assert_eq!(rule.scope.to_string(), "paired:S7-S5 regime:QUIET");
        assert_eq!(
            (rule.rule, rule.window.clone()),
            (Rule::Within(0.05, 0.07), Window::Named("phase1".into()))
        );
        assert_eq!((c.windows[0].from_ms, c.windows[0].to_ms), (0, 86_400_000));
        assert_eq!(c.sha256.len(), 64);
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_neighbour() {
        let message = refused("min_n = 30", "min_m = 30");
        assert!(message.starts_with("c.toml:16: unknown field `min_m`"), "{message}");
        assert!(message.ends_with("hint: did you mean `min_n`?"), "{message}");
        assert!(refused("says", "x = [").starts_with("c.toml:18:"));
        assert!(refused("min_n = 30", "min_n = \"many\"").starts_with("c.toml:16:"));
        assert!(refused("id = \"A\"\n", "").contains("missing field `id`"));
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        for (from, to, want) in [
            (
                "\"win_rate\"",
                "\"winrate\"",
                "c.toml:6: metric \"winrate\" is unknown; did you mean \"win_rate\"?",
            ),
            ("\"win_rate\"", "\"zzz\"", "valid: win_rate, sharpe"),
            ("QUIET", "QIET", "c.toml:7: regime \"QIET\" is unknown; did you mean \"QUIET\"?"),
            ("paired:S7-S5 regime:QUIET", "overal", "did you mean \"overall\"?"),
            ("\"absolute\"", "\"absolut\"", "c.toml:8: change"),
            ("\"in\"", "\"=>\"", "c.toml:9: op"),
            ("\"higher\"", "\"hihger\"", "did you mean \"higher\"?"),
            ("\"phase1\"", "\"phase2\"", "did you mean \"phase1\"?"),
            ("\"target\"", "\"tagret\"", "did you mean \"target\"?"),
            ("\"acceptance\"", "\"accept\"", "c.toml:15: kind"),
            ("\"pp\"", "\"ppm\"", "c.toml:17: unit"),
        ] {
            let message = refused(from, to);
            assert!(message.contains(want), "{message}\nwants {want}");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        for (from, to, want) in [
            ("range = [0.05, 0.07]", "range = [0.07, 0.05]", "smaller first"),
            ("range = [0.05, 0.07]", "threshold = 0.05", "takes range"),
            ("op = \"in\"", "op = \">\"", "takes a finite threshold"),
            ("change = \"absolute\"\n", "", "needs change"),
            ("change = \"absolute\"", "change = \"relative\"", "not for win_rate"),
            ("paired:S7-S5 ", "", "only for a scope paired"),
            ("regime:QUIET", "regime:QUIET each-regime", "two regimes"),
            ("paired:S7-S5 regime:QUIET", "", "the scope is empty"),
            ("win_rate", "quality", "quality is not measured for scope paired"),
            ("win_rate", "fact:x", "x is not measured for scope paired"),
            ("win_rate", "max_dd", "max_dd is not measured"),
            ("min_n = 30\n", "", "min_n is missing"),
            ("op = \"in\"\nrange = [0.05, 0.07]", "op = \"<\"\nthreshold = 0.1", "disagree"),
            ("op = \"in\"\nrange = [0.05, 0.07]", "op = \"=\"\nthreshold = 0.1", "is for a fact"),
            ("\"phase1\"", "\"24h\"", "an alert has a rolling window"),
            ("\"acceptance\"", "\"alert\"", "an alert has a rolling window"),
            ("id = \"A\"", "id = \" \"", "the id is empty"),
            ("to_hours = 24", "to_hours = 0", "c.toml:3: window \"phase1\" must start"),
            ("phase1 =", "run =", "built-in meaning"),
        ] {
            let message = refused(from, to);
            assert!(message.contains(want), "{message}\nwants {want}");
        }
        assert!(
            Criteria::parse("system = \"x\"", "c.toml").unwrap_err().to_string().contains("no [[criterion]]")
        );
    }

    #[test]
    fn an_alert_needs_a_metric_that_rolls() {
        let alert = GOOD
            .replace("paired:S7-S5 regime:QUIET", "overall")
            .replace("change = \"absolute\"\n", "")
            .replace("op = \"in\"\nrange = [0.05, 0.07]", "op = \"<\"\nthreshold = 0.4")
            .replace("\"phase1\"", "\"24h\"")
            .replace("acceptance", "alert");
        let c = Criteria::parse(&alert, "c.toml").unwrap();
        assert_eq!(c.rules[0].window, Window::Trailing(86_400_000));
        let refused = |from: &str, to: &str| {
            Criteria::parse(&alert.replace(from, to), "c.toml").unwrap_err().to_string()
        };
        assert!(refused("win_rate", "sharpe").contains("sharpe has no rolling value over 24h"));
        assert!(
            refused("\"win_rate\"\nscope = \"overall\"", "\"quality\"\nscope = \"baseline:S5\"")
                .contains("watches the run")
        );
        assert!(refused("overall", "regime:QUIET").contains("no rolling value"));
        let trades = alert.replace("24h", "30 trades");
        assert_eq!(Criteria::parse(&trades, "c").unwrap().rules[0].window, Window::LastTrades(30));
        let message = Criteria::parse(&trades.replace("win_rate", "quality"), "c").unwrap_err().to_string();
        assert!(message.contains("quality has no rolling value over 30 trades"), "{message}");
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let row = GOOD.split_once("[[criterion]]").unwrap().1;
        let text =
            format!("{}[[criterion]]{row}", GOOD.replace("win_rate", "wn_rate").replace("target", "tagret"));
        let message = Criteria::parse(&text, "c.toml").unwrap_err().to_string();
        assert!(message.starts_with("c.toml: 3 problems"), "{message}");
        for line in ["line 6: metric", "line 14: severity", "line 20: id \"A\" is already used in line 5"] {
            assert!(message.contains(line), "{message}");
        }
    }

    #[test]
    fn several_files_are_one() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let a = write("a.toml", GOOD);
        let b = write("b.toml", &GOOD.replace("\"A\"", "\"B\""));
        let both = Criteria::read_all(&[&a, &b]).unwrap();
        assert_eq!((both.rules.len(), both.windows.len()), (2, 1));
        assert_ne!(both.sha256, Criteria::read(&a).unwrap().sha256);
        assert!(Criteria::read_all(&[&a, &a]).unwrap_err().to_string().contains("already used"));
        let c = write("c.toml", &GOOD.replace("\"A\"", "\"C\"").replace("= 24", "= 25"));
        assert!(Criteria::read_all(&[&a, &c]).unwrap_err().to_string().contains("differs"));
        let d = write("d.toml", &GOOD.replace("unified", "other"));
        assert!(Criteria::read_all(&[&a, &d]).unwrap_err().to_string().contains("other"));
        assert!(Criteria::read_all::<&Path>(&[]).is_err());
        assert!(
            Criteria::read(&folder.path().join("none.toml")).unwrap_err().to_string().contains("none.toml")
        );
    }
}
