//! What is promised of readings, and how each promise is judged. What is promised of streams is in `receiving`.
//!
//! A codec is written once and used in two directions, so that one mistake easily breaks ten promises. A judge therefore
//! looks away where another promise is broken already: the one about the fewest bytes says nothing about bytes that prost
//! reads as something else, and the one about offsets says nothing where there is no error.

use explore::{Breach, Evidence};
use harness::exercise::{Check, Law};
use harness::hex;

use super::contract::{BYTES_PER_INPUT_BYTE, DecodeError, Reading, SLACK_BYTES};
use super::end::End;
use super::show::{Expected, Input, Value};
use super::{Hold, Make};
use super::{faults, inputs, peer, receiving, values};

/// Whether a promise was kept.
pub type Verdict = Result<(), Breach>;

const READ: &str = "a reading that is not empty is read";
const READ_TOO: &str = "your code reads the reading at all, as prost wrote it";
const WRITTEN: &str = "a reading that is not empty is written, and prost reads it";
const REFUSED: &str = "bad bytes are refused by code that does read good ones";

/// Every promise of the contract.
pub fn all(make: Make, hold: Hold) -> Vec<Check> {
    let writes = |name, draw, judge, needs| Check::law(make, Law { name, cases: 40, needs, draw, judge });
    let reads = |name, draw| Check::law(make, Law { name, cases: 40, needs: &[READ_TOO], draw, judge: is_read_too });
    let refuses = |name, draw| Check::law(make, Law { name, cases: 40, needs: &[REFUSED], draw, judge: is_refused });
    let hostile = Law {
        name: "hostile_bytes_cost_no_panic_and_no_memory",
        cases: faults::HOSTILE_PIECES as u64 + 60,
        needs: &[READ, REFUSED],
        draw: faults::hostile,
        judge: is_harmless,
    };
    let depth = Law {
        name: "nesting_that_is_too_deep_is_refused",
        cases: 5,
        needs: &[REFUSED],
        draw: faults::too_deep,
        judge: is_refused,
    };
    let offsets = Law {
        name: "an_error_says_where_it_is",
        cases: 60,
        needs: &[REFUSED],
        draw: faults::any_fault,
        judge: is_located,
    };
    let plain = Law {
        name: "you_read_what_another_implementation_writes",
        cases: 40,
        needs: &[READ],
        draw: inputs::of_prost,
        judge: is_read,
    };
    let mut checks = vec![
        writes("every_value_survives_the_round_trip", values::extreme_value, survives, &[READ]),
        writes("another_implementation_reads_what_you_write", values::ordinary_value, peer_reads, &[WRITTEN]),
        writes("every_value_has_one_encoding", values::extreme_value, is_canonical, &[WRITTEN]),
        Check::law(make, plain),
        reads("fields_may_come_in_any_order", inputs::any_order),
        reads("the_last_one_of_a_field_wins", inputs::twice),
        reads("nested_readings_are_merged", inputs::merged),
        reads("numbers_of_a_list_may_be_packed_or_not", inputs::packed_or_not),
        reads("unknown_fields_are_skipped", inputs::unknown),
        reads("varints_may_be_longer_than_they_have_to_be", inputs::long_varints),
        refuses("varints_that_are_too_long_are_refused", faults::long_varint),
        refuses("field_numbers_that_do_not_exist_are_refused", faults::invalid_tag),
        refuses("groups_and_unknown_wire_types_are_refused", faults::unsupported),
        refuses("a_field_of_another_type_is_refused", faults::wrong_type),
        refuses("text_that_is_not_utf8_is_refused", faults::not_utf8),
        refuses("truncated_input_is_refused", faults::truncated),
        Check::law(make, depth),
        Check::law(make, hostile),
        Check::law(make, offsets),
    ];
    checks.extend(receiving::all(make, hold));
    checks
}

/// What a reader made of bytes, for people.
pub fn told(result: &Result<Reading, DecodeError>) -> String {
    match result {
        Ok(reading) => reading.to_string(),
        Err(error) => format!("the error {error}"),
    }
}

fn is_empty(reading: &Reading) -> bool {
    peer::encode(reading).is_empty()
}

fn survives(make: &Make, Value(reading): &Value, evidence: &mut Evidence) -> Verdict {
    let codec = make();
    let bytes = codec.encode(reading);
    let read = codec.decode(&bytes);
    if !read.as_ref().is_ok_and(|read| peer::same(read, reading)) {
        let wrote = format!("{}\nfrom the bytes that it was written to:\n{}", told(&read), hex::dump(&bytes, None));
        return Err(Breach::new("what was read is not what was written", reading.to_string(), wrote));
    }
    if !is_empty(reading) {
        evidence.count(READ);
    }
    Ok(())
}

fn peer_reads(make: &Make, Value(reading): &Value, evidence: &mut Evidence) -> Verdict {
    let bytes = make().encode(reading);
    let read = peer::decode(&bytes);
    if !read.as_ref().is_ok_and(|read| peer::same(read, reading)) {
        let actual = match &read {
            Ok(read) => format!("it reads {read}"),
            Err(reason) => format!("it refuses: {reason}"),
        };
        let prost = peer::encode(reading);
        let differs = hex::first_difference(&bytes, &prost);
        return Err(Breach::new(
            "another implementation of Protocol Buffers (prost) does not read what you wrote",
            format!("{reading}\nwhich prost writes as:\n{}", hex::dump(&prost, differs)),
            format!("{actual}\nYou wrote:\n{}", hex::dump(&bytes, differs)),
        ));
    }
    if !is_empty(reading) {
        evidence.count(WRITTEN);
    }
    Ok(())
}

