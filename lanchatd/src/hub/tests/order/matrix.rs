//! Every deed by every rank in every state, through the real commands.

use lanchat_protocol::past::Query;

use super::*;
use crate::hub::accounts::digest;
use crate::hub::culprit::Culprit;
use crate::hub::mutes::Mute;
use crate::hub::policy::{Deed, State};
use crate::hub::term::Term;
use crate::hub::tests::accounts::password;
use crate::hub::{Asked, Proof, Searched};
use crate::kept::Token;

/// What is promised. `from`: the least rank that may. Then for each state whom it stops: nobody (-), everybody whom it
/// holds for (all), or those below a rank.
const PROMISED: &str = "
deed      from       banned  muted  kicked  locked    moderated  slow      private
hello     guest      all     -      -       -         -          -         -
say       guest      -       all    -       -         operator   operator  operator
tell      guest      -       all    -       -         -          -         -
nick      guest      all     all    -       -         -          -         -
who       guest      -       -      -       -         -          -         operator
join      guest      -       -      all     operator  -          -         operator
part      guest      -       -      -       -         -          -         operator
rooms     guest      -       -      -       -         -          -         -
asktopic  guest      -       -      -       -         -          -         operator
settopic  guest      -       all    -       -         operator   -         operator
whois     guest      -       -      -       -         -          -         -
away      guest      -       all    -       -         -          -         -
back      guest      -       -      -       -         -          -         -
ignore    guest      -       -      -       -         -          -         -
unignore  guest      -       -      -       -         -          -         -
history   guest      -       -      -       -         -          -         operator
search    guest      -       -      -       -         -          -         -
register  guest      -       all    -       -         -          -         -
login     guest      all     -      -       -         -          -         -
passwd    guest      -       -      -       -         -          -         -
logout    guest      -       -      -       -         -          -         -
ping      guest      -       -      -       -         -          -         -
help      guest      -       -      -       -         -          -         -
quit      guest      -       -      -       -         -          -         -
create    member     -       -      -       -         -          -         -
invite    operator   -       -      -       -         -          -         operator
op        operator   -       -      -       -         -          -         operator
deop      operator   -       -      -       -         -          -         operator
voice     operator   -       -      -       -         -          -         operator
devoice   operator   -       -      -       -         -          -         operator
slow      operator   -       -      -       -         -          -         operator
lock      operator   -       -      -       -         -          -         operator
unlock    operator   -       -      -       -         -          -         operator
private   operator   -       -      -       -         -          -         operator
moderated operator   -       -      -       -         -          -         operator
kick      operator   -       -      -       -         -          -         operator
mute      operator   -       -      -       -         -          -         operator
unmute    operator   -       -      -       -         -          -         operator
ban       moderator  -       -      -       -         -          -         -
unban     moderator  -       -      -       -         -          -         -
bans      moderator  -       -      -       -         -          -         -
";

/// The deed after another. A new one does not compile before it has its place here.
fn next(deed: Deed) -> Option<Deed> {
    Some(match deed {
        Deed::Hello => Deed::Say,
        Deed::Say => Deed::Tell,
        Deed::Tell => Deed::Nick,
        Deed::Nick => Deed::Who,
        Deed::Who => Deed::Join,
        Deed::Join => Deed::Part,
        Deed::Part => Deed::Rooms,
        Deed::Rooms => Deed::AskTopic,
        Deed::AskTopic => Deed::SetTopic,
        Deed::SetTopic => Deed::Whois,
        Deed::Whois => Deed::Away,
        Deed::Away => Deed::Back,
        Deed::Back => Deed::Ignore,
        Deed::Ignore => Deed::Unignore,
        Deed::Unignore => Deed::History,
        Deed::History => Deed::Search,
        Deed::Search => Deed::Register,
        Deed::Register => Deed::Login,
        Deed::Login => Deed::Passwd,
        Deed::Passwd => Deed::Logout,
        Deed::Logout => Deed::Ping,
        Deed::Ping => Deed::Help,
        Deed::Help => Deed::Quit,
        Deed::Quit => Deed::Create,
        Deed::Create => Deed::Invite,
        Deed::Invite => Deed::Op,
        Deed::Op => Deed::Deop,
        Deed::Deop => Deed::Voice,
        Deed::Voice => Deed::Devoice,
        Deed::Devoice => Deed::Slow,
        Deed::Slow => Deed::Lock,
        Deed::Lock => Deed::Unlock,
        Deed::Unlock => Deed::Private,
        Deed::Private => Deed::Moderated,
        Deed::Moderated => Deed::Kick,
        Deed::Kick => Deed::Mute,
        Deed::Mute => Deed::Unmute,
        Deed::Unmute => Deed::Ban,
        Deed::Ban => Deed::Unban,
        Deed::Unban => Deed::Bans,
        Deed::Bans => return None,
    })
}

