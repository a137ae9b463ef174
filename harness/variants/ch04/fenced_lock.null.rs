//! Boots and does nothing.

use std::convert::Infallible;

use ch04::fenced_lock::{Client, Config, LockService, Request, Storage, Verdict, Write};
use harness::{Context, NodeId, Process};

macro_rules! idle {
    ($node:ident, $input:ty, $output:ty) => {
        #[derive(Clone, Hash)]
        pub struct $node;

        impl Process for $node {
            type Message = ();
            type Timer = ();
            type Config = Config;
            type Input = $input;
            type Output = $output;

            fn boot(_: &mut Context<'_, Self>) -> Self {
                $node
            }

            fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

            fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

            fn on_input(&mut self, _: $input, _: &mut Context<'_, Self>) {}
        }
    };
}

idle!(LockServer, Infallible, Infallible);
idle!(LockClient, Request, ch04::fenced_lock::Answer);
idle!(Vault, Write, Verdict);

impl LockService for LockServer {}

impl Client for LockClient {
    fn holds_until_ms(&self) -> Option<u64> {
        None
    }
}

impl Storage for Vault {
    fn value(&self) -> Option<u64> {
        None
    }
}
