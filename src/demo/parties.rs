//! The demo's cast: an operator, an office and three spaces, the latter two of one brand.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use ::operator::{Operator, OperatorError};
use ::verifier::form::{Approval, Field, ForeignCredential, Form, Need, SeenInTeam, Source};
use anyhow::{Context, Result};
use environment::Environment;
use network::space_pages::SpacePage;
use trust::registration::LegalBasis;
use trust::{Brand, Role};
use url::Url;

use crate::party::{LookSettings, MailSettings, PartyFolder, PartySettings, Registered, admission_of};
pub(crate) use crate::setting_up::test_member;

/// Folder of the operator within the data folder.
pub(crate) const OPERATOR: &str = "operator";
/// Name of the office.
pub(crate) const OFFICE: &str = "office";
/// Names of the spaces.
pub(crate) const SPACES: [&str; 3] = ["harbour", "kiln-north", "kiln-south"];

/// Where the made-up member reads mail later on.
pub(crate) const NEW_EMAIL: &str = "ada@new.example.org";

/// The form about which a person decides.
pub(crate) const OWN_DESK: &str = "own-desk";

/// The form, and the registered use, of the bar in the evening.
const LATE: &str = "late-evening";
/// The form for it that asks for more than was registered.
pub(crate) const LATE_BY_BIRTHDATE: &str = "late-evening-by-birthdate";

/// Where the demo's parties are found.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// On this machine, under `*.localhost`.
    Here {
        /// The port all of them share.
        port: u16,
        /// Whether they serve TLS.
        tls: bool,
    },
    /// Under names that everybody can reach.
    Public(PublicUrl),
}

impl Place {
    /// The origin of a party.
    pub(crate) fn origin(&self, party: &str) -> Result<Url> {
        let origin = match self {
            Self::Here { port, tls } => {
                let scheme = if *tls { "https" } else { "http" };
                format!("{scheme}://{party}.localhost:{port}")
            }
            Self::Public(public) => public.of(party),
        };
        Url::parse(&origin).with_context(|| format!("the address of {party}"))
    }

    /// The host name of a party.
    pub(crate) fn host(&self, party: &str) -> Result<String> {
        let origin = self.origin(party)?;
        origin.host_str().map(str::to_owned).with_context(|| format!("the host of {party}"))
    }
}

/// Where a party is found, with `{party}` in the place of its name: `https://{party}.demo.example.org`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl(String);

impl PublicUrl {
    const PARTY: &str = "{party}";

    fn of(&self, party: &str) -> String {
        self.0.replacen(Self::PARTY, party, 1)
    }
}

impl FromStr for PublicUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRITTEN: &str =
            "write https://{party}.demo.example.org, with {party} where the name of each party goes";
        let known = Self(text.trim_end_matches('/').to_owned());
        let url = Url::parse(&known.of("operator")).map_err(|_| WRITTEN)?;
        let host = url.host_str().ok_or(WRITTEN)?;
        let is_plain = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty();
        // A party's name is the first part of its host, and the rest is there for all of them.
        let is_named = host.strip_prefix("operator.").is_some_and(|rest| rest.contains('.'));
        let is_https = known.0.starts_with("https://{party}.") && known.0.matches(Self::PARTY).count() == 1;
        if is_plain && is_named && is_https { Ok(known) } else { Err(WRITTEN) }
    }
}

/// Sets up whatever is missing, and renews what the operator gives. A second start finds everything as it was.
pub(crate) fn set_up(data: &Path, place: &Place, mail: u16, environment: &Environment) -> Result<Operator> {
    let list = format!("{}network-list", place.origin(OPERATOR)?);
    let operator = Operator::init(&data.join(OPERATOR), "Demo network", &list, environment.clone())
        .map_err(not_set_up)?;
    for name in SPACES.into_iter().chain([OFFICE]) {
        let folder = PartyFolder::open(data, name, environment)?;
        let settings = match folder.settings()? {
            Some(settings) => settings,
            None => fresh_settings(name, place)?,
        };
        anyhow::ensure!(
            settings.origin == place.origin(name)?,
            "{name} has lived at {} since its first start, and that address is part of its identifier for ever: free that port, or start a new demo with --data",
            settings.origin()
        );
        let settings = with_mail(settings, mail);
        folder.put_settings(&settings)?;
        let bundle = operator.admit(&admission_of(&folder, &settings)?)?;
        folder.put_bundle(&bundle)?;
    }
    Ok(operator)
}

