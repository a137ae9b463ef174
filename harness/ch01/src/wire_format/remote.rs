//! Ends of connections that are processes of their own. What they hold in memory is measured there.
//!
//! A reading travels as a row: its own bytes, as prost writes them, then those of the one inside it, and so on. Whoever takes
//! a row from a stranger sees at once how deep it goes, before anything is built that only recursion can take apart again.

use std::cell::RefCell;

use harness::remote::{Line, hire, refuse};
use harness::serve::{self, Service};
use serde::{Deserialize, Serialize};
use sim::plain::Blob;

use super::contract::{DecodeError, FrameError, MAX_DEPTH, Reading, WireFormat};
use super::end::{self, End, Held, Next};
use super::{faults, peer};

/// How long an answer may be, in bytes. The largest inputs are some ten thousands.
const MOST_BYTES: usize = 1 << 20;

/// How many readings may stand inside one another in an answer: as many as in the deepest input.
const MOST_INSIDE: usize = faults::DEEPEST;

/// How many of them may hold anything else. No input has so many.
const MOST_FULL: usize = 2 * MAX_DEPTH;

/// What an end is told or asked.
#[derive(Debug, Serialize, Deserialize)]
enum Order {
    Encode(Row),
    Decode(Blob),
    DecodeWatched(Blob),
    Frame(Row),
    Push(Blob),
    Next,
    Finish,
    Receive { pieces: Vec<Blob>, most: usize },
    Hold { pieces: Vec<Blob>, most: usize, most_bytes: usize },
}

/// A reading, from the outermost to the innermost.
#[derive(Debug, Serialize, Deserialize)]
struct Row(Vec<Blob>);

impl Row {
    fn of(mut reading: Reading) -> Self {
        let mut row = Vec::new();
        loop {
            let inner = reading.corrects.take();
            row.push(Blob(peer::encode(&reading)));
            match inner {
                Some(inner) => reading = *inner,
                None => return Row(row),
            }
        }
    }

    /// The reading again; nothing if it is none, or goes deeper than any honest one.
    fn reading(self) -> Option<Reading> {
        let full = self.0.iter().filter(|bytes| !bytes.0.is_empty()).count();
        if self.0.len() > MOST_INSIDE + 1 || full > MOST_FULL {
            return None;
        }
        let mut outer = None;
        for bytes in self.0.iter().rev() {
            let reading = peer::decode(&bytes.0).ok().filter(|reading| reading.corrects.is_none())?;
            outer = Some(Reading { corrects: outer.map(Box::new), ..reading });
        }
        outer
    }
}

fn reading(row: Row) -> Reading {
    row.reading().unwrap_or_else(|| refuse("a reading that is none, or has more inside it than was ever sent"))
}

fn next(next: Result<Row, FrameError>) -> Next {
    next.map(reading)
}

/// The judge's end of it.
pub struct Remote(RefCell<Line>);

impl Remote {
    pub fn new() -> Self {
        Remote(RefCell::new(hire()))
    }

    fn ask<A: serde::de::DeserializeOwned>(&self, order: &Order) -> A {
        self.0.borrow_mut().ask_for(order, MOST_BYTES)
    }
}

fn blobs(pieces: &[&[u8]]) -> Vec<Blob> {
    pieces.iter().map(|piece| Blob(piece.to_vec())).collect()
}

impl End for Remote {
    fn encode(&self, reading: &Reading) -> Vec<u8> {
        let Blob(bytes) = self.ask(&Order::Encode(Row::of(reading.clone())));
        bytes
    }

    fn decode(&self, bytes: &[u8]) -> Result<Reading, DecodeError> {
        let read: Result<Row, DecodeError> = self.ask(&Order::Decode(Blob(bytes.to_vec())));
        read.map(reading)
    }

    fn frame(&self, reading: &Reading) -> Vec<u8> {
        let Blob(bytes) = self.ask(&Order::Frame(Row::of(reading.clone())));
        bytes
    }

    fn push(&mut self, bytes: &[u8]) {
        self.ask(&Order::Push(Blob(bytes.to_vec())))
    }

    fn next(&mut self) -> Result<Option<Reading>, FrameError> {
        let next: Result<Option<Row>, FrameError> = self.ask(&Order::Next);
        next.map(|row| row.map(reading))
    }

    fn finish(&self) -> Result<(), FrameError> {
        self.ask(&Order::Finish)
    }

    fn decode_watched(&self, bytes: &[u8]) -> (usize, Result<Reading, DecodeError>) {
        let (peak_bytes, read): (usize, Result<Row, DecodeError>) =
            self.ask(&Order::DecodeWatched(Blob(bytes.to_vec())));
        (peak_bytes, read.map(reading))
    }

    fn receive(&mut self, pieces: &[&[u8]], most: usize) -> Vec<Vec<Next>> {
        let out: Vec<Vec<Result<Row, FrameError>>> = self.ask(&Order::Receive { pieces: blobs(pieces), most });
        let out: Vec<Vec<Next>> = out.into_iter().map(|out| out.into_iter().map(next).collect()).collect();
        let whole = out.len() == pieces.len() || out.len() < pieces.len() && end::is_over(&out, most);
        if !whole || out.iter().any(|out| out.len() > most + 2) {
            refuse("what came out of another stream than was sent");
        }
        out
    }
}

