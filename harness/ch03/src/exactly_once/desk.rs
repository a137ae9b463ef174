//! The applications that ask the clients for deposits, and everything that is known about the ledger.
//!
//! An application lives and dies with its client. It has a queue of deposits; as many as the window allows are open at
//! once. What the ledger holds is looked at after every step of the server, so that what goes wrong is seen where it does.

use std::collections::{BTreeMap, VecDeque};

use explore::{Breach, Plan};
use sim::{Either, EventId, Fault, NodeId, Tone, What, When, World};

use super::contract::*;
use super::seen::{RequestSeen, Seen, Wrong, evidence};
use super::world::{Bank, Entry, SERVER, Setup};

/// The application of one client.
#[derive(Default)]
struct Application {
    queue: VecDeque<Deposit>,
    /// Which requests are open, under which tags.
    open: BTreeMap<u8, usize>,
}

/// All applications, and everything that is known about the ledger.
pub struct Desk {
    window: usize,
    /// Nothing fails, from the beginning on.
    calm: bool,
    /// The workload, by the number under which the script is woken for it.
    steps: Vec<Entry>,
    pending_steps: usize,
    applications: Vec<Application>,
    seen: Seen,
    asked: [u64; ACCOUNTS],
    answered: [u64; ACCOUNTS],
    answers: u64,
    duplicated: u64,
    crashed: Vec<bool>,
}

impl Desk {
    /// Lays the plan into the world.
    pub fn open(plan: &Plan<Setup, Entry>, world: &mut World<Bank>) -> Self {
        let mut steps = Vec::new();
        for entry in &plan.entries {
            match entry {
                Entry::Requests { from_ms, .. } => {
                    world.wake_at_ms(*from_ms, steps.len() as u64);
                    steps.push(entry.clone());
                }
                Entry::Restarts { node, from_ms, count, every_ms } => {
                    (0..*count).for_each(|nth| world.inject(restart(*node, from_ms + u64::from(nth) * every_ms)));
                }
                Entry::Fault(fault) => world.inject(fault.clone()),
            }
        }
        world.heal_at_ms(plan.setup.heal_ms);
        Desk {
            window: plan.setup.window as usize,
            calm: plan.entries.iter().all(|entry| matches!(entry, Entry::Requests { .. })),
            pending_steps: steps.len(),
            steps,
            applications: (0..=plan.setup.clients).map(|_| Application::default()).collect(),
            seen: Seen {
                heal_ms: plan.setup.heal_ms,
                network_holds: plan.entries.iter().all(leaves_the_network_alone),
                ..Seen::default()
            },
            asked: [0; ACCOUNTS],
            answered: [0; ACCOUNTS],
            answers: 0,
            duplicated: 0,
            crashed: vec![false; plan.setup.clients + 1],
        }
    }

    /// Something has happened.
    pub fn happens(&mut self, world: &mut World<Bank>, node: NodeId, what: What<Bank>) {
        let is_server = node.index() == SERVER;
        match what {
            What::Woken(step) => self.begin(world, step as usize),
            What::Output(Either::Second(answer)) => self.answer(world, node, answer),
            What::Output(Either::First(never)) => match never {},
            What::Crashed | What::Refused if !is_server => self.abandon(node),
            What::Crashed => self.crashed[SERVER] |= self.answers > 0,
            What::Booted if !is_server => {
                if self.crashed[node.index()] && !self.applications[node.index()].queue.is_empty() {
                    self.count(evidence::CLIENT_BACK);
                }
                self.ask(world, node);
            }
            What::Booted => {
                if self.crashed[SERVER] {
                    self.count(evidence::SERVER_BACK);
                }
                self.look(world);
            }
            What::Stepped if is_server => self.look(world),
            _ => {}
        }
        let duplicated = world.counts().duplicated;
        if duplicated > self.duplicated && self.answers >= 20 {
            self.count(evidence::LATE_REPEAT);
        }
        self.duplicated = duplicated;
    }

    fn count(&mut self, what: &'static str) {
        *self.seen.evidence.entry(what).or_default() += 1;
    }

    /// A step of the workload: the queue of an application grows.
    fn begin(&mut self, world: &mut World<Bank>, step: usize) {
        self.pending_steps -= 1;
        let Entry::Requests { client, count, account, amount, same, .. } = self.steps[step] else {
            unreachable!("the script is woken for requests only")
        };
        let deposit = |nth: u32| Deposit { account, amount: amount + if same { 0 } else { u64::from(nth) } };
        self.applications[client.index()].queue.extend((0..count).map(deposit));
        self.ask(world, client);
    }

