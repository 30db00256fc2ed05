//! Ranks and deeds, as people are told of them.

use std::fmt;

use super::{Deed, Rank};

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Guest => "a guest",
            Self::Member => "a member",
            Self::Operator => "an operator of the room",
            Self::Moderator => "a moderator",
            Self::Admin => "an admin",
        })
    }
}

impl fmt::Display for Deed {
    /// What somebody may do or not: `mute somebody`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hello => "come in",
            Self::Say | Self::Tell => "say something",
            Self::Nick => "take another nick",
            Self::Who => "see who is there",
            Self::Join => "enter a room",
            Self::Part => "leave a room",
            Self::Rooms => "see the rooms",
            Self::AskTopic => "see the topic",
            Self::SetTopic => "set the topic",
            Self::Whois => "see who somebody is",
            Self::Away | Self::Back => "be away or back",
            Self::Ignore | Self::Unignore => "hide somebody",
            Self::History => "see what was said",
            Self::Search => "search",
            Self::Register | Self::Login | Self::Passwd | Self::Logout => "log in or out",
            Self::Ping => "ask for a sign of life",
            Self::Help => "ask for help",
            Self::Quit => "leave",
            Self::Create => "make a private or moderated room",
            Self::Invite => "invite somebody to this room",
            Self::Op | Self::Deop => "give or take an operator's rights in this room",
            Self::Voice | Self::Devoice => "give or take a voice in this room",
            Self::Slow => "slow this room down",
            Self::Lock | Self::Unlock => "lock or unlock this room",
            Self::Private => "make this room private or open it",
            Self::Moderated => "make this room moderated or end that",
            Self::Kick => "put somebody out of this room",
            Self::Mute | Self::Unmute => "mute somebody or let them speak again",
            Self::Ban | Self::Unban => "ban somebody or let them in again",
            Self::Bans => "see who is banned",
        })
    }
}
