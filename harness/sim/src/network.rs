//! What becomes of a message: every link with its faults.

use crate::choice::{Choice, mix};
use crate::fault::{Fault, Span};
use crate::process::NodeId;

/// What happens to one message of a link, beside what happens to all.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Lost,
    Again { after_us: u64 },
    Late { by_us: u64 },
}

#[derive(Clone, Debug, Default)]
struct Link {
    sent: u32,
    /// How many faults cut it right now.
    cuts: u32,
    slower_us: u64,
    /// How much longer it is than others, always.
    longer_us: u64,
    /// Zero for no limit.
    bytes_per_s: u32,
    /// When what was sent so far will have left.
    free_at_us: u64,
    fates: Vec<(u32, Fate)>,
    /// The number of the last message that arrived.
    arrived: u32,
}

/// What becomes of a message that is sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is lost, and why.
    Lost(Loss),
    /// It arrives after so long, and perhaps again later.
    Arrives { after_us: u64, again_us: Option<u64> },
}

/// Why a message is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    Network,
    Cut,
}

/// All links between all nodes.
pub(crate) struct Network {
    nodes: usize,
    links: Vec<Link>,
    latency_us: (u64, u64),
    seed: u64,
    lossy_percent: u64,
    duplicating_percent: u64,
    jitter_us: u64,
}

impl Network {
    pub fn new(choice: Choice, nodes: usize, latency_us: (u64, u64)) -> Self {
        assert!(latency_us.0 <= latency_us.1, "a latency goes from the least to the greatest");
        Network {
            nodes,
            links: vec![Link::default(); nodes * nodes],
            latency_us,
            seed: choice.part("network", 0).seed(),
            lossy_percent: 0,
            duplicating_percent: 0,
            jitter_us: 0,
        }
    }

    fn link(&mut self, from: NodeId, to: NodeId) -> &mut Link {
        &mut self.links[from.index() * self.nodes + to.index()]
    }

    /// A link is longer than others by this much, from now on and whatever is healed.
    pub fn lengthen(&mut self, from: NodeId, to: NodeId, by_us: u64) {
        self.link(from, to).longer_us = by_us;
    }

    /// Takes over a fault that strikes a single message.
    pub fn single(&mut self, fault: &Fault) {
        let (from, to, nth, fate) = match *fault {
            Fault::Lose { from, to, nth } => (from, to, nth, Fate::Lost),
            Fault::Duplicate { from, to, nth, after_ms } => (from, to, nth, Fate::Again { after_us: after_ms * 1000 }),
            Fault::Delay { from, to, nth, by_ms } => (from, to, nth, Fate::Late { by_us: by_ms * 1000 }),
            _ => return,
        };
        self.link(from, to).fates.push((nth, fate));
    }

    /// A fault of the network begins or ends.
    pub fn turn(&mut self, fault: &Fault, begins: bool) {
        let percent = |percent: u8| if begins { u64::from(percent) } else { 0 };
        match fault {
            Fault::Lossy { percent: share, .. } => self.lossy_percent = percent(*share),
            Fault::Duplicating { percent: share, .. } => self.duplicating_percent = percent(*share),
            Fault::Jittery { up_to_ms, .. } => self.jitter_us = if begins { up_to_ms * 1000 } else { 0 },
            Fault::SlowLink { from, to, by_ms, .. } => {
                self.link(*from, *to).slower_us = if begins { by_ms * 1000 } else { 0 };
            }
            Fault::Narrow { node, bytes_per_s, .. } => {
                for to in (0..self.nodes).map(NodeId::new) {
                    self.link(*node, to).bytes_per_s = if begins { *bytes_per_s } else { 0 };
                }
            }
            Fault::Split { side, .. } => {
                let others: Vec<_> = (0..self.nodes).map(NodeId::new).filter(|node| !side.contains(node)).collect();
                self.cut(side, &others, begins);
                self.cut(&others, side, begins);
            }
            Fault::OneWay { from, to, .. } => self.cut(from, to, begins),
            Fault::Flapping { a, b, .. } => {
                self.cut(&[*a], &[*b], begins);
                self.cut(&[*b], &[*a], begins);
            }
            _ => {}
        }
    }

