//! Pictures of what happened.
