//! `rooms`: which rooms there are.

use jiff::tz::TimeZone;
use lanchat_protocol::admin::{Room, Rooms};

use crate::table::{self, Column};
use crate::units;

const COLUMNS: &[Column] = &[
    Column::Left("ROOM"),
    Column::Right("PEOPLE"),
    Column::Left("KEPT SINCE"),
    Column::Left("LAST SAID"),
    Column::Left("TOPIC"),
];

pub(super) fn describe(rooms: &Rooms, zone: &TimeZone) -> String {
    let shown = table::table(COLUMNS, rooms.rooms.iter().map(|room| row(room, zone)));
    match rooms.direct {
        0 => shown,
        direct => format!("{shown}and {} of two people\n", units::count(direct, "conversation")),
    }
}

fn row(room: &Room, zone: &TimeZone) -> Vec<String> {
    let moment = |written: &Option<String>| units::moment(written.as_deref().unwrap_or_default(), zone);
    vec![
        room.name.clone(),
        room.people.to_string(),
        moment(&room.kept_since),
        moment(&room.last_said),
        room.topic.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_room_is_a_line_and_what_two_people_say_is_only_counted() {
        let ops = Room {
            name: "ops".to_owned(),
            people: 3,
            topic: "the disk".to_owned(),
            kept_since: Some("2026-10-01T08:00:00.000Z".to_owned()),
            last_said: Some("2026-11-22T10:15:00.123Z".to_owned()),
        };
        let lobby = Room { name: "lobby".to_owned(), people: 12, ..Room::default() };
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let shown = describe(&Rooms { rooms: vec![lobby, ops], direct: 2 }, &zone);
        let expected = "\
ROOM   PEOPLE  KEPT SINCE           LAST SAID            TOPIC
lobby      12  -                    -                    -
ops         3  2026-10-01 09:00:00  2026-11-22 11:15:00  the disk
and 2 conversations of two people
";
        assert_eq!(shown, expected);
        assert!(!describe(&Rooms::default(), &zone).contains("conversation"));
    }
}
