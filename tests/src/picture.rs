//! A screen as a picture: SVG, as a terminal with a dark background shows it.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;
use vt100::{Cell, Color};

/// What one character takes, in pixels.
const CELL: (f32, f32) = (8.4, 18.0);

/// What stands around the screen, in pixels.
const MARGIN: f32 = 12.0;

const FOREGROUND: &str = "#d8d8d8";
const BACKGROUND: &str = "#1d1f21";

/// The colours that a terminal calls by number.
const COLOURS: [&str; 16] = [
    "#555555", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8d8d8", "#777777",
    "#ff8b94", "#b5e890", "#ffd98f", "#8cc8ff", "#e19af5", "#7fdbe6", "#ffffff",
];

/// Characters that stand together and look alike.
struct Run {
    column: u16,
    style: String,
    text: String,
}

/// The screen, with each row's text passed through `change`, which keeps its width.
pub(crate) fn draw(screen: &vt100::Screen, change: impl Fn(&str) -> String) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (last_row(screen, rows.get()), columns.get());
    let (width, height) =
        (f32::from(columns) * CELL.0 + 2.0 * MARGIN, f32::from(rows) * CELL.1 + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{BACKGROUND}\"/>\n\
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', monospace\" font-size=\"14\" fill=\"{FOREGROUND}\" \
         xml:space=\"preserve\">\n"
    );
    for row in 0..rows {
        let y = MARGIN + (f32::from(row) + 0.75) * CELL.1;
        for run in runs(screen, row, columns) {
            let x = MARGIN + f32::from(run.column) * CELL.0;
            // Whatever font there is, each character stands where it belongs.
            let length = run.text.width() as f32 * CELL.0;
            let text = escape(&change(&run.text));
            // Writing to a string cannot fail.
            let _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{length:.1}\"{}>{text}</text>",
                run.style
            );
        }
    }
    svg + "</g>\n</svg>\n"
}

/// One more than the number of the last row that holds anything.
fn last_row(screen: &vt100::Screen, rows: u16) -> u16 {
    let is_empty = |row: &u16| screen.contents_between(*row, 0, *row + 1, 0).trim().is_empty();
    (0..rows).rev().find(|row| !is_empty(row)).map_or(0, |row| row + 1)
}

fn runs(screen: &vt100::Screen, row: u16, columns: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut ends_at = None;
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column).filter(|cell| cell.has_contents()) else { continue };
        let style = style(cell);
        match runs.last_mut().filter(|run| ends_at == Some(column) && run.style == style) {
            Some(run) => run.text.push_str(cell.contents()),
            None => runs.push(Run { column, style, text: cell.contents().to_owned() }),
        }
        // Fonts differ in how wide a wide character is: what follows stands for itself.
        ends_at = (!cell.is_wide()).then_some(column + 1);
    }
    runs.retain(|run| !run.text.trim().is_empty());
    runs
}

fn style(cell: &Cell) -> String {
    let mut style = match cell.fgcolor() {
        Color::Idx(number) => format!(" fill=\"{}\"", COLOURS[usize::from(number) % COLOURS.len()]),
        Color::Rgb(red, green, blue) => format!(" fill=\"#{red:02x}{green:02x}{blue:02x}\""),
        Color::Default => String::new(),
    };
    let more = [
        (cell.bold(), " font-weight=\"bold\""),
        (cell.dim(), " opacity=\"0.6\""),
        (cell.italic(), " font-style=\"italic\""),
        (cell.underline(), " text-decoration=\"underline\""),
    ];
    style.extend(more.into_iter().filter(|(is, _)| *is).map(|(_, more)| more));
    style
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
