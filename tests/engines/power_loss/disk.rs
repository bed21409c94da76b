//! A disk that forgets: replays recorded calls up to a power cut.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use environment::Randomness;

use super::trace::Call;

const SECTOR: usize = 512;

/// What the disk keeps of that which no fsync covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    Nothing,
    Everything,
    SomeWrites,
    SomeSectors,
}

impl Keep {
    pub(crate) const ALL: [Self; 4] = [Self::Nothing, Self::Everything, Self::SomeWrites, Self::SomeSectors];
}

/// Everything that was done to the store's folder, and when.
pub(crate) struct Disk {
    calls: usize,
    root: PathBuf,
    files: Vec<File>,
    /// Changes of names, by the folder they are made in.
    names: BTreeMap<PathBuf, Vec<(Span, NameChange)>>,
    folder_syncs: BTreeMap<PathBuf, Vec<Span>>,
    acknowledgements: Vec<(usize, u64, u64)>,
    /// What the folder held, durably, before the first call.
    found: Found,
}

/// Files and folders that were there before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    folders: Vec<PathBuf>,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Found {
    /// Reads a folder and what is in it; nothing when it is not there.
    pub(crate) fn read(root: &Path) -> Self {
        let mut found = Self::default();
        let mut next = vec![root.to_owned()];
        while let Some(folder) = next.pop() {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            found.folders.push(folder);
            for entry in entries {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    next.push(path);
                } else {
                    found.files.push((path.clone(), std::fs::read(&path).unwrap()));
                }
            }
        }
        found
    }

    /// Writes a copy to another place.
    pub(crate) fn write(&self, root: &Path, target: &Path) {
        for folder in &self.folders {
            std::fs::create_dir_all(target.join(folder.strip_prefix(root).unwrap())).unwrap();
        }
        for (path, content) in &self.files {
            std::fs::write(target.join(path.strip_prefix(root).unwrap()), content).unwrap();
        }
    }
}

/// The lines of the trace between which a call ran.
#[derive(Clone, Copy, Debug)]
struct Span {
    began: usize,
    ended: usize,
}

#[derive(Default)]
struct File {
    name: String,
    found: Vec<u8>,
    writes: Vec<(Span, Write)>,
    syncs: Vec<(Span, Access)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    ReadOnly,
    Writing,
}

