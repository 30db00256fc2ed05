//! `announce`: tells everybody something.

use lanchat_protocol::admin::Announced;

use crate::units;

pub(super) fn describe(announced: &Announced) -> String {
    format!("told {}", units::count(announced.clients, "client"))
}
