//! Who is not let in, and for how long.

use super::*;
use crate::kept::Loaded;

const HOUR: Duration = Duration::from_hours(1);

#[test]
fn whoever_is_banned_is_told_by_whom_why_and_until_when_and_goes() {
    let mut house = House::open();
    let (kim, eva) = (house.with_role("kim", Role::Moderator), house.native("eva"));
    let bob = house.native("bob");
    let told = house.types(kim, None, "/ban bob 1h spam");
    assert!(told.contains(r#""type":"order","id":"1","measure":"banned""#), "{told}");
    assert!(told.contains(r#""whom":"bob","until":"#) && told.contains(r#""reason":"spam""#), "{told}");
    let bye = house.reads(bob);
    assert!(bye.contains("you are banned from this relay by kim, for another 1 h (spam)"), "{bye}");
    assert!(bye.contains(r#""code":"kicked""#) && house.hub.is_closing(bob.0));
    let left = house.reads(eva);
    assert!(left.contains(r#""change":"left""#) && left.contains("banned by kim: spam"), "{left}");
    house.leaves(bob, None);
    let again = house.native_from("127.0.0.1", "bob");
    let told = house.reads(again);
    assert_eq!(House::refusal(&told).as_deref(), Some("banned"), "{told}");
    assert!(told.contains("for another 1 h (spam)") && house.hub.is_closing(again.0), "{told}");
    house.waits(HOUR);
    let later = house.native_from("127.0.0.1", "bob");
    assert!(house.reads(later).contains("welcome"));
    assert!(house.hub.bans(house.now).is_empty());
}

#[test]
fn a_pattern_holds_for_those_who_come_take_another_nick_or_look_the_same() {
    let mut house = House::open();
    let (kim, eva) = (house.with_role("kim", Role::Moderator), house.native("eva"));
    house.types(kim, None, "/ban spam*");
    for nick in ["spammer", "SPAM", "ѕpam1", "ｓpam2"] {
        let comer = house.native_from("127.0.0.1", nick);
        assert_eq!(House::refusal(&house.reads(comer)).as_deref(), Some("banned"), "{nick}");
        house.leaves(comer, None);
    }
    house.asks(eva, "2", Command::Nick("spamela".into()));
    assert_eq!(House::refusal(&house.reads(eva)).as_deref(), Some("banned"));
    assert!(!house.hub.is_closing(eva.0), "she goes on by the name that she has");
    house.types(kim, None, "/unban spam*");
    house.asks(eva, "3", Command::Nick("spamela".into()));
    assert!(house.reads(eva).contains(r#""nick":"spamela""#));
}

#[test]
fn a_ban_is_the_same_in_whatever_case_its_pattern_is_written() {
    let mut house = House::open();
    let kim = house.with_role("kim", Role::Moderator);
    house.types(kim, None, "/ban Spam*");
    house.types(kim, None, "/ban spam*");
    assert_eq!(house.hub.bans(house.now).len(), 1);
    assert!(house.types(kim, None, "/unban SPAM*").contains(r#""measure":"unbanned""#));
    assert!(house.hub.bans(house.now).is_empty());
}

#[test]
fn the_ban_of_an_account_is_told_by_its_nick_and_kept_by_its_key() {
    let mut house = House::open();
    house.has_user("b0bI", Role::Member);
    let ban = Order::parse("ban", "B0bI").unwrap();
    let (done, _) = house.hub.order_by_host(house.now, None, &ban).unwrap();
    assert_eq!(&*done.whom, "account:b0bI");
    assert_eq!(house.hub.bans(house.now)[0].whom, "account:b0bI");
    assert_eq!(Bans::from_kept(house.hub.bans.kept()).kept(), house.hub.bans.kept());
    let order = Order::parse("unban", "account:b0bI").unwrap();
    house.hub.order_by_host(house.now, None, &order).unwrap();
    assert!(house.hub.bans(house.now).is_empty());
}

#[test]
fn a_network_is_turned_away_at_the_door() {
    let mut house = House::open();
    let kim = house.with_role("kim", Role::Moderator);
    let bob = house.native_from("10.1.2.3", "bob");
    let eva = house.native_from("10.9.2.3", "eva");
    house.types(kim, None, "/ban 10.1.2.0/24 1h flood");
    assert!(house.hub.is_closing(bob.0) && !house.hub.is_closing(eva.0));
    for (address, is_banned) in [("10.1.2.9", true), ("::ffff:10.1.2.9", true), ("10.1.3.9", false)] {
        let came = house.from(address).map_err(|why| why.to_string());
        let words = "you are banned from this relay by kim, for another 1 h (flood)";
        assert_eq!(came.err().as_deref(), is_banned.then_some(words), "{address}");
    }
    house.waits(HOUR);
    assert!(house.from("10.1.2.9").is_ok());
}

#[test]
fn a_nick_that_belongs_to_an_account_stands_for_the_account() {
    let mut house = House::open();
    let (kim, bob) = (house.with_role("kim", Role::Moderator), house.with_role("bob", Role::Member));
    house.asks(bob, "", Command::Nick("robert".into()));
    let told = house.types(kim, None, "/ban robert");
    assert!(told.contains(r#""whom":"robert""#), "of that nick nobody has an account: {told}");
    let other = house.with_role("ana", Role::Member);
    let told = house.types(kim, None, "/ban ana");
    assert!(told.contains(r#""whom":"account:ana""#) && house.hub.is_closing(other.0), "{told}");
    assert!(house.types(kim, None, "/unban ana").contains(r#""whom":"account:ana""#));
}

#[test]
fn nobody_bans_somebody_of_the_same_or_a_higher_rank() {
    let mut house = House::open();
    let (kim, ray) = (house.with_role("kim", Role::Moderator), house.with_role("ray", Role::Moderator));
    let amy = house.with_role("amy", Role::Admin);
    for (asks, whom) in [(kim, "ray"), (kim, "amy"), (kim, "kim"), (amy, "amy"), (kim, "account:amy")] {
        let told = house.types(asks, None, &format!("/ban {whom}"));
        assert_eq!(House::refusal(&told).as_deref(), Some("not_allowed"), "{whom}: {told}");
    }
    for pattern in ["*", "a*", "127.0.0.1"] {
        house.types(kim, None, &format!("/ban {pattern}"));
    }
    assert!(
        [kim, ray, amy].iter().all(|guest| !house.hub.is_closing(guest.0)),
        "a pattern reaches those below"
    );
    let far = house.native_from("10.0.0.7", "far");
    assert!(house.reads(far).contains("banned"), "* is everybody below");
    assert!(!house.types(amy, None, "/ban ray").contains("error"));
    assert!(house.hub.is_closing(ray.0));
    let told = house.types(kim, None, "/unban ray");
    assert_eq!(House::refusal(&told).as_deref(), Some("not_allowed"), "what an admin has decided: {told}");
    let told = house.types(kim, None, "/ban account:ray 1s");
    assert_eq!(House::refusal(&told).as_deref(), Some("not_allowed"), "{told}");
}

#[test]
fn nobody_shuts_themselves_or_those_above_them_out_by_a_network() {
    let mut house = House::open();
    let kim = house.with_role("kim", Role::Moderator);
    let amy = house.native_from("10.1.2.3", "amy");
    house.is_given(amy, Role::Admin);
    assert!(house.types(kim, None, "/ban 127.0.0.0/8").contains("that would be you too"));
    let told = house.types(kim, None, "/ban 10.0.0.0/8");
    assert!(told.contains("amy is the business of those above an admin"), "{told}");
    assert!(house.hub.bans(house.now).is_empty());
    let order = Order::parse("ban", "10.0.0.0/8").unwrap();
    house.hub.order_by_host(house.now, None, &order).unwrap();
    assert!(house.hub.is_closing(amy.0), "the administrator of the host may do everything");
}

#[test]
fn there_are_only_so_many_bans_and_those_that_are_over_make_room() {
    let mut house = House::with(Settings { bans_max: 2, ..settings() });
    let kim = house.with_role("kim", Role::Moderator);
    house.types(kim, None, "/ban a1 1h");
    house.types(kim, None, "/ban a2");
    let told = house.types(kim, None, "/ban a3");
    assert_eq!(House::refusal(&told).as_deref(), Some("table_full"), "{told}");
    assert!(told.contains("limits.bans_max"));
    assert!(!house.types(kim, None, "/ban a2 2h again").contains("error"), "in place of the one before");
    house.waits(HOUR);
    assert!(!house.types(kim, None, "/ban a3").contains("error"));
    let list = house.types(kim, None, "/bans");
    let places = [list.find(r#""whom":"a3""#), list.find(r#""whom":"a2""#)];
    assert!(places[0].is_some() && places.is_sorted() && !list.contains("a1"), "the newest first: {list}");
}

#[test]
fn what_nobody_can_be_meant_by_is_refused() {
    let mut house = House::open();
    let kim = house.with_role("kim", Role::Moderator);
    for (typed, code) in [
        ("/ban 10.0.0.0/99", "bad_request"),
        ("/ban account:nobody", "no_such_nick"),
        ("/unban nobody", "no_such_ban"),
        ("/kick nobody", "no_such_nick"),
    ] {
        let told = house.types(kim, None, typed);
        assert_eq!(House::refusal(&told).as_deref(), Some(code), "{typed}: {told}");
    }
}

#[test]
fn bans_mutes_and_rules_go_on_after_a_restart() {
    let mut house = House::open();
    let loaded = Loaded { reserved: 1 << 20, next_conversation: 1, ..Loaded::default() };
    house.hub.keep(loaded.clone(), false);
    let kim = house.with_role("kim", Role::Moderator);
    let bob = house.native_from("10.1.2.3", "bob");
    house.creates(kim, "ops --private --moderated");
    for typed in ["/ban spam* 1h flood", "/ban 10.7.0.0/16", "/mute bob 1h"] {
        house.types(kim, None, typed);
    }
    house.types(kim, Some("ops"), "/slow 10");
    assert!(house.hub.has_unsaved());
    let batch = house.hub.take_batch().unwrap();
    assert_eq!(
        batch.order,
        house.hub.all_but_messages().order,
        "a new store in place of a damaged one has it too"
    );
    house.hub.batch_is_written(false);
    let kept = Loaded {
        conversations: batch.conversations,
        order: *batch.order.unwrap(),
        next_conversation: 9,
        ..loaded
    };
    let _ = bob;

    let mut next = House::open();
    next.now = house.now;
    next.hub.keep(kept, false);
    let spam = next.native_from("127.0.0.1", "spammer");
    assert!(next.reads(spam).contains("by kim, for another 1 h (flood)"));
    assert!(next.from("10.7.1.1").is_err());
    let bob = next.native_from("10.1.2.3", "bob");
    next.says_in(bob, "lobby", "hi");
    assert_eq!(House::refusal(&next.reads(bob)).as_deref(), Some("muted"));
    assert_eq!(House::refusal(&next.joins(bob, "ops")).as_deref(), Some("not_invited"));
    let kim = next.with_role("kim", Role::Member);
    assert!(next.joins(kim, "ops").contains(r#""type":"joined""#), "its operator is known by the account");
    assert!(!next.types(kim, Some("ops"), "/slow off").contains("error"));
    assert!(next.hub.has_unsaved());
}
