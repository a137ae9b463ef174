//! Looks at who takes itself for the holder, at what the storage takes, and at the time.

use explore::Breach;
use sim::{EventId, NodeId, Tone, World};

use super::{Desk, Stage};
use crate::fenced_lock::contract::*;
use crate::fenced_lock::seen::{WriteSeen, Wrong, evidence};
use crate::fenced_lock::world::{Locks, View};

impl Desk {
    /// Whether a client takes itself for the holder, by its own clock.
    pub(super) fn holds(&self, world: &World<Locks>, client: usize) -> bool {
        self.holds_until_ms(world, client).is_some_and(|until_ms| world.elapsed_ms(Self::node(client)) < until_ms)
    }

    pub(super) fn holds_until_ms(&self, world: &World<Locks>, client: usize) -> Option<u64> {
        match world.view(Self::node(client)) {
            Some(View::Client { holds_until_ms }) => holds_until_ms,
            _ => None,
        }
    }

    pub(super) fn stands_still(&self, world: &World<Locks>, node: NodeId) -> bool {
        let now_ms = world.now_ms();
        let slack_ms = if now_ms < self.setup.heal_ms { 10 } else { 0 };
        self.pauses.iter().any(|(paused, span)| {
            *paused == node && (span.from_ms..=span.until_ms.min(self.setup.heal_ms) + slack_ms).contains(&now_ms)
        })
    }

    /// A client that had the lock and did not release it does not have it any more.
    pub(super) fn lapses(&mut self, world: &World<Locks>, client: usize, event: EventId) {
        let Stage::Holding { since_ms, token } = self.applications[client].stage else { return };
        self.wrong(Wrong::Lapse, || Breach {
            happened: format!(
                "{} had the lock ({token}) since {since_ms} ms and lost it at {} ms, alive and connected",
                Self::node(client),
                world.now_ms()
            ),
            expected: "a holder that lives keeps the lock until it releases it".to_owned(),
            actual: format!("it was the holder for {} ms", world.now_ms() - since_ms),
            focus: Some(event),
            ..Breach::default()
        });
    }

    /// Whether two clients take themselves for the holder now; one of them has just had a step.
    pub(super) fn look_at_holders(&mut self, world: &mut World<Locks>, client: usize, event: EventId) {
        let node = Self::node(client);
        let until_ms = self.holds_until_ms(world, client);
        if let Stage::Holding { since_ms, .. } = self.applications[client].stage {
            if self.holds(world, client) {
                self.applications[client].until_ms = until_ms.unwrap_or_default();
                if !self.applications[client].kept && world.now_ms() > since_ms + 2 * self.setup.lease_ms {
                    self.applications[client].kept = true;
                    self.seen.count(evidence::KEPT);
                }
            } else {
                let elapsed_ms = world.elapsed_ms(node);
                let over_ms = &mut self.applications[client].until_ms;
                *over_ms = (*over_ms).min(elapsed_ms);
                self.lapses(world, client, event);
            }
        }
        if !self.holds(world, client) {
            return;
        }
        let left_ms = until_ms.unwrap_or_default().saturating_sub(world.elapsed_ms(node));
        let longest_ms = left_ms * 1_000_000 / (1_000_000 - self.setup.drift_ppm) + 1;
        self.idle_ms = self.idle_ms.max(world.now_ms().saturating_add(longest_ms.min(1_000_000)));
        for other in (0..self.setup.clients).filter(|other| *other != client) {
            if self.holds(world, other) {
                self.two_holders(world, client, other);
            }
        }
    }

