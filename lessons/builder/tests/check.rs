//! The checker on small books: a good one passes, and each fault is found where it is.

use std::fs;
use std::path::Path;

use book::check::check;
use tempfile::TempDir;

const SUMMARY: &str = "# Summary\n\n- [A](a.md)\n- [B](sub/b.md)\n- [Later]()\n";
const B: &str = "# B\n\n## Part two {#part}\n\n[back](../a.md#a)\n";

/// A book of two pages, a fragment and a picture, whose first page is `a`.
fn book(a: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join("lessons/src").join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    write("SUMMARY.md", SUMMARY);
    write("a.md", a);
    write("sub/b.md", B);
    write("fragment.md", "## From a fragment {#fragment}\n\n[b](sub/b.md#part)\n");
    write("code.rs", "// ANCHOR: f\nfn f() {}\n// ANCHOR_END: f\n");
    write("picture.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    folder
}

fn problems(a: &str) -> Vec<String> {
    let folder = book(a);
    let root = folder.path().join("lessons");
    let short = |text: String| text.replace(&root.join("src").display().to_string(), "").replace(['/', '\\'], "");
    check(&root).iter().map(|problem| short(problem.to_string())).collect()
}

#[track_caller]
fn assert_problem(a: &str, at: &str, expected: &str) {
    let found = problems(a);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(at), "{found:?}");
    assert!(found[0].contains(expected), "{found:?}");
}

#[test]
fn a_good_book_is_accepted() {
    let page = "# A\n\n{{#include fragment.md}}\n\n```rust\n{{#include code.rs:f}}\n```\n\n![a picture](picture.svg)\n\n\
                [b](sub/b.md#part) [here](#fragment) [elsewhere](https://example.org/#x)\n";
    assert_eq!(problems(page), Vec::<String>::new());
}

#[test]
fn a_broken_link_is_found() {
    assert_problem("# A\n\n[x](gone.md)\n", "a.md:3:", "does not exist");
}

#[test]
fn a_broken_anchor_is_found_on_this_page_and_on_another() {
    assert_problem("# A\n\n[x](#gone)\n", "a.md:3:", "`gone`");
    assert_problem("# A\n\n[x](sub/b.md#gone)\n", "a.md:3:", "`gone`");
}

#[test]
fn a_missing_include_is_found() {
    assert_problem("# A\n\n{{#include gone.md}}\n", "a.md:3:", "includes `gone.md`");
    assert_problem("# A\n\n{{#include code.rs:gone}}\n", "a.md:3:", "ANCHOR: gone");
}

#[test]
fn a_missing_picture_is_found() {
    assert_problem("# A\n\n![x](gone.svg)\n", "a.md:3:", "does not exist");
}

#[test]
fn a_fault_in_an_included_file_is_reported_in_that_file() {
    let folder = book("# A\n\n{{#include fragment.md}}\n");
    let root = folder.path().join("lessons");
    fs::write(root.join("src/fragment.md"), "text\n\n[x](gone.md)\n").expect("a file");
    let found = check(&root);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].place.file.ends_with("fragment.md"), "{found:?}");
    assert_eq!(found[0].place.line, 3);
}

#[test]
fn links_to_built_pages_to_fragments_and_out_of_the_book_are_refused() {
    assert_problem("# A\n\n[x](sub/b.html)\n", "a.md:3:", "link to its `.md`");
    assert_problem("# A\n\n[x](fragment.md)\n", "a.md:3:", "SUMMARY.md does not list it");
    assert_problem("# A\n\n[x](../../secret.txt)\n", "a.md:3:", "out of the book");
    assert_problem("# A\n\n[x](/b.md)\n", "a.md:3:", "out of the book");
}

#[test]
fn a_picture_from_another_site_is_refused() {
    assert_problem("# A\n\n![x](https://example.org/x.svg)\n", "a.md:3:", "another site");
}

#[test]
fn a_page_of_the_table_of_contents_that_is_missing_is_found() {
    let folder = book("# A\n");
    let root = folder.path().join("lessons");
    fs::remove_file(root.join("src/sub/b.md")).expect("the page");
    let found = check(&root);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].message.contains("cannot be read"), "{found:?}");
}

#[test]
fn a_course_that_names_another_chapter_is_found() {
    let folder = book("# A\n");
    let course = "[[chapter]]\nid = \"a\"\ntitle = \"A\"\n[[chapter.exercise]]\nid = \"missing\"\n";
    fs::write(folder.path().join("course.toml"), course).expect("a file");
    let found = check(&folder.path().join("lessons"));
    let messages: Vec<_> = found.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages.iter().any(|message| message.contains("lists the chapters")));
    assert!(messages.iter().any(|message| message.contains("`missing`")));
}

#[test]
fn the_lessons_of_this_course_are_whole() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the lessons");
    let found: Vec<String> = check(root).iter().map(ToString::to_string).collect();
    assert_eq!(found, Vec::<String>::new());
}
