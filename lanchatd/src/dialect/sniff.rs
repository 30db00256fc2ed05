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

/// The longest beginning of an HTTP request that is waited for, in bytes.
pub const REQUEST_LINE_BYTES_MAX: usize = 2048;

const VERBS: [&[u8]; 10] = [
    b"GET ",
    b"HEAD ",
    b"POST ",
    b"PUT ",
    b"DELETE ",
    b"OPTIONS ",
    b"PATCH ",
    b"CONNECT ",
    b"TRACE ",
    b"PRI * ",
];

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
        _ if VERBS.iter().any(|verb| bytes.starts_with(verb)) => request_line(bytes),
        _ if VERBS.iter().any(|verb| verb.starts_with(bytes)) => Guess::Undecided,
        _ => Guess::Text,
    }
}

fn request_line(bytes: &[u8]) -> Guess {
    let Some(end) = memchr(bytes) else {
        return if bytes.len() < REQUEST_LINE_BYTES_MAX { Guess::Undecided } else { Guess::Text };
    };
    let line = bytes[..end].trim_ascii_end();
    let last_word = line.rsplit(|b| *b == b' ').next().unwrap_or_default();
    if last_word.starts_with(b"HTTP/") { Guess::Http } else { Guess::Text }
}

fn memchr(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|b| *b == b'\n')
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
        ] {
            assert_eq!(sniff(bytes), guess, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_request_line_is_not_waited_for_forever() {
        let mut endless = b"GET ".to_vec();
        endless.resize(REQUEST_LINE_BYTES_MAX - 1, b'x');
        assert_eq!(sniff(&endless), Guess::Undecided);
        endless.push(b'x');
        assert_eq!(sniff(&endless), Guess::Text);
    }
}
