//! The server keeps a log of deposits and plays it again at boot; now and then a snapshot takes its place. Of each client
//! it knows the last few numbers, as many as the window allows, and takes whatever is older for done. A client's numbers
//! never begin again: it reserves them on its disk a hundred at a time.

use std::collections::BTreeMap;
use std::convert::Infallible;

use ch03::exactly_once::{Account, Answer, CommandClient, CommandServer, Config, Deposit, Ledger, Receipt, Request};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Deposit(u64, Deposit),
    Receipt(u64, Receipt),
}

#[derive(Clone, Default, Hash, Serialize, Deserialize)]
struct State {
    /// How many records of the log, counted from the first ever, are in here.
    applied: u64,
    ledger: Ledger,
    recent: BTreeMap<NodeId, BTreeMap<u64, Receipt>>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Record {
    index: u64,
    client: NodeId,
    number: u64,
    deposit: Deposit,
}

#[derive(Clone, Hash)]
pub struct Server {
    state: State,
    records: usize,
}

const RECORDS: usize = 40;

impl State {
    fn apply(&mut self, record: &Record, window: u64) -> Receipt {
        let receipt = self.ledger.apply(record.deposit);
        let recent = self.recent.entry(record.client).or_default();
        recent.insert(record.number, receipt);
        let newest = recent.keys().next_back().copied().unwrap_or(0);
        recent.retain(|number, _| *number + window > newest);
        self.applied = record.index + 1;
        receipt
    }
}

impl Process for Server {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let window = u64::from(context.config().window);
        let mut state: State = context.disk().read("snapshot").unwrap_or_default();
        let records = context.disk().log::<Record>("deposits");
        let whole: Vec<Record> = records.iter().map_while(|record| record.as_ref().ok().cloned()).collect();
        if whole.len() < records.len() {
            context.disk().keep("deposits", 0..whole.len());
            context.disk().sync();
        }
        for record in &whole {
            if record.index >= state.applied {
                state.apply(record, window);
            }
        }
        Server { state, records: whole.len() }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let Message::Deposit(number, deposit) = message else { return };
        let window = u64::from(context.config().window);
        let recent = self.state.recent.get(&from);
        let newest = recent.and_then(|recent| recent.keys().next_back().copied()).unwrap_or(0);
        if let Some(receipt) = recent.and_then(|recent| recent.get(&number)) {
            return context.send(from, Message::Receipt(number, *receipt));
        }
        if number + window <= newest {
            return;
        }
        let record = Record { index: self.state.applied, client: from, number, deposit };
        context.disk().append("deposits", &record);
        let receipt = self.state.apply(&record, window);
        self.records += 1;
        if self.records > RECORDS {
            context.disk().write("snapshot", &self.state);
            context.disk().keep("deposits", self.records..self.records);
            self.records = 0;
        }
        context.disk().sync();
        context.send(from, Message::Receipt(number, receipt));
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn on_input(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

impl CommandServer for Server {
    fn balance(&self, account: Account) -> u64 {
        self.state.ledger.balance(account)
    }
}

#[derive(Clone, Hash)]
pub struct Client {
    next: u64,
    reserved: u64,
    open: BTreeMap<u64, Request>,
}

impl Process for Client {
    type Message = Message;
    type Timer = u64;
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let reserved = context.disk().read("reserved").unwrap_or(1);
        Client { next: reserved, reserved, open: BTreeMap::new() }
    }

    fn on_message(&mut self, _: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let Message::Receipt(number, receipt) = message else { return };
        if let Some(request) = self.open.remove(&number) {
            context.cancel_timer(&number);
            context.output(Answer { tag: request.tag, receipt });
        }
    }

    fn on_timer(&mut self, number: u64, context: &mut Context<'_, Self>) {
        let deposit = self.open[&number].deposit;
        let server = context.config().server;
        context.send(server, Message::Deposit(number, deposit));
        let after_ms = context.random().random_range(100..=300);
        context.set_timer(number, after_ms);
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        if self.next == self.reserved {
            self.reserved += 100;
            context.disk().write("reserved", &self.reserved);
            context.disk().sync();
        }
        let number = self.next;
        self.next += 1;
        self.open.insert(number, request);
        self.on_timer(number, context);
    }
}

impl CommandClient for Client {}
