//! Programs that are processes of their own.
//!
//! A document travels as a row of tokens, each value before what is in it. Whoever takes a row from a stranger sees how deep
//! it goes while the document is put together, and stops in time: everything that is done with a document recurs into it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use harness::remote::{Line, hire, refuse};
use harness::serve::{self, Service};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::contract::{Change, NoSharedVersion, Order, OrderSchema, SchemaError, Version, Versions};
use super::document::Value;

/// How long an answer may be, in bytes. Documents are some hundreds.
const MOST_BYTES: usize = 1 << 20;

/// How many values may stand inside one another in an answer. Documents have no more than five.
const MOST_LEVELS: usize = 64;

/// What the programs are asked.
#[derive(Debug, Serialize, Deserialize)]
enum Call {
    Read(Version, Row),
    Write(Version, Order),
    Modify(Version, Row, Change),
    Negotiate(Versions, Versions),
}

/// A document, value by value.
#[derive(Debug, Serialize, Deserialize)]
struct Row(Vec<Token>);

#[derive(Debug, Serialize, Deserialize)]
enum Token {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    /// So many values follow.
    List(usize),
    /// So many names follow, with a value after each.
    Record(usize),
    /// Of a field.
    Name(String),
}

impl Row {
    fn of(document: &Value) -> Self {
        let mut row = Row(Vec::new());
        row.put(document);
        row
    }

    fn put(&mut self, value: &Value) {
        match value {
            Value::Null => self.0.push(Token::Null),
            Value::Bool(value) => self.0.push(Token::Bool(*value)),
            Value::Integer(value) => self.0.push(Token::Integer(*value)),
            Value::Float(value) => self.0.push(Token::Float(*value)),
            Value::Text(value) => self.0.push(Token::Text(value.clone())),
            Value::List(values) => {
                self.0.push(Token::List(values.len()));
                values.iter().for_each(|value| self.put(value));
            }
            Value::Record(fields) => {
                self.0.push(Token::Record(fields.len()));
                for (name, value) in fields {
                    self.0.push(Token::Name(name.clone()));
                    self.put(value);
                }
            }
        }
    }

    /// The document again; nothing if it is none, or goes deeper than any honest one.
    fn document(self) -> Option<Value> {
        let mut tokens = self.0.into_iter();
        let document = value(&mut tokens, MOST_LEVELS)?;
        tokens.next().is_none().then_some(document)
    }
}

/// The next value. Every value of a list and every field takes a token at least, so a count that lies comes to an end soon.
fn value(tokens: &mut impl Iterator<Item = Token>, levels: usize) -> Option<Value> {
    let levels = levels.checked_sub(1)?;
    Some(match tokens.next()? {
        Token::Null => Value::Null,
        Token::Bool(value) => Value::Bool(value),
        Token::Integer(value) => Value::Integer(value),
        Token::Float(value) => Value::Float(value),
        Token::Text(value) => Value::Text(value),
        Token::List(count) => {
            let mut values = Vec::new();
            for _ in 0..count {
                values.push(value(tokens, levels)?);
            }
            Value::List(values)
        }
        Token::Record(count) => {
            let mut fields = BTreeMap::new();
            for _ in 0..count {
                let Token::Name(name) = tokens.next()? else { return None };
                fields.insert(name, value(tokens, levels)?);
            }
            Value::Record(fields)
        }
        Token::Name(_) => return None,
    })
}

fn document(row: Row) -> Value {
    row.document().unwrap_or_else(|| refuse("a document that is none, or has more levels than there is any sense in"))
}

/// The judge's end.
pub struct Remote(Mutex<Line>);

impl Remote {
    fn ask<A: DeserializeOwned>(&self, call: &Call) -> A {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).ask_for(call, MOST_BYTES)
    }
}

impl OrderSchema for Remote {
    fn new() -> Self {
        Remote(Mutex::new(hire()))
    }

    fn read(&self, version: Version, document: &Value) -> Result<Order, SchemaError> {
        self.ask(&Call::Read(version, Row::of(document)))
    }

    fn write(&self, version: Version, order: &Order) -> Value {
        document(self.ask(&Call::Write(version, order.clone())))
    }

    fn modify(&self, version: Version, old: &Value, change: &Change) -> Result<Value, SchemaError> {
        let modified: Result<Row, SchemaError> = self.ask(&Call::Modify(version, Row::of(old), change.clone()));
        modified.map(document)
    }

    fn negotiate(&self, ours: Versions, theirs: Versions) -> Result<u32, NoSharedVersion> {
        self.ask(&Call::Negotiate(ours, theirs))
    }
}

/// The worker's end. The learner's object is made when the first call comes, where a panic of it is a panic of that call.
pub struct Served<S>(Option<S>);

impl<S> Served<S> {
    pub fn new() -> Self {
        Served(None)
    }
}

impl<S: OrderSchema> Service for Served<S> {
    fn serve(&mut self, order: &[u8]) -> Vec<u8> {
        obey(self.0.get_or_insert_with(S::new), serve::order(order))
    }
}

fn obey(schema: &dyn OrderSchema, call: Call) -> Vec<u8> {
    match call {
        Call::Read(version, row) => serve::answer(&schema.read(version, &document(row))),
        Call::Write(version, order) => serve::answer(&Row::of(&schema.write(version, &order))),
        Call::Modify(version, row, change) => {
            let modified = schema.modify(version, &document(row), &change);
            serve::answer(&modified.map(|document| Row::of(&document)))
        }
        Call::Negotiate(ours, theirs) => serve::answer(&schema.negotiate(ours, theirs)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(depth: usize) -> Row {
        Row((1..depth).map(|_| Token::List(1)).chain([Token::Null]).collect())
    }

    #[test]
    fn a_document_is_the_same_after_its_travel() {
        let inner = Value::Record([("a".to_owned(), Value::Float(-0.0)), ("b".to_owned(), Value::List(vec![]))].into());
        let text = Value::Text("ß".to_owned());
        let document = Value::List(vec![Value::Null, Value::Bool(true), Value::Integer(i64::MIN), text, inner]);
        assert_eq!(Row::of(&document).document(), Some(document));
    }

    #[test]
    fn rows_that_are_no_document_are_refused() {
        let name = || Token::Name("a".to_owned());
        let rows = [
            vec![],
            vec![Token::Null, Token::Null],
            vec![Token::List(usize::MAX), Token::Null],
            vec![Token::Record(1), Token::Null, Token::Null],
            vec![Token::Record(1), name()],
            vec![name()],
        ];
        for row in rows {
            assert_eq!(Row(row).document(), None);
        }
    }

    #[test]
    fn a_document_that_is_too_deep_is_refused_before_it_is_built() {
        assert!(lists(MOST_LEVELS).document().is_some());
        assert_eq!(lists(MOST_LEVELS + 1).document(), None);
        assert_eq!(lists(1_000_000).document(), None);
    }
}
