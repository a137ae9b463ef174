//! What is promised of changing a document, and of what has to survive every way through a program.

use std::fmt;

use explore::property::pieces_first;
use explore::{Breach, Evidence};
use proptest::arbitrary::any;
use proptest::prelude::Just;
use proptest::prop_oneof;
use proptest::sample::{Index, select};
use proptest::strategy::{BoxedStrategy, Strategy};

use super::Make;
use super::contract::{Change, Delivery, Item, Order, OrderSchema, Presence, State, Version};
use super::document::Value;
use super::faults::{self, Fault};
use super::paths::{Difference, Place, Role, differences, place, role};
use super::peer;
use super::promises::{CHANGED, READ, REFUSED, Rewrite, SURVIVED, Verdict, WRITTEN};
use super::reading::{About, of_orders, strange_state, told};
use super::values::{self, Details, Given, Wish, delivered_order, details, extras, order, written_by};

/// An order that goes every way: it is read, written, and changed.
#[derive(Clone, Debug)]
pub struct Both {
    /// What is special about the order.
    what: &'static str,
    /// The version at work.
    version: Version,
    /// The order as this version sees it.
    order: Order,
    /// Written by the newest version, with more in it.
    document: Value,
    change: Change,
}

impl fmt::Display for Both {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Both { what, version, order, document, change } = self;
        writeln!(out, "{version} reads and writes an order with {what}, and makes the change {change:?}")?;
        writeln!(out, "order: {order:?}")?;
        write!(out, "document: {document}")
    }
}

fn both(what: &'static str, version: Version, order: &Order, document: Value, change: Change) -> Both {
    Both { what, version, order: peer::seen_by(version, order), document, change }
}

/// A document of any version, and some change.
pub fn any_change(index: u64) -> BoxedStrategy<Rewrite> {
    let wish = Wish::ALL[index as usize % Wish::ALL.len()];
    let build = move |(order, version, writer, details): (Order, Version, Version, Details)| {
        let written = written_by(writer, &order);
        let then = wish.change(version, &written.order, &details);
        Given { version, what: format!("that {writer} wrote"), document: written.document(), then }
    };
    let first = |change| {
        let document = peer::write(Version::V1, &values::small());
        Given { version: Version::V1, what: "that version 1 wrote".to_owned(), document, then: change }
    };
    let pieces = vec![
        first(Change::Note(Presence::Absent)),
        first(Change::Quantity { item: 1, quantity: 3 }),
        first(Change::RemoveItem { item: 0 }),
    ];
    pieces_first(index, pieces, || (order(), values::version(), values::version(), details()).prop_map(build).boxed())
}

/// A document with fields that the version does not know, at every depth.
pub fn strange(index: u64) -> BoxedStrategy<Rewrite> {
    let wish = Wish::ALL[index as usize % Wish::ALL.len()];
    let drawn = (delivered_order(), values::version(), details(), extras());
    let build = move |(order, version, details, extras): (Order, Version, Details, _)| {
        let written = written_by(Version::V3, &order);
        let then = wish.change(version, &written.order, &details);
        let document = values::with_extras(written.document(), &extras);
        Given { version, what: "from the future".to_owned(), document, then }
    };
    drawn.prop_map(build).boxed()
}

/// A change of a field that has two names for the version that makes it.
pub fn renamed(_: u64) -> BoxedStrategy<Both> {
    let at_work = select(&[(Version::V2, Wish::Buyer), (Version::V3, Wish::Buyer), (Version::V3, Wish::AddItem)][..]);
    let build = |(order, writer, (version, wish), details): (Order, Version, (Version, Wish), Details)| {
        let written = written_by(writer, &order);
        let change = wish.change(version, &written.order, &details);
        both("a renamed field", version, &written.order, written.document(), change)
    };
    (order(), values::version(), at_work, details()).prop_map(build).boxed()
}

/// An order whose state the version does not know, and a change of something else.
pub fn unknown_state(_: u64) -> BoxedStrategy<Both> {
    let state = |version| strange_state(version).prop_map(move |state| (version, state));
    let build = |(order, (version, state), details): (Order, (Version, State), Details)| {
        let order = Order { state, ..order };
        let change = Wish::Note.change(version, &order, &details);
        both("a state that it does not know", version, &order, peer::write(Version::V3, &order), change)
    };
    (order(), values::version().prop_flat_map(state), details()).prop_map(build).boxed()
}

