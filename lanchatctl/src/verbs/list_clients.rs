//! `list-clients`: who is connected.

use lanchat_protocol::admin::Client;

use crate::table::{self, Column};
use crate::units;

const COLUMNS: &[Column] = &[
    Column::Right("ID"),
    Column::Left("NICK"),
    Column::Left("ADDRESS"),
    Column::Left("DIALECT"),
    Column::Left("TLS"),
    Column::Left("ROLE"),
    Column::Left("ROOMS"),
    Column::Right("CONNECTED"),
    Column::Right("MESSAGES"),
    Column::Right("BACKLOG"),
    Column::Right("SKIPPED"),
];

pub(super) fn describe(clients: &[Client]) -> String {
    table::table(COLUMNS, clients.iter().map(row))
}

fn row(client: &Client) -> Vec<String> {
    vec![
        client.id.to_string(),
        client.nick.clone(),
        client.address.clone(),
        client.dialect.clone(),
        if client.tls { "yes" } else { "no" }.to_owned(),
        client.role.to_string(),
        client.rooms.join(","),
        units::duration(client.connected_s),
        client.messages.to_string(),
        units::size(client.backlog_bytes),
        client.skipped.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanchat_protocol::role::Role;

    #[test]
    fn every_client_is_a_line_of_eleven_words() {
        let ana = Client {
            id: 12,
            nick: "ana".to_owned(),
            address: "127.0.0.1:5000".to_owned(),
            dialect: "native".to_owned(),
            tls: true,
            role: Role::Member,
            rooms: vec!["lobby".to_owned(), "ops".to_owned()],
            connected_s: 61,
            messages: 3,
            backlog_bytes: 2048,
            skipped: 0,
        };
        let nobody_yet = Client { id: 13, dialect: "new".to_owned(), ..Client::default() };
        let shown = describe(&[ana, nobody_yet]);
        let expected = "\
ID  NICK  ADDRESS         DIALECT  TLS  ROLE    ROOMS      CONNECTED  MESSAGES  BACKLOG  SKIPPED
12  ana   127.0.0.1:5000  native   yes  member  lobby,ops       1m1s         3   2.0KiB        0
13  -     -               new      no   guest   -                 0s         0       0B        0
";
        assert_eq!(shown, expected);
    }
}
