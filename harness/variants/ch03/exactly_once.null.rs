//! Boots and does nothing.

use std::convert::Infallible;

use ch03::exactly_once::{Account, Answer, CommandClient, CommandServer, Config, Request};
use harness::{Context, NodeId, Process};

#[derive(Clone, Hash)]
pub struct Server;

impl Process for Server {
    type Message = ();
    type Timer = ();
    type Config = Config;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(_: &mut Context<'_, Self>) -> Self {
        Server
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn on_input(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

impl CommandServer for Server {
    fn balance(&self, _: Account) -> u64 {
        0
    }
}

#[derive(Clone, Hash)]
pub struct Client;

impl Process for Client {
    type Message = ();
    type Timer = ();
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(_: &mut Context<'_, Self>) -> Self {
        Client
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn on_input(&mut self, _: Request, _: &mut Context<'_, Self>) {}
}

impl CommandClient for Client {}
