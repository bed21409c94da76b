//! The forms of a space in versions: which holds, who made it, and what it was before (decision 0036).
//!
//! What a form asks and how it is compiled is [`crate::form`]'s. A request holds its form as it was asked, so a new version
//! changes nothing that is under way.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{Entry, EntryKind, Leaf, LeafId};
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Key, Range, Reader, Record, StoreFault, Tx};

use crate::asking::check_registration;
use crate::form::Form;
use crate::places;
use crate::space::{Space, SpaceError};

/// Most forms of a space.
pub const MOST_FORMS: usize = 50;
/// How often the start tries to take over what the file says, while others change the same.
const TRIES: usize = 8;

/// Who made a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangedBy {
    /// `party.json`, when the space was started.
    File,
    /// Somebody at the server's terminal.
    Terminal,
    /// The member of the team with this identifier.
    Team(String),
}

/// One version of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormVersion {
    /// The form's name.
    pub id: String,
    /// Which version, counted from 1; 0 for a form of the file that has not been entered yet.
    pub number: u32,
    /// What it asks and who decides.
    pub form: Form,
    /// Who made it.
    pub by: ChangedBy,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// Whether nobody is asked it any more.
    #[serde(default)]
    pub is_withdrawn: bool,
}

const VERSION_FIELDS: [(&str, FieldClass); 6] = [
    ("id", FieldClass::Operational),
    ("number", FieldClass::Operational),
    ("form", FieldClass::Operational),
    ("by", FieldClass::Operational),
    ("at", FieldClass::Operational),
    ("is_withdrawn", FieldClass::Operational),
];

impl Record for FormVersion {
    const CLASS: &'static str = "form-version";
    const FIELDS: &'static [(&'static str, FieldClass)] = &VERSION_FIELDS;

    fn key(&self) -> Key {
        version_key(&self.id, self.number)
    }
}

fn version_key(id: &str, number: u32) -> Key {
    Key::from(id).then(i64::from(number))
}

/// The version of a form that holds, and what the file said of it last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentForm {
    /// The form's name.
    pub id: String,
    /// The version.
    pub version: FormVersion,
    /// What the file brought last, whatever was made of it later.
    #[serde(default)]
    pub from_file: Option<Form>,
}

impl Record for CurrentForm {
    const CLASS: &'static str = "form";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("version", FieldClass::Operational),
        ("from_file", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(self.id.as_str())
    }
}

/// Why a form is not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormNotChanged {
    /// Somebody else was quicker.
    #[error("somebody else has changed this form meanwhile: look at what it is now, and change that")]
    Meanwhile,
    /// There are as many as there may be.
    #[error("a space has at most {MOST_FORMS} forms")]
    TooMany,
    /// It cannot be asked, or our side failed.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

impl Space {
    /// The version of the form `id` that holds, if it is asked at all.
    ///
    /// # Errors
    /// The store.
    pub async fn form(&self, id: &str) -> Result<Option<FormVersion>, SpaceError> {
        let found = self.current_form(id).await?;
        Ok(found.filter(|version| !version.is_withdrawn))
    }

    /// The forms that are asked, by name.
    ///
    /// # Errors
    /// The store.
    pub async fn forms(&self) -> Result<BTreeMap<String, FormVersion>, SpaceError> {
        let mut all = self.all_forms().await?;
        all.retain(|_, version| !version.is_withdrawn);
        Ok(all)
    }

    /// All forms, also those that are asked no more.
    ///
    /// # Errors
    /// The store.
    pub async fn all_forms(&self) -> Result<BTreeMap<String, FormVersion>, SpaceError> {
        let mut all: BTreeMap<_, _> =
            self.settings.forms.values().map(|form| (form.id.clone(), of_file(form))).collect();
        let stored = self.tenant.list::<CurrentForm>(Range::all(), MOST_FORMS).await?;
        all.extend(stored.items.into_iter().map(|current| (current.id, current.version)));
        Ok(all)
    }

    async fn current_form(&self, id: &str) -> Result<Option<FormVersion>, SpaceError> {
        let stored = self.tenant.get::<CurrentForm>(id).await?.map(|current| current.version);
        // What the file brings is entered at the start; before that it stands there alone.
        Ok(stored.or_else(|| self.settings.forms.get(id).map(of_file)))
    }

    /// What the form `id` asks now, within a transaction; none if it is asked no more.
    pub(crate) async fn form_in_force(
        &self,
        reader: &mut Reader,
        id: &str,
    ) -> Result<Option<Form>, StoreFault> {
        let stored = reader.get::<CurrentForm>(id).await?.map(|current| current.version);
        let version = stored.or_else(|| self.settings.forms.get(id).map(of_file));
        Ok(version.filter(|version| !version.is_withdrawn).map(|version| version.form))
    }

