//! What each end does in a play: opens the channel, sends, receives until there is no more, closes.
//!
//! An end whose `open` has failed goes on as if nothing had happened. A careless program does that, and it must not get
//! a single byte through.

use std::sync::Arc;
use std::time::Duration;

use explore::Plan;
use harness::stage::{Stage, sleep, timeout};
use sim::{EventId, Lane, Tone};

use super::contract::*;
use super::identities::{BANK, Identity};
use super::network::Network;
use super::peer::{Peer, rude};
use super::world::{Conduct, Entry, Make, Pose, Said, Seen, Setup, Side, SideSeen, evidence};

/// What every message contains that is long enough, and nothing else in a session does.
pub const SECRET: &str = "the vault opens at nine";

/// From the last step to the end of the session.
const AFTER_LAST_MS: u64 = 60;

/// How long a call may take before it is counted as one that never returns.
const PATIENCE_MS: u64 = 3_000;

/// How long the one who plays a recording waits between its pieces, so that each seems to answer what was said before.
const REPLAY_EVERY_MS: u64 = 40;

/// More messages than this are not received: nobody sends as many.
const MAX_HEARD: usize = 1_000;

/// The message with this number.
pub fn text(side: Side, nth: u32, bytes: usize) -> Vec<u8> {
    let unit = format!("{side} {nth}: {SECRET}; ");
    let mut text = unit.repeat(bytes.div_ceil(unit.len())).into_bytes();
    text.truncate(bytes);
    text
}

/// When the first message may be sent: after the longest handshake.
pub const BEGIN_MS: u64 = 100;

/// When the closer closes the channel. The other end may have something to say after that.
fn close_ms(plan: &Plan<Setup, Entry>) -> u64 {
    let last = plan.entries.iter().map(|entry| match entry {
        Entry::Says { who, at_ms, .. } | Entry::SayTogether { who, at_ms, .. } if *who == plan.setup.closer => *at_ms,
        _ => 0,
    });
    last.max().unwrap_or(0).max(BEGIN_MS) + AFTER_LAST_MS + 4 * plan.setup.latency_ms
}

/// Virtual time that no play should need.
pub fn limit_ms(plan: &Plan<Setup, Entry>) -> u64 {
    close_ms(plan) + plan.setup.limits.handshake_timeout_ms + 100 * PATIENCE_MS
}

/// Plays the session, and then the recordings.
pub async fn script(make: Make, plan: Plan<Setup, Entry>, stage: Stage) -> Seen {
    let network = Network::new(stage.clone(), Conduct::of(&plan));
    let mut tasks = Vec::new();
    for side in Side::ALL {
        let pose = plan.entries.iter().find_map(|entry| match entry {
            Entry::Poses { who, what } if *who == side => Some(*what),
            _ => None,
        });
        let part = Part::new(&stage, &network, &plan, side);
        tasks.push(tokio::spawn(part.play(make, pose)));
    }
    let mut sides = [SideSeen::default(), SideSeen::default()];
    for (seen, task) in sides.iter_mut().zip(tasks) {
        // A task that panicked is told by the stage.
        *seen = task.await.unwrap_or_default();
    }
    for side in Side::ALL {
        sides[side as usize].wire = network.copy(side);
        sides[side as usize].tampered = network.tampered(side);
        sides[side as usize].finished = network.has_ended(side);
    }
    let recorded = plan.entries.iter().find_map(|entry| match entry {
        Entry::Replay { of } => Some(*of),
        _ => None,
    });
    let replayed = match recorded {
        Some(of) => Some((of.other(), replay(make, &stage, &plan, of, &sides[of as usize].wire).await)),
        None => None,
    };
    Seen { setup: plan.setup, entries: plan.entries, sides, replayed }
}

/// Plays what `of` has sent to a new other end.
async fn replay(make: Make, stage: &Stage, plan: &Plan<Setup, Entry>, of: Side, recording: &[Vec<u8>]) -> SideSeen {
    let network = Network::new(stage.clone(), Conduct::calm(plan.setup.latency_ms));
    let wire = network.end(of);
    stage.note(stage.lane("network"), Tone::Fault, format!("plays what the {of} sent to a new {}", of.other()));
    stage.count(evidence::REPEATED);
    let recording = recording.to_vec();
    let player = tokio::spawn(async move {
        if of == Side::Server {
            let _hello = wire.recv().await;
        }
        for bytes in recording {
            wire.send(bytes).await;
            sleep(Duration::from_millis(REPLAY_EVERY_MS)).await;
        }
        wire.finish().await;
    });
    let alone = Plan { setup: plan.setup.clone(), entries: Vec::new() };
    let seen = tokio::spawn(Part::new(stage, &network, &alone, of.other()).play(make, None)).await;
    player.abort();
    seen.unwrap_or_default()
}