/// The same for states, with none of them at first.
fn next_state(state: Option<State>) -> Option<State> {
    Some(match state {
        None => State::Banned,
        Some(State::Banned) => State::Muted,
        Some(State::Muted) => State::Kicked,
        Some(State::Kicked) => State::Locked,
        Some(State::Locked) => State::Moderated,
        Some(State::Moderated) => State::Slow,
        Some(State::Slow) => State::Private,
        Some(State::Private) => return None,
    })
}

/// The command by which somebody in the room ops does it.
fn command(deed: Deed) -> Command<'static> {
    let ops = || Some("ops".into());
    let mel = || "mel".into();
    let order = |order| Command::Order { room: ops(), order };
    match deed {
        Deed::Hello => Command::Hello(Hello { nick: Some("ana".into()), ..hello() }),
        Deed::Say => Command::Say { room: ops(), text: "hi".into(), action: false },
        Deed::Tell => Command::Say { room: Some("@mel".into()), text: "hi".into(), action: false },
        Deed::Nick => Command::Nick("anna".into()),
        Deed::Who => Command::Who { room: ops() },
        Deed::Join => Command::Join { room: ops() },
        Deed::Part => Command::Part { room: ops() },
        Deed::Rooms => Command::Rooms,
        Deed::AskTopic => Command::Topic { room: ops(), topic: None },
        Deed::SetTopic => Command::Topic { room: ops(), topic: Some("disks".into()) },
        Deed::Whois => Command::Whois(mel()),
        Deed::Away => Command::Away { reason: Some("lunch".into()) },
        Deed::Back => Command::Back,
        Deed::Ignore => Command::Ignore(Some(mel())),
        Deed::Unignore => Command::Unignore(mel()),
        Deed::History => Command::History { room: ops(), asked: Asked::Before { before: None, limit: None } },
        Deed::Search => {
            let query = Query { words: "hi".to_owned(), ..Query::default() };
            Command::Search(Searched::Asked { query, limit: None, context: None })
        }
        Deed::Register => Command::Register { password: password("a password"), invite: None },
        Deed::Login => Command::Login { nick: None, proof: Proof::Token(password("token of zoe")) },
        Deed::Passwd => Command::Passwd { old: password("one of old"), new: password("a new one") },
        Deed::Logout => Command::Logout,
        Deed::Ping => Command::Ping,
        Deed::Help => Command::Help,
        Deed::Quit => Command::Quit,
        Deed::Create => order(Order::Create { room: "new".into(), private: true, moderated: false }),
        Deed::Invite => order(Order::Invite { nick: mel() }),
        Deed::Op => order(Order::Op { nick: mel() }),
        Deed::Deop => order(Order::Deop { nick: mel() }),
        Deed::Voice => order(Order::Voice { nick: mel() }),
        Deed::Devoice => order(Order::Devoice { nick: mel() }),
        Deed::Slow => order(Order::Slow { seconds: 5 }),
        Deed::Lock => order(Order::Lock),
        Deed::Unlock => order(Order::Unlock),
        Deed::Private => order(Order::Private { on: true }),
        Deed::Moderated => order(Order::Moderated { on: true }),
        Deed::Kick => order(Order::Kick { nick: mel(), reason: None }),
        Deed::Mute => order(Order::Mute { nick: mel(), for_ms: None, reason: None }),
        Deed::Unmute => order(Order::Unmute { nick: mel() }),
        Deed::Ban => order(Order::Ban { whom: "other*".into(), for_ms: None, reason: None }),
        Deed::Unban => order(Order::Unban { whom: "spam*".into() }),
        Deed::Bans => order(Order::Bans),
    }
}

