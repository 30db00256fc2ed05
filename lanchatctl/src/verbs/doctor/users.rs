//! Who may administrate: the members of a group (group(5), passwd(5)).

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Whose members administrate, where the package has made it.
const GROUP: &str = "lanchat";

/// The admin socket, and whom it lets in.
#[derive(Debug)]
pub(super) struct Gate {
    pub(super) path: PathBuf,
    /// Mode, owner and group.
    pub(super) seen: Result<(u32, u32, u32), String>,
    /// What the group is called, and whom the system's own files name in it.
    pub(super) group: Option<(String, Vec<String>)>,
}

/// Why somebody is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outsider {
    /// They are in the group since after they have logged in.
    NotYet,
    /// They are not in the group.
    NoMember,
    /// There is no such group.
    NoGroup,
}

pub(super) fn gate(path: &Path) -> Gate {
    let seen = fs::metadata(path).map(|it| (it.permissions().mode() & 0o7777, it.uid(), it.gid()));
    let seen = seen.map_err(|error| error.to_string());
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    let own =
        seen.as_ref().ok().and_then(|(_, _, gid)| groups.lines().filter_map(group).find(|it| it.1 == *gid));
    let group =
        own.map(|(name, _, members)| (name.to_owned(), members.iter().map(ToString::to_string).collect()));
    Gate { path: path.to_owned(), seen, group }
}

/// Why this user may not do what members of the group may.
pub(super) fn outsider() -> Outsider {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let uid = rustix::process::getuid().as_raw();
    let held = rustix::process::getgroups().unwrap_or_default();
    let held: Vec<_> = held.iter().map(|gid| gid.as_raw()).collect();
    judged(&read("/etc/group"), &read("/etc/passwd"), uid, &held)
}

fn judged(groups: &str, users: &str, uid: u32, held: &[u32]) -> Outsider {
    let Some((_, gid, members)) = groups.lines().filter_map(group).find(|it| it.0 == GROUP) else {
        return Outsider::NoGroup;
    };
    let own = users.lines().find_map(|line| {
        let words: Vec<_> = line.split(':').collect();
        let [name, _, number, ..] = words[..] else { return None };
        (number.parse() == Ok(uid)).then_some(name)
    });
    let is_member = own.is_some_and(|own| members.contains(&own));
    if is_member && !held.contains(&gid) { Outsider::NotYet } else { Outsider::NoMember }
}

/// Name, number and members.
fn group(line: &str) -> Option<(&str, u32, Vec<&str>)> {
    let words: Vec<_> = line.split(':').collect();
    let [name, _, number, members] = words[..] else { return None };
    let members = members.split(',').map(str::trim).filter(|member| !member.is_empty());
    Some((name, number.parse().ok()?, members.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_who_has_not_logged_in_again_is_told_apart_from_a_stranger() {
        let groups = "root:x:0:\nlanchat:x:990:ana, bob\nbroken\n";
        let users = "root:x:0:0::/root:/bin/sh\nana:x:1000:1000::/:/bin/sh\neva:x:1001:1001::/:/bin/sh\n";
        let judged = |uid, held: &[u32]| judged(groups, users, uid, held);
        assert_eq!(judged(1000, &[1000]), Outsider::NotYet);
        assert_eq!(judged(1000, &[1000, 990]), Outsider::NoMember);
        assert_eq!(judged(1001, &[]), Outsider::NoMember);
        assert_eq!(super::judged("root:x:0:\n", users, 1000, &[]), Outsider::NoGroup);
    }
}
