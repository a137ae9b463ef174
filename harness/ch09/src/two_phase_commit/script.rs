//! Plays the clients, and looks at the branches after everything they do.

use std::collections::BTreeMap;

use explore::Plan;
use sim::disk::Keep;
use sim::{Either, Fault, Happening, NodeId, Tone, What, When, World};

use super::contract::*;
use super::world::*;

/// What is under way arrives within this time on a network without faults, in milliseconds.
const UNDER_WAY_MS: u64 = 50;

/// What a client does between an answer and its next request, in milliseconds.
const THINK_MS: u64 = 5;

/// Wake-up calls with smaller numbers are for that client; from here on for the transfer of that number less this.
const DUE: u64 = 1_000;

/// The wake-up call that comes when nothing is under way any more from a coordinator that crashed.
const NOTHING_UNDER_WAY: u64 = u64::MAX;

#[derive(Default)]
struct Client {
    branches: Vec<NodeId>,
    /// When it begins, in milliseconds.
    from_ms: u64,
    /// How many transfers it still wants.
    wants: u32,
    asked: u32,
    /// The transfer it waits for, by its place in [`Seen::transfers`].
    open: Option<usize>,
    /// What it has asked for over the present connection; the first has reference 1.
    connection: Vec<usize>,
}

/// The clients' side of a run, while it lasts.
pub struct Script {
    setup: Setup,
    clients: Vec<Client>,
    seen: Seen,
    answers: u32,
    at_answer: Vec<(u32, NodeId, u64, Keep)>,
    /// When the coordinator crashed, while it is down.
    away_since_ms: Option<u64>,
    /// Whether all branches are in doubt and nobody is there who knows.
    sealed: bool,
    /// Whether the network does what it should, so that one may say what is under way.
    orderly: bool,
    known: BTreeMap<NodeId, (BTreeMap<u32, i64>, usize)>,
}

impl Script {
    /// A run of this schedule, before it begins.
    pub fn new(plan: &Plan<Setup, Entry>) -> Self {
        let setup = plan.setup;
        let faults = || plan.entries.iter().filter(|entry| matches!(entry, Entry::Fault(_) | Entry::AtAnswer { .. }));
        let frozen = plan.entries.iter().filter_map(|entry| match entry {
            Entry::Frozen { branch, account } => Some((*branch, *account)),
            _ => None,
        });
        let seen = Seen {
            setup,
            transfers: Vec::new(),
            strays: Vec::new(),
            guesses: Vec::new(),
            ends: Vec::new(),
            disks: Vec::new(),
            frozen: frozen.collect(),
            sealed: 0,
            doubts: 0,
            down: Vec::new(),
        };
        Script {
            setup,
            clients: (0..setup.clients).map(|_| Client::default()).collect(),
            seen,
            answers: 0,
            at_answer: Vec::new(),
            away_since_ms: None,
            sealed: false,
            orderly: faults()
                .all(|entry| !matches!(entry, Entry::Fault(fault) if !matches!(fault, Fault::Crash { .. }))),
            known: BTreeMap::new(),
        }
    }

    /// Plays it to its end.
    pub fn play(mut self, plan: &Plan<Setup, Entry>, world: &mut World<Banking>) -> Seen {
        for entry in &plan.entries {
            match entry {
                Entry::Transfers { client, from_ms, count, branches } => {
                    self.clients[*client].wants += count;
                    self.clients[*client].branches.clone_from(branches);
                    self.clients[*client].from_ms = *from_ms;
                    world.wake_at_ms(*from_ms, *client as u64);
                }
                Entry::AtAnswer { nth, branch, back_after_ms, keep } => {
                    self.at_answer.push((*nth, *branch, *back_after_ms, *keep));
                }
                Entry::Fault(fault) => world.inject(fault.clone()),
                Entry::Frozen { .. } => {}
            }
        }
        world.heal_at_ms(self.setup.heal_ms);
        let end_ms = self.setup.heal_ms + ANSWER_MS + SETTLE_MS;
        while let Some(happening) = world.next(end_ms) {
            self.happens(happening, world);
        }
        self.conclude(world);
        self.seen
    }

