//! The names by which the journal knows what happened (`MESSAGE_ID`, systemd.journal-fields(7)).
//!
//! `journalctl MESSAGE_ID=…` finds all of a kind, `journalctl -x` explains each with the text that
//! `packaging/systemd/lanchatd.catalog` has for it. An id is never changed and never used for something else.

/// It serves.
pub(super) const READY: &str = "bb08b916ac1d4462af4dcaf2fea01d86";
/// It begins to stop.
pub(super) const STOPPING: &str = "2cc81ef1602f4793bb96b88241558918";
/// It has stopped.
pub(super) const STOPPED: &str = "0bb61b3a6fdf43228ae3401d06b0525d";
/// It cannot start, or go on.
pub(super) const FAILED: &str = "26a1c08508aa468ca5308eba0899f66d";
/// The configuration has errors: at the start, or when it was read again.
pub(super) const CONFIGURATION_REFUSED: &str = "250eccc27545475a8b054d43d20b53a8";
/// What is said is not kept.
pub(super) const STORE_IN_TROUBLE: &str = "e2a9dea211124d9c9c40f96f760ad68b";
/// What is said is kept again.
pub(super) const STORE_RECOVERED: &str = "a98666869f54471a99390f5fa3dfe6de";
/// A damaged store was put aside, or one was gone: a new one was begun.
pub(super) const STORE_RENEWED: &str = "6d1e0a9b3f5c4c0e8a47c2d5b1907e36";
/// Something happens far more often than people make it happen.
pub(super) const FLOOD: &str = "eebdf3e9365b433680d4db51c9ea5dcc";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    fn read(path: &str) -> String {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
    }

    /// What this file says, so that no id is forgotten in a second list.
    fn ids() -> BTreeSet<String> {
        let table =
            include_str!("message_id.rs").lines().filter(|line| line.starts_with("pub(super) const "));
        table.map(|line| line.split('"').nth(1).unwrap().to_owned()).collect()
    }

    fn is_id(text: &str) -> bool {
        text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }

    #[test]
    fn each_id_is_one_of_its_own() {
        assert_eq!(ids().len(), 9);
        assert!(ids().iter().all(|id| is_id(id)));
    }

    #[test]
    fn the_catalog_explains_each_id_and_no_other() {
        let catalog = read("packaging/systemd/lanchatd.catalog");
        let entries: Vec<_> = catalog.split("\n-- ").skip(1).collect();
        let explained: BTreeSet<_> = entries.iter().map(|entry| entry[..32].to_owned()).collect();
        assert_eq!(explained, ids());
        assert_eq!(entries.len(), explained.len(), "none twice");
        for entry in entries {
            let (head, text) = entry.split_once("\n\n").expect("a text after the headers");
            for header in ["\nSubject: ", "\nDefined-By: lanchatd", "\nDocumentation: man:lanchatd(8)"] {
                assert!(head.contains(header), "{header:?} is missing in {head}");
            }
            assert!(text.trim().lines().count() >= 2, "what happened and what to do: {entry}");
        }
    }

    #[test]
    fn the_page_about_the_journal_lists_each_id_and_no_other() {
        let page = read("docs/JOURNAL.md");
        let listed = page.split('`').filter(|word| is_id(word)).map(str::to_owned);
        assert_eq!(listed.collect::<BTreeSet<_>>(), ids());
    }
}
