//! What a running daemon takes over of a new configuration, and what needs a restart.

use std::collections::BTreeMap;

use super::Config;

/// Keys that are bound to something made once at the start. All others are live.
const RESTART: &[&str] = &[
    "admin.socket",
    "io.backend",
    "listen.chat",
    "log.target",
    "metrics.listen",
    "store.durability",
    "store.path",
];

/// The keys whose value changes, ordered by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Dotted keys whose new value comes into force at once.
    pub applied: Vec<String>,
    /// Dotted keys whose new value waits for a restart.
    pub needs_restart: Vec<String>,
}

/// What changes from `old` to `new`.
pub fn plan(old: &Config, new: &Config) -> Plan {
    let (old, new) = (values(old), values(new));
    let changed = new.into_iter().filter(|(key, value)| old.get(key) != Some(value)).map(|(key, _)| key);
    let (needs_restart, applied) = changed.partition(|key| RESTART.contains(&key.as_str()));
    Plan { applied, needs_restart }
}

/// `new`, with `old`'s values where only a restart could change them.
pub fn merge(old: &Config, new: Config) -> Config {
    let mut merged = new;
    merged.listen.chat.clone_from(&old.listen.chat);
    merged.admin.socket.clone_from(&old.admin.socket);
    merged.io.backend = old.io.backend;
    merged.log.target = old.log.target;
    merged.metrics.listen.clone_from(&old.metrics.listen);
    merged.store.path.clone_from(&old.store.path);
    merged.store.durability = old.store.durability;
    merged
}

/// Every value by its dotted key. A configuration that passed its check always has all of them: its
/// numbers fit TOML's.
pub(super) fn values(config: &Config) -> BTreeMap<String, toml::Value> {
    let mut values = BTreeMap::new();
    flatten("", toml::Table::try_from(config).unwrap_or_default(), &mut values);
    values
}

fn flatten(prefix: &str, table: toml::Table, values: &mut BTreeMap<String, toml::Value>) {
    for (key, value) in table {
        match value {
            toml::Value::Table(inner) => flatten(&format!("{prefix}{key}."), inner, values),
            other => drop(values.insert(format!("{prefix}{key}"), other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{
        Accounts, Admin, Allow, Backend, Durability, Io, Level, Limits, Listen, Log, Metrics, Mode, Store,
        Target, Tls, Who,
    };

    /// Differs from the defaults in every key.
    fn all_different() -> Config {
        Config {
            listen: Listen { chat: vec!["[::]:1".to_owned()], allow: Allow::Named("any".to_owned()) },
            admin: Admin { socket: "/x".to_owned() },
            limits: Limits {
                line_bytes_max: 1,
                connections_max: 1,
                connections_per_address_max: 1,
                connections_per_address_on_loopback: true,
                connects_per_second_per_address_max: 1,
                connects_burst_per_address_max: 1,
                messages_per_second_max: 1,
                messages_burst_max: 1,
                account_messages_per_second_max: 1,
                account_messages_burst_max: 1,
                address_messages_per_second_max: 1,
                address_messages_burst_max: 1,
                login_grace_ms: 1,
                write_deadline_ms: 1,
                text_quiet_ms: 1,
                handshake_ms: 1,
                greeting_delay_ms: 1,
                rest_ms_max: 1,
                stop_grace_ms: 1,
                timeline_bytes_max: 1,
                timeline_events_max: 1,
                timelines_bytes_max: 1,
                rooms_max: 1,
                rooms_opened_per_hour_max: 1,
                rooms_joined_max: 1,
                ignored_max: 1,
                people_max: 1,
                accounts_max: 1,
                bans_max: 1,
                mutes_max: 1,
                room_people_max: 1,
                backlog_messages: 1,
            },
            io: Io { backend: Backend::Epoll },
            log: Log { level: Level::Trace, target: Target::Stderr, messages: true },
            metrics: Metrics { listen: "[::1]:2".to_owned() },
            store: Store {
                path: "/y".to_owned(),
                durability: Durability::Relaxed,
                retention_days: 1,
                retention_messages: 1,
            },
            tls: Tls { mode: Mode::Required, certificate: "/z".to_owned(), key: "/k".to_owned() },
            accounts: Accounts { who: Who::Invited, plain_passwords: true },
        }
    }

    #[test]
    fn the_same_configuration_changes_nothing() {
        assert_eq!(plan(&Config::default(), &Config::default()), Plan::default());
    }

    #[test]
    fn every_changed_key_is_applied_or_needs_a_restart() {
        let plan = plan(&Config::default(), &all_different());
        assert_eq!(plan.needs_restart, RESTART);
        assert_eq!(plan.applied.len() + RESTART.len(), values(&Config::default()).len());
        assert!(plan.applied.contains(&"limits.line_bytes_max".to_owned()));
    }

    #[test]
    fn merging_keeps_exactly_what_needs_a_restart() {
        let old = Config::default();
        let merged = merge(&old, all_different());
        assert_eq!(plan(&old, &merged).needs_restart, [""; 0]);
        assert_eq!(plan(&old, &merged).applied, plan(&old, &all_different()).applied);
        assert_eq!(plan(&merged, &all_different()).needs_restart, RESTART);
    }
}
