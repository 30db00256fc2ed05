//! The packages on hosts with a real systemd: what an administrator does with them, and what goes wrong there.

use std::thread;
use std::time::Duration;

use lanchat_tests::{Host, Hosts, Piped, Value, eventually, eventually_within, network, skip_without_root};

/// A hung relay is noticed after `WatchdogSec=`, which is 15 s.
const WATCHDOG: Duration = Duration::from_secs(60);

/// What its records in the journal are about (docs/JOURNAL.md).
const SERVES: &str = "bb08b916ac1d4462af4dcaf2fea01d86";
const CONFIGURATION_REFUSED: &str = "250eccc27545475a8b054d43d20b53a8";

/// Who finds no relay again and again waits longer each time, up to 30 s; each of two may be about to.
const RETURN: Duration = Duration::from_secs(75);

/// Keeps what the administrator has changed.
const KEEP: &str = "-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold";

/// A relay that is installed, for the clients on its own host.
fn relay(hosts: &Hosts) -> Host {
    let host = hosts.boot(&[]);
    host.installs(&["lanchatd", "lanchat-client"]);
    host
}

/// Says something, which somebody else hears.
#[track_caller]
fn talk(from: &mut Piped, to: &Piped, text: &str) {
    from.writes(format!("{text}\n").as_bytes());
    to.prints_within(RETURN, &format!("\"{text}\""));
}

/// Writes another value into the configuration.
fn sets(host: &Host, key: &str, value: &str) {
    host.runs(&format!("sed -i 's/^{key} = .*/{key} = {value}/' /etc/lanchatd/lanchatd.toml"));
}

/// It does not run, and nobody who knocks starts it.
#[track_caller]
fn stays_stopped(host: &Host, from: &Host) {
    let knock = format!("for _ in {{1..20}}; do ! bash -c '</dev/tcp/{}/5555' || exit 1; done", host.name());
    assert_eq!(from.tries(&knock).code, Some(0), "somebody answers");
    assert_eq!(host.unit("ActiveState"), "inactive");
    assert_eq!(host.tries("lanchatctl status").code, Some(3));
}

/// The records of the relay, newest last.
fn records(host: &Host) -> Vec<Value> {
    let lines = host.runs("journalctl --no-pager --unit=lanchatd --output=json _COMM=lanchatd");
    lines.lines().map(|line| serde_json::from_str(line).expect("the journal is JSON")).collect()
}

/// The newest record of a kind.
#[track_caller]
fn record<'a>(records: &'a [Value], id: &str) -> &'a Value {
    records.iter().rfind(|record| record["MESSAGE_ID"] == id).unwrap_or_else(|| panic!("no record is {id}"))
}

