//! What changes in an open wallet while somebody looks at it: counted by kind, told to the pages that are open ([`crate::live`]).

use tokio::sync::watch;

/// What something new is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something is asked, or was answered, or something came of it.
    Asked,
    /// A message came, or went.
    Mail,
    /// Something was done at a space.
    Spaces,
    /// What the wallet holds is renewed, or counts no more.
    Held,
    /// A session has ended.
    Sessions,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Asked, Self::Mail, Self::Spaces, Self::Held, Self::Sessions];

    /// As the pages say it of their parts (`data-live`).
    const fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Mail => "mail",
            Self::Spaces => "spaces",
            Self::Held => "held",
            Self::Sessions => "sessions",
        }
    }

    const fn place(self) -> usize {
        match self {
            Self::Asked => 0,
            Self::Mail => 1,
            Self::Spaces => 2,
            Self::Held => 3,
            Self::Sessions => 4,
        }
    }
}

/// How much of each kind there was: a page that knows this knows all until then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SoFar([u32; Kind::ALL.len()]);

impl SoFar {
    /// As a page carries it.
    pub(crate) fn text(self) -> String {
        self.0.map(|count| count.to_string()).join(".")
    }

    /// Reads it back.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut counts = [0; Kind::ALL.len()];
        let mut parts = text.split('.');
        for count in &mut counts {
            *count = parts.next()?.parse().ok()?;
        }
        parts.next().is_none().then_some(Self(counts))
    }

    /// The names of the kinds of which there is something that was not there then.
    pub(crate) fn new_since(self, then: Self) -> String {
        let is_new = |kind: &&Kind| self.0.get(kind.place()) != then.0.get(kind.place());
        let names: Vec<&str> = Kind::ALL.iter().filter(is_new).map(|kind| kind.name()).collect();
        names.join(" ")
    }
}

/// The news of one wallet; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct News(watch::Sender<SoFar>);

impl Default for News {
    fn default() -> Self {
        Self(watch::Sender::new(SoFar::default()))
    }
}

impl News {
    /// There is something new of this kind.
    pub(crate) fn note(&self, kind: Kind) {
        self.0.send_modify(|so_far| {
            if let Some(count) = so_far.0.get_mut(kind.place()) {
                *count = count.wrapping_add(1);
            }
        });
    }

    /// How much there was until now.
    pub(crate) fn so_far(&self) -> SoFar {
        *self.0.borrow()
    }

    /// Hears of what comes.
    pub(crate) fn listen(&self) -> watch::Receiver<SoFar> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_is_told_by_kind_and_a_page_carries_what_it_knows() {
        let news = News::default();
        let then = news.so_far();
        assert_eq!(news.so_far().new_since(then), "");
        news.note(Kind::Mail);
        news.note(Kind::Spaces);
        news.note(Kind::Mail);
        assert_eq!(news.so_far().new_since(then), "mail spaces");
        let text = news.so_far().text();
        assert_eq!((text.as_str(), SoFar::parse(&text)), ("0.2.1.0.0", Some(news.so_far())));
        for no in ["", "0.2.1.0", "0.2.1.0.0.0", "0.2.1.0.", "a.2.1.0.0", "-1.2.1.0.0", "0.2.1.0.4294967296"]
        {
            assert_eq!(SoFar::parse(no), None, "{no}");
        }
    }
}
