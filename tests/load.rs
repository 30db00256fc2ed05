//! `lanchat-load` finds what a relay does wrong, and measures one that does nothing wrong.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

use lanchat_tests::{Ran, program, run};

fn load(arguments: &[&str]) -> Ran {
    run(Command::new(env!("CARGO_BIN_EXE_lanchat-load")).args(arguments))
}

/// With a relay of its own.
fn load_lanchatd(arguments: &[&str]) -> Ran {
    let lanchatd = program("lanchatd");
    load(&[&["--program", lanchatd.to_str().unwrap()], arguments].concat())
}

/// What is wrong with a [`SloppyRelay`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    Drops,
    Doubles,
    Tears,
    Swaps,
    HangsUp,
}

/// The flaw shows in every so manieth line.
const FLAWED: usize = 50;

/// A relay for text clients that makes mistakes.
struct SloppyRelay {
    flaw: Flaw,
    room: Mutex<Room>,
}

#[derive(Default)]
struct Room {
    people: Vec<(u16, TcpStream)>,
    lines: usize,
    held_back: Vec<u8>,
}

impl SloppyRelay {
    /// Serves until the test ends.
    fn start(flaw: Flaw) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let relay = Arc::new(Self { flaw, room: Mutex::default() });
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (relay, stream) = (relay.clone(), stream.unwrap());
                std::thread::spawn(move || relay.serve(stream));
            }
        });
        address
    }

    fn serve(&self, mut stream: TcpStream) {
        let id = stream.peer_addr().unwrap().port();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        {
            // Whoever has been welcomed is in the room.
            let mut room = self.room.lock().unwrap();
            room.people.push((id, stream.try_clone().unwrap()));
            // Who has left cannot be written to.
            let _ = stream.write_all(b"* Welcome\n");
        }
        let mut nick = "guest".to_owned();
        for line in lines.map_while(Result::ok) {
            if let Some(name) = line.strip_prefix("/nick ") {
                name.clone_into(&mut nick);
                let _ = writeln!(stream, "* you are now {nick}");
            } else {
                self.room.lock().unwrap().relay(self.flaw, id, format!("{nick}: {line}\n").into_bytes());
            }
        }
        self.room.lock().unwrap().people.retain(|(other, _)| *other != id);
    }
}

impl Room {
    fn relay(&mut self, flaw: Flaw, from: u16, line: Vec<u8>) {
        self.lines += 1;
        let held_back = std::mem::take(&mut self.held_back);
        let mut bytes = [&line[..], &held_back].concat();
        if self.lines.is_multiple_of(FLAWED) {
            match flaw {
                Flaw::None => {}
                Flaw::Drops => bytes.clear(),
                Flaw::Doubles => bytes = line.repeat(2),
                Flaw::Tears => drop(bytes.drain(20..40)),
                Flaw::Swaps => self.held_back = std::mem::take(&mut bytes),
                Flaw::HangsUp => {
                    if let Some((_, stream)) = self.people.iter().find(|(id, _)| *id != from) {
                        let _ = stream.shutdown(std::net::Shutdown::Both);
                    }
                }
            }
        }
        for (_, stream) in self.people.iter_mut().filter(|(id, _)| *id != from) {
            let _ = stream.write_all(&bytes);
        }
    }
}

/// As the relay lives in this process, what it uses is what the test uses.
fn load_sloppy(flaw: Flaw) -> Ran {
    let (address, pid) = (SloppyRelay::start(flaw).to_string(), std::process::id().to_string());
    let sizes = ["--receivers", "4", "--seconds", "0.2", "--patience", "2"];
    load(&[&["max", "--addr", &address, "--pid", &pid], &sizes[..]].concat())
}

