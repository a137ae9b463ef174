//! The lesson's figure shows what the reference solution does, and nothing else.
//!
//! After a change that moves the curves: `UPDATE_FIGURES=1 cargo test -p ch08-solutions --test figure`.

use std::path::Path;

use ch08_solutions::consistent_hashing::Ring;

#[test]
fn the_figure_of_the_lesson_is_the_one_that_the_solution_draws() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons/src/ch08/consistent_hashing.svg");
    let draw = ch08::consistent_hashing::exercise::<Ring>().figure.expect("consistent_hashing has a figure");
    let svg = draw().expect("the solution places every key").svg();
    if std::env::var_os("UPDATE_FIGURES").is_some() {
        std::fs::write(&path, &svg).expect("the lessons can be written");
    }
    // A checkout on Windows may have turned line ends.
    let committed = std::fs::read_to_string(&path).expect("the lesson has its figure").replace("\r\n", "\n");
    assert!(
        committed == svg,
        "{} is not what this run draws. If the curves were meant to move: \
         UPDATE_FIGURES=1 cargo test -p ch08-solutions --test figure",
        path.display()
    );
}
