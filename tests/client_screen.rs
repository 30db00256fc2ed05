//! What stands on the screen of `lanchat-client`: broken lines, calls, folded comings and goings, and what is set.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use lanchat_tests::{Daemon, Native, PATIENCE, TempDir, Terminal, eventually, eventually_within};
use unicode_width::UnicodeWidthStr;

/// A daemon that does not slow anybody down.
const QUICK: &str = "limits.messages_per_second_max = 0";

/// What stands before the text of a message of bob: `14:02 bob: `.
const HANG: usize = 11;

/// Between one call and the next there is as much time at least.
const APART: Duration = Duration::from_secs(5);

/// A client has started long before midnight comes.
const MIDNIGHT_S: i64 = 7;

/// The rows of the one message of bob that begins so, without what stands before its text; none is too wide.
fn rows_of(terminal: &Terminal, begin: &str, columns: usize) -> Vec<String> {
    let rows = terminal.rows();
    let first = rows.iter().position(|row| row.contains(&format!("bob: {begin}"))).unwrap();
    let indent = " ".repeat(HANG);
    let further = rows[first + 1..].iter().take_while(|row| row.starts_with(&indent));
    let message: Vec<_> = rows[first..=first].iter().chain(further).collect();
    assert!(message.iter().all(|row| row.trim_end().width() <= columns), "{message:#?}");
    message.iter().map(|row| row.chars().skip(HANG).collect::<String>().trim_end().to_owned()).collect()
}

fn bells(terminal: &Terminal) -> usize {
    terminal.raw().matches('\x07').count()
}

#[test]
fn a_long_message_is_broken_between_words_and_hangs_under_its_text() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    let text: Vec<_> = (1..=40).map(|n| format!("word{n:02}")).collect();
    bob.says(&(text.join(" ") + " end."));
    ana.sees("end.");
    let rows = rows_of(&ana, "word01", 80);
    assert_eq!(rows.join(" "), text.join(" ") + " end.");
    assert_eq!(rows[0].split(' ').count(), (80 - HANG + 1) / 7, "as many words as fit");
    // The window as it is when something is printed counts.
    ana.resizes(24, 40);
    bob.says("now ten words of it and no more than these stop.");
    ana.sees("stop.");
    let rows = rows_of(&ana, "now", 40);
    assert_eq!(rows, ["now ten words of it and no", "more than these stop."]);
}

#[test]
fn wide_and_combining_characters_and_emoji_are_broken_where_they_end() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    for (begin, text) in [
        ("日", "日本語".repeat(40)),
        ("e\u{301}", "e\u{301}".repeat(100)),
        ("👍🏽", "👍🏽".repeat(40)),
        ("한국어", "한국어 ".repeat(30).trim_end().to_owned()),
        ("http", format!("https://relay.invalid/{}", "x".repeat(200))),
    ] {
        bob.says(&text);
        bob.says(&format!("behind {begin}"));
        ana.sees(&format!("behind {begin}"));
        let rows = rows_of(&ana, begin, 80);
        assert!(rows.len() > 1, "{rows:#?}");
        let solid = |text: &str| text.replace(' ', "");
        assert_eq!(solid(&rows.concat()), solid(&text));
        assert!(rows.iter().all(|row| !row.starts_with(['\u{301}', '🏽'])), "{rows:#?}");
    }
}

#[test]
fn code_keeps_its_spaces_and_no_line_of_a_message_looks_like_another() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    let wide = format!("    if x:  # {}", "y ".repeat(40));
    bob.says(&format!("```\ndef f(x):\n{wide}\n```"));
    bob.says("first\n* eve joined\n14:02 eve: hi\nlast.");
    ana.sees("last.");
    let rows = rows_of(&ana, "```", 80);
    assert_eq!(rows[..2], ["```", "def f(x):"]);
    assert_eq!(rows[2], wide[..80 - HANG].trim_end(), "as much as fits");
    assert_eq!(rows[3], wide[80 - HANG..].trim_end());
    assert_eq!(rows[4], "```");
    assert_eq!(rows_of(&ana, "first", 80), ["first", "* eve joined", "14:02 eve: hi", "last."]);
}

