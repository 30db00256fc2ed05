use super::*;
use proptest::prelude::*;

const MEASURE: Measure = Measure(GraphemeClusterMode::WcWidth);

fn rows(line: &str, columns: usize) -> Vec<String> {
    wrapped(line, columns, MEASURE).split('\n').map(str::to_owned).collect()
}

#[test]
fn what_is_broken_off_hangs_under_the_text() {
    assert_eq!(
        rows("14:02 ana: \u{1}one two three four", 22),
        ["14:02 ana: one two", "           three four"]
    );
    assert_eq!(rows("14:02 ana: \u{1}one two", 18), ["14:02 ana: one two"], "the last column is used");
    assert_eq!(rows("* \u{1}one", 20), ["* one"]);
}

#[test]
fn a_text_that_begins_far_to_the_right_hangs_a_little() {
    assert_eq!(rows("14:02 somebody: \u{1}one two three", 20), ["14:02 somebody: one", "    two three"]);
    assert_eq!(rows("a long head \u{1}text", 8), ["a long h", "ead text"]);
}

#[test]
fn a_name_without_end_costs_no_room_on_each_line() {
    let head = "n".repeat(100_000);
    let broken = unbroken(&format!("{head}: \u{1}a\n\u{2}b")).into_owned();
    assert_eq!(broken, format!("{head}: a\n    b"));
    let head = "n".repeat(HANG_MAX);
    assert_eq!(unbroken(&format!("{head}\u{1}a\n\u{2}b")), format!("{head}a\n{}b", " ".repeat(HANG_MAX)));
}

#[test]
fn a_word_longer_than_a_row_is_broken() {
    assert_eq!(rows("a: \u{1}x abcdefghijkl y", 10), ["a: x abcde", "   fghijkl", "   y"]);
    assert_eq!(rows("a: \u{1}abcdefg abcdefghijkl", 10), ["a: abcdefg", "   abcdefg", "   hijkl"]);
}

#[test]
fn wide_and_combining_characters_take_the_room_they_take() {
    assert_eq!(rows("a: \u{1}日本語日本語", 10), ["a: 日本語", "   日本語"]);
    assert_eq!(rows("a: \u{1}日本 word 語", 12), ["a: 日本 word", "   語"]);
    assert_eq!(
        rows("a: \u{1}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", 8),
        ["a: e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}"]
    );
    assert_eq!(rows("a: \u{1}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e", 8).len(), 2);
    assert_eq!(rows("a: \u{1}👍🏽👍🏽", 8), ["a: 👍🏽", "   👍🏽"], "what is seen as one stays one");
    let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
    assert_eq!(rows(&format!("a: \u{1}{family}"), 8).concat().replace(' ', ""), format!("a:{family}"));
}

#[test]
fn colours_take_no_room_and_go_on_behind_a_break() {
    assert_eq!(
        rows("\x1b[2m14:02\x1b[0m \u{1}one \x1b[1mtwo three\x1b[0m", 12),
        ["\x1b[2m14:02\x1b[0m one\x1b[1m", "      two", "      three\x1b[0m"]
    );
}

#[test]
fn further_lines_stand_under_the_first_and_code_keeps_its_spaces() {
    let code = "ana: \u{1}if x:\n\u{2}\u{3}    call(a,  b)\n\u{2}\u{3}\tend";
    assert_eq!(rows(code, 16), ["ana: if x:", "         call(a,", "       b)", "             end"]);
    assert_eq!(rows(code, 40), ["ana: if x:", "         call(a,  b)", "             end"]);
    assert_eq!(unbroken(code), "ana: if x:\n         call(a,  b)\n     \tend");
}

#[test]
fn what_has_no_marks_or_no_room_is_left_alone() {
    let json = r#"{"type":"message","text":"a line that is longer than any row of it"}"#;
    assert_eq!(rows(json, 10), [json]);
    assert_eq!(rows("a: \u{1}one two three", 7), ["a: one two three"]);
    assert_eq!(rows("a: \u{1}one two three", 0), ["a: one two three"]);
    assert_eq!(rows("a: \u{1}one two\n{}", 8), ["a: one", "   two", "{}"]);
}

#[test]
fn spaces_without_end_take_no_rows_without_end() {
    assert_eq!(rows(&format!("a: \u{1}x{}y", " ".repeat(10_000)), 10), ["a: x", "   y"]);
    assert_eq!(rows(&format!("a: \u{1}x{}", " ".repeat(10_000)), 10), ["a: x"]);
}

fn solid(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ' ' | '\t' | '\n') && !MARKS.contains(c)).collect()
}

proptest! {
    #[test]
    fn no_row_is_too_wide_nothing_is_lost_but_spaces_and_the_indent_is_right(
        head in "[a-z日é#]{0,12}: ",
        text in "([a-z]{1,12}|[ \t]{1,3}|日本|e\u{301}|👩\u{200d}🚀|👍🏽|\u{1f1e9}\u{1f1ea}|\\PC){0,60}",
        columns in COLUMNS_MIN..50,
        mode in prop::sample::select(vec![GraphemeClusterMode::WcWidth, GraphemeClusterMode::Unicode]),
        is_exact: bool,
    ) {
        let measure = Measure(mode);
        let mark = if is_exact { "\u{3}" } else { "" };
        let broken = wrapped(&format!("{head}{TEXT}{mark}{text}"), columns, measure).into_owned();
        prop_assert_eq!(solid(&broken), solid(&format!("{head}{text}")));
        let hang = measure.width(&head);
        let hang = if hang > columns / 2 { HANG } else { hang };
        for (number, row) in broken.split('\n').enumerate() {
            let width: usize = row.graphemes(true).map(|seen| measure.width(seen)).sum();
            prop_assert!(width <= columns, "{row:?} of {columns} in {broken:?}");
            if number > 0 && measure.width(&head) <= columns {
                prop_assert!(row.starts_with(&" ".repeat(hang)), "{row:?} in {broken:?}");
            }
        }
        prop_assert!(!broken.contains(MARKS));
    }

    #[test]
    fn any_text_can_be_broken(text in "[\\x00-\\x1a\\x1c-\u{a0}日\n\u{301}]{0,80}", columns in 0_usize..30) {
        let broken = wrapped(&text, columns, MEASURE);
        prop_assert!(broken.len() >= solid(&text).len());
        prop_assert!(!broken.contains(MARKS) && !unbroken(&text).contains(MARKS));
    }
}
