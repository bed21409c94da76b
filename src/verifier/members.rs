//! `passport verifier member`: members that were there before, their offers, and the end of a membership.

use std::path::Path;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{name, settings};

#[derive(Debug, Subcommand)]
pub(super) enum MemberCommand {
    /// Offer membership and statement to somebody who is a member already; prints the offer as JSON.
    Add(MemberArguments),
    /// Offer a member again what no wallet has fetched, when the offer got lost. The earlier offer counts no more; five
    /// times a day at most.
    Offer {
        /// Name of the space in the data folder.
        space: String,
        /// The member, as `member add` and `member list` name it.
        #[arg(allow_hyphen_values = true)]
        sub: String,
        /// Ask for a code that is told on another way.
        #[arg(long)]
        tx_code: bool,
        /// For how many seconds the offer is open.
        #[arg(long)]
        seconds: Option<u32>,
    },
    /// List the members.
    List {
        /// Name of the space in the data folder.
        space: String,
    },
    /// End a membership and revoke all copies of it.
    Revoke {
        /// Name of the space in the data folder.
        space: String,
        /// The member, as `member list` names it.
        #[arg(allow_hyphen_values = true)]
        sub: String,
    },
}

/// Whom to add: all three details, or none for the space's test member.
#[derive(Args, Debug)]
pub(super) struct MemberArguments {
    /// Name of the space in the data folder.
    space: String,
    /// First name.
    #[arg(long, requires_all = ["family_name", "birthdate"])]
    given_name: Option<String>,
    /// Last name.
    #[arg(long, requires_all = ["given_name", "birthdate"])]
    family_name: Option<String>,
    /// Date of birth, YYYY-MM-DD.
    #[arg(long, requires_all = ["given_name", "family_name"])]
    birthdate: Option<String>,
    /// How the team knows the person.
    #[arg(long, value_enum, default_value_t = Check::KnownInPerson)]
    check: Check,
    /// Ask for a code that is told on another way.
    #[arg(long)]
    tx_code: bool,
    /// For how many seconds the offer is open.
    #[arg(long)]
    seconds: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Check {
    /// An identity document was looked at.
    Document,
    /// The team knows the person.
    KnownInPerson,
}

impl MemberCommand {
    /// The space, and the request that `verifier_web::handle` answers.
    ///
    /// # Errors
    /// Nobody is named, and the space has no test member.
    pub(super) fn request(&self, data: &Path) -> anyhow::Result<(&str, Value)> {
        Ok(match self {
            Self::Add(member) => (&member.space, member.request(data)?),
            Self::Offer { space, sub, tx_code, seconds } => (
                space,
                json!({"command": "verifier.member.offer", "sub": sub, "tx_code": tx_code, "seconds": seconds}),
            ),
            Self::List { space } => (space, json!({"command": "verifier.member.list"})),
            Self::Revoke { space, sub } => (space, json!({"command": "verifier.member.revoke", "sub": sub})),
        })
    }
}

impl MemberArguments {
    fn request(&self, data: &Path) -> anyhow::Result<Value> {
        let named = (self.given_name.clone(), self.family_name.clone(), self.birthdate.clone());
        let (given_name, family_name, birthdate) = match named {
            (Some(given_name), Some(family_name), Some(birthdate)) => (given_name, family_name, birthdate),
            _ => {
                let member = settings(data, &self.space)?
                    .test_member
                    .context("this space has no test member: name one with --given-name, --family-name and --birthdate")?;
                (member.given_name, member.family_name, member.birthdate)
            }
        };
        Ok(json!({
            "command": "verifier.member.add",
            "given_name": given_name,
            "family_name": family_name,
            "birthdate": birthdate,
            "check": name(self.check),
            "tx_code": self.tx_code,
            "seconds": self.seconds,
        }))
    }
}
