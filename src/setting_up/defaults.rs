//! What a brand gives the spaces that join it to begin with: its questions with the uses that they serve, its pages and its look. Taken from
//! one of its spaces, kept in a file, and read when another space is made. There is no secret in it and nothing of anybody; a space goes its
//! own way from there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ::verifier::form::Form;
use anyhow::{Context, Result, ensure};
use jose::base64url;
use network::space_pages::SpacePage;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trust::Brand;

use crate::party::{
    LookSettings, PartyFolder, PartySettings, Registered, check_party, replace_file, settings_in,
};

/// Longest file that is read: a logo and forty forms.
const LONGEST: u64 = 4 << 20;
/// What the logo is called in a folder; what it is, its bytes say.
const LOGO: &str = "logo";

/// A brand's defaults, as they lie in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Defaults {
    brand: Brand,
    uses: BTreeMap<String, Registered>,
    forms: Vec<Form>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pages: BTreeMap<SpacePage, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    wallets: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accent: Option<String>,
    /// The bytes of the logo, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    logo: Option<String>,
}

impl Defaults {
    /// What the space `name`, which runs from `data`, asks at this moment and looks like.
    ///
    /// # Errors
    /// It does not run, is of no brand, or its files cannot be read.
    pub(crate) async fn of(data: &Path, name: &str) -> Result<Self> {
        check_party(data, name)?;
        let folder = data.join(name);
        let settings = settings_in(&folder)?.with_context(|| format!("{name} has no settings"))?;
        let brand = settings
            .brand
            .with_context(|| format!("{name} is of no brand: name it as `brand` in its party.json first"))?;
        let forms = asked(data, name).await?;
        let uses = settings.uses.into_iter().filter(|(id, _)| forms.iter().any(|form| form.purpose == *id));
        let look = settings.look.unwrap_or_default();
        let logo = look.logo.map(|file| {
            let file = folder.join(file);
            fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))
        });
        Ok(Self {
            brand,
            uses: uses.collect(),
            forms,
            pages: settings.pages,
            wallets: settings.wallets,
            accent: look.accent,
            logo: logo.transpose()?.map(base64url::encode),
        })
    }

    /// Keeps them in a file.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(&self, file: &Path) -> Result<()> {
        replace_file(file, &serde_json::to_vec_pretty(self)?)
    }

    /// Reads them.
    ///
    /// # Errors
    /// The file is not there, too long, or not of this form, or a form in it cannot be asked.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let named = || format!("{}, which --like names", file.display());
        let size = fs::metadata(file).with_context(named)?;
        ensure!(size.is_file() && size.len() <= LONGEST, "{} is no file of 4 MiB at most", named());
        let text = fs::read(file).with_context(named)?;
        let defaults: Self = jose::json::parse_as(text)
            .ok()
            .with_context(|| format!("{} is not what `passport verifier brand defaults` writes", named()))?;
        ensure!(!defaults.forms.is_empty(), "{} asks nothing", named());
        for form in &defaults.forms {
            form.check().with_context(|| format!("{}: the form {}", named(), form.id))?;
            ensure!(
                defaults.uses.contains_key(&form.purpose),
                "{}: the use {:?} of the form {} is not in it",
                named(),
                form.purpose,
                form.id
            );
        }
        Ok(defaults)
    }

    /// `settings` beginning with these.
    pub(super) fn over(&self, settings: PartySettings) -> PartySettings {
        let logo = self.logo.as_ref().map(|_| PathBuf::from(LOGO));
        let look = LookSettings { accent: self.accent.clone(), logo };
        PartySettings {
            brand: Some(self.brand.clone()),
            uses: self.uses.clone(),
            forms: self.forms.clone(),
            pages: self.pages.clone(),
            wallets: self.wallets.clone(),
            look: (look.accent.is_some() || look.logo.is_some()).then_some(look),
            ..settings
        }
    }

    /// Puts the logo into the folder of a new space, and looks whether everything fits.
    ///
    /// # Errors
    /// Something does not.
    pub(super) fn put(&self, folder: &PartyFolder, settings: &PartySettings) -> Result<()> {
        if let Some(logo) = &self.logo {
            let bytes = base64url::decode(logo).ok().context("--like: the logo is not base64url")?;
            replace_file(&folder.path().join(LOGO), &bytes)?;
        }
        settings.space_look(folder.path())?;
        settings.page_addresses()?;
        settings.wallet_addresses()?;
        Ok(())
    }
}

/// The forms that a running space asks now, which its team may have changed since the settings were read.
async fn asked(data: &Path, name: &str) -> Result<Vec<Form>> {
    let list = crate::running::call(data, name, json!({"command": "verifier.form.list"})).await?;
    let lines = list.get("forms").and_then(Value::as_array).context("the space names no forms")?;
    let is_asked = |line: &&Value| line.get("is_asked") == Some(&Value::Bool(true));
    let mut forms = Vec::new();
    for line in lines.iter().filter(is_asked) {
        let show = json!({"command": "verifier.form.show", "form": line.get("form")});
        forms.push(serde_json::from_value(crate::running::call(data, name, show).await?)?);
    }
    Ok(forms)
}
