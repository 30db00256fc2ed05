//! What the hub goes by, as the configuration says it.

use crate::config::{Config, Who};
use crate::hub::Settings;
use crate::timeline::Retention;

/// What the hub goes by under a configuration. `has_console`: whether it is shown what people say.
pub fn settings(config: &Config, has_console: bool) -> Settings {
    let limits = &config.limits;
    Settings {
        line_bytes_max: limits.line_bytes_max,
        connections_max: limits.connections_max,
        connections_per_address_max: limits.connections_per_address_max,
        connections_per_address_on_loopback: limits.connections_per_address_on_loopback,
        messages_per_second_max: limits.messages_per_second_max,
        messages_burst_max: limits.messages_burst_max,
        account_messages_per_second_max: limits.account_messages_per_second_max,
        account_messages_burst_max: limits.account_messages_burst_max,
        address_messages_per_second_max: limits.address_messages_per_second_max,
        address_messages_burst_max: limits.address_messages_burst_max,
        connects_per_second_per_address_max: limits.connects_per_second_per_address_max,
        connects_burst_per_address_max: limits.connects_burst_per_address_max,
        rooms_opened_per_hour_max: limits.rooms_opened_per_hour_max,
        rooms_max: limits.rooms_max,
        rooms_joined_max: limits.rooms_joined_max,
        ignored_max: limits.ignored_max,
        people_max: limits.people_max,
        accounts_max: limits.accounts_max,
        needs_login: config.accounts.who != Who::Open,
        needs_invite: config.accounts.who == Who::Invited,
        plain_passwords: config.accounts.plain_passwords,
        bans_max: limits.bans_max,
        mutes_max: limits.mutes_max,
        room_people_max: limits.room_people_max,
        timelines_bytes_max: limits.timelines_bytes_max,
        retention: Retention { bytes_max: limits.timeline_bytes_max, events_max: limits.timeline_events_max },
        backlog: limits.backlog_messages,
        zone: jiff::tz::TimeZone::system(),
        report_messages: config.log.messages || has_console,
    }
}