/// A folder that was used before, or one that cannot be used at all.
fn not_set_up(error: OperatorError) -> anyhow::Error {
    let what = match error {
        OperatorError::OtherNetwork => {
            "the port is part of every identifier, so start the demo with the port of the first time, or with a new --data folder"
        }
        _ => "the demo cannot be set up: name a folder that can be written with --data",
    };
    anyhow::Error::from(error).context(what)
}

/// The demo's post office has another port at each start.
fn with_mail(mut settings: PartySettings, port: u16) -> PartySettings {
    settings.mail = Some(MailSettings {
        host: "localhost".to_owned(),
        port,
        tls: "plain".to_owned(),
        from: format!("{} <{}>", settings.name, settings.contact),
        user: None,
    });
    settings
}

fn fresh_settings(name: &str, place: &Place) -> Result<PartySettings> {
    let origin = place.origin(name)?;
    Ok(match name {
        OFFICE => PartySettings {
            role: Role::Office,
            name: "Passport office".to_owned(),
            legal_name: "Passport office of the demo network".to_owned(),
            origin,
            brand: None,
            contact: "office@example.org".to_owned(),
            supervisory_authority: "Data protection authority".to_owned(),
            uses: BTreeMap::new(),
            forms: Vec::new(),
            foreign: Vec::new(),
            pages: BTreeMap::new(),
            look: None,
            wallets: Vec::new(),
            issuing: None,
            mail: None,
            login: None,
            test_member: Some(test_member()),
        },
        "harbour" => {
            let harbour = space("Harbour", "Harbour Coworking Ltd", None, origin);
            let look = LookSettings { accent: Some("#0b4f8a".to_owned()), logo: None };
            PartySettings { forms: [harbour.forms, vec![own_desk()]].concat(), look: Some(look), ..harbour }
        }
        "kiln-north" => space("Kiln North", "Kiln North Ltd", Some(kiln()), origin),
        _ => {
            let mut south = space("Kiln South", "Kiln South Ltd", Some(kiln()), origin);
            let late = registered("The bar after ten in the evening", "El bar después de las diez", 1);
            south.uses.insert(LATE.to_owned(), late);
            // Nobody's date of birth is registered here at all.
            south.forms.iter_mut().for_each(|form| form.fields.retain(|field| field.claim != "birthdate"));
            for form in south.forms.iter_mut().filter(|form| form.id == sign_up().id) {
                form.fields.push(field("phone_number", Need::Optional, Source::Own));
            }
            south.forms.extend([late_evening(), late_evening_by_birthdate()]);
            south
        }
    })
}

fn kiln() -> Brand {
    Brand { id: "kiln".to_owned(), name: "Kiln".to_owned() }
}

fn space(name: &str, legal_name: &str, brand: Option<Brand>, origin: Url) -> PartySettings {
    PartySettings {
        role: Role::Space,
        name: name.to_owned(),
        legal_name: legal_name.to_owned(),
        origin,
        brand,
        contact: "team@example.org".to_owned(),
        supervisory_authority: "Data protection authority".to_owned(),
        uses: BTreeMap::from([
            (
                "membership".to_owned(),
                registered("Becoming a member of this space", "Hacerte miembro de este espacio", 90),
            ),
            (
                "guest-day".to_owned(),
                registered(
                    "A guest day for members of the network",
                    "Un día de invitado para miembros de la red",
                    7,
                ),
            ),
        ]),
        forms: vec![sign_up(), guest_day()],
        foreign: Vec::new(),
        pages: BTreeMap::from([(SpacePage::Help, "/privacy".to_owned())]),
        look: None,
        wallets: Vec::new(),
        issuing: None,
        mail: None,
        login: None,
        test_member: Some(test_member()),
    }
}

fn registered(english: &str, spanish: &str, retention_days: u32) -> Registered {
    Registered {
        purpose: BTreeMap::from([
            ("en".to_owned(), english.to_owned()),
            ("es".to_owned(), spanish.to_owned()),
        ]),
        legal_basis: LegalBasis::Contract,
        retention_days,
    }
}

fn field(claim: &str, need: Need, source: Source) -> Field {
    Field {
        claim: claim.to_owned(),
        need,
        source,
        kept_days: None,
        instead: Vec::new(),
        seen_in_team: SeenInTeam::Team,
    }
}

