//! Documents that say the names of their own fields.
//!
//! The tree is ours and not a JSON library's, because those differ in what they do to large numbers, and the exercise is
//! about that, too. Here a whole number is exact, whatever its size.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

// ANCHOR: value
/// A document, or a part of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// The field is there and says "nothing". Not the same as a field that is not there.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number, exact.
    Integer(i64),
    /// A number from a writer that has 64-bit floating point for all of them, as JavaScript has.
    Float(f64),
    /// Text.
    Text(String),
    /// Values in an order that matters.
    List(Vec<Value>),
    /// Fields by name, in no order that means anything.
    Record(Record),
}

/// The fields of a record.
pub type Record = BTreeMap<String, Value>;
// ANCHOR_END: value

/// Like JSON, over several lines where there is much to show.
impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(out, 0)
    }
}

const LINE: usize = 80;

impl Value {
    fn show(&self, out: &mut fmt::Formatter<'_>, indent: usize) -> fmt::Result {
        let line = self.on_one_line();
        let (open, close, parts): (_, _, Vec<(String, &Value)>) = match self {
            Value::List(values) if line.len() + indent > LINE => {
                ("[", "]", values.iter().map(|value| (String::new(), value)).collect())
            }
            Value::Record(fields) if line.len() + indent > LINE => {
                ("{", "}", fields.iter().map(|(name, value)| (format!("{name:?}: "), value)).collect())
            }
            _ => return out.write_str(&line),
        };
        writeln!(out, "{open}")?;
        let inner = indent + 2;
        for (place, (name, value)) in parts.iter().enumerate() {
            write!(out, "{:inner$}{name}", "")?;
            value.show(out, inner)?;
            writeln!(out, "{}", if place + 1 < parts.len() { "," } else { "" })?;
        }
        write!(out, "{:indent$}{close}", "")
    }

    fn on_one_line(&self) -> String {
        match self {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Integer(value) => value.to_string(),
            Value::Float(value) => format!("{value:?}"),
            Value::Text(value) => format!("{value:?}"),
            Value::List(values) => {
                format!("[{}]", values.iter().map(Value::on_one_line).collect::<Vec<_>>().join(", "))
            }
            Value::Record(fields) => {
                let field = |(name, value): (&String, &Value)| format!("{name:?}: {}", value.on_one_line());
                format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_shown_like_json() {
        let item = |sku: &str| Value::Record([("sku".to_owned(), Value::Text(sku.repeat(30)))].into());
        let fields = [
            ("id".to_owned(), Value::Integer((1 << 53) + 1)),
            ("weight".to_owned(), Value::Float(2.0)),
            ("items".to_owned(), Value::List(vec![item("a"), item("b")])),
        ];
        let (a, b) = ("a".repeat(30), "b".repeat(30));
        assert_eq!(
            Value::Record(fields.into()).to_string(),
            format!(
                "{{\n  \"id\": 9007199254740993,\n  \"items\": [\n    {{\"sku\": \"{a}\"}},\n    {{\"sku\": \"{b}\"}}\n  \
                 ],\n  \"weight\": 2.0\n}}"
            )
        );
        assert_eq!(Value::List(vec![Value::Null, Value::Bool(true)]).to_string(), "[null, true]");
    }
}
