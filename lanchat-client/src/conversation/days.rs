//! The mark of a day, before the first thing that is told of it.

use jiff::civil::Date;
use lanchat_protocol::client::Event;

use super::{Conversation, Shown};

impl Conversation {
    /// Has a mark before an event of another day than what was shown before.
    pub(super) fn turn_day(&mut self, event: &Event) {
        let wall = self.today_by_wall();
        // What is shown with a time goes by it, as long as that is about now: whoever reads sees that time.
        let is_near = |day: &Date| {
            [Ok(wall), wall.tomorrow(), wall.yesterday()].iter().flatten().any(|near| near == day)
        };
        let day = self.day_of(event).filter(is_near).unwrap_or(wall);
        // What was on its way at midnight may come from one room before the other.
        if self.today.is_some_and(|today| today >= day) {
            return;
        }
        if self.today.replace(day).is_some() {
            self.unfold();
            self.shown.push(Shown::Event(self.transcript.date(day)));
        }
    }

    /// What is shown from now on is shown on this day.
    pub(super) fn begin_day(&mut self) {
        self.today = Some(self.today_by_wall());
    }

    /// The day of something that was said, or of somebody who came or went.
    pub(super) fn day_of(&self, event: &Event) -> Option<Date> {
        let (Event::Message { time, .. } | Event::Presence { time, .. }) = event else { return None };
        self.transcript.day(time)
    }

    fn today_by_wall(&self) -> Date {
        self.transcript.local(self.heard).date()
    }
}
