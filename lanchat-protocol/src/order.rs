//! What somebody asks for to keep order, `/mute bob 1h spam`, and what others are told of it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::moment;

/// What is asked for. Strings have not passed the sanitiser yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order<'a> {
    /// Puts somebody out of a room for a minute.
    Kick {
        /// Whom.
        nick: Cow<'a, str>,
        /// What they and the room are told.
        reason: Option<Cow<'a, str>>,
    },
    /// Lets nobody in of whom this is true, and ends the connections of those who are here.
    Ban {
        /// `account:ana`, a nick or a pattern of nicks such as `spam*`, an address or a network.
        whom: Cow<'a, str>,
        /// For how long, in milliseconds; `None`: for good.
        for_ms: Option<i64>,
        /// What they are told.
        reason: Option<Cow<'a, str>>,
    },
    /// Ends a ban.
    Unban {
        /// As the list of bans shows it.
        whom: Cow<'a, str>,
    },
    /// Asks for the list of bans.
    Bans,
    /// Lets somebody say nothing.
    Mute {
        /// Whom.
        nick: Cow<'a, str>,
        /// For how long, in milliseconds; `None`: for good.
        for_ms: Option<i64>,
        /// What they are told.
        reason: Option<Cow<'a, str>>,
    },
    /// Lets somebody speak again.
    Unmute {
        /// Whom.
        nick: Cow<'a, str>,
    },
    /// Makes somebody an operator of a room.
    Op {
        /// Whom.
        nick: Cow<'a, str>,
    },
    /// Makes somebody an operator no longer.
    Deop {
        /// Whom.
        nick: Cow<'a, str>,
    },
    /// Lets somebody speak in a moderated room.
    Voice {
        /// Whom.
        nick: Cow<'a, str>,
    },
    /// Lets somebody speak there no longer.
    Devoice {
        /// Whom.
        nick: Cow<'a, str>,
    },
    /// Lets somebody into a room that is private or locked.
    Invite {
        /// Whom.
        nick: Cow<'a, str>,
    },
    /// Lets everybody say one message in so many seconds; 0: as usual.
    Slow {
        /// How many.
        seconds: u32,
    },
    /// Lets nobody new into a room.
    Lock,
    /// Lets everybody in again.
    Unlock,
    /// Says whether others find a room, and may enter it without an invitation.
    Private {
        /// Whether they do not.
        on: bool,
    },
    /// Says whether only operators, and those who have a voice, speak in a room.
    Moderated {
        /// Whether they alone do.
        on: bool,
    },
    /// Opens a room.
    Create {
        /// Its name.
        room: Cow<'a, str>,
        /// Nobody else finds it, and one enters it by invitation.
        private: bool,
        /// Only its operators speak there, and those who have a voice.
        moderated: bool,
    },
}

impl<'a> Order<'a> {
    /// Understands what stands behind the slash command of this name; `None`: something is missing, or it is none of
    /// these commands.
    pub fn parse(name: &str, argument: &'a str) -> Option<Self> {
        let (first, rest) = argument.split_once(char::is_whitespace).unwrap_or((argument, ""));
        let nick = || (!first.is_empty()).then_some(Cow::Borrowed(first));
        let reason = |words: &'a str| (!words.trim().is_empty()).then(|| Cow::Borrowed(words.trim()));
        Some(match name {
            "kick" => Self::Kick { nick: nick()?, reason: reason(rest) },
            "ban" => {
                let (for_ms, words) = span(rest);
                Self::Ban { whom: nick()?, for_ms, reason: reason(words) }
            }
            "unban" => Self::Unban { whom: nick()? },
            "bans" => Self::Bans,
            "mute" => {
                let (for_ms, words) = span(rest);
                Self::Mute { nick: nick()?, for_ms, reason: reason(words) }
            }
            "unmute" => Self::Unmute { nick: nick()? },
            "op" => Self::Op { nick: nick()? },
            "deop" => Self::Deop { nick: nick()? },
            "voice" => Self::Voice { nick: nick()? },
            "devoice" => Self::Devoice { nick: nick()? },
            "invite" => Self::Invite { nick: nick()? },
            "slow" if argument.eq_ignore_ascii_case("off") => Self::Slow { seconds: 0 },
            "slow" => Self::Slow { seconds: argument.trim_end_matches('s').parse().ok()? },
            "lock" => Self::Lock,
            "unlock" => Self::Unlock,
            "private" => Self::Private { on: switch(argument)? },
            "moderated" => Self::Moderated { on: switch(argument)? },
            "create" => {
                let (mut private, mut moderated) = (false, false);
                for flag in rest.split_whitespace() {
                    match flag {
                        "--private" => private = true,
                        "--moderated" => moderated = true,
                        _ => return None,
                    }
                }
                Self::Create { room: nick()?, private, moderated }
            }
            _ => return None,
        })
    }

