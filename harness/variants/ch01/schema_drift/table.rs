//! The schema is a table; one function checks a document against it and narrows it to what a version knows.

use ch01::schema_drift::{
    Change, Delivery, Item, MAX_EXACT, NoSharedVersion, Order, OrderSchema, Presence, Record, SchemaError, State,
    Value, Version, Versions,
};

pub struct Programs;

enum Kind {
    Number,
    Text,
    Record(&'static [Field]),
    List(&'static Kind),
}

enum Absent {
    Error,
    Fine,
}

struct Field {
    name: &'static str,
    since: Version,
    /// The newer name, and since when.
    renamed: Option<(&'static str, Version)>,
    kind: Kind,
    absent: Absent,
    nullable: bool,
}

const fn field(name: &'static str, since: Version, kind: Kind) -> Field {
    Field { name, since, renamed: None, kind, absent: Absent::Error, nullable: false }
}

const fn optional(name: &'static str, since: Version, kind: Kind) -> Field {
    Field { absent: Absent::Fine, nullable: true, ..field(name, since, kind) }
}

use Version::{V1, V2, V3};

static ORDER: [Field; 8] = [
    field("id", V1, Kind::Number),
    Field { renamed: Some(("buyer", V2)), ..field("customer", V1, Kind::Text) },
    field("state", V1, Kind::Text),
    field("items", V1, Kind::List(&Kind::Record(&ITEM))),
    optional("note", V1, Kind::Text),
    Field { nullable: false, ..optional("currency", V2, Kind::Text) },
    optional("delivery", V3, Kind::Record(&DELIVERY)),
    optional("tags", V3, Kind::List(&Kind::Text)),
];

static ITEM: [Field; 3] = [
    Field { renamed: Some(("product", V3)), ..field("sku", V1, Kind::Text) },
    field("quantity", V1, Kind::Number),
    optional("unit_price_cents", V2, Kind::Number),
];

static DELIVERY: [Field; 2] = [field("city", V3, Kind::Text), optional("instructions", V3, Kind::Text)];

/// What this version knows of a value, under the first names, and with exact numbers.
fn narrowed(version: Version, kind: &Kind, value: &Value, path: &str) -> Result<Value, SchemaError> {
    let wrong = || SchemaError::WrongType { path: path.to_owned() };
    match (kind, value) {
        (Kind::Number, Value::Integer(_)) | (Kind::Text, Value::Text(_)) => Ok(value.clone()),
        (Kind::Number, Value::Float(float)) => {
            let whole = *float as i64;
            let exact = whole as f64 == *float && (-MAX_EXACT..=MAX_EXACT).contains(&whole);
            if exact { Ok(Value::Integer(whole)) } else { Err(wrong()) }
        }
        (Kind::List(kind), Value::List(values)) => {
            let each = |(at, value)| narrowed(version, kind, value, &format!("{path}[{at}]"));
            Ok(Value::List(values.iter().enumerate().map(each).collect::<Result<_, _>>()?))
        }
        (Kind::Record(fields), Value::Record(record)) => {
            let mut known = Record::new();
            for field in fields.iter().filter(|field| field.since <= version) {
                let new = field.renamed.filter(|(_, since)| *since <= version).map(|(new, _)| new);
                let names = [Some(field.name), new];
                let newest = path_to(path, new.unwrap_or(field.name));
                let found = names.into_iter().flatten().find_map(|name| Some((name, record.get(name)?)));
                match (found, &field.absent) {
                    (Some((_, Value::Null)), _) if field.nullable => {
                        known.insert(field.name.to_owned(), Value::Null);
                    }
                    (Some((name, value)), _) => {
                        let value = narrowed(version, &field.kind, value, &path_to(path, name))?;
                        known.insert(field.name.to_owned(), value);
                    }
                    (None, Absent::Fine) => {}
                    (None, Absent::Error) => return Err(SchemaError::Missing { path: newest }),
                }
            }
            Ok(Value::Record(known))
        }
        _ => Err(wrong()),
    }
}

fn path_to(path: &str, name: &str) -> String {
    [path, name].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(".")
}

/// The opposite: what this version knows, under all names.
fn widened(version: Version, kind: &Kind, value: Value) -> Value {
    match (kind, value) {
        (Kind::List(kind), Value::List(values)) => {
            Value::List(values.into_iter().map(|value| widened(version, kind, value)).collect())
        }
        (Kind::Record(fields), Value::Record(mut record)) => {
            let mut wide = Record::new();
            for field in fields.iter().filter(|field| field.since <= version) {
                let Some(value) = record.remove(field.name) else { continue };
                let value = widened(version, &field.kind, value);
                if let Some((new, since)) = field.renamed
                    && since <= version
                {
                    wide.insert(new.to_owned(), value.clone());
                }
                wide.insert(field.name.to_owned(), value);
            }
            Value::Record(wide)
        }
        (_, value) => value,
    }
}

/// Takes narrowed values apart. What was checked is not checked again.
fn text(value: Option<Value>) -> Option<String> {
    if let Some(Value::Text(text)) = value { Some(text) } else { None }
}

fn number(value: Option<Value>) -> Option<i64> {
    if let Some(Value::Integer(number)) = value { Some(number) } else { None }
}

fn list(value: Option<Value>) -> Option<Vec<Value>> {
    if let Some(Value::List(list)) = value { Some(list) } else { None }
}

fn fields(value: Value) -> Record {
    if let Value::Record(fields) = value { fields } else { Record::new() }
}

fn presence<T>(value: Option<Value>, take: impl Fn(Option<Value>) -> Option<T>) -> Presence<T> {
    match value {
        None => Presence::Absent,
        Some(Value::Null) => Presence::Null,
        value => take(value).map_or(Presence::Absent, Presence::Value),
    }
}

fn untyped<T>(value: &Presence<T>, make: impl Fn(&T) -> Value) -> Option<Value> {
    match value {
        Presence::Absent => None,
        Presence::Null => Some(Value::Null),
        Presence::Value(value) => Some(make(value)),
    }
}

fn to_text(text: &String) -> Value {
    Value::Text(text.clone())
}

fn record<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    Value::Record(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
}

fn item_value(item: &Item) -> Value {
    record([
        ("sku", Some(to_text(&item.product))),
        ("quantity", Some(Value::Integer(item.quantity))),
        ("unit_price_cents", untyped(&item.unit_price_cents, |cents| Value::Integer(*cents))),
    ])
}

fn state_name(state: &State) -> Value {
    Value::Text(match state {
        State::Unknown(name) => name.clone(),
        known => format!("{known:?}").to_lowercase(),
    })
}

fn state_of(version: Version, name: String) -> State {
    let known = [(State::New, V1), (State::Paid, V1), (State::Shipped, V1), (State::Cancelled, V2), (State::Returned, V3)];
    let is = |state: &State| state_name(state) == Value::Text(name.clone());
    let found = known.into_iter().find(|(state, since)| *since <= version && is(state));
    found.map_or(State::Unknown(name), |(state, _)| state)
}

/// A document in which the value under a name is another; nothing takes it away.
fn with(record: Record, names: &[&str], value: Option<Value>) -> Record {
    let rest = record.into_iter().filter(|(name, _)| !names.contains(&name.as_str()));
    let put = names.iter().filter_map(|name| Some(((*name).to_owned(), value.clone()?)));
    rest.chain(put).collect()
}

impl OrderSchema for Programs {
    fn new() -> Self {
        Programs
    }

    fn read(&self, version: Version, document: &Value) -> Result<Order, SchemaError> {
        let mut order = fields(narrowed(version, &Kind::Record(&ORDER), document, "")?);
        let mut take = |name: &str| order.remove(name);
        let item = |value| {
            let mut item = fields(value);
            Item {
                product: text(item.remove("sku")).unwrap_or_default(),
                quantity: number(item.remove("quantity")).unwrap_or_default(),
                unit_price_cents: presence(item.remove("unit_price_cents"), number),
            }
        };
        let delivery = |value: Option<Value>| {
            let mut delivery = fields(value?);
            Some(Delivery {
                city: text(delivery.remove("city"))?,
                instructions: presence(delivery.remove("instructions"), text),
            })
        };
        Ok(Order {
            id: number(take("id")).unwrap_or_default(),
            buyer: text(take("customer")).unwrap_or_default(),
            state: state_of(version, text(take("state")).unwrap_or_default()),
            items: list(take("items")).unwrap_or_default().into_iter().map(item).collect(),
            note: presence(take("note"), text),
            currency: text(take("currency")).unwrap_or("EUR".to_owned()),
            delivery: presence(take("delivery"), delivery),
            tags: presence(take("tags"), |tags| list(tags)?.into_iter().map(|tag| text(Some(tag))).collect()),
        })
    }

    fn write(&self, version: Version, order: &Order) -> Value {
        let delivery = |delivery: &Delivery| {
            record([
                ("city", Some(to_text(&delivery.city))),
                ("instructions", untyped(&delivery.instructions, to_text)),
            ])
        };
        let narrow = record([
            ("id", Some(Value::Integer(order.id))),
            ("customer", Some(to_text(&order.buyer))),
            ("state", Some(state_name(&order.state))),
            ("items", Some(Value::List(order.items.iter().map(item_value).collect()))),
            ("note", untyped(&order.note, to_text)),
            ("currency", Some(to_text(&order.currency))),
            ("delivery", untyped(&order.delivery, delivery)),
            ("tags", untyped(&order.tags, |tags| Value::List(tags.iter().map(to_text).collect()))),
        ]);
        widened(version, &Kind::Record(&ORDER), narrow)
    }

    fn modify(&self, version: Version, document: &Value, change: &Change) -> Result<Value, SchemaError> {
        self.read(version, document)?;
        let order = fields(document.clone());
        let items = list(order.get("items").cloned()).unwrap_or_default();
        let with_items = |items| (vec!["items"], Some(Value::List(items)));
        let (names, value) = match change {
            Change::Buyer(buyer) if version == V1 => (vec!["customer"], Some(to_text(buyer))),
            Change::Buyer(buyer) => (vec!["customer", "buyer"], Some(to_text(buyer))),
            Change::State(state) => (vec!["state"], Some(state_name(state))),
            Change::Note(note) => (vec!["note"], untyped(note, to_text)),
            Change::Quantity { item, quantity } => {
                let mut items = items;
                let changed = fields(items[*item].clone());
                items[*item] = Value::Record(with(changed, &["quantity"], Some(Value::Integer(*quantity))));
                with_items(items)
            }
            Change::AddItem(item) => {
                let added = widened(version, &Kind::Record(&ITEM), item_value(item));
                with_items(items.into_iter().chain([added]).collect())
            }
            Change::RemoveItem { item } => {
                let others = items.into_iter().enumerate().filter(|(at, _)| at != item);
                with_items(others.map(|(_, item)| item).collect())
            }
        };
        Ok(Value::Record(with(order, &names, value)))
    }

    fn negotiate(&self, ours: Versions, theirs: Versions) -> Result<u32, NoSharedVersion> {
        let apart = ours.newest < theirs.oldest || theirs.newest < ours.oldest;
        if apart { Err(NoSharedVersion { ours, theirs }) } else { Ok(ours.newest.min(theirs.newest)) }
    }
}