/// The code by which a state is told.
fn code(state: State) -> &'static str {
    match state {
        State::Banned => "banned",
        State::Muted => "muted",
        State::Kicked | State::Locked => "room_locked",
        State::Moderated => "not_allowed",
        State::Slow => "slow_mode",
        State::Private => "no_such_room",
    }
}

/// Whether one has to be in a room to do it there.
fn is_done_inside(deed: Deed) -> bool {
    deed.is_in_a_room() && !matches!(deed, Deed::Who | Deed::Join)
}

/// What comes of a deed: the code of the policy's refusal, or nothing.
fn outcome(deed: Deed, rank: Rank, state: Option<State>) -> Option<String> {
    let mut house = House::open();
    let (opal, mel) = (house.with_role("opal", Role::Member), house.with_role("mel", Role::Member));
    house.joins(opal, "ops");
    house.joins(mel, "ops");
    house.hub.order_by_host(house.now, None, &Order::parse("ban", "spam*").unwrap()).unwrap();
    house.has_user("zoe", Role::Member);
    let token = digest(&password("token of zoe"));
    house.hub.accounts.tokens.insert(token, Token { digest: token, account: "zoe".into(), ..no_token() });
    let ana = house.native("ana");
    match rank {
        Rank::Guest => {}
        Rank::Member | Rank::Operator => house.is_given(ana, Role::Member),
        Rank::Moderator => house.is_given(ana, Role::Moderator),
        Rank::Admin => house.is_given(ana, Role::Admin),
    }
    if deed != Deed::Join && state != Some(State::Private) {
        house.joins(ana, "ops");
    }
    let ops = house.hub.rooms.named(&"ops".parse_room()).unwrap();
    let term = || Term::new("".into(), "".into(), house.now.wall_ms, None, Rank::Admin);
    // What was banned by a host is the host's business: here it was a moderator.
    let mut bans = house.hub.bans.kept();
    bans[0].term.reaches = Rank::Operator.number();
    let culprit = Culprit::of(&house.hub.sessions[ana.0.slot]).unwrap();
    let (muted, term_of_mel) = (Mute { culprit: culprit.clone(), term: term() }, term());
    let mel_culprit = Culprit::of(&house.hub.sessions[mel.0.slot]).unwrap();
    house.hub.bans = Bans::from_kept(bans);
    if deed == Deed::Unmute {
        let term = Term { reaches: Rank::Guest, ..term_of_mel };
        for mutes in [&mut house.hub.mutes, &mut house.hub.rooms[ops].rules.mutes] {
            mutes.add(Mute { culprit: mel_culprit.clone(), term: term.clone() }, 10);
        }
    }
    if rank == Rank::Operator {
        let rules = &mut house.hub.rooms[ops].rules;
        rules.change(&"ana".into(), &"ana".into(), 10, |rights| rights.is_operator = true);
    }
    let now = house.now;
    let rules = &mut house.hub.rooms[ops].rules;
    match state {
        None => {}
        Some(State::Banned) => {
            for whom in ["an*", "zoe"] {
                let order = Order::parse("ban", whom).unwrap();
                house.hub.order_by_host(now, None, &order).unwrap();
            }
        }
        Some(State::Muted) => drop(house.hub.mutes.add(muted, 10)),
        Some(State::Kicked) => rules.keep_out(now, culprit),
        Some(State::Locked) => rules.is_locked = true,
        Some(State::Moderated) => rules.is_moderated = true,
        Some(State::Slow) => {
            rules.slow_s = 10;
            rules.note_spoken(now, &"ana".into());
        }
        Some(State::Private) => rules.is_private = true,
    }
    let mut who = ana;
    if state == Some(State::Banned) {
        // Whoever is banned is not here any more, but who comes may be somebody whom the ban is about.
        house.hub.sessions[ana.0.slot].is_closing = false;
    }
    if deed == Deed::Hello {
        house.leaves(ana, None);
        who = house.from("127.0.0.1").unwrap();
        house.hub.choose(house.now, who.0, &NATIVE);
    }
    house.reads(who);
    house.asks(who, "1", command(deed));
    let policy =
        ["not_allowed", "banned", "muted", "slow_mode", "room_locked", "not_invited", "no_such_room"];
    House::refusal(&house.reads(who)).filter(|code| policy.contains(&&**code))
}

