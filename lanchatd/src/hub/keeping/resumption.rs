//! Going on from what was kept before.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::rc::Rc;

use super::rows::BETWEEN;
use super::{Keep, Keeper};
use crate::hub::bans::Bans;
use crate::hub::mutes::Mutes;
use crate::hub::room::{LOBBY, RoomId, Topic};
use crate::hub::rules::Rules;
use crate::hub::run::Run;
use crate::hub::sent::Place;
use crate::hub::{Hub, Position, people};
use crate::kept::{self, ConversationKind};

impl Hub {
    /// Goes on from what was kept before, and keeps what is said from now on. To be called before anybody is here.
    pub fn keep(&mut self, loaded: kept::Loaded, acks_wait: bool) {
        let retention = self.settings.retention;
        let first = loaded.floor + 1;
        let heads = loaded.conversations.iter().map(|conversation| conversation.head);
        self.rooms.begin_at(heads.fold(first, Position::max), retention);
        let mut keeper = Keeper {
            acks_wait,
            next: loaded.next_conversation.max(1),
            highest: loaded.floor,
            reserved: loaded.reserved,
            unsaved: Vec::new(),
            people: BTreeSet::new(),
            identities: BTreeSet::new(),
            changes: VecDeque::new(),
            marks: BTreeSet::new(),
            is_order_changed: false,
            flight: None,
            taken: 0,
            written: 0,
            acks: 0,
            trouble: None,
            lost: 0,
            aside: None,
        };
        for identity in loaded.identities {
            self.accounts.load(identity);
        }
        for person in loaded.people.into_iter().rev() {
            let (key, nick) = (person.key.as_str().into(), person.nick.as_str().into());
            self.people.meet(&key, &nick, person.seen_ms, self.settings.people_max);
            self.people.note_run(&key, person.run.as_deref().and_then(Run::named));
        }
        let mut by_id = HashMap::new();
        for conversation in loaded.conversations {
            let (id, head) = (conversation.id, conversation.head.max(first));
            keeper.highest = keeper.highest.max(head - 1);
            let Some(room) = self.reopen(conversation) else { continue };
            self.rooms.resume_at(room, head, retention);
            self.rooms[room].keep = Some(Keep { begins: 0, ..Keep::from(id, head) });
            by_id.insert(id, room);
        }
        for mark in loaded.marks {
            let room = by_id.get(&mark.conversation).copied();
            if let Some(direct) = room.and_then(|room| self.rooms[room].direct.as_mut()) {
                let side = direct.side(&mark.key.as_str().into());
                (direct.marks[side], direct.since[side]) = (mark.position + 1, mark.since.max(1));
            }
        }
        for sent in loaded.sent {
            let (room, run) = (by_id.get(&sent.conversation), Run::named(&sent.uid.client));
            if let (Some(room), Some(run)) = (room, run.filter(|_| !sent.uid.tag.is_empty())) {
                let place = Place { room: *room, position: sent.position, time_ms: sent.time_ms };
                self.sent.note(run, &sent.uid.tag, place);
            }
        }
        self.bans = Bans::from_kept(loaded.order.bans);
        self.mutes = Mutes::from_kept(loaded.order.mutes);
        self.history = loaded.history.into();
        self.keeper = Some(keeper);
    }

    /// Opens a room that was kept, unless there is one already.
    fn reopen(&mut self, conversation: kept::Conversation) -> Option<RoomId> {
        let retention = self.settings.retention;
        let room = match conversation.kind {
            ConversationKind::Room => {
                let lobby = self.rooms[LOBBY].key.as_deref() == Some(&conversation.key);
                if lobby {
                    LOBBY
                } else {
                    self.rooms.open_named(&conversation.name, conversation.key.into(), retention)
                }
            }
            ConversationKind::Direct => {
                let (one, other) = conversation.key.split_once(BETWEEN)?;
                let (first, second) = conversation.name.split_once(BETWEEN)?;
                let pair = people::pair(one.into(), other.into());
                let nicks: [Rc<str>; 2] = [first.into(), second.into()];
                let nicks_of_pair = nicks.clone();
                let room = self.rooms.open_direct(pair.clone(), nicks, retention);
                // Whoever shares something with somebody is known, however long they have not been here.
                for (person, nick) in pair.iter().zip(&nicks_of_pair) {
                    if self.people.get(person).is_none() {
                        self.people.meet(person, nick, 0, usize::MAX);
                    }
                    self.people.introduce(person, room);
                }
                let runs = pair.each_ref().map(|person| self.people.get(person).and_then(|known| known.run));
                if let Some(direct) = &mut self.rooms[room].direct {
                    (direct.marks, direct.since, direct.runs) = ([1; 2], [1; 2], runs);
                }
                room
            }
        };
        let is_private = conversation.private && conversation.kind == ConversationKind::Room;
        self.rooms[room].rules = Rules::from_kept(conversation.rules, is_private);
        self.rooms[room].topic = conversation.topic.map(|topic| Topic {
            text: topic.text.into(),
            by: topic.by.as_str().into(),
            time_ms: topic.time_ms,
        });
        Some(room)
    }
}