#[test]
fn people_on_other_hosts_chat_through_an_installed_relay_whatever_happens_to_it() {
    let hosts = match Hosts::here() {
        Ok(hosts) => hosts,
        Err(why) => return skip_without_root(&format!("a relay and its clients on hosts: {why}")),
    };
    let net = network();
    let (relay, (near, far)) = thread::scope(|scope| {
        let client = || {
            let host = hosts.boot_on(&net);
            host.installs(&["lanchat-client"]);
            host
        };
        let relay = scope.spawn(|| {
            let host = hosts.boot_on(&net);
            host.installs(&["lanchatd"]);
            host
        });
        let (near, far) = (scope.spawn(client), scope.spawn(client));
        (relay.join().unwrap(), (near.join().unwrap(), far.join().unwrap()))
    });
    let status = || relay.runs("systemctl status --no-pager lanchatd");

    // It was enabled and started; systemctl says how it is.
    assert_eq!(relay.runs("systemctl is-enabled lanchatd").trim(), "enabled");
    relay.runs("systemctl start lanchatd");
    let (mut ana, mut bo) = (near.client(relay.name(), "ana"), far.client(relay.name(), "bo"));
    talk(&mut ana, &bo, "hi bo");
    talk(&mut bo, &ana, "hi ana");
    eventually("the status tells of both", || status().contains("Status: \"2 clients").then_some(()));
    let told = relay.runs("lanchatctl status");
    println!(
        "in its sandbox, the relay {}",
        told.lines().find(|line| line.contains("sends with")).unwrap_or_default()
    );
    assert!(told.lines().any(|line| line.starts_with("attention:") && line.ends_with("nothing")), "{told}");

    // A reload takes over what is good, and refuses the rest.
    let pid = relay.unit("MainPID");
    sets(&relay, "backlog_messages", "7");
    relay.runs("systemctl reload lanchatd");
    sets(&relay, "backlog_messages", "\"many\"");
    assert_ne!(relay.tries("systemctl reload lanchatd").code, Some(0));
    let why = "/etc/lanchatd/lanchatd.toml:";
    let said = relay.runs("journalctl --no-pager --unit=lanchatd --output=cat --lines=20");
    assert!(said.lines().any(|line| line.contains(why) && line.contains("backlog_messages")), "{said}");
    assert!(status().contains("active (running)"));
    talk(&mut ana, &bo, "the old one goes on");
    assert_eq!(relay.unit("MainPID"), pid);
    sets(&relay, "backlog_messages", "20");
    relay.runs("systemctl reload lanchatd");

    // Members of the group administrate, nobody else does.
    relay.runs("useradd member && usermod -aG lanchat member && useradd stranger");
    let member = relay.runs_as("member", &["lanchatctl", "list-clients"]).exits(0);
    assert!(member.out.contains("ana") && member.out.contains("bo"), "{member:?}");
    let stranger = relay.runs_as("stranger", &["lanchatctl", "list-clients"]).exits(5);
    assert!(stranger.err.contains("permission denied on /run/lanchatd/admin.sock"), "{stranger:?}");
    assert!(stranger.err.contains("add yourself to group lanchat"), "{stranger:?}");

    // The log says who, which a user namespace of the relay's own would hide from it.
    relay.runs_as("member", &["lanchatctl", "announce", "hi"]).exits(0);
    let uid = relay.runs("id -u member");
    let announced = format!("journalctl --no-pager --quiet --unit=lanchatd --output=cat UID={}", uid.trim());
    assert!(relay.runs(&announced).contains(&format!("announced by user {}", uid.trim())));

    // A member who takes every place that there is for members keeps neither root nor a reload out.
    let crowd = r#"@them = map { IO::Socket::UNIX->new("/run/lanchatd/admin.sock") } 1..40; sleep 50"#;
    let perl = "perl -MIO::Socket::UNIX -e";
    relay.runs(&format!("systemd-run --quiet --unit=crowd --uid=member {perl} '{crowd}'"));
    eventually("there are too many", || {
        let told = relay.runs_as("member", &["lanchatctl", "status"]);
        told.err.contains("administrators are connected already").then_some(())
    });
    relay.runs("lanchatctl status && systemctl reload lanchatd && systemctl stop crowd");

    // A public address is not of this network.
    relay.runs("ip address add 203.0.113.1/24 dev host0");
    far.runs("ip address add 203.0.113.9/24 dev host0");
    let refused = far.tries("exec 3<>/dev/tcp/203.0.113.1/5555; timeout 5 cat <&3").out;
    assert!(refused.contains("this relay is for its own network only"), "{refused}");
    // IPv6 is another family, and as welcome.
    relay.runs("ip address add fd00:213::1/64 dev host0 nodad");
    far.runs("ip address add fd00:213::9/64 dev host0 nodad");
    let greeted = far.tries("exec 3<>/dev/tcp/fd00:213::1/5555; timeout 2 head -n 1 <&3").out;
    assert!(greeted.contains("Welcome to lanchat"), "{greeted}");

    // Killed, it is there again, and so are they.
    relay.runs("systemctl kill --signal=KILL lanchatd");
    eventually("it was started again", || (relay.unit("NRestarts") == "1").then_some(()));
    talk(&mut ana, &bo, "after a crash");

    // Stopped, it stays stopped, by either way, while they keep trying.
    let stopped = relay.runs("lanchatctl stop");
    assert!(stopped.contains("has stopped"), "{stopped}");
    stays_stopped(&relay, &near);
    assert_eq!(relay.unit("Result"), "success");
    relay.runs("systemctl start lanchatd");
    talk(&mut bo, &ana, "after lanchatctl stop");
    relay.runs("systemctl stop lanchatd");
    stays_stopped(&relay, &far);
    relay.runs("systemctl start lanchatd");
    talk(&mut ana, &bo, "after systemctl stop");

    // The journal has all of it, with fields, and explains it.
    let records = records(&relay);
    let ready = record(&records, SERVES);
    assert_eq!(ready["_SYSTEMD_UNIT"], "lanchatd.service", "{ready}");
    assert_eq!(ready["PRIORITY"], "5", "{ready}");
    assert!(ready["LISTEN"].as_str().is_some_and(|listen| listen.contains("0.0.0.0:5555")), "{ready}");
    let refused = record(&records, CONFIGURATION_REFUSED);
    assert!(
        refused["ERRORS"].as_str().is_some_and(|errors| errors.contains("backlog_messages")),
        "{refused}"
    );
    let came = records.iter().find(|record| record["NICK"] == "ana").expect("ana came");
    assert!(came["ADDRESS"].as_str().is_some_and(|address| address.contains("10.213.0.")), "{came}");
    let explained = relay.runs("journalctl --no-pager --unit=lanchatd --catalog");
    for words in [
        "Subject: The chat relay serves",
        "Subject: The chat relay has stopped",
        "Documentation: man:lanchatd(8)",
    ] {
        assert!(explained.contains(words), "{words}: {explained}");
    }
    relay.runs("! journalctl --no-pager --quiet --unit=lanchatd --priority=err _COMM=lanchatd | grep .");
}

