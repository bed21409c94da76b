//! `passport network apply`: asking an operator's server for admission.

use std::io::Write;
use std::path::Path;

use ::operator::Admission;
use ::operator::application::{self, PROOFS_LAST, Told};
use ::operator::renewal::MEDIA_TYPE;
use anyhow::{Context, Result, bail, ensure};
use environment::Environment;
use outbound::{Fetch, Request};
use trust::NetworkDescriptor;
use wallet::shown;

use super::tell;
use crate::party::{Applying, KeyName, PartyFolder, admission_of};
use crate::published::client_for;
use crate::setting_up::data_flag;

/// For how many days what a person decides is asked for.
const ASKED_FOR: i64 = 30 * 86_400;

/// Applies with each party that does not belong to the network.
pub(super) async fn apply(
    data: &Path,
    descriptor: &NetworkDescriptor,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    let names = PartyFolder::names(data)?;
    ensure!(
        !names.is_empty(),
        "{} holds nobody who could apply: name another folder with --data",
        data.display()
    );
    tell(descriptor, output)?;
    writeln!(output, "Compare it with what its operator tells you.")?;
    let mut applied = false;
    for name in &names {
        let folder = PartyFolder::open(data, name, environment)?;
        let settings = folder.settings()?.with_context(|| format!("{name} has no settings"))?;
        let before = folder.bundle()?;
        let belongs =
            before.as_ref().and_then(|one| one.network.get("network").and_then(serde_json::Value::as_str));
        if belongs == Some(descriptor.network()) {
            continue;
        }
        let number_prefix = before.and_then(|one| one.number_prefix);
        let admission =
            Admission { number_prefix: number_prefix.clone(), ..admission_of(&folder, &settings)? };
        let token = jose::base64url::encode(environment.randomness().bytes::<16>());
        let now = environment.now();
        let compact = application::sign(&admission, &token, descriptor, &folder.key(KeyName::Request)?, now)?;
        let told = send(descriptor, compact).await.with_context(|| format!("{name} has not applied"))?;
        let applying = Applying {
            network: descriptor.to_value(),
            shows: application::host_proof(&token, &admission.did, &admission.keys),
            application: told.application,
            until: now.plus(ASKED_FOR).seconds(),
            number_prefix,
        };
        applying.put(&folder)?;
        applied = true;
        writeln!(output, "{name} has applied, as {}.", settings.host())?;
        writeln!(output, "  Whoever reads {} gets a mail with a link to confirm.", settings.contact)?;
    }
    ensure!(applied, "everybody in {} belongs to {} already", data.display(), shown(descriptor.name()));
    let hours = PROOFS_LAST / 3_600;
    writeln!(
        output,
        "Start the server now, within {hours} hours, so that the operator sees that the host is yours: passport serve{}",
        data_flag(data)
    )?;
    writeln!(
        output,
        "It takes the answer by itself. What goes beyond the usual templates, and every office, waits for a person at the operator."
    )?;
    Ok(())
}

async fn send(descriptor: &NetworkDescriptor, compact: String) -> Result<Told> {
    let address = application::address(descriptor);
    let client = client_for(&address)?;
    let request = Request::new(axum::http::Method::POST, address).with_body(MEDIA_TYPE, compact)?;
    let response = client.fetch(request).await.context("the operator")?;
    if !response.status.is_success() {
        let said = response.json().unwrap_or_default();
        let sentence =
            said.get("error_description").and_then(serde_json::Value::as_str).unwrap_or("no reason");
        bail!("the operator says {}: {}", response.status.as_u16(), shown(sentence));
    }
    jose::json::parse_as(&response.body).ok().context("what the operator answered is not understood")
}
