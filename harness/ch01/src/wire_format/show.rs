//! Readings and inputs as a learner reads them.

use std::fmt;

use harness::hex;

use super::contract::{DecodeFault, Reading};

/// Only what a reading holds beyond zeros, so that a shrunk one is short. Numbers that are NaN show their bits.
impl fmt::Display for Reading {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let mut part = |shown: bool, name: &str, value: String| {
            if shown {
                parts.push(format!("{name}: {value}"));
            }
        };
        part(self.sequence != 0, "sequence", self.sequence.to_string());
        part(self.altitude_m != 0, "altitude_m", self.altitude_m.to_string());
        part(self.taken_at_ms != 0, "taken_at_ms", self.taken_at_ms.to_string());
        part(self.indoors, "indoors", self.indoors.to_string());
        part(self.station != 0, "station", format!("{:#010x}", self.station));
        part(self.key != 0, "key", format!("{:#018x}", self.key));
        let humidity = (self.humidity, self.humidity.to_bits());
        part(humidity.1 != 0, "humidity", float(humidity.0.into(), format!("{:#010x}", humidity.1)));
        let temperature = (self.temperature_c, self.temperature_c.to_bits());
        part(temperature.1 != 0, "temperature_c", float(temperature.0, format!("{:#018x}", temperature.1)));
        part(!self.place.is_empty(), "place", format!("{:?}", self.place));
        part(!self.signature.is_empty(), "signature", format!("{:02x?}", self.signature));
        part(!self.gusts.is_empty(), "gusts", format!("{:?}", self.gusts));
        part(!self.tags.is_empty(), "tags", format!("{:?}", self.tags));
        if let Some(percent) = self.battery_percent {
            part(true, "battery_percent", format!("Some({percent})"));
        }
        if let Some(corrects) = &self.corrects {
            part(true, "corrects", nested(corrects));
        }
        let all = if parts.is_empty() { " all zero ".to_owned() } else { format!(" {} ", parts.join(", ")) };
        write!(out, "Reading {{{all}}}")
    }
}

/// A long row of readings with nothing in them but the next is told by its length.
fn nested(outermost: &Reading) -> String {
    let bare = |reading: &Reading| *reading == Reading { corrects: reading.corrects.clone(), ..Reading::default() };
    let (mut innermost, mut levels) = (outermost, 0);
    while let Some(inner) = innermost.corrects.as_deref().filter(|_| bare(innermost)) {
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
