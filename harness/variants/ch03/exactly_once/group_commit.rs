//! The server applies at once, and answers when a timer has synced what came in the last few milliseconds. Clients
//! acknowledge what they have heard in messages of their own, ask one after another, and resend by one common timer.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;

use ch03::exactly_once::{Account, Answer, CommandClient, CommandServer, Config, Deposit, Ledger, Receipt, Request};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    /// The number is (boots, request); a client has one of them under way.
    Command((u32, u32), Deposit),
    Result((u32, u32), Receipt),
    Heard((u32, u32)),
}

#[derive(Clone, Default, Hash, Serialize, Deserialize)]
struct Kept {
    ledger: Ledger,
    /// The latest number of each client, and its receipt until that was heard.
    latest: BTreeMap<NodeId, ((u32, u32), Option<Receipt>)>,
}

#[derive(Clone, Hash)]
pub struct Server {
    kept: Kept,
    unsent: Vec<NodeId>,
}

impl Process for Server {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        Server { kept: context.disk().read("kept").unwrap_or_default(), unsent: Vec::new() }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let latest = self.kept.latest.get_mut(&from);
        match message {
            Message::Command(number, deposit) => {
                match latest {
                    Some((done, _)) if number < *done => return,
                    Some((done, _)) if number == *done => {}
                    _ => {
                        let receipt = self.kept.ledger.apply(deposit);
                        self.kept.latest.insert(from, (number, Some(receipt)));
                    }
                }
                if self.unsent.is_empty() {
                    context.set_timer((), 3);
                }
                if !self.unsent.contains(&from) {
                    self.unsent.push(from);
                }
            }
            Message::Heard(number) => {
                if let Some((done, receipt)) = latest
                    && *done == number
                {
                    *receipt = None;
                }
            }
            Message::Result(..) => {}
        }
    }

    fn on_timer(&mut self, (): (), context: &mut Context<'_, Self>) {
        context.disk().write("kept", &self.kept);
        context.disk().sync();
        for client in std::mem::take(&mut self.unsent) {
            if let (number, Some(receipt)) = self.kept.latest[&client] {
                context.send(client, Message::Result(number, receipt));
            }
        }
    }

    fn on_input(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

impl CommandServer for Server {
    fn balance(&self, account: Account) -> u64 {
        self.kept.ledger.balance(account)
    }
}

#[derive(Clone, Hash)]
pub struct Client {
    boots: u32,
    asked: u32,
    waiting: VecDeque<Request>,
}

impl Client {
    fn send(&self, context: &mut Context<'_, Self>) {
        if let Some(request) = self.waiting.front() {
            let server = context.config().server;
            context.send(server, Message::Command((self.boots, self.asked), request.deposit));
        }
    }
}

impl Process for Client {
    type Message = Message;
    type Timer = &'static str;
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let boots = context.disk().read::<u32>("boots").map_or(0, |boots| boots + 1);
        context.disk().write("boots", &boots);
        context.disk().sync();
        context.set_timer("tick", 60);
        Client { boots, asked: 0, waiting: VecDeque::new() }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let Message::Result(number, receipt) = message else { return };
        context.send(from, Message::Heard(number));
        if number != (self.boots, self.asked) {
            return;
        }
        let Some(request) = self.waiting.pop_front() else { return };
        context.output(Answer { tag: request.tag, receipt });
        self.asked += 1;
        self.send(context);
        context.set_timer("tick", 60);
    }

    fn on_timer(&mut self, _: &'static str, context: &mut Context<'_, Self>) {
        self.send(context);
        context.set_timer("tick", 60);
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        self.waiting.push_back(request);
        if self.waiting.len() == 1 {
            self.send(context);
            context.set_timer("tick", 60);
        }
    }
}

impl CommandClient for Client {}