/// Six details: a checked e-mail address, two names from whoever vouches for them, and three if the member likes.
fn sign_up() -> Form {
    Form {
        id: "sign-up".to_owned(),
        purpose: "membership".to_owned(),
        fields: vec![
            field("email", Need::Required, Source::Checked),
            field("given_name", Need::Required, Source::Either),
            field("family_name", Need::Required, Source::Either),
            Field {
                seen_in_team: SeenInTeam::OwnerAndManagers,
                ..field("birthdate", Need::Optional, Source::Checked)
            },
            field("company", Need::Optional, Source::Own),
            field("bio", Need::Optional, Source::Own),
        ],
        passport: None,
        membership: None,
        foreign: Vec::new(),
        terms: true,
        approval: Approval::Automatic,
        beyond_registration: false,
        ..Form::default()
    }
}

/// A desk of one's own at Harbour: there are few of them, so a person decides.
fn own_desk() -> Form {
    Form { id: OWN_DESK.to_owned(), approval: Approval::Person, ..sign_up() }
}

/// Late in the evening there is wine: what is registered is that somebody is 18.
fn late_evening() -> Form {
    Form {
        id: LATE.to_owned(),
        purpose: LATE.to_owned(),
        fields: vec![
            field("email", Need::Required, Source::Checked),
            field("age_equal_or_over.18", Need::Required, Source::Checked),
        ],
        approval: Approval::Person,
        ..sign_up()
    }
}

/// The same as somebody once wrote it: by the date of birth, which for this use is not registered.
fn late_evening_by_birthdate() -> Form {
    let birthdate = Field {
        instead: vec!["age_equal_or_over.18".to_owned()],
        ..field("birthdate", Need::Required, Source::Checked)
    };
    Form {
        id: LATE_BY_BIRTHDATE.to_owned(),
        fields: vec![field("email", Need::Required, Source::Checked), birthdate],
        beyond_registration: true,
        ..late_evening()
    }
}

/// Whoever is a member of any space of the network may come for a day.
fn guest_day() -> Form {
    Form {
        id: "guest-day".to_owned(),
        purpose: "guest-day".to_owned(),
        fields: Vec::new(),
        passport: None,
        membership: Some(Need::Required),
        foreign: Vec::new(),
        terms: false,
        approval: Approval::Automatic,
        beyond_registration: false,
        ..Form::default()
    }
}

/// What no space of the demo has registered: the member's address.
pub(crate) fn beyond_registration() -> Form {
    Form { fields: vec![field("address", Need::Required, Source::Own)], ..sign_up() }
}

/// What the demo asks of a credential from outside the network.
pub(crate) fn foreign(vct: &str) -> Form {
    let names = |path: &[&str]| path.iter().map(|name| serde_json::Value::from(*name)).collect();
    Form {
        id: "foreign".to_owned(),
        purpose: "guest-day".to_owned(),
        fields: Vec::new(),
        foreign: vec![ForeignCredential {
            vct: vct.to_owned(),
            claims: vec![names(&["given_name"]), names(&["address", "country"]), names(&["nationalities"])],
            need: Need::Required,
        }],
        terms: false,
        membership: None,
        ..guest_day()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_has_the_name_of_each_party_in_front() {
        let public: PublicUrl = "https://{party}.demo.example.org/".parse().unwrap();
        let place = Place::Public(public);
        assert_eq!(place.origin("kiln-north").unwrap().as_str(), "https://kiln-north.demo.example.org/");
        assert_eq!(place.host("mail").unwrap(), "mail.demo.example.org");
        let with_port: PublicUrl = "https://{party}.example.org:8443".parse().unwrap();
        assert_eq!(Place::Public(with_port).origin("office").unwrap().port(), Some(8443));
    }

    #[test]
    fn an_address_that_fits_not_every_party_is_refused() {
        for wrong in [
            "",
            "{party}.demo.example.org",
            "http://{party}.demo.example.org",
            "https://demo.example.org",
            "https://demo.example.org/{party}",
            "https://{party}.demo.example.org/path",
            "https://{party}.demo.example.org/?a=b",
            "https://{party}.{party}.example.org",
            "https://me@{party}.example.org",
            "https://{party}.org",
            "https://x{party}.example.org",
        ] {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }
}
