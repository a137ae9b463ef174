//! The promises that are the same whatever is kept.

use explore::{Breach, Evidence};
use render::explain::plural;
use sim::Fault;

use super::{IDLE_PER_S, Replicated, Seen, WATCH_MS};

type Verdict = Result<(), Breach>;

pub const ALONE: &str = "a node that somebody is cut off from is asked for something";
pub const IDLE: &str = "all changes are made and there is time to fall silent";

/// Every request is answered once, and at once.
pub fn answers_alone<X: Replicated>(seen: &Seen<X>, evidence: &mut Evidence) -> Verdict {
    for (number, asked) in &seen.asked {
        let cut_off = |split: &Fault| match split {
            Fault::Split { span, .. } => (span.from_ms..span.until_ms).contains(&asked.at_ms),
            _ => false,
        };
        if seen.splits.iter().any(cut_off) && asked.answers.len() == 1 {
            evidence.count(ALONE);
        }
        let right = |answer: &X::Output| {
            let (answered, value) = X::said(answer);
            answered == *number && value.is_some() == asked.is_read
        };
        if asked.answers.len() != 1 || asked.elsewhere > 0 || !asked.answers.iter().all(right) {
            let answers = plural(asked.answers.len() as u64, "answer");
            let more = match asked.elsewhere {
                0 => String::new(),
                more => format!(", and {} came later or from others", plural(more as u64, "answer")),
            };
            let breach = Breach::new(
                format!(
                    "{} was asked `{}` at {} ms and gave {answers} then{more}",
                    asked.node, asked.request, asked.at_ms
                ),
                "one answer, at once",
                asked.answers.iter().map(X::Output::to_string).collect::<Vec<_>>().join("; "),
            );
            return Err(match asked.at {
                Some(at) => breach.at(at),
                None => breach,
            });
        }
    }
    Ok(())
}

/// Idle nodes send little.
pub fn falls_silent<X: Replicated>(seen: &Seen<X>, evidence: &mut Evidence) -> Verdict {
    if seen.changes.values().any(|change| change.done) {
        evidence.count(IDLE);
    }
    let allowed = IDLE_PER_S * WATCH_MS / 1000;
    match seen.busiest_idle {
        Some((from, to, messages)) if messages > allowed => Err(Breach::new(
            format!("{from} sent {to} {messages} messages within a second in which there was nothing to say"),
            format!("at most {allowed} a second from each node to each other"),
            messages.to_string(),
        )),
        _ => Ok(()),
    }
}