#[test]
fn a_relay_that_hangs_is_started_again_and_one_that_cannot_start_is_not() {
    let hosts = match Hosts::here() {
        Ok(hosts) => hosts,
        Err(why) => return skip_without_root(&format!("a relay that hangs on a host: {why}")),
    };
    let relay = relay(&hosts);
    let pid = relay.unit("MainPID");
    relay.runs(&format!("kill -STOP {pid}"));
    eventually_within(WATCHDOG, "it was started again", || (relay.unit("NRestarts") == "1").then_some(()));
    let journal = relay.journal();
    assert!(journal.contains("Watchdog timeout"), "{journal}");
    assert_ne!(relay.unit("MainPID"), pid);
    eventually("it serves", || (relay.tries("lanchatctl status").code == Some(0)).then_some(()));

    // Only its administrator can mend a configuration, and the journal says where.
    sets(&relay, "backlog_messages", "\"many\"");
    assert_ne!(relay.tries("systemctl restart lanchatd").code, Some(0));
    assert_eq!(
        (relay.unit("ActiveState"), relay.unit("ExecMainStatus")),
        ("failed".to_owned(), "78".to_owned())
    );
    let journal = relay.journal();
    assert!(
        journal.contains("/etc/lanchatd/lanchatd.toml:") && journal.contains("backlog_messages"),
        "{journal}"
    );
    sets(&relay, "backlog_messages", "20");
    relay.runs("systemctl start lanchatd");

    // A system without IPv6 is no reason not to serve the others.
    relay.runs("mkdir -p /etc/systemd/system/lanchatd.service.d");
    let without = "[Service]\\nRestrictAddressFamilies=\\nRestrictAddressFamilies=AF_UNIX AF_INET\\n";
    relay.runs(&format!("printf '{without}' >/etc/systemd/system/lanchatd.service.d/override.conf"));
    relay.runs("systemctl daemon-reload && systemctl restart lanchatd");
    assert!(relay.journal().contains("not listening on [::]:5555"));
    let status = relay.runs("lanchatctl status");
    assert!(status.contains("0.0.0.0:5555") && !status.contains("[::]"), "{status}");
}

#[test]
fn an_upgrade_keeps_configuration_and_history_and_a_purge_leaves_nothing() {
    let hosts = match Hosts::here() {
        Ok(hosts) => hosts,
        Err(why) => return skip_without_root(&format!("an upgrade and a purge on a host: {why}")),
    };
    let relay = hosts.boot(&[]);
    let traces = "find /etc /usr /var /run -xdev \\( -name '*lanchat*' -o -uid +899 -uid -1000 \\) \
                  -not -path '/var/log/journal/*' -not -path '/run/log/journal/*' | sort";
    let before = relay.runs(traces);
    relay.installs(&["lanchatd", "lanchat-client"]);
    let (mut ana, bo) = (relay.client("localhost", "ana"), relay.client("localhost", "bo"));
    talk(&mut ana, &bo, "before the upgrade");
    sets(&relay, "backlog_messages", "7");

    // The next version has another configuration too, and nobody is there to be asked which to take.
    let next = "dpkg-deb -R /packages/lanchatd_*.deb next && sed -i 's/^Version: .*/Version: 99.0/' next/DEBIAN/control && \
                echo '# new' >>next/etc/lanchatd/lanchatd.toml && dpkg-deb -b next next.deb";
    relay.runs(&format!("cd /root && rm -rf next && {next}"));
    let pid = relay.unit("MainPID");
    relay.apt(&format!("{KEEP} install /root/next.deb"));
    assert_eq!(relay.runs("dpkg-query -W -f '${Version}' lanchatd"), "99.0");
    assert_ne!(relay.unit("MainPID"), pid, "the new one runs");
    relay.runs("grep -qx 'backlog_messages = 7' /etc/lanchatd/lanchatd.toml");
    talk(&mut ana, &bo, "after the upgrade");
    let history = relay.runs("lanchatctl export --format text");
    assert!(history.contains("before the upgrade") && history.contains("after the upgrade"), "{history}");

    // A relay that was stopped and disabled by its administrator is not started by an upgrade.
    relay.runs("systemctl disable --now lanchatd");
    relay.runs(
        "cd /root && sed -i 's/^Version: .*/Version: 99.1/' next/DEBIAN/control && dpkg-deb -b next next.deb",
    );
    relay.apt(&format!("{KEEP} install /root/next.deb"));
    assert_eq!(relay.unit("ActiveState"), "inactive");
    relay.runs("systemctl enable --now lanchatd");

    // A backup is put in place by root, and is the relay's.
    relay.runs("lanchatctl backup /var/lib/lanchatd/backup.db && systemctl stop lanchatd");
    relay.runs("lanchatctl restore --replace /var/lib/lanchatd/backup.db && systemctl start lanchatd");
    assert!(relay.runs("lanchatctl export --format text").contains("before the upgrade"));

    // What is removed is stopped, and comes back as it was.
    relay.apt("remove lanchatd");
    assert_ne!(relay.tries("pgrep -x lanchatd").code, Some(0), "it was stopped");
    relay.apt(&format!("{KEEP} install /packages/lanchatd_*.deb"));
    assert!(relay.runs("lanchatctl export --format text").contains("before the upgrade"));

    relay.runs("rm -rf /root/next /root/next.deb");
    relay.apt("purge lanchatd lanchat-client");
    assert_ne!(relay.tries("pgrep -x lanchatd").code, Some(0), "it was stopped");
    assert_eq!(relay.runs(traces), before);
    relay.runs("! systemctl list-units --all --no-legend 'lanchatd*' | grep .");
}