    /// The same with strings of its own.
    pub fn into_owned(self) -> Order<'static> {
        self.map_words(|words| Cow::Owned(words.into_owned()))
    }

    /// The same, and nobody says why.
    #[must_use]
    pub fn without_reason(mut self) -> Self {
        if let Self::Kick { reason, .. } | Self::Ban { reason, .. } | Self::Mute { reason, .. } = &mut self {
            *reason = None;
        }
        self
    }

    /// The same with other strings.
    pub fn map_words(self, mut own: impl FnMut(Cow<str>) -> Cow<'static, str>) -> Order<'static> {
        match self {
            Self::Kick { nick, reason } => Order::Kick { nick: own(nick), reason: reason.map(own) },
            Self::Ban { whom, for_ms, reason } => {
                Order::Ban { whom: own(whom), for_ms, reason: reason.map(own) }
            }
            Self::Unban { whom } => Order::Unban { whom: own(whom) },
            Self::Bans => Order::Bans,
            Self::Mute { nick, for_ms, reason } => {
                Order::Mute { nick: own(nick), for_ms, reason: reason.map(own) }
            }
            Self::Unmute { nick } => Order::Unmute { nick: own(nick) },
            Self::Op { nick } => Order::Op { nick: own(nick) },
            Self::Deop { nick } => Order::Deop { nick: own(nick) },
            Self::Voice { nick } => Order::Voice { nick: own(nick) },
            Self::Devoice { nick } => Order::Devoice { nick: own(nick) },
            Self::Invite { nick } => Order::Invite { nick: own(nick) },
            Self::Slow { seconds } => Order::Slow { seconds },
            Self::Lock => Order::Lock,
            Self::Unlock => Order::Unlock,
            Self::Private { on } => Order::Private { on },
            Self::Moderated { on } => Order::Moderated { on },
            Self::Create { room, private, moderated } => {
                Order::Create { room: own(room), private, moderated }
            }
        }
    }
}

/// The span of time that stands before other words, if one does.
fn span(words: &str) -> (Option<i64>, &str) {
    let words = words.trim_start();
    let (first, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    match moment::span_ms(first) {
        Some(ms) => (Some(ms), rest),
        None => (None, words),
    }
}

/// Whether something is wanted: `on` or `off`.
fn switch(word: &str) -> Option<bool> {
    let is = |other| word.eq_ignore_ascii_case(other);
    is("on").then_some(true).or(is("off").then_some(false))
}

/// What was done to keep order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Somebody was put out of the room.
    Kicked,
    /// Somebody is not let in any more.
    Banned,
    /// Somebody is let in again.
    Unbanned,
    /// Somebody may say nothing.
    Muted,
    /// Somebody may speak again.
    Unmuted,
    /// Somebody is an operator of the room.
    Operator,
    /// Somebody is no operator any more.
    NoOperator,
    /// Somebody may speak in the moderated room.
    Voice,
    /// Somebody may not any more.
    NoVoice,
    /// Somebody may enter the room.
    Invited,
    /// One may say something in the room only so often.
    Slow,
    /// One may say as much there as elsewhere.
    NotSlow,
    /// Nobody new enters the room.
    Locked,
    /// Everybody may enter it.
    Unlocked,
    /// Nobody else finds the room, and one enters it by invitation.
    Private,
    /// Everybody finds the room and may enter it.
    NotPrivate,
    /// Only operators speak in the room, and those who have a voice.
    Moderated,
    /// Everybody in it speaks.
    NotModerated,
    /// What a newer relay knows.
    #[serde(other)]
    Other,
}

/// A measure, as it is told to people.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// What was done.
    pub measure: Measure,
    /// Who did it; empty: the administrator of the relay.
    pub by: &'a str,
    /// To whom; empty where it is about a room.
    pub whom: &'a str,
    /// Whether that is who is told.
    pub is_you: bool,
    /// The room; `None`: all of the relay.
    pub room: Option<&'a str>,
    /// For how long, in milliseconds, where it ends by itself.
    pub for_ms: Option<i64>,
    /// How often, for [`Measure::Slow`].
    pub seconds: u64,
    /// Why; empty: nobody says.
    pub reason: &'a str,
}

