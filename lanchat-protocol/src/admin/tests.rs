use super::*;

#[test]
fn verbs_look_as_documented() {
    let verb = |json: &str| serde_json::from_str::<Request>(json).unwrap();
    assert_eq!(verb(r#"{"verb":"list-clients"}"#), Request::ListClients);
    assert_eq!(
        verb(r#"{"verb":"kick","client":"ana","reason":"spam"}"#),
        Request::Kick { client: "ana".into(), reason: Some("spam".into()) }
    );
    assert_eq!(serde_json::to_string(&Request::Stop).unwrap(), r#"{"verb":"stop"}"#);
}

#[test]
fn a_reply_has_either_a_result_or_an_error() {
    let reply = Reply::ok(&Stopping { pid: 7 });
    assert_eq!(serde_json::to_string(&reply).unwrap(), r#"{"ok":true,"result":{"pid":7}}"#);
    assert_eq!(reply.into_result::<Stopping>(), Ok(Stopping { pid: 7 }));
    let refused = Reply::refused(Code::NoSuchClient, "nobody");
    let text = serde_json::to_string(&refused).unwrap();
    assert_eq!(text, r#"{"ok":false,"error":{"code":"no_such_client","message":"nobody"}}"#);
    assert_eq!(refused.into_result::<Stopping>().unwrap_err().code, Code::NoSuchClient);
}

#[test]
fn the_socket_is_looked_for_where_the_daemon_puts_it() {
    let env = |pairs: &'static [(&str, &str)]| {
        move |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
    };
    let first = |pairs, uid| socket_candidates(env(pairs), uid).remove(0);
    assert_eq!(
        first(&[("RUNTIME_DIRECTORY", "/r"), ("XDG_RUNTIME_DIR", "/x")], 1),
        PathBuf::from("/r/admin.sock")
    );
    assert_eq!(first(&[("XDG_RUNTIME_DIR", "/x")], 1), PathBuf::from("/x/lanchatd/admin.sock"));
    assert_eq!(first(&[("XDG_RUNTIME_DIR", "")], 0), PathBuf::from(SYSTEM_SOCKET));
    assert_eq!(first(&[], 1000), PathBuf::from("/tmp/lanchatd-1000/admin.sock"));
}
