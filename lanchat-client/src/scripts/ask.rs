//! `ask`: a question to a room, and the first answer that counts.

use lanchat_protocol::client::{Event, Past};
use lanchat_protocol::text::clean;
use serde::Serialize;

use super::choices::Choices;
use super::following::{Following, Start};
use super::said::object;
use super::{Business, Desk, Part};
use crate::arguments::Ask;
use crate::exit::Exit;
use crate::liaison::Turn;
use crate::outbox::Errand;
use crate::target::Target;
use crate::transcript::shorten;
use crate::wish::shown_nick;

/// How long an answer is waited for where nobody says how long, in milliseconds.
const TIMEOUT_MS: u64 = 300_000;

/// How long it may take to tell the room what came of it, in milliseconds.
const TELLING_MS: u64 = 5_000;

/// A question is cut to this many characters where its answer is told.
const QUESTION_CHARS_MAX: usize = 80;

#[derive(Debug)]
enum Stage {
    /// The question is to be asked, or on its way.
    Asking { is_out: bool },
    /// It was asked.
    Waiting(Box<Following>),
    /// The room is to be told what came of it: `None`: that is on its way.
    Telling(Option<String>),
    /// All is done.
    Over,
}

/// A question and what came of it.
#[derive(Debug)]
pub(super) struct Asked {
    /// Where, as the wire has it.
    place: String,
    question: String,
    choices: Choices,
    timeout_ms: u64,
    is_json: bool,
    stage: Stage,
    history: String,
    own_nick: String,
    /// How far the room was before the question.
    before: Option<u64>,
    /// The question was out when a connection was lost: somebody may have heard it, and the relay have forgotten it.
    was_lost: bool,
    /// When nobody waits any longer.
    deadline_ms: Option<u64>,
    exit: Option<Exit>,
}

/// An answer, for programs.
#[derive(Serialize)]
struct Answer<'a> {
    room: &'a str,
    question: &'a str,
    from: &'a str,
    choice: &'a str,
    text: &'a str,
    time: &'a str,
    pos: u64,
}

impl Asked {
    /// An error says what is wrong with the choices.
    pub(super) fn new(asked: &Ask) -> Result<Self, String> {
        let question = clean(&asked.question).trim().to_owned();
        if question.is_empty() {
            return Err("ask what? the question is empty".to_owned());
        }
        Ok(Self {
            place: asked.target.on_the_wire(),
            question,
            choices: Choices::new(&asked.choices)?,
            timeout_ms: asked.relay.person.timeout.unwrap_or(TIMEOUT_MS),
            is_json: asked.json,
            stage: Stage::Asking { is_out: false },
            history: String::new(),
            own_nick: String::new(),
            before: None,
            was_lost: false,
            deadline_ms: None,
            exit: None,
        })
    }

    /// The room has been entered, and is so far.
    fn entered(&mut self, room: &str, pos: u64) {
        if room == self.place {
            self.before.get_or_insert(pos);
        }
    }

    /// Looks at what was said for an answer.
    fn look(&mut self, desk: &mut Desk, now_ms: u64) {
        let Stage::Waiting(following) = &mut self.stage else { return };
        let news = following.take_news();
        let chosen = |message: &Past| {
            let is_own = *message.from == *self.own_nick || message.action;
            self.choices.chosen(&message.text, &self.own_nick).filter(|_| !is_own)
        };
        let answer = news.iter().find_map(|message| Some((message, chosen(message)?)));
        if let Some((message, choice)) = answer {
            self.answered(message, choice, desk, now_ms);
        }
    }

    fn answered(&mut self, message: &Past, choice: usize, desk: &mut Desk, now_ms: u64) {
        let (from, name) = (shown_nick(&message.from).unwrap_or_default(), self.choices.name(choice));
        if self.is_json {
            desk.print(&object(&Answer {
                room: &self.place,
                question: &self.question,
                from: &from,
                choice: name,
                text: &message.text,
                time: &message.time,
                pos: message.pos,
            }));
        } else {
            desk.print(&format!("{from}: {name}"));
        }
        let exit = if choice == 0 { Exit::Well } else { Exit::Failed };
        let told = format!("{name} ({from})");
        self.conclude(exit, &told, desk, now_ms);
    }

    /// It is decided; the room is told.
    fn conclude(&mut self, exit: Exit, outcome: &str, desk: &mut Desk, now_ms: u64) {
        self.exit = Some(exit);
        self.deadline_ms = None;
        let question = shorten(&self.question, QUESTION_CHARS_MAX);
        self.stage = Stage::Telling(Some(format!("{question} -> {outcome}")));
        desk.liaison.end_within(TELLING_MS, now_ms);
    }
}

