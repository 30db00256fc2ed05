//! Strings that stay where the line has them.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

/// A string that may be missing, borrowed from the line where it has no escapes: serde does that for a
/// `Cow<str>`, but not for one in an `Option`.
pub(super) fn borrowed<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'de, str>>, D::Error> {
    #[derive(Deserialize)]
    struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);
    Ok(Option::<Borrowed>::deserialize(deserializer)?.map(|borrowed| borrowed.0))
}