fn any_presence<T: Clone + fmt::Debug + 'static>(values: Vec<T>) -> BoxedStrategy<Presence<T>> {
    prop_oneof![Just(Presence::Absent), Just(Presence::Null), select(values).prop_map(Presence::Value)].boxed()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// An order with fields that are absent, null and empty.
pub fn distinct(_: u64) -> BoxedStrategy<Both> {
    let note = || any_presence(texts(&["", "call first"]));
    let delivery = note().prop_map(|instructions| Delivery { city: "Bern".to_owned(), instructions });
    let delivery = prop_oneof![Just(Presence::Absent), Just(Presence::Null), delivery.prop_map(Presence::Value)];
    let tags = any_presence(vec![vec![], texts(&[""]), texts(&["gift"])]);
    let optional = (note(), any_presence(vec![0, 100]), delivery, tags, any::<bool>());
    let build = |(order, version, (note, cents, delivery, tags, no_items), new_note, wish, details)| {
        let (mut order, wish): (Order, Wish) = (order, wish);
        if no_items && !matches!(wish, Wish::Quantity) {
            order.items.clear();
        }
        order.items.iter_mut().for_each(|item| item.unit_price_cents = cents);
        let order = Order { note, delivery, tags, ..order };
        let change = match wish {
            Wish::Note => Change::Note(new_note),
            _ => wish.change(version, &order, &details),
        };
        both("optional fields", version, &order, peer::write(Version::V3, &order), change)
    };
    let wish = select(&[Wish::Note, Wish::Buyer, Wish::Quantity][..]);
    (order(), values::version(), optional, note(), wish, details()).prop_map(build).boxed()
}

/// An order with numbers that no 64-bit float can hold.
pub fn large(_: u64) -> BoxedStrategy<Both> {
    let number = || select(&[(1i64 << 53) + 1, -(1 << 53) - 1, (1 << 60) + 7, i64::MAX, i64::MIN + 1][..]);
    let build = |(order, version, (id, quantity, cents, unknown), new_quantity, which)| {
        let (mut order, which): (Order, Index) = (order, which);
        order.id = id;
        for item in &mut order.items {
            *item = Item { quantity, unit_price_cents: Presence::Value(cents), ..item.clone() };
        }
        let item = peer::seen_by(version, &order).items.remove(which.index(order.items.len()));
        let change = Change::AddItem(Item { quantity: new_quantity, ..item });
        let extras = [("serial".to_owned(), Value::Integer(unknown))].into();
        let document = values::with_extras(peer::write(Version::V3, &order), &extras);
        both("large numbers", version, &order, document, change)
    };
    let numbers = (number(), number(), number(), number());
    (order(), values::version(), numbers, number(), any::<Index>()).prop_map(build).boxed()
}

/// A document that this version cannot read, and what it was before it was spoilt.
#[derive(Clone, Debug)]
pub struct Unreadable {
    bad: Rewrite,
    good: Value,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bad.fmt(out)
    }
}

/// One thing wrong with it, and a change of another.
pub fn unreadable(_: u64) -> BoxedStrategy<Unreadable> {
    let drawn = (delivered_order(), values::version(), any::<bool>(), any::<Index>(), any::<Index>(), details());
    let build = |(order, version, missing, which, item, details): (_, Version, bool, Index, Index, Details)| {
        let written = written_by(Version::V3, &order);
        let faults = if missing { faults::missing } else { faults::wrong_type };
        let fault: Fault = which.get(&faults(version, &written, item)).clone();
        let then = Wish::Note.change(version, &written.order, &details);
        let bad = Given { version, what: fault.told(&written), document: fault.in_document(&written), then };
        Unreadable { bad, good: written.document() }
    };
    drawn.prop_map(build).boxed()
}

/// What was to come of a change, and where what has come of it differs; nothing if nothing came of it.
struct Outcome {
    expected: Value,
    actual: Value,
    differences: Vec<Difference>,
    /// How many items there are to be.
    items: usize,
}

