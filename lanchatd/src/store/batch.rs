//! The numbers by which conversations are told apart in the file.

use crate::kept::ConversationKind;

impl ConversationKind {
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Room => 0,
            Self::Direct => 1,
        }
    }

    pub(super) fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Room),
            1 => Some(Self::Direct),
            _ => None,
        }
    }
}
