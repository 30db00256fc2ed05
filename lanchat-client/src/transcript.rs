//! What a person reads: events as lines.
//!
//! A message reads `14:02 ana: hi`, a deed `14:02 ana waves`, what is said in another room than the one that
//! the person talks in `14:02 #ops ana: hi`, to the person alone `14:02 @ana: hi`, and by the person to
//! somebody alone `14:02 -> @ana: hi`; further lines of a message are indented, and look like nothing
//! else. What the relay or this program says begins with `* `. No nick holds a colon or a space or begins with one of
//! these signs, so nobody can imitate those.
//! Every string from the relay passes the sanitiser here, whatever the relay did with it. The lines have the marks of
//! [`wrap`], which are never printed.

mod answers;
mod found;
mod mention;
mod past;
mod presence;
pub(crate) mod wrap;

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lanchat_protocol::client::{Change, Event};
use lanchat_protocol::slash::{SLASH_HINT, Spec};
use lanchat_protocol::text::{LINES_MAX, clean, clean_lines};

use self::mention::Named;
use self::wrap::{EXACT, MORE, TEXT};
use crate::colour::Palette;
use crate::own;
use crate::settings::{Settings, Timestamps};

pub(crate) use past::Count;
pub(crate) use presence::Folded;

/// So many columns are for a command in the list of them; the longer ones stand on a line of their own.
const USAGE: usize = 24;

/// What keys do, as help tells it.
const KEYS: &str = "Tab completes; Alt-1 to Alt-9, Ctrl-N and Ctrl-P go to another of your rooms; Alt-Enter breaks a \
                    line; Ctrl-R finds what you entered before";

/// A quoted message is cut to this many characters.
const QUOTE_CHARS_MAX: usize = 60;

/// The first and the last line of code.
const FENCE: &str = "```";

/// Turns events into lines.
#[derive(Clone, Debug)]
pub(crate) struct Transcript {
    zone: TimeZone,
    palette: Palette,
    timestamps: Timestamps,
    /// Who reads this: their name stands out.
    reader: Option<Named>,
    /// They have a prompt: keys do something there, and it asks for passwords.
    has_prompt: bool,
}

impl Transcript {
    /// Lines with the time in `zone`, as is usual.
    pub(crate) fn new(zone: TimeZone, palette: Palette) -> Self {
        Self { zone, palette, timestamps: Timestamps::default(), reader: None, has_prompt: true }
    }

    /// From now on, lines look as it is set.
    pub(crate) fn set(&mut self, settings: Settings) {
        self.palette = self.palette.themed(settings.theme);
        self.timestamps = settings.timestamp;
    }

    /// The colours.
    pub(crate) fn palette(&self) -> Palette {
        self.palette
    }

    /// Whoever reads this has no prompt, and enters plain lines.
    pub(crate) fn has_no_prompt(&mut self) {
        self.has_prompt = false;
    }

    /// The person who reads this is called so.
    pub(crate) fn is_read_by(&mut self, nick: &str) {
        if self.reader.as_ref().is_none_or(|reader| reader.nick() != nick) {
            self.reader = Some(Named::new(nick));
        }
    }

    /// Whether the person who reads this is named in the text.
    pub(crate) fn names_reader(&self, text: &str) -> bool {
        self.reader.as_ref().is_some_and(|reader| !reader.places_in(&clean(text)).is_empty())
    }

    /// Whether this is the nick of the person who reads this.
    pub(crate) fn is_reader(&self, nick: &str) -> bool {
        self.reader.as_ref().is_some_and(|reader| reader.is(nick))
    }