/// One end's part in a session.
struct Part {
    stage: Stage,
    network: Arc<Network>,
    lane: Lane,
    side: Side,
    setup: Setup,
    steps: Vec<Step>,
    patience_ms: Option<u64>,
    close_ms: u64,
}

/// Messages at a time, by number and length; of as many tasks or of one.
struct Step {
    at_ms: u64,
    messages: Vec<(u32, usize)>,
    together: bool,
}

impl Part {
    fn new(stage: &Stage, network: &Arc<Network>, plan: &Plan<Setup, Entry>, side: Side) -> Self {
        Part {
            stage: stage.clone(),
            network: network.clone(),
            lane: stage.lane(side.name()),
            side,
            setup: plan.setup.clone(),
            steps: steps(plan, side),
            patience_ms: plan.entries.iter().find_map(|entry| match entry {
                Entry::Impatient { who, every_ms } if *who == side => Some(*every_ms),
                _ => None,
            }),
            close_ms: close_ms(plan),
        }
    }

    fn note(&self, tone: Tone, text: impl Into<String>) -> EventId {
        self.stage.note(self.lane, tone, text)
    }

    async fn play(self, make: Make, pose: Option<Pose>) -> SideSeen {
        let wire = self.network.end(self.side);
        let limits = self.setup.limits;
        let channel = match pose {
            Some(pose @ (Pose::PlainText | Pose::Silent | Pose::Dribbles)) => {
                let _ = timeout(self.patience_until(), rude(self.side, pose, wire)).await;
                return SideSeen::default();
            }
            _ if !self.setup.is_ours(self.side) => Ok(Arc::new(Peer::new(self.side, pose, wire, limits)) as Arc<_>),
            _ => match self.side {
                Side::Client => (make.connect)(wire, Identity::Till.credentials(), BANK.to_owned(), limits),
                Side::Server => (make.accept)(wire, Identity::Bank.credentials(), limits),
            },
        };
        let mut seen = SideSeen::default();
        match channel {
            Ok(channel) => self.use_channel(channel, &mut seen).await,
            Err(error) => {
                seen.open_event = Some(self.note(Tone::Plain, format!("no channel: {}", kind(&error))));
                seen.opened = Some(Err(error));
            }
        }
        seen
    }

    fn patience_until(&self) -> Duration {
        Duration::from_millis(self.close_ms + self.setup.limits.handshake_timeout_ms + 2 * PATIENCE_MS)
    }

    async fn use_channel(&self, channel: Arc<dyn SecureChannel>, seen: &mut SideSeen) {
        self.open(&*channel, seen).await;
        if self.setup.at_once {
            let mut received = SideSeen::default();
            tokio::join!(self.speak(&channel, seen), self.listen(&*channel, &mut received));
            let SideSeen { heard, end, end_ms, end_event, later, .. } = received;
            *seen = SideSeen { heard, end, end_ms, end_event, later, ..std::mem::take(seen) };
        } else {
            self.speak(&channel, seen).await;
            self.listen(&*channel, seen).await;
        }
        if self.setup.closer != self.side {
            self.close(&*channel, seen).await;
        }
    }

    async fn open(&self, channel: &dyn SecureChannel, seen: &mut SideSeen) {
        let began_ms = self.stage.now_ms();
        let limit_ms = self.setup.limits.handshake_timeout_ms + PATIENCE_MS;
        let _wait = self.stage.waiting(format!("`open` of the {}", self.side));
        seen.opened = timeout(Duration::from_millis(limit_ms), channel.open()).await.ok();
        seen.open_took_ms = self.stage.now_ms() - began_ms;
        seen.open_event = Some(match &seen.opened {
            Some(Ok(())) => self.note(Tone::Good, "open"),
            Some(Err(error)) => self.note(Tone::Plain, format!("open fails: {}", kind(error))),
            None => self.note(Tone::Bad, "open still waits"),
        });
    }