impl Part for Asked {
    const FAILURE: Exit = Exit::Unable;
    const BUSINESS: Business = Business::Speaks;

    fn patience_ms(&self) -> Option<u64> {
        Some(self.timeout_ms)
    }

    fn hear(&mut self, turn: Turn, desk: &mut Desk, now_ms: u64) {
        match turn {
            Turn::Welcome { nick, history, rooms } => {
                self.own_nick = nick.into_owned();
                self.was_lost |= matches!(self.stage, Stage::Asking { is_out: true });
                for at in &rooms {
                    self.entered(&at.room, at.pos);
                }
                self.deadline_ms.get_or_insert(now_ms.saturating_add(self.timeout_ms));
                if let Stage::Waiting(following) = &mut self.stage
                    && following.welcome(&history)
                {
                    desk.liaison.complain("the relay's history is another one: an answer may be missing");
                }
                self.history = history.into_owned();
            }
            Turn::Done(Event::Joined { room, pos, .. }) => {
                if let Ok(target @ Target::Room(_)) = Target::parse(&room) {
                    self.place = target.on_the_wire();
                }
                self.entered(&room, pos);
            }
            Turn::Done(Event::Ack { pos, waits, .. }) => match self.stage {
                Stage::Asking { .. } => {
                    if waits {
                        desk.liaison
                            .complain(&format!("{} is not here: the question waits for them", self.place));
                    }
                    let begin = self.before.filter(|before| self.was_lost && *before < pos).unwrap_or(pos);
                    let mut following = Following::new(self.place.clone(), Start::Behind(begin), true);
                    following.welcome(&self.history);
                    self.stage = Stage::Waiting(following.into());
                    self.deadline_ms = Some(now_ms.saturating_add(self.timeout_ms));
                }
                Stage::Waiting(_) | Stage::Telling(_) | Stage::Over => {
                    self.stage = Stage::Over;
                    desk.liaison.say_goodbye(now_ms);
                }
            },
            Turn::Done(Event::History { messages, more, .. }) => {
                if let Stage::Waiting(following) = &mut self.stage
                    && let Err(why) = following.page(messages, more)
                {
                    desk.stop(why);
                }
            }
            Turn::Refused(_, _, message) if self.exit.is_some() => {
                desk.liaison.complain(&format!("the room was not told: {message}"));
                self.stage = Stage::Over;
                desk.liaison.say_goodbye(now_ms);
            }
            Turn::Refused(_, _, message) => desk.stop(&message),
            Turn::Unanswered(_, why) => desk.stop(why),
            Turn::Event(Event::Nick { nick, .. }) => self.own_nick = nick.into_owned(),
            Turn::Event(event) => {
                if let Stage::Waiting(following) = &mut self.stage {
                    if matches!(&event, Event::Parted { room, .. } if following.is_it(room)) {
                        desk.stop("you have been put out of the room");
                    }
                    following.hear(event);
                }
            }
            Turn::Done(..) | Turn::NoRoom(_) | Turn::Nothing => {}
        }
        self.look(desk, now_ms);
    }

    fn errand(&mut self, _: u64) -> Option<Errand> {
        let say = |to: &String, text: String| Errand::Say { to: to.clone(), text, action: false };
        match &mut self.stage {
            Stage::Asking { is_out } if *is_out => None,
            Stage::Asking { is_out } => {
                *is_out = true;
                Some(say(&self.place, format!("{} ({})", self.question, self.choices.shown())))
            }
            Stage::Waiting(following) => following.wants().map(Errand::History),
            Stage::Telling(text) => text.take().map(|text| say(&self.place, text)),
            Stage::Over => None,
        }
    }

    fn tick(&mut self, desk: &mut Desk, now_ms: u64) {
        if self.deadline_ms.is_none_or(|deadline_ms| now_ms < deadline_ms) {
            return;
        }
        self.deadline_ms = None;
        let is_online = desk.liaison.is_online();
        match &self.stage {
            // Nobody knows what was said meanwhile.
            Stage::Waiting(_) if is_online => {
                self.conclude(Exit::TimedOut, "nobody has answered in time", desk, now_ms);
            }
            _ => {
                let why =
                    desk.liaison.trouble().unwrap_or("the question was not acknowledged in time").to_owned();
                desk.stop(&why);
            }
        }
    }

    fn due_ms(&self) -> Option<u64> {
        self.deadline_ms
    }

    fn is_for_its_reader(&self) -> bool {
        false
    }

    fn exit(&self) -> Option<Exit> {
        self.exit
    }
}
