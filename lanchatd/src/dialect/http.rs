//! What somebody gets who comes with a browser.

/// The whole answer to any HTTP request (RFC 9112). The request's body is never looked at.
pub const ANSWER: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
Content-Type: text/plain; charset=utf-8\r\n\
Content-Length: 98\r\n\
Connection: close\r\n\
\r\n\
This is a lanchat relay, not a web server. Connect with lanchat-client or with: nc THIS-HOST 5555\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_right() {
        let answer = std::str::from_utf8(ANSWER).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
    }
}
