//! Where somebody who looked elsewhere left off.

/// Whoever has entered nothing for this long is taken to look elsewhere, in milliseconds.
const ELSEWHERE_MS: u64 = 10 * 60 * 1000;

/// Whether the next message is the first that the person may not have seen.
#[derive(Debug, Default)]
pub(super) struct Unread {
    entered_ms: u64,
    is_marked: bool,
}

impl Unread {
    /// The person is here: they have entered something.
    pub(super) fn entered(&mut self, now_ms: u64) {
        *self = Self { entered_ms: now_ms, is_marked: false };
    }

    /// A message is about to be shown. Whether what is new to the person begins with it, which is so once until they
    /// enter something.
    pub(super) fn begins(&mut self, now_ms: u64) -> bool {
        let is_elsewhere = now_ms.saturating_sub(self.entered_ms) >= ELSEWHERE_MS;
        is_elsewhere && !std::mem::replace(&mut self.is_marked, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_begins_once_until_something_is_entered() {
        let mut unread = Unread::default();
        assert!(!unread.begins(ELSEWHERE_MS - 1));
        assert!(unread.begins(ELSEWHERE_MS));
        assert!(!unread.begins(3 * ELSEWHERE_MS));
        unread.entered(3 * ELSEWHERE_MS);
        assert!(!unread.begins(4 * ELSEWHERE_MS - 1));
        assert!(unread.begins(4 * ELSEWHERE_MS));
    }
}
