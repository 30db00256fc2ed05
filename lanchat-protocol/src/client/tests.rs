use super::*;
use proptest::prelude::*;

fn line(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    write_line(value, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn requests_look_as_documented() {
    let hello = Request::Hello(Hello { version: 1, nick: Some("ana".into()), ..Hello::default() });
    assert_eq!(line(&hello), "{\"type\":\"hello\",\"version\":1,\"nick\":\"ana\"}\n");
    let say = "{\"type\":\"say\",\"id\":\"1\",\"room\":\"lobby\",\"text\":\"hi\"}";
    let parsed = Request::parse(say.as_bytes()).unwrap();
    assert_eq!(line(&parsed).trim_end(), say);
}

#[test]
fn a_malformed_request_is_named_by_its_id_and_told_what_is_missing() {
    let wrong = Request::parse(br#"{"type":"say","id":"7"}"#).unwrap_err();
    assert_eq!((wrong.id.as_deref(), wrong.code), (Some("7"), Code::BadRequest));
    assert!(wrong.message.contains("missing field `text`"), "{}", wrong.message);
    let wrong = Request::parse(br#"{"type":"sya","id":"7"}"#).unwrap_err();
    assert_eq!(wrong.code, Code::UnknownType);
    assert!(wrong.message.contains("did you mean \"say\""), "{}", wrong.message);
    assert_eq!(Request::parse(b"{}").unwrap_err().code, Code::BadRequest);
    assert_eq!(Request::parse(b"[1]").unwrap_err().code, Code::BadJson);
    assert_eq!(Request::parse(b"[\"who\",\"lobby\"]").unwrap_err().code, Code::BadJson);
}

#[test]
fn an_id_has_at_most_64_bytes() {
    let ping = |length| format!("{{\"type\":\"ping\",\"id\":\"{}\"}}", "x".repeat(length));
    assert!(Request::parse(ping(ID_BYTES_MAX).as_bytes()).is_ok());
    assert_eq!(Request::parse(ping(ID_BYTES_MAX + 1).as_bytes()).unwrap_err().code, Code::BadRequest);
}

#[test]
fn json_100_000_deep_is_refused_without_recursion() {
    let deep = format!("{{\"type\":{}", "[".repeat(100_000));
    assert_eq!(Request::parse(deep.as_bytes()).unwrap_err().code, Code::BadJson);
}

#[test]
fn unknown_fields_and_events_are_passed_over() {
    assert!(Request::parse(br#"{"type":"ping","id":"1","later":[1,2]}"#).is_ok());
    let event: Event = serde_json::from_str(r#"{"type":"weather","room":"x"}"#).unwrap();
    assert_eq!(event, Event::Unknown);
    let code: Code = serde_json::from_str("\"brand_new\"").unwrap();
    assert_eq!(code, Code::Other);
}

#[test]
fn codes_are_written_as_serde_writes_them() {
    for code in [Code::BadJson, Code::LineTooLong, Code::AlreadyWelcome, Code::NotUtf8, Code::LoginTimeout] {
        assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{}\"", code.as_str()));
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = Request::parse(&bytes);
    }

    #[test]
    fn any_text_travels_unchanged_on_one_line(text: String, id in "[a-z0-9]{0,64}") {
        let say = Request::Say(Say { id: Some(id.into()), room: None, text: text.into(), action: true });
        let line = line(&say);
        prop_assert_eq!(line.find('\n'), Some(line.len() - 1));
        prop_assert_eq!(Request::parse(line.trim_end_matches('\n').as_bytes()).unwrap(), say);
    }
}
