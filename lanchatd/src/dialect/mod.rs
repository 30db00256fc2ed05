//! Dialects: what clients of one kind write, and how they are written to.
//!
//! All share one port; the first bytes tell them apart ([`sniff`]). A dialect turns bytes into
//! [`Command`]s and what the hub says into bytes; no rule of the chat is in here.

pub mod http;
pub mod json;
mod past;
pub mod sniff;
pub mod text;
mod time;

use lanchat_protocol::text::LINES_MAX;

use crate::hub::{Command, Dialect, Encoding, Refusal};
use crate::timeline::{Encoder, TRACKS};

/// The text dialect: netcat, telnet, raw programs.
pub static TEXT: Dialect = Dialect {
    name: "text",
    here: Encoding { track: 0, event: text::words::event },
    elsewhere: Encoding { track: 1, event: text::words::event_elsewhere },
    needs_hello: false,
    acknowledges: false,
    talks_where_it_enters: true,
    lines_max: 1,
    reply: text::words::reply,
};

/// The native dialect: one JSON object a line.
pub static NATIVE: Dialect = Dialect {
    name: "native",
    here: Encoding { track: 2, event: json::event },
    elsewhere: Encoding { track: 2, event: json::event },
    needs_hello: true,
    acknowledges: true,
    talks_where_it_enters: false,
    lines_max: LINES_MAX,
    reply: json::reply,
};

/// All of them.
pub static ALL: [&Dialect; 2] = [&TEXT, &NATIVE];

/// How timelines are written, each way at its own track.
pub const ENCODERS: [Encoder; TRACKS] = [text::words::event, text::words::event_elsewhere, json::event];

/// Turns the bytes of one connection into commands.
#[derive(Debug)]
pub enum Decoder {
    /// Of a text client.
    Text(text::Reader),
    /// Of a native client.
    Native(json::Reader),
}

/// Takes what was understood: the id of the request, where it has one, and the request.
pub type Take<'t> = dyn FnMut(Option<&str>, Command) + 't;

impl Decoder {
    /// What arrived next.
    pub fn push(&mut self, chunk: &[u8], take: &mut Take) {
        match self {
            Self::Text(reader) => reader.push(chunk, take),
            Self::Native(reader) => reader.push(chunk, take),
        }
    }

    /// Whether a silence from here on means something: [`Decoder::quiet`] is to be called after it.
    pub fn minds_silence(&self) -> bool {
        match self {
            Self::Text(reader) => reader.minds_silence(),
            Self::Native(_) => false,
        }
    }

    /// Nothing has arrived for a moment.
    pub fn quiet(&mut self, take: &mut Take) {
        match self {
            Self::Text(reader) => reader.quiet(take),
            Self::Native(_) => {}
        }
    }

    /// The client will send nothing more.
    pub fn end(&mut self, take: &mut Take) {
        match self {
            Self::Text(reader) => reader.end(take),
            Self::Native(_) => {}
        }
    }

    /// What the protocol below the dialect has to answer by itself, if anything.
    pub fn take_answer(&mut self) -> Vec<u8> {
        match self {
            Self::Text(reader) => reader.take_answer(),
            Self::Native(_) => Vec::new(),
        }
    }

    /// The bound on lines has changed.
    pub fn set_line_bytes_max(&mut self, line_bytes_max: usize) {
        match self {
            Self::Text(reader) => reader.set_line_bytes_max(line_bytes_max),
            Self::Native(reader) => reader.set_line_bytes_max(line_bytes_max),
        }
    }
}

fn too_long(max: usize) -> Command<'static> {
    Command::Wrong(Refusal::LineTooLong { max })
}
