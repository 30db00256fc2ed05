use super::*;

fn told(written: &str, why: Why) -> String {
    ConnectError::new(written.parse().unwrap(), why).to_string()
}

fn failed(candidate: &str, kind: io::ErrorKind) -> Why {
    Why::Failed(candidate.parse().unwrap(), kind.into())
}

#[test]
fn each_trouble_says_what_was_attempted_and_what_to_do_about_it_in_one_paragraph() {
    let elsewhere = "192.0.2.1:5555";
    let ten = Duration::from_secs(10);
    let troubles = [
        (
            failed("127.0.0.1:5555", io::ErrorKind::ConnectionRefused),
            "nothing on this machine takes connections at relay:5555",
        ),
        (failed("127.0.0.1:5555", io::ErrorKind::ConnectionRefused), "systemctl status lanchatd"),
        (failed(elsewhere, io::ErrorKind::ConnectionRefused), "relay:5555 refuses connections"),
        (failed(elsewhere, io::ErrorKind::ConnectionRefused), "There,  systemctl status lanchatd"),
        (failed(elsewhere, io::ErrorKind::ConnectionRefused), "listen.chat"),
        (failed(elsewhere, io::ErrorKind::TimedOut), "ufw allow 5555/tcp"),
        (failed(elsewhere, io::ErrorKind::HostUnreachable), "ip route get 192.0.2.1"),
        (failed(elsewhere, io::ErrorKind::NetworkUnreachable), "there is no way to relay:5555"),
        (failed(elsewhere, io::ErrorKind::Other), "cannot connect to relay:5555"),
        (Why::TimedOut(ten), "relay:5555 does not answer within 10 s"),
        (Why::TimedOut(ten), "ufw allow 5555/tcp"),
        (Why::TimedOut(ten), "nft add rule inet filter input tcp dport 5555 accept"),
        (Why::Mute(Duration::from_millis(1_500)), "does not answer the handshake within 1.5 s"),
        (Why::NoAddress, "its IP address would work"),
        (Why::Unresolved(io::Error::other("no")), "getent hosts relay "),
        (Why::OtherProtocol, "is the port right?"),
        (
            Why::TurnedAway("this relay is full (1 connection)".to_owned()),
            "does not let you in: \"this relay is full",
        ),
    ];
    for (why, part) in troubles {
        let told = told("relay", why);
        assert!(told.contains(part) && !told.contains('\n'), "{part} in {told}");
    }
}

#[test]
fn the_port_of_the_firewalls_commands_is_the_relays() {
    let told = told("relay:7000", Why::TimedOut(Duration::from_secs(1)));
    assert!(told.contains("ufw allow 7000/tcp") && told.contains("dport 7000 accept"), "{told}");
}

#[test]
fn something_else_on_the_port_is_a_matter_of_trust_only_where_a_relay_is_known() {
    let error = |words: Option<&str>, is_known| {
        let why = Why::Plain { words: words.map(str::to_owned), is_known };
        ConnectError::new("relay".parse().unwrap(), why)
    };
    let ssh = error(Some("SSH-2.0-OpenSSH_9.2"), false);
    assert!(ssh.to_string().contains("answers as an SSH server, \"SSH-2.0-OpenSSH_9.2\""), "{ssh}");
    assert!(!ssh.to_string().contains("--plain") && !ssh.is_untrusted(), "{ssh}");
    let moved = error(Some("SSH-2.0-OpenSSH_9.2"), true);
    assert!(moved.to_string().contains("somebody answers in its place") && moved.is_untrusted(), "{moved}");
    for words in [None, Some(""), Some("Welcome to lanchat")] {
        assert!(error(words, false).is_untrusted() && error(words, true).is_untrusted());
        assert!(error(words, false).to_string().contains("--plain"));
        assert!(!error(words, true).to_string().contains("--plain"));
    }
}

#[test]
fn whoever_is_no_relay_is_named_by_what_it_says() {
    for (words, whose) in [
        ("SSH-2.0-OpenSSH_9.2", "an SSH server"),
        ("HTTP/1.1 400 Bad Request", "a web server"),
        ("220 mail.example ESMTP", "a mail or FTP server"),
        ("+OK POP3 ready", "a POP3 server"),
        ("-ERR unknown command", "a Redis or POP3 server"),
        (":irc.example NOTICE * :hi", "an IRC server"),
        ("RFB 003.008", "a VNC server"),
    ] {
        assert_eq!(stranger(words), Some(whose));
        assert!(not_a_relay(words).contains(&format!(" but {whose}, {words:?}")), "{words}");
    }
    assert_eq!(stranger("Welcome to lanchat, you are guest1"), None);
    assert_eq!(stranger("this relay is full (1 connection): try again later"), None);
    assert_eq!(
        not_a_relay("\x1b[2J"),
        "what answers there is not a lanchat relay, \"[2J\": is the port right?"
    );
}

#[test]
fn of_what_a_stranger_says_no_more_than_a_line_is_shown() {
    let told = |count| not_a_relay(&"x".repeat(count));
    assert!(told(80).contains(&format!("\"{}\"", "x".repeat(80))));
    assert_eq!(told(81), told(80));
}
