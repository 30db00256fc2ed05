//! What the person is asked at the prompt: their answers are edited like lines, while messages appear above.

use std::sync::atomic::Ordering;

use lanchat_protocol::password::Password;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::paste::{Answer, Paste};
use super::{Ended, Over, Prompt};
use crate::claim::{Asked, Claim};
use crate::gate::{Anew, Draft};
use crate::helper::screen::Screen;
use crate::input::Input;
use crate::printer;

impl Prompt {
    /// Reads an answer that begins with `draft`, through all that only has the line begin anew. If the program is about
    /// to end, the person has left the line.
    pub(super) fn edit_answer(&mut self, question: &str, draft: &mut Draft) -> Ended {
        while !self.leaving.load(Ordering::SeqCst) {
            // The prompt that follows is drawn by itself.
            let _ = self.status.draw();
            let ended = self.edit(question, draft, true);
            *draft = self.gate.draft();
            match ended {
                Ended::Anew(Anew::Searched) => return ended,
                Ended::Anew(Anew::Argument) => *draft = std::mem::take(draft).with(&self.gate.take_ahead()),
                Ended::Anew(why) => self.go_on(why),
                Ended::Disturbed => {}
                Ended::Entered(_) | Ended::NotUtf8 | Ended::Left | Ended::Failed(_) => return ended,
            }
        }
        Ended::Left
    }

    /// Asks what becomes of a pasted text.
    pub(super) fn ask_about_paste(
        &mut self,
        whole: Draft,
        lines: &mpsc::Sender<Input>,
    ) -> Result<Draft, Over> {
        let ahead = self.gate.take_ahead();
        let Some(pasted) = self.gate.take_pasted() else { return Ok(whole) };
        let room = self.status.here().unwrap_or_default();
        let paste = Paste::new(pasted, whole, &room, self.status.line_bytes_max());
        if let Some(refusal) = paste.refusal() {
            printer::complain(&refusal);
            return Ok(paste.into_before());
        }
        let can_edit = Screen::now().fits(&self.gate.prompt(), &paste.whole().text);
        let question = paste.question(can_edit);
        let mut answer = Draft::default().with(&ahead);
        let mut is_entered = ahead.is_entered;
        loop {
            let ended = if std::mem::take(&mut is_entered) {
                let _ = printer::write(&format!("{question}{}\n", answer.text));
                Ended::Entered(answer.text.clone())
            } else {
                self.edit_answer(&question, &mut answer)
            };
            match ended {
                Ended::Entered(line) => match Answer::of(&line, can_edit) {
                    Answer::Send => {
                        self.remember(&paste.whole().text);
                        self.hand(paste.into_input(), lines)?;
                        return Ok(Draft::default());
                    }
                    Answer::Discard => return Ok(paste.into_before()),
                    Answer::Edit => return Ok(paste.whole().clone()),
                    Answer::Unclear => answer = Draft::default(),
                },
                Ended::Anew(_) | Ended::Disturbed | Ended::NotUtf8 => {}
                Ended::Left => return Ok(paste.into_before()),
                Ended::Failed(error) => return Over::failed(error, lines),
            }
        }
    }

    /// Asks for passwords, which are neither shown nor remembered.
    pub(super) fn ask(&mut self, asked: Asked) -> Result<Claim, &'static str> {
        let answers = asked.questions().iter().map_while(|question| self.ask_one(question)).collect();
        asked.answered(answers)
    }

    fn ask_one(&mut self, question: &str) -> Option<Password> {
        self.is_hidden.store(true, Ordering::SeqCst);
        let answer = match self.edit_answer(question, &mut Draft::default()) {
            Ended::Entered(line) => Some(Password::new(&Zeroizing::new(line))),
            // The person has thought better of it.
            Ended::Anew(_) | Ended::Disturbed | Ended::NotUtf8 | Ended::Left | Ended::Failed(_) => None,
        };
        self.gate.edited("", 0);
        self.is_hidden.store(false, Ordering::SeqCst);
        answer
    }
}
