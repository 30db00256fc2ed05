//! The line being edited, and why it ends while it goes on.

/// Why the editor ends a line that goes on: it is edited further at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anew {
    /// The person sends the program to the background.
    Suspend,
    /// The program was stopped, and the terminal may be as the shell wants it.
    Continued,
    /// The prompt says what is not so any more.
    Stale,
    /// A key that would wait for a number, and hold messages back meanwhile.
    Argument,
    /// The person goes to another of their rooms; the line waits where it was typed.
    Room(Which),
    /// A text of several lines was pasted, which is asked about.
    Paste,
    /// The person may want to leave.
    Interrupted,
    /// The person looks for what they have entered before.
    Search,
    /// They have looked.
    Searched,
}

impl Anew {
    /// Whether nothing of the line stays on the screen.
    pub(crate) fn vanishes(self) -> bool {
        match self {
            Self::Suspend | Self::Continued | Self::Stale => false,
            Self::Argument | Self::Room(_) | Self::Paste => true,
            Self::Interrupted | Self::Search | Self::Searched => true,
        }
    }
}

/// One of the rooms of a person, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// The first is 1.
    Nth(usize),
    /// The one after the present one.
    Next,
    /// The one before it.
    Previous,
}

/// The line being edited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) text: String,
    /// Where the cursor is, in bytes.
    pub(crate) cursor: usize,
}

/// What was typed while a line was ending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ahead {
    pub(crate) text: String,
    /// Enter came after it.
    pub(crate) is_entered: bool,
}

/// A pasted text of several lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pasted {
    /// The line that it was pasted into.
    pub(crate) before: Draft,
    pub(crate) text: String,
}
