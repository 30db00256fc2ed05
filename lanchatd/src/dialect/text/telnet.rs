//! Telnet below the text dialect: its orders are taken out of the stream and answered (RFC 854).

const SE: u8 = 240;
const SB: u8 = 250;
const WILL: u8 = 251;
const WONT: u8 = 252;
const DO: u8 = 253;
const DONT: u8 = 254;
const IAC: u8 = 255;

/// Where the parser stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Data,
    /// After an IAC.
    Order,
    /// After IAC and WILL, WONT, DO or DONT.
    Option(u8),
    /// Inside a subnegotiation.
    Sub,
    /// After an IAC inside a subnegotiation.
    SubOrder,
}

/// Takes telnet orders out of a stream of bytes, however they are split.
#[derive(Debug, Default)]
pub(super) struct Telnet {
    at: At,
    /// Orders were seen: there is a telnet program at the other end.
    pub(super) is_spoken: bool,
    /// Refusals of what was asked for, to be sent back.
    pub(super) answer: Vec<u8>,
}

impl Telnet {
    /// Whether [`Telnet::strip`] has anything to do for this chunk.
    pub(super) fn concerns(&self, chunk: &[u8]) -> bool {
        self.is_spoken || self.at != At::Data || chunk.contains(&IAC)
    }

    /// The data in a chunk. An IAC before something that is no order is a stray byte 255.
    pub(super) fn strip(&mut self, chunk: &[u8]) -> Vec<u8> {
        let mut data = Vec::with_capacity(chunk.len());
        for byte in chunk.iter().copied() {
            self.at = match (self.at, byte) {
                (At::Data, IAC) => At::Order,
                (At::Data, _) => {
                    data.push(byte);
                    At::Data
                }
                (At::Order, WILL | WONT | DO | DONT) => At::Option(byte),
                (At::Order, SB) => At::Sub,
                (At::Order, SE..SB) => self.ordered(),
                (At::Order, IAC) => {
                    data.push(IAC);
                    At::Data
                }
                (At::Order, _) => {
                    data.extend([IAC, byte]);
                    At::Data
                }
                (At::Option(order), option) => self.refuse(order, option),
                (At::Sub, IAC) => At::SubOrder,
                (At::SubOrder, SE) => self.ordered(),
                (At::Sub | At::SubOrder, _) => At::Sub,
            };
        }
        data
    }

    fn ordered(&mut self) -> At {
        self.is_spoken = true;
        At::Data
    }

    /// This side has no options: what is offered is declined, what is asked for is refused.
    fn refuse(&mut self, order: u8, option: u8) -> At {
        match order {
            WILL => self.answer.extend([IAC, DONT, option]),
            DO => self.answer.extend([IAC, WONT, option]),
            _ => {}
        }
        self.ordered()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn strip(chunks: &[&[u8]]) -> (Vec<u8>, Vec<u8>) {
        let mut telnet = Telnet::default();
        let data = chunks.iter().flat_map(|chunk| telnet.strip(chunk)).collect();
        (data, telnet.answer)
    }

    #[test]
    fn orders_vanish_and_requests_are_refused() {
        let (data, answer) = strip(&[b"a\xff\xfb\x1fb\xff\xfd\x03c\xff\xfc\x01\xff\xf1d"]);
        assert_eq!(data, b"abcd");
        assert_eq!(answer, b"\xff\xfe\x1f\xff\xfc\x03");
    }

    #[test]
    fn subnegotiations_vanish_whole() {
        assert_eq!(strip(&[b"a\xff\xfa\x18\x00xterm\xff\xff\xff\xf0b"]).0, b"ab");
    }

    #[test]
    fn a_stray_255_is_data() {
        assert_eq!(strip(&[b"\xffhi \xff\xff!"]).0, b"\xffhi \xff!");
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_data(bytes in prop::collection::vec(prop_oneof![240u8..=255, any::<u8>()], 0..80), cut in 0usize..80) {
            let cut = cut.min(bytes.len());
            prop_assert_eq!(strip(&[&bytes[..cut], &bytes[cut..]]), strip(&[&bytes]));
        }
    }
}
