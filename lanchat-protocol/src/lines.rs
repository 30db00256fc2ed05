//! Bounded line framing: push bytes in any pieces, get whole lines out.
//!
//! A line ends with LF; a CR before it belongs to the line end. A line longer than the bound is
//! reported once and skipped up to its end, so that its tail never passes for a line of its own.

use memchr::memchr;

/// One step of the stream of lines.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A line without its line end; at most the framer's bound in bytes.
    Whole(&'a [u8]),
    /// A line grew beyond the bound. Everything up to its end is dropped.
    TooLong,
}

/// Cuts a stream of bytes into lines. Holds no memory between lines.
#[derive(Debug)]
pub struct Framer {
    partial: Vec<u8>,
    skipping: bool,
    line_bytes_max: usize,
}

impl Framer {
    /// A framer whose lines have at most `line_bytes_max` bytes, the line end not counted.
    pub fn new(line_bytes_max: usize) -> Self {
        Self { partial: Vec::new(), skipping: false, line_bytes_max }
    }

    /// The bound on lines that are not complete yet changes at once, for all bytes to come.
    pub fn set_line_bytes_max(&mut self, line_bytes_max: usize) {
        self.line_bytes_max = line_bytes_max;
    }

    /// Takes the next piece of the stream; the lines in it come from [`Lines::next`].
    pub fn push<'a>(&'a mut self, chunk: &'a [u8]) -> Lines<'a> {
        Lines { framer: self, chunk, served: false }
    }

    /// What has arrived of a line that has not ended yet.
    pub fn unfinished(&self) -> &[u8] {
        &self.partial
    }

    /// Takes what [`Framer::unfinished`] shows: the stream goes on as if a line had ended there.
    pub fn take_unfinished(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.partial)
    }

    /// Whether the rest of an over-long line is being skipped.
    pub fn is_skipping(&self) -> bool {
        self.skipping
    }

    /// A CR as the byte just beyond the bound may still turn out to be half a line end.
    fn is_over_long(&self) -> bool {
        let length = self.partial.len();
        length > self.line_bytes_max
            && !(length == self.line_bytes_max + 1 && self.partial.last() == Some(&b'\r'))
    }
}

/// The lines of one pushed chunk. Dropping it early still takes the whole chunk in.
#[derive(Debug)]
pub struct Lines<'a> {
    framer: &'a mut Framer,
    chunk: &'a [u8],
    /// The framer's buffer holds the line that the last call returned.
    served: bool,
}

impl Lines<'_> {
    /// The next line, borrowed from the chunk where it lies there in one piece.
    #[expect(clippy::should_implement_trait, reason = "the line borrows from self: no Iterator can lend")]
    pub fn next(&mut self) -> Option<Line<'_>> {
        if std::mem::take(&mut self.served) {
            self.framer.partial = Vec::new();
        }
        loop {
            let Some(end) = memchr(b'\n', self.chunk) else { return self.keep_rest() };
            let (head, tail) = self.chunk.split_at(end);
            self.chunk = &tail[1..];
            if std::mem::take(&mut self.framer.skipping) {
                continue;
            }
            let line = if self.framer.partial.is_empty() {
                head
            } else {
                self.served = true;
                self.framer.partial.extend_from_slice(head);
                &self.framer.partial
            };
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let fits = line.len() <= self.framer.line_bytes_max;
            return Some(if fits { Line::Whole(line) } else { Line::TooLong });
        }
    }

    fn keep_rest(&mut self) -> Option<Line<'static>> {
        let rest = std::mem::take(&mut self.chunk);
        if self.framer.skipping || rest.is_empty() {
            return None;
        }
        // One byte more than fits is enough to know that the line is over-long.
        let room = (self.framer.line_bytes_max + 2).saturating_sub(self.framer.partial.len());
        self.framer.partial.extend_from_slice(&rest[..rest.len().min(room)]);
        if !self.framer.is_over_long() {
            return None;
        }
        self.framer.partial = Vec::new();
        self.framer.skipping = true;
        Some(Line::TooLong)
    }
}

impl Drop for Lines<'_> {
    fn drop(&mut self) {
        while self.next().is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The lines as owned values; `None` stands for an over-long one.
    fn frame<'a>(max: usize, chunks: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Option<Vec<u8>>>, Vec<u8>) {
        let mut framer = Framer::new(max);
        let mut seen = Vec::new();
        for chunk in chunks {
            let mut lines = framer.push(chunk);
            while let Some(line) = lines.next() {
                seen.push(match line {
                    Line::Whole(line) => Some(line.to_vec()),
                    Line::TooLong => None,
                });
            }
        }
        (seen, framer.take_unfinished())
    }

    #[test]
    fn both_line_ends_are_taken_off() {
        let (lines, rest) = frame(10, [&b"a\r\nb\n\r\nc"[..]]);
        assert_eq!(lines, [Some(b"a".to_vec()), Some(b"b".to_vec()), Some(vec![])]);
        assert_eq!(rest, b"c");
    }

    #[test]
    fn a_line_at_the_bound_passes_and_one_beyond_is_refused_with_its_tail() {
        let (lines, _) = frame(4, [&b"1234\n1234\r\n12345\n12345/quit\nok\n"[..]]);
        assert_eq!(lines, [Some(b"1234".to_vec()), Some(b"1234".to_vec()), None, None, Some(b"ok".to_vec())]);
    }

    #[test]
    fn an_over_long_line_is_reported_before_it_ends_and_costs_no_memory() {
        let mut framer = Framer::new(4);
        assert_eq!(framer.push(b"1234567").next(), Some(Line::TooLong));
        assert!(framer.is_skipping());
        assert_eq!(framer.push(&vec![b'x'; 100_000]).next(), None);
        assert_eq!(framer.unfinished(), b"");
        assert_eq!(framer.push(b"tail\nnext\n").next(), Some(Line::Whole(b"next")));
    }

    #[test]
    fn dropping_the_lines_early_loses_no_later_line() {
        let mut framer = Framer::new(9);
        let _ = framer.push(b"a\nb\nc").next();
        assert_eq!(framer.push(b"d\n").next(), Some(Line::Whole(b"cd")));
    }

    proptest! {
        #[test]
        fn any_split_of_the_bytes_gives_the_same_lines(
            bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..300),
            cuts in prop::collection::vec(0usize..300, 0..20),
            max in 1usize..40,
        ) {
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
            prop_assert_eq!(frame(max, pieces), frame(max, [&bytes[..]]));
        }

        #[test]
        fn no_line_exceeds_the_bound_or_holds_a_line_end(bytes: Vec<u8>, max in 1usize..20) {
            let (lines, rest) = frame(max, bytes.chunks(3));
            prop_assert!(lines.iter().flatten().all(|line| line.len() <= max && !line.contains(&b'\n')));
            prop_assert!(rest.len() <= max + 1);
        }
    }
}
