//! The lesson's figure shows what the reference solution does, and nothing else.
//!
//! After a change that moves the curves: `UPDATE_FIGURES=1 cargo test -p ch10-solutions --test figure`.

use std::path::Path;

use ch10_solutions::byzantine_broadcast::Node;
use harness::exercise::Figure;

fn figure() -> Figure {
    ch10::byzantine_broadcast::exercise::<Node>().figure.expect("byzantine_broadcast has a figure")
}

#[test]
fn up_to_a_third_of_liars_break_nothing_and_one_more_breaks_everything() {
    let chart = figure()().expect("every run comes to its end");
    for series in &chart.series {
        for (liars, share) in &series.points {
            assert_eq!(*share > 0.0, *liars > 2.0, "{}: {share} % of runs with {liars} liars", series.name);
        }
    }
}

#[test]
fn the_figure_of_the_lesson_is_the_one_that_the_solution_draws() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons/src/ch10/liars.svg");
    let svg = figure()().expect("every run comes to its end").svg();
    if std::env::var_os("UPDATE_FIGURES").is_some() {
        std::fs::write(&path, &svg).expect("the lessons can be written");
    }
    // A checkout on Windows may have turned line ends.
    let committed = std::fs::read_to_string(&path).expect("the lesson has its figure").replace("\r\n", "\n");
    assert!(
        committed == svg,
        "{} is not what this run draws. If the curves were meant to move: \
         UPDATE_FIGURES=1 cargo test -p ch10-solutions --test figure",
        path.display()
    );
}
