//! What every page has: its head, its style, and the way back.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::text::plain;

/// A whole page. `way` leads to where one came from: the text of the link and where it goes.
pub(super) fn page(title: &str, way: &[(&str, String)], content: Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // Nothing is fetched and nothing runs, even if some text found its way through.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="referrer" content="no-referrer";
                title { (plain(title)) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                main {
                    @if !way.is_empty() {
                        nav aria-label="The pages of this report" {
                            @for (text, to) in way { a href=(to) { (text) } }
                        }
                    }
                    (content)
                }
            }
        }
    };
    page.into_string()
}

/// Numbers that say how things stand, each with its name.
pub(super) fn figures(figures: &[(&str, String)]) -> Markup {
    html! {
        dl.figures { @for (name, value) in figures { div { dt { (name) } dd { (value) } } } }
    }
}

/// A table, in a box of its own in which it can be moved sideways where the page is narrow.
pub(super) fn table(caption: &str, table: Markup) -> Markup {
    html! { div.wide tabindex="0" role="region" aria-label=(caption) { table { caption { (caption) } (table) } } }
}

/// A bar for those who see it; the number stands beside it.
pub(super) fn bar(percent: u32, class: &str) -> Markup {
    html! {
        span.track aria-hidden="true" { span class={ "bar " (class) } style={ "width:" (percent) "%" } {} }
    }
}