    fn happens(&mut self, happening: Happening<Banking>, world: &mut World<Banking>) {
        let node = happening.node;
        let of_coordinator = node == coordinator();
        match &happening.what {
            What::Crashed => self.seen.down.push((node, happening.at_ms(), u64::MAX)),
            What::Booted => {
                let down = self.seen.down.iter_mut().filter(|(who, ..)| *who == node);
                down.last().into_iter().for_each(|(_, _, up_ms)| *up_ms = happening.at_ms());
            }
            _ => {}
        }
        match &happening.what {
            What::Woken(NOTHING_UNDER_WAY) => self.seal(world),
            What::Woken(number) if *number >= DUE => self.due((number - DUE) as usize, world),
            What::Woken(client) => self.ask(*client as usize, world),
            What::Output(Either::First(answer)) => self.answered(&happening, *answer, world),
            What::Output(Either::Second(never)) => match *never {},
            What::Crashed if of_coordinator => self.lose_connections(world),
            What::Booted if of_coordinator => {
                self.away_since_ms = None;
                self.sealed = false;
                if world.now_ms() > 0 {
                    (0..self.clients.len()).for_each(|client| self.ask(client, world));
                }
            }
            What::Booted | What::Stepped if !of_coordinator => self.look(node, &happening, world),
            What::Refused => self.refused(),
            What::Booted | What::Stepped | What::Crashed | What::Intercepted { .. } => {}
        }
    }

    /// Has a client ask for its next transfer, if it wants one and waits for none.
    fn ask(&mut self, number: usize, world: &mut World<Banking>) {
        let at_ms = world.now_ms() + 1;
        let client = &mut self.clients[number];
        let is_time = (client.from_ms..self.setup.heal_ms).contains(&at_ms);
        if client.wants == 0 || client.open.is_some() || !is_time {
            return;
        }
        client.wants -= 1;
        client.asked += 1;
        let account = account(&self.setup, number, client.asked);
        let credits = client.branches.len() as i64 - 1;
        let posting = |(place, branch): (usize, &NodeId)| Posting {
            branch: *branch,
            account,
            cents: if place == 0 { -100 * credits } else { 100 },
        };
        let postings: Vec<_> = client.branches.iter().enumerate().map(posting).collect();
        client.open = Some(self.seen.transfers.len());
        client.connection.push(self.seen.transfers.len());
        let reference = client.connection.len() as u32;
        let transfer = Transfer { client: number as u16, reference, postings: postings.clone() };
        world.wake_at_ms(at_ms + ANSWER_MS + 1, DUE + self.seen.transfers.len() as u64);
        world.input_at_ms(at_ms, coordinator(), Either::First(transfer), Some(number));
        self.seen.transfers.push(TransferSeen {
            client: number,
            nth: client.asked,
            postings,
            account,
            asked_ms: at_ms,
            answer: None,
            cut_off: false,
            refused: false,
            overdue: None,
            remarks: Vec::new(),
        });
    }

    fn answered(&mut self, happening: &Happening<Banking>, answer: Answer, world: &mut World<Banking>) {
        self.answers += 1;
        let (at_ms, event) = (happening.at_ms(), happening.event);
        let number = usize::from(answer.client);
        let asked = self.clients.get(number).and_then(|client| {
            let place = (answer.reference as usize).checked_sub(1)?;
            client.connection.get(place).copied()
        });
        match asked.map(|index| (index, &mut self.seen.transfers[index])) {
            Some((index, transfer)) if transfer.answer.is_none() => {
                transfer.answer = Some((at_ms, event, answer.outcome));
                if self.clients[number].open == Some(index) {
                    self.clients[number].open = None;
                    world.wake_at_ms(at_ms + THINK_MS, number as u64);
                }
            }
            known => self.seen.strays.push(StrayAnswer { at_ms, event, answer, again: known.is_some() }),
        }
        for (nth, branch, back_after_ms, keep) in self.at_answer.clone() {
            if nth == self.answers {
                let when = When::At(world.now_ms());
                let back_after_ms = Some(back_after_ms);
                world.inject(Fault::Crash { node: branch, when, back_after_ms, keep });
            }
        }
    }

    /// The answer to this transfer is due.
    fn due(&mut self, index: usize, world: &mut World<Banking>) {
        let transfer = &mut self.seen.transfers[index];
        if transfer.answer.is_some() || transfer.cut_off || transfer.refused {
            return;
        }
        let text = format!("no answer after {} ms", render::explain::thousands(ANSWER_MS));
        transfer.overdue = Some(world.note_at_client(transfer.client, Tone::Bad, text));
        let client = transfer.client;
        self.clients[client].open = None;
        self.ask(client, world);
    }

    /// The coordinator has crashed, and whoever waited for it knows.
    fn lose_connections(&mut self, world: &mut World<Banking>) {
        self.away_since_ms = Some(world.now_ms());
        world.wake_at_ms(world.now_ms() + UNDER_WAY_MS, NOTHING_UNDER_WAY);
        for client in &mut self.clients {
            client.connection.clear();
            if let Some(open) = client.open.take() {
                self.seen.transfers[open].cut_off = true;
            }
        }
    }

    /// The coordinator was down when it was asked: that transfer never was. Clients ask again once it is back.
    fn refused(&mut self) {
        for client in &mut self.clients {
            client.connection.clear();
            if let Some(open) = client.open.take() {
                self.seen.transfers[open].refused = true;
            }
        }
    }

