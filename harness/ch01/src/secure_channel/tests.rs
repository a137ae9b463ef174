//! The course's own ends against each other: each that is not what it should be is refused for the reason it claims.

use std::sync::Arc;

use explore::{Outcome, Plan};
use harness::exercise::World;
use sim::Choice;

use super::contract::{ChannelError, Limits};
use super::peer::Peer;
use super::world::{Between, Cast, Entry, Make, Place, Pose, Seen, Setup, Side, Tamper};
use super::{SecureChannel, script};

const WORLD: Between = Between {
    make: Make {
        connect: |wire, credentials, name, limits| Ok(Arc::new(Peer::connect(wire, credentials, name, limits)?)),
        accept: |wire, credentials, limits| Ok(Arc::new(Peer::accept(wire, credentials, limits)?)),
    },
};

fn plan(entries: Vec<Entry>) -> Plan<Setup, Entry> {
    let limits = Limits { handshake_timeout_ms: 500, max_message_bytes: 1_000 };
    let setup = Setup { cast: Cast::Both, closer: Side::Client, at_once: false, limits, latency_ms: 5 };
    Plan { setup, entries }
}

/// Asks what was seen, in a play that must have come to its end.
fn seen<T>(entries: Vec<Entry>, ask: impl FnOnce(&Seen) -> T) -> T {
    ask(WORLD.play(Choice::new(1), &plan(entries)).seen().expect("it comes to its end"))
}

/// What `open` says to an end that meets this one.
fn refusal(who: Side, what: Pose) -> String {
    let plan = plan(vec![Entry::Poses { who, what }]);
    let plan = Plan { setup: Setup { cast: Cast::Only(who.other()), ..plan.setup }, ..plan };
    let played = WORLD.play(Choice::new(1), &plan);
    match &played.seen().expect("it comes to its end").at(who.other()).opened {
        Some(Err(ChannelError::Tls { reason })) => reason.clone(),
        other => format!("{other:?}"),
    }
}

fn says(who: Side, bytes: usize) -> Entry {
    Entry::Says { who, at_ms: script::BEGIN_MS, count: 2, bytes }
}

#[test]
fn honest_ends_understand_each_other() {
    seen(vec![says(Side::Client, 100), says(Side::Server, 40)], |seen| {
        for side in Side::ALL {
            assert_eq!(seen.at(side).opened, Some(Ok(())));
            assert_eq!(seen.at(side).end, Some(Ok(())));
        }
        assert_eq!(
            seen.at(Side::Server).heard,
            [script::text(Side::Client, 1, 100), script::text(Side::Client, 2, 100)]
        );
        assert_eq!(seen.at(Side::Client).heard.len(), 2);
    });
}

#[test]
fn every_certificate_is_wrong_in_the_way_it_claims() {
    for who in Side::ALL {
        assert!(refusal(who, Pose::Stranger).contains("UnknownIssuer"), "{}", refusal(who, Pose::Stranger));
        assert!(refusal(who, Pose::Expired).contains("certificate expired"), "{}", refusal(who, Pose::Expired));
    }
    let other_name = refusal(Side::Server, Pose::OtherName);
    assert!(other_name.contains("not valid for name \"bank.example\""), "{other_name}");
    let nameless = refusal(Side::Client, Pose::Nameless);
    assert_eq!(nameless, "peer sent no certificates");
}

#[test]
fn ends_that_do_not_speak_tls_1_3_are_refused_for_that() {
    let old_client = refusal(Side::Client, Pose::OldVersion);
    assert!(old_client.contains("Tls12NotOfferedOrEnabled"), "{old_client}");
    let old_server = refusal(Side::Server, Pose::OldVersion);
    assert!(old_server.contains("ProtocolVersion"), "{old_server}");
    for who in Side::ALL {
        let plain = refusal(who, Pose::PlainText);
        assert!(plain.contains("corrupt message"), "{plain}");
        assert_eq!(refusal(who, Pose::Silent), "Some(Err(TimedOut))");
        assert_eq!(refusal(who, Pose::Dribbles), "Some(Err(TimedOut))");
    }
}

#[test]
fn the_one_in_between_does_what_the_schedule_says() {
    let tampers = |tamper| {
        let entry = Entry::Tampers { from: Side::Client, place: Place::Message(2), tamper };
        seen(vec![says(Side::Client, 50), entry], |seen| {
            (seen.at(Side::Server).heard.len(), seen.at(Side::Server).end.clone())
        })
    };
    let (heard, end) = tampers(Tamper::Flip { per_mille: 500 });
    assert_eq!(heard, 1);
    assert!(matches!(end, Some(Err(ChannelError::Tls { .. }))), "{end:?}");
    let (heard, end) = tampers(Tamper::Repeat);
    assert_eq!(heard, 1, "the second copy arrives with the first, and spoils it");
    assert!(matches!(end, Some(Err(ChannelError::Tls { .. }))), "{end:?}");
    assert_eq!(tampers(Tamper::Cut { per_mille: 500 }), (1, Some(Err(ChannelError::Truncated))));
    assert_eq!(tampers(Tamper::Cut { per_mille: 1000 }), (2, Some(Err(ChannelError::Truncated))));
}

#[test]
fn a_recording_convinces_nobody() {
    for of in Side::ALL {
        seen(vec![says(of, 50), Entry::Replay { of }], |seen| {
            assert!(seen.at(of).is_open());
            let (side, again) = seen.replayed.as_ref().expect("it was played");
            assert_eq!(*side, of.other());
            assert!(again.refused() && again.heard.is_empty(), "{again:?}");
        });
    }
}

#[test]
fn two_plays_of_a_schedule_leave_the_same_trace_although_the_keys_are_random() {
    let entries = vec![
        says(Side::Client, 900),
        Entry::Pieces { from: Side::Client, bytes: 100, every_ms: 2 },
        Entry::Tampers { from: Side::Server, place: Place::Handshake(1), tamper: Tamper::Flip { per_mille: 0 } },
    ];
    let fingerprint = || {
        let trial = WORLD.play(Choice::new(1), &plan(entries.clone())).judge(|_, _| Ok(()));
        assert_eq!(trial.outcome, Outcome::Kept);
        trial.trace.fingerprint()
    };
    let first = fingerprint();
    for _ in 0..20 {
        assert_eq!(fingerprint(), first);
    }
}
