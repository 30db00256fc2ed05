//! Which dialect a connection speaks, by its first bytes.

/// What the first bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// A person or a raw program.
    Text,
    /// A native client: it begins with `{`.
    Native,
    /// A TLS handshake (RFC 8446, record type 22, version 3.x).
    Tls,
    /// An HTTP request.
    Http,
    /// More bytes, or a silence, are needed to tell.
    Undecided,
}

/// The longest request line that is waited for, in bytes. What outgrows it is a request all the same.
pub const REQUEST_LINE_BYTES_MAX: usize = 8 * 1024;

/// Methods whose beginning is worth waiting for, also through a silence (RFC 9110, RFC 4918, RFC 9113).
const METHODS: [&[u8]; 12] = [
    b"GET ",
    b"HEAD ",
    b"POST ",
    b"PUT ",
    b"DELETE ",
    b"OPTIONS ",
    b"PATCH ",
    b"CONNECT ",
    b"TRACE ",
    b"PROPFIND ",
    b"REPORT ",
    b"PRI * ",
];

/// The longest method, in bytes.
const METHOD_BYTES_MAX: usize = 20;

/// Judges all bytes that have arrived so far.
///
/// "GET well soon" is something to say: only a first line that ends as RFC 9112 has it, with
/// `HTTP/` and a version, is a request.
pub fn sniff(bytes: &[u8]) -> Guess {
    match bytes {
        [] => Guess::Undecided,
        [b'{', ..] => Guess::Native,
        [0x16] => Guess::Undecided,
        [0x16, 0x03, ..] => Guess::Tls,
        _ => text_or_http(bytes),
    }
}

/// Whether the bytes are half a request line: a method and the beginning of a target. The rest is on its
/// way; a silence does not make a message of it.
pub fn is_half_a_request(bytes: &[u8]) -> bool {
    let line = without_empty_lines(bytes);
    let target = METHODS.iter().find_map(|method| line.strip_prefix(*method));
    let is_target = |target: &[u8]| target.starts_with(b"/") || target.starts_with(b"http");
    !line.contains(&b'\n') && target.is_some_and(is_target)
}

fn text_or_http(bytes: &[u8]) -> Guess {
    let line = without_empty_lines(bytes);
    if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
        return if is_request_line(&line[..end]) { Guess::Http } else { Guess::Text };
    }
    if METHODS.iter().any(|method| line.starts_with(method)) {
        return match line.len() {
            0..REQUEST_LINE_BYTES_MAX => Guess::Undecided,
            _ if is_half_a_request(line) => Guess::Http,
            _ => Guess::Text,
        };
    }
    let may_become_method = METHODS.iter().any(|method| method.starts_with(line));
    if may_become_method && !line.is_empty() { Guess::Undecided } else { Guess::Text }
}

/// A server is to pass over empty lines before a request (RFC 9112, section 2.2).
fn without_empty_lines(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n'));
    &bytes[start.unwrap_or(bytes.len())..]
}

/// A method, a target, and a version.
fn is_request_line(line: &[u8]) -> bool {
    let mut words = line.trim_ascii_end().split(|byte| *byte == b' ');
    let is_method = |word: &[u8]| {
        (1..=METHOD_BYTES_MAX).contains(&word.len())
            && word.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'-')
    };
    words.next().is_some_and(is_method) && words.next_back().is_some_and(|word| word.starts_with(b"HTTP/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell() {
        for (bytes, guess) in [
            (&b""[..], Guess::Undecided),
            (b"hi", Guess::Text),
            (b"\n", Guess::Text),
            (b"{", Guess::Native),
            (b" {", Guess::Text),
            (b"\x16\x03\x01", Guess::Tls),
            (b"\x16", Guess::Undecided),
            (b"\x16x", Guess::Text),
            (b"\xff\xfb\x1f", Guess::Text),
            (b"G", Guess::Undecided),
            (b"GET / HT", Guess::Undecided),
            (b"GET / HTTP/1.1\r\nHost: x\r\n", Guess::Http),
            (b"PRI * HTTP/2.0\r\n", Guess::Http),
            (b"GET well soon\n", Guess::Text),
            (b"GETTING there", Guess::Text),
            (b"PROPFIND /x HTTP/1.1\r\n", Guess::Http),
            (b"FROBNICATE /x HTTP/1.1\r\n", Guess::Http),
            (b"\r\nGET / HTTP/1.1\r\n", Guess::Http),
            (b"we like HTTP/1.1\n", Guess::Text),
        ] {
            assert_eq!(sniff(bytes), guess, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_request_line_is_not_waited_for_forever() {
        let mut endless = b"GET /".to_vec();
        endless.resize(REQUEST_LINE_BYTES_MAX - 1, b'x');
        assert_eq!(sniff(&endless), Guess::Undecided);
        endless.push(b'x');
        assert_eq!(sniff(&endless), Guess::Http);
    }

    #[test]
    fn a_silence_makes_no_message_of_half_a_request() {
        assert!(is_half_a_request(b"POST / HT"));
        assert!(is_half_a_request(b"\r\nGET http://x"));
        assert!(!is_half_a_request(b"GET well soon"));
        assert!(!is_half_a_request(b"GE"));
    }
}