    /// The line for an event, for a person who talks in the room `here`, whose name need not be told;
    /// `None` where there is nothing to read.
    pub(crate) fn line(&self, event: &Event, here: Option<&str>) -> Option<String> {
        let line = match event {
            Event::Message { room, time, from, text, action, .. } => {
                let place = if is_direct(room) { "@".to_owned() } else { self.place(room, here) };
                let is_alone = room.strip_prefix('@').is_some_and(|nick| nick == &**from);
                let body = body(text);
                let text = if is_alone { self.palette.strong(&body) } else { self.to_reader(from, &body) };
                self.said(time, &place, from, *action, &text)
            }
            Event::Presence { room, time, nick, change, to, reason, others, .. } => {
                let what = self.presence(nick, *change, to.as_deref(), reason.as_deref(), *others);
                // Where somebody has another nick, or is away, makes no difference.
                let here = if is_personal(*change) && *others == 0 { Some(&**room) } else { here };
                format!("{}{}", self.time(time), self.happening(room, here, &what))
            }
            Event::Topic { room, time: Some(time), nick: Some(nick), topic, pos, .. } if *pos > 0 => {
                let nick = self.nick(nick);
                let what = match clean(topic) {
                    topic if topic.is_empty() => format!("{nick} has removed the topic"),
                    topic => format!("{nick} has set the topic: {topic}"),
                };
                format!("{}{}", self.time(time), self.happening(room, here, &what))
            }
            Event::Order(ordered) => self.ordered(ordered),
            Event::Bans(bans) => self.bans(bans),
            Event::Announcement { time, text } => {
                let announcement = format!("* {TEXT}announcement: {}", clean(text));
                format!("{}{}", self.time(time), self.palette.strong(&announcement))
            }
            Event::Gap { room, skipped } => {
                self.missing(room, here, *skipped, ", for this client read too slowly")
            }
            Event::Error { message, .. } => self.note(message),
            Event::Bye { reason, .. } => self.note(&format!("the relay says goodbye: {reason}")),
            Event::Who { room, people, others, .. } => self.people(room, people, *others),
            Event::Joined { room, topic, people, .. } => {
                self.entered(room, topic.as_deref(), *people, Some(&**room) == here)
            }
            Event::Rooms { rooms, others, .. } => self.rooms(rooms, *others),
            Event::Topic { room, nick, topic, .. } => self.topic(room, topic, nick.as_deref()),
            Event::Whois { nick, connected_s, idle_s, role, away, seen, rooms, .. } => match connected_s {
                Some(connected_s) => {
                    let here_s = (*connected_s, idle_s.unwrap_or_default());
                    self.whois(nick, here_s, *role, away.as_deref(), rooms)
                }
                None => self.was(nick, seen.as_deref()),
            },
            Event::Away { away: true, .. } => self.note("you are away; /back when you are not"),
            Event::Away { away: false, .. } => self.note("you are back"),
            Event::Ignoring { nicks, .. } => self.ignoring(nicks),
            Event::Parted { .. }
            | Event::Welcome { .. }
            | Event::Ack { .. }
            | Event::Account { .. }
            | Event::Nick { .. }
            | Event::Pong { .. }
            | Event::History { .. }
            | Event::Live { .. }
            | Event::Found { .. }
            | Event::Unknown => return None,
        };
        Some(line)
    }

    /// What this person said to another alone: `to` is `@ana`.
    pub(crate) fn sent(&self, to: &str, time: &str, text: &str) -> String {
        let nick = self.nick(to.strip_prefix('@').unwrap_or(to));
        format!("{}-> @{nick}: {TEXT}{}", self.time(time), body(text))
    }

    /// What this person has entered behind the prompt, where the editor does not show it.
    pub(crate) fn entered_text(&self, prompt: &str, text: &str) -> String {
        format!("{}{TEXT}{}", self.palette.strong(prompt), body(text))
    }

    /// The zone of the times.
    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Something that this program says.
    pub(crate) fn note(&self, what: &str) -> String {
        format!("{} {TEXT}{}", self.palette.strong("*"), clean(what))
    }