enum Write {
    Data { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

enum NameChange {
    Link {
        path: PathBuf,
        file: usize,
    },
    Unlink {
        path: PathBuf,
    },
    Folder {
        path: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
        file: usize,
    },
    /// The new store moves to its place.
    Move,
}

/// What an open descriptor stands for.
#[derive(Clone)]
enum Descriptor {
    File { file: usize, position: usize, access: Access },
    Folder(PathBuf),
}

/// The state while calls are read.
struct Replay {
    disk: Disk,
    descriptors: HashMap<i64, Descriptor>,
    paths: HashMap<PathBuf, usize>,
}

impl Disk {
    pub(crate) fn replay(calls: &[Call], root: &Path, found: Found) -> Self {
        let last = calls.iter().map(|call| call.ended).max().unwrap_or(0);
        let disk = Self {
            calls: last + 1,
            root: root.to_owned(),
            files: Vec::new(),
            names: BTreeMap::new(),
            folder_syncs: BTreeMap::new(),
            acknowledgements: Vec::new(),
            found,
        };
        let mut replay = Replay { disk, descriptors: HashMap::new(), paths: HashMap::new() };
        for (path, content) in replay.disk.found.files.clone() {
            let file = replay.new_file(&path);
            replay.disk.files[file].found = content;
        }
        calls.iter().for_each(|call| replay.call(call));
        replay.disk
    }

    /// When the first change was acknowledged; before that the store recovers.
    pub(crate) fn first_acknowledgement(&self) -> usize {
        self.acknowledgements.first().map_or(self.calls, |(began, ..)| *began)
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls
    }

    /// The largest number of each writer whose acknowledgement had begun to be written.
    pub(crate) fn acknowledged(&self, at: usize) -> BTreeMap<u64, u64> {
        let mut acknowledged = BTreeMap::new();
        for (_, writer, number) in self.acknowledgements.iter().filter(|(began, ..)| *began < at) {
            acknowledged.insert(*writer, *number);
        }
        acknowledged
    }

    pub(crate) fn without_syncs_through_read_only_descriptors(mut self, name: &str) -> Self {
        for file in self.files.iter_mut().filter(|file| file.name == name) {
            file.syncs.retain(|(_, access)| *access == Access::Writing);
        }
        self
    }

    /// Whether a file was written far behind its end, at places that had been used before.
    pub(crate) fn wrote_over_old(&self, name: &str) -> bool {
        let far = 4 * 2 * 1_024 * 1_024;
        let mut end = 0;
        let file = self.files.iter().find(|file| file.name == name).unwrap();
        file.writes.iter().any(|(_, write)| match write {
            Write::Data { offset, bytes } => {
                end = end.max(offset + bytes.len());
                offset + far < end
            }
            Write::Length(_) => false,
        })
    }

    /// Writes to `target` what a disk may hold when the power goes before line `at`.
    pub(crate) fn write_image(&self, at: usize, keep: Keep, randomness: &dyn Randomness, target: &Path) {
        let found = self.found.files.iter().enumerate();
        let mut names: BTreeMap<_, _> = found.map(|(file, (path, _))| (path.clone(), file)).collect();
        let mut folders = self.found.folders.clone();
        // A new store is made at `store.new`; all paths here are those it has after it moved.
        let mut in_place = !folders.is_empty();
        for (folder, changes) in &self.names {
            let changes: Vec<_> = changes.iter().filter(|(span, _)| span.began < at).collect();
            let synced = |span: &Span| {
                let syncs = self.folder_syncs.get(folder).into_iter().flatten();
                syncs.into_iter().any(|sync| sync.began > span.ended && sync.ended < at)
            };
            let durable = changes.iter().rposition(|(span, _)| synced(span)).map_or(0, |last| last + 1);
            // A journal keeps changes of names in order, so what survives is a beginning of them.
            let loose = changes.len() - durable;
            let kept = durable
                + match keep {
                    Keep::Nothing => 0,
                    Keep::Everything => loose,
                    _ => usize::try_from(randomness.below(u64::try_from(loose + 1).unwrap())).unwrap(),
                };
            for (_, change) in changes.into_iter().take(kept) {
                match change {
                    NameChange::Link { path, file } => drop(names.insert(path.clone(), *file)),
                    NameChange::Unlink { path } => drop(names.remove(path)),
                    NameChange::Folder { path } => folders.push(path.clone()),
                    NameChange::Move => in_place = true,
                    NameChange::Rename { from, to, file } => {
                        names.remove(from);
                        names.insert(to.clone(), *file);
                    }
                }
            }
        }
        let target = if in_place { target.to_owned() } else { beside(target) };
        for folder in folders {
            std::fs::create_dir_all(target.join(folder.strip_prefix(&self.root).unwrap())).unwrap();
        }
        for (path, file) in names {
            let path = target.join(path.strip_prefix(&self.root).unwrap());
            // A name in a folder that is itself lost is lost too.
            if path.parent().is_some_and(Path::exists) {
                std::fs::write(path, self.files[file].content(at, keep, randomness)).unwrap();
            }
        }
    }
}

impl File {
    fn content(&self, at: usize, keep: Keep, randomness: &dyn Randomness) -> Vec<u8> {
        let mut content = self.found.clone();
        for (span, write) in self.writes.iter().filter(|(span, _)| span.began < at) {
            let durable = self.syncs.iter().any(|(sync, _)| sync.began > span.ended && sync.ended < at);
            let keep = if durable { Keep::Everything } else { keep };
            write.apply(&mut content, keep, randomness);
        }
        content
    }
}

impl Write {
    fn apply(&self, content: &mut Vec<u8>, keep: Keep, randomness: &dyn Randomness) {
        let coin = || randomness.below(2) == 0;
        let kept = match keep {
            Keep::Nothing => false,
            Keep::Everything | Keep::SomeSectors => true,
            Keep::SomeWrites => coin(),
        };
        match self {
            _ if !kept => {}
            Self::Length(length) => content.resize(*length, 0),
            Self::Data { offset, bytes } => {
                let mut start = 0;
                while start < bytes.len() {
                    // To the end of the sector in which this stretch begins.
                    let end = (start + SECTOR - (offset + start) % SECTOR).min(bytes.len());
                    if keep != Keep::SomeSectors || coin() {
                        let to = offset + start..offset + end;
                        content.resize(content.len().max(to.end), 0);
                        content[to].copy_from_slice(&bytes[start..end]);
                    }
                    start = end;
                }
            }
        }
    }
}

impl Replay {
    fn call(&mut self, call: &Call) {
        let span = Span { began: call.began, ended: call.ended };
        match call.name.as_str() {
            "openat" => self.open(call, span),
            "close" => drop(self.descriptors.remove(&call.number(0))),
            "fcntl" if call.word(1).starts_with("F_DUPFD") => {
                if let Some(descriptor) = self.descriptors.get(&call.number(0)).cloned() {
                    self.descriptors.insert(call.result, descriptor);
                }
            }
            "fcntl" => {}
            "write" => self.write(call, span),
            "pwrite64" => self.write_at(call, span),
            "fsync" | "fdatasync" => self.sync(call, span),
            "ftruncate" => {
                if let Some(Descriptor::File { file, .. }) = self.descriptors.get(&call.number(0)) {
                    let length = usize::try_from(call.number(1)).unwrap();
                    self.disk.files[*file].writes.push((span, Write::Length(length)));
                }
            }
            "rename" => self.rename(call, span),
            "unlink" => {
                let path = self.path(call, 0);
                if self.paths.remove(&path).is_some() {
                    self.change(span, path.clone(), NameChange::Unlink { path });
                }
            }
            "mkdir" => {
                let path = self.path(call, 0);
                if path.starts_with(&self.disk.root) {
                    self.change(span, path.clone(), NameChange::Folder { path });
                }
            }
            "lseek" => {
                // Names are read again from the beginning of an open folder, which changes nothing.
                let is_file = matches!(self.descriptors.get(&call.number(0)), Some(Descriptor::File { .. }));
                assert!(!is_file || call.word(2) != "SEEK_SET", "the replay does not know lseek");
            }
            other => {
                let known = call.arguments.iter().any(|argument| match argument {
                    super::trace::Argument::Word(word) => {
                        word.parse().is_ok_and(|number: i64| self.descriptors.contains_key(&number))
                    }
                    super::trace::Argument::Bytes(bytes) => path_of(bytes).starts_with(&self.disk.root),
                });
                assert!(!known && other != "io_uring_setup", "the replay does not know {other}");
            }
        }
    }

    fn open(&mut self, call: &Call, span: Span) {
        let path = self.path(call, 1);
        if !path.starts_with(&self.disk.root) && Some(path.as_path()) != self.disk.root.parent() {
            return;
        }
        let flags = call.word(2);
        let has = |flag: &str| flags.split('|').any(|found| found == flag);
        let access = if has("O_RDONLY") { Access::ReadOnly } else { Access::Writing };
        let file = match self.paths.get(&path) {
            Some(file) => *file,
            None if has("O_CREAT") => {
                let file = self.new_file(&path);
                self.change(span, path.clone(), NameChange::Link { path, file });
                file
            }
            None => {
                self.descriptors.insert(call.result, Descriptor::Folder(path));
                return;
            }
        };
        if has("O_TRUNC") {
            self.disk.files[file].writes.push((span, Write::Length(0)));
        }
        self.descriptors.insert(call.result, Descriptor::File { file, position: 0, access });
    }

    fn new_file(&mut self, path: &Path) -> usize {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        self.disk.files.push(File { name, ..File::default() });
        let file = self.disk.files.len() - 1;
        self.paths.insert(path.to_owned(), file);
        file
    }

    fn write(&mut self, call: &Call, span: Span) {
        let written = usize::try_from(call.result).unwrap();
        let bytes = &call.bytes(1)[..written];
        if call.number(0) == 1 {
            for line in std::str::from_utf8(bytes).unwrap().lines() {
                let (writer, number) = line.split_once(' ').unwrap();
                let acknowledgement = (span.began, writer.parse().unwrap(), number.parse().unwrap());
                self.disk.acknowledgements.push(acknowledgement);
            }
        } else if let Some(Descriptor::File { file, position, .. }) =
            self.descriptors.get_mut(&call.number(0))
        {
            let data = Write::Data { offset: *position, bytes: bytes.to_vec() };
            *position += written;
            self.disk.files[*file].writes.push((span, data));
        }
    }

    fn write_at(&mut self, call: &Call, span: Span) {
        if let Some(Descriptor::File { file, .. }) = self.descriptors.get(&call.number(0)) {
            let bytes = call.bytes(1)[..usize::try_from(call.result).unwrap()].to_vec();
            let offset = usize::try_from(call.number(3)).unwrap();
            self.disk.files[*file].writes.push((span, Write::Data { offset, bytes }));
        }
    }

    fn sync(&mut self, call: &Call, span: Span) {
        match self.descriptors.get(&call.number(0)) {
            Some(Descriptor::File { file, access, .. }) => {
                self.disk.files[*file].syncs.push((span, *access));
            }
            Some(Descriptor::Folder(path)) => {
                self.disk.folder_syncs.entry(path.clone()).or_default().push(span);
            }
            None => {}
        }
    }

    /// A path of a call; what lies in a new store counts as in its place already.
    fn path(&self, call: &Call, index: usize) -> PathBuf {
        let path = path_of(call.bytes(index));
        match path.strip_prefix(beside(&self.disk.root)) {
            Ok(inside) if inside.as_os_str().is_empty() => self.disk.root.clone(),
            Ok(inside) => self.disk.root.join(inside),
            Err(_) => path,
        }
    }

    fn rename(&mut self, call: &Call, span: Span) {
        if path_of(call.bytes(0)) == beside(&self.disk.root) {
            self.change(span, self.disk.root.clone(), NameChange::Move);
            return;
        }
        let (from, to) = (self.path(call, 0), self.path(call, 1));
        if let Some(file) = self.paths.remove(&from) {
            self.disk.files[file].name = to.file_name().unwrap().to_str().unwrap().to_owned();
            self.paths.insert(to.clone(), file);
            self.change(span, to.clone(), NameChange::Rename { from, to, file });
        }
    }

    fn change(&mut self, span: Span, path: PathBuf, change: NameChange) {
        let folder = path.parent().unwrap().to_owned();
        self.disk.names.entry(folder).or_default().push((span, change));
    }
}

/// Where a new store is made before it moves to its place.
fn beside(root: &Path) -> PathBuf {
    let mut beside = root.as_os_str().to_owned();
    beside.push(".new");
    PathBuf::from(beside)
}

fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
