//! Whose mistake an error of rustc is.
//!
//! All exercises of a chapter share a crate, so a failed build has to be taken apart again. A place in somebody's file
//! decides; only where rustc points into the course itself (the list of exercises, a macro) do names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Something that compiles or doesn't on its own: an exercise, a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its feature, its module.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
    /// The folder its submodules are in.
    pub folder: PathBuf,
}

/// An error or a warning of rustc.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Diagnostic {
    level: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    rendered: Option<String>,
    #[serde(default)]
    spans: Vec<Span>,
    #[serde(default)]
    children: Vec<Diagnostic>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
struct Span {
    file_name: String,
    #[serde(default)]
    is_primary: bool,
    #[serde(default)]
    text: Vec<SourceLine>,
    #[serde(default)]
    expansion: Option<Box<Expansion>>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct SourceLine {
    text: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Expansion {
    span: Span,
}

impl Diagnostic {
    /// Whether it stops the build.
    pub fn is_error(&self) -> bool {
        self.level.starts_with("error")
    }

    /// Whether it is worth a note.
    pub fn is_warning(&self) -> bool {
        self.level == "warning"
    }

    /// "aborting due to 3 previous errors" and the like: says nothing on its own.
    pub fn is_summary(&self) -> bool {
        self.spans.is_empty() && self.children.is_empty()
    }

    /// As rustc shows it.
    pub fn rendered(&self) -> &str {
        self.rendered.as_deref().unwrap_or_default()
    }

    /// The unit it is about: the one its main place is in, or a place it was expanded at; or else the only one that the
    /// source there names, or the message; or else one that it also points to. What rustc adds below ("the trait is
    /// implemented for …") often points at somebody else's file, so it says nothing.
    pub fn about<'u>(&self, root: &Path, units: &'u [Unit]) -> Option<&'u Unit> {
        let (main, others): (Vec<&Span>, Vec<&Span>) = self.spans.iter().partition(|span| span.is_primary);
        let here = |span: &Span| units.iter().find(|unit| unit.holds(&root.join(&span.file_name)));
        let places = || main.iter().flat_map(|span| span.chain());
        places()
            .find_map(here)
            .or_else(|| places().find_map(|span| only_named(units, span.text.iter().map(|line| line.text.as_str()))))
            .or_else(|| only_named(units, std::iter::once(self.message.as_str())))
            .or_else(|| others.into_iter().flat_map(Span::chain).find_map(here))
    }

    /// Whether its main place is in the unit itself, not only in something that names it.
    pub fn is_inside(&self, root: &Path, unit: &Unit) -> bool {
        let mut main = self.spans.iter().filter(|span| span.is_primary).flat_map(Span::chain);
        main.any(|span| unit.holds(&root.join(&span.file_name)))
    }
}

impl Span {
    /// The span and the places its macro was called from, from the inside out.
    fn chain(&self) -> impl Iterator<Item = &Span> {
        std::iter::successors(Some(self), |span| span.expansion.as_ref().map(|expansion| &expansion.span))
    }
}

/// The unit whose name is a word of `lines`, if there is only one.
fn only_named<'u, 'l>(units: &'u [Unit], lines: impl Iterator<Item = &'l str>) -> Option<&'u Unit> {
    let words: BTreeSet<&str> = lines.flat_map(words).collect();
    let mut named = units.iter().filter(|unit| words.contains(unit.name.as_str()));
    named.next().filter(|_| named.next().is_none())
}

impl Unit {
    fn holds(&self, path: &Path) -> bool {
        path == self.file || path.starts_with(&self.folder)
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub fn units() -> Vec<Unit> {
        let unit = |name: &str| {
            let src = Path::new("/course/exercises/ch01/src");
            Unit { name: name.into(), file: src.join(format!("{name}.rs")), folder: src.join(name) }
        };
        vec![unit("flaky_rpc"), unit("thin_pipe")]
    }

    pub fn span(file: &str, marked: &str, primary: bool) -> serde_json::Value {
        serde_json::json!({
            "file_name": file, "is_primary": primary,
            "text": [{"text": marked}],
        })
    }

    pub fn recorded(level: &str, rendered: &str, spans: Vec<serde_json::Value>) -> String {
        let message = serde_json::json!({"level": level, "rendered": rendered, "spans": spans, "children": []});
        serde_json::json!({"reason": "compiler-message", "message": message}).to_string()
    }

    fn about(line: String) -> Option<String> {
        let message: serde_json::Value = serde_json::from_str(&line).expect("it was just made");
        let diagnostic: Diagnostic = serde_json::from_value(message["message"].clone()).expect("rustc's form");
        diagnostic.about(Path::new("/course"), &units()).map(|unit| unit.name.clone())
    }

    #[test]
    fn an_error_belongs_to_the_exercise_whose_file_it_stands_in() {
        let line = recorded("error", "E", vec![span("exercises/ch01/src/thin_pipe.rs", "x", true)]);
        assert_eq!(about(line).as_deref(), Some("thin_pipe"));
    }

    #[test]
    fn an_error_in_a_submodule_belongs_to_its_exercise() {
        let line = recorded("error", "E", vec![span("exercises/ch01/src/thin_pipe/frame.rs", "x", true)]);
        assert_eq!(about(line).as_deref(), Some("thin_pipe"));
    }

    #[test]
    fn the_main_place_of_an_error_counts_before_the_places_it_also_points_to() {
        let spans = vec![
            span("exercises/ch01/src/flaky_rpc.rs", "x", false),
            span("exercises/ch01/src/thin_pipe.rs", "x", true),
        ];
        assert_eq!(about(recorded("error", "E", spans)).as_deref(), Some("thin_pipe"));
    }

    #[test]
    fn an_error_in_a_macro_belongs_to_whoever_called_the_macro() {
        let mut inner = span("/registry/macros.rs", "$x", true);
        inner["expansion"] = serde_json::json!({"span": span("exercises/ch01/src/flaky_rpc.rs", "m!()", true)});
        assert_eq!(about(recorded("error", "E", vec![inner])).as_deref(), Some("flaky_rpc"));
    }

    #[test]
    fn an_error_in_the_generated_list_belongs_to_the_exercise_named_there() {
        let line = recorded("error", "E", vec![span("exercises/ch01/tests/grade.rs", "crate::thin_pipe::Pipe", true)]);
        assert_eq!(about(line).as_deref(), Some("thin_pipe"));
        let both = recorded("error", "E", vec![span("exercises/ch01/tests/grade.rs", "flaky_rpc, thin_pipe", true)]);
        assert_eq!(about(both), None);
    }

    #[test]
    fn a_missing_implementation_is_not_blamed_on_whoever_has_one() {
        let mut error: serde_json::Value =
            serde_json::from_str(&recorded("error", "E", vec![span("harness/src/chapter.rs", "$module::$type", true)]))
                .expect("it was just made");
        let elsewhere = serde_json::json!({
            "level": "help", "message": "the trait `T` is implemented for `crate::thin_pipe::Client`",
            "spans": [span("exercises/ch01/src/thin_pipe.rs", "impl T for Client", true)], "children": [],
        });
        error["message"]["children"] = serde_json::json!([elsewhere]);
        assert_eq!(about(error.to_string()), None, "nothing says whose it is");
        error["message"]["message"] = "the trait bound `ch01::flaky_rpc::Client: T` is not satisfied".into();
        assert_eq!(about(error.to_string()).as_deref(), Some("flaky_rpc"));
    }

    #[test]
    fn an_error_in_the_course_is_nobodys() {
        assert_eq!(about(recorded("error", "E", vec![span("harness/src/lib.rs", "x", true)])), None);
    }
}
