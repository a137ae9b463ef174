//! The file is read back by another parser of XML, under the rules of the schema that Jenkins' xUnit plugin holds JUnit
//! files to (junit-10.xsd of jenkinsci/xunit-plugin): which element may stand in which, and which attributes it needs and
//! may have.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::*;
use crate::formats::fixture::{self, HOSTILE};

/// An element: where it may stand, the attributes it must have, those it may have.
type Rule = (&'static [&'static str], &'static [&'static str], &'static [&'static str]);

fn rule(element: &str) -> Rule {
    match element {
        "testsuites" => (&[""], &[], &["name", "time", "tests", "failures", "errors"]),
        "testsuite" => (
            &["testsuites"],
            &["name", "tests", "failures", "errors"],
            &["group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"],
        ),
        "properties" => (&["testsuite"], &[], &[]),
        "property" => (&["properties"], &["name", "value"], &[]),
        "testcase" => (&["testsuite"], &["name"], &["time", "classname", "group"]),
        "failure" | "error" | "skipped" => (&["testcase"], &[], &["type", "message"]),
        "system-out" | "system-err" => (&["testsuite", "testcase"], &[], &[]),
        other => panic!("<{other}> is no element of JUnit"),
    }
}

/// An element as the parser found it.
#[derive(Clone, Debug, Default)]
struct Element {
    path: Vec<String>,
    attributes: BTreeMap<String, String>,
    text: String,
}

fn parse(xml: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let (mut open, mut done): (Vec<Element>, Vec<Element>) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().expect("it is well-formed") {
            Event::Start(start) => open.push(element(&start, open.last())),
            Event::Empty(start) => done.push(element(&start, open.last())),
            Event::End(_) => done.push(open.pop().expect("it was opened")),
            Event::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                } else {
                    assert!(text.trim().is_empty(), "text outside of the root: {text:?}");
                }
            }
            Event::GeneralRef(name) => {
                let text =
                    quick_xml::escape::unescape(&format!("&{};", &*name)).expect("a known reference").into_owned();
                open.last_mut().expect("a reference stands in an element").text.push_str(&text);
            }
            Event::Decl(_) => {}
            Event::Eof => break,
            other => panic!("nothing else is written: {other:?}"),
        }
    }
    assert!(open.is_empty());
    done
}

fn element(start: &BytesStart<'_>, parent: Option<&Element>) -> Element {
    let mut path = parent.map(|parent| parent.path.clone()).unwrap_or_default();
    path.push(start.name().as_ref().to_owned());
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.expect("it is well-formed and not there twice");
        let key = attribute.key.as_ref().to_owned();
        (key, quick_xml::escape::unescape(&attribute.value).expect("known references").into_owned())
    });
    Element { path, attributes: attributes.collect(), text: String::new() }
}

fn assert_in_order(elements: &[Element]) {
    for element in elements {
        let name = element.path.last().expect("it has a name");
        let parent = element.path.iter().rev().nth(1).map_or("", String::as_str);
        let (parents, must, may) = rule(name);
        assert!(parents.contains(&parent), "<{name}> stands in <{parent}>");
        for attribute in must {
            assert!(element.attributes.contains_key(*attribute), "<{name}> has no {attribute}");
        }
        for attribute in element.attributes.keys() {
            let known = must.contains(&attribute.as_str()) || may.contains(&attribute.as_str());
            assert!(known, "<{name}> has {attribute}");
        }
        if let Some(time) = element.attributes.get("time") {
            assert!(time.parse::<f64>().is_ok_and(|time| time >= 0.0), "{time}");
        }
    }
}

fn named<'a>(elements: &'a [Element], name: &str) -> Vec<&'a Element> {
    elements.iter().filter(|element| element.path.last().is_some_and(|last| last == name)).collect()
}

/// The characters that XML 1.0 has (section 2.2).
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

#[test]
fn another_parser_reads_it_under_the_rules_of_junit() {
    let xml = write(&fixture::class());
    assert!(xml.chars().all(is_xml));
    let elements = parse(&xml);
    assert_in_order(&elements);
    assert_eq!(named(&elements, "testsuites").len(), 1);
    let names: Vec<&str> =
        named(&elements, "testsuite").iter().map(|suite| suite.attributes["name"].as_str()).collect();
    let expected: Vec<String> = fixture::class().submissions.iter().map(|graded| plain::line(&graded.name)).collect();
    assert_eq!(names, expected);
}

#[test]
fn the_counts_are_those_of_the_cases() {
    let elements = parse(&write(&fixture::class()));
    let count = |element: &Element, name: &str| element.attributes[name].parse::<usize>().expect("a number");
    let (root, suites) = (named(&elements, "testsuites")[0].clone(), named(&elements, "testsuite"));
    assert_eq!(count(&root, "tests"), named(&elements, "testcase").len());
    assert_eq!(count(&root, "failures"), named(&elements, "failure").len());
    assert_eq!(suites.iter().map(|suite| count(suite, "tests")).sum::<usize>(), count(&root, "tests"));
    assert_eq!(suites.iter().map(|suite| count(suite, "failures")).sum::<usize>(), count(&root, "failures"));
    assert!(named(&elements, "skipped").is_empty());
}

#[test]
fn every_check_without_credit_is_a_failure_of_its_kind() {
    let elements = parse(&write(&fixture::class()));
    let kinds: Vec<&str> =
        named(&elements, "failure").iter().map(|failure| failure.attributes["type"].as_str()).collect();
    for kind in ["violated", "panicked", "undecided", "timed_out", "not_implemented", "not_started", "does_not_compile"]
    {
        assert!(kinds.contains(&kind), "{kind} is not among {kinds:?}");
    }
    let cases: Vec<&str> = named(&elements, "testcase").iter().map(|case| case.attributes["name"].as_str()).collect();
    for case in [
        "flaky_rpc::a_charge_is_applied_exactly_once",
        "flaky_rpc::a_charge_is_applied_exactly_once::hidden_2",
        "flaky_rpc::compiles",
        "flaky_rpc::started",
    ] {
        assert!(cases.contains(&case), "{case} is not among {cases:?}");
    }
}

#[test]
fn what_a_submission_printed_comes_back_as_text() {
    let elements = parse(&write(&fixture::class()));
    let told = |failure: &&&Element| failure.text.contains("</failure><script>alert(1)</script>");
    let story = named(&elements, "failure").iter().find(told).map(|failure| failure.text.clone()).expect("it is there");
    assert!(story.contains(plain::lines(HOSTILE).trim_end()), "{story}");
}

#[test]
fn a_class_looks_like_this() {
    insta::assert_snapshot!(write(&fixture::class()));
}