    /// An application asks for as much as it may.
    fn ask(&mut self, world: &mut World<Bank>, node: NodeId) {
        let application = &mut self.applications[node.index()];
        while world.is_up(node) {
            // Requests are numbered in the order in which they are asked, so the oldest open one holds the window.
            let oldest = application.open.values().min().copied();
            let since = |oldest: usize| self.seen.requests[oldest..].iter().filter(|seen| seen.client == node).count();
            if oldest.is_some_and(|oldest| since(oldest) >= self.window) {
                break;
            }
            let Some(deposit) = application.queue.pop_front() else { break };
            let free = (0..).find(|tag| !application.open.contains_key(tag));
            let tag = free.expect("fewer requests are open than there are tags");
            application.open.insert(tag, self.seen.requests.len());
            self.asked[deposit.account.index()] += deposit.amount;
            let asked_ms = world.now_ms();
            world.input_at_ms(asked_ms, node, Either::Second(Request { tag, deposit }), None);
            let seen = RequestSeen { client: node, tag, deposit, asked_ms, answer: None, abandoned: false };
            self.seen.requests.push(seen);
            if application.open.len() > 1 {
                *self.seen.evidence.entry(evidence::TWO_OPEN).or_default() += 1;
            }
        }
    }

    /// A client has crashed, and its application with it.
    fn abandon(&mut self, node: NodeId) {
        self.crashed[node.index()] = true;
        for request in std::mem::take(&mut self.applications[node.index()].open).into_values() {
            self.seen.requests[request].abandoned = true;
        }
    }

    fn answer(&mut self, world: &mut World<Bank>, node: NodeId, answer: Answer) {
        self.answers += 1;
        self.count(evidence::ANSWERED);
        self.weigh(world);
        let Some(request) = self.applications[node.index()].open.remove(&answer.tag) else {
            return self.stray(world, node, answer);
        };
        self.compare(world, request, answer.receipt);
        let seen = &mut self.seen.requests[request];
        seen.answer = Some((world.now_ms(), answer.receipt));
        self.answered[seen.deposit.account.index()] += seen.deposit.amount;
        if self.calm {
            self.time(world, request);
        }
        self.look(world);
        self.ask(world, node);
    }

    fn stray(&mut self, world: &mut World<Bank>, node: NodeId, answer: Answer) {
        let event = world.note(node, Tone::Bad, format!("nobody waits for an answer with tag {}", answer.tag));
        let before = self.seen.requests.iter().rfind(|seen| seen.client == node && seen.tag == answer.tag);
        let actual = match before {
            Some(RequestSeen { answer: Some((at_ms, receipt)), deposit, .. }) => {
                format!("{deposit} had that tag last, and was answered at {at_ms} ms: balance {}", receipt.balance)
            }
            Some(RequestSeen { abandoned: true, deposit, .. }) => {
                format!("{deposit} had that tag last, and whoever asked for it was gone when {node} crashed")
            }
            _ => "no request ever had that tag".to_owned(),
        };
        self.seen.stray.get_or_insert(Breach {
            happened: format!("{node} gave an answer that nobody waits for: tag {}", answer.tag),
            expected: "one answer to each request, and none after a crash to those of before".to_owned(),
            actual,
            focus: Some(event),
            ..Breach::default()
        });
    }

    /// A deposit takes its account from one balance to another. No two can have done so on the same stretch.
    fn compare(&mut self, world: &mut World<Bank>, request: usize, receipt: Receipt) {
        let this = &self.seen.requests[request];
        let stretch =
            |deposit: Deposit, receipt: Receipt| (receipt.balance.saturating_sub(deposit.amount), receipt.balance);
        let (from, to) = stretch(this.deposit, receipt);
        let other = self.seen.requests.iter().find(|other| {
            let Some((_, told)) = other.answer else { return false };
            let (other_from, other_to) = stretch(other.deposit, told);
            other.deposit.account == this.deposit.account && from < other_to && other_from < to
        });
        let beyond =
            receipt.balance > self.asked[this.deposit.account.index()] || receipt.balance < this.deposit.amount;
        let happened = match other {
            Some(other) => {
                let told = other.answer.expect("it was answered").1.balance;
                format!("{this} was told the balance {}, and {other} was told {told}: both can't be", receipt.balance)
            }
            None if beyond => format!("{this} was told the balance {}, which no deposit led to", receipt.balance),
            None => return,
        };
        let told = self.seen.requests.iter().filter(|seen| seen.deposit.account == this.deposit.account);
        let told = told.filter_map(|seen| seen.answer.map(|(_, told)| format!("{} → {}", seen.deposit, told.balance)));
        let told: Vec<String> = told.chain([format!("{} → {}", this.deposit, receipt.balance)]).collect();
        let note = format!("balance {}: not the receipt of {}", receipt.balance, this.deposit);
        let event = world.note(this.client, Tone::Bad, note);
        let breach = Breach {
            happened,
            expected: "the balance that a request's own deposit left when it took effect, a different one for each"
                .to_owned(),
            actual: format!("in the order of the answers: {}", told.join(", ")),
            focus: Some(event),
            ..Breach::default()
        };
        self.seen.first.get_or_insert((Wrong::Clash, breach));
    }

