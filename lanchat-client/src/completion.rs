//! What Tab completes: commands at the start of a line, nicks anywhere.

use lanchat_protocol::slash::COMMANDS;

use crate::people::People;

/// More candidates than this would not be read, and a list longer than the screen would hold messages back.
const CANDIDATES_MAX: usize = 12;

/// Where the word under the cursor starts in `line`, and what it may become.
pub(crate) fn complete(line: &str, cursor: usize, people: &People) -> (usize, Vec<String>) {
    let before = &line[..cursor];
    let start = before
        .rfind(char::is_whitespace)
        .map_or(0, |space| space + before[space..].chars().next().map_or(0, char::len_utf8));
    let word = &before[start..];
    if start == 0
        && let Some(command) = word.strip_prefix('/')
    {
        let named = COMMANDS.iter().filter(|spec| spec.name.starts_with(&command.to_lowercase()));
        let candidates = named.map(|spec| {
            let end = if spec.usage.contains(' ') { " " } else { "" };
            format!("/{}{end}", spec.name)
        });
        return (start, candidates.collect());
    }
    if word.is_empty() {
        return (start, Vec::new());
    }
    let end = if start == 0 { ": " } else { " " };
    let nicks = people.beginning_with(word, CANDIDATES_MAX);
    (start, nicks.into_iter().map(|nick| nick + end).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete_end(line: &str) -> (usize, Vec<String>) {
        let people = People::default();
        for nick in ["ana", "Anton", "李雷", "bruno"] {
            people.came(nick);
        }
        complete(line, line.len(), &people)
    }

    #[test]
    fn commands_at_the_start_of_a_line() {
        assert_eq!(complete_end("/n"), (0, vec!["/nick ".to_owned()]));
        assert_eq!(complete_end("/HE"), (0, vec!["/help".to_owned()]));
        assert_eq!(complete_end("/").1.len(), COMMANDS.len());
        assert_eq!(complete_end("hi /n"), (3, vec![]));
    }

    #[test]
    fn nicks_are_addressed_at_the_start_and_named_elsewhere() {
        assert_eq!(complete_end("an"), (0, vec!["ana: ".to_owned(), "Anton: ".to_owned()]));
        assert_eq!(complete_end("ask BR"), (4, vec!["bruno ".to_owned()]));
        assert_eq!(complete_end("/me hugs an"), (9, vec!["ana ".to_owned(), "Anton ".to_owned()]));
        assert_eq!(complete_end("日本　李"), (9, vec!["李雷 ".to_owned()]), "a wide space is a space");
    }

    #[test]
    fn nothing_is_completed_from_nothing() {
        assert_eq!(complete_end(""), (0, vec![]));
        assert_eq!(complete_end("hi "), (3, vec![]));
    }

    #[test]
    fn only_what_is_before_the_cursor_counts() {
        let people = People::default();
        people.came("ana");
        assert_eq!(complete("an, hi", 2, &people), (0, vec!["ana: ".to_owned()]));
    }

    #[test]
    fn a_crowd_is_cut() {
        let people = People::default();
        (0..50).for_each(|n| people.came(&format!("ana{n}")));
        assert_eq!(complete("ana", 3, &people).1.len(), CANDIDATES_MAX);
    }
}
