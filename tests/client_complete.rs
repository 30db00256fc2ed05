//! What Tab offers in a shell to whoever types `lanchat-client`.

use std::path::Path;
use std::process::Command;

use lanchat_tests::{Ran, TempDir, Terminal, program, run, skip};

const CONFIG: &str = r#"
[server.office]
address = "chat.local"
[server.offsite]
address = "10.0.0.9:99"
[server.lab]
address = "lanchat://lab.local"
[server."$(reboot)"]
address = "nasty.local"
"#;

/// A home with these words in client.toml.
fn home(config: &str) -> TempDir {
    let home = TempDir::new();
    std::fs::create_dir(home.file("lanchat")).unwrap();
    home.write("lanchat/client.toml", config);
    home
}

/// What a shell asks and is answered, for the last word of the line.
fn offered(home: &Path, shell: &str, words: &[&str]) -> Ran {
    let mut command = Command::new(program("lanchat-client"));
    command.env("COMPLETE", shell).env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    command.env("_CLAP_COMPLETE_COMP_TYPE", "9").env("_CLAP_COMPLETE_SPACE", "true");
    command.env("_CLAP_IFS", "\n").env("XDG_CONFIG_HOME", home);
    run(command.args(["--", "lanchat-client"]).args(words))
}

/// The first words of what is offered, without the help that some shells show beside them.
fn names(ran: &Ran) -> Vec<&str> {
    ran.out.lines().filter_map(|line| line.split(['\t', ':']).next()).collect()
}

#[test]
fn servers_are_those_of_the_configuration_wherever_one_can_stand() {
    let home = home(CONFIG);
    for shell in ["bash", "zsh", "fish"] {
        for words in [
            &["off"][..],
            &["send", "--relay", "off"],
            &["tail", "--relay", "off"],
            &["who", "--relay", "off"],
            &["ping", "off"],
            &["doctor", "off"],
            &["--forget", "off"],
        ] {
            let ran = offered(home.path(), shell, words).exits(0);
            assert_eq!(names(&ran), ["office", "offsite"], "{shell} {words:?}: {}", ran.err);
        }
    }
    let all = offered(home.path(), "bash", &[""]).exits(0);
    assert!(all.out.lines().any(|line| line == "lab") && all.out.lines().any(|line| line == "tail"));
    assert!(!all.out.contains('$'), "{}", all.out);
    let fish = offered(home.path(), "fish", &["la"]).exits(0);
    assert_eq!(fish.out, "lab\tlab.local:5555\n", "{}", fish.err);
}

#[test]
fn a_configuration_that_is_wrong_or_absent_offers_nothing_and_says_nothing() {
    let (wrong, none) = (home("[server.office"), TempDir::new());
    for home in [wrong, none] {
        let ran = offered(home.path(), "bash", &["ping", "off"]).exits(0);
        assert_eq!((ran.out.trim(), ran.err.trim()), ("", ""));
    }
}

#[test]
fn tab_completes_a_server_in_bash() {
    if Command::new("bash").arg("--version").output().is_err() {
        return skip("bash is not installed");
    }
    let home = home(CONFIG);
    let mut bash = Command::new("bash");
    bash.args(["--norc", "--noprofile", "-i"]);
    let programs = program("lanchat-client");
    let path = format!("{}:/usr/bin:/bin", programs.parent().expect("a directory").display());
    let config = home.path().display().to_string();
    let surroundings = [("PS1", "$ "), ("PATH", &*path), ("XDG_CONFIG_HOME", &*config)];
    let mut shell = Terminal::run(bash, &home, &surroundings);
    shell.sees("$ ");
    shell.enters(
        "bind 'set enable-bracketed-paste off'; source <(COMPLETE=bash lanchat-client) && echo rea''dy",
    );
    shell.sees("ready");
    shell.types("lanchat-client --forget la\t\r");
    shell.sees("lab.local:5555");
}