    /// A request is answered, and nothing has failed.
    fn time(&mut self, world: &mut World<Bank>, request: usize) {
        let this = &self.seen.requests[request];
        let late_ms = world.now_ms() - this.asked_ms;
        if late_ms <= PROMPT_MS || self.seen.sluggish.is_some() {
            return;
        }
        let event = world.note(this.client, Tone::Bad, format!("{late_ms} ms for {}", this.deposit));
        self.seen.sluggish = Some(Breach {
            happened: format!("{this} was answered after {late_ms} ms, and nothing had failed"),
            expected: format!("an answer within {PROMPT_MS} ms; a message takes 1 to 10 ms, and so does its answer"),
            actual: format!("{late_ms} ms"),
            focus: Some(event),
            ..Breach::default()
        });
    }

    /// Looks at the ledger.
    fn look(&mut self, world: &mut World<Bank>) {
        let server = NodeId::new(SERVER);
        let Some(Some(balances)) = world.view(server) else { return };
        self.seen.balances = balances;
        for account in Account::all() {
            let (holds, asked) = (balances[account.index()], self.asked[account.index()]);
            if holds > asked && self.seen.first.is_none() {
                let note = format!("{account} holds {holds}; deposits of only {asked} were asked for");
                let event = world.note(server, Tone::Bad, note);
                self.seen.first = Some((Wrong::Excess, self.excess(account, event)));
            }
            if holds < self.answered[account.index()] && self.seen.first.is_none() {
                let note =
                    format!("{account} holds {holds}; deposits of {} were answered", self.answered[account.index()]);
                let event = world.note(server, Tone::Bad, note);
                self.seen.first = Some((Wrong::Shortage, self.shortage(account, event)));
            }
        }
    }

    fn excess(&self, account: Account, event: EventId) -> Breach {
        let (holds, asked) = (self.seen.balances[account.index()], self.asked[account.index()]);
        let more = holds - asked;
        Breach {
            happened: format!(
                "{account} holds {holds}, {more} more than was ever asked for{}",
                self.twice(account, more)
            ),
            expected: format!("at most {asked}: {}", self.deposits(account, |_| true)),
            actual: holds.to_string(),
            focus: Some(event),
            ..Breach::default()
        }
    }

    fn shortage(&self, account: Account, event: EventId) -> Breach {
        let (holds, answered) = (self.seen.balances[account.index()], self.answered[account.index()]);
        let less = answered - holds;
        Breach {
            happened: format!("{account} holds {holds}, {less} less than the deposits that were answered"),
            expected: format!("at least {answered}: {}", self.deposits(account, |seen| seen.answer.is_some())),
            actual: holds.to_string(),
            focus: Some(event),
            ..Breach::default()
        }
    }

    /// Which deposit would explain so much too much.
    fn twice(&self, account: Account, excess: u64) -> String {
        let one =
            self.seen.requests.iter().find(|seen| seen.deposit.account == account && seen.deposit.amount == excess);
        one.map_or(String::new(), |seen| format!("; {seen} took effect twice"))
    }

    fn deposits(&self, account: Account, which: impl Fn(&RequestSeen) -> bool) -> String {
        list(self.seen.requests.iter().filter(|seen| seen.deposit.account == account && which(seen)))
    }

    /// Looks at the disks.
    fn weigh(&mut self, world: &mut World<Bank>) {
        for node in world.nodes() {
            let bytes = world.disk(node).size_bytes();
            if bytes > DISK_BYTES && self.seen.full.is_none() {
                let event = world.note(node, Tone::Bad, format!("{bytes} bytes on its disk"));
                self.seen.full = Some(Breach {
                    happened: format!("after {} answers there were {bytes} bytes on the disk of {node}", self.answers),
                    expected: format!("at most {DISK_BYTES} bytes, however many requests there were"),
                    actual: format!(
                        "{bytes} bytes, in {} records of logs and some values",
                        world.disk(node).record_count()
                    ),
                    focus: Some(event),
                    ..Breach::default()
                });
            }
        }
    }

