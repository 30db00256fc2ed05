//! Something that says it is a relay.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::identity::Identity;

/// What it says to each line that it hears; nothing follows an empty line, with which it hangs up.
type Answers = dyn Fn(&str) -> Vec<String> + Send + Sync;

struct State {
    /// `None`: plain text is all it knows.
    tls: Option<Arc<ServerConfig>>,
    streams: Vec<TcpStream>,
    heard: Vec<String>,
}

/// A server that answers lines as it is told.
pub struct Impostor {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Impostor {
    /// One that takes everybody in, acknowledges what they say, and nothing else.
    pub fn start(identity: Option<&Identity>) -> Self {
        Self::that(identity, answer)
    }

    /// One that answers each line that it hears with these lines.
    ///
    /// # Panics
    /// When no port is free.
    pub fn that(
        identity: Option<&Identity>,
        answers: impl Fn(&str) -> Vec<String> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let tls = identity.map(Identity::server);
        let state = Arc::new(Mutex::new(State { tls, streams: Vec::new(), heard: Vec::new() }));
        let (shared, answers): (_, Arc<Answers>) = (Arc::clone(&state), Arc::new(answers));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let tls = {
                    let mut state = lock(&shared);
                    state.streams.extend(stream.try_clone());
                    state.tls.clone()
                };
                let (shared, answers) = (Arc::clone(&shared), Arc::clone(&answers));
                thread::spawn(move || {
                    // Whoever hangs up is not missed.
                    let _ = match tls {
                        None => converse(&stream, &shared, &answers),
                        Some(tls) => {
                            ServerConnection::new(tls).map_err(io::Error::other).and_then(|connection| {
                                converse(StreamOwned::new(connection, &stream), &shared, &answers)
                            })
                        }
                    };
                    stream.shutdown(Shutdown::Both)
                });
            }
        });
        Self { address, state }
    }

    /// Where a client connects to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on it shows this to whoever connects, and whoever is connected is hung up on.
    pub fn becomes(&self, identity: Option<&Identity>) {
        let mut state = lock(&self.state);
        state.tls = identity.map(Identity::server);
        for stream in state.streams.drain(..) {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Whoever is connected is hung up on.
    pub fn hangs_up(&self) {
        for stream in lock(&self.state).streams.drain(..) {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// All lines that it has heard.
    pub fn heard(&self) -> Vec<String> {
        lock(&self.state).heard.clone()
    }
}

/// What any relay says to this line.
pub fn answer(line: &str) -> Vec<String> {
    let Ok(request) = serde_json::from_str::<serde_json::Value>(line) else { return Vec::new() };
    let answer = match request["type"].as_str() {
        Some("hello") => serde_json::json!({
            "type": "welcome", "version": 1, "nick": request["nick"].as_str().unwrap_or("guest1"),
            "server": "impostor", "rooms": [{ "room": "lobby", "pos": 0 }],
            "limits": { "line_bytes_max": 4096, "messages_per_second_max": 0, "messages_burst_max": 0 },
        }),
        Some("say") => serde_json::json!({
            "type": "ack", "id": request["id"], "room": "lobby", "pos": 1, "time": "2026-11-23T10:00:00Z",
        }),
        Some("quit") => serde_json::json!({ "type": "bye", "code": "quit", "reason": "bye" }),
        _ => return Vec::new(),
    };
    vec![answer.to_string()]
}

fn converse(stream: impl Read + Write, state: &Mutex<State>, answers: &Arc<Answers>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line)? > 0 {
        lock(state).heard.push(line.trim_end().to_owned());
        for answer in answers(line.trim_end()) {
            if answer.is_empty() {
                return stream.get_mut().flush();
            }
            stream.get_mut().write_all(format!("{answer}\n").as_bytes())?;
        }
        stream.get_mut().flush()?;
        line.clear();
    }
    Ok(())
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
