//! What the administrator does with invites, and how they are used up.

use lanchat_protocol::admin;
use lanchat_protocol::moment::utc;
use lanchat_protocol::password::Password;
use lanchat_protocol::role::Role;

use super::accounts::NotDone;
use crate::hub::accounts::{INVITES_MAX, digest, short_id};
use crate::hub::keeping::{Change, Changed};
use crate::hub::{Hub, Now};
use crate::kept::{self, Digest};

impl Hub {
    /// Makes an invite. Only the digest of its code is known here.
    pub fn add_invite(&mut self, now: Now, invite: kept::Invite) -> Result<(admin::Invite, Change), NotDone> {
        self.drop_old_invites(now);
        if self.accounts.invites.len() >= INVITES_MAX {
            return Err(NotDone::TooManyInvites { max: INVITES_MAX });
        }
        let digest = invite.digest;
        let told = told(&invite);
        self.accounts.invites.insert(digest, invite);
        Ok((told, self.note_identity(Changed::Invite(digest))))
    }

    /// The invites that may be used yet; the next one to expire first, those that never do last.
    pub fn invites(&self, now: Now) -> Vec<admin::Invite> {
        let digests = self.accounts.invites.keys();
        let mut usable: Vec<_> = digests.filter_map(|digest| self.accounts.invite(now, digest)).collect();
        usable.sort_by_key(|invite| (invite.expires_ms.unwrap_or(i64::MAX), invite.digest));
        usable.into_iter().map(told).collect()
    }

    /// Lets nobody register with an invite any more, which is named by its id or its code.
    pub fn revoke_invite(
        &mut self,
        now: Now,
        id_or_code: &Password,
    ) -> Result<(admin::Invite, Change), NotDone> {
        self.drop_old_invites(now);
        let of_code = digest(id_or_code);
        let mut all = self.accounts.invites.values();
        let is_meant = |invite: &&kept::Invite| {
            invite.digest == of_code || short_id(&invite.digest) == id_or_code.reveal()
        };
        let invite = all.find(is_meant).cloned().ok_or(NotDone::NoSuchInvite)?;
        self.accounts.invites.remove(&invite.digest);
        Ok((told(&invite), self.note_identity(Changed::Invite(invite.digest))))
    }

    /// Somebody registers with an invite. Says what they may do then.
    pub(in crate::hub) fn use_invite(&mut self, now: Now, digest: &Digest) -> Option<Role> {
        let role = self.accounts.invite(now, digest)?.role;
        let uses = self.accounts.invites.get_mut(digest).and_then(|invite| invite.uses.as_mut());
        if let Some(uses) = uses {
            *uses -= 1;
            if *uses == 0 {
                self.accounts.invites.remove(digest);
            }
        }
        self.note_identity(Changed::Invite(*digest));
        Some(role)
    }

    fn drop_old_invites(&mut self, now: Now) {
        let old: Vec<Digest> = self.accounts.invites.keys().copied().collect();
        for digest in old {
            if self.accounts.invite(now, &digest).is_none() {
                self.accounts.invites.remove(&digest);
                self.note_identity(Changed::Invite(digest));
            }
        }
    }
}

fn told(invite: &kept::Invite) -> admin::Invite {
    let kept::Invite { digest, role, uses, expires_ms, uid } = *invite;
    admin::Invite { id: short_id(&digest), role, uses, expires: expires_ms.map(utc), uid }
}