    /// The versions of a form, the newest first.
    ///
    /// # Errors
    /// The store.
    pub async fn form_versions(&self, id: &str, limit: usize) -> Result<Vec<FormVersion>, SpaceError> {
        let range = Range::prefix(id).descending();
        Ok(self.tenant.list::<FormVersion>(range, limit).await?.items)
    }

    /// One version of a form.
    ///
    /// # Errors
    /// The store.
    pub async fn form_version(&self, id: &str, number: u32) -> Result<Option<FormVersion>, SpaceError> {
        Ok(self.tenant.get::<FormVersion>(version_key(id, number)).await?)
    }

    /// Whether `form` can be asked: it is sound, and the registration covers what it asks, and what it would take instead.
    ///
    /// # Errors
    /// [`SpaceError::Form`] or [`SpaceError::BeyondRegistration`]; our side.
    pub fn check_form(&self, form: &Form) -> Result<(), SpaceError> {
        form.check()?;
        let Some(whole) = form.to_register() else { return Ok(()) };
        check_registration(&self.registration, &whole, &whole.compile()?)
    }

    /// Makes `form` the newest version. `from` is the version that was looked at, none for a new form: whoever changes what
    /// somebody else has changed meanwhile is told so.
    ///
    /// # Errors
    /// See [`FormNotChanged`]: nothing was changed.
    pub async fn change_form(
        &self,
        form: Form,
        from: Option<u32>,
        by: ChangedBy,
    ) -> Result<FormVersion, FormNotChanged> {
        self.check_form(&form)?;
        self.put_version(form, from, by, false).await
    }

    /// Asks nobody the form `id` any more. What is under way goes on.
    ///
    /// # Errors
    /// See [`FormNotChanged`].
    pub async fn withdraw_form(
        &self,
        id: &str,
        from: u32,
        by: ChangedBy,
    ) -> Result<FormVersion, FormNotChanged> {
        let form = self.form(id).await?.ok_or_else(|| SpaceError::NoSuchForm(id.to_owned()))?.form;
        self.put_version(form, Some(from), by, true).await
    }

    async fn put_version(
        &self,
        form: Form,
        from: Option<u32>,
        by: ChangedBy,
        is_withdrawn: bool,
    ) -> Result<FormVersion, FormNotChanged> {
        let was = self.current_form(&form.id).await?;
        let number = was.as_ref().map_or(0, |was| was.number);
        if from != was.as_ref().map(|was| was.number) {
            return Err(FormNotChanged::Meanwhile);
        }
        let version = self.version(form, number.saturating_add(1), by, is_withdrawn);
        let file = self.settings.forms.keys().map(String::as_str).collect();
        let from_file = FromFile::AsItWas(file);
        let put = PutVersion { leaf: self.rule_leaf(&version), version, from, from_file };
        match self.tenant.commit(&put).await {
            Ok(()) => Ok(put.version),
            Err(Fault::Refused(NotPut::Meanwhile)) => Err(FormNotChanged::Meanwhile),
            Err(Fault::Refused(NotPut::TooMany)) => Err(FormNotChanged::TooMany),
            Err(Fault::Store(fault)) => Err(SpaceError::from(fault).into()),
        }
    }

    fn version(&self, form: Form, number: u32, by: ChangedBy, is_withdrawn: bool) -> FormVersion {
        let at = self.environment().now().seconds();
        FormVersion { id: form.id.clone(), number, form, by, at, is_withdrawn }
    }

    fn rule_leaf(&self, version: &FormVersion) -> Leaf {
        let names = version.form.asked_names();
        let entry = Entry::new(EntryKind::RuleChanged, self.environment().now())
            .with_purpose(version.form.purpose.clone())
            .with_code(if version.is_withdrawn { "withdrawn" } else { "form" })
            .about(names.iter().map(String::as_str));
        Leaf::new(LeafId::generate(self.environment().randomness()), &entry)
    }

    /// Enters what the file says: a form that differs from what the file brought last is the newest version from now on, and
    /// one that the file has no more is withdrawn if it was the file's. Gives how many versions that made.
    ///
    /// # Errors
    /// The store.
    pub async fn take_forms_of_file(&self) -> Result<usize, SpaceError> {
        let stored = self.tenant.list::<CurrentForm>(Range::all(), MOST_FORMS).await?.items;
        let mut made = 0_usize;
        for form in self.settings.forms.values() {
            made = made.saturating_add(usize::from(self.take_form_of_file(form).await?));
        }
        for gone in stored.iter().filter(|current| !self.settings.forms.contains_key(&current.id)) {
            made = made.saturating_add(usize::from(self.withdraw_what_the_file_lost(gone).await?));
        }
        Ok(made)
    }

