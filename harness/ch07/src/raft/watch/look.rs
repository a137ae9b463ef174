//! One look at one node, when a handler of it is through: what has changed, and whether it may.

use explore::Breach;
use sim::{EventId, NodeId, Tone, World};

use super::{Fact, First, Nodes, Pending, Watch, only};
use crate::raft::cluster::Consensus;
use crate::raft::contract::{Command, Entry, Index, Role, Term};
use crate::raft::seen::{Answer, Law, Log, Reign, TermTaken, View};

/// A look at one node at one moment.
pub struct Look<'a> {
    pub watch: &'a mut Watch,
    pub world: &'a mut World<Consensus>,
    pub node: NodeId,
    pub event: EventId,
}

impl Look<'_> {
    fn breach(&mut self, law: Law, note: &str, breach: Breach) {
        if self.watch.breaches.iter().any(|(broken, _)| *broken == law) {
            return;
        }
        self.world.note(self.node, Tone::Bad, note);
        self.watch.breaches.push((law, breach.at(self.event)));
    }

    /// What the node says now.
    pub fn at(mut self, view: View, boots: bool) {
        let node = self.node;
        let known = &mut self.watch.known[node.index()];
        let unsure = std::mem::take(&mut known.unsure);
        known.down = false;
        let before = std::mem::replace(&mut known.view, view);
        if boots {
            self.remembers(&before, unsure);
        } else {
            self.votes_once(&before);
        }
        self.term_and_vote(&before);
        let same = self.log(&before, boots);
        if !same {
            self.matches_the_others();
        }
        self.role(&before, boots);
        if boots {
            self.settle();
        }
    }

    fn view(&self) -> &View {
        &self.watch.known[self.node.index()].view
    }

    /// After a boot: what was on the disk is still there.
    fn remembers(&mut self, before: &View, unsure: bool) {
        let (node, view) = (self.node, self.view().clone());
        self.watch.voters_back += u64::from(before.vote.is_some());
        self.watch.logs_back += u64::from(!before.log.is_empty());
        if view.term < before.term {
            self.breach(
                Law::Memory,
                "has forgotten its term",
                Breach::new(
                    format!("{node} was in term {} before it crashed, and in term {} after it", before.term, view.term),
                    format!("term {}: a node that forgets its term may vote in it once more", before.term),
                    format!("term {}", view.term),
                ),
            );
        } else if view.term == before.term && before.vote.is_some() && view.vote != before.vote {
            let (old, new) = (told(before.vote), told(view.vote));
            self.breach(
                Law::Memory,
                "has forgotten its vote",
                Breach::new(
                    format!("{node} had voted for {old} in term {}, and after a crash its vote is {new}", view.term),
                    format!("its vote in term {} is for {old}, crash or no crash", view.term),
                    format!("its vote in term {} is {new}", view.term),
                ),
            );
        }
        if !unsure && !view.log.starts_with(&before.log) {
            self.breach(
                Law::Memory,
                "has lost a part of its log",
                Breach::new(
                    format!("{node} crashed between two handlers and lost a part of its log"),
                    format!("the log {}", Log(&before.log)),
                    format!("the log {}", Log(&view.log)),
                ),
            );
        }
    }

    fn votes_once(&mut self, before: &View) {
        let (node, view) = (self.node, self.view().clone());
        if view.term == before.term && before.vote.is_some() && view.vote != before.vote {
            let (old, new) = (told(before.vote), told(view.vote));
            self.breach(
                Law::OneVote,
                "changes its vote",
                Breach::new(
                    format!("{node} had voted for {old} in term {}, and now its vote is {new}", view.term),
                    format!("the vote for {old} stands as long as term {} lasts", view.term),
                    format!("{old} first, then {new}"),
                ),
            );
        }
        if view.term < before.term {
            self.breach(
                Law::OneVote,
                "goes back to an earlier term",
                Breach::new(
                    format!("{node} went from term {} back to term {}", before.term, view.term),
                    "terms only grow",
                    format!("term {} after term {}", view.term, before.term),
                ),
            );
        }
    }

    fn term_and_vote(&mut self, before: &View) {
        let (node, at_ms, event) = (self.node, self.world.now_ms(), self.event);
        let (term, vote) = (self.view().term, self.view().vote);
        if term > before.term {
            self.watch.terms.push(TermTaken { at_ms, node, term, event });
        }
        if let Some(vote) = vote {
            *self.watch.votes.entry(term).or_default().entry(vote).or_default() |= only(node);
        }
    }

    /// Takes note of who holds what; gives whether nothing has changed.
    fn log(&mut self, before: &View, boots: bool) -> bool {
        let node = self.node;
        let at_ms = self.world.now_ms();
        let known = &self.watch.known[node.index()];
        let view = &known.view;
        let same = before.log.iter().zip(&view.log).take_while(|(old, new)| old == new).count();
        for (place, entry) in view.log.iter().enumerate().skip(same) {
            let holders = self.watch.holders.entry((place as Index + 1, entry.term)).or_default();
            holders.any_term |= only(node);
            holders.own_term |= if entry.term == view.term { only(node) } else { 0 };
            let proposal = entry.command.and_then(|command| self.watch.by_command.get(&command));
            if let Some(proposal) = proposal.map(|place| &mut self.watch.proposals[*place])
                && proposal.node == node
                && proposal.answers.is_empty()
            {
                proposal.answers.push((at_ms, Answer::Appended));
            }
        }
        if same == before.log.len() {
            return same == view.log.len();
        }
        self.watch.replaced += 1;
        let lost = self.watch.leaders.get(&view.term).and_then(|(leader, log)| {
            let place = (same..before.log.len()).find(|place| log.get(*place) == before.log.get(*place))?;
            Some((*leader, place, log.clone()))
        });
        if let Some((leader, place, log)) = lost.filter(|_| !boots) {
            let view = self.view();
            let (term, now) = (view.term, Log(&view.log).to_string());
            let breach = Breach::new(
                format!(
                    "{node} removed {} at index {} from its log, which the leader of its term {term}, {leader}, holds too",
                    before.log[place],
                    place + 1
                ),
                format!("{} stays: only what contradicts the leader of the term is removed", Log(&before.log)),
                format!("{node} has {now}; {leader} has {}", Log(&log)),
            );
            self.breach(Law::Kept, "takes back what it holds", breach);
        }
        false
    }

    /// Log matching (§5.3).
    fn matches_the_others(&mut self) {
        let log = &self.view().log;
        let clash = self.watch.others(Some(self.node)).into_iter().find_map(|other| {
            let theirs = &self.watch.known[other.index()].view.log;
            let agrees = |place: &usize| log[*place].term == theirs[*place].term;
            let last = (0..log.len().min(theirs.len())).rev().find(agrees)?;
            let place = (0..=last).find(|place| log[*place] != theirs[*place])?;
            Some((other, last, place, Log(log).to_string(), Log(theirs).to_string()))
        });
        let Some((other, last, place, mine, theirs)) = clash else { return };
        let (node, last, place) = (self.node, last + 1, place + 1);
        let happened = if last == place {
            format!("{node} and {other} hold two entries of the same term at index {place}, and they differ")
        } else {
            format!(
                "{node} and {other} hold the same entry at index {last}, and another one before it, at index {place}"
            )
        };
        self.breach(
            Law::Matching,
            "its log does not match",
            Breach::new(
                happened,
                "logs with an entry of the same term at the same index are the same up to there",
                format!("{node} has {mine}; {other} has {theirs}"),
            ),
        );
    }

    fn role(&mut self, before: &View, boots: bool) {
        let (node, at_ms, event) = (self.node, self.world.now_ms(), self.event);
        let (role, term) = (self.view().role, self.view().term);
        let led = !boots && before.role == Role::Leader;
        if led && (role != Role::Leader || term != before.term) {
            self.watch.end_reign(node, at_ms);
            self.world.note(node, Tone::Plain, format!("leads no more, {role} in term {term}"));
        }
        if role != Role::Leader {
            return;
        }
        let log = self.view().log.clone();
        if !led || term != before.term {
            self.world.note(node, Tone::Good, format!("leads in term {term}"));
            self.one_leader(term);
            self.is_complete(term, &log);
            self.watch.reigns.push(Reign { node, term, from_ms: at_ms, until_ms: None, event });
            self.rests_on(Fact::Elected { node, term });
        }
        self.watch.leaders.insert(term, (node, log));
    }

    fn one_leader(&mut self, term: Term) {
        let node = self.node;
        let Some((other, _)) = self.watch.leaders.get(&term).filter(|(leader, _)| *leader != node) else { return };
        let other = *other;
        let votes = self.votes_in(term);
        self.breach(
            Law::OneLeader,
            "a second leader of this term",
            Breach::new(
                format!("{node} leads in term {term}, in which {other} was elected before"),
                format!("one leader in term {term}"),
                format!("two, {other} and {node}; the votes seen in that term: {votes}"),
            ),
        );
    }

    fn votes_in(&self, term: Term) -> String {
        let Some(votes) = self.watch.votes.get(&term) else { return "none".to_owned() };
        let told = votes.iter().map(|(whom, voters)| format!("for {whom} by {}", named(*voters)));
        told.collect::<Vec<_>>().join(", ")
    }

    /// Leader completeness (§5.4.3). What was applied by a node in an earlier term was committed in an earlier one.
    fn is_complete(&mut self, term: Term, log: &[Entry]) {
        let node = self.node;
        let missing = self.watch.first.iter().find_map(|(index, first)| {
            let entry = first.entry.filter(|_| first.term < term)?;
            (log.get(*index as usize - 1) != Some(&entry)).then_some((*index, entry, first.node, first.at_ms))
        });
        let Some((index, entry, by, at_ms)) = missing else { return };
        self.breach(
            Law::Complete,
            "leads without what was applied",
            Breach::new(
                format!(
                    "{node} leads in term {term} without {entry} at index {index}, which {by} applied at {at_ms} ms"
                ),
                format!(
                    "a log with {entry} at index {index}: nobody is elected whose log is less up to date than a voter's"
                ),
                format!("the log {}", Log(log)),
            ),
        );
    }

    /// It has applied a command.
    pub fn at_application(&mut self, index: Index, command: Command) {
        let node = self.node;
        let whole = self.world.view(node).is_some();
        self.in_order(index, command, whole);
        self.one_command(index, command, whole);
        if whole && self.is_held(node, index, false) {
            self.is_held(node, index, true);
        }
    }

    fn in_order(&mut self, index: Index, command: Command, whole: bool) {
        let node = self.node;
        let last = std::mem::replace(&mut self.watch.known[node.index()].applied, index);
        let expected = "each command of the log once, in order, from index 1 on after each boot";
        if index <= last {
            self.breach(
                Law::Order,
                "applied before",
                Breach::new(
                    format!("{node} applied index {index} after index {last}"),
                    expected,
                    format!("{command} at index {index}; since its boot it had come to index {last}"),
                ),
            );
            return;
        }
        if !whole {
            return;
        }
        let view = self.view();
        let left_out = (last + 1..index).find(|index| view.entry(*index).is_none_or(|entry| entry.command.is_some()));
        let differs = view.entry(index).is_none_or(|entry| entry.command != Some(command));
        let log = Log(&view.log).to_string();
        if let Some(left_out) = left_out {
            self.breach(
                Law::Order,
                "leaves out a command",
                Breach::new(
                    format!("{node} applied index {index} and had not applied index {left_out} since its boot"),
                    expected,
                    format!("the last index applied before was {last}; its log is {log}"),
                ),
            );
        } else if differs {
            self.breach(
                Law::Order,
                "applies what its log does not say",
                Breach::new(
                    format!("{node} applied {command} at index {index}, and its log says something else"),
                    "what the log holds at that index",
                    format!("its log is {log}"),
                ),
            );
        }
    }

    fn one_command(&mut self, index: Index, command: Command, whole: bool) {
        let (node, at_ms) = (self.node, self.world.now_ms());
        let view = self.view();
        let (entry, term) = (view.entry(index).filter(|_| whole), view.term);
        let first = self.watch.first.entry(index).or_insert(First { entry, command, node, at_ms, term });
        if first.entry.is_none() && first.command == command {
            (first.entry, first.term) = (entry, term);
        }
        if first.command == command {
            return;
        }
        let (was, by, when) = (first.command, first.node, first.at_ms);
        self.breach(
            Law::OneCommand,
            "another command was applied here",
            Breach::new(
                format!("{node} applied {command} at index {index}, where {by} had applied {was} at {when} ms"),
                format!("{was} at index {index}, at every node for all time"),
                format!("{was} at {by}, {command} at {node}"),
            ),
        );
    }

    /// A majority holds an applied entry, or one after it, from where the node stands that applied it.
    fn is_held(&mut self, node: NodeId, index: Index, own_term: bool) -> bool {
        let view = self.view();
        let Some(entry) = view.entry(index) else { return false };
        if self.watch.holders_of(index, entry, own_term).count_ones() >= self.watch.majority {
            return true;
        }
        // A node may know that an entry is committed before it has the later one that made it so: leaders have it.
        let leaders =
            self.watch.leaders.values().map(|(_, log)| log).filter(|log| log.get(index as usize - 1) == Some(&entry));
        let after = leaders.chain([&view.log]).map(|log| log[index as usize..].to_vec()).collect();
        self.rests_on(Fact::Held { node, index, entry, after, own_term })
    }

    /// A majority must support this; if that hangs on disks that nobody can look at now, it is judged later.
    fn rests_on(&mut self, fact: Fact) -> bool {
        let support = self.watch.support(&fact);
        if support.count_ones() >= self.watch.majority {
            return true;
        }
        let unsure = self.watch.unsure() & !support;
        if (support | unsure).count_ones() >= self.watch.majority {
            let at_ms = self.world.now_ms();
            self.watch.pending.push(Pending { fact, event: self.event, at_ms, unsure });
        } else {
            self.unfounded(fact, support, self.world.now_ms());
        }
        false
    }

    /// A node is back: what hung on its disk can be judged.
    fn settle(&mut self) {
        let back = only(self.node);
        for mut pending in std::mem::take(&mut self.watch.pending) {
            let support = self.watch.support(&pending.fact);
            if support.count_ones() >= self.watch.majority {
                continue;
            }
            pending.unsure &= !back;
            if (support | pending.unsure).count_ones() >= self.watch.majority {
                self.watch.pending.push(pending);
            } else {
                self.event = pending.event;
                self.unfounded(pending.fact, support, pending.at_ms);
            }
        }
    }

    fn unfounded(&mut self, fact: Fact, support: Nodes, at_ms: u64) {
        let (majority, nodes) = (self.watch.majority, self.watch.known.len());
        match fact {
            Fact::Elected { node, term } => {
                let votes = self.votes_in(term);
                self.breach(
                    Law::Votes,
                    "a leader without a majority",
                    Breach::new(
                        format!("{node} leads in term {term} from {at_ms} ms on with {} of {nodes} votes", support.count_ones()),
                        format!("the votes of {majority} different nodes in term {term}, its own included, safe on their disks"),
                        format!("the votes seen in that term: {votes}"),
                    ),
                );
            }
            Fact::Held { node, index, entry, own_term: false, .. } => {
                let breach = Breach::new(
                    format!("{node} applied {entry} at index {index} at {at_ms} ms, before a majority held it"),
                    format!("{majority} nodes that hold it, or an entry after it, safe on their disks"),
                    format!("it was held by {}", named(support)),
                );
                self.breach(Law::Majority, "applied before a majority holds it", breach);
            }
            Fact::Held { node, index, entry, .. } => {
                let term = entry.term;
                let all = named(self.watch.holders_of(index, entry, false));
                let breach = Breach::new(
                    format!("{node} applied {entry} at index {index} at {at_ms} ms, and it could still be lost"),
                    format!(
                        "{majority} nodes that held it in its own term, {term}, or hold an entry after it in that one's own \
                         term: the others may still elect a leader that has another entry there"
                    ),
                    format!("held by {all}, but in its own term only by {}", named(support)),
                );
                self.breach(Law::Committed, "applied, and not committed", breach);
            }
        }
    }
}

fn told(vote: Option<NodeId>) -> String {
    vote.map_or("nobody".to_owned(), |node| node.to_string())
}

fn named(nodes: Nodes) -> String {
    let nodes: Vec<NodeId> = (0..32).filter(|bit| nodes & (1 << bit) != 0).map(NodeId::new).collect();
    if nodes.is_empty() { "nobody".to_owned() } else { render::explain::list_in_words(&nodes) }
}
