//! What is packaged: units, manual pages, versions. What happens when it is installed is in systemd.rs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lanchat_tests::{Hosts, program, run, skip, skip_without_root};

/// The highest exposure of the service, in tenths (`systemd-analyze security`).
const EXPOSURE_MAX: f64 = 1.5;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// A manual page as people read it, on one long line a paragraph.
fn page(name: &str) -> String {
    // \- and \(dq are how a page writes - and ".
    read(&format!("packaging/man/{name}")).replace("\\-", "-").replace("\\(dq", "\"")
}

fn help(words: &[&str]) -> String {
    run(Command::new(program(words[0])).args(&words[1..]).arg("--help")).exits(0).out
}

/// The options that a help names: `--json`.
fn options(help: &str) -> Vec<&str> {
    let is_outside = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    let before_text = |line: &'_ str| line.trim_start().starts_with('-');
    let lines = help.lines().filter(|line| before_text(line));
    lines.flat_map(|line| line.split(is_outside)).filter(|word| word.starts_with("--")).collect()
}

/// The verbs that a help names.
fn verbs(help: &str) -> Vec<&str> {
    let (_, rest) = help.split_once("Commands:\n").expect("there are verbs");
    let is_verb = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    rest.lines()
        .take_while(|line| !line.is_empty())
        .filter(is_verb)
        .filter_map(|line| line.split_whitespace().next())
        .collect()
}

#[test]
fn every_option_is_in_the_manual() {
    for (words, name) in [
        (&["lanchatd"][..], "lanchatd.8"),
        (&["lanchatctl"], "lanchatctl.1"),
        (&["lanchat-client"], "lanchat-client.1"),
    ] {
        let (help, page) = (help(words), page(name));
        let found = options(&help);
        assert!(found.len() >= 3, "{found:?}");
        for option in found {
            let option = &option[1..];
            assert!(page.contains(&format!("Fl {option}")), "{name} has no -{option}");
        }
    }
}

#[test]
fn every_verb_and_its_options_are_in_the_manual() {
    let (help_page, page) = (help(&["lanchatctl"]), page("lanchatctl.1"));
    let verbs = verbs(&help_page);
    assert!(verbs.contains(&"status"), "{verbs:?}");
    for verb in verbs {
        assert!(page.contains(&format!(".It Cm {verb}")), "lanchatctl.1 has no {verb}");
        if verb == "help" {
            continue;
        }
        let (_, section) = page.split_once(&format!(".It Cm {verb}")).unwrap();
        // Until the next verb, whose options are its own.
        let section = section.split(".It Cm ").next().unwrap();
        let everywhere = options(&help_page);
        let help = help(&["lanchatctl", verb]);
        for option in options(&help).into_iter().filter(|option| !everywhere.contains(option)) {
            assert!(
                section.contains(&format!("Fl {}", &option[1..])),
                "lanchatctl.1: {verb} has no {option}"
            );
        }
    }
}

#[test]
fn every_command_of_the_client_and_its_options_are_in_the_manual() {
    let (help_page, page) = (help(&["lanchat-client"]), page("lanchat-client.1"));
    let commands = verbs(&help_page);
    assert!(commands.contains(&"send"), "{commands:?}");
    for command in commands {
        assert!(page.contains(&format!(".Cm {command}\n")), "lanchat-client.1 has no {command}");
        for option in options(&help(&["lanchat-client", command])) {
            let option = &option[1..];
            let is_there = ["Fl", ","].iter().any(|before| page.contains(&format!("{before} {option}")));
            assert!(is_there, "lanchat-client.1: {command} has no -{option}");
        }
    }
}

#[test]
fn every_key_and_its_default_are_in_the_manual() {
    let page = page("lanchatd.toml.5");
    for line in read("config/lanchatd.toml").lines().filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        match line.split_once(" = ") {
            None => assert!(page.contains(&format!(".Sh {line}")), "lanchatd.toml.5 has no {line}"),
            Some((key, value)) => {
                let (plain, literal) =
                    (format!(".It Cm {key} Pq {value}\n"), format!(".It Cm {key} Pq Li {value}\n"));
                assert!(
                    page.contains(&plain) || page.contains(&literal),
                    "lanchatd.toml.5 has no {key} ({value})"
                );
            }
        }
    }
}

#[test]
fn the_manual_pages_are_well_formed() {
    for entry in fs::read_dir(root().join("packaging/man")).unwrap().map(Result::unwrap) {
        let mut man = Command::new("man");
        man.args(["--warnings", "--local-file"]).arg(entry.path());
        man.env("LC_ALL", "C.UTF-8").env("MANROFFSEQ", "").env("MANWIDTH", "80");
        if man.output().is_err() {
            return skip("man is not installed");
        }
        let ran = run(&mut man).exits(0);
        assert_eq!(ran.err, "", "{:?}", entry.path());
        assert!(ran.out.contains("SEE ALSO"), "{:?}", entry.path());
    }
}

#[test]
fn the_service_is_hardened() {
    let unit = root().join("packaging/systemd/lanchatd.service");
    let mut analyze = Command::new("systemd-analyze");
    analyze.args(["security", "--offline=true", "--no-pager"]).arg(unit);
    if analyze.output().is_err() {
        return skip("systemd is not installed");
    }
    let ran = run(&mut analyze).exits(0);
    let told =
        ran.out.lines().find(|line| line.contains("Overall exposure level")).expect("there is a level");
    let level: f64 = told.split_whitespace().find_map(|word| word.parse().ok()).expect("it is a number");
    println!("{told}");
    assert!(level <= EXPOSURE_MAX, "{}", ran.out);
}

#[test]
fn the_changelog_of_the_packages_begins_with_this_version() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let version = manifest["workspace"]["package"]["version"].as_str().unwrap();
    let changelog = read("packaging/deb/changelog");
    assert!(changelog.starts_with(&format!("lanchatd ({version}) ")), "{changelog}");
}

#[test]
fn the_packages_are_as_debian_wants_them() {
    let hosts = match Hosts::here() {
        Ok(hosts) => hosts,
        Err(why) => return skip_without_root(&format!("a look at the packages: {why}")),
    };
    let mut lintian = Command::new("lintian");
    lintian.args(["--fail-on", "error,warning", "--no-tag-display-limit"]).args(hosts.packages());
    if lintian.output().is_err() {
        return skip("lintian is not installed");
    }
    let ran = run(&mut lintian).exits(0);
    assert_eq!(ran.out, "");
}