    async fn take_form_of_file(&self, form: &Form) -> Result<bool, SpaceError> {
        for _ in 0..TRIES {
            let was = self.tenant.get::<CurrentForm>(form.id.as_str()).await?;
            if was.as_ref().and_then(|was| was.from_file.as_ref()) == Some(form) {
                return Ok(false);
            }
            let from = was.as_ref().map(|was| was.version.number);
            let version =
                self.version(form.clone(), from.unwrap_or(0).saturating_add(1), ChangedBy::File, false);
            let put = PutVersion { leaf: self.rule_leaf(&version), version, from, from_file: FromFile::This };
            match self.tenant.commit(&put).await {
                Ok(()) => return Ok(true),
                Err(Fault::Refused(_)) => {}
                Err(Fault::Store(fault)) => return Err(fault.into()),
            }
        }
        Err(StoreFault::Conflict.into())
    }

    async fn withdraw_what_the_file_lost(&self, gone: &CurrentForm) -> Result<bool, SpaceError> {
        if gone.from_file.is_none() {
            return Ok(false);
        }
        if gone.version.by != ChangedBy::File {
            // The team has made it its own: it stays.
            self.tenant.carry_out(&ForgetFile(&gone.id)).await?;
            return Ok(false);
        }
        let number = gone.version.number.saturating_add(1);
        let version = self.version(gone.version.form.clone(), number, ChangedBy::File, true);
        let from = Some(gone.version.number);
        let put = PutVersion { leaf: self.rule_leaf(&version), version, from, from_file: FromFile::Gone };
        match self.tenant.commit(&put).await {
            Ok(()) => Ok(true),
            Err(Fault::Refused(_)) => Ok(false),
            Err(Fault::Store(fault)) => Err(fault.into()),
        }
    }
}

/// A form of the file that has not been entered.
fn of_file(form: &Form) -> FormVersion {
    FormVersion {
        id: form.id.clone(),
        number: 0,
        form: form.clone(),
        by: ChangedBy::File,
        at: 0,
        is_withdrawn: false,
    }
}

/// What becomes of the note of what the file brought.
#[derive(Clone, Debug, PartialEq, Eq)]
enum FromFile<'a> {
    /// Nothing: somebody changes a form. A new one is counted, with those of the file.
    AsItWas(BTreeSet<&'a str>),
    This,
    Gone,
}

/// What stands in the way of a version at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotPut {
    /// The form is another one by now.
    Meanwhile,
    TooMany,
}

struct PutVersion<'a> {
    version: FormVersion,
    /// The version that it follows; none or 0 where nothing is stored.
    from: Option<u32>,
    from_file: FromFile<'a>,
    leaf: Leaf,
}

impl PutVersion<'_> {
    /// Whether this is one form too many; what the file brings is counted by whoever reads the file.
    async fn is_too_many(&self, tx: &mut Tx) -> Result<bool, StoreFault> {
        let FromFile::AsItWas(file) = &self.from_file else { return Ok(false) };
        let stored = tx.list::<CurrentForm>(Range::all(), MOST_FORMS).await?.items;
        let mut all: BTreeSet<&str> = stored.iter().map(|current| current.id.as_str()).collect();
        all.extend(file);
        Ok(!all.contains(self.version.id.as_str()) && all.len() >= MOST_FORMS)
    }
}

impl Change for PutVersion<'_> {
    const NAME: &'static str = "change-form";
    type Output = ();
    type Refusal = NotPut;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<NotPut>> {
        let was = tx.get::<CurrentForm>(self.version.id.as_str()).await?;
        if was.as_ref().map_or(0, |was| was.version.number) != self.from.unwrap_or(0) {
            return Err(Fault::Refused(NotPut::Meanwhile));
        }
        if self.is_too_many(tx).await? {
            return Err(Fault::Refused(NotPut::TooMany));
        }
        let from_file = match &self.from_file {
            FromFile::AsItWas(_) => was.and_then(|was| was.from_file),
            FromFile::This => Some(self.version.form.clone()),
            FromFile::Gone => None,
        };
        let current = CurrentForm { id: self.version.id.clone(), version: self.version.clone(), from_file };
        tx.put(&current).await?;
        tx.put(&self.version).await?;
        places::form_changed(tx, &self.version).await?;
        Ok(tx.log(self.leaf.clone()).await?)
    }
}

/// The file has it no more.
struct ForgetFile<'a>(&'a str);

impl Change for ForgetFile<'_> {
    const NAME: &'static str = "forget-form-of-file";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        if let Some(mut current) = tx.get::<CurrentForm>(self.0).await? {
            current.from_file = None;
            tx.put(&current).await?;
        }
        Ok(())
    }
}
