//! A space asks whose a passport number is, for its team at the command line.

use std::sync::Arc;

use did::number::PassportNumber;
use directory::numbers::{self, Found};
use directory::{Directory, Identity};
use environment::Environment;
use outbound::Fetch;
use serde_json::{Value, json};
use verifier::Space;
use verifier::invitations::pace::Turn;

use super::runtime::Parts;

/// The command that it answers.
pub(crate) const COMMAND: &str = "space.resolve";

/// What a space needs to ask.
#[derive(Clone)]
pub(crate) struct NumberDesk {
    directory: Arc<Directory>,
    identity: Arc<Identity>,
    fetch: Arc<dyn Fetch>,
    environment: Environment,
    space: Space,
}

impl NumberDesk {
    /// The desk of `space`, which has this `identity`.
    pub(crate) fn of(parts: &Parts, identity: &Arc<Identity>, space: &Space) -> Self {
        Self {
            directory: Arc::clone(&parts.directory),
            identity: Arc::clone(identity),
            fetch: Arc::clone(&parts.fetch),
            environment: parts.folder.environment().clone(),
            space: space.clone(),
        }
    }

    /// The answer to `request`, if it is about a number.
    pub(crate) async fn answer(&self, request: &Value) -> Option<Result<Value, String>> {
        if request.get("command").and_then(Value::as_str) != Some(COMMAND) {
            return None;
        }
        let number = request.get("number").and_then(Value::as_str).unwrap_or_default();
        Some(self.resolve(number).await)
    }

    async fn resolve(&self, number: &str) -> Result<Value, String> {
        let number = PassportNumber::parse(number).map_err(|error| error.to_string())?;
        self.wait_for_nobody(&number).await?;
        let (directory, fetch) = (self.directory.as_ref(), self.fetch.as_ref());
        let found = numbers::resolve(directory, &self.identity, fetch, &self.environment, &number).await;
        let Found { did, mailbox, until, .. } = found.map_err(|error| error.to_string())?;
        Ok(json!({"did": did.as_str(), "mailbox": mailbox.as_str(), "until": until.seconds()}))
    }

    /// The team's questions and those of its invitations are one budget: what is asked beyond an office's is not answered.
    async fn wait_for_nobody(&self, number: &PassportNumber) -> Result<(), String> {
        let turn = self.space.look_up_turn(number).await.map_err(|error| error.to_string())?;
        let Turn::At(at) = turn else { return Ok(()) };
        let seconds = at.saturating_sub(self.environment.now().seconds());
        Err(format!(
            "the team has asked that office as much as it answers, with its invitations; ask again in {seconds} seconds"
        ))
    }
}
