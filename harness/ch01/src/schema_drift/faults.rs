//! Documents that are no orders, each for one reason.

use proptest::sample::Index;

use super::contract::{SchemaError, Version};
use super::document::{Record, Value};
use super::paths::Path;
use super::peer::{BUYER, PRODUCT};
use super::values::Written;

/// What is done to a good document, and what a reader says to that.
#[derive(Clone, Debug)]
pub struct Fault {
    edits: Vec<(String, Option<Value>)>,
    pub error: SchemaError,
}

impl Fault {
    /// The document with this wrong in it.
    pub fn in_document(&self, written: &Written) -> Value {
        let mut document = written.document();
        for (path, value) in &self.edits {
            Path::of(path).put(&mut document, value.clone());
        }
        document
    }

    /// In words, as the end of a sentence that begins with "a document ".
    pub fn told(&self, written: &Written) -> String {
        let edit = |(path, value): &(String, Option<Value>)| match value {
            None => format!("without `{path}`"),
            Some(_) if path.is_empty() => "that is no record".to_owned(),
            Some(value) => format!("with {value} as `{path}`"),
        };
        let edits: Vec<String> = self.edits.iter().map(edit).collect();
        format!("of {} {}", written.by, edits.join(" and "))
    }
}

/// Every required field taken away, from a document that the newest version wrote, for a reader of this version.
pub fn missing(reader: Version, written: &Written, which: Index) -> Vec<Fault> {
    let item = format!("items[{}]", which.index(written.order.items.len()));
    let without = |paths: &[&str], path: &str| Fault {
        edits: paths.iter().map(|path| ((*path).to_owned(), None)).collect(),
        error: SchemaError::Missing { path: path.to_owned() },
    };
    let (sku, product) = (format!("{item}.sku"), format!("{item}.product"));
    let quantity = format!("{item}.quantity");
    let mut faults = vec![
        without(&["id"], "id"),
        without(&["state"], "state"),
        without(&["items"], "items"),
        without(&[&quantity], &quantity),
    ];
    faults.push(match reader {
        // Only the new name is left, and this reader does not know it.
        Version::V1 => without(&["customer"], "customer"),
        Version::V2 | Version::V3 => without(&["customer", "buyer"], "buyer"),
    });
    faults.push(match reader {
        Version::V1 | Version::V2 => without(&[&sku], &sku),
        Version::V3 => without(&[&sku, &product], &product),
    });
    if reader == Version::V3 {
        faults.push(without(&["delivery.city"], "delivery.city"));
    }
    faults
}

/// Every field with a value of another type, in a document that the newest version wrote and that has a delivery, for a
/// reader of this version.
pub fn wrong_type(reader: Version, written: &Written, which: Index) -> Vec<Fault> {
    let item = format!("items[{}]", which.index(written.order.items.len()));
    let with = |path: &str, value| Fault {
        edits: vec![(path.to_owned(), Some(value))],
        error: SchemaError::WrongType { path: path.to_owned() },
    };
    let text = || Value::Text("7".to_owned());
    let mut faults = vec![
        with("", Value::List(Vec::new())),
        with("id", text()),
        with("id", Value::Null),
        with("state", Value::Integer(7)),
        with("state", Value::Null),
        with("items", Value::Record(Record::new())),
        with("items", Value::Null),
        with(&item, text()),
        with(&format!("{item}.quantity"), text()),
        with("note", Value::Integer(7)),
    ];
    // Which of two names is looked at first is another promise.
    if reader < BUYER.since {
        faults.push(with("customer", Value::Integer(7)));
    }
    if reader < PRODUCT.since {
        faults.push(with(&format!("{item}.sku"), Value::Bool(true)));
    }
    if reader >= Version::V2 {
        faults.extend([
            with("currency", Value::Null),
            with("currency", Value::Integer(7)),
            with(&format!("{item}.unit_price_cents"), text()),
        ]);
    }
    if reader >= Version::V3 {
        faults.extend([
            with("delivery", text()),
            with("delivery.city", Value::Null),
            with("delivery.instructions", Value::Bool(false)),
            with("tags", text()),
            with("tags", Value::List(vec![text(), Value::Integer(7)])),
        ]);
        if let Some(fault) = faults.last_mut() {
            fault.error = SchemaError::WrongType { path: "tags[1]".to_owned() };
        }
    }
    faults
}
