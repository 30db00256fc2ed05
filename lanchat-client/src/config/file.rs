//! The file, and what is wrong with it in words.

use std::env;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::Config;
use crate::arguments::{Arguments, Place};
use crate::files::{self, is_absent, is_file_or_absent};

/// The longest file, in bytes: what is longer is something else.
const BYTES_MAX: u64 = 1 << 20;

/// The name of the file.
const FILE: &str = "client.toml";

/// What the file says; nothing where there is none. An error names the file and what is wrong.
pub(crate) fn load() -> Result<Config, String> {
    files::configuration(FILE, |name| env::var_os(name))
        .map_or_else(|| Ok(Config::default()), |path| at(&path))
}

fn at(path: &Path) -> Result<Config, String> {
    let named = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    match read(path) {
        Ok(text) => parse(&text).map_err(|why| named(&why)),
        Err(error) if is_absent(&error) => Ok(Config::default()),
        Err(error) => Err(named(&format!("cannot be read: {error}"))),
    }
}

fn read(path: &Path) -> io::Result<String> {
    if !is_file_or_absent(path) {
        return Err(io::Error::other("it is no file"));
    }
    let mut text = String::new();
    let length = File::open(path)?.take(BYTES_MAX + 1).read_to_string(&mut text)?;
    if length as u64 > BYTES_MAX {
        return Err(io::Error::other(format!("it is longer than {BYTES_MAX} bytes")));
    }
    Ok(text)
}

fn parse(text: &str) -> Result<Config, String> {
    let config: Config = toml::from_str(text).map_err(|error| located(text, &error))?;
    for name in config.server.keys() {
        // It stands where an address could.
        let is_word = !name.contains([':', '/', '[']);
        if Arguments::is_command(name) {
            return Err(format!(
                "server.{name:?}: lanchat-client {name} is a command; call the server something else"
            ));
        }
        if !is_word || Place::parse(name).is_err() {
            return Err(format!(
                "server.{name:?}: the name of a server has no space, colon, slash or bracket"
            ));
        }
    }
    if let Some(default) = config.default.as_ref().filter(|default| !config.server.contains_key(*default)) {
        let unknown = |why| format!("default = {default:?}: no server of that name, and {why}");
        Place::parse(default).map_err(unknown)?;
    }
    Ok(config)
}

/// In one line, with the line of the file.
fn located(text: &str, error: &toml::de::Error) -> String {
    let what = error.message().replace('\n', " ");
    match error.span().and_then(|span| text.get(..span.start)) {
        Some(before) => format!("line {}: {what}", before.matches('\n').count() + 1),
        None => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Notify, Settings, Theme, Timestamps};

    #[test]
    fn a_file_says_where_and_as_whom() {
        let config = parse(
            r##"
            default = "office"
            nick = "bruno"
            rooms = ["dev"]
            [server.office]
            address = "lanchat://chat.lan:7000"
            rooms = ["#ops", "dev"]
            token_file = "~/token"
            "##,
        );
        let config = config.unwrap();
        assert_eq!(config.nick.as_ref().unwrap().as_str(), "bruno");
        let office = &config.server["office"];
        assert_eq!(office.address.address.to_string(), "chat.lan:7000");
        assert_eq!(office.rooms.as_ref().unwrap()[0].as_str(), "ops");
        assert_eq!(parse(""), Ok(Config::default()));
    }

    #[test]
    fn a_file_says_how_things_look_and_the_command_line_that_they_are_plain() {
        let settings = |text: &str, plain_output| parse(text).unwrap().settings(plain_output);
        let (bell, off) = (Settings::usual(false), Settings::usual(true));
        assert_eq!((settings("", false), settings("", true)), (bell, off));
        assert_eq!(settings("plain_output = true", false), off);
        assert_eq!(settings("notify = \"bell\"", true), Settings { plain_output: true, ..bell });
        let all = settings("theme = \"light\"\ntimestamp = \"long\"\nnotify = \"osc9\"", false);
        let (theme, timestamp, notify) = (Theme::Light, Timestamps::Long, Notify::Osc9);
        assert_eq!(all, Settings { theme, timestamp, notify, plain_output: false });
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line, what) in [
            ("nick = \"a b\"", "line 1: ", "a nick"),
            ("\nnik = \"ana\"", "line 2: ", "unknown field `nik`"),
            ("[server.office]\nrooms = []", "line 1: ", "missing field `address`"),
            ("[server.office]\naddress = \"x:y\"", "line 2: ", "x:y"),
            ("rooms = [\"a b\"]", "line 1: ", "the name of a room"),
            ("theme = \"pink\"", "line 1: ", "expected one of `dark`, `light`, `none`"),
            ("nick", "line 1: ", ""),
            ("[server.\"a b\"]\naddress = \"x\"", "server.", "has no space"),
            ("[server.send]\naddress = \"x\"", "server.", "is a command"),
            ("default = \"no good\"", "default = ", "no server of that name"),
        ] {
            let why = parse(text).unwrap_err();
            assert!(why.starts_with(line) && why.contains(what) && !why.contains('\n'), "{text}: {why}");
        }
    }

    #[test]
    fn there_need_be_no_file_but_what_is_there_must_be_one() {
        assert_eq!(at(Path::new("/nonexistent/client.toml")), Ok(Config::default()));
        assert!(at(Path::new("/")).unwrap_err().contains("it is no file"));
    }
}