    fn cut(&mut self, from: &[NodeId], to: &[NodeId], begins: bool) {
        for (from, to) in from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to))) {
            let cuts = &mut self.link(from, to).cuts;
            *cuts = if begins { *cuts + 1 } else { cuts.saturating_sub(1) };
        }
    }

    /// Every fault of the network ends for good.
    pub fn heal(&mut self) {
        for link in &mut self.links {
            *link = Link { sent: link.sent, arrived: link.arrived, longer_us: link.longer_us, ..Link::default() };
        }
        (self.lossy_percent, self.duplicating_percent, self.jitter_us) = (0, 0, 0);
    }

    /// Whether sizes matter on this link now; they cost time to find out.
    pub fn is_narrow(&self, from: NodeId, to: NodeId) -> bool {
        self.links[from.index() * self.nodes + to.index()].bytes_per_s > 0
    }

    /// Sends a message of `size_bytes`; gives its number on the link, and what becomes of it.
    pub fn send(&mut self, now_us: u64, from: NodeId, to: NodeId, size_bytes: usize) -> (u32, Verdict) {
        let place = from.index() * self.nodes + to.index();
        let link = &mut self.links[place];
        link.sent += 1;
        let nth = link.sent;
        if from == to {
            return (nth, Verdict::Arrives { after_us: 0, again_us: None });
        }
        let roll = mix(self.seed ^ ((place as u64) << 32 | u64::from(nth)));
        let dice = |concern: u64| mix(roll.wrapping_add(concern));
        if link.cuts > 0 {
            return (nth, Verdict::Lost(Loss::Cut));
        }
        if self.lossy_percent > 0 && dice(1) % 100 < self.lossy_percent {
            return (nth, Verdict::Lost(Loss::Network));
        }
        let (least_us, most_us) = self.latency_us;
        let mut after_us = least_us + roll % (most_us - least_us + 1) + link.longer_us + link.slower_us;
        let mut again_us = None;
        if self.jitter_us > 0 {
            after_us += dice(2) % (self.jitter_us + 1);
        }
        if self.duplicating_percent > 0 && dice(3) % 100 < self.duplicating_percent {
            again_us = Some(dice(4) % (2 * most_us.max(1_000)));
        }
        for (_, fate) in link.fates.iter().filter(|(number, _)| *number == nth) {
            match fate {
                Fate::Lost => return (nth, Verdict::Lost(Loss::Network)),
                Fate::Again { after_us } => again_us = Some(*after_us),
                Fate::Late { by_us } => after_us += by_us,
            }
        }
        if link.bytes_per_s > 0 {
            link.free_at_us = link.free_at_us.max(now_us) + size_bytes as u64 * 1_000_000 / u64::from(link.bytes_per_s);
            after_us += link.free_at_us - now_us;
        }
        (nth, Verdict::Arrives { after_us, again_us: again_us.map(|later_us| after_us + later_us) })
    }

    /// How many messages were sent on this link so far, those that were lost included.
    pub fn sent(&self, from: NodeId, to: NodeId) -> u32 {
        self.links[from.index() * self.nodes + to.index()].sent
    }

    /// A message arrives; says whether one that was sent later came before it.
    pub fn arrive(&mut self, from: NodeId, to: NodeId, nth: u32) -> bool {
        let link = self.link(from, to);
        let overtaken = nth < link.arrived;
        link.arrived = link.arrived.max(nth);
        overtaken
    }
}

