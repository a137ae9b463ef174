use super::axis::Axis;
use super::{Chart, Series};

fn labels(values: &[f64], steps: usize) -> Vec<String> {
    let axis = Axis::over(values.iter().copied(), steps);
    axis.ticks().iter().map(|tick| axis.label(*tick)).collect()
}

/// Eight times the workers, a good three times the work.
fn chart() -> Chart {
    let workers = [1.0, 2.0, 4.0, 8.0];
    Chart {
        title: "Throughput & workers".to_owned(),
        description: "The ideal line rises with the workers, the measured one flattens.".to_owned(),
        x_title: "workers".to_owned(),
        y_title: "jobs per second".to_owned(),
        series: vec![
            Series::ideal("ideal", workers.iter().map(|n| (*n, n * 100.0)).collect()),
            Series::measured("measured", vec![(8.0, 330.0), (1.0, 100.0), (2.0, 180.0), (4.0, 280.0)]),
        ],
    }
}

#[test]
fn ticks_are_numbers_that_people_count_in() {
    assert_eq!(labels(&[1.0, 16.0], 10), ["0", "2", "4", "6", "8", "10", "12", "14", "16"]);
    assert_eq!(labels(&[1600.0], 6), ["0", "500", "1,000", "1,500", "2,000"]);
    assert_eq!(labels(&[0.7], 5), ["0.0", "0.2", "0.4", "0.6", "0.8"]);
    assert_eq!(labels(&[0.03, 0.1], 5), ["0.00", "0.02", "0.04", "0.06", "0.08", "0.10"]);
}

#[test]
fn whole_numbers_have_no_halves_between_them() {
    assert_eq!(labels(&[1.0, 2.0], 10), ["0", "1", "2"]);
}

#[test]
fn an_axis_reaches_below_zero_only_for_values_there() {
    assert_eq!(labels(&[-0.5, 1.0], 4), ["-0.5", "0.0", "0.5", "1.0"]);
    assert_eq!(labels(&[3.0, 4.0], 4), ["0", "1", "2", "3", "4"]);
}

#[test]
fn an_axis_over_nothing_still_has_a_length() {
    assert_eq!(labels(&[], 5), ["0", "1"]);
    assert_eq!(labels(&[0.0], 5), ["0", "1"]);
}

#[test]
fn an_axis_holds_its_values_and_keeps_to_its_steps() {
    for exponent in -9..12 {
        for digits in 1..40 {
            let value = f64::from(digits) * 10_f64.powi(exponent);
            let axis = Axis::over([value, value / 3.0].into_iter(), 7);
            let ticks = axis.ticks();
            assert!(ticks.len() <= 8, "{value}: {ticks:?}");
            assert!(axis.place(value) <= 1.0 + 1e-6 && axis.place(value) > 0.4, "{value}: {ticks:?}");
        }
    }
}

#[test]
#[should_panic(expected = "the points of a chart are finite, not NaN")]
fn a_point_that_is_no_number_is_refused() {
    Axis::over([f64::NAN].into_iter(), 5);
}

#[test]
fn a_terminal_shows_ideal_against_measured() {
    let expected = r"
Throughput & workers
jobs per second
800 ┤                                              ···
    │                                          ····
    │                                      ····
600 ┤                                  ····
    │                              ····
    │                          ····
400 ┤                      ····
    │                  ····            --------------●
    │               ··· -----●---------
200 ┤          ·-●------
    │      ●----
    │
  0 ┤
    └┬───────────┬───────────┬───────────┬───────────┬
     0           2           4           6           8
                          workers
     ··· ideal   -●- measured
";
    assert_eq!(chart().terminal(60, 13).to_plain(), expected.trim_matches('\n'));
}

#[test]
fn a_chart_stays_within_its_width() {
    for width in 40..120 {
        let plain = chart().terminal(width, 12).to_plain();
        let widest = plain.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(widest <= width, "{widest} columns instead of {width}\n{plain}");
    }
}

#[test]
fn a_chart_without_points_is_only_its_axes() {
    let empty = Chart { series: vec![Series::measured("measured", Vec::new())], ..chart() };
    assert!(!empty.terminal(60, 12).is_empty());
    assert_balanced(&empty.svg());
}

/// Every tag that is opened is closed, in order, and nothing but tags has angle brackets.
#[track_caller]
fn assert_balanced(svg: &str) {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').expect("a tag ends");
        assert!(!text.contains('>'), "a bracket outside of a tag: {text}");
        let name = tag.split([' ', '/']).find(|part| !part.is_empty()).expect("a tag has a name");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "the quotes of <{tag}> are closed");
    }
    assert!(open.is_empty(), "not closed: {open:?}");
}

#[test]
fn an_svg_is_well_formed_whatever_the_words_are() {
    let words = "a < b > c & \"d\" 'e' \u{7} ü";
    let series = Series::measured(words, vec![(1.0, 1.0)]);
    let chart = Chart { title: words.to_owned(), series: vec![series], ..chart() };
    assert_balanced(&chart.svg());
    assert!(chart.svg().contains("a &lt; b &gt; c &amp; \"d\" 'e'   ü"));
}

#[test]
fn an_svg_says_what_it_shows_and_needs_nothing_from_elsewhere() {
    let svg = chart().svg();
    assert_balanced(&svg);
    assert!(svg.contains(r#"<title id="chart-throughput---workers-title">Throughput &amp; workers</title>"#));
    assert!(svg.contains("the measured one flattens.</desc>"));
    assert!(svg.contains(">jobs per second</text>") && svg.contains(">workers</text>"));
    assert!(svg.contains(">ideal</text>") && svg.contains(">measured</text>"));
    assert!(!svg.contains("href") && !svg.contains("url(") && !svg.contains("@import"));
    assert!(!svg.contains("\n\n"), "an empty line ends an HTML block in Markdown");
}

#[test]
fn points_are_drawn_where_they_belong() {
    let svg = chart().svg();
    // Eight workers at the right end, 330 of 800 jobs up: 368 - 330 / 800 * (368 - 84).
    assert!(svg.contains(r#"<circle cx="690" cy="250.9" r="4.5""#), "{svg}");
    // The ideal from 100 jobs at one worker to the upper right corner.
    assert!(svg.contains(r#"<polyline points="159.8,332.5 235.5,297 387,226 690,84""#), "{svg}");
}

#[test]
fn the_same_chart_is_the_same_figure() {
    assert_eq!(chart().svg(), chart().svg());
    let mut shuffled = chart();
    shuffled.series[1].points.reverse();
    assert_eq!(shuffled.svg(), chart().svg());
    assert_eq!(shuffled.terminal(80, 20), chart().terminal(80, 20));
}
