//! The world of `raft`: nodes, clients that ask whoever leads, and steps that become faults when their time has come.

use explore::{Breach, Plan};
use harness::processes::{Cluster, Nodes};
use sim::disk::Keep;
use sim::seam::Host;
use sim::{Choice, Fault, NodeId, Protocol, Span, What, When, World};

use super::contract::{Command, Config, Output};
use super::entries::{Act, Entry, Setup, Who};
use super::seen::{Law, Loss, Proposal, Seen, View};
use super::watch::Watch;

/// The types of the contract.
pub struct Consensus;

impl Protocol for Consensus {
    type Config = Config;
    type Input = Command;
    type Output = Output;
    type View = View;
    type Wire = ();

    fn addressee(output: &Output) -> Option<usize> {
        matches!(output, Output::NotLeader { .. }).then_some(0)
    }
}

sim::plain!(Config, Command, Output, View);

/// Nodes that keep a log in common.
pub struct Servers {
    /// Makes them.
    pub nodes: Nodes<Consensus>,
}

impl Cluster for Servers {
    type Protocol = Consensus;
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn setup(&self, plan: &Plan<Setup, Entry>, choice: Choice) -> sim::Setup {
        sim::Setup { clients: vec!["clients".to_owned()], ..sim::Setup::of(choice, plan.setup.nodes) }
    }

    fn host(&self, plan: &Plan<Setup, Entry>) -> Box<dyn Host<Consensus>> {
        (self.nodes)(vec![plan.setup.config; plan.setup.nodes])
    }

    fn script(&self, plan: &Plan<Setup, Entry>, world: &mut World<Consensus>) -> Seen {
        Script::of(plan, world).play()
    }
}

/// How many messages a run may take. One that sends every command by itself takes some 1,500.
const MOST_SENT: u64 = 8_000;

/// How long a step that needs a leader waits before it looks again.
const PATIENCE_MS: u64 = 10;

/// How often a client asks for a command after the healing.
const PROBE_EVERY_MS: u64 = 50;

/// What is to be done at some time.
#[derive(Clone, Copy)]
enum Todo {
    /// The step at that place of the plan.
    Step(usize),
    /// So many commands are still to be asked for.
    Ask { who: Who, left: u32, every_ms: u64 },
    /// A client asks whether commands are applied again.
    Probe,
}

struct Script<'a> {
    plan: &'a Plan<Setup, Entry>,
    world: &'a mut World<Consensus>,
    watch: Watch,
    todo: Vec<Todo>,
    commands: u32,
    losses: Vec<Loss>,
    /// The first command asked for after the healing, and who has not yet applied any since.
    probes: Option<(Command, Vec<NodeId>)>,
    recovered_ms: Option<u64>,
}

impl<'a> Script<'a> {
    fn of(plan: &'a Plan<Setup, Entry>, world: &'a mut World<Consensus>) -> Self {
        let watch = Watch::over(plan.setup.nodes);
        let mut script = Script {
            plan,
            world,
            watch,
            todo: Vec::new(),
            commands: 0,
            losses: Vec::new(),
            probes: None,
            recovered_ms: None,
        };
        for (place, entry) in plan.entries.iter().enumerate() {
            match entry {
                Entry::Fault(fault) => script.world.inject(fault.clone()),
                Entry::Step { at_ms, .. } => script.later(*at_ms, Todo::Step(place)),
            }
        }
        if let Some(heal_ms) = plan.setup.heal_ms {
            script.world.heal_at_ms(heal_ms);
            script.later(heal_ms, Todo::Probe);
        }
        script
    }

    fn later(&mut self, at_ms: u64, todo: Todo) {
        self.world.wake_at_ms(at_ms, self.todo.len() as u64);
        self.todo.push(todo);
    }

    fn play(mut self) -> Seen {
        while self.recovered_ms.is_none() && !self.floods() {
            let Some(happening) = self.world.next(self.plan.setup.end_ms) else { break };
            let (node, event, at_ms) = (happening.node, happening.event, happening.at_ms());
            match happening.what {
                What::Booted | What::Stepped => self.watch.stepped(self.world, node, event),
                What::Crashed => self.watch.crashed(node, at_ms),
                What::Woken(number) => self.act(self.todo[number as usize]),
                What::Output(output) => {
                    self.watch.told(self.world, node, event, output);
                    self.probed(node, output);
                }
                What::Refused | What::Intercepted { .. } => {}
            }
        }
        self.seen()
    }

    /// Messages that multiply would go on for ever, and nothing that is judged afterwards would mean anything.
    fn floods(&mut self) -> bool {
        let sent = self.world.counts().sent;
        if sent <= MOST_SENT {
            return false;
        }
        let at_ms = self.world.now_ms();
        let breach = Breach::new(
            format!("{sent} messages had been sent by {at_ms} ms, and there was no end to it"),
            format!(
                "at most {MOST_SENT} messages: as many go on for ever if each answer is answered at once with the same question"
            ),
            format!("{sent} messages by {at_ms} ms"),
        );
        self.watch.breaches.insert(0, (Law::Flood, breach));
        true
    }

