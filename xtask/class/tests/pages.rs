//! The pages as a browser reads them.

mod a_class;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use class::model::{ClassReport, Trust};
use class::pages::{Alikeness, Audience, Page, Site};
use class::similarity::{Alike, Exercise, Lines, Options, Pair, Region, Share, Similarities, compare};
use report::{ChapterResult, CheckResult, CheckStatus};
use scraper::{ElementRef, Html, Selector};

use a_class::HOSTILE;

/// Pages by their place, parsed.
type Pages = BTreeMap<String, Html>;

fn parsed(pages: impl Iterator<Item = Page>) -> Pages {
    let mut all = Pages::new();
    for page in pages {
        assert!(is_plain(&page.path), "{}", page.path);
        assert!(all.insert(page.path.clone(), Html::parse_document(&page.html)).is_none(), "{} twice", page.path);
    }
    all
}

fn is_plain(path: &str) -> bool {
    path.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_/.".contains(c)) && !path.contains("..")
}

fn select<'h>(html: &'h Html, selector: &str) -> Vec<ElementRef<'h>> {
    html.select(&Selector::parse(selector).expect("the selectors of these tests are right")).collect()
}

fn text(element: ElementRef) -> String {
    element.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// All that holds for every page, whatever it shows.
fn assert_sound(pages: &Pages) {
    for (path, html) in pages {
        assert!(html.errors.is_empty(), "{path}: {:?}", html.errors);
        assert_inert(path, html);
        assert_accessible(path, html);
        for link in select(html, "[href]") {
            let href = link.attr("href").expect("it was selected by it");
            assert!(leads_somewhere(pages, path, href), "{path} has a link to {href}");
        }
    }
}

fn assert_inert(path: &str, html: &Html) {
    assert!(
        select(html, "script, iframe, object, embed, img, link, base, form, video, audio, foreignObject").is_empty(),
        "{path}"
    );
    assert_eq!(select(html, "meta[http-equiv=Content-Security-Policy]").len(), 1, "{path}");
    for element in select(html, "*") {
        for (name, value) in element.value().attrs() {
            assert!(!name.starts_with("on") && name != "src" && name != "srcdoc", "{path}: {name}={value}");
            assert!(!value.to_lowercase().contains("javascript:") || name != "href", "{path}: {name}={value}");
            let style_is_ours = name != "style" || value.strip_prefix("width:").is_some_and(|rest| rest.len() <= 4);
            assert!(style_is_ours, "{path}: {value}");
        }
    }
    let unseen = |c: char| c != '\n' && c != '\t' && (c.is_control() || "\u{202e}\u{2066}\u{feff}".contains(c));
    let all: String = html.root_element().text().collect();
    assert!(!all.contains(unseen), "{path} shows what nobody sees");
}

fn assert_accessible(path: &str, html: &Html) {
    assert_eq!(select(html, "html[lang]").len(), 1, "{path}");
    assert_eq!(select(html, "h1").len(), 1, "{path}");
    assert!(!text(select(html, "title")[0]).is_empty(), "{path}");
    let mut level = 0;
    for heading in select(html, "h1, h2, h3, h4") {
        let this: usize = heading.value().name()[1..].parse().expect("h1 to h4");
        assert!(this <= level + 1, "{path}: `{}` comes after a heading of level {level}", text(heading));
        level = this;
    }
    let mut ids = BTreeSet::new();
    for element in select(html, "[id]") {
        let id = element.attr("id").expect("it was selected by it");
        assert!(ids.insert(id.to_owned()) && !id.contains(char::is_whitespace), "{path}: {id}");
    }
    for labelled in select(html, "[aria-labelledby]") {
        assert!(ids.contains(labelled.attr("aria-labelledby").expect("selected")), "{path}");
    }
    assert!(select(html, "th:not([scope])").is_empty(), "{path}: a heading of a table says what it is the heading of");
    assert_eq!(select(html, "table").len(), select(html, "table > caption").len(), "{path}");
    assert_eq!(select(html, "svg").len(), select(html, "svg[role=img][aria-label]").len(), "{path}");
}

fn leads_somewhere(pages: &Pages, from: &str, href: &str) -> bool {
    let (file, anchor) = href.split_once('#').map_or((href, None), |(file, anchor)| (file, Some(anchor)));
    let target = if file.is_empty() { Some(from.to_owned()) } else { resolved(from, file) };
    let Some(html) = target.and_then(|target| pages.get(&target)) else { return false };
    anchor.is_none_or(|anchor| select(html, "[id]").iter().any(|element| element.attr("id") == Some(anchor)))
}

/// A relative address from a page, as a path from the folder of the report.
fn resolved(from: &str, to: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in to.split('/') {
        match part {
            ".." => parts.pop().map(|_| ())?,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn similar(class: &ClassReport, source: &str) -> Similarities {
    let sources = class.submissions.iter().take(4).map(|graded| (graded.name.as_str(), source)).collect();
    compare(&[Exercise { id: "raft", given: Vec::new(), sources }], &Options::default())
}

/// A source with enough in it to be alike, and with what a page must not obey.
fn source() -> String {
    let line = |nth: usize| {
        format!("fn f{nth}(a: u64) -> u64 {{ if a > {nth} {{ a * {nth} }} else {{ g(&[a], {nth}) }} }} // {HOSTILE}\n")
    };
    let calls = |nth: usize| format!("fn h{nth}() {}\n", "{ x.y(1)? + z }".repeat(nth));
    (0..40).map(|nth| line(nth) + &calls(nth % 7 + 1)).collect()
}

fn site(class: &ClassReport, check: impl Fn(Pages)) {
    let source = source();
    let found = similar(class, &source);
    assert!(!found.pairs.is_empty());
    let at_hand = |name: &str, _: &str| Some(source.clone()).filter(|_| name != class.submissions[1].name);
    let alikeness = Alikeness { found: &found, source: &at_hand };
    check(parsed(Site::new(class, Audience::Instructor).with_similar(alikeness).pages()));
}

#[test]
fn an_unsound_page_would_be_noticed() {
    let page = |html: &str| Page { path: "index.html".to_owned(), html: html.to_owned() };
    for bad in ["<p>a</div>", "<!doctype html><title>a</title><h1>b</h1><table><td>a</h1>"] {
        assert!(!Html::parse_document(bad).errors.is_empty(), "{bad}");
    }
    let pages = parsed([page("<!doctype html><a href='other.html'>x</a><a href='#no'>y</a>")].into_iter());
    assert!(!leads_somewhere(&pages, "index.html", "other.html") && !leads_somewhere(&pages, "index.html", "#no"));
    assert!(leads_somewhere(&pages, "index.html", "index.html"));
    assert!(!leads_somewhere(&pages, "index.html", "javascript:alert(1)"));
}

#[test]
fn every_page_of_a_class_is_sound_and_every_link_leads_somewhere() {
    let class = a_class::class(30);
    site(&class, |pages| {
        assert_sound(&pages);
        let students = pages.keys().filter(|path| path.starts_with("students/")).count();
        let pairs = pages.keys().filter(|path| path.starts_with("similar/pair-")).count();
        assert_eq!((students, pairs, pages.len()), (30, 6, 30 + 6 + 2));
        let linked: BTreeSet<&str> = select(&pages["index.html"], "a").iter().filter_map(|a| a.attr("href")).collect();
        assert_eq!(linked.iter().filter(|href| href.starts_with("students/")).count(), 30);
        assert!(linked.contains("similar/index.html"));
    });
}

#[test]
fn whatever_a_submission_contains_is_shown_and_not_obeyed() {
    let class = a_class::hostile_class();
    site(&class, |pages| {
        assert_sound(&pages);
        let (path, page) = pages.iter().find(|(path, _)| path.starts_with("students/ada-")).expect("`Ada` has a page");
        // Message, printed three times, happened, expected, actual, schedule, diagram, intervals, replay, lesson, compiler, notes.
        let all: String = page.root_element().text().collect();
        assert!(all.matches("<script>alert(1)</script>").count() >= 14, "{path}");
        assert!(all.matches("U+202Eevil").count() >= 14, "{path}");
    });
}

#[test]
fn hostile_names_have_pages_of_their_own_inside_the_folder() {
    let class = a_class::hostile_class();
    let site = Site::new(&class, Audience::Instructor);
    let paths: BTreeSet<String> =
        class.submissions.iter().map(|graded| site.path_of(&graded.name).expect("each has a page")).collect();
    assert_eq!(paths.len(), class.submissions.len());
    assert!(paths.contains("students/ada.html"), "{paths:?}");
    let folder = folder("hostile_names");
    assert_eq!(site.write(&folder).expect("the folder can be written"), class.submissions.len() + 1);
    let mut written: Vec<String> = files(&folder.join("students"));
    written.sort();
    assert_eq!(written, paths.iter().map(|path| path.replace("students/", "")).collect::<Vec<_>>());
}

fn folder(name: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("it was just written");
    entries.map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_learners_page_stands_alone_and_knows_nothing_of_hidden_seeds() {
    let class = a_class::class(30);
    let source = source();
    let found = similar(&class, &source);
    let alikeness = Alikeness { found: &found, source: &|_, _| None };
    let pages = parsed(Site::new(&class, Audience::Learner).with_similar(alikeness).pages());
    assert_sound(&pages);
    assert_eq!(pages.len(), 30, "no page of the class, and none of what is alike");
    for (path, page) in &pages {
        assert!(select(page, "a").iter().all(|a| a.attr("href").is_some_and(|href| href.starts_with('#'))), "{path}");
        let all = text(page.root_element());
        let others = class.submissions.iter().filter(|other| !path.contains(&other.name));
        for other in others {
            assert!(!all.contains(&other.name), "{path} names {}", other.name);
        }
        assert!(!all.contains("hidden seed") && !all.contains("With hidden"), "{path}");
    }
}

#[test]
fn an_instructor_sees_what_broke_with_a_hidden_seed_only() {
    let holds = |name: &str| CheckResult::new(name, CheckStatus::Holds, "");
    let chapter = |check: CheckResult| ChapterResult {
        id: "ch07".to_owned(),
        title: "Consensus".to_owned(),
        passed: false,
        exercises: vec![a_class::exercise("raft", "Raft", vec![check, holds("another")], String::new())],
    };
    let hidden = vec![vec![chapter(holds("a_promise"))], vec![chapter(a_class::broken("a_promise"))]];
    let class = ClassReport::new(None, vec![a_class::graded("ada", vec![chapter(holds("a_promise"))], hidden)]);
    let pages = parsed(Site::new(&class, Audience::Instructor).pages());
    assert_sound(&pages);
    let page = &pages["students/ada.html"];
    let row = select(page, "tr").into_iter().map(text).find(|row| row.starts_with("A promise"));
    assert_eq!(row.as_deref(), Some("A promise ✓ holds ✗ holds with 1 of 2 seed 2 0 1"));
    let story = select(page, "section.story");
    assert_eq!(story.len(), 1);
    assert!(text(story[0]).starts_with("A promise broken hidden seed 2"), "{}", text(story[0]));
    let index = text(pages["index.html"].root_element());
    assert!(index.contains("A promise 1 of 1 1 with a hidden seed only"), "{index}");
}

#[test]
fn the_page_of_the_class_counts_what_the_submissions_have() {
    let class = a_class::class(40);
    let pages = parsed(Site::new(&class, Audience::Instructor).pages());
    let index = &pages["index.html"];
    let failing = class.submissions.iter().flat_map(|graded| graded.exercises()).flat_map(|exercise| &exercise.checks);
    let failing = failing.filter(|check| check.name == "what_is_committed_stays" && !check.holds()).count();
    let todo = |graded: &&class::model::Graded| {
        graded.exercises().any(|e| e.id == "raft" && matches!(e.status, report::ExerciseStatus::NotStarted))
    };
    let failing = failing - class.submissions.iter().filter(todo).count();
    let hidden = class.submissions.iter().filter(|graded| {
        let mut raft =
            graded.exercises().filter(|exercise| exercise.id == "raft").flat_map(|exercise| &exercise.checks);
        raft.any(|check| check.name == "what_is_committed_stays" && check.holds())
            && graded.hidden_results("raft", "what_is_committed_stays").any(|(_, check)| !check.holds())
    });
    let row = select(index, "tr").into_iter().map(text).find(|row| row.starts_with("What is committed stays"));
    let row = row.expect("the check fails somewhere");
    assert!(row.starts_with(&format!("What is committed stays {} of ", failing + hidden.count())), "{row}");
    let counts = select(index, "svg.histogram text:not(.axis)").into_iter().map(text);
    assert_eq!(counts.map(|count| count.parse::<usize>().expect("a number")).sum::<usize>(), 40);
}

#[test]
fn what_is_not_isolated_is_said_on_the_page_of_the_class_and_on_its_own() {
    let mut class = a_class::class(3);
    class.submissions[0].trust = Trust::Isolated;
    class.submissions[1].trust = Trust::InProcess;
    class.submissions[2].trust = Trust::Unsandboxed;
    let pages = parsed(Site::new(&class, Audience::Instructor).pages());
    let notices: Vec<usize> = pages.values().map(|page| select(page, ".notice").len()).collect();
    assert_eq!(notices, [2, 0, 1, 1]);
}

#[test]
fn ten_thousand_checks_and_a_line_of_a_megabyte_make_a_page_like_any_other() {
    let checks = (0..10_000).map(|nth| match nth % 3 {
        0 => a_class::broken(&format!("promise_{nth}")),
        1 => CheckResult::new(
            format!("promise_{nth}"),
            CheckStatus::Panicked,
            "x".repeat(if nth == 1 { 1 << 20 } else { 9 }),
        ),
        _ => CheckResult::new(format!("promise_{nth}"), CheckStatus::Holds, ""),
    });
    let exercises = vec![a_class::exercise("raft", "Raft", checks.collect(), String::new())];
    let chapter = ChapterResult { id: "ch07".to_owned(), title: String::new(), passed: false, exercises };
    let class = ClassReport::new(None, vec![a_class::graded("ada", vec![chapter.clone()], vec![vec![chapter]])]);
    let pages = parsed(Site::new(&class, Audience::Instructor).pages());
    let page = &pages["students/ada.html"];
    assert!(page.errors.is_empty());
    assert_eq!(select(page, "section.story").len(), 6_667);
    assert!(page.html().len() < 20 << 20, "{} bytes", page.html().len());
}

#[test]
fn files_of_a_megabyte_that_are_alike_make_a_page_like_any_other() {
    let whole: String = (0..).map(|nth| format!("if a[{nth}] {{ b(c, {nth}) }}\n")).take(40_000).collect();
    let mut regions = vec![Region { one: lines(1, 10), other: lines(11, 20), tokens: 90 }];
    regions.extend((0..30_000).map(|nth| Region { one: lines(nth + 1, nth + 1), other: lines(1, 9), tokens: 20 }));
    let alike = |exercise: &str| Alike {
        exercise: exercise.to_owned(),
        shared: 900,
        one: Share { fingerprints: 1_000, share: 0.9 },
        other: Share { fingerprints: 900, share: 1.0 },
        longest_run: 90,
        regions: regions.clone(),
    };
    let exercises = vec![alike("raft"), alike("paxos")];
    let pair = Pair { one: "student-000".to_owned(), other: "gone".to_owned(), exercises };
    let found = Similarities { pairs: vec![pair], more: 7, common: Vec::new() };
    let at_hand = |_: &str, exercise: &str| Some(whole.clone()).filter(|_| exercise == "raft");
    let class = a_class::class(2);
    let alikeness = Alikeness { found: &found, source: &at_hand };
    let pages = parsed(Site::new(&class, Audience::Instructor).with_similar(alikeness).pages());
    assert_sound(&pages);
    let page = &pages["similar/pair-001.html"];
    assert!(page.html().len() < 2 << 20, "{} bytes", page.html().len());
    assert_eq!(select(page, "ol.code")[0].attr("start"), Some("1"));
    assert_eq!(select(page, "ol.code")[1].attr("start"), Some("11"));
    let all = text(page.root_element());
    assert!(
        all.contains("passages not shown") && all.contains("The sources are not at hand"),
        "{}",
        &all[all.len() - 300..]
    );
    assert!(text(pages["similar/index.html"].root_element()).contains("7 more pairs passed"));
}

fn lines(first: u32, last: u32) -> Lines {
    Lines { first, last }
}

#[test]
fn a_class_without_anybody_has_a_page() {
    let class = ClassReport::new(None, Vec::new());
    let pages = parsed(Site::new(&class, Audience::Instructor).pages());
    assert_sound(&pages);
    assert_eq!(pages.len(), 1);
}

#[test]
fn the_same_report_gives_the_same_pages() {
    let class = a_class::class(10);
    let pages = || Site::new(&class, Audience::Instructor).pages().collect::<Vec<Page>>();
    assert_eq!(pages(), pages());
}
