use super::*;
use std::sync::{Arc, mpsc};
use std::thread;

#[test]
fn the_printer_waits_for_the_prompt() {
    let gate = Arc::new(Gate::new());
    let (sender, receiver) = mpsc::channel();
    let printer = thread::spawn({
        let gate = Arc::clone(&gate);
        move || {
            sender.send(gate.enter()).unwrap();
            gate.printed();
        }
    });
    gate.starts("ana> ", false);
    assert!(receiver.try_recv().is_err());
    gate.drawn();
    assert_eq!(receiver.recv(), Ok(Way::Editor));
    printer.join().unwrap();
    assert!(!gate.has_shown());
    gate.drawn();
    assert!(gate.has_shown());
}

#[test]
fn a_line_is_complete_only_when_the_printer_is_out_of_the_way() {
    let gate = Arc::new(Gate::new());
    gate.starts("ana> ", false);
    gate.drawn();
    assert_eq!(gate.enter(), Way::Editor);
    let closing = thread::spawn({
        let gate = Arc::clone(&gate);
        move || gate.closes()
    });
    gate.printed();
    closing.join().unwrap();
    gate.drawn();
    assert_eq!(gate.lock().phase, Phase::Between, "only the next line opens what was closed");
}

#[test]
fn a_printer_that_waits_for_the_editor_holds_nobody_up() {
    let gate = Gate::new();
    gate.starts("ana> ", false);
    gate.drawn();
    gate.enter();
    gate.closes();
}

#[test]
fn nothing_is_printed_while_a_line_is_about_to_end_and_a_lost_signal_holds_nobody_up() {
    let gate = Gate::new();
    gate.starts("ana> ", false);
    gate.drawn();
    let signalled = Instant::now();
    // As if begun anew, without the signal, which would end the tests.
    (gate.lock().anew, gate.lock().signalled) = (Some(Anew::Stale), Some(signalled));
    assert!(gate.lock().is_ending());
    assert_eq!(gate.enter(), Way::Editor);
    assert!(signalled.elapsed() >= SIGNAL_MAX);
}

#[test]
fn between_two_lines_nothing_begins_anew() {
    let gate = Gate::new();
    gate.continues();
    assert_eq!((gate.take_anew(), gate.has_signalled()), (None, false));
}

#[test]
fn what_stops_the_program_is_waited_out() {
    let gate = Gate::new();
    let stop = || {
        gate.continues();
        Ok(())
    };
    gate.stop(stop, Duration::MAX);
    gate.stop(|| Ok(()), Duration::from_millis(1)); // does not stop it
}

#[test]
fn who_presses_ctrl_c_twice_in_time_and_types_nothing_between_insists_on_leaving() {
    let gate = Gate::new();
    assert_eq!([gate.insists(), gate.insists()], [false, true]);
    gate.edited("", 0);
    assert!(gate.insists());
    gate.edited("x", 1);
    assert!(!gate.insists());
    gate.lock().interrupted = Instant::now().checked_sub(LEAVING_MAX);
    assert!(!gate.insists(), "too late");
    gate.lock().interrupted = Instant::now().checked_sub(LEAVING_MAX / 2);
    assert!(gate.insists());
}

#[test]
fn without_an_editor_the_terminal_is_free() {
    let gate = Gate::new();
    gate.ends();
    assert_eq!(gate.enter(), Way::Terminal);
}

#[test]
fn a_pasted_text_is_told_from_a_pasted_line_and_from_what_is_typed() {
    let gate = Gate::new();
    gate.starts("ana> ", false);
    for (pasted, is_text) in [("one", false), ("one\n", false), ("\none\n", false), ("one\ntwo", true)] {
        gate.pastes("ab", 1);
        assert_eq!(gate.edited(&format!("a{pasted}b"), 1 + pasted.len()), is_text, "{pasted:?}");
        let before = Draft { text: "ab".to_owned(), cursor: 1 };
        let expected = is_text.then(|| Pasted { before, text: pasted.to_owned() });
        assert_eq!(gate.take_pasted(), expected);
        assert!(!gate.edited("a\n\nb\nc", 6), "typed");
    }
    gate.starts("really? ", true);
    gate.pastes("", 0);
    assert!(!gate.edited("one\ntwo", 7), "an answer");
}

#[test]
fn what_is_typed_while_a_line_ends_is_kept_up_to_enter() {
    let gate = Gate::new();
    gate.starts("ana> ", false);
    assert!(!gate.is_vanishing());
    gate.ends_line(Anew::Room(Which::Next));
    assert!(gate.is_vanishing());
    for key in [Some('a'), None, Some('b')] {
        gate.is_typed_ahead(key, false);
    }
    gate.is_typed_ahead(None, true);
    gate.is_typed_ahead(Some('c'), false);
    assert_eq!(gate.take_ahead(), Ahead { text: "ab".to_owned(), is_entered: true });
    assert_eq!(gate.take_ahead(), Ahead::default());
}
