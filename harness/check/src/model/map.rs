//! A map from keys to strings that can be appended to, as in the laboratories of MIT's course 6.824 and in the public
//! histories that checkers are compared on.

use super::{Ahead, AllAhead, Model};

/// Strings under keys, all empty at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Map;

/// What is asked of a [`Map`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MapInput {
    /// The string under `key`.
    Get {
        /// Which.
        key: String,
    },
    /// From now on the string under `key` is `value`.
    Put {
        /// Which.
        key: String,
        /// What.
        value: String,
    },
    /// The string under `key` gets longer by `value`.
    Append {
        /// Which.
        key: String,
        /// By what.
        value: String,
    },
}

/// What a [`Map`] returns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MapOutput {
    /// Of a get: the string, empty if there is none.
    Value(String),
    /// Of a put or an append.
    Done,
}

impl MapInput {
    /// The key that this is about.
    pub fn key(&self) -> &str {
        match self {
            MapInput::Get { key } | MapInput::Put { key, .. } | MapInput::Append { key, .. } => key,
        }
    }
}

impl Model for Map {
    type Input = MapInput;
    type Output = MapOutput;
    type State = String;
    type Key = String;

    fn key(&self, input: &MapInput) -> String {
        input.key().to_owned()
    }

    fn init(&self) -> String {
        String::new()
    }

    fn step(&self, state: &String, input: &MapInput, output: Option<&MapOutput>) -> Option<String> {
        match (input, output) {
            (MapInput::Get { .. }, None) => Some(state.clone()),
            (MapInput::Get { .. }, Some(MapOutput::Value(seen))) => (seen == state).then(|| state.clone()),
            (MapInput::Put { value, .. }, None | Some(MapOutput::Done)) => Some(value.clone()),
            (MapInput::Append { value, .. }, None | Some(MapOutput::Done)) => Some(format!("{state}{value}")),
            _ => None,
        }
    }

    fn label(&self, input: &MapInput, output: Option<&MapOutput>) -> String {
        match (input, output) {
            (MapInput::Get { key }, Some(MapOutput::Value(value))) => format!("get {key} → \"{value}\""),
            (MapInput::Get { key }, _) => format!("get {key}"),
            (MapInput::Put { key, value }, _) => format!("put {key} \"{value}\""),
            (MapInput::Append { key, value }, _) => format!("append {key} \"{value}\""),
        }
    }

    fn observes(&self, _: &MapInput, output: &MapOutput) -> bool {
        matches!(output, MapOutput::Value(_))
    }

    /// The next get to return must be on its way: it sees the string that is there, as it is or with one of the coming
    /// appends behind it, or else it begins with one of the coming puts.
    ///
    /// Without this, a wrong order of appends would be noticed only at the next get, after all orders of everything
    /// between had been tried.
    fn hopeless(&self, state: &Self::State, ahead: AllAhead<'_, '_, Self::Input, Self::Output>) -> bool {
        let (mut appended, mut put) = (Vec::new(), Vec::new());
        for event in ahead {
            match event {
                Ahead::Call(MapInput::Append { value, .. }, _) => appended.push(value),
                Ahead::Call(MapInput::Put { value, .. }, _) => put.push(value),
                Ahead::Return(MapInput::Get { .. }, MapOutput::Value(seen)) => {
                    let grows = |rest: &str| appended.iter().any(|value| !value.is_empty() && rest.starts_with(*value));
                    let extends = seen.strip_prefix(state.as_str()).is_some_and(|rest| rest.is_empty() || grows(rest));
                    return !extends && !put.iter().any(|value| seen.starts_with(*value));
                }
                _ => {}
            }
        }
        false
    }

    fn heap_bytes(&self, state: &String) -> usize {
        state.len()
    }
}
