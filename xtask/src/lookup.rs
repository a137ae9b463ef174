//! From an id somebody typed to the exercise, for the commands that are about one exercise.

use crate::Failure;
use crate::course::{Chapter, Course, Exercise};

/// An exercise and the chapter it is in.
pub type Pair<'a> = (&'a Chapter, &'a Exercise);

/// The exercise of that id.
///
/// # Errors
///
/// When there is none: with the nearest id, if one is near.
pub fn exercise<'a>(course: &'a Course, id: &str) -> Result<Pair<'a>, Failure> {
    if let Some(pair) = course.exercise(id) {
        return Ok(pair);
    }
    let ids = || course.chapters.iter().flat_map(|chapter| &chapter.exercises).map(|exercise| exercise.id.as_str());
    let distance = |known: &str| strsim::damerau_levenshtein(known, id);
    let nearest = ids().min_by_key(|known| distance(known)).filter(|known| distance(known) <= known.len() / 3);
    let advice = match (course.chapter(id), nearest) {
        (Some(chapter), _) if chapter.exercises.is_empty() => {
            format!("{id} is a chapter whose exercises are not written yet.")
        }
        (Some(chapter), _) => format!("{id} is a chapter. Its first exercise is {}.", chapter.exercises[0].id),
        (None, Some(known)) => format!("Did you mean {known}?"),
        (None, None) => "`cargo xtask list` shows those there are.".to_owned(),
    };
    Err(Failure::new(format!("There is no exercise `{id}`.\n\n{advice}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::tests::course;

    #[test]
    fn a_slip_of_the_finger_is_understood_but_not_obeyed() {
        let course = course();
        assert_eq!(exercise(&course, "second").unwrap().1.id, "second");
        let told = |id: &str| exercise(&course, id).unwrap_err().to_string();
        assert_eq!(told("secnod"), "There is no exercise `secnod`.\n\nDid you mean second?");
        assert!(told("zebra").ends_with("`cargo xtask list` shows those there are."));
        assert!(told("ch01").ends_with("ch01 is a chapter. Its first exercise is first."));
        assert!(told("ch02").ends_with("not written yet."));
    }
}
