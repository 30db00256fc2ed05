//! The question that nobody typed, who is here: asked for completion's sake, and not too often.

/// Between one question and the next there is at least this much time, in milliseconds: each spends some of
/// what the relay lets the person say.
const APART_MS: u64 = 10_000;

/// An answer that takes longer than this is not waited for any more, in milliseconds.
const ANSWER_MS: u64 = 60_000;

/// When to ask on one connection.
#[derive(Debug, Default)]
pub(super) struct Census {
    wanted: bool,
    asked_ms: Option<u64>,
    unanswered: bool,
}

impl Census {
    /// A connection on which nothing was asked yet, and all is to be learned.
    pub(super) fn begin() -> Self {
        Self { wanted: true, ..Self::default() }
    }

    /// What is known about who is here is out of date.
    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    /// The relay has answered, in whatever way.
    pub(super) fn answered(&mut self) {
        self.unanswered = false;
    }

    /// Whether to ask now; it counts as asked then.
    pub(super) fn asks(&mut self, now_ms: u64) -> bool {
        let asks = self.due_ms().is_some_and(|due_ms| now_ms >= due_ms);
        if asks {
            *self = Self { wanted: false, asked_ms: Some(now_ms), unanswered: true };
        }
        asks
    }

    /// When [`Census::asks`] is worth a call, if nothing else happens.
    pub(super) fn due_ms(&self) -> Option<u64> {
        let pause_ms = if self.unanswered { ANSWER_MS } else { APART_MS };
        self.wanted.then(|| self.asked_ms.map_or(0, |asked_ms| asked_ms.saturating_add(pause_ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_question_is_out_at_a_time_and_one_asked_in_ten_seconds() {
        let mut census = Census::begin();
        assert!(census.asks(5) && !census.asks(5));
        assert_eq!(census.due_ms(), None, "nothing more to learn");
        census.want();
        assert!(!census.asks(60_004), "the first is still out");
        census.answered();
        assert!(census.asks(60_004));
        census.answered();
        census.want();
        assert_eq!(census.due_ms(), Some(70_004));
        assert!(!census.asks(70_003) && census.asks(70_004));
    }

    #[test]
    fn an_answer_that_never_comes_is_not_waited_for_for_ever() {
        let mut census = Census::begin();
        assert!(census.asks(0));
        census.want();
        assert!(!census.asks(59_999) && census.asks(60_000));
    }
}
