//! `invite`: what to pass on so that others find the relay, know it, and may register; and what of that still holds.

use std::fs;
use std::net::{IpAddr, SocketAddr};

use clap::Subcommand;
use jiff::tz::TimeZone;
use lanchat_protocol::address::Address;
use lanchat_protocol::admin::{self, InviteRevoked, Invited, Invites, Request};
use lanchat_protocol::fingerprint::Fingerprint;
use lanchat_protocol::link::Link;
use lanchat_protocol::password::Password;
use lanchat_protocol::role::Role;
use serde_json::{Value, json};

use super::doctor::networks;
use super::user::told;
use crate::exit::Failure;
use crate::output;
use crate::socket::Connection;
use crate::table::{self, Column};
use crate::units;

/// Where users and their numbers are.
const USERS: &str = "/etc/passwd";

const COLUMNS: &[Column] = &[
    Column::Left("ID"),
    Column::Left("ROLE"),
    Column::Right("USES LEFT"),
    Column::Left("UNTIL"),
    Column::Left("BY"),
];

/// Whom to invite.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Invite {
    #[command(subcommand)]
    verb: Option<InviteVerb>,
    /// How often the code may be used [default: once, or without a bound where it expires]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    uses: Option<u32>,
    /// How long the code may be used: 30m, 12h, 7d, 2w
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    expires: Option<u64>,
    /// What whoever registers with it may do: member, moderator or admin [default: member]
    #[arg(long)]
    role: Option<Role>,
    /// The name or the address by which others reach this machine, in place of all its addresses
    #[arg(long)]
    host: Option<String>,
}

/// What can be done with invites that there are.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum InviteVerb {
    /// Show which codes may be used yet, without the codes
    List,
    /// Let nobody register with a code any more
    Revoke {
        /// Its id, as invite list shows it, or the code itself
        #[arg(value_name = "ID|CODE", allow_hyphen_values = true)]
        invite: String,
    },
}

/// What to ask of the daemon about invites that there are; `None`: a new one is wanted.
pub(super) fn request(invite: &Invite) -> Result<Option<Request>, Failure> {
    let Invite { verb, uses, expires, role, host } = invite;
    let Some(verb) = verb else { return Ok(None) };
    // Left to clap, options that every verb takes would be refused with these.
    if uses.is_some() || expires.is_some() || role.is_some() || host.is_some() {
        let told = "--uses, --expires, --role and --host are for a new invite, not for list and revoke";
        return Err(Failure::Options(told.to_owned()));
    }
    Ok(Some(match verb {
        InviteVerb::List => Request::InviteList,
        InviteVerb::Revoke { invite } => Request::InviteRevoke { invite: Password::new(invite) },
    }))
}

pub(super) fn list(invites: &Invites, zone: &TimeZone) -> String {
    let users = fs::read_to_string(USERS).unwrap_or_default();
    table::table(COLUMNS, invites.invites.iter().map(|invite| row(invite, &users, zone)))
}

fn row(invite: &admin::Invite, users: &str, zone: &TimeZone) -> Vec<String> {
    let admin::Invite { id, role, uses, expires, uid } = invite;
    vec![
        id.clone(),
        role.to_string(),
        uses.map_or_else(|| "any".to_owned(), |uses| uses.to_string()),
        expires.as_deref().map_or_else(String::new, |end| units::moment(end, zone)),
        uid.map(|uid| user(uid, users)).unwrap_or_default(),
    ]
}

/// What a user is called, or its number where nobody says.
fn user(uid: u32, users: &str) -> String {
    let number = uid.to_string();
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, found) = (fields.next()?, fields.nth(1)?);
        (found == number).then(|| name.to_owned())
    });
    named.unwrap_or(number)
}

pub(super) fn describe_revoked(revoked: &InviteRevoked) -> String {
    let InviteRevoked { invite, kept } = revoked;
    format!("nobody registers with invite {} any more{}", invite.id, told(*kept))
}

