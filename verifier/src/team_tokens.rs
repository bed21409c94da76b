//! Tokens of the team: who holds one acts for the team at the space's REST addresses (RFC 6750). The store holds hashes.

use openid4vc::secret::{SecretHash, SecretText};
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Index, IndexEntry, Insertion, Key, Range, Record, Tx};

use crate::space::{Space, SpaceError};

/// Longest name of a token, in characters.
const LONGEST_NAME: usize = 64;

/// One token of the team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamToken {
    /// What the team calls it.
    pub name: String,
    /// Hash of the token.
    pub token: SecretHash,
    /// When it was made, in seconds since the epoch.
    pub made_at: i64,
}

impl Record for TeamToken {
    const CLASS: &'static str = "team-token";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("name", FieldClass::Operational),
        ("token", FieldClass::Operational),
        ("made_at", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[ByToken::NAME];
    // One that was revoked after the backup must not count again.
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.name)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![ByToken::entry(&self.token.as_bytes()[..])]
    }
}

/// Finds a token by its hash.
struct ByToken;

impl Index for ByToken {
    type Record = TeamToken;
    const NAME: &'static str = "token";
}

/// Why no token is made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The name.
    #[error("a token's name has 1 to 64 letters, digits, spaces, - and _")]
    BadName,
    /// There is one of that name.
    #[error("there is a token of this name; revoke it first, or take another name")]
    Taken,
    /// Our side failed.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

impl Space {
    /// Makes a token named `name`. It is shown this once.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn make_team_token(&self, name: &str) -> Result<SecretText, TokenError> {
        let fits = |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, ' ' | '-' | '_');
        if name.trim().is_empty() || name.len() > LONGEST_NAME || !name.chars().all(fits) {
            return Err(TokenError::BadName);
        }
        let token = SecretText::random(self.environment().randomness());
        let record = TeamToken {
            name: name.to_owned(),
            token: token.hash(),
            made_at: self.environment().now().seconds(),
        };
        match self.tenant.carry_out(&MakeToken(record)).await.map_err(SpaceError::from)? {
            Insertion::Inserted => Ok(token),
            Insertion::AlreadyThere => Err(TokenError::Taken),
        }
    }

    /// The team's tokens, in the order of their names.
    ///
    /// # Errors
    /// The store.
    pub async fn team_tokens(&self, limit: usize) -> Result<Vec<TeamToken>, SpaceError> {
        Ok(self.tenant.list::<TeamToken>(Range::all(), limit).await?.items)
    }

    /// Revokes the token named `name`: from now on it opens nothing.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`], or the store.
    pub async fn revoke_team_token(&self, name: &str) -> Result<(), SpaceError> {
        let was_there = self.tenant.carry_out(&RevokeToken(name)).await?;
        if was_there { Ok(()) } else { Err(SpaceError::NoSuch("token")) }
    }

    /// Whether `token` is one of the team's.
    ///
    /// # Errors
    /// The store.
    pub async fn is_of_the_team(&self, token: &SecretText) -> Result<bool, SpaceError> {
        Ok(self.tenant.find::<ByToken>(&token.hash().as_bytes()[..]).await?.is_some())
    }
}

struct MakeToken(TeamToken);

impl Change for MakeToken {
    const NAME: &'static str = "make-team-token";
    type Output = Insertion;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Insertion, Fault<Self::Refusal>> {
        Ok(tx.insert_new(&self.0).await?)
    }
}

struct RevokeToken<'a>(&'a str);

impl Change for RevokeToken<'_> {
    const NAME: &'static str = "revoke-team-token";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        Ok(tx.delete::<TeamToken>(self.0).await?)
    }
}
