//! Chatting at a terminal: carries bytes, lines and time between the network, the conversation and the
//! console. Decides nothing.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lanchat_protocol::client::Hello;
use lanchat_protocol::lines::Line;
use lanchat_protocol::password::Password;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM};
use signal_hook_tokio::Signals;
use tokio::time::{Instant, sleep_until};

use crate::arguments::Arguments;
use crate::claim::Proof;
use crate::colour::{Emphasis, Palette};
use crate::console::{Console, Turn, restore_on_panic};
use crate::contact::Contact;
use crate::conversation::{Conversation, Shown, Verdict};
use crate::exit::{End, Exit};
use crate::files;
use crate::history;
use crate::input::Input;
use crate::introduction;
use crate::network::{Network, News};
use crate::nickname;
use crate::printer::complain;
use crate::run;
use crate::settings::Settings;
use crate::status::Status;
use crate::transcript::Transcript;
use crate::trust::Trust;

/// How long after a prompt that was to be drawn anew it is looked at again, in milliseconds.
const STALE_MS: u64 = 120;

/// Chats until the person leaves.
pub(crate) async fn chat(arguments: Arguments, mut contact: Contact, settings: Settings) -> End {
    restore_on_panic();
    let mut trust = match introduction::trust(&contact) {
        Ok(trust) => trust,
        Err(error) => return End::unconnected(&error),
    };
    if let Err(error) = introduction::introduce(&mut trust).await {
        return End::unconnected(&error);
    }
    nickname::ask(&mut contact);
    let proof = match Proof::of(&contact) {
        Ok(proof) => proof,
        Err(why) => return End::failed(why),
    };
    let signals = match Signals::new([SIGTERM, SIGHUP, SIGINT, SIGCONT]) {
        Ok(signals) => signals,
        Err(error) => return End::failed(format!("cannot watch for signals: {error}")),
    };
    let end = Chat::new(&arguments, &contact, settings, trust, proof).run(signals).await;
    end.unwrap_or_else(|error| End::failed(format!("cannot use the terminal: {error}")))
}

struct Chat {
    conversation: Conversation,
    network: Network,
    /// From the first welcome on.
    console: Option<Console>,
    status: Arc<Status>,
    emphasis: Emphasis,
    /// Plain lines are wanted, and no prompt.
    is_plain: bool,
    start: Instant,
    /// The prompt says what is not so any more.
    is_stale: bool,
    /// Why nothing can be typed any more.
    failure: Option<String>,
}

impl Chat {
    fn new(arguments: &Arguments, contact: &Contact, settings: Settings, trust: Trust, proof: Proof) -> Self {
        let palette = if settings.plain_output { Palette::PLAIN } else { Palette::of_surroundings() };
        let hello =
            Hello { client: Some(run::token().into()), backlog: arguments.backlog, ..Hello::default() };
        let hello = proof.into_hello(hello);
        let is_private = !contact.wanted.plain;
        let transcript = Transcript::new(TimeZone::system(), palette);
        let (relay, rooms, wish) = (trust.address().to_string(), arguments.rooms(contact), contact.wish());
        let mut conversation =
            Conversation::new(relay, rooms, wish, transcript, hello, arguments.json, is_private);
        conversation.set(settings);
        conversation.is_invited(contact.link.invite.as_deref().map(Password::new));
        Self {
            conversation,
            network: Network::new(trust),
            console: None,
            status: Arc::new(Status::default()),
            emphasis: Emphasis::default(),
            is_plain: settings.plain_output,
            start: Instant::now(),
            is_stale: false,
            failure: None,
        }
    }

    async fn run(mut self, mut signals: Signals) -> io::Result<End> {
        let end = loop {
            if let Some(end) = self.settle()? {
                break end;
            }
            let due_ms = self.due_ms();
            tokio::select! {
                // In the order of what must not wait. Neither signals nor a person can keep the network
                // from its turn; a busy network could keep them from theirs.
                biased;
                signal = signals.next() => self.take_signal(signal),
                turn = turn(&mut self.console) => {
                    if let Some(end) = self.take_turn(turn) {
                        break end;
                    }
                }
                news = self.network.next() => self.take_news(news),
                () = sleep(self.start, due_ms) => self.conversation.tick(self.now_ms()),
            }
        };
        self.close(end).await
    }