#[test]
fn systemd_may_hold_the_sockets() {
    let hosts = match Hosts::here() {
        Ok(hosts) => hosts,
        Err(why) => return skip_without_root(&format!("sockets that systemd holds on a host: {why}")),
    };
    let relay = relay(&hosts);
    relay.runs("systemctl disable --now lanchatd");
    relay.runs("systemctl enable --now lanchatd-chat.socket lanchatd-admin.socket");
    assert_eq!(relay.unit("ActiveState"), "inactive");

    // Whoever comes starts it: a client, of either family, and an administrator.
    for address in ["127.0.0.1", "[::1]"] {
        let (mut ana, bo) = (relay.client(address, "ana"), relay.client(address, "bo"));
        assert_eq!(relay.unit("ActiveState"), "active");
        talk(&mut ana, &bo, address);
        ana.ends().exits(0);
        bo.ends().exits(0);
        relay.runs("systemctl stop lanchatd-chat.socket lanchatd && systemctl start lanchatd-chat.socket");
    }
    relay.runs("useradd member && usermod -aG lanchat member && useradd stranger");
    relay.runs_as("stranger", &["lanchatctl", "status"]).exits(5);
    assert_eq!(relay.unit("ActiveState"), "inactive");
    relay.runs_as("member", &["lanchatctl", "status"]).exits(0);
    assert_eq!(relay.unit("ActiveState"), "active");
    let journal = relay.journal();
    assert!(
        journal.contains("the service manager passes these sockets"),
        "the log says where the sockets are from: {journal}"
    );

    // Whoever waits for a relay that cannot start does not have it tried for ever.
    relay.runs("systemctl stop lanchatd");
    sets(&relay, "backlog_messages", "\"many\"");
    relay.runs("timeout 20 bash -c 'cat </dev/tcp/127.0.0.1/5555' || true");
    let given_up = || relay.tries("systemctl is-failed lanchatd-chat.socket").code == Some(0);
    eventually("the socket is given up", || given_up().then_some(()));
    let refused =
        records(&relay).iter().filter(|record| record["MESSAGE_ID"] == CONFIGURATION_REFUSED).count();
    assert!((1..=6).contains(&refused), "it was tried {refused} times");
    sets(&relay, "backlog_messages", "20");
    relay.runs("systemctl start lanchatd-chat.socket lanchatd-admin.socket");
    relay.runs("lanchatctl status");

    // A reload and an upgrade leave them alone; a removal stops them first.
    relay.runs("systemctl reload lanchatd");
    relay.apt("install --reinstall /packages/lanchatd_*.deb");
    relay.runs("systemctl is-active lanchatd-chat.socket lanchatd-admin.socket");
    relay.runs("lanchatctl status");
    relay.apt("purge lanchatd");
    relay.runs("! systemctl list-units --all --no-legend 'lanchatd*' | grep .");
    relay.runs("! ls -d /run/lanchatd /var/lib/lanchatd /etc/lanchatd 2>/dev/null");
}

