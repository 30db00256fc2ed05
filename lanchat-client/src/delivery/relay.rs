//! What the relay says, and what it means for the messages.

use lanchat_protocol::LOBBY;
use lanchat_protocol::client::{Code, Event};
use lanchat_protocol::text::clean;

use super::{Delivery, Events};
use crate::json;
use crate::liaison::{LOGIN_REQUIRED, Turn};
use crate::outbox::Errand;
use crate::target::Target;
use crate::transcript::quote;

impl Delivery {
    /// The relay sent a line.
    pub(super) fn hear_line(&mut self, line: &[u8], now_ms: u64) {
        let turn = self.liaison.hear(line, now_ms);
        let is_event = match turn {
            Turn::Welcome { .. } | Turn::Event(_) => true,
            Turn::Done(event) => {
                self.done(event);
                true
            }
            Turn::Refused(errand, code, message) => {
                self.refused(&errand, code, &message);
                true
            }
            Turn::Unanswered(settled, why) => {
                self.unanswered(settled.errand, why);
                false
            }
            // It asks for none that it would not open.
            Turn::NoRoom(_) | Turn::Nothing => false,
        };
        if is_event
            && matches!(self.events, Events::Printed)
            && let Some(object) = json::object(line)
        {
            self.output.push_str(&object);
            self.output.push('\n');
        }
        self.pump(now_ms);
    }

    /// What became of an errand is not to be known.
    pub(super) fn unanswered(&mut self, errand: Errand, why: &str) {
        if let Errand::Say { text, .. } = errand {
            let line = self.tally.named();
            return self.liaison.complain(&format!("{line}, {}, may not have arrived: {why}", quote(&text)));
        }
        let target = self.named_target();
        self.liaison.stop(format!("nothing can be sent to {target}: {why}"));
    }

    fn done(&mut self, event: Event) {
        match event {
            Event::Ack { waits, .. } => {
                self.tally.delivered += 1;
                if waits && !std::mem::replace(&mut self.told.absence, true) {
                    let who = self.named_target();
                    self.liaison.complain(&format!("{who} is not here: what is sent waits for them"));
                }
            }
            // What the relay calls the room is what the messages are for.
            Event::Joined { room, .. } => {
                if let Ok(target @ Target::Room(_)) = Target::parse(&room) {
                    self.target = Some(target);
                }
            }
            _ => {}
        }
    }

    /// Where the messages go, for people.
    fn named_target(&self) -> String {
        self.target.as_ref().map_or_else(|| format!("#{LOBBY}"), Target::to_string)
    }

    fn refused(&mut self, errand: &Errand, code: Code, message: &str) {
        if code == Code::LoginRequired {
            return self.liaison.stop(LOGIN_REQUIRED.to_owned());
        }
        let is_hopeless = matches!(
            code,
            Code::NoSuchRoom
                | Code::BadRoom
                | Code::NoSuchNick
                | Code::TooManyRooms
                | Code::LoginRequired
                | Code::Muted
                | Code::NotAllowed
        );
        if is_hopeless || matches!(errand, Errand::Join(_)) {
            // What was refused to one message would be to all.
            let target = self.named_target();
            return self.liaison.stop(format!("nothing can be sent to {target}: {}", clean(message)));
        }
        let lines = self.tally.out();
        self.liaison.complain(&format!("{lines} refused: {message}"));
    }
}