    /// Sends what there is to send; closes the channel after that, if that is this end's part.
    async fn speak(&self, channel: &Arc<dyn SecureChannel>, seen: &mut SideSeen) {
        for step in &self.steps {
            self.stage.until_ms(step.at_ms).await;
            let mut tasks = Vec::new();
            for (nth, bytes) in step.messages.iter().copied() {
                self.note(Tone::Plain, format!("sends message {nth} ({bytes} bytes)"));
                if !step.together {
                    self.network.about_to_send(self.side, nth);
                }
                let said = say(self.stage.clone(), channel.clone(), text(self.side, nth, bytes));
                if step.together {
                    tasks.push(tokio::spawn(said));
                } else {
                    seen.said.push(said.await);
                }
            }
            for task in tasks {
                seen.said.extend(task.await.ok());
            }
        }
        if self.setup.closer == self.side {
            self.stage.until_ms(self.close_ms).await;
            self.close(&**channel, seen).await;
        }
    }

    async fn close(&self, channel: &dyn SecureChannel, seen: &mut SideSeen) {
        seen.close_ms = self.stage.now_ms();
        self.note(Tone::Plain, "closes");
        let _ = timeout(Duration::from_millis(PATIENCE_MS), channel.close()).await;
    }

    /// Receives until there is nothing more, or far too long.
    async fn listen(&self, channel: &dyn SecureChannel, seen: &mut SideSeen) {
        let until_ms = self.stage.now_ms().max(self.close_ms) + PATIENCE_MS;
        while seen.heard.len() < MAX_HEARD {
            let (end, tone, text) = match self.receive(channel, until_ms).await {
                Some(Ok(Some(message))) => {
                    seen.end_event = Some(self.note(Tone::Plain, format!("receives {} bytes", message.len())));
                    self.stage.count(evidence::DELIVERED);
                    seen.heard.push(message);
                    continue;
                }
                Some(Ok(None)) => (Some(Ok(())), Tone::Plain, "receives the end".to_owned()),
                Some(Err(error)) => {
                    let text = format!("receive fails: {}", kind(&error));
                    (Some(Err(error)), Tone::Plain, text)
                }
                None => (None, Tone::Bad, "receive still waits".to_owned()),
            };
            seen.end = end;
            seen.end_event = Some(self.note(tone, text));
            break;
        }
        seen.end_ms = self.stage.now_ms();
        if matches!(seen.end, Some(Err(_))) {
            let limit = Duration::from_millis(PATIENCE_MS);
            let receive = timeout(limit, channel.receive()).await;
            let send = timeout(limit, channel.send(b"is anybody there?".to_vec())).await;
            seen.later = Some((matches!(receive, Ok(Err(_))), matches!(send, Ok(Err(_)))));
        }
    }

    async fn receive(
        &self,
        channel: &dyn SecureChannel,
        until_ms: u64,
    ) -> Option<Result<Option<Vec<u8>>, ChannelError>> {
        let _wait = self.stage.waiting(format!("`receive` of the {}", self.side));
        while self.stage.now_ms() < until_ms {
            let left_ms = until_ms - self.stage.now_ms();
            let limit_ms = self.patience_ms.unwrap_or(left_ms).min(left_ms);
            match timeout(Duration::from_millis(limit_ms), channel.receive()).await {
                Ok(result) => return Some(result),
                Err(_) => self.stage.count(evidence::GIVEN_UP),
            }
        }
        None
    }
}

async fn say(stage: Stage, channel: Arc<dyn SecureChannel>, message: Vec<u8>) -> Said {
    let at_ms = stage.now_ms();
    let result = timeout(Duration::from_millis(PATIENCE_MS), channel.send(message.clone())).await.ok();
    Said { message, result, at_ms, took_ms: stage.now_ms() - at_ms }
}

/// What that side sends, in order of time; messages are numbered in that order.
fn steps(plan: &Plan<Setup, Entry>, side: Side) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for entry in &plan.entries {
        match *entry {
            Entry::Says { who, at_ms, count, bytes } if who == side => {
                let messages = (0..count).map(|_| (0, bytes)).collect();
                steps.push(Step { at_ms, messages, together: false });
            }
            Entry::SayTogether { who, at_ms, count, bytes } if who == side => {
                let messages = (0..count).map(|nth| (0, bytes + 7 * nth as usize)).collect();
                steps.push(Step { at_ms, messages, together: true });
            }
            _ => {}
        }
    }
    steps.sort_by_key(|step| step.at_ms);
    for (nth, message) in steps.iter_mut().flat_map(|step| &mut step.messages).enumerate() {
        message.0 = u32::try_from(nth).expect("few messages") + 1;
    }
    steps
}

/// An error without what it says: that may differ from run to run.
fn kind(error: &ChannelError) -> &'static str {
    match error {
        ChannelError::Tls { .. } => "TLS said no",
        ChannelError::TimedOut => "timed out",
        ChannelError::Truncated => "truncated",
        ChannelError::TooLong { .. } => "too long",
        ChannelError::Closed => "closed",
    }
}
