//! The text dialect: lines of UTF-8, as netcat, telnet and raw programs send them.

mod manner;
mod past;
mod telnet;
pub(super) mod words;

use std::borrow::Cow;

use lanchat_protocol::client::Code;
use lanchat_protocol::lines::{Framer, Line};
use lanchat_protocol::password::Password;
use lanchat_protocol::{slash, text};

use super::Take;
use crate::hub::{Asked, Command, Proof, Refusal, Searched};
use manner::Manner;
use telnet::Telnet;

/// Turns a text client's bytes into commands.
#[derive(Debug)]
pub struct Reader {
    framer: Framer,
    line_bytes_max: usize,
    manner: Manner,
    telnet: Option<Box<Telnet>>,
    /// The last byte of the last chunk was a carriage return that ended a keyboard's line.
    has_ended_with_cr: bool,
    told_not_utf8: bool,
    /// A silence was spent on waiting for the rest of a character.
    has_waited: bool,
}

impl Reader {
    /// A reader of lines up to `line_bytes_max` bytes.
    pub fn new(line_bytes_max: usize) -> Self {
        Self {
            framer: Framer::new(line_bytes_max),
            line_bytes_max,
            manner: Manner::Unknown,
            telnet: None,
            has_ended_with_cr: false,
            told_not_utf8: false,
            has_waited: false,
        }
    }

    pub(super) fn set_line_bytes_max(&mut self, line_bytes_max: usize) {
        self.line_bytes_max = line_bytes_max;
        self.framer.set_line_bytes_max(line_bytes_max);
    }

    pub(super) fn push(&mut self, chunk: &[u8], take: &mut Take) {
        self.has_waited = false;
        let data = self.strip_telnet(chunk);
        let data = self.end_keyboard_lines(data);
        let unfinished = data.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        if unfinished.len() == data.len() {
            self.flush_before_chunk(unfinished, take);
        }
        let has_line_end = unfinished.len() < data.len();
        if has_line_end {
            self.manner = self.manner.after_line_end(self.is_telnet());
        }
        if !unfinished.is_empty() {
            self.manner = self.manner.after_piece(unfinished);
        }
        let mut lines = self.framer.push(&data);
        let mut decode = Decode { manner: self.manner, told_not_utf8: &mut self.told_not_utf8, take };
        while let Some(line) = lines.next() {
            match line {
                Line::Whole(line) => decode.line(line),
                Line::TooLong => (decode.take)(None, super::too_long(self.line_bytes_max)),
            }
        }
    }

    pub(super) fn minds_silence(&self) -> bool {
        self.manner == Manner::Chunks && (!self.framer.unfinished().is_empty() || self.framer.is_skipping())
    }

    pub(super) fn quiet(&mut self, take: &mut Take) {
        if !self.minds_silence() {
            return;
        }
        if self.framer.is_skipping() {
            // The over-long chunk was refused; what follows the silence is another one.
            self.framer = Framer::new(self.line_bytes_max);
            return;
        }
        // The rest of a character may still be on its way, but not for ever.
        let waits = is_cut_character(self.framer.unfinished()) && !self.has_waited;
        self.has_waited = waits;
        if !waits {
            self.flush(take);
        }
    }

    /// A keyboard's line that Enter never ended is not sent: nobody meant it to be.
    pub(super) fn end(&mut self, take: &mut Take) {
        if self.manner != Manner::Keyboard && !self.framer.unfinished().is_empty() {
            self.flush(take);
        }
    }

    pub(super) fn take_answer(&mut self) -> Vec<u8> {
        self.telnet.as_mut().map(|telnet| std::mem::take(&mut telnet.answer)).unwrap_or_default()
    }

    fn is_telnet(&self) -> bool {
        self.telnet.as_ref().is_some_and(|telnet| telnet.is_spoken)
    }

    fn flush(&mut self, take: &mut Take) {
        let line = self.framer.take_unfinished();
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        Decode { manner: self.manner, told_not_utf8: &mut self.told_not_utf8, take }.line(line);
    }

    /// Single characters, then a whole chunk: what was held back was a message of its own.
    fn flush_before_chunk(&mut self, piece: &[u8], take: &mut Take) {
        let seemed_keys = matches!(self.manner, Manner::OneKey | Manner::Keys);
        let is_chunk = self.manner.after_piece(piece) == Manner::Chunks;
        if seemed_keys && is_chunk && !is_cut_character(self.framer.unfinished()) {
            self.flush(take);
        }
    }