impl Outcome {
    fn of(schema: &dyn OrderSchema, given: &Rewrite) -> Option<Self> {
        let actual = schema.modify(given.version, &given.document, &given.then).ok()?;
        let mut expected = peer::modify(given.version, &given.document, &given.then);
        let items = peer::items_of(peer::fields_of(&mut expected)).len();
        Some(Outcome { differences: differences(&expected, &actual), expected, actual, items })
    }

    fn role(&self, given: &Rewrite, difference: &Difference) -> Role {
        role(given.version, &given.then, self.items, difference)
    }

    /// Whether the change was made, whatever else was.
    fn is_made(&self, given: &Rewrite) -> bool {
        let named = |difference: &Difference| self.role(given, difference) == Role::Named;
        self.expected != given.document && !self.differences.iter().any(named)
    }

    fn breach(&self, what: &str, difference: &Difference) -> Breach {
        Breach::new(format!("{what}: {difference}"), self.expected.to_string(), self.actual.to_string())
    }
}

/// What the change speaks of says what it says.
pub fn takes_effect(make: &Make, given: &Rewrite, evidence: &mut Evidence) -> Verdict {
    let schema = make();
    // A document that is good and not read breaks other promises.
    if schema.read(given.version, &given.document).is_err() {
        return Ok(());
    }
    let Some(outcome) = Outcome::of(&*schema, given) else {
        let error = schema.modify(given.version, &given.document, &given.then);
        let expected = peer::modify(given.version, &given.document, &given.then).to_string();
        return Err(Breach::new("the change was refused", expected, format!("{error:?}")));
    };
    let named = |difference: &&Difference| {
        outcome.role(given, difference) == Role::Named
            && place(given.version, &difference.path) == Place::Known
            && !difference.is_null_for_absent()
    };
    if let Some(difference) = outcome.differences.iter().find(named) {
        return Err(outcome.breach("the change was not made as it should be", difference));
    }
    evidence.count(CHANGED);
    Ok(())
}

/// Nothing else that the version knows is touched.
pub fn is_narrow(make: &Make, given: &Rewrite, evidence: &mut Evidence) -> Verdict {
    let Some(outcome) = Outcome::of(&*make(), given) else { return Ok(()) };
    let aside = |difference: &&Difference| {
        outcome.role(given, difference) == Role::Aside && place(given.version, &difference.path) == Place::Known
    };
    if let Some(difference) = outcome.differences.iter().find(aside) {
        return Err(outcome.breach("something was changed that nobody asked for", difference));
    }
    if outcome.is_made(given) {
        evidence.count(CHANGED);
    }
    Ok(())
}

/// Nothing that the version does not know is touched, outside of what it knows.
pub fn keeps_unknown(make: &Make, given: &Rewrite, evidence: &mut Evidence) -> Verdict {
    survives(make, given, Place::Unknown, evidence)
}

/// Nothing that the version does not know is touched, inside of what it knows.
pub fn keeps_inside(make: &Make, given: &Rewrite, evidence: &mut Evidence) -> Verdict {
    survives(make, given, Place::UnknownInside, evidence)
}

fn survives(make: &Make, given: &Rewrite, here: Place, evidence: &mut Evidence) -> Verdict {
    let Some(outcome) = Outcome::of(&*make(), given) else { return Ok(()) };
    let lost = |difference: &&Difference| place(given.version, &difference.path) == here;
    if let Some(difference) = outcome.differences.iter().find(lost) {
        let what = format!("something was changed that {} does not know", given.version);
        return Err(outcome.breach(&what, difference));
    }
    if outcome.is_made(given) {
        evidence.count(SURVIVED);
    }
    Ok(())
}

/// The change is refused for the same reason as reading is, and made if nothing is wrong.
pub fn is_refused(make: &Make, Unreadable { bad, good }: &Unreadable, evidence: &mut Evidence) -> Verdict {
    let schema = make();
    // Whether the document is refused at all, and by which name, is another promise.
    let Err(error) = schema.read(bad.version, &bad.document) else { return Ok(()) };
    match schema.modify(bad.version, &bad.document, &bad.then) {
        Err(same) if same == error => evidence.count(REFUSED),
        actual => {
            let actual = actual.map_or_else(|error| format!("the error {error:?}"), |changed| changed.to_string());
            let happened = "a document that this version cannot read was not refused as it is when it is read";
            return Err(Breach::new(happened, format!("the error {error:?}"), actual));
        }
    }
    let good = Given { document: good.clone(), ..bad.clone() };
    if Outcome::of(&*schema, &good).is_some_and(|outcome| outcome.is_made(&good)) {
        evidence.count(CHANGED);
    }
    Ok(())
}