    pub(super) fn two_holders(&mut self, world: &mut World<Locks>, client: usize, other: usize) {
        if self.seen.wrongs.contains_key(&Wrong::TwoHolders) {
            return;
        }
        let believes = |client: usize| {
            let token = match self.applications[client].stage {
                Stage::Holding { token, .. } => format!(", {token}"),
                _ => String::new(),
            };
            let left_ms = self.holds_until_ms(world, client).unwrap_or_default() - world.elapsed_ms(Self::node(client));
            format!("{} for {left_ms} ms more by its clock{token}", Self::node(client))
        };
        let (one, two) = (believes(other), believes(client));
        let now_ms = world.now_ms();
        let holds = "takes itself for the holder";
        let event = world.note(Self::node(other), Tone::Bad, holds);
        world.note(Self::node(client), Tone::Bad, format!("{holds}, too"));
        self.wrong(Wrong::TwoHolders, || Breach {
            happened: format!("{} and {} both take themselves for the holder", Self::node(other), Self::node(client)),
            expected: "at no moment more than one holder, each by its own clock".to_owned(),
            actual: format!("at {now_ms} ms: {one}; {two}"),
            focus: Some(event),
            ..Breach::default()
        });
    }

    pub(super) fn stored(&self, world: &World<Locks>) -> Option<u64> {
        match world.view(self.setup.storage()) {
            Some(View::Storage { value }) => value,
            _ => self.value,
        }
    }

    /// Whether the storage has just taken a value, and which.
    pub(super) fn look_at_storage(&mut self, world: &mut World<Locks>) {
        let stored = self.stored(world);
        if stored == self.value {
            return;
        }
        self.value = stored;
        let Some(write) = stored.and_then(|value| self.writes.get_mut((value as usize).wrapping_sub(1))) else {
            return;
        };
        write.taken = true;
        let write = write.clone();
        let storage = self.setup.storage();
        self.seen.count(evidence::WRITTEN);
        if let Some((newest, value)) = self.newest
            && write.token < newest
        {
            let note = format!("{} ({}) after {value} ({newest})", write.value, write.token);
            let event = world.note(storage, Tone::Bad, note);
            self.wrong(Wrong::Interleaved, || Breach {
                happened: format!(
                    "the storage took {}, which {} was asked to write when it had {}, after {value} with {newest}",
                    write.value, write.client, write.token
                ),
                expected: format!("no write of an acquisition before {newest} any more"),
                actual: format!(
                    "the value of the storage went from {value} ({newest}) to {} ({})",
                    write.value, write.token
                ),
                focus: Some(event),
                ..Breach::default()
            });
        }
        if self.newest.is_none_or(|(newest, _)| write.token >= newest) {
            self.newest = Some((write.token, write.value));
        }
        if !write.held {
            let event =
                world.note(storage, Tone::Bad, format!("{} was asked for when the lease was over", write.value));
            self.wrong(Wrong::Unheld, || Breach {
                happened: format!(
                    "{} was asked to write {} when its lease ({}) was over by its own clock, and the storage took it",
                    write.client, write.value, write.token
                ),
                expected: "`Failed`, and nothing sent".to_owned(),
                actual: format!("the value of the storage is {}", write.value),
                focus: Some(event),
                ..Breach::default()
            });
        }
    }

    /// What nobody has to do anything for but wait.
    pub(super) fn look_at_time(&mut self, world: &mut World<Locks>, event: EventId) {
        let now_ms = world.now_ms();
        for client in 0..self.setup.clients {
            self.notices(world, client);
            self.owes(world, client);
        }
        if let Some((write, asked_ms)) = self.fence.pending()
            && now_ms > asked_ms + STORAGE_MS
        {
            self.wrong(Wrong::Fence, || Breach {
                happened: format!("{write} had no answer"),
                expected: format!("an answer within {STORAGE_MS} ms"),
                actual: format!("none at {now_ms} ms"),
                focus: Some(event),
                ..Breach::default()
            });
        }
        let waiting = (0..self.setup.clients).filter_map(|client| match self.applications[client].stage {
            Stage::Waiting { since_ms } if world.is_up(Self::node(client)) => Some((since_ms, client)),
            _ => None,
        });
        let Some((since_ms, client)) = waiting.min() else { return };
        if let Some(released_ms) = self.released_ms
            && now_ms > released_ms + HANDOVER_MS
        {
            self.released_ms = None;
            self.unserved(world, Wrong::Handover, client, released_ms, HANDOVER_MS);
        }
        let from_ms = since_ms.max(self.idle_ms).max(self.setup.heal_ms);
        let bound_ms = 2 * self.setup.lease_ms + 1_000;
        if now_ms > from_ms + bound_ms {
            self.unserved(world, Wrong::Idle, client, from_ms, bound_ms);
        }
    }

