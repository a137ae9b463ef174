//! The pages about what is alike: the pairs, and each of them side by side.

use std::collections::HashSet;

use maud::{Markup, html};

use super::text::{count, name, percent, plain, shown};
use super::{Alikeness, Page, Site, frame};
use crate::similarity::fingerprint::{GRAM, GUARANTEED};
use crate::similarity::{Alike, Lines, Pair, Region, Similarities};

/// Of the lines of a pair, so many are shown side by side. Nobody reads more, and a file can be a megabyte.
const MAX_LINES: usize = 6_000;

/// Of passages that are not shown, so many places are told.
const MAX_PLACES: usize = 100;

/// Of a line, so many characters.
const MAX_LINE: usize = 400;

/// The list, then a page for each pair of it.
pub(super) fn pages<'s>(site: &'s Site<'s>, alikeness: Alikeness<'s>) -> impl Iterator<Item = Page> + 's {
    let found = alikeness.found;
    let list = std::iter::once_with(move || Page { path: "similar/index.html".to_owned(), html: list(site, found) });
    let pairs = found.pairs.iter().enumerate().map(move |(nth, pair)| Page {
        path: format!("similar/{}", file(nth)),
        html: side_by_side(site, alikeness, pair),
    });
    list.chain(pairs)
}

fn file(nth: usize) -> String {
    format!("pair-{:03}.html", nth + 1)
}

fn list(site: &Site, found: &Similarities) -> String {
    let content = html! {
        p.eyebrow { (shown(site.title())) }
        h1 { "Similar submissions" }
        (what_it_means())
        @if found.pairs.is_empty() {
            p { "No two submissions are alike enough to be listed." }
        } @else {
            (pairs_table(site, found))
        }
        @if found.more > 0 {
            p.soft {
                (count(found.more, "more pair")) " passed the same threshold, none of them more alike than these."
            }
        }
        @if !found.common.is_empty() {
            h2 { "Left out, because so many have it" }
            p.soft {
                "What more than half of a class has in common was probably given to it: by the exercise, a lecture, or \
                 a book. If that surprises you, compare a few of these submissions yourself."
            }
            ul.notes {
                @for common in &found.common {
                    li {
                        (shown(&common.exercise)) ": " (count(common.fingerprints, "fingerprint")) ", "
                        (count(common.sources, "submission")) " compared"
                    }
                }
            }
        }
    };
    frame::page(
        &format!("{}: similar submissions", site.title()),
        &[("The class", "../index.html".to_owned())],
        content,
    )
}

fn what_it_means() -> Markup {
    html! {
        p {
            "These pairs have passages in common, most alike first. The comparison looks at the structure of the code: \
             names, numbers, texts, comments, imports and formatting make no difference, and what the exercise gave \
             everybody is left out."
        }
        p {
            "It does not know why two texts are alike. A short exercise, or one whose contract dictates the steps, has \
             one natural solution, and people who learn together write alike. The list says where a person has to look, \
             and nothing about anybody's honesty. Read both sides, and talk to both, before you draw a conclusion."
        }
    }
}

fn pairs_table(site: &Site, found: &Similarities) -> Markup {
    frame::table(
        "Pairs of submissions, the most alike first",
        html! {
            thead { tr {
                th scope="col" { "Pair" }
                th scope="col" { "Submissions" }
                th scope="col" { "Exercise" }
                th.n scope="col" { "Alike, of the first" }
                th.n scope="col" { "Of the second" }
                th.n scope="col" { "Shared fingerprints" }
                th.n scope="col" { "Longest run, tokens" }
            } }
            tbody {
                @for (nth, pair) in found.pairs.iter().enumerate() {
                    @for (row, alike) in pair.exercises.iter().enumerate() {
                        tr {
                            @if row == 0 {
                                @let rows = pair.exercises.len();
                                th.state scope="rowgroup" rowspan=(rows) { a href=(file(nth)) { "Pair " (nth + 1) } }
                                td.name rowspan=(rows) { (linked(site, &pair.one)) br; (linked(site, &pair.other)) }
                            }
                            td { (shown(&alike.exercise)) }
                            td.n { (percent(alike.one.share, 1.0)) " %" }
                            td.n { (percent(alike.other.share, 1.0)) " %" }
                            td.n { (alike.shared) }
                            td.n { (alike.longest_run) }
                        }
                    }
                }
            }
        },
    )
}

fn linked(site: &Site, submission: &str) -> Markup {
    html! {
        @if let Some(path) = site.path_of(submission) { a href={ "../" (path) } { (name(submission)) } }
        @else { (name(submission)) }
    }
}

fn side_by_side(site: &Site, alikeness: Alikeness, pair: &Pair) -> String {
    let mut room = MAX_LINES;
    let content = html! {
        p.eyebrow { "Similar submissions" }
        h1 { (name(&pair.one)) " and " (name(&pair.other)) }
        p.soft {
            "What is alike in the structure of the code, passage by passage. A passage has at least " (GRAM) " tokens \
             (names, signs, literals); one of " (GUARANTEED) " or more is never missed. " span.sample { "Marked" } " are \
             the lines that both sides have to the letter. Being alike is a reason to look, not a finding."
        }
        p { "The pages of " (linked(site, &pair.one)) " and " (linked(site, &pair.other)) "." }
        @for alike in &pair.exercises { (exercise(alikeness, pair, alike, &mut room)) }
    };
    let title = format!("{} and {}: alike", plain(&pair.one), plain(&pair.other));
    let way = [("The class", "../index.html".to_owned()), ("Similar submissions", "index.html".to_owned())];
    frame::page(&title, &way, content)
}

