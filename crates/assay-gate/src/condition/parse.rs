//! Reads a condition: words to a tree.
//!
//! ```text
//! condition  = and { "or" and }
//! and        = not { "and" not }
//! not        = "not" not | "(" condition ")" | comparison
//! comparison = side ("==" | "!=" | "<" | "<=" | ">" | ">=") side | column "is" ["not"] "missing" | column
//! side       = column | number | 'text' | "text" | "true" | "false"
//! column     = letters, digits and underscores, or anything between backquotes
//! ```

use super::{ColumnName, Comparator, Fault, Node, Operand};

/// Deepest nesting.
const DEEPEST: usize = 64;

/// Most tokens: what is longer is no rule that a person reads.
const MOST: usize = 1000;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Word(&'static str),
    Number(f64),
    Text(String),
    Compare(Comparator),
    Open,
    Close,
}

const WORDS: [&str; 7] = ["and", "or", "not", "is", "missing", "true", "false"];

fn fault<T>(at: usize, problem: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { at, problem: problem.into(), hint: None })
}

pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let tokens = tokens(text)?;
    let end = text.chars().count() + 1;
    let mut parser = Parser { tokens, next: 0, end };
    if parser.tokens.is_empty() {
        return fault(1, "the condition is empty");
    }
    if let Some((_, at)) = parser.tokens.get(MOST) {
        return fault(*at, format!("the condition has more than {MOST} words"));
    }
    let root = parser.or(0)?;
    match parser.peek() {
        None => Ok(root),
        Some(Token::Close) => fault(parser.at(), "a parenthesis is closed that was not opened"),
        Some(Token::Compare(_)) => {
            fault(parser.at(), "comparisons cannot be chained; join two of them with and")
        }
        Some(_) => fault(parser.at(), "and, or, or the end of the condition is expected"),
    }
}

/// The tokens of a condition, each with the place of its first character, counted from one.
fn tokens(text: &str) -> Result<Vec<(Token, usize)>, Fault> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = vec![];
    let mut i = 0;
    while i < chars.len() {
        let (c, at) = (chars[i], i + 1);
        let until = |from: usize, keep: &dyn Fn(char) -> bool| {
            (from..chars.len()).find(|k| !keep(chars[*k])).unwrap_or(chars.len())
        };
        if c.is_whitespace() {
            i += 1;
        } else if c == '(' || c == ')' {
            out.push((if c == '(' { Token::Open } else { Token::Close }, at));
            i += 1;
        } else if c == '"' || c == '\'' || c == '`' {
            let end = until(i + 1, &|k| k != c);
            if end == chars.len() {
                return fault(at, format!("the quote {c} is not closed"));
            }
            let inside: String = chars[i + 1..end].iter().collect();
            out.push((if c == '`' { Token::Name(inside) } else { Token::Text(inside) }, at));
            i = end + 1;
        } else if c.is_ascii_digit() || ((c == '-' || c == '.') && i + 1 < chars.len()) {
            let mut end = i + 1;
            while end < chars.len()
                && (chars[end].is_ascii_alphanumeric()
                    || chars[end] == '.'
                    || (matches!(chars[end], '-' | '+') && matches!(chars[end - 1], 'e' | 'E')))
            {
                end += 1;
            }
            let word: String = chars[i..end].iter().collect();
            match word.parse::<f64>() {
                Ok(x) if x.is_finite() && word.chars().any(|c| c.is_ascii_digit()) => {
                    out.push((Token::Number(x), at));
                }
                _ => return fault(at, format!("{word} is no number")),
            }
            i = end;
        } else if c.is_alphabetic() || c == '_' {
            let end = until(i, &|k| k.is_alphanumeric() || k == '_');
            let word: String = chars[i..end].iter().collect();
            let token = WORDS.iter().find(|w| **w == word).map(|w| Token::Word(w));
            out.push((token.unwrap_or(Token::Name(word)), at));
            i = end;
        } else {
            let rest: String = chars[i..chars.len().min(i + 2)].iter().collect();
            match Comparator::NAMED.iter().find(|(name, _)| rest.starts_with(name)) {
                Some((name, how)) => {
                    out.push((Token::Compare(*how), at));
                    i += name.len();
                }
                None => return fault(at, unknown(c)),
            }
        }
    }
    Ok(out)
}

