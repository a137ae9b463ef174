//! A map from keys to strings that can be appended to, as in the laboratories of MIT's course 6.824 and in the public
//! histories that checkers are compared on.

use std::collections::BTreeSet;

use super::{Ahead, AllAhead, COMPARISONS, LOOK_AHEAD, Model};

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

    fn notices(&self, input: &MapInput, output: Option<&MapOutput>, guess: &MapInput) -> bool {
        match (input, output, guess) {
            (MapInput::Put { .. }, ..) | (MapInput::Get { .. }, None, _) => false,
            (_, Some(MapOutput::Value(seen)), MapInput::Put { value, .. }) => seen == value,
            (_, Some(MapOutput::Value(seen)), MapInput::Append { value, .. }) => seen.ends_with(value),
            _ => true,
        }
    }

    /// What the next gets return must be on its way: the string that is there, or a coming put, with coming appends
    /// behind it.
    ///
    /// Without this, a wrong order of appends would be noticed only at the next get, after all orders of everything
    /// between had been tried.
    fn hopeless(&self, state: &Self::State, ahead: AllAhead<'_, '_, Self::Input, Self::Output>) -> bool {
        let (mut appended, mut put, mut gets) = (Vec::new(), Vec::new(), 0);
        let mut comparisons = COMPARISONS;
        for event in ahead {
            match event {
                Ahead::Call(MapInput::Append { value, .. }, _) if !value.is_empty() => appended.push(value.as_str()),
                Ahead::Call(MapInput::Put { value, .. }, _) => put.push(value.as_str()),
                Ahead::Return(MapInput::Get { .. }, MapOutput::Value(seen)) => {
                    let mut begins = std::iter::once(state.as_str()).chain(put.iter().copied());
                    if !begins.any(|begin| {
                        seen.strip_prefix(begin).is_some_and(|rest| is_made_of(rest, &appended, &mut comparisons))
                    }) {
                        return true;
                    }
                    gets += 1;
                }
                _ => {}
            }
            if gets == LOOK_AHEAD {
                break;
            }
        }
        false
    }

    fn heap_bytes(&self, state: &String) -> usize {
        state.len()
    }
}

/// Whether `text` may be put together from `parts`, none of them empty; how often each is used does not count. Where that
/// takes more comparisons than are left, it may.
fn is_made_of(text: &str, parts: &[&str], comparisons: &mut usize) -> bool {
    let mut places = BTreeSet::from([0]);
    while let Some(place) = places.pop_first() {
        let rest = &text[place..];
        if rest.is_empty() || *comparisons < parts.len() {
            return true;
        }
        *comparisons -= parts.len();
        places.extend(parts.iter().filter(|part| rest.starts_with(**part)).map(|part| place + part.len()));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_made_of_parts_if_some_way_of_cutting_it_says_so() {
        let made = |text: &str, parts: &[&str]| is_made_of(text, parts, &mut 1000);
        assert!(made("", &[]));
        assert!(made("aab", &["a", "aa", "b"]), "not all ways lead on");
        assert!(made("abab", &["ab"]), "a part counts as often as it takes");
        assert!(!made("abc", &["ab", "bc"]));
        assert!(!made("a", &[]));
        assert!(made(&("a".repeat(5_000) + "b"), &["a"]), "too long to look at wholly");
    }
}