/// Makes the code, if one is wanted, and prints a link for each address.
pub(super) fn run(connection: &mut Connection, invite: &Invite, is_json: bool) -> Result<(), Failure> {
    if invite.host.as_deref().is_some_and(|host| !is_host(host)) {
        return Err(Failure::Options("--host is a name or an address, without a port".to_owned()));
    }
    let status = connection.ask(&Request::Status)?;
    let fingerprint = fingerprint(&status);
    let Invite { uses, expires, role, .. } = invite;
    let role = role.unwrap_or(Role::Member);
    let request = Request::Invite { uses: *uses, expires_s: *expires, role };
    let invited: Invited = super::typed(connection.ask(&request)?)?;
    let own: Vec<IpAddr> = networks::look().iter().map(ipnet::IpNet::addr).collect();
    let links = links(&invited, invite.host.as_deref(), &own, fingerprint);
    let links: Vec<_> = links.iter().map(ToString::to_string).collect();
    if is_json {
        let Invited { id, code, expires, uses, kept, .. } = &invited;
        return output::print_json(
            json!({"links": links, "id": id, "code": code, "expires": expires, "uses": uses, "kept": kept}),
        );
    }
    if let Some(code) = &invited.code {
        let uses =
            invited.uses.map_or_else(String::new, |uses| format!(" {}", units::count(uses.into(), "time")));
        let until = invited.expires.as_deref().map(|end| format!(" until {end}")).unwrap_or_default();
        let kept = told(invited.kept);
        let id = invited.id.as_deref().unwrap_or(code);
        output::note(&format!(
            "the code {code} is shown this once; it may be used{uses}{until}, unless you: lanchatctl invite revoke {id}{kept}"
        ));
    }
    if links.is_empty() {
        return Err(Failure::Incomplete(
            "nobody else reaches the relay, it listens on loopback alone (listen.chat); where that is not so: --host HOST"
                .to_owned(),
        ));
    }
    links.iter().try_for_each(|link| output::print_line(link))
}

fn fingerprint(status: &Value) -> Option<Fingerprint> {
    status.pointer("/tls/fingerprint").and_then(Value::as_str).and_then(|written| written.parse().ok())
}

/// A link for each address by which others reach the relay, or for the host that was named.
fn links(
    invited: &Invited,
    host: Option<&str>,
    own: &[IpAddr],
    fingerprint: Option<Fingerprint>,
) -> Vec<Link> {
    let listen: Vec<SocketAddr> = invited.listen.iter().filter_map(|it| it.parse().ok()).collect();
    let mut places: Vec<Address> = Vec::new();
    for address in &listen {
        let hosts = match host {
            Some(host) => vec![host.trim_matches(['[', ']']).to_owned()],
            None => own.iter().filter(|own| reaches(address.ip(), **own)).map(ToString::to_string).collect(),
        };
        let here = hosts.into_iter().map(|host| Address { host, port: address.port() });
        places.extend(here.filter(|place| !places.contains(place)).collect::<Vec<_>>());
    }
    let link = |address| Link { address, invite: invited.code.clone(), fingerprint };
    places.into_iter().map(link).collect()
}

/// Whether a relay that listens there is reached by one of the machine's own addresses.
fn reaches(listen: IpAddr, own: IpAddr) -> bool {
    // One that listens on all of IPv6 takes IPv4 too.
    own == listen || listen.is_unspecified() && (own.is_ipv4() || listen.is_ipv6())
}

fn is_host(host: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || "-._".contains(c);
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    inner.parse::<IpAddr>().is_ok() || (!host.is_empty() && host.chars().all(is_plain))
}

