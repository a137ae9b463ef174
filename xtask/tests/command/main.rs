//! The command as it is: the built binary, run in a copy of the checkout.
//!
//! All tests share one copy, because what cargo has compiled is bound to its path; each test gets it as it was, and has
//! it alone.

mod checkout;
mod cli;
#[cfg(unix)]
mod ctrl_c;
mod hostile;
