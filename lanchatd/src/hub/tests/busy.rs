use lanchat_protocol::admin::{Busy, By};

use super::*;
use crate::hub::Looked;

fn recent(busy: &[Busy]) -> Vec<(&str, u64)> {
    busy.iter().map(|busy| (busy.client.nick.as_str(), busy.recent)).collect()
}

#[test]
fn whoever_said_most_since_the_last_look_comes_first() {
    let mut house = House::open();
    let (ana, bob) = (house.native("ana"), house.native("bob"));
    let (now, mut looked) = (house.now, Looked::default());
    (0..3).for_each(|_| house.says(ana, "hi"));
    let first = house.hub.busy(now, By::Rate, 10, &mut looked);
    assert_eq!(recent(&first), [("ana", 0), ("bob", 0)]);
    house.says(bob, "hi");
    let second = house.hub.busy(now, By::Rate, 10, &mut looked);
    assert_eq!(recent(&second), [("bob", 1), ("ana", 0)]);
    let carol = house.native("carol");
    house.says(carol, "hi");
    let third = house.hub.busy(now, By::Rate, 1, &mut looked);
    assert_eq!(recent(&third), [("carol", 1)]);
    assert_eq!(recent(&house.hub.busy(now, By::Messages, 1, &mut looked)), [("ana", 0)]);
}
