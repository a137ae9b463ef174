//! What is promised of reading and of writing.

use explore::{Breach, Evidence};
use proptest::arbitrary::any;
use proptest::prop_oneof;
use proptest::sample::{Index, select};
use proptest::strategy::{BoxedStrategy, Strategy};

use super::Make;
use super::contract::{MAX_EXACT, Order, SchemaError, State, Version};
use super::document::Value;
use super::faults::{self, Fault};
use super::paths::{Difference, Path, differences};
use super::peer::{self, Rename, fields_of, items_of};
use super::promises::{READ, REFUSED, Read, Verdict, WRITTEN};
use super::values::{self, Given, Written, delivered_order, extras, order, written_by};

/// What a reader of this version has to see in a document that this one wrote.
fn seen(reader: Version, written: &Written) -> Result<Order, SchemaError> {
    Ok(peer::seen_by(reader, &written.order))
}

/// Written by the reader's version or an older one.
pub fn old_data(_: u64) -> BoxedStrategy<Read> {
    let build = |(order, reader, writer): (Order, Version, Version)| {
        let written = written_by(writer.min(reader), &order);
        let what = format!("that {} wrote", written.by);
        Given { version: reader, what, document: written.document(), then: seen(reader, &written) }
    };
    (order(), values::version(), values::version()).prop_map(build).boxed()
}

/// Written by a newer version than the reader's, or one that nobody knows yet.
pub fn new_data(_: u64) -> BoxedStrategy<Read> {
    let build = |(order, reader, writer, extras, future): (Order, Version, Version, _, bool)| {
        let written = written_by(writer.max(reader), &order);
        let (what, document) = if future || written.by == reader {
            ("from the future".to_owned(), values::with_extras(written.document(), &extras))
        } else {
            (format!("that {} wrote", written.by), written.document())
        };
        Given { version: reader, what, document, then: seen(reader, &written) }
    };
    (delivered_order(), values::version(), values::version(), extras(), any::<bool>()).prop_map(build).boxed()
}

/// An order to be written by some version.
pub fn any_order(_: u64) -> BoxedStrategy<Written> {
    (order(), values::version()).prop_map(|(order, version)| written_by(version, &order)).boxed()
}

fn later_version() -> BoxedStrategy<Version> {
    select(&[Version::V2, Version::V3][..]).boxed()
}

/// Without the field that version 1 does not have.
pub fn no_currency(_: u64) -> BoxedStrategy<Read> {
    let build = |(order, reader): (Order, Version)| {
        let written = written_by(reader, &Order { currency: "EUR".to_owned(), ..order });
        let mut document = written.document();
        Path::of("currency").put(&mut document, None);
        Given { version: reader, what: "without `currency`".to_owned(), document, then: seen(reader, &written) }
    };
    (order(), later_version()).prop_map(build).boxed()
}

/// With one name of each field that has two for the reader.
pub fn renamed(_: u64) -> BoxedStrategy<Read> {
    let build = |(order, reader, old_buyer, old_product): (Order, Version, bool, bool)| {
        let written = written_by(reader, &order);
        let mut document = written.document();
        let mut kept = Vec::new();
        let mut drop_one = |rename: Rename, old: bool| {
            let (keep, lose) = if old { (rename.old, rename.new) } else { (rename.new, rename.old) };
            kept.push(format!("`{keep}` and no `{lose}`"));
            lose
        };
        let fields = fields_of(&mut document);
        fields.remove(drop_one(peer::BUYER, old_buyer));
        if reader >= peer::PRODUCT.since {
            let lose = drop_one(peer::PRODUCT, old_product);
            for item in items_of(fields) {
                fields_of(item).remove(lose);
            }
        }
        let what = format!("with {}", kept.join(", with "));
        Given { version: reader, what, document, then: seen(reader, &written) }
    };
    (order(), later_version(), any::<bool>(), any::<bool>()).prop_map(build).boxed()
}

/// In which a program that knows only the old names has changed what they say.
pub fn names_that_differ(_: u64) -> BoxedStrategy<Read> {
    let build = |(order, reader, buyer, product): (Order, Version, &str, &str)| {
        let mut written = written_by(reader, &order);
        let mut document = written.document();
        let fields = fields_of(&mut document);
        let text = |text: &str| Value::Text(text.to_owned());
        fields.insert(peer::BUYER.old.to_owned(), text(buyer));
        written.order.buyer = buyer.to_owned();
        if reader >= peer::PRODUCT.since {
            fields_of(&mut items_of(fields)[0]).insert(peer::PRODUCT.old.to_owned(), text(product));
            written.order.items[0].product = product.to_owned();
        }
        let what = "in which an older program has changed a field that has two names".to_owned();
        Given { version: reader, what, document, then: seen(reader, &written) }
    };
    let changed = || select(&["somebody else", "linus"][..]);
    (order(), later_version(), changed(), changed()).prop_map(build).boxed()
}

