//! What a doctor finds, told as it is found.

use std::io::ErrorKind;

use lanchat_protocol::counted;
use lanchat_protocol::text::clean;
use serde::Serialize;
use serde_json::json;

use crate::exit::{End, Exit};
use crate::printer::write;

/// The version of what is told to programs.
const SCHEMA: u32 = 1;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// As it should be.
    Ok,
    /// Worth a look.
    Warn,
    /// What keeps people from chatting.
    Fail,
    /// It could not be looked at.
    Skipped,
}

#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    message: String,
    remedy: Option<String>,
}

/// All that was found so far.
#[derive(Debug)]
pub(super) struct Report {
    is_json: bool,
    findings: Vec<Finding>,
    is_untrusted: bool,
    /// Why nothing more can be written; a reader that has gone is no reason.
    broken: Option<String>,
}

impl Report {
    pub(super) fn new(is_json: bool) -> Self {
        Self { is_json, findings: Vec::new(), is_untrusted: false, broken: None }
    }

    pub(super) fn ok(&mut self, check: &'static str, message: impl Into<String>) {
        self.tell(check, Verdict::Ok, &message.into(), None);
    }

    pub(super) fn warn(
        &mut self,
        check: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.tell(check, Verdict::Warn, &message.into(), Some(&remedy.into()));
    }

    pub(super) fn fail(&mut self, check: &'static str, message: impl Into<String>, remedy: Option<&str>) {
        self.tell(check, Verdict::Fail, &message.into(), remedy);
    }

    /// The relay is there, but not to be trusted.
    pub(super) fn distrust(&mut self, check: &'static str, message: impl Into<String>) {
        self.is_untrusted = true;
        self.fail(check, message, None);
    }

    pub(super) fn skip(&mut self, check: &'static str, message: impl Into<String>) {
        self.tell(check, Verdict::Skipped, &message.into(), None);
    }

    fn tell(&mut self, check: &'static str, verdict: Verdict, message: &str, remedy: Option<&str>) {
        // Relays and resolvers have a say in it.
        let message = message.trim_end().lines().map(clean).collect::<Vec<_>>().join("\n");
        let remedy = remedy.map(|remedy| clean(remedy).into_owned());
        let finding = Finding { check, verdict, message, remedy };
        if !self.is_json {
            self.write(&line(&finding));
        }
        self.findings.push(finding);
    }

    fn write(&mut self, text: &str) {
        if let Err(error) = write(text)
            && error.kind() != ErrorKind::BrokenPipe
        {
            self.broken.get_or_insert_with(|| format!("cannot write: {error}"));
        }
    }

    /// What was told last.
    #[cfg(test)]
    pub(super) fn last(&self) -> String {
        self.findings.last().map(line).unwrap_or_default()
    }

    /// How it ends.
    pub(super) fn end(mut self) -> End {
        let failed = self.findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count();
        if self.is_json {
            let findings = std::mem::take(&mut self.findings);
            let told = json!({ "schema": SCHEMA, "ok": failed == 0, "findings": findings });
            self.write(&format!("{told}\n"));
        }
        let words = match failed {
            0 => self.broken,
            _ => Some(format!("{} failed", counted(failed, "check"))),
        };
        let exit = match &words {
            _ if self.is_untrusted => Exit::Untrusted,
            Some(_) => Exit::Failed,
            None => Exit::Well,
        };
        End { exit, words }
    }
}

fn line(finding: &Finding) -> String {
    let Finding { check, verdict, message, remedy } = finding;
    let word = match verdict {
        Verdict::Ok => "ok",
        Verdict::Warn => "warn",
        Verdict::Fail => "fail",
        Verdict::Skipped => "--",
    };
    let remedy = remedy.as_ref().map(|remedy| format!("                  -> {remedy}\n")).unwrap_or_default();
    let message = message.replace('\n', "\n                  ");
    format!("{word:<4}  {check:<10}  {message}\n{remedy}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_status_is_that_of_the_worst_finding() {
        let report = || Report::new(true);
        let ends = |report: Report| report.end().exit;
        let (mut fine, mut failed, mut untrusted) = (report(), report(), report());
        fine.warn("you", "taken", "--nick");
        fine.skip("clock", "not looked at");
        assert_eq!(ends(fine), Exit::Well);
        failed.fail("port", "refused", None);
        assert_eq!(ends(failed), Exit::Failed);
        untrusted.fail("config", "broken", None);
        untrusted.distrust("key", "another one");
        assert_eq!(ends(untrusted), Exit::Untrusted);
    }

    #[test]
    fn a_finding_has_lines_below_each_other_and_nothing_that_moves_the_cursor() {
        let mut report = Report::new(true);
        report.warn("key", "one\x1b[2J\n  two", "do\nthis");
        let told = line(&report.findings[0]);
        assert!(told.starts_with("warn  key         one"), "{told}");
        assert!(told.contains("\n                    two\n                  -> do"), "{told}");
        assert!(!told.contains('\x1b'));
    }
}