    /// Carries what the conversation has produced to where it belongs.
    fn settle(&mut self) -> io::Result<Option<End>> {
        let end = match self.conversation.take_verdict() {
            Some(Verdict::End(end)) => Some(end),
            Some(Verdict::HangUp(why)) => {
                self.network.hang_up();
                self.conversation.lost(&why);
                return self.settle();
            }
            None => None,
        };
        let unsent = self.conversation.take_unsent();
        if let Some(link) = self.network.link() {
            link.send(&unsent);
        }
        self.status.set(self.conversation.standing());
        self.emphasis.set(self.conversation.palette());
        if self.console.is_none() && self.conversation.was_welcome() {
            let history = files::path(history::FILE, |name| std::env::var_os(name));
            let known = self.conversation.known().clone();
            let (status, emphasis) = (Arc::clone(&self.status), self.emphasis.clone());
            let console = Console::open(status, known, emphasis, history, self.is_plain)?;
            if !console.has_prompt() {
                self.conversation.has_no_prompt();
            }
            self.console = Some(console);
        }
        if let Some(console) = &mut self.console {
            console.show(self.conversation.take_shown());
            self.is_stale = end.is_none() && console.freshen();
        }
        Ok(end)
    }

    /// A second signal to end does not wait.
    fn take_signal(&mut self, signal: Option<i32>) {
        let console = self.console.as_ref();
        if signal == Some(SIGCONT) {
            console.into_iter().for_each(Console::continues);
        } else if signal == Some(SIGINT) && console.is_some_and(Console::has_signalled) {
            // It was to wake the editor, which was done with its line before.
        } else if self.conversation.is_leaving() {
            self.conversation.go();
        } else {
            self.conversation.leave(self.now_ms());
        }
    }

    fn take_turn(&mut self, turn: Turn) -> Option<End> {
        let now_ms = self.now_ms();
        match turn {
            Turn::Typed(Some(Input::Line { text, .. })) => {
                self.conversation.typed(&text, now_ms, Timestamp::now());
                self.took();
            }
            Turn::Typed(Some(Input::Pasted { text, is_said })) => {
                self.conversation.pasted(&text, is_said, now_ms, Timestamp::now());
                self.took();
            }
            Turn::Typed(Some(Input::Talk(room))) => {
                self.conversation.talks_in(&room);
                self.took();
            }
            Turn::Typed(Some(Input::Claim(claim))) => {
                self.conversation.claims(claim, now_ms);
                self.took();
            }
            Turn::Typed(Some(Input::TooLong)) => complain("lanchat-client: that line was too long"),
            Turn::Typed(Some(Input::Failed(error))) => {
                self.failure = Some(format!("cannot read from the terminal: {error}"));
                self.conversation.leave(now_ms);
            }
            Turn::Typed(None) => self.conversation.leave(now_ms),
            Turn::Shown => {}
            // As if killed by SIGPIPE, but with the terminal in order: `lanchat-client | head` is no failure.
            Turn::Closed => return Some(End::well()),
        }
        None
    }

    /// The prompt may go on with what was typed.
    fn took(&self) {
        self.status.set(self.conversation.standing());
        self.console.iter().for_each(Console::handled);
    }

    fn take_news(&mut self, news: News) {
        let now_ms = self.now_ms();
        match news {
            News::Connected => self.conversation.connected(now_ms),
            News::Lost(why) => self.conversation.lost(&why),
            News::Failed(error) if error.is_distrust() => self.conversation.distrusted(&error.to_string()),
            News::Failed(error) => self.conversation.failed(&error.to_string()),
            News::Bytes(count) => {
                self.conversation.stir(now_ms);
                let wall = Timestamp::now();
                let Some(link) = self.network.link() else { return };
                let mut lines = link.lines(count);
                while let Some(line) = lines.next() {
                    match line {
                        Line::Whole(line) => self.conversation.hear(line, now_ms, wall),
                        Line::TooLong => self.conversation.overheard(now_ms),
                    }
                }
            }
        }
    }

    async fn close(mut self, mut end: End) -> io::Result<End> {
        if end.exit == Exit::Well && self.failure.is_some() {
            end = End { exit: Exit::Failed, words: self.failure.take() };
        }
        let last: Vec<Shown> = self.conversation.take_shown().collect();
        match self.console {
            Some(mut console) => {
                console.show(last);
                console.close().await;
            }
            None => last.into_iter().for_each(|shown| complain(&shown.into_line())),
        }
        Ok(end)
    }

    fn due_ms(&self) -> Option<u64> {
        let stale_ms = self.is_stale.then(|| self.now_ms().saturating_add(STALE_MS));
        [stale_ms, self.conversation.due_ms()].into_iter().flatten().min()
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

async fn turn(console: &mut Option<Console>) -> Turn {
    match console {
        Some(console) => console.next().await,
        None => pending().await,
    }
}

/// Sleeps until `due_ms` after `start`, or for ever.
async fn sleep(start: Instant, due_ms: Option<u64>) {
    match due_ms {
        Some(due_ms) => sleep_until(start + Duration::from_millis(due_ms)).await,
        None => pending().await,
    }
}