/// A span of time in seconds: `7d`.
fn seconds(written: &str) -> Result<u64, String> {
    let allowed =
        || "allowed: a whole number of minutes, hours, days or weeks, such as 30m, 12h, 7d, 2w".to_owned();
    let unit = match written.chars().last() {
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 24 * 3600,
        Some('w') => 7 * 24 * 3600,
        _ => return Err(allowed()),
    };
    let number: u32 = written[..written.len() - 1].parse().map_err(|_| allowed())?;
    if number == 0 { Err(allowed()) } else { Ok(u64::from(number) * unit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invited(listen: &[&str], code: Option<&str>) -> Invited {
        let listen = listen.iter().map(|&it| it.to_owned()).collect();
        Invited { listen, code: code.map(str::to_owned), ..Invited::default() }
    }

    fn written(links: &[Link]) -> Vec<String> {
        links.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn there_is_a_link_for_each_address_by_which_others_come() {
        let own = ["10.0.0.7".parse().unwrap(), "fd00::7".parse().unwrap()];
        let all = invited(&["0.0.0.0:5555", "[::]:5555", "127.0.0.1:6000"], Some("c0de"));
        assert_eq!(
            written(&links(&all, None, &own, None)),
            ["lanchat://10.0.0.7/c0de", "lanchat://[fd00::7]/c0de"]
        );
        let one = invited(&["10.0.0.7:6000"], None);
        assert_eq!(written(&links(&one, None, &own, None)), ["lanchat://10.0.0.7:6000"]);
        assert_eq!(written(&links(&one, Some("chat.example"), &own, None)), ["lanchat://chat.example:6000"]);
        assert_eq!(written(&links(&one, Some("fd00::9"), &own, None)), ["lanchat://[fd00::9]:6000"]);
        assert!(links(&invited(&["127.0.0.1:5555"], None), None, &own, None).is_empty());
    }

    #[test]
    fn the_fingerprint_is_that_of_the_status_if_there_is_one() {
        let bare = "A".repeat(43);
        let status = json!({"tls": {"mode": "optional", "fingerprint": format!("SHA256:{bare}")}});
        let found = fingerprint(&status).unwrap();
        let own = ["10.0.0.7".parse().unwrap()];
        let link = links(&invited(&["10.0.0.7:5555"], Some("c0de")), None, &own, Some(found));
        assert_eq!(written(&link), [format!("lanchat://10.0.0.7/c0de#{bare}")]);
        for status in [json!({}), json!({"tls": {"mode": "off"}}), json!({"tls": {"fingerprint": null}})] {
            assert_eq!(fingerprint(&status), None);
        }
    }

    #[test]
    fn what_a_new_invite_is_like_is_not_said_of_those_there_are() {
        let none = Invite { verb: None, uses: None, expires: None, role: None, host: None };
        let listed = Invite { verb: Some(InviteVerb::List), ..none.clone() };
        assert_eq!(request(&none).unwrap(), None);
        assert_eq!(request(&listed).unwrap(), Some(Request::InviteList));
        for odd in [
            Invite { uses: Some(1), ..listed.clone() },
            Invite { expires: Some(60), ..listed.clone() },
            Invite { role: Some(Role::Member), ..listed.clone() },
            Invite { host: Some("relay".to_owned()), ..listed },
        ] {
            assert!(matches!(request(&odd), Err(Failure::Options(_))), "{odd:?}");
        }
    }

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        assert_eq!(seconds("30m"), Ok(1800));
        assert_eq!(seconds("7d"), Ok(604_800));
        for wrong in ["", "7", "d", "0d", "-1h", "7x", "1.5h", "7é"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_invite_is_a_line_without_its_code() {
        let invite = |id: &str, uses, expires: Option<&str>, uid| admin::Invite {
            id: id.to_owned(),
            role: Role::Member,
            uses,
            expires: expires.map(str::to_owned),
            uid,
        };
        let users = "root:x:0:0:root:/root:/bin/sh\nana:x:1000:1000::/home/ana:/bin/sh\n10:x:7:7::/:\nodd\n";
        let rows = [
            invite("0a1b2c3d", Some(3), Some("2026-11-22T10:15:00.123Z"), Some(1000)),
            invite("11111111", None, None, Some(10)),
            invite("22222222", Some(1), None, None),
        ];
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let expected = "\
ID        ROLE    USES LEFT  UNTIL                BY
0a1b2c3d  member          3  2026-11-22 11:15:00  ana
11111111  member        any  -                    10
22222222  member          1  -                    -
";
        assert_eq!(table::table(COLUMNS, rows.iter().map(|it| row(it, users, &zone))), expected);
    }

    #[test]
    fn a_host_is_no_place_for_anything_else() {
        for host in ["chat.example", "10.0.0.7", "fd00::7", "[fd00::7]"] {
            assert!(is_host(host), "{host}");
        }
        for wrong in ["", "a:5555", "a/b", "a#b", "a b"] {
            assert!(!is_host(wrong), "{wrong}");
        }
    }
}
