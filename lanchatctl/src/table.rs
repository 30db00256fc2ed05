//! Aligned output for people that scripts can cut into columns: no borders, no colours, no truncation,
//! and never an empty cell. Wide characters take the two columns that a terminal gives them.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use lanchat_protocol::text;

/// How a column stands under its title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// Text.
    Left(&'static str),
    /// Numbers.
    Right(&'static str),
}

/// A header line and a line for each row.
pub(crate) fn table(columns: &[Column], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = empty();
    table.add_row(columns.iter().map(|column| match column {
        Column::Left(title) | Column::Right(title) => cell(title, *column),
    }));
    for row in rows {
        table.add_row(row.iter().zip(columns).map(|(text, column)| cell(text, *column)));
    }
    render(&mut table)
}

/// A line `key: value` for each pair, the values below each other.
pub(crate) fn pairs(pairs: &[(&str, String)]) -> String {
    let mut table = empty();
    for (key, value) in pairs {
        table.add_row([cell(&format!("{key}:"), Column::Left("")), cell(value, Column::Left(""))]);
    }
    render(&mut table)
}

fn empty() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

fn cell(written: &str, column: Column) -> Cell {
    let shown = text::clean(written).replace('\t', " ");
    let shown = if shown.trim().is_empty() { "-".to_owned() } else { shown };
    Cell::new(shown).set_alignment(match column {
        Column::Left(_) => CellAlignment::Left,
        Column::Right(_) => CellAlignment::Right,
    })
}

fn render(table: &mut Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    const COLUMNS: [Column; 3] = [Column::Right("ID"), Column::Left("NICK"), Column::Left("ROOMS")];

    fn row(id: &str, nick: &str, rooms: &str) -> Vec<String> {
        vec![id.to_owned(), nick.to_owned(), rooms.to_owned()]
    }

    #[test]
    fn columns_are_aligned_without_trailing_space() {
        let shown = table(&COLUMNS, [row("7", "ana", "lobby"), row("12", "guest12", "")]);
        assert_eq!(shown, "ID  NICK     ROOMS\n 7  ana      lobby\n12  guest12  -\n");
    }

    #[test]
    fn without_rows_there_is_the_header() {
        assert_eq!(table(&COLUMNS, []), "ID  NICK  ROOMS\n");
    }

    #[test]
    fn wide_and_combining_characters_keep_the_columns() {
        let nicks = ["李雷", "ana", "हिन्दी", "e\u{301}", "🦀🦀🦀"];
        let shown = table(&COLUMNS, nicks.map(|nick| row("1", nick, "lobby")));
        let columns: Vec<usize> =
            shown.lines().skip(1).map(|line| line.split("lobby").next().unwrap().width()).collect();
        assert_eq!(columns, vec![columns[0]; nicks.len()], "\n{shown}");
    }

    #[test]
    fn a_long_cell_is_neither_cut_nor_wrapped() {
        let shown = table(&COLUMNS, [row("1", &"x".repeat(500), "lobby")]);
        assert_eq!(shown.lines().count(), 2);
        assert!(shown.contains(&"x".repeat(500)));
    }

    #[test]
    fn nothing_in_a_cell_moves_the_terminal_or_ends_the_line() {
        let shown = table(&COLUMNS, [row("1", "a\x1b[2Jb\nc\td", "lobby")]);
        assert!(shown.ends_with("\n 1  a[2Jb c d  lobby\n"), "{shown:?}");
    }

    #[test]
    fn values_stand_below_each_other() {
        let shown = pairs(&[("up", "1s".to_owned()), ("clients", "3".to_owned())]);
        assert_eq!(shown, "up:       1s\nclients:  3\n");
    }
}
