//! The space's process: started, told about, measured (`/proc`, proc(5)) and ended.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::space::Keeping;

/// What a member needs to know of a space that has started.
#[derive(Serialize, Deserialize)]
pub struct Told {
    /// Its origin.
    pub origin: String,
    /// The chain of the issuer that it believes, the leaf first, each certificate in DER.
    pub chain: Vec<Vec<u8>>,
    /// That issuer's private key as a JWK.
    pub issuer: String,
}

/// A running space; it ends with this value.
pub struct Child(std::process::Child);

impl Child {
    /// Starts a space, on one processor core only if its number is given.
    pub fn start(keeping: Keeping, core: Option<usize>) -> (Self, Told) {
        let this = std::env::current_exe().unwrap();
        let mut command = match core {
            None => Command::new(this),
            Some(core) => {
                let mut pinned = Command::new("taskset");
                pinned.arg("--cpu-list").arg(core.to_string()).arg(this);
                pinned
            }
        };
        let mut child =
            command.arg(keeping.word()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        (Self(child), serde_json::from_str(&line).unwrap())
    }

    /// User and system time of all its threads so far, in hundredths of a second.
    pub fn processor_time(&self) -> Duration {
        let stat = self.read("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u64 = fields[11..=12].iter().map(|field| field.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// The most memory that it has had so far, in kilobytes.
    pub fn most_memory(&self) -> u64 {
        let status = self.read("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.0.id())).unwrap()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
