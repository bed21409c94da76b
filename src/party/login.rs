//! The login that a space has already, as `party.json` names it.

use std::path::{Path, PathBuf};

use ::verifier::login::{LoginSettings, Members, SCOPE, is_issuer};
use ::verifier::members::Check;
use anyhow::{Context, Result, ensure};
use openid4vc::secret::SecretText;
use serde::{Deserialize, Serialize};
use trust::Role;
use zeroize::Zeroizing;

use super::folder::read_text;
use super::settings::PartySettings;

/// Longest name of a login, in characters: it stands on a button.
const LONGEST_LABEL: usize = 60;
/// Longest `client_id` and secret, in bytes.
const LONGEST: usize = 1_024;

/// `"login"`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnLogin {
    /// The issuer, letter by letter as the login's own metadata say it.
    pub(crate) issuer: String,
    /// The space's `client_id` there.
    pub(crate) client_id: String,
    /// What people call the login.
    pub(crate) label: String,
    /// Whose login makes a member: `"everybody"`, or a claim and its value.
    pub(crate) members: Members,
    /// How the space checked who its accounts are of; absent: it vouches for nobody by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vouched: Option<Check>,
    /// What is asked for, `openid profile` if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    /// The name of the file with the client's secret: a credential of the service (`LoadCredential=`), or a file relative to the
    /// party's folder. Absent: a client without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<PathBuf>,
}

impl PartySettings {
    /// The space's own login, with its secret read from the service's credentials or from `folder`.
    ///
    /// # Errors
    /// A setting does not fit, or the secret is not there.
    pub(crate) fn own_login(&self, folder: &Path) -> Result<Option<LoginSettings>> {
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let Some(login) = &self.login else { return Ok(None) };
        ensure!(
            self.role == Role::Space,
            "\"login\" in party.json is for spaces: {} is an office",
            self.name
        );
        login
            .read(credentials.as_deref(), folder)
            .map(Some)
            .with_context(|| format!("the login in party.json of {}", self.name))
    }
}

impl OwnLogin {
    fn read(&self, credentials: Option<&Path>, folder: &Path) -> Result<LoginSettings> {
        ensure!(
            is_issuer(&self.issuer),
            "\"issuer\" is an https address without a question mark, as the login's metadata say it, and not {:?}",
            self.issuer
        );
        let is_plain = |text: &str, longest: usize| {
            !text.is_empty() && text.chars().count() <= longest && !text.chars().any(char::is_control)
        };
        ensure!(is_plain(&self.client_id, LONGEST), "\"client_id\" is what the login calls this space");
        ensure!(
            is_plain(self.label.trim(), LONGEST_LABEL),
            "\"label\" is what your members call the login, in {LONGEST_LABEL} letters at most"
        );
        if let Members::With(mark) = &self.members {
            ensure!(
                !mark.claim.is_empty() && !mark.value.is_empty(),
                "\"members\" names a claim and its value, or is \"everybody\""
            );
        }
        let scope = self.scope.clone().unwrap_or_else(|| SCOPE.to_owned());
        ensure!(
            is_plain(&scope, LONGEST) && scope.split(' ').any(|word| word == "openid"),
            "\"scope\" is words with spaces between them, and \"openid\" is one of them"
        );
        Ok(LoginSettings {
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            secret: self.secret.as_deref().map(|name| secret(name, credentials, folder)).transpose()?,
            label: self.label.trim().to_owned(),
            scope,
            members: self.members.clone(),
            check: self.vouched,
        })
    }
}

/// The secret: a credential that systemd hands over, which no other process sees, before a file in the party's folder.
fn secret(name: &Path, credentials: Option<&Path>, folder: &Path) -> Result<SecretText> {
    for file in credentials.into_iter().chain([folder]).map(|folder| folder.join(name)) {
        let Some(text) = read_text(&file)?.map(Zeroizing::new) else { continue };
        let text = text.trim_end_matches(['\r', '\n']);
        ensure!(
            !text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control),
            "{} holds no secret: it is one line of {LONGEST} letters at most",
            file.display()
        );
        return Ok(SecretText::new(text));
    }
    anyhow::bail!(
        "the secret {} is neither a credential of the service nor a file in {}",
        name.display(),
        folder.display()
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn written() -> Value {
        json!({
            "issuer": "https://login.kiln.example/realms/members",
            "client_id": "passport",
            "label": "Kiln account",
            "members": {"claim": "groups", "value": "members"},
            "vouched": "known-in-person",
        })
    }

    fn read(changes: Value, folder: &Path) -> Result<LoginSettings> {
        let mut login = written();
        for (name, value) in changes.as_object().unwrap() {
            login[name] = value.clone();
        }
        serde_json::from_value::<OwnLogin>(login)?.read(None, folder)
    }

    #[test]
    fn a_login_says_whose_makes_a_member_and_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let login = read(json!({}), folder.path()).unwrap();
        assert_eq!((&*login.scope, login.check), ("openid profile", Some(Check::KnownInPerson)));
        assert!(login.secret.is_none());
        assert_eq!(read(json!({"members": "everybody"}), folder.path()).unwrap().members, Members::Everybody);
        for (near, said) in [
            (json!({"issuer": "http://login.kiln.example"}), "issuer"),
            (json!({"issuer": "https://login.kiln.example?realm=members"}), "issuer"),
            (json!({"client_id": ""}), "client_id"),
            (json!({"label": "  "}), "label"),
            (json!({"label": "l".repeat(61)}), "label"),
            (json!({"members": {"claim": "", "value": "members"}}), "members"),
            (json!({"members": {"claim": "groups", "value": ""}}), "members"),
            (json!({"scope": "profile"}), "openid"),
            (json!({"scope": "openid\nprofile"}), "scope"),
        ] {
            let refused = read(near.clone(), folder.path()).unwrap_err().to_string();
            assert!(refused.contains(said), "{near}: {refused}");
        }
        for near in [
            json!({"members": null}),
            json!({"members": "anybody"}),
            json!({"vouched": "guessed"}),
            json!({"client_secret": "open"}),
        ] {
            assert!(read(near.clone(), folder.path()).is_err(), "{near}");
        }
    }

    #[test]
    fn the_secret_is_the_services_credential_before_a_file_of_the_party() {
        let (service, party) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let of = |service: Option<&Path>| {
            secret(Path::new("login-secret"), service, party.path()).map(|one| one.expose().to_owned())
        };
        assert!(of(Some(service.path())).unwrap_err().to_string().contains("login-secret"));
        std::fs::write(party.path().join("login-secret"), "of the party\n").unwrap();
        assert_eq!(of(Some(service.path())).unwrap(), "of the party");
        std::fs::write(service.path().join("login-secret"), "of the service\r\n").unwrap();
        assert_eq!(of(Some(service.path())).unwrap(), "of the service");
        assert_eq!(of(None).unwrap(), "of the party");
        for near in ["", "\n", "two\nlines\n"] {
            std::fs::write(party.path().join("login-secret"), near).unwrap();
            assert!(of(None).is_err(), "{near:?}");
        }
    }
}
