//! Where two documents differ, and who knows of that place.

use std::collections::BTreeSet;
use std::fmt;

use super::contract::{Change, Version};
use super::document::Value;
use super::peer::{BUYER, PRODUCT, Rename};

/// One step into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Field(String),
    Index(usize),
}

/// The way to a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

impl Path {
    fn then(&self, step: Step) -> Path {
        Path(self.0.iter().cloned().chain([step]).collect())
    }

    /// The path that is written so; the inverse of `Display`.
    pub fn of(text: &str) -> Path {
        let field = |name: &str| Step::Field(name.to_owned());
        let index = |digits: &str| Step::Index(digits.parse().expect("an index is a number"));
        let steps = text.split(['.', '[']).filter(|part| !part.is_empty());
        Path(steps.map(|part| part.strip_suffix(']').map_or_else(|| field(part), index)).collect())
    }

    /// Puts a value there, or takes away what is there. The way to it exists.
    pub fn put(&self, document: &mut Value, value: Option<Value>) {
        let Some((last, way)) = self.0.split_last() else {
            *document = value.expect("a document is not taken away");
            return;
        };
        let mut at = document;
        for step in way {
            at = match (step, at) {
                (Step::Field(name), Value::Record(fields)) => fields.get_mut(name).expect("the way exists"),
                (Step::Index(index), Value::List(values)) => &mut values[*index],
                (step, at) => unreachable!("{step:?} does not lead into {at}"),
            };
        }
        match (last, at, value) {
            (Step::Field(name), Value::Record(fields), Some(value)) => drop(fields.insert(name.clone(), value)),
            (Step::Field(name), Value::Record(fields), None) => drop(fields.remove(name)),
            (Step::Index(index), Value::List(values), Some(value)) => values[*index] = value,
            (step, at, _) => unreachable!("{step:?} of {at} is not put or taken away"),
        }
    }