#[test]
fn a_half_typed_line_of_several_rows_is_intact_after_1000_messages_and_a_resize() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    let half = (1..=12).map(|n| format!("{n:02} 日本語 e\u{301} 👍 ")).collect::<String>() + "half";
    ana.types(&half);
    ana.sees("half");
    for n in 1..=1_000 {
        if n == 500 {
            ana.sees("bob: message 400 ");
            ana.resizes(24, 50);
        }
        bob.says(&format!("message {n} and more of it than takes one row of the window when it is narrow"));
    }
    ana.sees("bob: message 1000 ");
    // Drawn again below the last message, once and whole.
    let below = |rows: &[String]| {
        let last = rows.iter().rposition(|row| row.contains("message 1000 "))?;
        let prompt = rows[last..].iter().position(|row| row.contains("ana> "))? + last;
        let line: String = rows[prompt..].concat();
        line.contains("half").then_some(line)
    };
    let line = eventually("the line below the last message", || below(&ana.rows()));
    let solid = |text: &str| text.replace(' ', "");
    assert!(solid(&line).ends_with(&solid(&half)), "{line:?}");
    let messages: Vec<u32> = ana
        .rows()
        .iter()
        .filter_map(|row| row.split_once("bob: message ")?.1.split(' ').next()?.parse().ok())
        .collect();
    assert!(messages.windows(2).all(|two| two[1] == two[0] + 1), "each once, in order: {messages:?}");
    assert!(messages.len() > 800, "as far as the window remembers: {}", messages.len());
    ana.enters("");
    bob.sees_message("ana", &half);
}

#[test]
fn a_mention_stands_out_and_rings_but_not_too_often_and_never_for_what_was_said_before() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut bob = Native::hello(&daemon, "bob");
    bob.says("ana: before you came");
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    ana.sees("before you came");
    bob.says("bananas for everybody");
    ana.sees("for everybody");
    assert_eq!(bells(&ana), 0);
    let start = Instant::now();
    bob.says("hi @Ana, are you there?");
    ana.sees("are you there?");
    assert_eq!(bells(&ana), 1);
    assert!(ana.raw().contains("@\x1b[1mAna\x1b[0m, are"), "{:?}", ana.raw());
    bob.says("ana: one more");
    ana.sees("one more");
    ana.enters("ana is my name");
    bob.sees_message("ana", "ana is my name");
    if start.elapsed() < APART {
        assert_eq!(bells(&ana), 1, "not again so soon");
    }
    let mut number = 0;
    eventually("another ring", || {
        number += 1;
        bob.says(&format!("ana, number {number}."));
        ana.sees(&format!("number {number}."));
        (bells(&ana) == 2).then_some(())
    });
    assert!(start.elapsed() >= APART);
    ana.enters("/notify off");
    ana.sees("notify is off now");
}

#[test]
fn a_word_for_her_alone_calls_her_as_she_has_set_it() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    ana.enters("/notify osc777");
    ana.sees("notify is osc777 now");
    bob.says_in("@ana", "psst; listen");
    ana.sees("psst; listen");
    assert!(ana.raw().contains("\x1b]777;notify;lanchat: bob;psst, listen\x07"), "{:?}", ana.raw());
    ana.enters("/notify maybe");
    ana.sees("notify was not changed: it is one of off, bell, osc9, osc777");
    ana.enters("/notify");
    ana.sees("notify is osc777;");
}

#[test]
fn many_who_come_at_once_take_few_lines() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let ana = Terminal::named(&home, daemon.address(), "ana");
    let people: Vec<_> = (1..=15).map(|n| Native::hello(&daemon, &format!("bob{n}"))).collect();
    let joined = |rows: &[String]| -> usize {
        let told = rows.iter().filter_map(|row| row.split_once(" * ")?.1.trim_end().strip_suffix(" joined"));
        told.map(|names| {
            match names.split_once(" others").and_then(|(named, _)| named.rsplit_once(" and ")) {
                Some((named, others)) => named.split(", ").count() + others.parse::<usize>().unwrap(),
                None => names.split(" and ").flat_map(|names| names.split(", ")).count(),
            }
        })
        .sum()
    };
    eventually("everybody", || (joined(&ana.rows()) == people.len()).then_some(()));
    let lines = ana.rows().iter().filter(|row| row.contains(" joined")).count();
    assert!(lines < people.len() / 2, "{:#?}", ana.rows());
    ana.sees("others joined");
}

#[test]
fn a_message_stands_behind_who_came_before_it() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let ana = Terminal::named(&home, daemon.address(), "ana");
    let _bob = Native::hello(&daemon, "bob");
    ana.sees("bob joined");
    let mut carl = Native::hello(&daemon, "carl");
    carl.says("here I am");
    ana.sees("here I am");
    let rows = ana.rows();
    let at = |what: &str| rows.iter().position(|row| row.contains(what));
    assert!(at("carl joined").is_some_and(|joined| Some(joined) < at("here I am")), "{rows:#?}");
}

