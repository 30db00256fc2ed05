//! Whether the hub's books agree with each other: what holds between any two calls.

use super::*;

/// Panics where they do not.
pub(super) fn check(hub: &Hub) {
    assert!(hub.sessions.iter().all(|(slot, session)| session.id.slot == slot));
    turns(hub);
    seats(hub);
    rooms(hub);
    direct(hub);
}

fn turns(hub: &Hub) {
    for (slot, session) in &hub.sessions {
        match session.turn {
            Turn::Aside => assert!(!session.is_listening(), "nobody who listens is forgotten"),
            Turn::Queued => assert!(hub.called.contains(&slot), "whoever is queued is in the list"),
            Turn::Lagging => {}
            Turn::Parked => {
                assert!(session.is_listening() && session.rest.is_empty() && session.inbox.is_empty());
                assert!(session.answers_dropped == 0 && session.seats.iter().all(|seat| seat.missed == 0));
            }
        }
        if let Some(current) = session.current {
            assert!(session.seats.iter().any(|seat| seat.room == current), "it talks where it is");
            assert!(hub.rooms[current].name().is_some(), "and that has a name");
        }
        // Whoever was replaced by a session of theirs is nobody any more.
        let is_replaced = session.is_closing && session.person.is_none();
        assert!(is_replaced || session.nick.is_some() == session.person.is_some());
        if let Some(nick) = session.nick.as_ref().filter(|_| !is_replaced) {
            assert!(hub.nicks.holders(nick).contains(&session.id), "who has a nick is found by it");
            let owner = hub.accounts.owner(nick);
            assert_eq!(owner, session.account.as_ref(), "nobody but its owner has a name that is somebody's");
        }
    }
}

fn seats(hub: &Hub) {
    let ids = hub.rooms.ids();
    for (slot, session) in &hub.sessions {
        for (number, seat) in session.seats.iter().enumerate() {
            assert!(ids.contains(&seat.room), "nobody sits in a room that is closed");
            assert!(
                session.seats[..number].iter().all(|other| other.room != seat.room),
                "two seats in a room"
            );
            let room = &hub.rooms[seat.room];
            let is_parked = session.turn == Turn::Parked;
            let bench = session.bench_in(seat.room).filter(|_| is_parked);
            let places = bench.map_or(room.members.roused(), |bench| room.members.parked(bench));
            assert_eq!(places.get(seat.index), Some(&slot), "a seat is where its session says");
            assert_eq!(seat.is_direct, room.direct.is_some());
            if is_parked {
                continue;
            }
            let head = room.timeline.head();
            assert!(
                (room.timeline.oldest()..=head).contains(&seat.cursor),
                "a cursor stands in its timeline"
            );
            // A run that is back before its last session is over speaks from the new one.
            let is_it = |other: &Session| other.id != session.id && other.run == session.run;
            if session.run.is_some() && hub.sessions.iter().any(|(_, other)| is_it(other)) {
                continue;
            }
            let own = room.timeline.messages_of(seat.author, seat.cursor..head);
            assert!(own == 0 || seat.own_end > seat.cursor, "nobody reads what they said");
            assert_eq!(seat.own_ahead, own, "messages of its own before its cursor");
        }
    }
}

fn rooms(hub: &Hub) {
    let mut dirty = hub.dirty.clone();
    dirty.sort_unstable();
    let appended: Vec<_> = hub.rooms.iter().filter(|(_, it)| it.is_dirty()).map(|(room, _)| room).collect();
    assert_eq!(dirty, appended, "every room with news is in the list once");
    for (room, it) in hub.rooms.iter() {
        let sessions = hub.sessions.iter().map(|(_, session)| session);
        let inside: Vec<_> =
            sessions.filter(|session| session.seats.iter().any(|s| s.room == room)).collect();
        assert_eq!(it.members.len(), inside.len());
        let mut readers = [0; TRACKS];
        inside.iter().filter_map(|session| session.track_in(room)).for_each(|track| readers[track] += 1);
        assert_eq!(it.timeline.readers(), readers, "a track has as many readers as read on it");
        if let Some(name) = it.name() {
            let name = lanchat_protocol::names::RoomName::parse(name).unwrap();
            assert_eq!(hub.rooms.named(&name), Some(room), "a room is found by its name");
        }
        assert!(room <= LOBBY || !inside.is_empty() || it.direct.is_some() || it.timeline.head() > 1);
    }
    assert!(hub.rooms.named(&lanchat_protocol::names::RoomName::parse("lobby").unwrap()) == Some(LOBBY));
}

fn direct(hub: &Hub) {
    for (room, it) in hub.rooms.iter() {
        let Some(direct) = &it.direct else { continue };
        let members = it.members.iter().filter(|slot| hub.sessions[*slot].account.is_none());
        assert!(members.count() <= 2, "only an owner is here more than once");
        let is_listed = hub.rooms.direct(&direct.pair) == Some(room);
        for key in &direct.pair {
            let mut inside = it.members.iter().filter_map(|slot| hub.sessions[slot].person.clone());
            let is_remembered = hub.people.get(key).is_some_and(|person| person.direct.contains(&room));
            let is_owed = is_remembered || inside.any(|person| person == *key);
            assert!(!is_listed || is_owed, "a person who is not here is remembered with what they share");
        }
        for slot in it.members.iter() {
            let person = hub.sessions[slot].person.as_ref().unwrap();
            assert!(direct.pair.contains(person), "nobody else listens to two persons");
        }
    }
    for (_, session) in &hub.sessions {
        let Some(person) = session.person.as_ref().filter(|_| !session.is_guest) else { continue };
        let Some(known) = hub.people.get(person) else { continue };
        for room in &known.direct {
            assert!(hub.rooms[*room].direct.as_ref().unwrap().pair.contains(person));
            // Of their sessions, one may have read all of what is over before another has.
            assert!(
                session.seats.iter().any(|seat| seat.room == *room) || hub.rooms.is_over(*room),
                "who is here hears what is for them"
            );
        }
    }
}