/// States that a version of its own day does not know.
pub fn strange_state(version: Version) -> BoxedStrategy<State> {
    let later = [(Version::V2, State::Cancelled), (Version::V3, State::Returned)];
    let mut states: Vec<State> =
        later.into_iter().filter(|(since, _)| version < *since).map(|(_, state)| state).collect();
    states.push(State::Unknown("lost at sea".to_owned()));
    select(states).boxed()
}

/// With a state that the reader does not know.
pub fn unknown_state(_: u64) -> BoxedStrategy<Read> {
    let drawn = values::version()
        .prop_flat_map(|reader| (order(), strange_state(reader)).prop_map(move |drawn| (reader, drawn)));
    let build = |(reader, (order, state)): (Version, (Order, State))| {
        let written = written_by(Version::V3, &Order { state, ..order });
        let what = "with a state that this version does not know".to_owned();
        Given { version: reader, what, document: written.document(), then: seen(reader, &written) }
    };
    drawn.prop_map(build).boxed()
}

/// With one thing wrong that `faults` lists.
fn with_fault(faults: fn(Version, &Written, Index) -> Vec<Fault>) -> BoxedStrategy<Read> {
    let build = move |(order, reader, which, item): (Order, Version, Index, Index)| {
        let written = written_by(Version::V3, &order);
        let fault = which.get(&faults(reader, &written, item)).clone();
        let (what, document) = (fault.told(&written), fault.in_document(&written));
        Given { version: reader, what, document, then: Err(fault.error) }
    };
    (delivered_order(), values::version(), any::<Index>(), any::<Index>()).prop_map(build).boxed()
}

/// Without a field that has to be there.
pub fn missing(_: u64) -> BoxedStrategy<Read> {
    with_fault(faults::missing)
}

/// With a field that is of another type than it has to be.
pub fn wrong_type(_: u64) -> BoxedStrategy<Read> {
    with_fault(faults::wrong_type)
}

/// With a whole number as a float, or a float that is no whole number, or one that is too large to tell which.
pub fn floats(_: u64) -> BoxedStrategy<Read> {
    let limit = MAX_EXACT as f64;
    let float = prop_oneof![
        (-9i64..10).prop_map(|value| value as f64),
        select(vec![limit, -limit, limit + 1.0, -limit - 1.0, limit * 4.0, -1e300, 2.5, -0.5, f64::INFINITY]),
    ];
    let build = move |(order, reader, float, which): (Order, Version, f64, Index)| {
        let mut written = written_by(reader, &order);
        let mut document = written.document();
        let item = which.index(order.items.len() + 1);
        let (path, number) = match written.order.items.get_mut(item) {
            Some(place) => (format!("items[{item}].quantity"), &mut place.quantity),
            None => ("id".to_owned(), &mut written.order.id),
        };
        Path::of(&path).put(&mut document, Some(Value::Float(float)));
        *number = float as i64;
        let exact = float.fract() == 0.0 && float.abs() <= limit;
        let then = if exact { seen(reader, &written) } else { Err(SchemaError::WrongType { path: path.clone() }) };
        Given { version: reader, what: format!("with {float:?} as `{path}`"), document, then }
    };
    (order(), values::version(), float, any::<Index>()).prop_map(build).boxed()
}

/// What a reader made of a document, for people.
pub fn told(outcome: &Result<Order, SchemaError>) -> String {
    match outcome {
        Ok(order) => format!("{order:?}"),
        Err(error) => format!("the error {error:?}"),
    }
}

/// Whether a promise is about this difference.
pub type About = fn(&Difference) -> bool;

/// What comes of reading is what has to.
pub fn is_seen(make: &Make, given: &Read, evidence: &mut Evidence) -> Verdict {
    sees(make, given, |_| true, evidence)
}

/// The same of old data, for everything but the field for which there is a promise of its own.
pub fn is_old_seen(make: &Make, given: &Read, evidence: &mut Evidence) -> Verdict {
    sees(make, given, |difference| difference.path.to_string() != "currency", evidence)
}

/// The right currency is seen.
pub fn sees_currency(make: &Make, given: &Read, evidence: &mut Evidence) -> Verdict {
    sees(make, given, |difference| difference.path.to_string() == "currency", evidence)
}

/// The right buyer and products are seen.
pub fn sees_renamed(make: &Make, given: &Read, evidence: &mut Evidence) -> Verdict {
    sees(make, given, |difference| difference.path.is_renamed(), evidence)
}

