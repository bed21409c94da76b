//! A space leaves: it invites nobody any more and asks no newcomer, and everything that it has can be carried away.
//!
//! Members lose nothing by it: their passports and wallets are theirs, memberships go on until the team ends them, and what members
//! may do about their details they still may.

use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Key, PendingLeaf, Range, Reader, Record, StoreFault, Tx};

use crate::api_keys::ApiKey;
use crate::contact::ContactValues;
use crate::counter_offers::CounterOffered;
use crate::doors::records::Door;
use crate::forms::FormVersion;
use crate::importing::Opened;
use crate::invitations::records::Invitation;
use crate::member_api::{Objection, ReadObjection};
use crate::outgoing::records::Recipient;
use crate::records::{Contact, Member, SignUp};
use crate::sites::records::Site;
use crate::space::{Space, SpaceError};

/// The one record.
const LEFT: &str = "left";

/// That the space has left, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// When, in seconds since the epoch.
    pub left_at: i64,
}

impl Record for Left {
    const CLASS: &'static str = "space-left";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[("left_at", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(LEFT)
    }
}

/// A part of what a space has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Its members.
    Members,
    /// The sign-ups with their decisions and proofs of sharing.
    SignUps,
    /// The contacts, with values: each that is opened is logged as looked at.
    Contacts,
    /// People from tables, with what those said of them: a look, too.
    Imported,
    /// What members object to, with the reasons: likewise.
    Objections,
    /// Every version of every form.
    Forms,
    /// What was offered instead of what was asked; it names nobody.
    CounterOffers,
    /// The invitations; they name nobody.
    Invitations,
    /// The web sites at which members sign in.
    Sites,
    /// Where things go out to.
    Recipients,
    /// The doors that members open.
    Doors,
    /// The keys of programs.
    Keys,
    /// The audit log.
    Log,
}

/// One thing that is carried away.
#[derive(Debug)]
#[non_exhaustive]
pub enum Carried {
    /// A member.
    Member(Member),
    /// A sign-up.
    SignUp(Box<SignUp>),
    /// A contact with its values.
    Contact(Contact, ContactValues),
    /// Somebody from a table.
    Imported(Box<Opened>),
    /// An objection with its reason.
    Objection(Box<ReadObjection>),
    /// A version of a form.
    Form(Box<FormVersion>),
    /// A counter-offer.
    CounterOffer(Box<CounterOffered>),
    /// An invitation.
    Invitation(Invitation),
    /// A site; its secret is a hash.
    Site(Box<Site>),
    /// A recipient; its secret is sealed.
    Recipient(Box<Recipient>),
    /// A door; its secret is sealed.
    Door(Box<Door>),
    /// The key of a program; it is a hash.
    ApiKey(Box<ApiKey>),
    /// A leaf of the log.
    Leaf(PendingLeaf),
}

/// Some of a part, and where to go on.
#[derive(Debug)]
pub struct Piece {
    /// In the order of their keys.
    pub items: Vec<Carried>,
    /// What `after` is for the next piece; none at the end.
    pub next: Option<String>,
}

/// Whether the space has left, for use inside a change that a space which has left does not make.
pub(crate) async fn has_left(reader: &mut Reader) -> Result<bool, StoreFault> {
    Ok(reader.get::<Left>(LEFT).await?.is_some())
}

impl Space {
    /// Invites nobody and asks no newcomer from now on. Again, it changes nothing; gives since when that is so.
    ///
    /// # Errors
    /// The store.
    pub async fn leave_network(&self) -> Result<i64, SpaceError> {
        // The pages say so in their own words, as whenever the team turns it off.
        self.set_online_sign_up("leaving", false).await?;
        Ok(self.tenant.carry_out(&Leave { left_at: self.environment().now().seconds() }).await?)
    }

    /// Takes [`Space::leave_network`] back, save that the pages stay closed until the team opens them; gives whether the space had left.
    ///
    /// # Errors
    /// The store.
    pub async fn come_back(&self) -> Result<bool, SpaceError> {
        Ok(self.tenant.carry_out(&ComeBack).await?)
    }

    /// Refuses what a space that has left does no more.
    pub(crate) async fn check_here(&self) -> Result<(), SpaceError> {
        if self.has_left().await? { Err(SpaceError::Left) } else { Ok(()) }
    }

    pub(crate) async fn has_left(&self) -> Result<bool, SpaceError> {
        Ok(self.left_at().await?.is_some())
    }

    /// Since when the space has left, in seconds since the epoch; none as long as it has not.
    ///
    /// # Errors
    /// The store.
    pub async fn left_at(&self) -> Result<Option<i64>, SpaceError> {
        Ok(self.tenant.get::<Left>(LEFT).await?.map(|left| left.left_at))
    }

