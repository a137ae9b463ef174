//! Names of submissions: what an instructor recognises, and no two the same.

use std::collections::{BTreeMap, BTreeSet};

use super::shown;

/// A name for each of these, given as it would best be called and as what it is called in full, in their order; and for
/// those that could not have the former, the latter's reason.
///
/// Two that would be called the same, but for capitals, both go by their full names: `alice` and `alice.zip`. If those are
/// the same too, which takes names that can't be shown, they get numbers.
pub(crate) fn unique(wishes: &[(String, String)]) -> Vec<(String, Option<String>)> {
    let best: Vec<String> = wishes.iter().map(|(best, _)| fit(best)).collect();
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, name) in best.iter().enumerate() {
        groups.entry(name.to_lowercase()).or_default().push(place);
    }
    let mut taken: BTreeSet<String> =
        groups.iter().filter(|(_, group)| group.len() == 1).map(|(name, _)| name.clone()).collect();
    let mut names: Vec<(String, Option<String>)> = best.into_iter().map(|name| (name, None)).collect();
    for group in groups.values().filter(|group| group.len() > 1) {
        let fulls: Vec<String> = group.iter().map(|place| fit(&wishes[*place].1)).collect();
        for (place, full) in group.iter().zip(&fulls) {
            let numbered = (2..).map(|number| format!("{full} ({number})"));
            let mut free =
                std::iter::once(full.clone()).chain(numbered).filter(|name| taken.insert(name.to_lowercase()));
            let name = free.next().expect("there are more numbers than names");
            let note =
                format!("Several submissions have this name: {}. All are graded; which counts?", fulls.join(", "));
            names[*place] = (name, Some(note));
        }
    }
    names
}

fn fit(name: &str) -> String {
    let name = shown(name).trim().to_owned();
    if name.is_empty() { "(no name)".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(wishes: &[(&str, &str)]) -> Vec<String> {
        let wishes: Vec<(String, String)> =
            wishes.iter().map(|(best, full)| ((*best).to_owned(), (*full).to_owned())).collect();
        unique(&wishes).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn two_of_the_same_name_both_go_by_their_full_names() {
        assert_eq!(named(&[("a", "a"), ("a", "a.zip"), ("b", "b.zip")]), ["a", "a.zip", "b"]);
        assert_eq!(named(&[("a", "a.tar"), ("A", "A.zip")]), ["a.tar", "A.zip"], "capitals don't tell them apart");
    }

    #[test]
    fn names_that_look_the_same_get_numbers() {
        assert_eq!(named(&[("a\u{1}", "a\u{1}"), ("a\u{2}", "a\u{2}")]), ["a\u{fffd}", "a\u{fffd} (2)"]);
        assert_eq!(named(&[("Ann", "Ann"), ("ann", "ann")]), ["Ann", "ann (2)"]);
        let crossed = [("a (2)", "a (2)"), ("a", "a"), ("A", "A"), ("A.zip", "A.zip.zip"), ("a", "a.zip")];
        assert_eq!(named(&crossed), ["a (2)", "a", "A (3)", "A.zip", "a.zip (2)"]);
    }

    #[test]
    fn a_name_of_nothing_is_one_all_the_same() {
        assert_eq!(named(&[(" ", " "), ("\u{202e}x", "")]), ["(no name)", "\u{fffd}x"]);
    }
}