fn exercise(alikeness: Alikeness, pair: &Pair, alike: &Alike, room: &mut usize) -> Markup {
    let source = |submission: &str| (alikeness.source)(submission, &alike.exercise);
    let sides = source(&pair.one).zip(source(&pair.other));
    let part = |who: &str, share: f64, fingerprints: usize| {
        html! { (percent(share, 1.0)) " % of " (count(fingerprints, "fingerprint")) " of " (name(who)) }
    };
    html! {
        h2 { (shown(&alike.exercise)) }
        p {
            (count(alike.shared, "shared fingerprint")) ": "
            (part(&pair.one, alike.one.share, alike.one.fingerprints)) ", "
            (part(&pair.other, alike.other.share, alike.other.fingerprints)) ". "
            "The longest run that is the same has " (count(alike.longest_run, "token")) "."
        }
        @if let Some((one, other)) = &sides {
            (passages(pair, alike, &(Listing::of(one), Listing::of(other)), room))
        } @else {
            p.soft { "The sources are not at hand, so here are the lines only." }
            (places(&alike.regions))
        }
    }
}

/// The passages side by side, as far as there is room, and where the others are.
fn passages(pair: &Pair, alike: &Alike, texts: &(Listing, Listing), room: &mut usize) -> Markup {
    let mut shown = Vec::new();
    for (nth, region) in alike.regions.iter().enumerate() {
        if *room == 0 {
            break;
        }
        shown.push(passage(nth + 1, pair, region, texts, room));
    }
    let rest = &alike.regions[shown.len()..];
    html! {
        @for passage in &shown { (passage) }
        @if !rest.is_empty() {
            p.soft { (count(rest.len(), "passage")) " not shown, because the page would be too long:" }
            (places(rest))
        }
    }
}

/// Where passages are: no more of them than somebody may want to look up.
fn places(regions: &[Region]) -> Markup {
    html! {
        ul.notes {
            @for region in regions.iter().take(MAX_PLACES) { li { (lines(region.one)) " and " (lines(region.other)) } }
            @if regions.len() > MAX_PLACES { li { "and " (regions.len() - MAX_PLACES) " more" } }
        }
    }
}

fn lines(lines: Lines) -> String {
    if lines.first == lines.last {
        format!("line {}", lines.first)
    } else {
        format!("lines {} to {}", lines.first, lines.last)
    }
}

/// A text by its lines.
struct Listing<'a>(Vec<&'a str>);

impl<'a> Listing<'a> {
    fn of(text: &'a str) -> Self {
        Listing(text.lines().collect())
    }

    fn lines(&self, lines: Lines) -> impl Iterator<Item = (u32, &'a str)> {
        (lines.first..=lines.last).map(|number| (number, *self.0.get(number as usize - 1).unwrap_or(&"")))
    }

    /// The words of the lines, without the formatting. A lone brace is no word.
    fn words(&self, lines: Lines) -> HashSet<String> {
        self.lines(lines).map(|(_, line)| words(line)).filter(|words| !words.is_empty()).collect()
    }

    fn part(&self, lines: Lines, theirs: &HashSet<String>, most: usize) -> Markup {
        let all = (lines.last - lines.first + 1) as usize;
        html! {
            ol.code start=(lines.first) {
                @for (_, text) in self.lines(lines).take(most) {
                    li.same[theirs.contains(&words(text))] { (line(text)) }
                }
            }
            @if all > most { p.soft { (count(all - most, "more line")) " not shown" } }
        }
    }
}

fn words(line: &str) -> String {
    let words: String = line.split_whitespace().collect();
    if words.chars().any(char::is_alphanumeric) { words } else { String::new() }
}

fn line(text: &str) -> Markup {
    let cut = text.char_indices().nth(MAX_LINE).map_or(text.len(), |(at, _)| at);
    html! { (shown(&text[..cut])) @if cut < text.len() { "…" } }
}

fn passage(number: usize, pair: &Pair, region: &Region, texts: &(Listing, Listing), room: &mut usize) -> Markup {
    let most = *room;
    let longer = |lines: Lines| (lines.last - lines.first + 1) as usize;
    *room = room.saturating_sub(longer(region.one).max(longer(region.other)));
    let (one, other) = (texts.0.words(region.one), texts.1.words(region.other));
    let sides = [(&pair.one, region.one, &texts.0, &other), (&pair.other, region.other, &texts.1, &one)];
    html! {
        h3 { "Passage " (number) span.badge { (count(region.tokens, "token")) } }
        div.sides {
            @for (who, at, text, theirs) in sides {
                div.side {
                    h4 { (name(who)) ", " (lines(at)) }
                    (text.part(at, theirs, most))
                }
            }
        }
    }
}