    /// Nothing is under way any more. If every branch is in doubt now, nobody can know the outcome.
    fn seal(&mut self, world: &World<Banking>) {
        if self.away_since_ms.is_none_or(|since_ms| world.now_ms() < since_ms + UNDER_WAY_MS) {
            return;
        }
        self.seen.doubts += self.known.values().map(|(_, doubts)| *doubts as u64).sum::<u64>();
        let [transfer] = self.seen.transfers.as_slice() else { return };
        let mut postings = transfer.postings.iter();
        if self.orderly
            && postings.all(|posting| self.known.get(&posting.branch).is_some_and(|(_, doubts)| *doubts == 1))
        {
            self.sealed = true;
            self.seen.sealed += 1;
        }
    }

    /// Looks at a branch that has just done something.
    fn look(&mut self, node: NodeId, happening: &Happening<Banking>, world: &mut World<Banking>) {
        let Some(Some(view)) = world.view(node) else { return };
        let (before, doubts) = self.known.remove(&node).unwrap_or_default();
        for (account, cents) in &view.balances {
            if before.get(account).copied().unwrap_or_default() != *cents {
                self.changed(node, *account, *cents, world);
            }
        }
        if self.sealed && view.in_doubt < doubts {
            let event = world.note(node, Tone::Bad, "in doubt no more, with nobody to ask");
            self.seen.guesses.push(Guess {
                branch: node,
                at_ms: happening.at_ms(),
                event,
                away_since_ms: self.away_since_ms.expect("sealed means that the coordinator is away"),
                doubts: (doubts, view.in_doubt),
            });
        }
        self.known.insert(node, (view.balances, view.in_doubt));
    }

    /// Notes a new balance, and whether it is one that there should never be.
    fn changed(&mut self, node: NodeId, account: u32, cents: i64, world: &mut World<Banking>) {
        let text = format!("account {account}: {}", signed(cents));
        let transfers = self.seen.transfers.iter_mut().filter(|transfer| transfer.account == account);
        let concerned = transfers.last().filter(|_| self.setup.accounts == u32::MAX);
        let posted =
            concerned.as_ref().and_then(|transfer| transfer.postings.iter().find(|posting| posting.branch == node));
        match (concerned.as_ref().and_then(|transfer| transfer.answer), posted) {
            (told, Some(posted)) if posted.cents != cents || matches!(told, Some((_, _, Outcome::Aborted))) => {
                let event = world.note(node, Tone::Bad, text);
                concerned.into_iter().for_each(|transfer| transfer.remarks.push((node, event)));
            }
            _ => {
                world.note(node, Tone::Good, text);
            }
        }
    }

    /// Everybody had the time to settle: looks at what came of it.
    fn conclude(&mut self, world: &mut World<Banking>) {
        for branch in branches(&self.setup) {
            let Some(Some(view)) = world.view(branch) else { continue };
            let doubts = render::explain::plural(view.in_doubt as u64, "transfer");
            let event =
                (view.in_doubt > 0).then(|| world.note(branch, Tone::Bad, format!("still in doubt about {doubts}")));
            self.seen.ends.push(BranchEnd { branch, balances: view.balances, in_doubt: view.in_doubt, event });
        }
        for node in world.nodes() {
            let disk = world.disk(node);
            let mut seen = DiskSeen { node, records: disk.record_count(), bytes: disk.size_bytes(), event: None };
            if seen.is_too_full(&self.seen) {
                seen.event = Some(world.note(node, Tone::Bad, format!("still {seen}")));
            }
            self.seen.disks.push(seen);
        }
        let transfers = std::mem::take(&mut self.seen.transfers);
        let remarked = transfers.into_iter().map(|transfer| self.remark(transfer, world));
        let transfers: Vec<_> = remarked.collect();
        self.seen.transfers = transfers;
    }

    /// Notes at every branch where a transfer did not end as at the others, or not as its client was told.
    fn remark(&self, mut transfer: TransferSeen, world: &mut World<Banking>) -> TransferSeen {
        if self.setup.accounts < u32::MAX {
            return transfer;
        }
        let (applied, not) = self.seen.fate(&transfer);
        let told = transfer.answer.map(|(_, _, outcome)| outcome);
        for posting in &transfer.postings {
            let cents = self.seen.balance(posting.branch, transfer.account);
            let odd = match cents {
                0 => told == Some(Outcome::Committed) || (told.is_none() && !applied.is_empty()),
                _ => cents != posting.cents || told == Some(Outcome::Aborted) || (told.is_none() && !not.is_empty()),
            };
            if odd {
                let text = format!("in the end account {}: {}", transfer.account, signed(cents));
                transfer.remarks.push((posting.branch, world.note(posting.branch, Tone::Bad, text)));
            }
        }
        transfer
    }
}
