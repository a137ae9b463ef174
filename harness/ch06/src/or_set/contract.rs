//! What you implement and what you are asked.

use std::collections::BTreeSet;
use std::fmt;

use harness::{NodeId, Process};
use serde::{Deserialize, Serialize};
use sim::Protocol;

use crate::replicas::Replicated;

// ANCHOR: set
/// A set kept by several replicas at once, from which an element can be removed and to which it can be added again: an
/// observed-remove set (Shapiro et al. 2011, specification 15).
///
/// `Default` is the set that nobody has changed. Two sets are equal if they know of the same additions and removals.
///
/// An *addition* is one call of [`add`](ObservedRemove::add), and no two are the same, whatever they add. A *removal* is of the
/// additions of the element that the set knows at that moment, and of nothing else. An element is in the set if the set knows
/// of an addition of it that no removal it knows of was of. So an addition wins over a removal that did not know of it.
pub trait ObservedRemove: Clone + fmt::Debug + Default + PartialEq {
    /// `replica` adds an element, which may be there already. Nobody else changes a set in that replica's name, and what
    /// `replica` has added before, this set knows of.
    fn add(&mut self, replica: NodeId, element: &str);

    /// An element is removed: all additions of it that this set knows of. Nothing happens if it is not there.
    fn remove(&mut self, element: &str);

    /// What is in the set, as far as it knows.
    fn elements(&self) -> BTreeSet<String>;

    /// Takes over all that `other` knows, additions and removals, and forgets nothing. Joining is commutative, associative
    /// and idempotent.
    fn join(&mut self, other: &Self);
}
// ANCHOR_END: set

// ANCHOR: node
/// What a client asks of a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Request {
    /// Add an element.
    Add {
        /// Which request this is.
        number: u32,
        /// What to add; it may be there already.
        element: String,
    },
    /// Remove an element: all additions of it that the node knows of.
    Remove {
        /// Which request this is.
        number: u32,
        /// What to remove; it may not be there.
        element: String,
    },
    /// What is in the set?
    Read {
        /// Which request this is.
        number: u32,
    },
}

/// What a node answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Answer {
    /// It is added or removed.
    Done {
        /// Which request is answered.
        number: u32,
    },
    /// This is in the set, as far as this node knows.
    Elements {
        /// Which request is answered.
        number: u32,
        /// All of it.
        elements: BTreeSet<String>,
    },
}

/// A node that keeps a set together with all other nodes.
///
/// It promises:
///
/// - **A node answers alone.** Every request is answered once, before the handler ends, whoever else can be reached.
/// - **All agree in the end.** While messages are lost, doubled, late, out of order and cut off, nodes may differ. Two
///   seconds after the last trouble all nodes show the same set: it has every element with an addition that was answered as
///   done and that no removal knew of, and no element whose every addition was removed.
/// - **An old message brings nothing back.** Messages may be late by a second and more, and come when all that they say has long been
///   undone. A node never shows an element again that it has removed itself or that all have removed, unless somebody adds it anew.
/// - **A crash loses nothing.** What was answered as done, an addition or a removal, survives every crash of the node, at whatever
///   moment, and so does its meaning: what a node adds after a crash is a new addition. (What was asked for and not answered may
///   count or not, as long as all agree.)
/// - **What is gone leaves nothing behind.** Two seconds after the last change and the last trouble, what a node has on its disk
///   (values and records as they are encoded there, names not counted) is at most 100 bytes for each node and 100 bytes for each
///   element in the set, however many were ever added and removed. No name of an element is longer than 20 bytes.
/// - **Silence when there is nothing to say.** From two seconds after the last change and the last trouble on, a node sends
///   no more than 20 messages a second to each other node.
///
/// How nodes tell each other is yours, and so is what they keep to remember what was removed.
pub trait GuestList: Process<Config = (), Input = Request, Output = Answer> {}
// ANCHOR_END: node

/// What may be on a node's disk for each node, in bytes.
pub const DISK_PER_NODE_BYTES: usize = 100;

/// What may be on a node's disk for each element in the set, in bytes.
pub const DISK_PER_ELEMENT_BYTES: usize = 100;

/// The types of this contract.
pub struct Listing;

impl Protocol for Listing {
    type Config = ();
    type Input = Request;
    type Output = Answer;
    type View = ();
    type Wire = ();
}

sim::plain!(Request, Answer);

/// A change of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// An element is added.
    Add(String),
    /// An element is removed.
    Remove(String),
}

impl Change {
    /// An addition.
    pub fn add(element: impl Into<String>) -> Self {
        Change::Add(element.into())
    }

    /// A removal.
    pub fn remove(element: impl Into<String>) -> Self {
        Change::Remove(element.into())
    }

    /// The element that it is about.
    pub fn element(&self) -> &str {
        let (Change::Add(element) | Change::Remove(element)) = self;
        element
    }

    /// Whether it is an addition.
    pub fn adds(&self) -> bool {
        matches!(self, Change::Add(_))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.adds() { "add" } else { "remove" };
        write!(out, "{what} {}", self.element())
    }
}

/// What is in a set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elements(pub BTreeSet<String>);

impl fmt::Display for Elements {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let elements: Vec<&str> = self.0.iter().map(String::as_str).collect();
        write!(out, "{{{}}}", elements.join(", "))
    }
}

impl Replicated for Listing {
    type Change = Change;
    type Value = Elements;

    fn change(number: u32, change: &Change) -> Request {
        let element = change.element().to_owned();
        if change.adds() { Request::Add { number, element } } else { Request::Remove { number, element } }
    }

    fn read(number: u32) -> Request {
        Request::Read { number }
    }

    fn said(answer: &Answer) -> (u32, Option<Elements>) {
        match answer {
            Answer::Done { number } => (*number, None),
            Answer::Elements { number, elements } => (*number, Some(Elements(elements.clone()))),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Add { number, element } => write!(out, "#{number}: add {element}"),
            Request::Remove { number, element } => write!(out, "#{number}: remove {element}"),
            Request::Read { number } => write!(out, "#{number}: who is there?"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Done { number } => write!(out, "#{number} done"),
            Answer::Elements { number, elements } => write!(out, "#{number}: {}", Elements(elements.clone())),
        }
    }
}
