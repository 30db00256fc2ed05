//! What was said before, as `lanchat-client` shows it.

use lanchat_tests::{Daemon, Native, TempDir, Terminal, json};

/// A daemon that does not slow anybody down.
const QUICK: &str = "limits.messages_per_second_max = 0";

fn says(native: &mut Native, texts: &[&str]) {
    for text in texts {
        native.says(text);
    }
}

/// The rows that hold this, without the time before it.
fn rows(terminal: &Terminal, needle: &str) -> Vec<String> {
    let rows = terminal.rows();
    let words = |row: &String| row.find(needle).map(|at| row[at..].trim_end().to_owned());
    rows.iter().filter_map(words).collect()
}

#[test]
fn whoever_comes_sees_what_was_said_before_as_much_as_they_like() {
    let daemon = Daemon::with(QUICK);
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    for n in 1..=25 {
        bob.says(&format!("lobby{n}."));
        bob.says_in("ops", &format!("ops{n}."));
    }
    let home = TempDir::new();
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    ana.sees("bob: lobby25.");
    assert_eq!(rows(&ana, "bob: lobby").len(), 20);
    assert_eq!(rows(&ana, "lobby25.").len(), 1);
    ana.enters("/join ops");
    ana.sees("bob: ops25.");
    assert_eq!(rows(&ana, "bob: ops").len(), 20);
    let address = daemon.address().to_string();
    let few = Terminal::start(&home, &[], &[&address, "--nick", "few", "--backlog", "3", "--room", "ops"]);
    few.sees("bob: ops25.");
    few.sees("you talk in #ops now; 2 others are here");
    assert_eq!(
        rows(&few, "bob: "),
        ["bob: lobby23.", "bob: lobby24.", "bob: lobby25.", "bob: ops23.", "bob: ops24.", "bob: ops25."]
    );
    let none = Terminal::start(&home, &[], &[&address, "--nick", "none", "--backlog", "0"]);
    none.sees("in #lobby");
    bob.says("done");
    none.sees("bob: done");
    assert_eq!(rows(&none, "bob: "), ["bob: done"]);
}

#[test]
fn a_history_is_paged_through_with_the_command_that_is_told() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut bob = Native::hello(&daemon, "bob");
    says(&mut bob, &["one", "two", "three", "four", "five"]);
    let mut ana =
        Terminal::start(&home, &[], &[&daemon.address().to_string(), "--nick", "ana", "--backlog", "0"]);
    ana.sees("in #lobby");
    ana.enters("mine");
    bob.sees_message("ana", "mine");
    ana.enters("/history 2");
    ana.sees("ana: mine");
    ana.sees("* more was said before: /history more goes on");
    assert_eq!(rows(&ana, "bob: "), ["bob: five"]);
    ana.enters("/history more");
    ana.sees("bob: three");
    ana.enters("/history more");
    ana.sees("bob: one");
    ana.enters("/history more");
    ana.sees("* there is no more");
    assert_eq!(rows(&ana, "bob: "), ["bob: five", "bob: three", "bob: four", "bob: one", "bob: two"]);
    ana.enters("/history 1h");
    ana.sees("bob: two");
    ana.enters("/history since 2000-01-01 00:00");
    ana.enters("/history later");
    ana.sees("* write how long ago");
    bob.says_in("@ana", "psst");
    ana.sees("@bob: psst");
    ana.enters("/msg bob what?");
    ana.sees("-> @bob: what?");
    ana.enters("/history @bob");
    ana.sees("@bob bob: psst");
    ana.sees("@bob ana: what?");
}

#[test]
fn what_is_searched_for_is_found_with_the_newest_next_to_the_prompt() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut bob = Native::hello_in(&daemon, "bob", "ops");
    says(&mut bob, &["what is it?", "the DISK is full", "oh"]);
    bob.says_in("ops", "disk replaced");
    let mut ana = Terminal::start(
        &home,
        &[],
        &[&daemon.address().to_string(), "--nick", "ana", "--backlog", "0", "--room", "ops"],
    );
    ana.sees("you talk in #ops");
    ana.enters("/search disk");
    ana.sees("* found 2");
    ana.sees("#ops bob: disk replaced");
    let found: Vec<_> = ana.rows().into_iter().filter(|row| row.contains("bob: ")).collect();
    assert_eq!(found.len(), 4, "{found:#?}");
    for (row, words) in
        found.iter().zip(["bob: what is it?", "#lobby bob: the DISK is full", "bob: oh", "#ops bob: disk"])
    {
        assert!(row.contains(words), "{found:#?}");
    }
    assert!(found[0].starts_with("    ") && found[2].starts_with("    "), "{found:#?}");
    assert!(ana.raw().contains("the \x1b[1mDISK\x1b[0m is full"));
    ana.enters("/search disk in:lobby from:bob after:1h");
    ana.sees("* found 1");
    ana.enters("/search nothing-of-this");
    ana.sees("* nothing found");
    ana.enters("/search disk before:soon");
    ana.sees("* before: write how long ago");
    ana.types("/search disk in:o\t");
    ana.has_line("#ops ana> /search disk in:ops ");
}

#[test]
fn more_than_is_found_at_once_is_found_with_the_command_that_is_told() {
    let (daemon, home) = (Daemon::with(QUICK), TempDir::new());
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    for n in 1..=15 {
        bob.says(&format!("disk{n}."));
    }
    ana.sees("disk15.");
    ana.enters("/find disk");
    let told = ana.sees("* found 10; for older ones: ");
    let command = told.split_once("ones: ").unwrap().1.trim_end().to_owned();
    assert!(command.starts_with("/search disk before:20"), "{command}");
    ana.enters(&command);
    ana.sees("* found ");
    let row = ana.sees("#lobby bob: disk1.");
    assert!(row.starts_with("20"), "{row}");
}

#[test]
fn a_relay_that_keeps_nothing_says_so() {
    let daemon = Daemon::with("limits.messages_per_second_max = 0\nstore.path = \"\"");
    let home = TempDir::new();
    let mut ana = Terminal::named(&home, daemon.address(), "ana");
    let mut bob = Native::hello(&daemon, "bob");
    bob.request(json!({ "type": "say", "text": "hi" }));
    ana.sees("bob: hi");
    ana.enters("/search hi");
    ana.sees("* ");
    ana.has_line("#lobby ana> ");
    ana.enters("/history");
    ana.has_line("#lobby ana> ");
}
