//! The chart as SVG.

use std::fmt::Write as _;

use super::axis::Axis;
use super::{Chart, Curve, Series};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 430.0;
/// The area between the axes.
const LEFT: f64 = 84.0;
const RIGHT: f64 = 690.0;
const TOP: f64 = 84.0;
const BOTTOM: f64 = 368.0;
/// Readable on white and on near-black, and told apart by people who don't see red or don't see green.
const COLOURS: [&str; 4] = ["#d9730d", "#2f7ed8", "#8a63d2", "#1a9c78"];
const IDEAL: &str = "#8a8a8a";
/// The colours of mdBook's theme where the page has them, our own where it doesn't. The attribute is for those that know
/// no variables.
const INK: &str = r##"fill="#222222" style="fill:var(--fg,#222222)""##;
const GROUND: &str = r##"fill="#fbfaf7" style="fill:var(--bg,#fbfaf7)""##;

pub(super) fn draw(chart: &Chart) -> String {
    let (x, y) = chart.axes(10, 6);
    let id = slug(&chart.title);
    let mut out = String::new();
    line(
        &mut out,
        format_args!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{id}-title {id}-desc" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="14">"#
        ),
    );
    line(&mut out, format_args!(r#"<title id="{id}-title">{}</title>"#, escape(&chart.title)));
    line(&mut out, format_args!(r#"<desc id="{id}-desc">{}</desc>"#, escape(&chart.description)));
    line(&mut out, format_args!(r#"<rect width="{WIDTH}" height="{HEIGHT}" rx="8" {GROUND}/>"#));
    line(&mut out, format_args!("<g {INK}>"));
    line(
        &mut out,
        format_args!(r#"<text x="24" y="34" font-size="18" font-weight="600">{}</text>"#, escape(&chart.title)),
    );
    axes(&mut out, chart, &x, &y);
    out.push_str("</g>\n");
    for (series, colour) in coloured(chart) {
        curve(&mut out, series, colour, &x, &y);
    }
    legend(&mut out, chart);
    out.push_str("</svg>\n");
    out
}

/// Grid, ticks, and what the axes are called.
fn axes(out: &mut String, chart: &Chart, x: &Axis, y: &Axis) {
    for tick in y.ticks() {
        let at = place_y(y, tick);
        rule(out, (LEFT, at), (RIGHT, at), tick == 0.0);
        line(
            out,
            format_args!(
                r#"<text x="{}" y="{}" text-anchor="end">{}</text>"#,
                number(LEFT - 10.0),
                number(at + 5.0),
                y.label(tick)
            ),
        );
    }
    for tick in x.ticks() {
        let at = place_x(x, tick);
        rule(out, (at, BOTTOM), (at, BOTTOM + 5.0), true);
        line(
            out,
            format_args!(
                r#"<text x="{}" y="{}" text-anchor="middle">{}</text>"#,
                number(at),
                number(BOTTOM + 23.0),
                x.label(tick)
            ),
        );
    }
    let (middle_x, middle_y) = (number((LEFT + RIGHT) / 2.0), number((TOP + BOTTOM) / 2.0));
    line(
        out,
        format_args!(
            r#"<text x="{middle_x}" y="{}" text-anchor="middle">{}</text>"#,
            number(BOTTOM + 48.0),
            escape(&chart.x_title)
        ),
    );
    line(
        out,
        format_args!(
            r#"<text x="24" y="{middle_y}" text-anchor="middle" transform="rotate(-90 24 {middle_y})">{}</text>"#,
            escape(&chart.y_title)
        ),
    );
}

fn rule(out: &mut String, from: (f64, f64), to: (f64, f64), strong: bool) {
    let opacity = if strong { "0.9" } else { "0.3" };
    line(
        out,
        format_args!(
            r#"<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{IDEAL}" stroke-opacity="{opacity}"/>"#,
            number(from.0),
            number(from.1),
            number(to.0),
            number(to.1)
        ),
    );
}

fn curve(out: &mut String, series: &Series, colour: &str, x: &Axis, y: &Axis) {
    let points: Vec<(String, String)> =
        series.sorted().iter().map(|point| (number(place_x(x, point.0)), number(place_y(y, point.1)))).collect();
    let path: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
    line(
        out,
        format_args!(
            r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-linejoin="round"{}/>"#,
            path.join(" "),
            dashes(series.curve)
        ),
    );
    if series.curve == Curve::Measured {
        for (x, y) in points {
            line(out, format_args!(r#"<circle cx="{x}" cy="{y}" r="4.5" fill="{colour}"/>"#));
        }
    }
}

/// A sample and a name for every series, in a row below the title.
fn legend(out: &mut String, chart: &Chart) {
    let mut x = LEFT;
    for (series, colour) in coloured(chart) {
        line(
            out,
            format_args!(
                r#"<line x1="{}" y1="60" x2="{}" y2="60" stroke="{colour}" stroke-width="2.5"{}/>"#,
                number(x),
                number(x + 30.0),
                dashes(series.curve)
            ),
        );
        if series.curve == Curve::Measured {
            line(out, format_args!(r#"<circle cx="{}" cy="60" r="4.5" fill="{colour}"/>"#, number(x + 15.0)));
        }
        line(out, format_args!(r#"<text x="{}" y="65" {INK}>{}</text>"#, number(x + 38.0), escape(&series.name)));
        // No font is known here; this is wide enough for the usual ones.
        x += 38.0 + 8.5 * series.name.chars().count() as f64 + 24.0;
    }
}

fn coloured(chart: &Chart) -> impl Iterator<Item = (&Series, &'static str)> {
    let mut colours = COLOURS.into_iter().cycle();
    chart.series.iter().map(move |series| match series.curve {
        Curve::Ideal => (series, IDEAL),
        Curve::Measured => (series, colours.next().expect("the colours repeat")),
    })
}

fn dashes(curve: Curve) -> &'static str {
    match curve {
        Curve::Ideal => r#" stroke-dasharray="7 6""#,
        Curve::Measured => "",
    }
}

fn place_x(axis: &Axis, value: f64) -> f64 {
    LEFT + axis.place(value) * (RIGHT - LEFT)
}

fn place_y(axis: &Axis, value: f64) -> f64 {
    BOTTOM - axis.place(value) * (BOTTOM - TOP)
}

/// A coordinate to a tenth of a pixel, the same digits on every machine.
fn number(value: f64) -> String {
    let digits = format!("{value:.1}");
    digits.strip_suffix(".0").map_or(digits.clone(), str::to_owned)
}

fn line(out: &mut String, text: std::fmt::Arguments) {
    writeln!(out, "{text}").expect("a String takes any text");
}

/// Text between tags. Control characters have no place in XML.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// An identifier that differs from chart to chart, as several may stand on one page.
fn slug(title: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    format!("chart-{}", title.chars().map(plain).collect::<String>())
}
