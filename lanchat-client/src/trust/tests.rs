use super::*;

const PLAIN: Wanted = Wanted { plain: true, accept_new: false, pin: None, patience_ms: None };
const NEW: Wanted = Wanted { plain: false, accept_new: true, pin: None, patience_ms: None };

fn open(wanted: Wanted) -> Trust {
    Trust::open("relay".parse().unwrap(), wanted, None).unwrap().0
}

fn key(number: u8) -> Fingerprint {
    Fingerprint::of_hash([number; 32])
}

#[test]
fn somebody_is_asked_where_nothing_is_known_and_nothing_was_said() {
    assert!(open(Wanted::default()).is_to_be_asked());
    assert!(!open(NEW).is_to_be_asked() && !open(PLAIN).is_to_be_asked());
    assert!(!open(Wanted { pin: Some(key(1)), ..Wanted::default() }).is_to_be_asked());
}

#[test]
fn plain_text_is_talked_only_where_it_was_asked_for() {
    assert!(open(PLAIN).handshake().is_none());
    for wanted in [Wanted::default(), NEW] {
        assert!(matches!(open(wanted).handshake(), Some(Ok(_))));
    }
}

#[test]
fn without_a_memory_a_relay_is_known_until_the_program_ends_and_that_is_told_once() {
    let mut trust = open(NEW);
    assert!(trust.met(key(1)).unwrap().unwrap().contains("cannot be remembered"));
    assert_eq!(trust.met(key(1)), Ok(None));
    let known = trust.pin.clone().unwrap();
    assert_eq!(known.admits(key(2)), Err(Distrust::Changed { known: known.clone(), shown: key(2) }));
    let mut given = open(Wanted { pin: Some(key(1)), ..Wanted::default() });
    assert_eq!(given.met(key(1)), Ok(None), "whoever gives the key each time needs no memory");
}

#[test]
fn every_reason_says_what_to_do() {
    struct Told(Distrust);
    impl std::fmt::Display for Told {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.tell(&"relay".parse().unwrap(), f)
        }
    }
    let (known, shown, given) =
        (Pin { fingerprint: key(1), origin: Origin::Remembered("2026-11-23".into()) }, key(2), key(3));
    let (end, now) = (jiff::Timestamp::UNIX_EPOCH, jiff::Timestamp::MAX);
    for (distrust, advice) in [
        (Distrust::Unknown(shown), "--accept-new"),
        (Distrust::Declined, "nothing was sent"),
        (Distrust::Changed { known: known.clone(), shown }, "lanchat-client --forget relay:5555"),
        (Distrust::Contradicted { known, given }, "lanchat-client --forget relay:5555"),
        (Distrust::NotTheGiven { given, shown }, "ask its administrator for a new link"),
        (Distrust::Expired { end, now }, "has to renew it"),
        (Distrust::NotYetValid { start: end, now }, "set the clock right"),
        (Distrust::Unreadable("x".into()), "is a lanchat relay on that port?"),
        (Distrust::Forged, "Tell its administrator"),
        (Distrust::NoMemory("x cannot be read".into()), "x cannot be read"),
    ] {
        let told = Told(distrust).to_string();
        assert!(told.contains("relay:5555") && told.contains(advice), "{told}");
    }
}

#[test]
fn a_relay_is_waited_for_as_long_as_was_asked_for_from_one_second_to_ten() {
    let waits_ms = |patience_ms| {
        let wanted = Wanted { patience_ms, ..PLAIN };
        let (trust, _) = Trust::open("relay".parse().unwrap(), wanted, None).unwrap();
        trust.patience().as_millis()
    };
    let asked = [None, Some(0), Some(1_000), Some(2_500), Some(10_000), Some(60_000)];
    assert_eq!(asked.map(waits_ms), [10_000, 1_000, 1_000, 2_500, 10_000, 10_000]);
}