    pub(super) fn unserved(
        &mut self,
        world: &mut World<Locks>,
        wrong: Wrong,
        client: usize,
        from_ms: u64,
        bound_ms: u64,
    ) {
        if self.seen.wrongs.contains_key(&wrong) {
            return;
        }
        let node = Self::node(client);
        let event = world.note(node, Tone::Bad, "still waits for the lock");
        let happened = match wrong {
            Wrong::Handover => format!("{node} waits for the lock, which was released at {from_ms} ms"),
            _ => format!("{node} waits for the lock, which nobody holds, and nothing has failed since {from_ms} ms"),
        };
        self.wrong(wrong, || Breach {
            happened,
            expected: format!("that a client that waits has it within {bound_ms} ms, at {} ms", from_ms + bound_ms),
            actual: format!("{node} waits at {} ms", world.now_ms()),
            focus: Some(event),
            ..Breach::default()
        });
    }

    /// Whether a client whose lease is over has failed to say so.
    pub(super) fn notices(&mut self, world: &mut World<Locks>, client: usize) {
        let node = Self::node(client);
        let application = &self.applications[client];
        let until_ms = application.until_ms;
        let over = matches!(application.stage, Stage::Holding { .. })
            && world.is_up(node)
            && world.elapsed_ms(node) > until_ms.saturating_add(NOTICE_MS);
        if !over || self.stands_still(world, node) || self.seen.wrongs.contains_key(&Wrong::Untrue) {
            return;
        }
        let event = world.note(node, Tone::Bad, "has not said that it lost the lock");
        self.wrong(Wrong::Untrue, || Breach {
            happened: format!("the lease of {node} was over at {until_ms} ms of its clock, and it has not said so"),
            expected: format!("`Lost` within {NOTICE_MS} ms"),
            actual: format!("no answer at {} ms of its clock", world.elapsed_ms(node)),
            focus: Some(event),
            ..Breach::default()
        });
    }

    /// A write of this client that has no answer yet.
    pub(super) fn unanswered(&self, client: usize) -> Option<&WriteSeen> {
        let node = Self::node(client);
        self.writes.iter().find(|write| write.client == node && !write.answered && !write.abandoned)
    }

    /// Whether a client that is not the holder any more has failed to answer a write.
    fn owes(&mut self, world: &mut World<Locks>, client: usize) {
        let node = Self::node(client);
        let now_ms = world.now_ms();
        let open = self.unanswered(client).cloned();
        let Some(write) =
            open.filter(|_| world.is_up(node) && !self.holds(world, client) && !self.stands_still(world, node))
        else {
            self.applications[client].owes_ms = None;
            return;
        };
        let since_ms = *self.applications[client].owes_ms.get_or_insert(now_ms);
        // By a clock that may be slow.
        if now_ms <= since_ms + NOTICE_MS * 1_000_000 / (1_000_000 - self.setup.drift_ppm) + 1 {
            return;
        }
        let event = world.note(node, Tone::Bad, format!("has not answered to the write of {}", write.value));
        self.wrong(Wrong::Unanswered, || Breach {
            happened: format!(
                "{node} was asked to write {} at {} ms, is not the holder since {since_ms} ms at the latest, and has not \
                 answered",
                write.value, write.asked_ms
            ),
            expected: format!("`Failed` within {NOTICE_MS} ms"),
            actual: format!("no answer at {now_ms} ms"),
            focus: Some(event), ..Breach::default() });
    }
}