/// What a new end in a process of its own holds; see [`end::hold`].
pub fn hold(pieces: &[&[u8]], most: usize, most_bytes: usize) -> Vec<Held> {
    let held: Vec<(usize, usize)> =
        hire().ask_for(&Order::Hold { pieces: blobs(pieces), most, most_bytes }, MOST_BYTES);
    let held: Vec<Held> = held.into_iter().map(|(received, held_bytes)| Held { received, held_bytes }).collect();
    let over = held.last().is_some_and(|last| last.is_over(most, most_bytes));
    if held.len() != pieces.len() && !(held.len() < pieces.len() && over) {
        refuse("what is held of another stream than was sent");
    }
    held
}

/// The worker's end of it. The learner's object is made when the first order comes, where a panic of it is a panic of that order.
pub struct Served<C>(Option<C>);

impl<C> Served<C> {
    pub fn new() -> Self {
        Served(None)
    }
}

fn slices(pieces: &[Blob]) -> Vec<&[u8]> {
    pieces.iter().map(|piece| &piece.0[..]).collect()
}

fn row(read: Result<Reading, DecodeError>) -> Result<Row, DecodeError> {
    read.map(Row::of)
}

fn held<C: WireFormat>(pieces: &[Blob], most: usize, most_bytes: usize) -> Vec<u8> {
    let held = end::hold::<C>(&slices(pieces), most, most_bytes);
    serve::answer(&held.iter().map(|held| (held.received, held.held_bytes)).collect::<Vec<_>>())
}

impl<C: WireFormat> Service for Served<C> {
    fn serve(&mut self, order: &[u8]) -> Vec<u8> {
        let order = serve::order(order);
        if let Order::Hold { pieces, most, most_bytes } = order {
            return held::<C>(&pieces, most, most_bytes);
        }
        obey(self.0.get_or_insert_with(C::new), order)
    }
}

fn obey(end: &mut dyn End, order: Order) -> Vec<u8> {
    match order {
        Order::Encode(row) => serve::answer(&Blob(end.encode(&reading(row)))),
        Order::Decode(bytes) => serve::answer(&row(end.decode(&bytes.0))),
        Order::DecodeWatched(bytes) => {
            let (peak_bytes, read) = end.decode_watched(&bytes.0);
            serve::answer(&(peak_bytes, row(read)))
        }
        Order::Frame(row) => serve::answer(&Blob(end.frame(&reading(row)))),
        Order::Push(bytes) => serve::answer(&end.push(&bytes.0)),
        Order::Next => serve::answer(&end.next().map(|next| next.map(Row::of))),
        Order::Finish => serve::answer(&end.finish()),
        Order::Receive { pieces, most } => {
            let out = end.receive(&slices(&pieces), most).into_iter();
            let rows = out.map(|out| out.into_iter().map(|next| next.map(Row::of)).collect());
            serve::answer(&rows.collect::<Vec<Vec<_>>>())
        }
        Order::Hold { .. } => unreachable!("that takes an end of its own"),
    }
}

#[cfg(test)]
mod tests {
    use harness::grade::STACK_BYTES;

    use super::*;

    fn full() -> Reading {
        let text = "ß".repeat(50);
        Reading { sequence: 1, place: text.clone(), tags: vec![text; 3], humidity: f32::NAN, ..Reading::default() }
    }

    /// A row with so many readings inside the outermost, of which so many hold anything else, as far apart as can be.
    fn row(inside: usize, filled: usize) -> Row {
        let every = (inside + 1) / filled.max(1);
        let is_full = |place: usize| filled > 0 && place.is_multiple_of(every) && place / every < filled;
        let bytes = |place| if is_full(place) { peer::encode(&full()) } else { Vec::new() };
        Row((0..=inside).map(|place| Blob(bytes(place))).collect())
    }

    #[test]
    fn a_reading_is_the_same_after_its_travel() {
        let odd = Reading { battery_percent: Some(0), temperature_c: -0.0, gusts: vec![0, -1], ..full() };
        let empty = Reading { corrects: Some(Box::new(odd)), ..Reading::default() };
        let outer = Reading { corrects: Some(Box::new(empty)), ..full() };
        let back = Row::of(outer.clone()).reading().expect("it is an honest one");
        assert!(peer::same(&back, &outer));
    }

    #[test]
    fn rows_that_are_no_reading_are_refused() {
        let two = peer::encode(&Reading { corrects: Some(Box::default()), ..Reading::default() });
        for row in [vec![], vec![Blob(two)], vec![Blob(vec![0x08])], vec![Blob(vec![]), Blob(vec![0, 0])]] {
            assert!(Row(row).reading().is_none());
        }
    }

    #[test]
    fn a_reading_that_is_too_deep_is_refused_before_it_is_built() {
        assert!(row(MOST_INSIDE + 1, 0).reading().is_none());
        assert!(row(MOST_FULL, MOST_FULL + 1).reading().is_none());
        assert!(row(1_000_000, 0).reading().is_none());
    }

    #[test]
    fn the_deepest_reading_fits_the_stack_of_the_checks() {
        let work = || {
            for row in [row(MOST_INSIDE, 0), row(MOST_INSIDE, MOST_FULL), row(MOST_FULL - 1, MOST_FULL)] {
                let reading = row.reading().expect("it is as deep as one may be");
                assert!(peer::same(&reading, &reading.clone()));
                assert!(reading.to_string().contains("Reading"));
            }
        };
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work);
        thread.expect("a process can start a thread").join().expect("the stack suffices");
    }
}
