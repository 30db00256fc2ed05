//! The answers that count.

use lanchat_protocol::text::clean;

/// The choices of a question, the first one first.
#[derive(Clone, Debug)]
pub(super) struct Choices(Vec<String>);

impl Choices {
    /// An error says what is wrong with them.
    pub(super) fn new(written: &[String]) -> Result<Self, String> {
        let choices: Vec<String> = written.iter().map(|choice| clean(choice).trim().to_owned()).collect();
        for (at, choice) in choices.iter().enumerate() {
            if choice.is_empty() {
                return Err("--choices: one of them is empty; write them as in yes,no".to_owned());
            }
            if choices[..at].iter().any(|other| folded(other) == folded(choice)) {
                return Err(format!("--choices: {choice} stands there twice"));
            }
        }
        Ok(Self(choices))
    }

    /// As the question shows them: `yes/no`.
    pub(super) fn shown(&self) -> String {
        self.0.join("/")
    }

    /// A choice, as it was written.
    pub(super) fn name(&self, choice: usize) -> &str {
        self.0.get(choice).map_or("", String::as_str)
    }

    /// Which of them somebody has chosen, who may have said to whom they speak.
    pub(super) fn chosen(&self, said: &str, own_nick: &str) -> Option<usize> {
        self.find(said).or_else(|| self.find(addressed(said, own_nick)?))
    }

    fn find(&self, said: &str) -> Option<usize> {
        let exactly = folded(said);
        if let Some(at) = self.0.iter().position(|choice| folded(choice) == exactly) {
            return Some(at);
        }
        // Signs around the word mean nothing, unless they are all that tells choices apart.
        let bare = without_signs(&exactly);
        let mut same = (0..self.0.len()).filter(|at| without_signs(&folded(&self.0[*at])) == bare);
        same.next().filter(|_| !bare.is_empty() && same.next().is_none())
    }
}

/// In one case, with single spaces.
fn folded(text: &str) -> String {
    clean(text).to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn without_signs(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

/// What stands behind `nick:`, `@nick` or `nick,`.
fn addressed<'a>(said: &'a str, own_nick: &str) -> Option<&'a str> {
    let (first, rest) = said.trim().split_once(char::is_whitespace)?;
    let first = first.strip_prefix('@').unwrap_or(first);
    let first = first.strip_suffix([':', ',']).unwrap_or(first);
    (first.to_lowercase() == own_nick.to_lowercase()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(choices: &str, said: &str) -> Option<usize> {
        let choices: Vec<_> = choices.split(',').map(str::to_owned).collect();
        Choices::new(&choices).unwrap().chosen(said, "Deploy")
    }

    #[test]
    fn case_and_signs_around_it_do_not_matter() {
        for yes in
            ["yes", "Yes!", " YES. ", "\"yes\"", "deploy: yes", "Deploy, yes!", "@deploy yes", "yes :)"]
        {
            assert_eq!(chosen("yes,no", yes), Some(0), "{yes}");
        }
        assert_eq!(chosen("yes,no", "No..."), Some(1));
        for other in ["yes and no", "yesterday", "bob: yes", "", "!", "y", "deploy:", "no yes", "yes\nno"] {
            assert_eq!(chosen("yes,no", other), None, "{other}");
        }
    }

    #[test]
    fn choices_may_have_spaces_and_signs() {
        assert_eq!(chosen("roll back,go on", "Roll  back."), Some(0));
        assert_eq!(chosen("+1,-1", "-1"), Some(1));
        assert_eq!(chosen("+1,-1", "1"), None, "that could be either");
        assert_eq!(chosen("👍,👎", "👎"), Some(1));
        assert_eq!(chosen("👍,👎", "?"), None);
    }

    #[test]
    fn choices_are_words_and_no_two_are_the_same() {
        let wrong = |written: &[&str]| {
            let written: Vec<_> = written.iter().map(|word| (*word).to_owned()).collect();
            Choices::new(&written).unwrap_err()
        };
        assert!(wrong(&["yes", ""]).contains("is empty"));
        assert!(wrong(&["yes", "Yes "]).contains("twice"));
    }
}
