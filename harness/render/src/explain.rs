//! Small things said in words.
//!
//! Worlds describe faults ("the 2nd request is lost") and quantities in sentences. The grammar sits here once, so that
//! no message ever says "1 attempts" or "the 2th request".

use std::fmt::Display;

/// `1st`, `2nd`, `3rd`, `4th`, `11th`, `21st`.
pub fn ordinal(n: u64) -> String {
    let suffix = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{}{suffix}", thousands(n))
}

/// `a`, `a and b`, `a, b and c`; nothing for nothing.
pub fn list_in_words<S: Display>(items: &[S]) -> String {
    match items {
        [] => String::new(),
        [only] => only.to_string(),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(S::to_string).collect();
            format!("{} and {last}", first.join(", "))
        }
    }
}

/// A duration in milliseconds: `1,500 ms`.
pub fn ms(duration_ms: u64) -> String {
    format!("{} ms", thousands(duration_ms))
}

/// A count of regular nouns: `1 attempt`, `2 attempts`, `0 attempts`.
pub fn plural(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", thousands(count))
}

/// Digits in groups of three: `12,345`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Microseconds of virtual time as milliseconds, to the tenth: `12`, `12.5`, `1,200.1`. More would only blur a diagram;
/// whoever needs the microseconds finds them in what is exported.
pub fn ms_of_us(at_us: u64) -> String {
    let whole = thousands(at_us / 1000);
    match at_us % 1000 / 100 {
        0 => whole,
        tenth => format!("{whole}.{tenth}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_know_their_endings() {
        let said: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111, 1003].map(ordinal).into();
        assert_eq!(said.join(" "), "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 101st 111th 1,003rd");
    }

    #[test]
    fn a_list_ends_in_and() {
        assert_eq!(list_in_words::<&str>(&[]), "");
        assert_eq!(list_in_words(&["a"]), "a");
        assert_eq!(list_in_words(&["a", "b"]), "a and b");
        assert_eq!(list_in_words(&["a", "b", "c"]), "a, b and c");
    }

    #[test]
    fn only_one_is_singular() {
        let said: Vec<String> = [0, 1, 2, 1200].map(|count| plural(count, "attempt")).into();
        assert_eq!(said, ["0 attempts", "1 attempt", "2 attempts", "1,200 attempts"]);
    }

    #[test]
    fn long_numbers_are_grouped() {
        let said: Vec<String> = [0, 999, 1000, 1500, 1_234_567].map(ms).into();
        assert_eq!(said, ["0 ms", "999 ms", "1,000 ms", "1,500 ms", "1,234,567 ms"]);
    }

    #[test]
    fn a_time_has_only_the_decimals_it_needs() {
        let said: Vec<String> = [0, 12_000, 12_500, 12_050, 1_200_125].map(ms_of_us).into();
        assert_eq!(said, ["0", "12", "12.5", "12", "1,200.1"]);
    }
}