/// When a fault that lasts begins and ends, each time it does, in milliseconds.
pub(crate) fn turns(fault: &Fault) -> Vec<(u64, bool)> {
    let span = match fault {
        Fault::Lossy { span, .. }
        | Fault::Duplicating { span, .. }
        | Fault::Jittery { span, .. }
        | Fault::SlowLink { span, .. }
        | Fault::Split { span, .. }
        | Fault::OneWay { span, .. }
        | Fault::Flapping { span, .. }
        | Fault::Narrow { span, .. }
        | Fault::Pause { span, .. }
        | Fault::SlowNode { span, .. }
        | Fault::Freeze { span, .. } => *span,
        Fault::Jump { at_ms, .. } => Span::new(*at_ms, *at_ms),
        _ => return Vec::new(),
    };
    match fault {
        Fault::Jump { .. } => vec![(span.from_ms, true)],
        Fault::Flapping { period_ms, .. } => {
            let starts = (span.from_ms..span.until_ms).step_by(2 * (*period_ms).max(1) as usize);
            starts.flat_map(|at| [(at, true), ((at + period_ms).min(span.until_ms), false)]).collect()
        }
        _ => vec![(span.from_ms, true), (span.until_ms, false)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(index: usize) -> NodeId {
        NodeId::new(index)
    }

    fn network() -> Network {
        Network::new(Choice::new(1), 3, (1_000, 10_000))
    }

    fn arrivals(network: &mut Network, count: usize) -> Vec<Option<u64>> {
        let send = |_| match network.send(0, n(0), n(1), 100).1 {
            Verdict::Arrives { after_us, .. } => Some(after_us),
            Verdict::Lost(_) => None,
        };
        (0..count).map(send).collect()
    }

    #[test]
    fn a_fault_strikes_its_message_and_leaves_the_others_where_they_were() {
        let calm = arrivals(&mut network(), 10);
        let mut faulty = network();
        faulty.single(&Fault::Lose { from: n(0), to: n(1), nth: 3 });
        faulty.single(&Fault::Delay { from: n(0), to: n(1), nth: 5, by_ms: 7 });
        let mut expected = calm.clone();
        expected[2] = None;
        expected[4] = calm[4].map(|after_us| after_us + 7_000);
        assert_eq!(arrivals(&mut faulty, 10), expected);
        assert!(calm.iter().all(|after_us| (1_000..=10_000).contains(&after_us.unwrap())));
    }

    #[test]
    fn rates_are_about_what_they_say() {
        let mut network = network();
        network.turn(&Fault::Lossy { percent: 20, span: Span::new(0, 1) }, true);
        let lost = arrivals(&mut network, 1000).iter().filter(|arrival| arrival.is_none()).count();
        assert!((150..250).contains(&lost), "{lost}");
        network.turn(&Fault::Lossy { percent: 20, span: Span::new(0, 1) }, false);
        assert!(arrivals(&mut network, 100).iter().all(Option::is_some));
    }

    #[test]
    fn a_split_cuts_both_ways_and_a_one_way_cut_one() {
        let lost = |network: &mut Network, from, to| matches!(network.send(0, n(from), n(to), 0).1, Verdict::Lost(_));
        let mut network = network();
        let split = Fault::Split { side: vec![n(0)], span: Span::new(0, 9) };
        network.turn(&split, true);
        assert!(lost(&mut network, 0, 2) && lost(&mut network, 2, 0) && !lost(&mut network, 1, 2));
        network.turn(&split, false);
        network.turn(&Fault::OneWay { from: vec![n(0)], to: vec![n(1)], span: Span::new(0, 9) }, true);
        assert!(lost(&mut network, 0, 1) && !lost(&mut network, 1, 0));
        network.heal();
        assert!(!lost(&mut network, 0, 1));
    }

    #[test]
    fn a_long_link_is_long_and_healing_does_not_shorten_it() {
        let mut network = Network::new(Choice::new(1), 2, (1_000, 1_000));
        network.lengthen(n(0), n(1), 20_000);
        network.heal();
        assert_eq!(arrivals(&mut network, 1), [Some(21_000)]);
        let back = network.send(0, n(1), n(0), 100).1;
        assert_eq!(back, Verdict::Arrives { after_us: 1_000, again_us: None });
    }

    #[test]
    fn a_narrow_link_sends_one_message_after_another() {
        let mut network = Network::new(Choice::new(1), 2, (0, 0));
        network.turn(&Fault::Narrow { node: n(0), bytes_per_s: 100_000, span: Span::new(0, 9) }, true);
        assert_eq!(arrivals(&mut network, 3), [Some(1_000), Some(2_000), Some(3_000)]);
    }

    #[test]
    fn a_flapping_link_is_cut_and_open_by_turns() {
        let fault = Fault::Flapping { a: n(0), b: n(1), period_ms: 10, span: Span::new(0, 35) };
        assert_eq!(turns(&fault), [(0, true), (10, false), (20, true), (30, false)]);
    }
}
