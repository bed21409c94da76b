//! Who is in the team, and the links by which somebody comes in.

use ledger::Leaf;
use openid4vc::secret::{SecretHash, SecretText};
use store::{Change, Fault, Index, Range, Record, StoreFault, Tx, View};

use super::records::{ByName, LinksOf, PasskeysOf, SessionsOf, TeamLink, Teammate, name_key};
use super::{Role, TeamError};
use crate::doors::records::ScreensOf;
use crate::space::Space;

/// Seconds for which the link of somebody new counts, or of somebody who lost every passkey.
pub const LINK_LIFETIME: i64 = 86_400;
/// Seconds for which a link counts that somebody makes for another device of their own.
pub const DEVICE_LINK_LIFETIME: i64 = 600;
/// Most people in a team.
pub const MOST: usize = 500;
/// Most passkeys, sessions or links of one of them.
pub(super) const MOST_OF_ONE: usize = 100;
/// Longest name, in characters.
const LONGEST_NAME: usize = 64;

/// Somebody of the team in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Who.
    pub teammate: Teammate,
    /// How many passkeys they have: none as long as a link waits to be opened.
    pub passkeys: usize,
    /// When one of their sessions was last used, in seconds since the epoch.
    pub seen_at: Option<i64>,
}

impl Space {
    /// Takes somebody into the team. The token of the link is told this once, and counts for a day.
    ///
    /// # Errors
    /// See [`TeamError`].
    pub async fn invite_to_team(&self, name: &str, role: Role) -> Result<(Teammate, SecretText), TeamError> {
        let name = checked_name(name)?;
        let now = self.environment().now();
        let id = uuid::Builder::from_random_bytes(self.environment().randomness().bytes()).into_uuid();
        let teammate = Teammate { id: id.to_string(), name, role, since: now.seconds(), ended: None };
        let (token, link) = self.new_link(&teammate.id, LINK_LIFETIME);
        self.tenant.commit(&Invite { teammate: teammate.clone(), link }).await?;
        Ok((teammate, token))
    }

    /// Lets somebody in again who lost every passkey: those that there are count no more, all sessions end, and there is
    /// another link.
    ///
    /// # Errors
    /// See [`TeamError`].
    pub async fn let_in_again(&self, teammate: &str) -> Result<SecretText, TeamError> {
        let (token, link) = self.new_link(teammate, LINK_LIFETIME);
        let screens = self.screens_ended_leaf("new-link");
        self.tenant.commit(&Again { teammate, link, screens }).await?;
        Ok(token)
    }

    /// A link for another device of somebody who is in the team.
    ///
    /// # Errors
    /// See [`TeamError`].
    pub async fn link_for_device(&self, teammate: &str) -> Result<SecretText, TeamError> {
        let (token, link) = self.new_link(teammate, DEVICE_LINK_LIFETIME);
        self.tenant.commit(&ForDevice { teammate, link }).await?;
        Ok(token)
    }

    /// Ends somebody's access: passkeys, links and sessions at once. Keys of programs that they made are the space's and stay
    /// ([`Space::api_keys_made_by`]).
    ///
    /// # Errors
    /// [`TeamError::LastOwner`], [`TeamError::Nobody`], or our side failed.
    pub async fn end_team_access(&self, teammate: &str) -> Result<(), TeamError> {
        let screens = self.screens_ended_leaf("access");
        Ok(self.tenant.commit(&End { teammate, screens }).await?)
    }

    /// Gives somebody another role. Their sessions end: whoever acts for the space does it by the role that they signed in with.
    ///
    /// # Errors
    /// [`TeamError::LastOwner`], [`TeamError::Nobody`], or our side failed.
    pub async fn change_role(&self, teammate: &str, role: Role) -> Result<(), TeamError> {
        let screens = self.screens_ended_leaf("role");
        Ok(self.tenant.commit(&ChangeRole { teammate, role, screens }).await?)
    }

    /// Who is in the team, in the order of names.
    ///
    /// # Errors
    /// The store.
    pub async fn team(&self) -> Result<Vec<Listed>, TeamError> {
        Ok(self.tenant.read(&Team).await?)
    }

