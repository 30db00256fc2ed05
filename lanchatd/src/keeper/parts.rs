//! Taking a batch apart that the store refuses: most of it is sound.

use crate::kept::Batch;

/// What is left of a refused batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// Smaller batches, in the order in which they are to be written.
    pub(super) worth_trying: Vec<Batch>,
    /// Messages of it that nothing can be done for.
    pub(super) hopeless: u64,
}

/// Parts a batch by what is in it, or in halves. A single thing that is refused is given up.
///
/// Reserved positions are never given up: the store knows of nothing that could be wrong with them.
pub(super) fn parts(batch: Batch) -> Parts {
    let Batch { conversations, messages, people, marks, identities, order, reserve_to } = batch;
    let kinds = [
        Batch { reserve_to, ..Batch::default() },
        Batch { conversations, ..Batch::default() },
        Batch { messages, ..Batch::default() },
        Batch { people, ..Batch::default() },
        Batch { marks, ..Batch::default() },
        Batch { identities, ..Batch::default() },
        Batch { order, ..Batch::default() },
    ];
    let mut worth_trying: Vec<_> = kinds.into_iter().filter(|kind| !kind.is_empty()).collect();
    if let [only] = worth_trying.as_mut_slice() {
        let second = Batch {
            conversations: second_half(&mut only.conversations),
            messages: only.messages.split_off(only.messages.len().div_ceil(2)),
            people: second_half(&mut only.people),
            marks: second_half(&mut only.marks),
            identities: second_half(&mut only.identities),
            order: None,
            reserve_to: None,
        };
        if second.is_empty() && only.reserve_to.is_none() {
            return Parts { worth_trying: Vec::new(), hopeless: only.messages.len() as u64 };
        }
        if !second.is_empty() {
            worth_trying.push(second);
        }
    }
    Parts { worth_trying, hopeless: 0 }
}

/// Empty where there is only one.
fn second_half<T>(all: &mut Vec<T>) -> Vec<T> {
    all.split_off(all.len().div_ceil(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kept::{Mark, Message, MessageKind};

    fn message(position: u64) -> Message {
        let (nick, text, kind) = ("ana".to_owned(), "hi".to_owned(), MessageKind::Said);
        Message { conversation: 1, position, time_ms: 0, kind, nick, text, uid: None }
    }

    fn messages(positions: std::ops::Range<u64>) -> Batch {
        Batch { messages: positions.map(message).collect(), ..Batch::default() }
    }

    #[test]
    fn what_is_of_different_kinds_is_tried_by_kind_with_positions_first() {
        let mark = Mark { conversation: 1, key: "ana".to_owned(), position: 1, since: 1 };
        let all = Batch { marks: vec![mark.clone()], reserve_to: Some(9), ..messages(0..2) };
        let expected = [
            Batch { reserve_to: Some(9), ..Batch::default() },
            messages(0..2),
            Batch { marks: vec![mark], ..Batch::default() },
        ];
        assert_eq!(parts(all).worth_trying, expected);
    }

    #[test]
    fn what_is_of_one_kind_is_tried_in_halves_until_one_is_given_up() {
        assert_eq!(parts(messages(0..5)).worth_trying, [messages(0..3), messages(3..5)]);
        assert_eq!(parts(messages(0..2)).worth_trying, [messages(0..1), messages(1..2)]);
        assert_eq!(parts(messages(0..1)), Parts { worth_trying: Vec::new(), hopeless: 1 });
        assert_eq!(parts(Batch::default()), Parts::default());
    }
}
