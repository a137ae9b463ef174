//! Readings and inputs as a learner reads them.

use std::fmt;

use harness::hex;

use super::contract::{DecodeFault, Reading};

/// Only what a reading holds beyond zeros, so that a shrunk one is short. Numbers that are NaN show their bits.
impl fmt::Display for Reading {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = own_parts(self);
        if let Some(corrects) = &self.corrects {
            parts.push(format!("corrects: {}", nested(corrects)));
        }
        let all = if parts.is_empty() { " all zero ".to_owned() } else { format!(" {} ", parts.join(", ")) };
        write!(out, "Reading {{{all}}}")
    }
}

/// What a reading holds itself, without the one inside it.
fn own_parts(reading: &Reading) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = |shown: bool, name: &str, value: String| {
        if shown {
            parts.push(format!("{name}: {value}"));
        }
    };
    part(reading.sequence != 0, "sequence", reading.sequence.to_string());
    part(reading.altitude_m != 0, "altitude_m", reading.altitude_m.to_string());
    part(reading.taken_at_ms != 0, "taken_at_ms", reading.taken_at_ms.to_string());
    part(reading.indoors, "indoors", reading.indoors.to_string());
    part(reading.station != 0, "station", format!("{:#010x}", reading.station));
    part(reading.key != 0, "key", format!("{:#018x}", reading.key));
    let humidity = (reading.humidity, reading.humidity.to_bits());
    part(humidity.1 != 0, "humidity", float(humidity.0.into(), format!("{:#010x}", humidity.1)));
    let temperature = (reading.temperature_c, reading.temperature_c.to_bits());
    part(temperature.1 != 0, "temperature_c", float(temperature.0, format!("{:#018x}", temperature.1)));
    part(!reading.place.is_empty(), "place", format!("{:?}", reading.place));
    part(!reading.signature.is_empty(), "signature", format!("{:02x?}", reading.signature));
    part(!reading.gusts.is_empty(), "gusts", format!("{:?}", reading.gusts));
    part(!reading.tags.is_empty(), "tags", format!("{:?}", reading.tags));
    if let Some(percent) = &reading.battery_percent {
        part(true, "battery_percent", format!("Some({percent})"));
    }
    parts
}

/// A long row of readings with nothing in them but the next is told by its length.
fn nested(outermost: &Reading) -> String {
    let (mut innermost, mut levels) = (outermost, 0);
    while let Some(inner) = innermost.corrects.as_deref().filter(|_| own_parts(innermost).is_empty()) {
        innermost = inner;
        levels += 1;
    }
    if levels < 3 {
        format!("Some({outermost})")
    } else {
        format!("({levels} levels with nothing else) Some({innermost})")
    }
}

fn float(value: f64, bits: String) -> String {
    if value.is_nan() { format!("NaN with the bits {bits}") } else { format!("{value:?}") }
}

/// A reading to be written.
#[derive(Clone, Debug)]
pub struct Value(pub Reading);

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the value {}", self.0)
    }
}

/// Bytes to be read, and what is right about them or wrong.
#[derive(Clone, Debug)]
pub struct Input {
    /// What is special, as the end of a sentence that begins with "bytes ".
    pub what: String,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Where it is.
    pub mark: Option<usize>,
    /// What has to come of it.
    pub expected: Expected,
}

/// What has to come of reading an input.
#[derive(Clone, Debug)]
pub enum Expected {
    /// A reading.
    Reading(Box<Reading>),
    /// One of these faults; the field at fault has the bytes `from..=to`, with the one after it.
    Fault { any_of: Vec<DecodeFault>, from: usize, to: usize },
    /// Anything but a panic.
    Anything,
}

impl fmt::Display for Input {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} bytes {}\n{}", self.bytes.len(), self.what, hex::dump(&self.bytes, self.mark))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_shows_what_is_not_zero() {
        assert_eq!(Reading::default().to_string(), "Reading { all zero }");
        let reading = Reading { altitude_m: -3, humidity: -0.0, battery_percent: Some(0), ..Reading::default() };
        assert_eq!(reading.to_string(), "Reading { altitude_m: -3, humidity: -0.0, battery_percent: Some(0) }");
        let broken = Reading { humidity: f32::from_bits(0x7fc0_0001), ..Reading::default() };
        assert_eq!(broken.to_string(), "Reading { humidity: NaN with the bits 0x7fc00001 }");
    }

    #[test]
    fn many_readings_inside_one_another_are_counted() {
        let within = |depth: usize| {
            let innermost = Reading { sequence: 7, ..Reading::default() };
            (0..depth)
                .fold(innermost, |inner, _| Reading { corrects: Some(inner.into()), ..Reading::default() })
                .to_string()
        };
        assert_eq!(within(1), "Reading { corrects: Some(Reading { sequence: 7 }) }");
        assert_eq!(within(100), "Reading { corrects: (99 levels with nothing else) Some(Reading { sequence: 7 }) }");
    }
}