    /// Who is in the team under this name.
    ///
    /// # Errors
    /// The store.
    pub async fn teammate_named(&self, name: &str) -> Result<Option<Teammate>, TeamError> {
        let found = self.tenant.page::<ByName>(Range::prefix(name_key(name.trim())), 1).await?;
        Ok(found.items.into_iter().next())
    }

    /// Who that is or was.
    ///
    /// # Errors
    /// The store.
    pub async fn teammate(&self, id: &str) -> Result<Option<Teammate>, TeamError> {
        Ok(self.tenant.get::<Teammate>(id).await?)
    }

    /// Whose link this is, as long as it counts; it is not used by this.
    ///
    /// # Errors
    /// The store.
    pub async fn link_leads_to(&self, token: &SecretText) -> Result<Option<Teammate>, TeamError> {
        Ok(self.tenant.read(&LinkOf(token.hash())).await?)
    }

    fn new_link(&self, teammate: &str, lifetime: i64) -> (SecretText, TeamLink) {
        let token = SecretText::random(self.environment().randomness());
        let until = self.environment().now().plus(lifetime).seconds();
        let link = TeamLink { token: token.hash(), teammate: teammate.to_owned(), until };
        (token, link)
    }
}

fn checked_name(name: &str) -> Result<String, TeamError> {
    let name = name.trim();
    let fits = |symbol: char| symbol.is_alphanumeric() || matches!(symbol, ' ' | '-' | '_' | '.' | '\'');
    if name.is_empty() || name.chars().count() > LONGEST_NAME || !name.chars().all(fits) {
        return Err(TeamError::BadName);
    }
    Ok(name.to_owned())
}

struct Team;

impl View for Team {
    const NAME: &'static str = "team";
    type Output = Vec<Listed>;

    async fn read(&self, reader: &mut store::Reader) -> Result<Vec<Listed>, StoreFault> {
        let mut listed = Vec::new();
        for teammate in reader.page::<ByName>(Range::all(), MOST).await?.items {
            let passkeys = reader.page::<PasskeysOf>(Range::prefix(&teammate.id), MOST_OF_ONE).await?.items;
            let sessions = reader.page::<SessionsOf>(Range::prefix(&teammate.id), MOST_OF_ONE).await?.items;
            let used = passkeys.iter().filter_map(|passkey| passkey.used_at);
            let seen_at = sessions.iter().map(|session| session.seen_at).chain(used).max();
            listed.push(Listed { teammate, passkeys: passkeys.len(), seen_at });
        }
        Ok(listed)
    }
}

struct LinkOf(SecretHash);

impl View for LinkOf {
    const NAME: &'static str = "team-link";
    type Output = Option<Teammate>;

    async fn read(&self, reader: &mut store::Reader) -> Result<Option<Teammate>, StoreFault> {
        let Some(link) = reader.get::<TeamLink>(&self.0.as_bytes()[..]).await? else { return Ok(None) };
        let found = reader.get::<Teammate>(&link.teammate).await?;
        Ok(found.filter(|teammate| teammate.ended.is_none()))
    }
}

struct Invite {
    teammate: Teammate,
    link: TeamLink,
}

impl Change for Invite {
    const NAME: &'static str = "invite-to-team";
    type Output = ();
    type Refusal = TeamError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<TeamError>> {
        if tx.find::<ByName>(name_key(&self.teammate.name)).await?.is_some() {
            return Err(Fault::Refused(TeamError::Taken));
        }
        if tx.page::<ByName>(Range::all(), MOST).await?.items.len() >= MOST {
            return Err(Fault::Refused(TeamError::TooMany));
        }
        tx.put(&self.teammate).await?;
        Ok(tx.put(&self.link).await?)
    }
}

struct Again<'a> {
    teammate: &'a str,
    link: TeamLink,
    screens: Leaf,
}

