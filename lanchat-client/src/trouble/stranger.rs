//! What answers where a relay was expected, by the words that it begins with.

use lanchat_protocol::text;

/// How much is shown of what something says that is no relay, in characters.
const WORDS_MAX: usize = 80;

/// Beginnings that are no relay's, and whose they are (RFC 4253, 9112, 5321 and 959, 1939, 3501, 2812, 6143).
const BEGINNINGS: [(&str, &str); 11] = [
    ("SSH-", "an SSH server"),
    ("HTTP/", "a web server"),
    ("<", "a web server"),
    ("220 ", "a mail or FTP server"),
    ("220-", "a mail or FTP server"),
    ("554 ", "a mail server"),
    ("+OK", "a POP3 server"),
    ("OK [CAPABILITY", "an IMAP server"),
    ("-ERR", "a Redis or POP3 server"),
    (":", "an IRC server"),
    ("RFB ", "a VNC server"),
];

/// What says these words, where it is known to be no relay.
pub(crate) fn stranger(words: &str) -> Option<&'static str> {
    BEGINNINGS.iter().find(|(beginning, _)| words.starts_with(beginning)).map(|(_, whose)| *whose)
}

/// That something is no relay which begins with this line.
pub(crate) fn not_a_relay(line: &str) -> String {
    let words: String = text::clean(line).trim().chars().take(WORDS_MAX).collect();
    let whose = stranger(&words).map(|stranger| format!(" but {stranger}")).unwrap_or_default();
    let quoted = if words.is_empty() { String::new() } else { format!(", {words:?}") };
    format!("what answers there is not a lanchat relay{whose}{quoted}: is the port right?")
}
