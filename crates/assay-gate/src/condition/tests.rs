//! The condition language: what it means, and what is said of slips.

use std::borrow::Cow;

use super::*;
use crate::random::Stream;

const NAMES: &[Cow<'static, str>] = &[Cow::Borrowed("news"), Cow::Borrowed("margin")];

/// Four rows; the last of `x` and of `reason` are missing.
fn table() -> TableView<'static> {
    TableView {
        name: "rejects",
        columns: vec![
            ("x", Cells::F64(&[1.0, 2.0, 3.0, f64::NAN])),
            ("y", Cells::F64(&[3.0, 2.0, 1.0, 0.0])),
            ("rank", Cells::U32(&[1, 2, 1, 2])),
            ("code", Cells::U8(&[0, 1, 2, 3])),
            ("units", Cells::I64(&[-1, 0, 1, 2])),
            ("shadow", Cells::Bool(&[true, false, false, true])),
            ("time", Cells::TimeMs(&[0, 86_400_000, 172_800_000, 259_200_000])),
            ("reason", Cells::Text { names: NAMES, codes: &[0, 1, 0, u32::MAX] }),
            ("odd name", Cells::U8(&[1, 0, 0, 0])),
        ],
    }
}

/// Which rows meet it: `1`, `0`, or `-` where that is open.
fn rows(text: &str) -> String {
    let c = Condition::parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    c.check(&table(), &|_| None).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    c.of(&table()).iter().map(|x| x.map_or('-', |x| if x { '1' } else { '0' })).collect()
}

#[test]
fn comparisons_are_of_every_kind() {
    for (text, want) in [
        ("x == 2", "010-"),
        ("x != 2", "101-"),
        ("x < 2", "100-"),
        ("x <= 2.0", "110-"),
        ("x > 2e0", "001-"),
        ("2 <= x", "011-"),
        ("x > y", "001-"),
        ("units > -1", "0111"),
        ("units == rank", "0011"),
        ("code >= .5", "0111"),
        ("rank == 1", "1010"),
        ("shadow", "1001"),
        ("shadow == false", "0110"),
        ("true != shadow", "0110"),
        ("reason == \"news\"", "101-"),
        ("reason != 'news'", "010-"),
        ("'margin' == reason", "010-"),
        ("time >= \"1970-01-02\"", "0111"),
        ("\"1970-01-02 12:00\" > time", "1100"),
        ("time == time", "1111"),
        ("x is missing", "0001"),
        ("x is not missing", "1110"),
        ("reason is missing", "0001"),
        ("rank is missing", "0000"),
        ("`odd name` == 1", "1000"),
    ] {
        assert_eq!(rows(text), want, "{text}");
    }
}

#[test]
fn and_binds_before_or_and_not_before_both() {
    for (text, want) in [
        ("rank == 1 or rank == 2 and shadow", "1011"),
        ("(rank == 1 or rank == 2) and shadow", "1001"),
        ("shadow and rank == 2 or rank == 1", "1011"),
        ("not shadow and rank == 1", "0010"),
        ("not (shadow and rank == 1)", "0111"),
        ("not not shadow", "1001"),
        ("not rank == 1", "0101"),
        ("not shadow or shadow", "1111"),
    ] {
        assert_eq!(rows(text), want, "{text}");
    }
}

#[test]
fn a_missing_cell_leaves_open_what_depends_on_it() {
    for (text, want) in [
        ("not x == 2", "101-"),
        ("x == 2 and shadow", "000-"),
        // What is decided without it is decided.
        ("x == 2 and rank == 1", "0000"),
        ("x == 2 or rank == 2", "0101"),
        ("x == 2 or rank == 1", "111-"),
        ("x is not missing and x >= 2", "0110"),
        ("x is missing or x >= 2", "0111"),
    ] {
        assert_eq!(rows(text), want, "{text}");
    }
}

