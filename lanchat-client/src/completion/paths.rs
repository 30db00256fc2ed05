//! Files of this machine, by how their path begins.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use lanchat_protocol::text::is_clean;

/// So many entries of a directory are looked at: Tab holds messages back meanwhile.
const ENTRIES_MAX: usize = 4_096;

/// Whether a word is a path: nothing else begins so.
pub(super) fn is_path(word: &str) -> bool {
    ["/", "./", "../", "~/"].iter().any(|begin| word.starts_with(begin))
}

/// Up to `count_max` paths that begin with this one, in order; a directory ends with a slash, all else with a space.
pub(super) fn beginning_with(path: &str, count_max: usize) -> Vec<String> {
    let home = env::var_os("HOME").map(PathBuf::from);
    completed(path, home.as_deref(), count_max)
}

fn completed(path: &str, home: Option<&Path>, count_max: usize) -> Vec<String> {
    let Some((directory, name)) = path.rsplit_once('/') else { return Vec::new() };
    let from_home = directory.strip_prefix('~').map(|rest| rest.trim_start_matches('/'));
    let place = match (from_home, home) {
        (Some(below), Some(home)) => home.join(below),
        (Some(_), None) => return Vec::new(),
        (None, _) => PathBuf::from(format!("{directory}/")),
    };
    let Ok(entries) = fs::read_dir(place) else { return Vec::new() };
    let found = entries.take(ENTRIES_MAX).flatten().filter_map(|entry| {
        let found = entry.file_name().into_string().ok()?;
        // What is hidden is shown to who asks for it.
        let is_meant = found.starts_with(name) && (!name.is_empty() || !found.starts_with('.'));
        if !is_meant || !is_clean(&found) {
            return None;
        }
        let end = if entry.path().is_dir() { "/" } else { " " };
        Some(format!("{directory}/{found}{end}"))
    });
    let mut found: Vec<_> = found.collect();
    found.sort();
    found.truncate(count_max);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_completed_as_a_shell_does() {
        let home = env::temp_dir().join(format!("lanchat-paths-{}", std::process::id()));
        fs::create_dir_all(home.join("notes")).unwrap();
        for name in ["node.log", "other", ".hidden", "bad\u{1b}[2J"] {
            fs::write(home.join(name), "").unwrap();
        }
        let found = |path: &str| completed(path, Some(&home), 3);
        assert_eq!(found("~/no"), ["~/node.log ", "~/notes/"]);
        assert_eq!(found("~/"), ["~/node.log ", "~/notes/", "~/other "]);
        assert_eq!(found("~/.h"), ["~/.hidden "]);
        assert_eq!(found("~/notes/"), [""; 0]);
        assert_eq!(found("~/nowhere/x"), [""; 0]);
        let absolute = format!("{}/oth", home.display());
        assert_eq!(found(&absolute), [format!("{absolute}er ")]);
        assert_eq!(completed("~/no", None, 3), [""; 0]);
        for (word, is_path) in [("/etc", true), ("./x", true), ("~/x", true), ("~", false), ("and/or", false)]
        {
            assert_eq!(super::is_path(word), is_path, "{word}");
        }
        fs::remove_dir_all(home).unwrap();
    }
}
