//! Passwords, tokens and invites on their way: what nobody may read along.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// The shortest password, in characters.
pub const PASSWORD_CHARS_MIN: usize = 8;

/// The longest password, in bytes.
pub const PASSWORD_BYTES_MAX: usize = 256;

/// A password, or a token. Nothing shows it: neither `Debug` nor an error; and its memory is overwritten in the end.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// What somebody has typed. Two ways of writing the same letter are one, as keyboards of different systems differ in
    /// that (NFC).
    pub fn new(written: &str) -> Self {
        // As long as it can become, so that growing leaves no copy behind.
        let mut password = String::with_capacity(3 * written.len());
        password.extend(written.nfc());
        Self(Zeroizing::new(password))
    }

    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it may be the password of an account from here on.
    pub fn check(&self) -> Result<(), BadPassword> {
        if self.0.chars().nth(PASSWORD_CHARS_MIN - 1).is_none() {
            return Err(BadPassword::TooShort);
        }
        if self.0.len() > PASSWORD_BYTES_MAX { Err(BadPassword::TooLong) } else { Ok(()) }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        let (one, other) = (self.0.as_bytes(), other.0.as_bytes());
        let differ = one.iter().zip(other).fold(0, |differ, (one, other)| differ | (one ^ other));
        one.len() == other.len() && differ == 0
    }
}

impl Eq for Password {}

impl Serialize for Password {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// Reads a string. What is none is not repeated in the error, as serde would do: it may be a password all the same.
struct Reader;

const NO_STRING: &str = "a password is a string";

impl Visitor<'_> for Reader {
    type Value = Password;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, written: &str) -> Result<Password, E> {
        Ok(Password::new(written))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Password, E> {
        Err(E::custom(NO_STRING))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Password, E> {
        Err(E::custom(NO_STRING))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Password, E> {
        Err(E::custom(NO_STRING))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Password, E> {
        Err(E::custom(NO_STRING))
    }
}

/// Why something cannot be a password. Its `Display` follows "a password ".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPassword {
    /// It is easily guessed.
    TooShort,
    /// It does not fit.
    TooLong,
}

impl fmt::Display for BadPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort => write!(f, "has at least {PASSWORD_CHARS_MIN} characters"),
            Self::TooLong => write!(f, "has at most {PASSWORD_BYTES_MAX} bytes"),
        }
    }
}

impl std::error::Error for BadPassword {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_shown_nowhere() {
        let password = Password::new("open sesame");
        assert_eq!(format!("{password:?}"), "Password");
        for wrong in ["20261123", "-5551234", "1.5e77", "true", "[5551234]"] {
            let error = serde_json::from_str::<Password>(wrong).unwrap_err().to_string();
            assert!(!error.contains(wrong.trim_matches(['[', ']', '-'])), "{error}");
        }
    }

    #[test]
    fn a_password_has_8_characters_to_256_bytes() {
        let check = |written: &str| Password::new(written).check();
        assert_eq!(check("seven77"), Err(BadPassword::TooShort));
        assert_eq!(check("eight888"), Ok(()));
        assert_eq!(check("ééééééé"), Err(BadPassword::TooShort));
        assert_eq!(check(&"x".repeat(256)), Ok(()));
        assert_eq!(check(&"x".repeat(257)), Err(BadPassword::TooLong));
    }

    #[test]
    fn two_ways_of_writing_the_same_are_one_password() {
        assert_eq!(Password::new("caf\u{e9}"), Password::new("cafe\u{301}"));
        assert_ne!(Password::new("cafe"), Password::new("caf\u{e9}"));
        assert_ne!(Password::new("cafe"), Password::new("cafes"));
    }
}