/// The right state is seen, also where another has the same name.
pub fn sees_state(make: &Make, given: &Read, evidence: &mut Evidence) -> Verdict {
    let actual = make().read(given.version, &given.document);
    saw(&actual, given, |difference| difference.path.to_string() == "state", evidence)?;
    if let (Ok(expected), Ok(order)) = (&given.then, &actual)
        && expected.state != order.state
    {
        let happened = format!("the state was read as {:?} where it should be {:?}", order.state, expected.state);
        return Err(Breach::new(happened, told(&given.then), told(&actual)));
    }
    Ok(())
}

/// The right numbers are seen, or none. Whether the error says where is another promise.
pub fn sees_numbers(make: &Make, given: &Read, evidence: &mut Evidence) -> Verdict {
    let refused = |outcome: &Result<_, _>| matches!(outcome, Err(SchemaError::WrongType { .. }));
    let actual = make().read(given.version, &given.document);
    if refused(&given.then) && refused(&actual) {
        evidence.count(REFUSED);
        return Ok(());
    }
    let about: About = |difference| matches!(difference.expected, Some(Value::Integer(_)));
    saw(&actual, given, about, evidence)
}

fn wrong_error(expected: &SchemaError, actual: &SchemaError) -> String {
    use SchemaError::{Missing, WrongType};
    match (expected, actual) {
        (Missing { path: expected }, Missing { path }) | (WrongType { path: expected }, WrongType { path }) => {
            format!("the error names {path:?}, where it should name {expected:?}")
        }
        _ => format!("a document was refused for the wrong reason: {actual}"),
    }
}

fn sees(make: &Make, given: &Read, about: About, evidence: &mut Evidence) -> Verdict {
    saw(&make().read(given.version, &given.document), given, about, evidence)
}

fn saw(actual: &Result<Order, SchemaError>, given: &Read, about: About, evidence: &mut Evidence) -> Verdict {
    let happened = match (&given.then, actual) {
        (Ok(expected), Ok(actual)) => of_orders(given.version, expected, actual)
            .into_iter()
            .find(about)
            .map(|difference| format!("what was read differs: {difference}")),
        (Ok(_), Err(error)) => Some(format!("a good document was refused: {error}")),
        (Err(_), Ok(_)) => Some("a document that is no order was taken for one".to_owned()),
        (Err(expected), Err(error)) if expected == error => None,
        (Err(expected), Err(error)) => Some(wrong_error(expected, error)),
    };
    if let Some(happened) = happened {
        return Err(Breach::new(happened, told(&given.then), told(actual)));
    }
    evidence.count(if actual.is_ok() { READ } else { REFUSED });
    Ok(())
}

/// Where two orders differ, as the newest version would write them. Renamed fields are told by the newest name that this
/// version knows.
pub fn of_orders(version: Version, expected: &Order, actual: &Order) -> Vec<Difference> {
    let document = |order| {
        let mut document = peer::write(Version::V3, order);
        keep_one_name(&mut document, |rename| Some(if version >= rename.since { rename.old } else { rename.new }));
        document
    };
    differences(&document(expected), &document(actual))
}

/// Takes one of the names, or none, away from each field that has two; what stands under it moves if nothing is under the other.
fn keep_one_name(document: &mut Value, lost: impl Fn(Rename) -> Option<&'static str>) {
    let keep = |rename: Rename, value: &mut Value| {
        let Some(lost) = lost(rename) else { return };
        let kept = if lost == rename.old { rename.new } else { rename.old };
        if let Value::Record(fields) = value
            && let Some(moved) = fields.remove(lost)
        {
            fields.entry(kept.to_owned()).or_insert(moved);
        }
    };
    keep(peer::BUYER, document);
    if let Value::Record(fields) = document
        && let Some(Value::List(items)) = fields.get_mut("items")
    {
        items.iter_mut().for_each(|item| keep(peer::PRODUCT, item));
    }
}

/// What is written is the document of the order. Whether renamed fields are there twice is another promise, and so is
/// whether what is absent is.
pub fn is_written(make: &Make, written: &Written, evidence: &mut Evidence) -> Verdict {
    let (expected, actual) = (written.document(), make().write(written.by, &written.order));
    let once = |document: &Value| {
        let mut document = document.clone();
        // A program that writes the new name too early has written a field that its version does not know.
        keep_one_name(&mut document, |rename| (written.by >= rename.since).then_some(rename.old));
        document
    };
    let differs = differences(&once(&expected), &once(&actual));
    if let Some(difference) = differs.iter().find(|difference| !difference.is_null_for_absent()) {
        return Err(Breach::new(
            format!("what was written differs: {difference}"),
            expected.to_string(),
            actual.to_string(),
        ));
    }
    evidence.count(WRITTEN);
    Ok(())
}
