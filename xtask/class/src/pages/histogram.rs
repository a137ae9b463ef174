//! How the scores are distributed, as a drawing and as a table.

use maud::{Markup, html};

use super::frame;
use super::text::count;

/// Tenths of the full score, the last one with the full score itself.
const BINS: usize = 10;

/// The size of the drawing, and of what is left of it for the bars.
const WIDTH: usize = 720;
const HEIGHT: usize = 230;
const TOP: usize = 24;
const BOTTOM: usize = 186;

/// The scores, each with what could have been earned.
pub(super) fn histogram(scores: &[(f64, f64)]) -> Markup {
    let bins = bins(scores);
    html! {
        figure {
            (drawing(&bins, &spoken(&bins, scores.len())))
            details {
                summary { "The same as a table" }
                (frame::table("Submissions by score", html! {
                    thead { tr { th scope="col" { "Score" } th.n scope="col" { "Submissions" } } }
                    tbody {
                        @for (nth, bin) in bins.iter().enumerate() {
                            tr { th scope="row" { (range(nth)) } td.n { (bin) } }
                        }
                    }
                }))
            }
        }
    }
}

fn bins(scores: &[(f64, f64)]) -> [usize; BINS] {
    let mut bins = [0; BINS];
    for (score, max) in scores {
        let part = if *max > 0.0 { (score / max).clamp(0.0, 1.0) } else { 0.0 };
        bins[((part * BINS as f64) as usize).min(BINS - 1)] += 1;
    }
    bins
}

fn range(bin: usize) -> String {
    if bin + 1 == BINS { "90 to 100 %".to_owned() } else { format!("{} to under {} %", 10 * bin, 10 * bin + 10) }
}

/// What the drawing shows, in a sentence.
fn spoken(bins: &[usize; BINS], all: usize) -> String {
    let parts =
        bins.iter().enumerate().filter(|(_, bin)| **bin > 0).map(|(nth, bin)| format!("{bin} at {}", range(nth)));
    format!("Scores of {}: {}.", count(all, "submission"), parts.collect::<Vec<_>>().join(", "))
}

fn drawing(bins: &[usize; BINS], spoken: &str) -> Markup {
    let highest = bins.iter().copied().max().unwrap_or(0).max(1);
    let pitch = WIDTH / BINS;
    let height = |bin: usize| ((BOTTOM - TOP) * bin).div_ceil(highest);
    html! {
        svg.histogram viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(spoken) {
            path d={ "M0 " (BOTTOM) ".5h" (WIDTH) } {}
            @for (nth, bin) in bins.iter().enumerate() {
                @let left = nth * pitch;
                @if *bin > 0 {
                    rect x=(left + 5) y=(BOTTOM - height(*bin)) width=(pitch - 10) height=(height(*bin)) rx="2" {}
                    text x=(left + pitch / 2) y=(BOTTOM - height(*bin) - 7) { (bin) }
                }
                text.axis x=(left + pitch / 2) y=(BOTTOM + 19) { (10 * nth) "–" (10 * nth + 10) }
            }
            text.axis x=(WIDTH / 2) y=(HEIGHT - 4) { "percent of the full score" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_full_score_is_in_the_last_bin_and_nothing_in_the_first() {
        assert_eq!(
            bins(&[(0.0, 10.0), (10.0, 10.0), (9.0, 10.0), (5.0, 10.0), (4.99, 10.0)]),
            [1, 0, 0, 0, 1, 1, 0, 0, 0, 2]
        );
    }

    #[test]
    fn a_class_without_points_to_earn_is_drawn_all_the_same() {
        assert_eq!(bins(&[(0.0, 0.0), (3.0, 0.0)])[0], 2);
        assert!(histogram(&[]).into_string().contains("Scores of 0 submissions"));
    }

    #[test]
    fn the_drawing_says_what_it_shows() {
        let drawn = histogram(&[(9.5, 10.0), (10.0, 10.0), (1.0, 10.0)]).into_string();
        assert!(drawn.contains("Scores of 3 submissions: 1 at 10 to under 20 %, 2 at 90 to 100 %."), "{drawn}");
    }
}