    fn strip_telnet<'a>(&mut self, chunk: &'a [u8]) -> Cow<'a, [u8]> {
        let concerns = match &self.telnet {
            Some(telnet) => telnet.concerns(chunk),
            None => Telnet::default().concerns(chunk),
        };
        if !concerns {
            return Cow::Borrowed(chunk);
        }
        let telnet = self.telnet.get_or_insert_default();
        let data = telnet.strip(chunk);
        if telnet.is_spoken {
            self.manner = self.manner.after_line_end(true);
        }
        Cow::Owned(data)
    }

    /// The Enter key of a keyboard may send CR, CR LF or (telnet) CR NUL: each ends one line.
    fn end_keyboard_lines<'a>(&mut self, data: Cow<'a, [u8]>) -> Cow<'a, [u8]> {
        let is_keyboard = matches!(self.manner, Manner::OneKey | Manner::Keys | Manner::Keyboard);
        if !is_keyboard || !(data.contains(&b'\r') || self.has_ended_with_cr) {
            return data;
        }
        let mut lines = Vec::with_capacity(data.len());
        for byte in data.iter().copied() {
            let follows_cr = std::mem::replace(&mut self.has_ended_with_cr, byte == b'\r');
            match byte {
                b'\r' => lines.push(b'\n'),
                b'\n' | 0 if follows_cr => {}
                _ => lines.push(byte),
            }
        }
        Cow::Owned(lines)
    }
}

/// What was typed of a command does not make one; nothing of it is repeated.
fn usage(name: &str) -> Command<'static> {
    let message = format!("usage: {}", slash::usage(name));
    Command::Wrong(Refusal::Misunderstood { code: Code::UnknownCommand, message })
}

/// Whether the last character has not arrived completely.
fn is_cut_character(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// What it takes to understand a line.
struct Decode<'r, 't> {
    manner: Manner,
    told_not_utf8: &'r mut bool,
    take: &'r mut Take<'t>,
}

impl Decode<'_, '_> {
    fn line(&mut self, line: &[u8]) {
        let is_keyboard = matches!(self.manner, Manner::Keys | Manner::Keyboard);
        let is_edited = is_keyboard && line.iter().any(|byte| matches!(byte, 0x08 | 0x15 | 0x7f));
        if is_edited { self.text(&manner::apply_erasures(line)) } else { self.text(line) }
    }

    fn text(&mut self, line: &[u8]) {
        let (line, was_repaired) = text::decode(line);
        if was_repaired && !std::mem::replace(self.told_not_utf8, true) {
            (self.take)(None, Command::Wrong(Refusal::NotUtf8));
        }
        let command = match slash::parse(&line) {
            slash::Typed::Say(text) => Command::Say { room: None, text, action: false },
            slash::Typed::Me(text) => Command::Say { room: None, text: text.into(), action: true },
            slash::Typed::Nick(nick) => Command::Nick(nick.into()),
            slash::Typed::Who(room) => Command::Who { room: room.map(Cow::Borrowed) },
            slash::Typed::Join(room) => Command::Join { room: Some(room.into()) },
            slash::Typed::Part(room) => Command::Part { room: room.map(Cow::Borrowed) },
            slash::Typed::Rooms => Command::Rooms,
            slash::Typed::Topic(topic) => Command::Topic {
                room: None,
                topic: topic.map(|topic| if topic == "-" { Cow::Borrowed("") } else { topic.into() }),
            },
            slash::Typed::Msg { nick, text } => Command::Say {
                room: Some(format!("@{}", nick.trim_start_matches('@')).into()),
                text: text.into(),
                action: false,
            },
            slash::Typed::Whois(nick) => Command::Whois(nick.into()),
            slash::Typed::Away(reason) => Command::Away { reason: reason.map(Cow::Borrowed) },
            slash::Typed::Back => Command::Back,
            slash::Typed::Ignore(nick) => Command::Ignore(nick.map(Cow::Borrowed)),
            slash::Typed::Unignore(nick) => Command::Unignore(nick.into()),
            slash::Typed::History(words) => {
                let (room, words) = lanchat_protocol::past::place(words);
                Command::History { room: room.map(Cow::Borrowed), asked: Asked::Typed(words.into()) }
            }
            slash::Typed::Search(line) => Command::Search(Searched::Typed(line.into())),
            slash::Typed::Register(words) => match slash::register(words) {
                Some((password, invite)) => {
                    Command::Register { password: Password::new(password), invite: invite.map(Password::new) }
                }
                None => usage("register"),
            },
            slash::Typed::Login(words) => match slash::login(words) {
                Some((nick, password)) => Command::Login {
                    nick: nick.map(Cow::Borrowed),
                    proof: Proof::Password(Password::new(password)),
                },
                None => usage("login"),
            },
            slash::Typed::Passwd(words) => match slash::passwd(words) {
                Some((old, new)) => Command::Passwd { old: Password::new(old), new: Password::new(new) },
                None => usage("passwd"),
            },
            slash::Typed::Logout => Command::Logout,
            slash::Typed::Order(order) => Command::Order { room: None, order },
            slash::Typed::Help => Command::Help,
            slash::Typed::Quit => Command::Quit,
            slash::Typed::Empty => return,
            slash::Typed::Wrong(wrong) => Command::Wrong(Refusal::Misunderstood {
                code: Code::UnknownCommand,
                message: wrong.to_string(),
            }),
        };
        (self.take)(None, command);
    }
}

#[cfg(test)]
mod tests;
