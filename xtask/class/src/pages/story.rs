//! How a promise broke: the same parts in the same order as on a terminal and on a learner's own page.

use maud::{Markup, html};
use report::text::sentence;
use report::{CheckResult, CheckStatus, Counterexample, Text};

use super::student::{check_state, look};
use super::text::{drawn, prose, shown};

/// Whether there is something to tell. A check that holds needs no story, and a `todo!()` has none.
pub(super) fn is_told(check: &CheckResult) -> bool {
    !matches!(check.status, CheckStatus::Holds | CheckStatus::NotImplemented)
}

/// What there is to tell about a check that fails.
pub(super) fn story(anchor: &str, check: &CheckResult) -> Markup {
    html! {
        section.story aria-labelledby=(anchor) {
            h3 id=(anchor) { (shown(&sentence(&check.name))) (badge(check)) }
            (body(check))
        }
    }
}

/// The same for a check that fails with a hidden seed only.
pub(super) fn hidden(anchor: &str, number: usize, check: &CheckResult) -> Markup {
    html! {
        section.story aria-labelledby=(anchor) {
            h3 id=(anchor) { (shown(&sentence(&check.name))) (badge(check)) span.badge { "hidden seed " (number) } }
            (body(check))
        }
    }
}

fn badge(check: &CheckResult) -> Markup {
    html! { span class={ "badge " (look(check.status).0) } { (check_state(check.status)) } }
}

fn body(check: &CheckResult) -> Markup {
    let happened = check.counterexample.as_ref().map_or("", |example| example.happened.as_str());
    html! {
        @if !happened.is_empty() { p.happened { (prose(happened)) } }
        @if !check.message.is_empty() && check.message != happened { p.words { (prose(&check.message)) } }
        @if let Some(example) = &check.counterexample { (counterexample(example)) }
        @if !check.printed.trim().is_empty() {
            h4 { "What the code printed" }
            pre tabindex="0" { (shown(check.printed.trim_end())) }
        }
        @if let Some(token) = &check.replay {
            p.soft { "Again: " code { "cargo xtask replay " (shown(token)) } }
        }
        @if let Some(Counterexample { lesson, .. }) = &check.counterexample && !lesson.is_empty() {
            p.soft { "The lesson that explains it: " code { "cargo xtask lesson " (shown(lesson)) } }
        }
    }
}

fn counterexample(example: &Counterexample) -> Markup {
    let values = [("expected", &example.expected), ("actual", &example.actual)];
    html! {
        @if values.iter().any(|(_, value)| !value.is_empty()) {
            dl.values {
                @for (what, value) in values {
                    @let value = if value.is_empty() { "(nothing)" } else { value };
                    div { dt { (what) } dd tabindex="0" { (shown(value)) } }
                }
            }
        }
        @if !example.schedule.is_empty() {
            h4 { "What it takes" }
            ol.takes { @for entry in &example.schedule { li { (shown(entry)) } } }
        }
        @if let Some(intervals) = &example.intervals { (drawing("What clients did, in time", intervals)) }
        (drawing("What happened, in milliseconds of virtual time", &example.diagram))
    }
}

/// A drawing made of characters. It says in lines what is told in words above it.
fn drawing(what: &str, text: &Text) -> Markup {
    html! {
        @if !text.is_empty() {
            figure {
                figcaption { (what) }
                pre.drawn tabindex="0" { (drawn(text)) }
            }
        }
    }
}
