//! What a relay says to whom it does not let in: a plain line, before any handshake and in no dialect.

/// What each of these lines has in it, and nothing else that a relay begins with.
const WORDS: [&str; 7] = [
    "this relay is full (",
    " from your address already",
    "too many connect from your address",
    "you are banned from this relay",
    "this relay takes nobody new",
    "this relay is stopping",
    "this relay is for its own network only",
];

/// Whether a relay says by this line that it lets its hearer not in. It proves nothing: anybody may say so.
pub fn is_turned_away(line: &str) -> bool {
    WORDS.iter().any(|words| line.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_turns_nobody_away() {
        assert!(!is_turned_away("Welcome to lanchat. You are guest1."));
        assert!(is_turned_away("* this relay is full (2 connections): try again later"));
    }
}
