use super::*;

fn plain(markdown: &str, width: usize) -> String {
    ansi(&render(markdown, width).lines, false)
}

#[track_caller]
fn shows(markdown: &str, expected: &[&str]) {
    assert_eq!(plain(markdown, 30), expected.join("\n") + "\n");
}

#[test]
fn prose_is_wrapped_at_the_width_and_marks_are_gone() {
    shows(
        "One **strong** and *soft* word,\n`code` and a bit more of it.\n\nThen again.",
        &["One strong and soft word, code", "and a bit more of it.", "", "Then again."],
    );
}

#[test]
fn a_mark_inside_a_word_does_not_break_it() {
    shows("It is **half**-open, `f`(`x`).", &["It is half-open, f(x)."]);
}

#[test]
fn headings_are_underlined_and_have_air() {
    shows(
        "# Title\ntext\n## Part\nmore\n### Sub\nend",
        &["Title", "═════", "", "text", "", "Part", "────", "", "more", "", "Sub", "", "end"],
    );
}

#[test]
fn lists_keep_their_numbers_and_hang() {
    shows(
        "Before:\n\n- one item that is longer than a line\n  - nested\n- two\n\n3. third\n4. fourth",
        &[
            "Before:",
            "",
            "• one item that is longer than",
            "  a line",
            "  • nested",
            "• two",
            "",
            "3. third",
            "4. fourth",
        ],
    );
}

#[test]
fn a_loose_list_keeps_its_blank_lines() {
    shows("- one\n\n  more\n\n- two\n\nafter", &["• one", "", "  more", "", "• two", "", "after"]);
}

#[test]
fn quotes_have_a_bar_on_every_line() {
    shows(
        "> Said by one who\n> was there at the time.\n>\n> Twice.",
        &["│ Said by one who was there at", "│ the time.", "│", "│ Twice."],
    );
}

#[test]
fn code_is_indented_and_never_wrapped() {
    let code =
        "text\n```rust\n# use hidden;\n#[derive(Debug)]\nlet a_line_that_is_longer_than_the_width = 1;\n\n```\nafter";
    shows(
        code,
        &["text", "", "    #[derive(Debug)]", "    let a_line_that_is_longer_than_the_width = 1;", "", "", "after"],
    );
}

#[test]
fn code_in_a_list_item_is_under_its_text() {
    shows(
        "- do\n\n  ```sh\n  # a comment of the shell\n  cargo\n  ```\n",
        &["• do", "", "      # a comment of the shell", "      cargo"],
    );
}

#[test]
fn links_out_show_their_address_and_links_inside_do_not() {
    let text = "See [the paper](https://example.org/p), [next](ch02.md) and <https://example.org>.";
    assert_eq!(plain(text, 100), "See the paper <https://example.org/p>, next and https://example.org.\n");
}

#[test]
fn an_image_is_its_text_and_where_it_is() {
    assert_eq!(plain("![throughput by nodes](fig/a.svg)", 80), "[image: throughput by nodes (fig/a.svg)]\n");
}

#[test]
fn a_table_fits_the_width() {
    let table = "| Fallacy | Reality |\n|---|--:|\n| the `network` is reliable | it is not, and never was |\n| b | c |";
    let shown = plain(table, 34);
    assert!(shown.lines().all(|line| columns(line) <= 34), "{shown}");
    assert!(shown.contains("Fallacy") && shown.contains("reliable"), "{shown}");
    assert!(!shown.contains('`') && !shown.contains('|'), "{shown}");
}

#[test]
fn a_page_may_hide_answers_in_html() {
    let page = "<!-- for authors -->\nAsk.\n\n<details>\n<summary>Answer</summary>\n\nIt *is*.\n\n</details>\n";
    shows(page, &["Ask.", "", "Answer", "", "It is."]);
}

#[test]
fn a_wide_character_takes_two_columns() {
    assert_eq!(plain("一二三 四五六", 10), "一二三\n四五六\n");
}

#[test]
fn escapes_appear_only_with_colour() {
    let page = render("# T\n`a` **b** *c* [d](e)", 40);
    assert!(!ansi(&page.lines, false).contains('\u{1b}'));
    assert!(ansi(&page.lines, true).contains("\u{1b}[36ma\u{1b}[0m"));
}

const PAGE: &str = "# One\nintro\n## The network is reliable {#flaky_rpc}\nfirst\n### Deeper\nsecond\n## `chatty_reads`: latency\nthird\n<a id=\"thin_pipe\"></a>\n## Bandwidth\nfourth\n";

#[test]
fn a_section_goes_by_its_id_its_anchor_or_the_name_in_its_heading() {
    let page = render(PAGE, 40);
    let section = |name: &str| page.section(name).map(|lines| ansi(lines, false));
    let flaky = section("flaky_rpc").expect("it has an id");
    assert!(flaky.starts_with("The network is reliable\n"), "{flaky}");
    assert!(flaky.contains("second") && !flaky.contains("third"), "{flaky}");
    assert!(section("chatty_reads").expect("it is named").contains("third"));
    assert!(section("thin_pipe").expect("it has an anchor").starts_with("Bandwidth\n"));
    assert_eq!(section("nothing"), None);
}
