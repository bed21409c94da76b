//! The spaces of a bench: an operator and so many parties in one data folder, each with keys, a DID and an admission of its own.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::Path;

use ::operator::Operator;
use ::verifier::form::{Approval, Field, Form, Need, SeenInTeam, Source};
use anyhow::{Context, Result};
use environment::Environment;
use trust::Role;
use trust::registration::LegalBasis;
use url::Url;

use crate::party::{PartyFolder, PartySettings, Registered, admission_of};

/// How many places the form has that many want at once.
pub(super) const FULL: NonZeroU32 = NonZeroU32::new(50).unwrap();

/// Folder and host of the operator.
const OPERATOR: &str = "operator";

/// Where the parties are found.
#[derive(Clone, Debug)]
pub(super) struct Places {
    pub(super) port: u16,
    pub(super) spaces: usize,
}

impl Places {
    /// The folder of a space.
    pub(super) fn name(&self, space: usize) -> String {
        format!("space-{space:04}")
    }

    /// The origin of a space.
    ///
    /// # Errors
    /// None that happens: the text is an address.
    pub(super) fn origin(&self, space: usize) -> Result<Url> {
        self.origin_of(&self.name(space))
    }

    fn origin_of(&self, name: &str) -> Result<Url> {
        Url::parse(&format!("http://{name}.localhost:{}", self.port)).context("the address of a space")
    }
}

/// Makes operator and spaces in an empty folder; `step` is called for each space.
///
/// # Errors
/// The folder cannot be written.
pub(super) fn make(data: &Path, places: &Places, environment: &Environment, step: impl Fn()) -> Result<()> {
    let list = places.origin_of(OPERATOR)?.join("/network-list")?;
    let operator = Operator::init(&data.join(OPERATOR), "Bench network", list.as_str(), environment.clone())?;
    for space in 0..places.spaces {
        let folder = PartyFolder::open(data, &places.name(space), environment)?;
        let settings = settings(&places.name(space), places.origin(space)?);
        folder.put_settings(&settings)?;
        folder.put_bundle(&operator.admit(&admission_of(&folder, &settings)?)?)?;
        step();
    }
    Ok(())
}

fn settings(name: &str, origin: Url) -> PartySettings {
    let purpose = BTreeMap::from([
        ("en".to_owned(), "Becoming a member of this space".to_owned()),
        ("es".to_owned(), "Hacerte miembro de este espacio".to_owned()),
    ]);
    let registered = Registered { purpose, legal_basis: LegalBasis::Contract, retention_days: 90 };
    PartySettings {
        role: Role::Space,
        name: name.to_owned(),
        legal_name: format!("{name} Ltd"),
        origin,
        brand: None,
        contact: "team@example.org".to_owned(),
        supervisory_authority: "Data protection authority".to_owned(),
        uses: BTreeMap::from([("membership".to_owned(), registered)]),
        forms: vec![open_form(None)],
        foreign: Vec::new(),
        pages: BTreeMap::new(),
        look: None,
        wallets: Vec::new(),
        issuing: None,
        mail: None,
        login: None,
        test_member: None,
    }
}

/// Five details of the member's own word, three of them needed; whoever answers is let in, as long as there are `places`.
pub(super) fn open_form(places: Option<NonZeroU32>) -> Form {
    let field = |claim: &str, need| Field {
        claim: claim.to_owned(),
        need,
        source: Source::Own,
        kept_days: None,
        instead: Vec::new(),
        seen_in_team: SeenInTeam::Team,
    };
    Form {
        id: "sign-up".to_owned(),
        purpose: "membership".to_owned(),
        fields: vec![
            field("email", Need::Required),
            field("given_name", Need::Required),
            field("family_name", Need::Required),
            field("company", Need::Optional),
            field("bio", Need::Optional),
        ],
        terms: true,
        approval: Approval::Automatic,
        places,
        ..Form::default()
    }
}
