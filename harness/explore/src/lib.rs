//! Who chooses.
