//! What was seen, in words for the learner.

use explore::Breach;
use sim::EventId;

use super::contract::ChannelError;
use super::world::SideSeen;

/// Messages for people: by length, and by their first words.
pub fn listed(messages: &[impl AsRef<[u8]>]) -> String {
    if messages.is_empty() {
        return "nothing".to_owned();
    }
    let one = |message: &[u8]| {
        let words = String::from_utf8_lossy(&message[..message.len().min(9)]).into_owned();
        format!("{} bytes ({words:?}…)", message.len())
    };
    messages.iter().map(|message| one(message.as_ref())).collect::<Vec<_>>().join(", ")
}

/// What a call returned, if it did.
pub fn outcome(result: &Option<Result<(), ChannelError>>, fine: &str) -> String {
    match result {
        None => "nothing for a long time".to_owned(),
        Some(Ok(())) => fine.to_owned(),
        Some(Err(error)) => format!("{error:?}"),
    }
}

/// What an end received, and how that ended.
pub fn received(side: &SideSeen) -> String {
    format!("received {}; then {}", listed(&side.heard), ended(side))
}

/// The breach, seen at that event.
pub fn shown(breach: Breach, event: Option<EventId>) -> Breach {
    match event {
        Some(event) => breach.at(event),
        None => breach,
    }
}

/// What `open` returned.
pub fn opened(side: &SideSeen) -> String {
    outcome(&side.opened, "Ok(())")
}

/// What the last `receive` returned.
pub fn ended(side: &SideSeen) -> String {
    outcome(&side.end, "None, the clean end")
}