impl Told<'_> {
    /// What happened, in words: `bob was muted by kim for 1 h (spam)`. What it is made of is clean.
    pub fn sentence(&self) -> String {
        let by = if self.by.is_empty() { "the administrator" } else { self.by };
        let (whom, was) = if self.is_you { ("you", "were") } else { (self.whom, "was") };
        let whose = if self.is_you { "your".to_owned() } else { format!("{whom}'s") };
        let room = self.room.map_or_else(|| "the relay".to_owned(), |room| format!("#{room}"));
        let place = self.room.map(|room| format!(" in #{room}")).unwrap_or_default();
        let what = match self.measure {
            Measure::Kicked => format!("{whom} {was} put out of {room} by {by}"),
            Measure::Banned => format!("{whom} {was} banned by {by}"),
            Measure::Unbanned => format!("{whom} {was} let in again by {by}"),
            Measure::Muted => format!("{whom} {was} muted{place} by {by}"),
            Measure::Unmuted => format!("{whom} {was} allowed to speak again{place} by {by}"),
            Measure::Operator => format!("{whom} {was} made an operator of {room} by {by}"),
            Measure::NoOperator => format!("{whom} {was} relieved as an operator of {room} by {by}"),
            Measure::Voice => format!("{whom} {was} given a voice in {room} by {by}"),
            Measure::NoVoice => format!("{whose} voice in {room} was taken back by {by}"),
            Measure::Invited if self.is_you => {
                format!(
                    "you were invited to {room} by {by}: /join {} enters it",
                    self.room.unwrap_or_default()
                )
            }
            Measure::Invited => format!("{whom} was invited to {room} by {by}"),
            Measure::Slow => {
                format!("{room} was slowed down by {by}: one message in {} s from each", self.seconds)
            }
            Measure::NotSlow => format!("{room} is as fast as ever again, by {by}"),
            Measure::Locked => format!("{room} was locked by {by}: nobody new enters"),
            Measure::Unlocked => format!("{room} was unlocked by {by}"),
            Measure::Private => format!("{room} was made private by {by}: one enters it by invitation"),
            Measure::NotPrivate => {
                format!("{room} was opened by {by}: everybody finds it, and may read what was said there")
            }
            Measure::Moderated => {
                format!("{room} was made moderated by {by}: its operators speak, and those with a voice")
            }
            Measure::NotModerated => format!("everybody was allowed to speak in {room} by {by}"),
            Measure::Other => format!("something was changed in {room} by {by}"),
        };
        let for_ms = self.for_ms.map(|ms| format!(" for {}", moment::span(ms))).unwrap_or_default();
        let reason = if self.reason.is_empty() { String::new() } else { format!(" ({})", self.reason) };
        format!("{what}{for_ms}{reason}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_may_stand_before_the_reason() {
        let mute = |for_ms, reason: Option<&'static str>| {
            Some(Order::Mute { nick: "bob".into(), for_ms, reason: reason.map(Cow::Borrowed) })
        };
        assert_eq!(Order::parse("mute", "bob"), mute(None, None));
        assert_eq!(Order::parse("mute", "bob 1h"), mute(Some(3_600_000), None));
        assert_eq!(Order::parse("mute", "bob  1h  no  spam "), mute(Some(3_600_000), Some("no  spam")));
        assert_eq!(Order::parse("mute", "bob no spam for 1h"), mute(None, Some("no spam for 1h")));
        assert_eq!(Order::parse("mute", ""), None);
    }

    #[test]
    fn a_pace_is_a_number_of_seconds_or_off() {
        for (written, seconds) in [("5", 5), ("5s", 5), ("off", 0), ("OFF", 0)] {
            assert_eq!(Order::parse("slow", written), Some(Order::Slow { seconds }));
        }
        for wrong in ["", "fast", "-1", "99999999999"] {
            assert_eq!(Order::parse("slow", wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_rule_is_on_or_off() {
        for (written, on) in [("on", true), ("ON", true), ("off", false)] {
            assert_eq!(Order::parse("private", written), Some(Order::Private { on }));
            assert_eq!(Order::parse("moderated", written), Some(Order::Moderated { on }));
        }
        for wrong in ["", "yes", "on off"] {
            assert_eq!(Order::parse("private", wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_room_is_made_with_what_it_is_to_be() {
        let create = |private, moderated| Some(Order::Create { room: "ops".into(), private, moderated });
        assert_eq!(Order::parse("create", "ops"), create(false, false));
        assert_eq!(Order::parse("create", "ops --moderated  --private"), create(true, true));
        assert_eq!(Order::parse("create", "ops --secret"), None);
    }

    #[test]
    fn whom_it_is_about_reads_it_as_their_own() {
        let told = Told {
            measure: Measure::Muted,
            by: "kim",
            whom: "bob",
            is_you: false,
            room: Some("ops"),
            for_ms: Some(3_600_000),
            seconds: 0,
            reason: "spam",
        };
        assert_eq!(told.sentence(), "bob was muted in #ops by kim for 1 h (spam)");
        let you = Told { is_you: true, by: "", room: None, for_ms: None, reason: "", ..told };
        assert_eq!(you.sentence(), "you were muted by the administrator");
        let invited = Told { measure: Measure::Invited, is_you: true, reason: "", for_ms: None, ..told };
        assert_eq!(invited.sentence(), "you were invited to #ops by kim: /join ops enters it");
    }
}
