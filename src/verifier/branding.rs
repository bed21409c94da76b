//! `passport verifier brand`: a brand's key, and the spaces that the brand admits with it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use ::operator::{Admission, Bundle, Expected, brand, renewal};
use anyhow::{Context, Result, bail, ensure};
use clap::Subcommand;
use environment::Environment;
use jose::Signer;
use outbound::{Fetch, Request};
use serde_json::{Value, json};
use trust::NetworkDescriptor;

use crate::operator::{check_out, hand_out};
use crate::party::{KeyName, PartyFolder, PartySettings, admission_of, check_party, is_party_name};
use crate::published::{client_for, descriptor_at};
use crate::setting_up::Defaults;

/// What a folder of a brand has, and no party's.
const BRAND: &str = "brand.json";

/// What a brand does.
#[derive(Debug, Subcommand)]
pub(crate) enum BrandCommand {
    /// Make the key of a brand, and print the DID that the network's operator is to know it by.
    Init {
        /// Name of the brand's folder in the data folder.
        brand: String,
    },
    /// Write what a space of the brand asks and looks like into a file; `passport verifier init --alone --like FILE` makes another like it.
    Defaults {
        /// Name of a space of the brand in the data folder; it runs.
        space: String,
        /// The file.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Leave the brand: the space stays in the network by itself, and its members keep everything. Writes the request for its operator.
    Leave {
        /// Name of the space in the data folder; its server does not run.
        space: String,
    },
    /// Admit a space of the brand: the network's operator lists it if the brand's limits allow, and gives its certificates.
    Admit {
        /// Name of the brand's folder in the data folder.
        brand: String,
        /// The request of the space, `admission-request.json` of its folder.
        request: PathBuf,
        /// Address or file of the network's descriptor.
        #[arg(long, value_name = "URL|FILE")]
        network: String,
        /// Write what the operator gives to this file instead of standard output. What is there already must be an earlier answer
        /// of this network for the same space.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

/// Runs one `passport verifier brand` command.
///
/// # Errors
/// A sentence for the person at the terminal.
pub(crate) async fn run(
    command: &BrandCommand,
    data: &Path,
    environment: &Environment,
    output: &mut dyn Write,
) -> Result<()> {
    match command {
        BrandCommand::Init { brand } => init(brand, data, environment, output),
        BrandCommand::Defaults { space, out } => {
            Defaults::of(data, space).await?.write(out)?;
            let file = out.display();
            writeln!(output, "{file} holds what {space} asks and looks like; there is no secret in it.")?;
            writeln!(
                output,
                "  passport verifier init --alone --like {file} --name NAME --origin URL --email ADDRESS"
            )?;
            Ok(())
        }
        BrandCommand::Leave { space } => leave(space, data, environment, output),
        BrandCommand::Admit { brand, request, network, out } => {
            let folder = open(brand, data, environment)?;
            let admission = request_in(request)?;
            let descriptor = descriptor_at(network).await?;
            check_out(out.as_deref(), &admission.did, descriptor.network())?;
            let bundle = admit(&folder, &admission, &descriptor).await?;
            hand_out(&bundle, out.as_deref())
        }
    }
}

fn init(name: &str, data: &Path, environment: &Environment, output: &mut dyn Write) -> Result<()> {
    ensure!(
        is_party_name(name) && name != "operator",
        "{name:?} cannot be the name of a brand's folder: take lower-case letters, digits and hyphens, and not \"operator\""
    );
    let folder = PartyFolder::create(data, name, environment)?;
    let did = did::jwk::did(folder.key(KeyName::Brand)?.public_jwk())?;
    fs::write(folder.path().join(BRAND), format!("{:#}\n", json!({"did": did.as_str()})))
        .with_context(|| format!("{} cannot be written", folder.path().join(BRAND).display()))?;
    writeln!(output, "The brand has its key in {}. Its DID:", folder.path().display())?;
    writeln!(output, "  {did}\n")?;
    writeln!(output, "Hand it to the operator of the network, who sets the limits with")?;
    writeln!(
        output,
        "  passport operator brand add FOLDER ID --name NAME --did {did} --host '*.HOST' --spaces N --until YYYY-MM-DD"
    )?;
    Ok(())
}

/// The space goes on under its host, DID and keys; what ends is what others see by the brand.
fn leave(name: &str, data: &Path, environment: &Environment, output: &mut dyn Write) -> Result<()> {
    check_party(data, name)?;
    let folder = PartyFolder::open(data, name, environment)?;
    let settings = folder.settings()?.with_context(|| format!("{name} has no settings"))?;
    let brand = settings.brand.as_ref().with_context(|| format!("{name} is of no brand"))?.name.clone();
    let of_brand = settings.forms.iter().filter(|form| form.only.brand).map(|form| form.id.as_str());
    let of_brand = of_brand.collect::<Vec<_>>().join(", ");
    let settings = PartySettings { brand: None, ..settings };
    // The request first: settings without a brand and an admission with one would be two words.
    let request = folder.put_admission_request(&admission_of(&folder, &settings)?)?;
    folder.put_settings(&settings)?;
    writeln!(
        output,
        "{name} leaves {brand}. Its host, its identifier and its keys stay, and so do its members, their memberships and passports."
    )?;
    if !of_brand.is_empty() {
        writeln!(
            output,
            "Forms for members of the brand take your own members alone from then on: {of_brand}"
        )?;
    }
    writeln!(output, "\nHand {} to the operator of the network,", request.display())?;
    writeln!(
        output,
        "put the answer into {name}/admission.json, and start the server again. Until then it is listed with the brand."
    )?;
    Ok(())
}

fn open(name: &str, data: &Path, environment: &Environment) -> Result<PartyFolder> {
    ensure!(
        is_party_name(name) && data.join(name).join(BRAND).is_file(),
        "{} holds no brand {name:?}: make its key with `passport verifier brand init`, or name the data folder with --data",
        data.display()
    );
    PartyFolder::open(data, name, environment)
}

/// The request for admission in this file.
fn request_in(file: &Path) -> Result<Admission> {
    let text = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Admission::from_json(text).with_context(|| format!("{}", file.display()))
}

async fn admit(
    folder: &PartyFolder,
    admission: &Admission,
    descriptor: &NetworkDescriptor,
) -> Result<Bundle> {
    let key = folder.key(KeyName::Brand)?;
    let did = did::jwk::did(key.public_jwk())?;
    let now = folder.environment().now();
    let signed = brand::sign_admission(admission, did.as_str(), descriptor.network(), &key, now)?;
    let bundle = handed_in(descriptor, signed).await?;
    let expected = Expected {
        network: descriptor,
        did: &admission.did,
        host: &admission.host,
        role: admission.role,
        request: &admission.keys.request,
        issuing: &admission.keys.issuing,
        number_prefix: None,
    };
    bundle.check(&expected, now).context("what the operator answered is not taken")?;
    Ok(bundle)
}

/// The operator's answer to an admission that the brand signed.
async fn handed_in(descriptor: &NetworkDescriptor, signed: String) -> Result<Bundle> {
    let address = brand::address(descriptor);
    let client = client_for(&address)?;
    let request = Request::new(axum::http::Method::POST, address).with_body(renewal::MEDIA_TYPE, signed)?;
    let response = client.fetch(request).await.context("the network's operator")?;
    let body = response.json().unwrap_or_default();
    if !response.status.is_success() {
        let said = body.get("error_description").and_then(Value::as_str).unwrap_or("no reason was given");
        let said: String = said.chars().filter(|symbol| !symbol.is_control()).take(200).collect();
        bail!("the network's operator does not admit it: {said}");
    }
    serde_json::from_value(body).context("what the operator answered is no bundle")
}