    /// Whether it leads nowhere, to the whole document.
    pub fn is_whole(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it leads to a field that has two names.
    pub fn is_renamed(&self) -> bool {
        let either = |rename: Rename, name: &str| name == rename.old || name == rename.new;
        match self.names()[..] {
            [name] => either(BUYER, name),
            ["items", name] => either(PRODUCT, name),
            _ => false,
        }
    }

    /// The names on the way.
    fn names(&self) -> Vec<&str> {
        let steps = self.0.iter();
        steps.filter_map(|step| if let Step::Field(name) = step { Some(name.as_str()) } else { None }).collect()
    }

    /// The item that it leads into.
    fn item(&self) -> Option<usize> {
        match self.0[..] {
            [Step::Field(ref name), Step::Index(item), ..] if name == "items" => Some(item),
            _ => None,
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if place == 0 => write!(out, "{name}")?,
                Step::Field(name) => write!(out, ".{name}")?,
                Step::Index(index) => write!(out, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A place at which two documents differ. `None`: nothing is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub path: Path,
    pub expected: Option<Value>,
    pub actual: Option<Value>,
}

impl Difference {
    /// Whether null stands where nothing should. There is a promise of its own for that.
    pub fn is_null_for_absent(&self) -> bool {
        self.expected.is_none() && self.actual == Some(Value::Null)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<Value>| value.as_ref().map_or("absent".to_owned(), Value::to_string);
        let place = if self.path.0.is_empty() { "the document".to_owned() } else { format!("`{}`", self.path) };
        write!(out, "{place} is {} where it should be {}", shown(&self.actual), shown(&self.expected))
    }
}

/// All of them, each at the greatest depth that both documents have; lists of different lengths as a whole.
pub fn differences(expected: &Value, actual: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(&Path::default(), Some(expected), Some(actual), &mut found);
    found
}

fn compare(path: &Path, expected: Option<&Value>, actual: Option<&Value>, found: &mut Vec<Difference>) {
    match (expected, actual) {
        (Some(Value::Record(expected)), Some(Value::Record(actual))) => {
            let names: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
            for name in names {
                compare(&path.then(Step::Field(name.clone())), expected.get(name), actual.get(name), found);
            }
        }
        (Some(Value::List(expected)), Some(Value::List(actual))) if expected.len() == actual.len() => {
            for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                compare(&path.then(Step::Index(index)), Some(expected), Some(actual), found);
            }
        }
        (expected, actual) if expected == actual => {}
        (expected, actual) => {
            found.push(Difference { path: path.clone(), expected: expected.cloned(), actual: actual.cloned() })
        }
    }
}

/// Who knows of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The version knows all names on the way.
    Known,
    /// It does not know the first one.
    Unknown,
    /// It knows the first one, and not one inside.
    UnknownInside,
}

/// Whether a version knows a place.
pub fn place(version: Version, path: &Path) -> Place {
    let since = |known: Version| version >= known;
    let names = path.names();
    let first = match names.first() {
        None | Some(&("id" | "customer" | "state" | "items" | "note")) => true,
        Some(&("buyer" | "currency")) => since(Version::V2),
        Some(&("delivery" | "tags")) => since(Version::V3),
        Some(_) => false,
    };
    let rest = match names[..] {
        [] | [_] | ["items", "sku" | "quantity"] => true,
        ["items", "unit_price_cents"] => since(Version::V2),
        ["items", "product"] | ["delivery", "city" | "instructions"] => since(Version::V3),
        _ => false,
    };
    match (first, rest) {
        (false, _) => Place::Unknown,
        (true, false) => Place::UnknownInside,
        (true, true) => Place::Known,
    }
}

/// What a change has to do with a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It speaks of it.
    Named,
    /// It speaks of it, and this is the name for older readers.
    OldName,
    /// It does not speak of it.
    Aside,
}

/// What a change by this version has to do with a difference; `items` is how many the document has after it.
pub fn role(version: Version, change: &Change, items: usize, difference: &Difference) -> Role {
    let path = &difference.path;
    let names = path.names();
    let last = names.last().copied().unwrap_or_default();
    let old = |rename: Rename| last == rename.old && version >= rename.since;
    let named = match change {
        Change::Buyer(_) => names == [BUYER.old] || names == [BUYER.new],
        Change::State(_) => names == ["state"],
        Change::Note(_) => names == ["note"],
        Change::Quantity { item, .. } => names == ["items", "quantity"] && path.item() == Some(*item),
        Change::AddItem(_) => names == ["items"] || path.item() == items.checked_sub(1) && path.item().is_some(),
        // Whoever removes another one changes them all. What is added to them was not removed.
        Change::RemoveItem { .. } => names.first() == Some(&"items") && difference.expected.is_some(),
    };
    let adds_old_name = match change {
        Change::Buyer(_) => old(BUYER),
        Change::AddItem(_) => old(PRODUCT),
        _ => false,
    };
    match (named, adds_old_name) {
        (false, _) => Role::Aside,
        (true, true) => Role::OldName,
        (true, false) => Role::Named,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record<const N: usize>(fields: [(&str, Value); N]) -> Value {
        Value::Record(fields.map(|(name, value)| (name.to_owned(), value)).into())
    }

    #[test]
    fn a_difference_is_found_where_it_is() {
        let item = |quantity| record([("quantity", Value::Integer(quantity))]);
        let expected = record([("items", Value::List(vec![item(1), item(2)])), ("note", Value::Null)]);
        let actual = record([("items", Value::List(vec![item(1), item(3)])), ("zone", Value::Bool(true))]);
        let told: Vec<String> = differences(&expected, &actual).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "`items[1].quantity` is 3 where it should be 2",
                "`note` is absent where it should be null",
                "`zone` is true where it should be absent"
            ]
        );
        assert_eq!(differences(&expected, &expected), []);
    }

    #[test]
    fn a_path_reads_as_it_is_written() {
        for text in ["", "buyer", "items[0]", "items[12].sku", "delivery.city", "tags[2]"] {
            assert_eq!(Path::of(text).to_string(), text);
        }
        let mut document = record([("items", Value::List(vec![record([("sku", Value::Null)])]))]);
        Path::of("items[0].sku").put(&mut document, Some(Value::Bool(true)));
        assert_eq!(document.to_string(), r#"{"items": [{"sku": true}]}"#);
        Path::of("items[0].sku").put(&mut document, None);
        assert_eq!(document.to_string(), r#"{"items": [{}]}"#);
    }

    #[test]
    fn a_version_knows_its_own_fields_and_those_before_it() {
        let place = |version, path| place(version, &Path::of(path));
        assert_eq!(place(Version::V1, "customer"), Place::Known);
        assert_eq!(place(Version::V1, "buyer"), Place::Unknown);
        assert_eq!(place(Version::V2, "buyer"), Place::Known);
        assert_eq!(place(Version::V2, "items[0].product"), Place::UnknownInside);
        assert_eq!(place(Version::V3, "delivery.floor"), Place::UnknownInside);
        assert_eq!(place(Version::V2, "delivery.city"), Place::Unknown);
    }
}
