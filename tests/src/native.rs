//! A program that speaks the native dialect.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::Daemon;
use crate::wire::Wire;

/// A native client. Hanging up is dropping it.
#[derive(Debug)]
pub struct Native {
    wire: Wire,
    requests: u64,
}

impl Native {
    /// Connects and says nothing.
    #[track_caller]
    pub fn connect(daemon: &Daemon) -> Self {
        Self::connect_to(daemon.address())
    }

    /// Connects to this address, and says nothing.
    #[track_caller]
    pub fn connect_to(address: SocketAddr) -> Self {
        Self { wire: Wire::connect(address, "a native client"), requests: 0 }
    }

    /// Connects, says hello, and is welcome.
    #[track_caller]
    pub fn hello(daemon: &Daemon, nick: &str) -> Self {
        Self::hello_to(daemon.address(), nick)
    }

    /// The same at this address.
    #[track_caller]
    pub fn hello_to(address: SocketAddr, nick: &str) -> Self {
        let mut native = Self::connect_to(address);
        native.wire.set_name(&format!("{nick} (native)"));
        native.sends(&json!({ "type": "hello", "version": 1, "nick": nick }));
        let welcome = native.event("welcome");
        assert_eq!(welcome["nick"], nick, "{welcome}");
        native
    }

    /// Its own address, by which the daemon knows it.
    pub fn address(&self) -> SocketAddr {
        self.wire.local_address()
    }

    /// Sends a request as it is.
    #[track_caller]
    pub fn sends(&mut self, request: &Value) {
        self.sends_line(&request.to_string());
    }

    /// Sends a line that need not be a request.
    #[track_caller]
    pub fn sends_line(&mut self, line: &str) {
        self.wire.send(format!("{line}\n").as_bytes());
    }

    /// Sends a request with an id of its own, and waits for the answer to it.
    ///
    /// # Panics
    /// When the answer does not come within the deadline.
    #[track_caller]
    pub fn request(&mut self, mut request: Value) -> Value {
        self.requests += 1;
        let id = format!("request-{}", self.requests);
        request["id"] = id.as_str().into();
        self.sends(&request);
        self.sees(&format!("an answer to {request}"), |event| event["id"] == *id)
    }

    /// The same where the answer has to be of this type.
    ///
    /// # Panics
    /// When it is of another.
    #[track_caller]
    pub fn answered(&mut self, kind: &str, request: Value) -> Value {
        let answer = self.request(request);
        assert_eq!(answer["type"], kind, "{answer}");
        answer
    }

    /// Connects, says hello, and is in this room too.
    #[track_caller]
    pub fn hello_in(daemon: &Daemon, nick: &str, room: &str) -> Self {
        let mut native = Self::hello(daemon, nick);
        native.answered("joined", json!({ "type": "join", "room": room }));
        native
    }

    /// Says something in a room, or to `@somebody`, and waits for the acknowledgement.
    #[track_caller]
    pub fn says_in(&mut self, room: &str, text: &str) -> Value {
        self.answered("ack", json!({ "type": "say", "room": room, "text": text }))
    }

    /// Waits for a message of somebody, which has to be in this room.
    ///
    /// # Panics
    /// When it is in another.
    #[track_caller]
    pub fn sees_in(&mut self, room: &str, from: &str, text: &str) {
        let message = self.sees_message(from, text);
        assert_eq!(message["room"], room, "{message}");
    }

    /// Says something in the lobby, and waits for the acknowledgement. The answer is the position.
    ///
    /// # Panics
    /// When it is refused.
    #[track_caller]
    pub fn says(&mut self, text: &str) -> u64 {
        self.says_in("lobby", text)["pos"].as_u64().expect("a position is a number")
    }

    /// Waits for a message of somebody.
    #[track_caller]
    pub fn sees_message(&mut self, from: &str, text: &str) -> Value {
        self.sees(&format!("{from} saying {text:?}"), |event| {
            event["type"] == "message" && event["from"] == from && event["text"] == text
        })
    }

    /// Waits for the next event of this type.
    #[track_caller]
    pub fn event(&mut self, kind: &str) -> Value {
        self.sees(&format!("a {kind:?}"), |event| event["type"] == kind)
    }

    /// Waits for the next error, which has to have this code.
    #[track_caller]
    pub fn is_refused(&mut self, code: &str) -> Value {
        let error = self.event("error");
        assert_eq!(error["code"], code, "{error}");
        error
    }

    /// Makes sure that no event so far was `unwanted`. To be asked after something was seen that came later.
    #[track_caller]
    pub fn never_saw(&self, unwanted: impl Fn(&Value) -> bool) {
        let saw = self.events().into_iter().find(unwanted);
        assert_eq!(saw, None, "{}", self.wire.describe());
    }

    /// All events so far.
    pub fn events(&self) -> Vec<Value> {
        self.wire.lines().iter().map(|line| parse(line)).collect()
    }

    /// Waits until the daemon has closed the connection.
    #[track_caller]
    pub fn is_closed(&self) {
        self.wire.wait_closed();
    }

    /// Waits for an event that is wanted.
    #[track_caller]
    pub fn sees(&mut self, what: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        parse(&self.wire.wait(what, |line| is_wanted(&parse(line))))
    }
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("not an event ({error}): {line}"))
}
