//! What a reader's bytes say, line by line.

/// Where something was said, to whoever reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Room(String),
    /// By this person, to the reader alone.
    Person(String),
}

/// A message, as its reader saw it.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) number: u64,
    pub(super) from: String,
    pub(super) place: Place,
}

/// All that a reader was told.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    pub(super) messages: Vec<Heard>,
    /// Messages that it was told to have missed.
    pub(super) missed: u64,
    /// What it was told last.
    pub(super) last: String,
}

impl Transcript {
    /// Panics where a line is torn, or stands where the reader does not know what room it is of.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let text = str::from_utf8(bytes).expect("no character is torn");
        let mut transcript = Self::default();
        let mut current = Some("lobby".to_owned());
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            if line.starts_with('{') {
                transcript.native(line);
            } else if let Some(notice) = line.strip_prefix("* ") {
                transcript.notice(notice, &mut current);
            } else {
                transcript.text(line, current.as_deref());
            }
            line.clone_into(&mut transcript.last);
        }
        transcript
    }

    fn native(&mut self, line: &str) {
        let value: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        let string = |name: &str| value[name].as_str().unwrap_or_else(|| panic!("{name}: {line}")).to_owned();
        match &*string("type") {
            "message" => {
                let (room, from) = (string("room"), string("from"));
                let place = match room.strip_prefix('@') {
                    Some(person) => Place::Person(person.to_owned()),
                    None => Place::Room(room),
                };
                self.messages.push(Heard { number: number_of(&string("text")), from, place });
            }
            "gap" => self.missed += value["skipped"].as_u64().unwrap(),
            _ => {}
        }
    }

    fn notice(&mut self, notice: &str, current: &mut Option<String>) {
        if notice.contains("skipped: your connection") {
            self.missed += notice.split(' ').next().unwrap().parse::<u64>().unwrap();
        } else if let Some(rest) = notice.strip_prefix("you talk in #") {
            *current = rest.split(' ').next().map(str::to_owned);
        } else if let Some(rest) = notice.strip_prefix("you have left #") {
            let next = rest.split_once(", and talk in #").map(|(_, next)| next.split(' ').next().unwrap());
            *current = next.map(str::to_owned);
        }
    }

    /// What stands without a room is of the one that the reader was told it talks in.
    fn text(&mut self, line: &str, current: Option<&str>) {
        let (head, words) = line.split_once(": ").unwrap_or_else(|| panic!("torn: {line:?}"));
        let (place, from) = if let Some(from) = head.strip_prefix('@') {
            (Place::Person(from.to_owned()), from)
        } else if let Some(rest) = head.strip_prefix('#') {
            let (room, from) = rest.split_once(' ').unwrap_or_else(|| panic!("torn: {line:?}"));
            assert_ne!(Some(room), current, "its own room stands without a name: {line:?}");
            (Place::Room(room.to_owned()), from)
        } else {
            (Place::Room(current.unwrap_or_else(|| panic!("it is in no room: {line:?}")).to_owned()), head)
        };
        self.messages.push(Heard { number: number_of(words), from: from.to_owned(), place });
    }
}

/// Messages are `m7` and padding.
fn number_of(words: &str) -> u64 {
    let number = words.split(' ').next().and_then(|word| word.strip_prefix('m'));
    number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("torn: {words:?}"))
}
