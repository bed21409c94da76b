//! Reads what `strace -f -xx` wrote.

use std::collections::HashMap;

/// The calls to record. Those that the replay does not know make it fail rather than be wrong.
pub(crate) const CALLS: &str = "trace=openat,open,creat,close,write,writev,pwrite64,pwritev,pwritev2,fsync,\
    fdatasync,ftruncate,truncate,fallocate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,\
    rmdir,dup,dup2,dup3,fcntl,lseek,copy_file_range,sendfile,splice,io_uring_setup,sync,syncfs";

/// One call that succeeded. Calls are numbered by the lines they begin and end in.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) result: i64,
    pub(crate) began: usize,
    pub(crate) ended: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Argument {
    Bytes(Vec<u8>),
    Word(String),
}

impl Call {
    pub(crate) fn word(&self, index: usize) -> &str {
        match &self.arguments[index] {
            Argument::Word(word) => word,
            Argument::Bytes(_) => panic!("{}: argument {index} is bytes", self.name),
        }
    }

    pub(crate) fn number(&self, index: usize) -> i64 {
        self.word(index).parse().unwrap()
    }

    pub(crate) fn bytes(&self, index: usize) -> &[u8] {
        match &self.arguments[index] {
            Argument::Bytes(bytes) => bytes,
            Argument::Word(word) => panic!("{}: argument {index} is {word}", self.name),
        }
    }
}

/// All successful calls in the order in which they began.
pub(crate) fn parse(trace: &[u8]) -> Vec<Call> {
    let mut open: HashMap<&str, (usize, &str)> = HashMap::new();
    let mut calls = Vec::new();
    for (number, line) in trace.split(|byte| *byte == b'\n').enumerate() {
        let line = std::str::from_utf8(line).unwrap();
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix(" <unfinished ...>") {
            open.insert(thread, (number, begun));
        } else if rest.starts_with("<... ") {
            let (_, end) = rest.split_once(" resumed>").unwrap();
            let (began, begun) = open.remove(thread).unwrap();
            calls.extend(call(&format!("{begun}{end}"), began, number));
        } else if !rest.starts_with("+++") && !rest.starts_with("---") {
            calls.extend(call(rest, number, number));
        }
    }
    calls.sort_by_key(|call| call.began);
    calls
}

fn call(text: &str, began: usize, ended: usize) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    let arguments = arguments.trim_end().strip_suffix(')')?;
    let result = result.split(' ').next()?;
    let result = match result.strip_prefix("0x") {
        Some(hexadecimal) => i64::from_str_radix(hexadecimal, 16).ok()?,
        None => result.parse().ok()?,
    };
    if result < 0 {
        return None;
    }
    let arguments = arguments.split(", ").map(argument).collect();
    Some(Call { name: name.to_owned(), arguments, result, began, ended })
}

/// With `-xx` a string holds only `\x..`, so commas and quotes inside need no care.
fn argument(text: &str) -> Argument {
    let Some(string) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        assert!(!text.ends_with("\"..."), "strace has cut a string off");
        return Argument::Word(text.to_owned());
    };
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
    let pairs = string.as_bytes().chunks(4);
    Argument::Bytes(pairs.map(|escape| digit(escape[2]) << 4 | digit(escape[3])).collect())
}

#[test]
fn lines_that_were_interrupted_are_joined_and_failures_left_out() {
    let trace =
        b"7 write(1, \"\\x30\\x0a\" <unfinished ...>\n8 fsync(5) = 0\n7 <... write resumed>, 2) = 2\n\
        8 openat(AT_FDCWD, \"\\x61\", O_RDONLY) = -1 ENOENT (No such file)\n7 +++ exited with 0 +++\n";
    let calls = parse(trace);
    assert_eq!(calls.len(), 2);
    assert_eq!((calls[0].name.as_str(), calls[0].began, calls[0].ended), ("write", 0, 2));
    assert_eq!((calls[0].bytes(1), calls[0].number(2)), (b"0\n".as_slice(), 2));
    assert_eq!((calls[1].name.as_str(), calls[1].number(0)), ("fsync", 5));
}