#[test]
fn slips_are_named_with_their_place() {
    for (text, at, words) in [
        ("", 1, "empty"),
        ("rank ==", 8, "a column, a number"),
        ("rank = 1", 6, "equality is written =="),
        ("rank == 1 && x == 2", 11, "write and"),
        ("rank == 1 | x == 2", 11, "write or"),
        ("!shadow", 1, "write not"),
        ("rank == 1 and", 14, "a column, a number"),
        ("rank == 1 x == 2", 11, "and, or, or the end"),
        ("(rank == 1", 1, "not closed"),
        ("(rank == 1 x", 12, "closing parenthesis"),
        ("rank == 1)", 10, "not opened"),
        ("reason == \"news", 11, "the quote \" is not closed"),
        ("1 < x < 3", 7, "cannot be chained"),
        ("(1 < x < 3)", 8, "cannot be chained"),
        ("1 == 1", 1, "neither side is a column"),
        ("\"reason\" == 'news'", 1, "neither side is a column"),
        ("3", 1, "a value by itself"),
        ("true", 1, "a value by itself"),
        ("x is null", 6, "missing is expected"),
        ("x is not", 9, "missing is expected"),
        ("x == 1.2.3", 6, "1.2.3 is no number"),
        ("x == 3rd", 6, "3rd is no number"),
        ("x == -", 6, "'-' has no meaning"),
        ("x == 1 ; y", 8, "';' has no meaning"),
        ("x == and", 6, "and is none (a column of that name is `and`)"),
        ("größe == 1 )", 12, "not opened"),
    ] {
        let e = Condition::parse(text).unwrap_err();
        assert!(e.at == at && e.problem.contains(words), "{text}: {e:?}");
    }
    let deep = format!("{}x == 1{}", "(".repeat(65), ")".repeat(65));
    assert!(Condition::parse(&deep).unwrap_err().problem.contains("64 deep"));
    let fine = format!("{}x == 1{}", "(".repeat(64), ")".repeat(64));
    assert!(Condition::parse(&fine).is_ok());
    assert!(Condition::parse(&"not ".repeat(70_000)).is_err());
    assert!(Condition::parse(&format!("x == 1{}", " and x == 1".repeat(9000))).is_err());
}

#[test]
fn what_a_table_does_not_have_is_named() {
    let listed = vec!["news".to_owned(), "margin".to_owned(), "slots".to_owned()];
    let words = |column: &str| (column == "reason").then_some(listed.as_slice());
    for (text, at, problem, hint) in [
        (
            "rank == 1 and rnak == 2",
            15,
            "no column \"rnak\"",
            "did you mean \"rank\"? the columns of rejects are x, y",
        ),
        ("x is missing or z is missing", 17, "no column \"z\"", ""),
        ("reason == 1", 1, "column \"reason\": text cannot be compared with numbers", "text is in quotes"),
        ("x == \"1\"", 1, "numbers cannot be compared with text", ""),
        ("x == shadow", 1, "numbers cannot be compared with truth values", ""),
        ("reason < \"news\"", 1, "text has no order", "== or !="),
        ("shadow > false", 1, "truth values have no order", ""),
        ("not x", 5, "holds numbers: it is no condition by itself", "== 1"),
        ("time > \"soon\"", 8, "\"soon\" is no time", "2024-05-31"),
        ("time > 5", 1, "times cannot be compared with numbers", ""),
        (
            "reason == \"nwes\"",
            11,
            "never holds \"nwes\"",
            "did you mean \"news\"? it holds news, margin, slots",
        ),
    ] {
        let e = Condition::parse(text).unwrap().check(&table(), &words).unwrap_err();
        assert!(e.at == at && e.problem.contains(problem), "{text}: {e:?}");
        assert!(e.hint.unwrap_or_default().contains(hint), "{text}");
    }
    // A text that could be and is not is no slip.
    let c = Condition::parse("reason == 'slots' or reason == 'news' or not reason == 'slots'").unwrap();
    assert!(c.check(&table(), &words).is_ok());
    assert_eq!(c.unheard(&table()), [("reason", "slots")]);
    assert!(c.names("reason") && !c.names("slots"));
}

/// Random trees written out with every parenthesis, and their value found the plain way.
#[test]
fn random_conditions_mean_what_they_say() {
    fn tree(s: &mut Stream, depth: usize) -> (String, [Option<bool>; 4]) {
        const LEAVES: [(&str, [Option<bool>; 4]); 3] = [
            ("rank == 1", [Some(true), Some(false), Some(true), Some(false)]),
            ("x >= 2", [Some(false), Some(true), Some(true), None]),
            ("shadow", [Some(true), Some(false), Some(false), Some(true)]),
        ];
        let kind = if depth == 0 { 0 } else { s.below(4) };
        match kind {
            0 => {
                let (text, value) = LEAVES[s.below(3)];
                (text.to_owned(), value)
            }
            1 => {
                let (text, value) = tree(s, depth - 1);
                (format!("not ({text})"), value.map(|v| v.map(|v| !v)))
            }
            _ => {
                let ((ta, a), (tb, b)) = (tree(s, depth - 1), tree(s, depth - 1));
                let and = kind == 2;
                let join = |i: usize| match (a[i], b[i]) {
                    (Some(x), Some(y)) => Some(if and { x && y } else { x || y }),
                    (Some(x), None) | (None, Some(x)) if x != and => Some(x),
                    _ => None,
                };
                let word = if and { "and" } else { "or" };
                (format!("({ta}) {word} ({tb})"), [0, 1, 2, 3].map(join))
            }
        }
    }
    let mut stream = Stream::new(5, "conditions", 0);
    for _ in 0..500 {
        let (text, want) = tree(&mut stream, 5);
        assert_eq!(Condition::parse(&text).unwrap().of(&table()), want, "{text}");
    }
}