#[test]
fn the_relay_writes_nowhere_but_in_its_state() {
    let hosts = match Hosts::here() {
        Ok(hosts) => hosts,
        Err(why) => return skip_without_root(&format!("the sandbox of a relay on a host: {why}")),
    };
    let relay = relay(&hosts);
    relay.runs("systemd-analyze verify lanchatd.service lanchatd-chat.socket lanchatd-admin.socket");
    relay.runs("lanchatctl backup /var/lib/lanchatd/backup.db");
    relay.runs("lanchatctl restore --check /var/lib/lanchatd/backup.db");

    // Where anybody may write, where nobody but root may, and where the relay's own things are.
    let open =
        relay.runs("find / /run /dev -xdev -type d -perm -o+w -not -path '*systemd-private*' | head -n 100");
    let places = "/ /boot /dev /dev/shm /dev/mqueue /etc /etc/lanchatd /home /opt /proc /root /run /run/lock /srv /sys \
                  /tmp /usr/bin /usr/lib /usr/lib/systemd/system /var /var/lib /var/log /var/tmp";
    let pid = relay.unit("MainPID");
    let inside =
        format!("nsenter --target {pid} --mount --setuid $(id -u lanchatd) --setgid $(id -g lanchatd) --");
    let mut script = String::new();
    for place in open.lines().chain(places.split_whitespace()) {
        // What the relay is asked to write, and what its user writes among its mounts, without the filter.
        let write = format!("lanchatctl --socket /run/lanchatd/admin.sock export --output {place}/probe");
        script += &format!(
            "! lanchatctl backup {place}/probe && ! {inside} {write} && ! ls {place}/probe || echo 'WRITABLE {place}'\n"
        );
    }
    let ran = relay.tries(&script);
    assert!(!ran.out.contains("WRITABLE"), "{ran:?}");
    assert!(ran.err.contains("Read-only file system"), "{ran:?}");
    assert!(ran.err.contains("a service may in /var/lib/lanchatd alone, see lanchatd(8)"), "{ran:?}");
    relay.runs(&format!("{inside} lanchatctl export --output /var/lib/lanchatd/export"));

    // What is in its state cannot be run, nor can a shell be.
    relay.runs("cp /bin/true /var/lib/lanchatd/program && chmod 755 /var/lib/lanchatd/program");
    relay.runs("cp /bin/true /run/lanchatd/program && chmod 755 /run/lanchatd/program");
    for program in ["/var/lib/lanchatd/program", "/run/lanchatd/program", "/bin/sh -c true"] {
        let ran = relay.tries(&format!("nsenter -t {pid} -m -- {program}"));
        assert!(ran.err.contains("Permission denied"), "{program}: {ran:?}");
    }
    // Shells are told how to complete.
    for program in ["lanchatd", "lanchatctl", "lanchat-client"] {
        let file = format!("/usr/share/bash-completion/completions/{program}");
        let told = relay.runs(&format!("bash -c 'source {file} && complete -p {program}'"));
        assert!(told.contains("_clap_complete_"), "{told}");
        relay.runs(&format!(
            "head -n 1 /usr/share/zsh/vendor-completions/_{program} | grep -x '#compdef {program}'"
        ));
        relay.runs(&format!(
            "grep -q 'command {program}' /usr/share/fish/vendor_completions.d/{program}.fish"
        ));
    }
    // No capability, no way to more of them, and a filter.
    let process = relay.runs(&format!("cat /proc/{pid}/status"));
    for line in ["CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"] {
        assert!(process.contains(line), "{line}: {process}");
    }
    assert_eq!(
        relay.runs("stat -c %a:%U:%G /var/lib/lanchatd /run/lanchatd").trim(),
        "700:lanchatd:lanchat\n750:lanchatd:lanchat"
    );
    relay.runs("! find /var/lib/lanchatd -name 'lanchat.db*' -perm /077 | grep .");

    // Another place, as the manual says.
    relay.runs("install -d -o lanchatd -m 700 /var/backups/lanchat && mkdir -p /etc/systemd/system/lanchatd.service.d");
    let leave = "[Service]\\nReadWritePaths=/var/backups/lanchat\\n";
    relay.runs(&format!("printf '{leave}' >/etc/systemd/system/lanchatd.service.d/override.conf"));
    relay.runs("systemctl daemon-reload && systemctl restart lanchatd");
    relay.runs("lanchatctl backup /var/backups/lanchat/backup.db");
}
