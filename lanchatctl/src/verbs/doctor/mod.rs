//! `doctor`: looks at everything that commonly goes wrong, and says what to do. Collecting facts and judging them are
//! apart, so that every judgement can be tested.

mod command;
mod facts;
mod firewall;
mod judge;
pub(super) mod networks;
mod rules;
mod users;

use lanchat_protocol::admin::SCHEMA;
use serde_json::json;

use crate::exit::Failure;
use crate::output;
use crate::socket::Connection;
use judge::{Finding, Verdict};

/// Shows what was found. Fails where something has failed, not where something is only worth a look.
pub(super) fn run(reach: impl FnOnce() -> Result<Connection, Failure>, is_json: bool) -> Result<(), Failure> {
    let findings = judge::judge(&facts::collect(reach));
    let failed = findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count();
    if is_json {
        output::print_json(json!({ "schema": SCHEMA, "ok": failed == 0, "findings": findings }))?;
    } else {
        output::print(&findings.iter().map(line).collect::<String>())?;
    }
    if failed == 0 { Ok(()) } else { Err(Failure::Unwell(failed as u64)) }
}

fn line(finding: &Finding) -> String {
    let Finding { check, verdict, message, remedy } = finding;
    let remedy = remedy.as_ref().map(|remedy| format!("                  -> {remedy}\n")).unwrap_or_default();
    let message = message.trim_end().replace('\n', "\n                  ");
    format!("{:<4}  {check:<10}  {message}\n{remedy}", verdict.word())
}
