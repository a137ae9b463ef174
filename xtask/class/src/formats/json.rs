//! `--json`: the report itself, one object on one line.
//!
//! Nothing is renamed, rounded or left out here. The format is the model, so a program that reads it knows as much as
//! every other report was made from.

use crate::model::ClassReport;

/// The JSON Schema (draft 2020-12) of what [`write()`] makes, for programs that want to check what they were given.
pub const SCHEMA: &str = include_str!("../../schemas/grade-v1.json");

/// The report as one JSON object, with a line break at its end.
pub fn write(report: &ClassReport) -> String {
    let mut text = serde_json::to_string(report).expect("a report has only string keys");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use jsonschema::Validator;
    use serde_json::{Value, json};

    use super::*;
    use crate::formats::fixture;

    fn validator() -> Validator {
        let schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
        jsonschema::meta::validate(&schema).expect("the schema is one");
        jsonschema::draft202012::new(&schema).expect("the schema has no loose ends")
    }

    fn class() -> Value {
        serde_json::from_str(&write(&fixture::class())).expect("it is JSON")
    }

    #[test]
    fn a_class_satisfies_the_schema() {
        let (validator, class) = (validator(), class());
        let errors: Vec<String> =
            validator.iter_errors(&class).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }

    #[test]
    fn what_is_written_reads_back_as_the_same_report() {
        let report = fixture::class();
        assert_eq!(serde_json::from_str::<ClassReport>(&write(&report)).expect("it reads"), report);
    }

    #[test]
    fn it_is_one_line_whatever_the_submissions_say() {
        let text = write(&fixture::class());
        assert_eq!(text.lines().count(), 1);
        assert!(text.ends_with("}\n") && !text.contains('\u{1b}') && !text.contains('\0'));
    }

    #[test]
    fn the_schema_refuses_what_is_not_such_a_report() {
        let breaks: [(&str, Value); 15] = [
            ("/schema", json!("faultlines/grade/v2")),
            ("/submissions", json!({})),
            ("/submissions/0/name", json!("")),
            ("/submissions/0/score", json!(-1)),
            ("/submissions/0/score", json!("12")),
            ("/submissions/0/max_score", Value::Null),
            ("/submissions/0/trust", json!("trusted")),
            ("/submissions/0/chapters/0/passed", json!("yes")),
            ("/submissions/0/chapters/0/exercises/0/status", json!("holds")),
            ("/submissions/0/chapters/0/exercises/0/points/earned", json!(1.5)),
            ("/submissions/1/chapters/0/exercises/0/checks/0/status", json!("passed")),
            ("/submissions/1/chapters/0/exercises/0/checks/0/millis", json!(-3)),
            ("/submissions/1/marks/0/checks/0/score", json!(null)),
            ("/submissions/1/hidden/0/number", json!(0)),
            ("/submissions/1/hidden/0/chapters/0", json!("ch01")),
        ];
        let validator = validator();
        for (place, value) in breaks {
            let mut class = class();
            *class.pointer_mut(place).unwrap_or_else(|| panic!("the class has no {place}")) = value.clone();
            assert!(!validator.is_valid(&class), "{place} may be {value}");
        }
    }

    #[test]
    fn the_schema_asks_for_every_field_and_knows_no_others() {
        let validator = validator();
        for place in ["", "/submissions/0", "/submissions/0/marks/0", "/submissions/0/chapters/0/exercises/0"] {
            let mut more = class();
            object(&mut more, place).insert("extra".to_owned(), json!(1));
            assert!(!validator.is_valid(&more), "{place} may have anything");
            let optional = ["assignment", "hidden", "notes", "compiler"];
            let fields: Vec<String> = object(&mut class(), place).keys().cloned().collect();
            for field in fields.iter().filter(|field| !optional.contains(&field.as_str())) {
                let mut less = class();
                object(&mut less, place).remove(field);
                assert!(!validator.is_valid(&less), "{place} needs no {field}");
            }
        }
    }

    fn object<'a>(class: &'a mut Value, place: &str) -> &'a mut serde_json::Map<String, Value> {
        class.pointer_mut(place).and_then(Value::as_object_mut).unwrap_or_else(|| panic!("{place} is no object"))
    }

    #[test]
    fn a_submission_looks_like_this() {
        let text = serde_json::to_string_pretty(&fixture::submission(fixture::UNLUCKY)).expect("it is JSON");
        insta::assert_snapshot!(text);
    }
}