/// What to write instead of a sign that there is not.
fn unknown(c: char) -> String {
    match c {
        '=' => "equality is written ==".into(),
        '!' => "write not, or != between two sides".into(),
        '&' => "write and".into(),
        '|' => "write or".into(),
        _ => format!("{c:?} has no meaning here"),
    }
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    next: usize,
    /// The place behind the last character.
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(t, _)| t)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(_, at)| *at)
    }

    /// Steps over `word` if it is next.
    fn took(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Word(w)) if *w == word);
        self.next += usize::from(is);
        is
    }

    fn or(&mut self, depth: usize) -> Result<Node, Fault> {
        let mut left = self.and(depth)?;
        while self.took("or") {
            left = Node::Or(Box::new(left), Box::new(self.and(depth)?));
        }
        Ok(left)
    }

    fn and(&mut self, depth: usize) -> Result<Node, Fault> {
        let mut left = self.not(depth)?;
        while self.took("and") {
            left = Node::And(Box::new(left), Box::new(self.not(depth)?));
        }
        Ok(left)
    }

    fn not(&mut self, depth: usize) -> Result<Node, Fault> {
        let at = self.at();
        if depth > DEEPEST {
            return fault(at, format!("the condition is nested more than {DEEPEST} deep"));
        }
        if self.took("not") {
            return Ok(Node::Not(Box::new(self.not(depth + 1)?)));
        }
        if self.peek() != Some(&Token::Open) {
            return self.comparison();
        }
        self.next += 1;
        let inside = self.or(depth + 1)?;
        match self.peek() {
            Some(Token::Close) => {
                self.next += 1;
                Ok(inside)
            }
            None => fault(at, "the parenthesis is not closed"),
            Some(Token::Compare(_)) => {
                fault(self.at(), "comparisons cannot be chained; join two of them with and")
            }
            Some(_) => fault(self.at(), "and, or, or a closing parenthesis is expected"),
        }
    }

    fn comparison(&mut self) -> Result<Node, Fault> {
        let at = self.at();
        let left = self.side("a column, a number, text in quotes, true or false is expected")?;
        if let Some(Token::Compare(how)) = self.peek() {
            let how = *how;
            self.next += 1;
            let right = self.side("a column, a number, text in quotes, true or false is expected")?;
            if left.column().is_none() && right.column().is_none() {
                return fault(at, "neither side is a column (names of columns have no quotes)");
            }
            return Ok(Node::Compare(left, how, right));
        }
        let Operand::Column(column) = left else {
            return fault(at, "a value by itself is no condition; compare a column with it");
        };
        if !self.took("is") {
            return Ok(Node::Flag(column));
        }
        let held = self.took("not");
        if !self.took("missing") {
            return fault(
                self.at(),
                "missing is expected (\"column is missing\", \"column is not missing\")",
            );
        }
        let missing = Node::Missing(column);
        Ok(if held { Node::Not(Box::new(missing)) } else { missing })
    }

    fn side(&mut self, expected: &str) -> Result<Operand, Fault> {
        let at = self.at();
        let side = match self.peek() {
            Some(Token::Name(name)) => Operand::Column(ColumnName { name: name.clone(), at }),
            Some(Token::Number(x)) => Operand::Number(*x),
            Some(Token::Text(text)) => Operand::Text(text.clone(), at),
            Some(Token::Word("true")) => Operand::Truth(true),
            Some(Token::Word("false")) => Operand::Truth(false),
            Some(Token::Word(word)) => {
                return fault(
                    at,
                    format!("{expected}, and {word} is none (a column of that name is `{word}`)"),
                );
            }
            _ => return fault(at, expected),
        };
        self.next += 1;
        Ok(side)
    }
}