fn is_canonical(make: &Make, Value(reading): &Value, evidence: &mut Evidence) -> Verdict {
    let bytes = make().encode(reading);
    if !peer::decode(&bytes).is_ok_and(|read| peer::same(&read, reading)) {
        return Ok(());
    }
    let prost = peer::encode(reading);
    if let Some(differs) = hex::first_difference(&bytes, &prost) {
        return Err(Breach::new(
            format!("the bytes mean the right thing, and are not the ones of the contract, from offset {differs} on"),
            hex::dump(&prost, Some(differs)),
            hex::dump(&bytes, Some(differs)),
        ));
    }
    if !is_empty(reading) {
        evidence.count(WRITTEN);
    }
    Ok(())
}

fn is_read(make: &Make, input: &Input, evidence: &mut Evidence) -> Verdict {
    is_read_by(&*make(), input, evidence)
}

fn is_read_by(codec: &dyn End, input: &Input, evidence: &mut Evidence) -> Verdict {
    let Expected::Reading(reading) = &input.expected else { unreachable!("these inputs are good") };
    let read = codec.decode(&input.bytes);
    if !read.as_ref().is_ok_and(|read| peer::same(read, reading)) {
        let happened = match &read {
            Ok(_) => "good bytes were read as something else".to_owned(),
            Err(error) => format!("good bytes were refused: {error}"),
        };
        return Err(Breach::new(happened, reading.to_string(), told(&read)));
    }
    if !is_empty(reading) {
        evidence.count(READ);
    }
    Ok(())
}

/// The same for bytes that could have been written more plainly, unless those would not be read either.
fn is_read_too(make: &Make, input: &Input, evidence: &mut Evidence) -> Verdict {
    let Expected::Reading(reading) = &input.expected else { unreachable!("these inputs are good") };
    let codec = make();
    let plain = codec.decode(&peer::encode(reading));
    if !plain.is_ok_and(|plain| peer::same(&plain, reading)) {
        return Ok(());
    }
    if !is_empty(reading) {
        evidence.count(READ_TOO);
    }
    is_read_by(&*codec, input, evidence)
}

/// Whether the code reads anything at all: who refuses everything has kept no promise about bad bytes.
fn reads(codec: &dyn End) -> bool {
    codec.decode(&[0x08, 0x01]) == Ok(Reading { sequence: 1, ..Reading::default() })
}

fn is_refused(make: &Make, input: &Input, evidence: &mut Evidence) -> Verdict {
    is_refused_by(&*make(), input, evidence)
}

fn is_refused_by(codec: &dyn End, input: &Input, evidence: &mut Evidence) -> Verdict {
    let Expected::Fault { any_of, .. } = &input.expected else { unreachable!("these inputs are bad") };
    let read = codec.decode(&input.bytes);
    if !read.as_ref().is_err_and(|error| any_of.contains(&error.fault)) {
        let happened = match &read {
            Ok(_) => "bad bytes were taken for a reading".to_owned(),
            Err(error) => format!("bad bytes were refused for the wrong reason, {:?}", error.fault),
        };
        let names: Vec<String> = any_of.iter().map(|fault| format!("{fault:?}")).collect();
        return Err(Breach::new(happened, format!("the error {}", names.join(" or ")), told(&read)));
    }
    if reads(codec) {
        evidence.count(REFUSED);
    }
    Ok(())
}

fn is_harmless(make: &Make, input: &Input, evidence: &mut Evidence) -> Verdict {
    let codec = make();
    let (peak_bytes, read) = codec.decode_watched(&input.bytes);
    let allowed_bytes = input.bytes.len() * BYTES_PER_INPUT_BYTE + SLACK_BYTES;
    if peak_bytes > allowed_bytes {
        // Rounded, since a breach has to say the same when it is seen again.
        let peak_kib = peak_bytes.div_ceil(1024);
        return Err(Breach::new(
            format!("decoding {} bytes took {peak_kib} KiB of memory", input.bytes.len()),
            format!(
                "at most {} KiB: {BYTES_PER_INPUT_BYTE} bytes for each byte of input, and 16 KiB",
                allowed_bytes / 1024
            ),
            format!("{peak_kib} KiB, and then {}", told(&read)),
        ));
    }
    if let Expected::Fault { .. } = &input.expected {
        is_refused_by(&*codec, input, evidence)?;
    }
    match read {
        Ok(reading) if !is_empty(&reading) => evidence.count(READ),
        Ok(_) => {}
        Err(_) => evidence.count(REFUSED),
    }
    Ok(())
}

fn is_located(make: &Make, input: &Input, evidence: &mut Evidence) -> Verdict {
    let Expected::Fault { any_of, from, to } = &input.expected else { unreachable!("these inputs are bad") };
    let codec = make();
    let Err(error) = codec.decode(&input.bytes) else { return Ok(()) };
    if !any_of.contains(&error.fault) {
        return Ok(());
    }
    if !(*from..=*to).contains(&error.offset) {
        return Err(Breach::new(
            format!("the error {error} points at the wrong place"),
            format!("an offset from {from} to {to}, where the field at fault is, counted from the start of the input"),
            format!("offset {}", error.offset),
        ));
    }
    if reads(&*codec) {
        evidence.count(REFUSED);
    }
    Ok(())
}