    /// At most `limit` things of a part, behind the one that `after` names.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`] for an `after` that is none, the store, or the keyring.
    pub async fn carried(&self, part: Part, after: Option<&str>, limit: usize) -> Result<Piece, SpaceError> {
        match part {
            Part::Members => {
                self.piece::<Member>(by_text(after), after, limit, |one| one.sub.clone(), Carried::Member)
                    .await
            }
            Part::SignUps => {
                let wrap = |one| Carried::SignUp(Box::new(one));
                self.piece::<SignUp>(by_text(after), after, limit, |one| one.id.clone(), wrap).await
            }
            Part::Invitations => {
                self.piece::<Invitation>(
                    by_text(after),
                    after,
                    limit,
                    |one| one.id.clone(),
                    Carried::Invitation,
                )
                .await
            }
            Part::Imported => {
                let (people, next) = self.look_at_imported(after, limit, None).await?;
                let items = people.into_iter().map(|one| Carried::Imported(Box::new(one))).collect();
                Ok(Piece { items, next })
            }
            Part::Objections => self.carried_objections(after, limit).await,
            Part::Forms => {
                let wrap = |one| Carried::Form(Box::new(one));
                let name = |one: &FormVersion| format!("{} {}", one.number, one.id);
                let range = two_parts(after, "version of a form", |number, id| {
                    Some(Range::all().starting_at(Key::from(id).then(number.parse::<i64>().ok()?)))
                })?;
                self.piece::<FormVersion>(range, after, limit, name, wrap).await
            }
            Part::CounterOffers => {
                let wrap = |one| Carried::CounterOffer(Box::new(one));
                self.piece::<CounterOffered>(by_text(after), after, limit, |one| one.id.clone(), wrap).await
            }
            // There are few of these: they come in one piece.
            Part::Sites => Ok(whole(self.sites().await?.into_iter().map(|one| Carried::Site(Box::new(one))))),
            Part::Recipients => {
                Ok(whole(self.recipients().await?.into_iter().map(|one| Carried::Recipient(Box::new(one)))))
            }
            Part::Doors => Ok(whole(self.doors().await?.into_iter().map(|one| Carried::Door(Box::new(one))))),
            Part::Keys => {
                Ok(whole(self.api_keys().await?.into_iter().map(|one| Carried::ApiKey(Box::new(one)))))
            }
            Part::Log => {
                let range = match after {
                    None => Range::all(),
                    Some(after) => Range::all()
                        .starting_at(place_in_log(after).ok_or(SpaceError::NoSuch("place in the log"))?),
                };
                self.piece::<PendingLeaf>(range, after, limit, named, Carried::Leaf).await
            }
            Part::Contacts => {
                let bare = |one: Contact| Carried::Contact(one, ContactValues::default());
                let mut piece =
                    self.piece::<Contact>(by_text(after), after, limit, |one| one.id.clone(), bare).await?;
                let mut opened = Vec::with_capacity(piece.items.len());
                for item in piece.items {
                    let Carried::Contact(contact, _) = item else { continue };
                    match self.contact(&contact.id).await {
                        Ok((contact, values)) => opened.push(Carried::Contact(contact, values)),
                        // It was erased between the list and the look.
                        Err(SpaceError::NoSuch(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
                piece.items = opened;
                Ok(piece)
            }
        }
    }

    async fn carried_objections(&self, after: Option<&str>, limit: usize) -> Result<Piece, SpaceError> {
        let name = |one: &Objection| format!("{} {}", one.sub, one.id);
        let range = two_parts(after, "objection", |sub, id| Some(Range::all().starting_at((sub, id))))?;
        let page = self.tenant.list::<Objection>(range, limit.saturating_add(1)).await?;
        let is_new = |one: &Objection| after.is_none_or(|after| name(one) != after);
        let filed: Vec<Objection> = page.items.into_iter().filter(is_new).collect();
        let next = page.next.and(filed.last().map(name));
        let read = self.read_objections(filed, None).await?;
        let items = read.into_iter().map(|one| Carried::Objection(Box::new(one))).collect();
        Ok(Piece { items, next })
    }

    async fn piece<R: Record>(
        &self,
        range: Range,
        after: Option<&str>,
        limit: usize,
        name: impl Fn(&R) -> String,
        wrap: impl Fn(R) -> Carried,
    ) -> Result<Piece, SpaceError> {
        // One more: the one that `after` names comes first, if it is still there.
        let page = self.tenant.list::<R>(range, limit.saturating_add(1)).await?;
        let is_new = |one: &R| after.is_none_or(|after| name(one) != after);
        let items: Vec<R> = page.items.into_iter().filter(is_new).collect();
        let next = page.next.and(items.last().map(&name));
        Ok(Piece { items: items.into_iter().map(wrap).collect(), next })
    }
}

fn whole(items: impl Iterator<Item = Carried>) -> Piece {
    Piece { items: items.collect(), next: None }
}

/// The range behind a place of two parts.
fn two_parts(
    after: Option<&str>,
    what: &'static str,
    range: impl Fn(&str, &str) -> Option<Range>,
) -> Result<Range, SpaceError> {
    let Some(after) = after else { return Ok(Range::all()) };
    let (first, second) = after.split_once(' ').ok_or(SpaceError::NoSuch(what))?;
    range(first, second).ok_or(SpaceError::NoSuch(what))
}

fn by_text(after: Option<&str>) -> Range {
    after.map_or_else(Range::all, |after| Range::all().starting_at(after))
}

fn named(leaf: &PendingLeaf) -> String {
    format!("{} {}", leaf.logged_at().seconds(), leaf.id())
}

fn place_in_log(after: &str) -> Option<(i64, &str)> {
    let (seconds, id) = after.split_once(' ')?;
    Some((seconds.parse().ok()?, id))
}

struct Leave {
    left_at: i64,
}

impl Change for Leave {
    const NAME: &'static str = "leave";
    type Output = i64;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<i64, Fault<Self::Refusal>> {
        if let Some(left) = tx.get::<Left>(LEFT).await? {
            return Ok(left.left_at);
        }
        tx.put(&Left { left_at: self.left_at }).await?;
        Ok(self.left_at)
    }
}

struct ComeBack;

impl Change for ComeBack {
    const NAME: &'static str = "come-back";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        let had_left = tx.get::<Left>(LEFT).await?.is_some();
        tx.delete::<Left>(LEFT).await?;
        Ok(had_left)
    }
}