#[test]
fn every_scenario_finds_nothing_wrong_with_lanchatd() {
    let ran =
        load_lanchatd(&["--receivers", "10", "--native", "30", "--seconds", "0.2", "--runs", "1"]).exits(0);
    let lines: Vec<_> = ran.out.lines().collect();
    assert!(lines[0].contains("Linux ") && lines[0].contains("lanchatd "), "{}", ran.out);
    assert!(lines[1].starts_with("SCENARIO"), "{}", ran.out);
    for name in ["max", "paced", "idle", "storm", "slow"] {
        let row = lines.iter().find(|line| line.starts_with(name)).unwrap();
        assert!(row.contains(" 30% ") && row.contains(" ok"), "{}", ran.out);
    }
    assert!(ran.out.contains("cycles/s") && ran.out.contains("speed kept"), "{}", ran.out);
}

#[test]
fn each_run_is_a_line_of_json_with_figures() {
    let ran = load_lanchatd(&[
        "max",
        "--receivers",
        "10",
        "--publishers",
        "3",
        "--native",
        "50",
        "--seconds",
        "0.2",
        "--runs",
        "2",
        "--json",
    ])
    .exits(0);
    assert_eq!(ran.out.lines().count(), 2, "{}", ran.out);
    for line in ran.out.lines() {
        let line: lanchat_tests::Value = serde_json::from_str(line).unwrap();
        assert_eq!((&line["scenario"], &line["ok"]), (&"max".into(), &true.into()));
        for name in ["deliveries_per_s", "p50_us", "max_us", "relay_ns_per_delivery", "load_ns_per_delivery"]
        {
            assert!(line["figures"][name].as_f64() > Some(0.0), "{name}: {line}");
        }
    }
}

#[test]
fn a_relay_that_keeps_every_promise_is_ok_and_each_mistake_is_named() {
    assert!(load_sloppy(Flaw::None).exits(0).out.contains(" ok"));
    for (flaw, verdict) in [
        (Flaw::Drops, "LOST "),
        (Flaw::Doubles, "DOUBLE "),
        (Flaw::Tears, "TORN "),
        (Flaw::Swaps, "OUT OF ORDER "),
        (Flaw::HangsUp, "DISCONNECTED "),
    ] {
        let ran = load_sloppy(flaw).exits(1);
        assert!(ran.out.contains(verdict), "{flaw:?}: {}", ran.out);
    }
}

#[test]
fn only_relays_on_this_machine_are_loaded() {
    let ran = load(&["max", "--addr", "192.168.1.1:5555", "--pid", "1"]).exits(2);
    assert!(ran.err.contains("only loopback addresses"), "{}", ran.err);
}

#[test]
fn what_cannot_be_measured_is_said_with_what_to_do() {
    let ran = load_lanchatd(&["idle", "--set", "limits.nonsense=1"]).exits(1);
    assert!(ran.err.contains("limits.nonsense is unknown"), "{}", ran.err);
    let ran = load_lanchatd(&["idle", "--receivers", "10", "--set", "limits.connections_max=5"]).exits(1);
    assert!(ran.err.contains("did not get into the room") && ran.err.contains("full"), "{}", ran.err);
    let ran = load(&["idle", "--program", "/nowhere/lanchatd"]).exits(1);
    assert!(ran.err.contains("cannot start /nowhere/lanchatd"), "{}", ran.err);
    let mut few = Command::new("sh");
    few.args(["-c", "ulimit -n 256; exec \"$0\" idle", env!("CARGO_BIN_EXE_lanchat-load")]);
    let ran = run(&mut few).exits(1);
    assert!(ran.err.contains("needs 2,057 descriptors, the hard limit is 256"), "{}", ran.err);
}

#[test]
fn what_a_relay_said_when_it_took_nothing_more_is_shown() {
    let ran = load_lanchatd(&[
        "max",
        "--receivers",
        "2",
        "--seconds",
        "0.2",
        "--patience",
        "1",
        "--set",
        "limits.messages_per_second_max=20",
    ])
    .exits(1);
    assert!(ran.out.contains("LOST "), "{}", ran.out);
    assert!(ran.err.contains("last word to the first publisher: * too fast"), "{}", ran.err);
}
