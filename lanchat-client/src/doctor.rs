//! `doctor`: looks step by step at all that a chat takes, and says what is wrong and what to do. Nobody in any room notices.

mod here;
mod report;
mod visit;
mod way;

use crate::arguments::Doctor;
use crate::config;
use crate::contact::Contact;
use crate::exit::End;

use self::report::Report;
use self::visit::Visit;

/// Looks at everything; an end without words where the report has them.
pub(crate) async fn examine(asked: Doctor) -> End {
    let mut report = Report::new(asked.json);
    let loaded = config::load();
    here::config(&mut report, &loaded);
    let contact = match Contact::of(&asked.person, asked.place.as_ref(), &loaded.unwrap_or_default()) {
        Ok(contact) => contact,
        Err(why) => return End::misused(why),
    };
    match way::lead(&mut report, &contact).await {
        Some(way) => Visit::begin(way).pay(&mut report, &contact).await,
        None => visit::skip(&mut report),
    }
    here::terminal(&mut report);
    here::state(&mut report);
    report.end()
}
