//! What a fuzz target is.

/// One parser of outside bytes and what must hold of it for every input.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name; `corpus/NAME` holds its committed seeds.
    pub name: &'static str,
    /// Reads the bytes; panics when something that must hold does not.
    pub run: fn(&[u8]),
    /// Published vectors that are seeds.
    pub published: &'static [Published],
    /// Seeds that only our own code can make: what is signed, sealed or compressed.
    pub made: fn() -> Vec<Vec<u8>>,
    /// Words of its language, put into inputs by the mutator.
    pub words: &'static [&'static str],
}

/// Files of a published suite.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// The suite's folder below the vectors.
    pub suite: &'static str,
    /// How the names of the files end.
    pub ends: &'static str,
}

impl Target {
    /// A target with nothing but its name and function.
    #[must_use]
    pub const fn new(name: &'static str, run: fn(&[u8])) -> Self {
        Self { name, run, published: &[], made: Vec::new, words: &[] }
    }

    /// With published seeds.
    #[must_use]
    pub const fn published(mut self, published: &'static [Published]) -> Self {
        self.published = published;
        self
    }

    /// With seeds that are made.
    #[must_use]
    pub const fn made(mut self, made: fn() -> Vec<Vec<u8>>) -> Self {
        self.made = made;
        self
    }

    /// With words.
    #[must_use]
    pub const fn words(mut self, words: &'static [&'static str]) -> Self {
        self.words = words;
        self
    }
}

/// The files of `suite` that end in `ends`.
#[must_use]
pub const fn files(suite: &'static str, ends: &'static str) -> Published {
    Published { suite, ends }
}