fn no_token() -> Token {
    Token { digest: [0; 32], account: String::new(), name: String::new(), created_ms: 0 }
}

trait ParseRoom {
    fn parse_room(&self) -> lanchat_protocol::names::RoomName;
}

impl ParseRoom for str {
    fn parse_room(&self) -> lanchat_protocol::names::RoomName {
        lanchat_protocol::names::RoomName::parse(self).unwrap()
    }
}

fn rank(written: &str) -> Rank {
    let name = |rank: &&Rank| format!("{rank:?}").eq_ignore_ascii_case(written);
    *Rank::ALL.iter().find(name).unwrap_or_else(|| panic!("{written} is no rank"))
}

/// What is promised of a deed.
fn promised(deed: Deed, who: Rank, state: Option<State>) -> Option<&'static str> {
    let mut rows = PROMISED.trim().lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
    let columns = rows.next().unwrap();
    let name = format!("{deed:?}").to_lowercase();
    let mine: Vec<_> = rows.filter(|row| row[0] == name).collect();
    let [row] = mine.as_slice() else { panic!("{name} has {} rows in the matrix", mine.len()) };
    let cell = |column: &str| row[columns.iter().position(|name| *name == column).unwrap()];
    if let Some(state) = state {
        let is_stopped = match cell(&format!("{state:?}").to_lowercase()) {
            "-" => false,
            "all" => true,
            below => who < rank(below),
        };
        // Of a room that one does not find, nothing else is said.
        if state == State::Private && deed == Deed::Join && is_stopped {
            return Some("not_invited");
        }
        if state == State::Private && (is_stopped || is_done_inside(deed)) {
            return Some(if who < rank(cell("from")) && !is_stopped { "not_allowed" } else { code(state) });
        }
        if who >= rank(cell("from")) {
            return is_stopped.then(|| code(state));
        }
    }
    (who < rank(cell("from"))).then_some("not_allowed")
}

#[test]
fn every_deed_by_every_rank_in_every_state_is_as_promised() {
    let (mut deed, mut looked_at) = (Some(Deed::Hello), 0);
    while let Some(this) = deed {
        assert_eq!(Deed::of(&command(this)), Some(this));
        for who in Rank::ALL {
            let mut state = None;
            loop {
                // Somebody new has no rank before they log in.
                if this != Deed::Hello || who == Rank::Guest {
                    let (is, should) = (outcome(this, who, state), promised(this, who, state));
                    assert_eq!(is.as_deref(), should, "{this:?} by {who:?} in {state:?}");
                    looked_at += 1;
                }
                state = next_state(state);
                if state.is_none() {
                    break;
                }
            }
        }
        deed = next(this);
    }
    let rows = PROMISED.trim().lines().count() - 1;
    assert_eq!(looked_at, (rows - 1) * Rank::ALL.len() * 8 + 8, "no row without a deed");
}