    /// The list of commands.
    pub(crate) fn help(&self) -> String {
        let commands = own::all(self.has_prompt).map(|Spec { usage, what, .. }| {
            let apart = if usage.len() > USAGE { format!("  {usage}\n") } else { String::new() };
            let usage = if apart.is_empty() { usage } else { "" };
            format!("{apart}  {usage:<USAGE$} {TEXT}{what}")
        });
        let head = self.note("commands:");
        let keys = self.has_prompt.then_some(KEYS);
        let hints = [SLASH_HINT].into_iter().chain(keys).map(|hint| format!("  {TEXT}{hint}"));
        let lines = std::iter::once(head).chain(commands).chain(hints);
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What somebody said or did. Place and text are clean, and coloured where they are to be.
    fn said(&self, time: &str, place: &str, from: &str, action: bool, text: &str) -> String {
        let end = if action { "" } else { ":" };
        format!("{}{place}{}{end} {TEXT}{text}", self.time(time), self.nick(from))
    }

    /// A clean text in which the name of whoever reads it stands out, unless they have said it themselves.
    fn to_reader(&self, from: &str, text: &str) -> String {
        let named =
            self.reader.iter().filter(|reader| !reader.is(from)).flat_map(|reader| reader.places_in(text));
        let (mut shown, mut end) = (String::with_capacity(text.len()), 0);
        for place in named {
            shown.push_str(&text[end..place.start]);
            shown.push_str(&self.palette.strong(&text[place.clone()]));
            end = place.end;
        }
        shown + &text[end..]
    }

    fn without_colours(&self) -> Self {
        Self { palette: Palette::PLAIN, ..self.clone() }
    }

    fn nick(&self, nick: &str) -> String {
        self.palette.nick(&clean(nick))
    }

    /// The name of a room with a space behind it, unless the person talks there.
    fn place(&self, room: &str, here: Option<&str>) -> String {
        if room.is_empty() || Some(room) == here {
            return String::new();
        }
        let sign = if is_direct(room) { "" } else { "#" };
        self.palette.faint(&format!("{sign}{}", clean(room))) + " "
    }

    fn time(&self, time: &str) -> String {
        let local = time.parse::<Timestamp>().map(|time| self.local(time));
        let time = match (self.timestamps, local) {
            (Timestamps::Off, _) => return String::new(),
            (Timestamps::Short, Ok(time)) => format!("{:02}:{:02}", time.hour(), time.minute()),
            (Timestamps::Long, Ok(time)) => time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            (Timestamps::Short | Timestamps::Long, Err(_)) => "--:--".to_owned(),
        };
        self.palette.faint(&time) + " "
    }
}

/// Whether what the wire calls a room is what this person shares with one other.
pub(crate) fn is_direct(room: &str) -> bool {
    room.starts_with('@')
}

/// Whether a change is one of the person, wherever they are.
pub(crate) fn is_personal(change: Change) -> bool {
    match change {
        Change::Renamed | Change::Away | Change::Back => true,
        Change::Joined | Change::Left | Change::Other => false,
    }
}

/// A reason in brackets, if there is one.
pub(crate) fn because(reason: Option<&str>) -> String {
    match reason.map(clean) {
        Some(reason) if !reason.is_empty() => format!(" ({reason})"),
        _ => String::new(),
    }
}

/// The text of a message with all its lines, clean. Code is not broken between words, and neither is what has columns.
fn body(text: &str) -> Cow<'_, str> {
    let text = clean_lines(text);
    if !text.contains('\n') {
        return text;
    }
    // A relay that sends more lines than any takes gets no row for each of them.
    let lines: Vec<_> = text.splitn(LINES_MAX, '\n').collect();
    let is_code = [lines.first(), lines.last()].iter().flatten().all(|line| line.trim_end() == FENCE);
    let marked = |line: &&str| {
        let line = clean(line);
        if is_code || has_columns(&line) { format!("{EXACT}{line}") } else { line.into_owned() }
    };
    lines.iter().map(marked).collect::<Vec<_>>().join(&format!("\n{MORE}")).into()
}

/// Whether the spaces of a line put things below each other.
fn has_columns(line: &str) -> bool {
    line.starts_with(' ') || line.contains('\t') || line.trim_end().contains("  ")
}

/// A message as a notice names it: in quotation marks, clean, on one line, and not too long.
pub(crate) fn quote(text: &str) -> String {
    format!("\"{}\"", shorten(text, QUOTE_CHARS_MAX))
}

/// What a moment that a relay names is cut to.
pub(crate) const MOMENT_CHARS_MAX: usize = 40;

/// The clean text, cut to so many characters.
pub(crate) fn shorten(text: &str, chars_max: usize) -> Cow<'_, str> {
    let text = clean(text);
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text,
    }
}

#[cfg(test)]
mod tests;