    /// Everybody has applied something that was asked for after the healing: the run may end.
    fn probed(&mut self, node: NodeId, output: Output) {
        let (Some((first, waiting)), Output::Applied { command, .. }) = (&mut self.probes, output) else { return };
        if command >= *first {
            waiting.retain(|other| *other != node);
            if waiting.is_empty() {
                self.recovered_ms = Some(self.world.now_ms());
            }
        }
    }

    fn act(&mut self, todo: Todo) {
        let now_ms = self.world.now_ms();
        match todo {
            Todo::Step(place) => {
                let Entry::Step { act, .. } = &self.plan.entries[place] else { unreachable!("only steps are put off") };
                let act = act.clone();
                if !self.step(&act) {
                    self.later(now_ms + PATIENCE_MS, todo);
                }
            }
            Todo::Ask { who, left, every_ms } => {
                let nodes = self.nodes(who);
                if nodes.is_empty() {
                    return self.later(now_ms + PATIENCE_MS, todo);
                }
                let at_once = if every_ms == 0 { left } else { 1 };
                for _ in 0..at_once {
                    nodes.iter().for_each(|node| self.ask(*node));
                }
                if left > at_once {
                    self.later(now_ms + every_ms, Todo::Ask { who, left: left - at_once, every_ms });
                }
            }
            Todo::Probe => {
                let waiting = self.world.nodes().collect();
                self.probes.get_or_insert((Command(self.commands + 1), waiting));
                if let Some(leader) = self.watch.leader() {
                    self.ask(leader);
                }
                self.later(now_ms + PROBE_EVERY_MS, Todo::Probe);
            }
        }
    }

    fn ask(&mut self, node: NodeId) {
        self.commands += 1;
        let (at_ms, command, leader) = (self.world.now_ms(), Command(self.commands), self.watch.leader());
        self.watch.asked(Proposal { command, node, at_ms, leader, answers: Vec::new() });
        self.world.input_at_ms(at_ms, node, command, Some(0));
    }

    /// Whom a step concerns now; nobody while it has to wait.
    fn nodes(&self, who: Who) -> Vec<NodeId> {
        let leader = self.watch.leader();
        match who {
            Who::Leader => leader.into_iter().collect(),
            Who::Follower => self.watch.others(leader).into_iter().take(1).collect(),
            Who::Node(node) => vec![node],
            Who::Everybody => self.world.nodes().collect(),
        }
    }

    /// Does what a step says; gives whether it could.
    fn step(&mut self, act: &Act) -> bool {
        let now_ms = self.world.now_ms();
        let who = match act {
            Act::Propose { who, .. }
            | Act::CutOff { who, .. }
            | Act::Mute { who, .. }
            | Act::Crash { who, .. }
            | Act::Pause { who, .. } => *who,
        };
        let nodes = self.nodes(who);
        let Some(node) = nodes.first().copied() else { return false };
        if let Act::CutOff { for_ms, .. }
        | Act::Mute { for_ms, .. }
        | Act::Crash { for_ms, .. }
        | Act::Pause { for_ms, .. } = act
        {
            let until_ms = now_ms + for_ms;
            self.losses.extend(nodes.iter().map(|node| Loss { node: *node, from_ms: now_ms, until_ms }));
        }
        match *act {
            Act::Propose { who, count, every_ms } => self.act(Todo::Ask { who, left: count, every_ms }),
            Act::CutOff { with, for_ms, .. } => {
                let mut side = vec![node];
                side.extend(self.watch.others(Some(node)).into_iter().take(with));
                side.sort_unstable();
                self.world.inject(Fault::Split { side, span: Span::new(now_ms, now_ms + for_ms) });
            }
            Act::Mute { for_ms, .. } => {
                let to = self.world.nodes().filter(|other| *other != node).collect();
                self.world.inject(Fault::OneWay { from: vec![node], to, span: Span::new(now_ms, now_ms + for_ms) });
            }
            Act::Crash { for_ms, keep, .. } => nodes.iter().for_each(|node| self.crash(*node, for_ms, keep)),
            Act::Pause { for_ms, .. } => {
                self.world.inject(Fault::Pause { node, span: Span::new(now_ms, now_ms + for_ms) });
            }
        }
        true
    }

    fn crash(&mut self, node: NodeId, for_ms: u64, keep: Keep) {
        let when = When::At(self.world.now_ms());
        self.world.inject(Fault::Crash { node, when, back_after_ms: Some(for_ms), keep });
    }

    fn seen(self) -> Seen {
        let nodes = self.world.nodes().map(|node| self.world.view(node)).collect();
        let Watch { breaches, reigns, terms, proposals, applied, voters_back, logs_back, replaced, .. } = self.watch;
        Seen {
            setup: self.plan.setup.clone(),
            breaches,
            reigns,
            terms,
            proposals,
            applied,
            losses: self.losses,
            recovered_ms: self.recovered_ms,
            ended_ms: self.world.now_ms(),
            voters_back,
            logs_back,
            replaced,
            nodes,
        }
    }
}
