//! Words to look for: as the index is asked for them, and as a text is compared with them.
//!
//! What people type is never syntax: the index is asked for quoted pieces of three characters each, and
//! whether the words are really there is found out by looking.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The shortest word that the index knows.
const TRIGRAM_CHARS: usize = 3;
/// Words of one search, and pieces of them that the index is asked for. What is beyond is only compared.
const WORDS_MAX: usize = 32;
const PIECES_MAX: usize = 48;

/// Words that all have to be in a text, in any order and as part of longer ones. Case makes no difference, nor does
/// whether an accent is a character of its own.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    folded: Vec<String>,
    pieces: Vec<String>,
    /// Of words that can be written in several ways: the pieces of each way.
    ways: Vec<Vec<Vec<String>>>,
}

impl Words {
    pub(super) fn new(words: &[String]) -> Self {
        let given = words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()).take(WORDS_MAX);
        let mut folded = Vec::new();
        let (mut pieces, mut ways) = (Vec::new(), Vec::new());
        for word in given {
            match &*written(word) {
                [only] => pieces.append(&mut cut(only)),
                several => {
                    let cut: Vec<_> = several.iter().map(|word| cut(word)).collect();
                    // A way that is too short for the index may be that of any text.
                    if cut.iter().all(|pieces| !pieces.is_empty()) {
                        ways.push(cut);
                    }
                }
            }
            folded.push(fold(word));
        }
        pieces.sort_unstable();
        pieces.dedup();
        pieces.truncate(PIECES_MAX);
        let mut left = PIECES_MAX - pieces.len();
        ways.retain(|ways: &Vec<Vec<String>>| {
            let count = ways.iter().map(Vec::len).sum();
            let fits = count <= left;
            left -= if fits { count } else { 0 };
            fits
        });
        Self { folded, pieces, ways }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.folded.is_empty()
    }

    /// What to ask the index: it answers with every text that may hold the words, and some that do not.
    /// `None`: the words are too short for it.
    pub(super) fn expression(&self) -> Option<String> {
        let quoted = |piece: &String| format!("\"{}\"", piece.replace('"', "\"\""));
        let all = |pieces: &[String]| pieces.iter().map(quoted).collect::<Vec<_>>().join(" AND ");
        let several = |ways: &Vec<Vec<String>>| {
            let ways: Vec<_> = ways.iter().map(|pieces| format!("({})", all(pieces))).collect();
            format!("({})", ways.join(" OR "))
        };
        let once = (!self.pieces.is_empty()).then(|| all(&self.pieces));
        let parts: Vec<_> = once.into_iter().chain(self.ways.iter().map(several)).collect();
        (!parts.is_empty()).then(|| parts.join(" AND "))
    }

    /// Whether all words are in a text.
    pub(super) fn are_in(&self, text: &str) -> bool {
        let text = fold(text);
        self.folded.iter().all(|word| text.contains(word))
    }
}

/// The same for upper and lower case, a character for a character, as the index has it; and composed, which the index
/// has not.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let text = if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        text.nfc().collect::<String>().into()
    };
    text.chars()
        .map(|character| {
            let mut lower = character.to_lowercase();
            lower.next().filter(|_| lower.next().is_none()).unwrap_or(character)
        })
        .collect()
}

/// Every second piece of three characters of a word, and the last one. All of them make the index read twice as
/// much to leave out little more; every third one leaves far too much to look at, where each piece is common and the
/// words are not.
fn cut(word: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let characters: Vec<char> = word.chars().collect();
    let Some(last) = characters.len().checked_sub(TRIGRAM_CHARS) else { return pieces };
    for begin in (0..last).step_by(2).chain([last]) {
        let piece = &characters[begin..begin + TRIGRAM_CHARS];
        // SQLite would take it for the end of the expression.
        if !piece.contains(&'\0') {
            pieces.push(piece.iter().collect());
        }
    }
    pieces
}

/// The ways in which a text may have a word: as it is given, composed, and decomposed, as files' names often are.
fn written(word: &str) -> Vec<String> {
    let mut ways = vec![word.to_owned()];
    if !word.is_ascii() {
        for way in [word.nfc().collect(), word.nfd().collect()] {
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Words {
        Words::new(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_word_is_cut_into_pieces_that_cover_it() {
        assert_eq!(words(&["abcde"]).expression().unwrap(), r#""abc" AND "cde""#);
        assert_eq!(words(&["abcdef"]).expression().unwrap(), r#""abc" AND "cde" AND "def""#);
        assert_eq!(words(&["abc"]).expression().unwrap(), r#""abc""#);
        assert_eq!(words(&["日本語"]).expression().unwrap(), "\"日本語\"");
        assert_eq!(words(&["ab", "é"]).expression(), None);
    }

    #[test]
    fn quotes_stay_within_quotes_and_nothing_ends_an_expression() {
        assert_eq!(words(&["\"\"\""]).expression().unwrap(), "\"\"\"\"\"\"\"\"");
        assert_eq!(words(&["a\0b"]).expression(), None);
        assert_eq!(words(&["NOT", "a*^"]).expression().unwrap(), r#""NOT" AND "a*^""#);
    }

    #[test]
    fn case_makes_no_difference_and_all_words_count() {
        assert!(words(&["ÄPFEL", "essen"]).are_in("Wir Essen äpfel"));
        assert!(!words(&["ÄPFEL", "essen"]).are_in("Wir essen apfel"));
        assert_eq!(fold("İ"), "İ");
    }

    #[test]
    fn a_word_is_one_in_whatever_way_its_accents_are_written() {
        let expression = "((\"caf\" AND \"af\u{e9}\") OR (\"caf\" AND \"fe\u{301}\"))";
        assert_eq!(words(&["caf\u{e9}"]).expression().unwrap(), expression);
        let with_another = words(&["caf\u{e9}", "noir"]).expression().unwrap();
        assert_eq!(with_another, format!(r#""noi" AND "oir" AND {expression}"#));
        assert_eq!(words(&["n\u{e9}"]).expression(), None, "composed it is too short");
        for text in ["Un CAF\u{c9}", "un cafe\u{301}"] {
            for word in ["caf\u{e9}", "CAFE\u{301}"] {
                assert!(words(&[word]).are_in(text), "{word} in {text}");
            }
            assert!(!words(&["cafe"]).are_in(text), "{text}");
        }
    }

    #[test]
    fn a_search_has_a_bound() {
        let many: Vec<String> = (0..1000).map(|number| format!("{number:04}")).collect();
        let words = Words::new(&many);
        assert_eq!((words.folded.len(), words.pieces.len()), (WORDS_MAX, 32));
        let long = Words::new(&[(0..1000).map(|n| char::from_u32(0x4e00 + n).unwrap()).collect()]);
        assert_eq!(long.pieces.len(), PIECES_MAX);
        let accents: Vec<String> = (0..WORDS_MAX).map(|n| format!("{n}\u{e9}cole")).collect();
        let words = Words::new(&accents);
        let count = words.ways.iter().flatten().map(Vec::len).sum::<usize>();
        assert!((PIECES_MAX / 2..=PIECES_MAX).contains(&count) && words.folded.len() == WORDS_MAX, "{count}");
    }
}