/// Both names of a renamed field are written.
pub fn has_both(make: &Make, both: &Both, evidence: &mut Evidence) -> Verdict {
    let about: About = |difference| difference.path.is_renamed() && difference.expected.is_some();
    let schema = make();
    is_written_right(&*schema, both, about, evidence)?;
    if schema.read(both.version, &both.document).is_err() {
        return Ok(());
    }
    is_changed_right(&*schema, both, about, evidence)
}

/// The state survives.
pub fn keeps_state(make: &Make, both: &Both, evidence: &mut Evidence) -> Verdict {
    every_way(make, both, |difference| difference.path.to_string() == "state", evidence)
}

/// What is absent, null or empty stays so.
pub fn keeps_presence(make: &Make, both: &Both, evidence: &mut Evidence) -> Verdict {
    const OPTIONAL: [&str; 4] = ["note", "tags", "instructions", "unit_price_cents"];
    let about: About = |difference| {
        let path = difference.path.to_string();
        matches!(path.as_str(), "delivery" | "items") || OPTIONAL.iter().any(|name| path.ends_with(name))
    };
    every_way(make, both, about, evidence)
}

/// Large numbers are the same afterwards.
pub fn keeps_numbers(make: &Make, both: &Both, evidence: &mut Evidence) -> Verdict {
    every_way(make, both, |difference| matches!(difference.expected, Some(Value::Integer(_))), evidence)
}

fn every_way(make: &Make, both: &Both, about: About, evidence: &mut Evidence) -> Verdict {
    let schema = make();
    is_read_right(&*schema, both, about, evidence)?;
    is_written_right(&*schema, both, about, evidence)?;
    is_changed_right(&*schema, both, about, evidence)
}

fn is_read_right(schema: &dyn OrderSchema, both: &Both, about: About, evidence: &mut Evidence) -> Verdict {
    let actual = schema.read(both.version, &both.document);
    let happened = match &actual {
        Err(error) => Some(format!("a good document was refused: {error}")),
        Ok(order) => of_orders(both.version, &both.order, order)
            .iter()
            .find(|difference| about(difference))
            .map(|difference| format!("what was read differs: {difference}")),
    };
    if let Some(happened) = happened {
        return Err(Breach::new(happened, told(&Ok(both.order.clone())), told(&actual)));
    }
    evidence.count(READ);
    Ok(())
}

fn is_written_right(schema: &dyn OrderSchema, both: &Both, about: About, evidence: &mut Evidence) -> Verdict {
    let actual = schema.write(both.version, &both.order);
    let expected = peer::write(both.version, &both.order);
    right("what was written differs", &expected, &actual, about)?;
    evidence.count(WRITTEN);
    Ok(())
}

fn is_changed_right(schema: &dyn OrderSchema, both: &Both, about: About, evidence: &mut Evidence) -> Verdict {
    let expected = peer::modify(both.version, &both.document, &both.change);
    // What is lost because the version does not know it breaks another promise.
    let lost =
        |difference: &Difference| difference.actual.is_none() && place(both.version, &difference.path) != Place::Known;
    match schema.modify(both.version, &both.document, &both.change) {
        Ok(actual) => {
            let about = |difference: &Difference| about(difference) && !lost(difference);
            right("the changed document differs", &expected, &actual, about)?;
        }
        Err(error) => {
            let actual = format!("the error {error:?}");
            return Err(Breach::new(format!("a change was refused: {error}"), expected.to_string(), actual));
        }
    }
    evidence.count(CHANGED);
    Ok(())
}

fn right(what: &str, expected: &Value, actual: &Value, about: impl Fn(&Difference) -> bool) -> Verdict {
    let differences = differences(expected, actual);
    match differences.iter().find(|difference| difference.path.is_whole() || about(difference)) {
        None => Ok(()),
        Some(difference) => Err(Breach::new(format!("{what}: {difference}"), expected.to_string(), actual.to_string())),
    }
}
