//! `reload`: lets the daemon read its configuration again.

use lanchat_protocol::admin::Reloaded;

use crate::table;

pub(super) fn describe(reloaded: &Reloaded) -> String {
    let keys = |keys: &[String]| if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") };
    table::pairs(&[
        ("configuration", reloaded.config.clone().unwrap_or_else(|| "built-in defaults".to_owned())),
        ("applied", keys(&reloaded.applied)),
        ("needs a restart", keys(&reloaded.needs_restart)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_force_and_what_is_not_are_told_apart() {
        let reloaded = Reloaded {
            config: None,
            applied: vec!["log.level".to_owned(), "log.messages".to_owned()],
            needs_restart: Vec::new(),
        };
        let expected = "\
configuration:    built-in defaults
applied:          log.level, log.messages
needs a restart:  nothing
";
        assert_eq!(describe(&reloaded), expected);
    }
}