impl Change for Again<'_> {
    const NAME: &'static str = "let-into-team-again";
    type Output = ();
    type Refusal = TeamError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<TeamError>> {
        active(tx, self.teammate).await?;
        shut_out(tx, self.teammate, &self.screens).await?;
        Ok(tx.put(&self.link).await?)
    }
}

struct ForDevice<'a> {
    teammate: &'a str,
    link: TeamLink,
}

impl Change for ForDevice<'_> {
    const NAME: &'static str = "team-link-for-device";
    type Output = ();
    type Refusal = TeamError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<TeamError>> {
        active(tx, self.teammate).await?;
        end_links(tx, self.teammate).await?;
        Ok(tx.put(&self.link).await?)
    }
}

struct End<'a> {
    teammate: &'a str,
    screens: Leaf,
}

impl Change for End<'_> {
    const NAME: &'static str = "end-team-access";
    type Output = ();
    type Refusal = TeamError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<TeamError>> {
        let mut teammate = active(tx, self.teammate).await?;
        keep_an_owner(tx, &teammate).await?;
        teammate.ended = Some(tx.now().seconds());
        shut_out(tx, self.teammate, &self.screens).await?;
        Ok(tx.put(&teammate).await?)
    }
}

struct ChangeRole<'a> {
    teammate: &'a str,
    role: Role,
    screens: Leaf,
}

impl Change for ChangeRole<'_> {
    const NAME: &'static str = "change-team-role";
    type Output = ();
    type Refusal = TeamError;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<TeamError>> {
        let mut teammate = active(tx, self.teammate).await?;
        if teammate.role == self.role {
            return Ok(());
        }
        keep_an_owner(tx, &teammate).await?;
        teammate.role = self.role;
        end_sessions(tx, self.teammate, &self.screens).await?;
        Ok(tx.put(&teammate).await?)
    }
}

/// Who that is, if they are in the team.
pub(super) async fn active(tx: &mut Tx, teammate: &str) -> Result<Teammate, Fault<TeamError>> {
    let found = tx.get::<Teammate>(teammate).await?;
    found.filter(|found| found.ended.is_none()).ok_or(Fault::Refused(TeamError::Nobody))
}

/// Refuses what would leave the space without an owner.
async fn keep_an_owner(tx: &mut Tx, teammate: &Teammate) -> Result<(), Fault<TeamError>> {
    if teammate.role != Role::Owner {
        return Ok(());
    }
    let team = tx.page::<ByName>(Range::all(), MOST).await?.items;
    let another = team.iter().any(|other| other.role == Role::Owner && other.id != teammate.id);
    if another { Ok(()) } else { Err(Fault::Refused(TeamError::LastOwner)) }
}

/// Takes every way in from somebody.
async fn shut_out(tx: &mut Tx, teammate: &str, screens: &Leaf) -> Result<(), StoreFault> {
    delete_all::<PasskeysOf>(tx, teammate).await?;
    end_links(tx, teammate).await?;
    end_sessions(tx, teammate, screens).await
}

pub(super) async fn end_links(tx: &mut Tx, teammate: &str) -> Result<(), StoreFault> {
    delete_all::<LinksOf>(tx, teammate).await
}

/// Ends every session of somebody, and the screens at doors that they opened: the leaf says so if there were any.
pub(super) async fn end_sessions(tx: &mut Tx, teammate: &str, screens: &Leaf) -> Result<(), StoreFault> {
    delete_all::<SessionsOf>(tx, teammate).await?;
    if !tx.page::<ScreensOf>(Range::prefix(teammate), 1).await?.items.is_empty() {
        tx.log(screens.clone()).await?;
    }
    delete_all::<ScreensOf>(tx, teammate).await
}

/// Deletes everything that an index holds of somebody, however much there is: one way in that is left is one that stays open.
async fn delete_all<I: Index>(tx: &mut Tx, teammate: &str) -> Result<(), StoreFault> {
    loop {
        let found = tx.page::<I>(Range::prefix(teammate), MOST_OF_ONE).await?.items;
        if found.is_empty() {
            return Ok(());
        }
        for record in &found {
            tx.delete::<I::Record>(record.key()).await?;
        }
    }
}