#[test]
fn colours_are_those_of_the_theme_unless_the_person_wants_none_anywhere() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello(&daemon, "bob");
    for (no_color, themes) in [
        ("", [("dark", "31m"), ("light", "1;32m"), ("none", "")]),
        ("1", [("dark", ""), ("light", ""), ("none", "")]),
    ] {
        let (home, address) = (TempDir::new(), daemon.address().to_string());
        let mut ana = Terminal::start(&home, &[("NO_COLOR", no_color)], &[&address, "--nick", "ana"]);
        ana.sees("in #lobby");
        for (theme, code) in themes {
            ana.enters(&format!("/theme {theme}"));
            ana.sees(&format!("theme is {theme} now"));
            bob.says(&format!("in {theme}{no_color}."));
            ana.sees(&format!("in {theme}{no_color}."));
            let raw = ana.raw();
            let line = raw.lines().rfind(|line| line.contains(&format!("in {theme}{no_color}."))).unwrap();
            let painted =
                if code.is_empty() { "bob: in".to_owned() } else { format!("\x1b[{code}bob\x1b[0m: in") };
            assert!(line.contains(&painted), "{theme} under {no_color:?}: {line:?}");
        }
        if no_color.is_empty() {
            ana.enters("/timestamp off");
            ana.sees("timestamp is off now");
            bob.says("no time");
            assert!(ana.sees("bob: no time").starts_with("bob: "));
        } else {
            ana.sees("nothing is coloured here");
            bob.says("are you there, ana?");
            ana.sees("are you there, ana?");
            assert!(
                ana.raw().contains("are you there, \x1b[1mana\x1b[0m?"),
                "bold is no colour: {:?}",
                ana.raw()
            );
            let codes: Vec<String> = renditions(&ana.raw());
            assert!(codes.iter().all(|code| matches!(&**code, "" | "0" | "1")), "{codes:?}");
        }
    }
}

/// The codes of all changes of how text looks (ECMA-48, 8.3.117).
fn renditions(raw: &str) -> Vec<String> {
    let rest = |piece: &str| {
        let (codes, _) = piece.split_once('m')?;
        codes.chars().all(|c| c.is_ascii_digit() || c == ';').then(|| codes.to_owned())
    };
    raw.split("\x1b[").skip(1).filter_map(rest).collect()
}

#[test]
fn plain_output_is_lines_and_nothing_else() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut bob = Native::hello(&daemon, "bob");
    let address = daemon.address().to_string();
    let mut ana = Terminal::start(&home, &[], &[&address, "--nick", "ana", "--plain-output"]);
    ana.sees("connected to");
    ana.types("hi\n");
    bob.sees_message("ana", "hi");
    let long = "ana: ".to_owned() + &"word ".repeat(40) + "end.";
    bob.says(&long);
    ana.sees("end.");
    assert!(ana.raw().contains(&long), "one line, as long as it is: {:?}", ana.raw());
    ana.types("/quit\n");
    assert_eq!(ana.exits(), 0);
    assert!(!ana.raw().contains(['\x1b', '\x07', '>']), "{:?}", ana.raw());
}

#[test]
fn midnight_passes_while_one_sits_there() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut bob = Native::hello(&daemon, "bob");
    // A zone in which it is midnight in a few seconds.
    let seconds = 24 * 3600 - MIDNIGHT_S - Timestamp::now().as_second().rem_euclid(24 * 3600);
    let (hours, minutes) = (seconds.div_euclid(3600), seconds.rem_euclid(3600) / 60);
    let zone = format!("XXX-{hours:02}:{minutes:02}:{:02}", seconds.rem_euclid(60));
    let address = daemon.address().to_string();
    let ana = Terminal::start(&home, &[("TZ", &zone)], &[&address, "--nick", "ana"]);
    ana.sees("in #lobby");
    let mut number = 0;
    let said = |rows: &[String], what: &str| rows.iter().position(|row| row.contains(what));
    eventually_within(2 * PATIENCE, "another day", || {
        number += 1;
        bob.says(&format!("number {number}."));
        ana.sees(&format!("number {number}."));
        ana.rows().iter().any(|row| row.starts_with("── 20")).then_some(())
    });
    let rows = ana.rows();
    let mark = said(&rows, "── 20");
    assert!(rows.iter().filter(|row| row.starts_with("── 20")).count() == 1, "{rows:#?}");
    let last_before = rows.iter().rposition(|row| row.starts_with("23:59") && row.contains("bob: "));
    let first_after = rows.iter().position(|row| row.starts_with("00:00") && row.contains("bob: "));
    assert!(last_before.is_none_or(|before| Some(before) < mark), "{rows:#?}");
    assert!(first_after > mark, "{rows:#?}");
}