    /// Whether there is nothing left to see, or no reason to wait for it.
    pub fn is_through(&mut self, world: &mut World<Bank>) -> bool {
        if self.pending_steps > 0 {
            return false;
        }
        let now_ms = world.now_ms();
        let open = self.applications.iter().flat_map(|application| application.open.values());
        let late = open.copied().find(|request| {
            let asked_ms = self.seen.requests[*request].asked_ms;
            now_ms > asked_ms.max(self.seen.heal_ms) + PATIENCE_MS
        });
        if let Some(late) = late {
            self.overdue(world, late);
            return true;
        }
        self.applications.iter().all(|application| application.open.is_empty() && application.queue.is_empty())
    }

    fn overdue(&mut self, world: &mut World<Bank>, request: usize) {
        let late = &self.seen.requests[request];
        let event =
            world.note(late.client, Tone::Bad, format!("still no answer for {} (tag {})", late.deposit, late.tag));
        let answered = self.seen.requests.iter().filter(|seen| seen.answer.is_some()).count();
        self.seen.overdue = Some(Breach {
            happened: format!(
                "{late} has no answer at {} ms; since {} ms nothing has failed any more",
                world.now_ms(),
                self.seen.heal_ms
            ),
            expected: format!("an answer by {} ms", late.asked_ms.max(self.seen.heal_ms) + PATIENCE_MS),
            actual: format!("none; {answered} of {} requests were answered", self.seen.requests.len()),
            focus: Some(event),
            ..Breach::default()
        });
    }

    /// Whether each account holds what was answered and some of what was not, each once.
    fn explain(&mut self, world: &mut World<Bank>) {
        for account in Account::all() {
            let holds = self.seen.balances[account.index()];
            let Some(rest) = holds.checked_sub(self.answered[account.index()]) else {
                let note = format!("{account} holds {holds} at the end");
                let event = world.note(NodeId::new(SERVER), Tone::Bad, note);
                self.seen.missing.get_or_insert(self.shortage(account, event));
                continue;
            };
            let open =
                self.seen.requests.iter().filter(|seen| seen.deposit.account == account && seen.answer.is_none());
            let open: Vec<u64> = open.map(|seen| seen.deposit.amount).collect();
            // Beyond that there is hardly a number that some of them don't come to.
            if holds > self.asked[account.index()]
                || open.len() > 10
                || (0..1u32 << open.len()).any(|some| sum(&open, some) == rest)
            {
                continue;
            }
            let note = format!("{account} holds {holds}, which doesn't add up");
            let event = world.note(NodeId::new(SERVER), Tone::Bad, note);
            self.seen.unexplained.get_or_insert(Breach {
                happened: format!("{account} holds {holds}, which its deposits don't come to, each made once"),
                expected: format!(
                    "what was answered ({}), and of what was asked by a client that crashed ({}) each once or not at all",
                    self.deposits(account, |seen| seen.answer.is_some()),
                    self.deposits(account, |seen| seen.answer.is_none()),
                ),
                actual: holds.to_string(),
                focus: Some(event), ..Breach::default() });
        }
    }

    /// What was seen.
    pub fn close(mut self, world: &mut World<Bank>) -> Seen {
        if self.seen.overdue.is_none() {
            self.explain(world);
        }
        self.seen.ended_ms = world.now_ms();
        self.seen.sent = world.counts().sent;
        self.seen
    }
}

/// The deposits of these requests, in words; the first of them if there are many.
fn list<'a>(requests: impl Iterator<Item = &'a RequestSeen>) -> String {
    let words: Vec<String> = requests.map(|seen| format!("{}'s +{}", seen.client, seen.deposit.amount)).collect();
    match words.len() {
        0 => "nothing".to_owned(),
        1..=8 => words.join(", "),
        count => format!("{}, … ({count} in all)", words[..6].join(", ")),
    }
}

fn leaves_the_network_alone(entry: &Entry) -> bool {
    match entry {
        Entry::Requests { .. } | Entry::Restarts { .. } => true,
        Entry::Fault(fault) => matches!(fault, Fault::Crash { .. } | Fault::Freeze { .. } | Fault::Jump { .. }),
    }
}

fn sum(amounts: &[u64], some: u32) -> u64 {
    amounts.iter().enumerate().filter(|(place, _)| some >> place & 1 == 1).map(|(_, amount)| amount).sum()
}

fn restart(node: NodeId, at_ms: u64) -> Fault {
    Fault::Crash { node, when: When::At(at_ms), back_after_ms: Some(1), keep: sim::disk::Keep::Nothing }
}
