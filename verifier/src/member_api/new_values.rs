//! New values: a request for the claims that a member wants to change, answered as any other, and what its answer replaces.
//!
//! The answer also shows a copy of the member's own membership. Without it somebody could hand the link of a request of their
//! own on to another member, and would then read that member's details at the space.
//!
//! A passport is asked for anew as well ([`passport`]): its number is replaced, and its DID moves.

mod passport;

use credentials::types;
use jose::base64url;
use ledger::{CommitmentNonce, Entry, EntryKind, Leaf, LeafId};
use network::claims::Audience;
use network::member_api::{ChangeRequest, covers};
use network::seen_in_team::SeenInTeam;
use network::sharing_proof::{NewProof, SharedClaim};
use openid4vc::secret::{SecretHash, SecretText};
use openid4vc::vp::request::VerifierInfo;
use presentation::{Answer, BoxFuture, DisclosedClaim, Prepared, Presented, Refused, Reply, for_use};
use serde_json::{Value, json};
use store::{Change, Fault, Reader, StoreFault, Tx};
use trust::registration::{ClaimPath, RequestedCredential};
use trust::within;

use super::access::Caller;
use super::planning::{check_claims, check_held};
use super::records::{NewValuesAsked, NewValuesGiven};
use super::seeing::refused;
use super::{DAY, NotDone};
use crate::asking::REQUEST_LIFETIME;
use crate::contact::{self, ContactValues, KeptValue};
use crate::counter_offers::seen_in_team;
use crate::form::{CompiledForm, Field, Form, Need, Source};
use crate::keeping::{self, await_end_of};
use crate::members::MEMBERSHIP;
use crate::outgoing::events;
use crate::outgoing::records::Event;
use crate::receiving::{unavailable, word_of};
use crate::records::{Contact, Member, Provenance, SignUp, Standing};
use crate::renewing::{REFILL, own_copy};
use crate::space::{Space, SpaceError};
use crate::values;

/// Begins the names of what such requests are about; no random identifier has a colon.
const PREFIX: &str = "new-values:";
/// Seconds for which the space remembers what it asked after the request has ended.
const REMEMBERED: i64 = 3_600;
/// Seconds for which a wallet finds the proof of sharing.
const FOLLOWED: i64 = 30 * DAY;

/// Whether a request about `subject` asks for new values.
#[must_use]
pub fn is_about(subject: &str) -> bool {
    subject.starts_with(PREFIX)
}

/// A request for new values, for the caller to make the request object of.
#[derive(Clone, Debug)]
pub struct ChangeAsked {
    /// What it is about, for [`presentation::Asking`].
    pub subject: String,
    /// The DCQL query.
    pub query: Value,
    /// For which registered uses, beside the registration certificate: that of the form for what is held, and that of
    /// refills for the membership.
    pub uses: Vec<VerifierInfo>,
}

impl Space {
    /// Records that new values are asked for.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn ask_for_new_values(
        &self,
        caller: &Caller<'_>,
        asked: &ChangeRequest,
    ) -> Result<ChangeAsked, NotDone> {
        if asked.claims.is_empty() {
            return Err(NotDone::Malformed("name at least one claim"));
        }
        check_claims(asked.claims.iter().map(String::as_str))?;
        let change = AskForNewValues { space: self, caller, claims: &asked.claims, id: self.fresh_id() };
        self.tenant.commit(&change).await.map_err(refused)
    }

    /// A form of these claims alone, as the form `id` asks for them now that the contact came of (`in_force`, if it is asked at
    /// all), and those of them that a passport shows.
    fn form_for(
        contact: &Contact,
        id: &str,
        in_force: Option<&Form>,
        claims: &[String],
    ) -> Result<(Form, Vec<String>), NotDone> {
        let (of_passport, others): (Vec<&String>, Vec<&String>) =
            claims.iter().partition(|claim| passport::gave(contact, claim));
        let mut fields: Vec<Field> = Vec::new();
        let mut missing: Vec<String> = Vec::new();
        for claim in others {
            let mut held = contact.given.iter().filter(|given| covers(claim, &given.claim));
            // Whoever was promised less sees no new value by a later version of the form: nobody reads that before it is given.
            let given = contact.given.iter().map(|given| (given.claim.as_str(), given.seen_in_team));
            let promised = SeenInTeam::of(claim, given);
            match held.next().and_then(|given| field_for(in_force, given, claim)) {
                Some(field) => {
                    let asked = in_force.map_or(promised, |form| form.seen_in_team(claim));
                    fields.push(Field { seen_in_team: asked.min(promised), ..field });
                }
                None => missing.push(claim.clone()),
            }
        }
        let purpose = contact.given.first().map(|given| given.purpose.clone());
        let (Some(purpose), true) = (purpose, missing.is_empty()) else {
            return Err(NotDone::NotChangeable(missing));
        };
        let form = Form {
            id: id.to_owned(),
            purpose,
            fields,
            passport: (!of_passport.is_empty()).then_some(Need::Required),
            terms: false,
            ..Form::default()
        };
        Ok((form, of_passport.into_iter().cloned().collect()))
    }

    fn compiled(&self, form: &Form, of_passport: &[String]) -> Result<CompiledForm, NotDone> {
        let names = || named(form, of_passport).map(str::to_owned).collect::<Vec<_>>();
        let mut compiled = form.compile().map_err(|_| NotDone::NotChangeable(names()))?;
        self.check_registered(form, of_passport).map_err(|()| NotDone::NotChangeable(names()))?;
        passport::narrow(&mut compiled.query, of_passport);
        let own = json!({
            "id": MEMBERSHIP, "format": "dc+sd-jwt", "meta": {"vct_values": [types::MEMBERSHIP]},
            "claims": [{"path": ["space"], "values": [self.identity.did.as_str()]}],
        });
        let set = json!({"options": [[MEMBERSHIP]], "required": true});
        for (name, value) in [("credentials", own), ("credential_sets", set)] {
            let list = compiled.query.get_mut(name).and_then(Value::as_array_mut);
            list.ok_or(SpaceError::Unreadable)?.push(value);
        }
        Ok(compiled)
    }

    /// The registration may have changed since the member signed up.
    fn check_registered(&self, form: &Form, of_passport: &[String]) -> Result<(), ()> {
        let covers = |vct: &str, claims: Vec<ClaimPath>| {
            let requested = RequestedCredential { credential_types: vec![vct.to_owned()], claims };
            within(self.registration(), Some(&form.purpose), &[requested]).is_ok()
        };
        let fields = || form.fields.iter().map(|field| ClaimPath::name(&field.claim)).collect();
        let of_passport: Vec<ClaimPath> = of_passport.iter().map(|claim| ClaimPath::name(claim)).collect();
        let are_fields = form.fields.is_empty()
            || [types::PROFILE, types::OWN].into_iter().any(|vct| covers(vct, fields()));
        let is_passport = of_passport.is_empty() || covers(types::PASSPORT, of_passport);
        if are_fields && is_passport { Ok(()) } else { Err(()) }
    }

    /// Looks at an answer with new values, and prepares the contact that takes the place of the old one.
    pub(crate) async fn prepare_new_values(&self, answer: &Answer) -> Result<PreparedNewValues, Refused> {
        let gone = || Refused::rejected("unknown_request", "this request has ended; ask for a new one");
        let asked = self.tenant.get::<NewValuesAsked>(&answer.subject).await?.ok_or_else(gone)?;
        let sub = self.membership_behind(own_copy(answer, self.identity.did.as_str())?).await?;
        if sub != asked.sub {
            let sentence = "this request was made for another member; ask for one of your own";
            return Err(Refused::rejected("other_member", sentence));
        }
        values::check(&asked.form, &asked.compiled, answer, self.environment().now())?;
        passport::check(answer, &asked.passport)?;
        let found = self.tenant.get::<Contact>(&asked.contact).await?.ok_or_else(gone)?;
        self.replace(&asked, answer, found).map_err(unavailable)
    }

    fn replace(
        &self,
        asked: &NewValuesAsked,
        answer: &Answer,
        found: Contact,
    ) -> Result<PreparedNewValues, SpaceError> {
        let (provenances, kept): (Vec<Provenance>, Vec<KeptValue>) =
            self.new_values(asked, answer, &found).into_iter().unzip();
        let holder = holder_of(answer).ok_or(SpaceError::Unreadable)?;
        let environment = self.environment();
        let new = provenances.iter().zip(&kept).map(|(given, kept)| shared(given, kept));
        let shared = self.shown_membership(answer).into_iter().chain(new).collect();
        let proof = NewProof {
            issuer: self.identity.did.as_str(),
            request: &answer.request_hash,
            holder: &holder,
            purpose: &asked.form.purpose,
            shared,
        };
        let proof =
            proof.make(environment.now(), environment.randomness()).map_err(|_| SpaceError::Unreadable)?;
        let log = &self.identity.log;
        let signed = proof.sign(&log.key_id.to_string(), log.signer.as_ref())?;
        let names: Vec<&str> = named(&asked.form, &asked.passport).collect();
        let next = self.with_new_values(&found, &names, provenances, kept)?;
        let entry = Entry::new(EntryKind::Deleted, environment.now()).with_code("replaced").about(names);
        let replaced = Leaf::new(LeafId::generate(environment.randomness()), &entry);
        let handle = SecretText::random(environment.randomness());
        let given = NewValuesGiven {
            follow_up: handle.hash(),
            holder,
            sharing_proof: signed,
            sub: asked.sub.clone(),
            claims: named(&asked.form, &asked.passport).map(str::to_owned).collect(),
            at: environment.now().seconds(),
            until: environment.now().plus(FOLLOWED).seconds(),
        };
        let follow_up = self.identity.address(&format!("/follow-up/{}", handle.expose()));
        let leaves = [proof.log.leaf, replaced];
        Ok(PreparedNewValues { asked: asked.clone(), found, next, given, leaves, follow_up })
    }

    /// What was shown of the membership was shared as well, and is not kept.
    fn shown_membership(&self, answer: &Answer) -> Vec<SharedClaim> {
        let shown = answer.for_query(MEMBERSHIP).into_iter().flat_map(|shown| &shown.disclosed);
        let claim = |claim: &DisclosedClaim| SharedClaim {
            claim: claim.path.clone(),
            vct: types::MEMBERSHIP.to_owned(),
            digest: base64url::encode(claim.digest),
            nonce: CommitmentNonce::generate(self.environment().randomness()),
            needed: true,
            purpose: REFILL.to_owned(),
            audience: Audience::Team,
            seen_in_team: SeenInTeam::Team,
            kept_days: None,
            kept_until: Some(self.environment().now().seconds()),
        };
        shown.map(claim).collect()
    }

    /// What came, under the rules of what it replaces.
    fn new_values(
        &self,
        asked: &NewValuesAsked,
        answer: &Answer,
        found: &Contact,
    ) -> Vec<(Provenance, KeptValue)> {
        let now = self.environment().now().seconds();
        let mut given = Vec::new();
        for presented in answers(answer) {
            for claim in &presented.disclosed {
                let path = &claim.path;
                let of_name = |one: &&Provenance| covers(path, &one.claim) || covers(&one.claim, path);
                let exact = found.given.iter().find(|one| one.claim == claim.path);
                let Some(before) = exact.or_else(|| found.given.iter().find(of_name)) else { continue };
                let related = found.given.iter().filter(of_name).map(|one| one.audience);
                let nonce = CommitmentNonce::generate(self.environment().randomness());
                let provenance = Provenance {
                    claim: claim.path.clone(),
                    vct: presented.facts.vct().to_owned(),
                    word_of: word_of(presented),
                    purpose: asked.form.purpose.clone(),
                    since: Some(now),
                    audience: exact.map_or_else(|| narrowest(related), |exact| exact.audience),
                    seen_in_team: asked.form.seen_in_team(&claim.path),
                    ..before.clone()
                };
                let (claim, disclosure) = (claim.path.clone(), claim.disclosure.clone());
                given.push((provenance, KeptValue { claim, disclosure, nonce }));
            }
        }
        given
    }

    /// The contact with new values in the place of those below `names`, under a key of its own.
    fn with_new_values(
        &self,
        found: &Contact,
        names: &[&str],
        provenances: Vec<Provenance>,
        kept: Vec<KeptValue>,
    ) -> Result<Contact, SpaceError> {
        // What lies around a new value comes with it where it says something itself.
        let is_replaced = |given: &Provenance| {
            names.iter().any(|name| covers(name, &given.claim))
                || provenances.iter().any(|new| new.claim == given.claim)
        };
        let replaced: Vec<bool> = found.given.iter().map(is_replaced).collect();
        let mut rest = self.rest_of(found, &replaced)?;
        let key = contact::key_of(self.identity.did.as_str(), &rest.id, rest.generation);
        let ContactValues(mut values) = contact::open_values(&self.keyring, &key, &rest.values)?;
        values.extend(kept);
        rest.given.extend(provenances);
        rest.values = contact::seal_values(&self.keyring, &key, &ContactValues(values))?;
        Ok(rest)
    }

    /// The proof of sharing of new values that is followed up under `handle` by the key with thumbprint `holder`.
    pub(crate) async fn new_values_proof(
        &self,
        handle: SecretHash,
        holder: &str,
    ) -> Result<Option<String>, StoreFault> {
        let given = self.tenant.get::<NewValuesGiven>(&handle.as_bytes()[..]).await?;
        Ok(given.filter(|given| given.holder == holder).map(|given| given.sharing_proof))
    }
}

/// Who sees a value at a path that was not held before: nobody who does not see everything around it.
fn narrowest(audiences: impl Iterator<Item = Audience>) -> Audience {
    let width = |audience: &Audience| match audience {
        Audience::Team => 0,
        Audience::MembersHere => 1,
        Audience::Brand => 2,
        Audience::Public => 3,
    };
    audiences.min_by_key(width).unwrap_or_default()
}

/// How a claim is asked for: as its form does, else on whose word it was held.
fn field_for(form: Option<&Form>, given: &Provenance, claim: &str) -> Option<Field> {
    if !matches!(given.vct.as_str(), types::PROFILE | types::OWN) {
        return None;
    }
    let source = if given.vct == types::PROFILE { Source::Checked } else { Source::Own };
    let before = form.and_then(|form| form.field(claim)).filter(|field| field.claim == claim).cloned();
    let field = before.unwrap_or(Field {
        claim: claim.to_owned(),
        need: Need::Required,
        source,
        kept_days: given.kept_days,
        instead: Vec::new(),
        seen_in_team: given.seen_in_team,
    });
    // Whoever asks to give a new value gives one.
    Some(Field { need: Need::Required, instead: Vec::new(), ..field })
}

/// The claims that are asked for.
fn named<'a>(form: &'a Form, of_passport: &'a [String]) -> impl Iterator<Item = &'a str> {
    form.fields.iter().map(|field| &field.claim).chain(of_passport).map(String::as_str)
}

/// Everything of an answer but the membership, which only says who answers.
fn answers(answer: &Answer) -> impl Iterator<Item = &Presented> {
    answer.presented.iter().filter(|presented| presented.query != MEMBERSHIP)
}

fn holder_of(answer: &Answer) -> Option<String> {
    let key = answers(answer).find_map(|presented| presented.facts.holder_key());
    key.or(answer.answering_key.as_ref()).map(jose::Jwk::thumbprint_base64url)
}

fn shared(given: &Provenance, kept: &KeptValue) -> SharedClaim {
    SharedClaim {
        claim: given.claim.clone(),
        vct: given.vct.clone(),
        digest: base64url::encode(jose::digest::sha256(&kept.disclosure)),
        nonce: kept.nonce.clone(),
        needed: given.needed,
        purpose: given.purpose.clone(),
        audience: given.audience,
        seen_in_team: given.seen_in_team,
        kept_days: given.kept_days,
        kept_until: given.until,
    }
}

/// Uses the proof up and records what is asked.
struct AskForNewValues<'a> {
    space: &'a Space,
    caller: &'a Caller<'a>,
    claims: &'a [String],
    id: String,
}

impl Change for AskForNewValues<'_> {
    const NAME: &'static str = "ask-for-new-values";
    type Output = ChangeAsked;
    type Refusal = NotDone;

    async fn apply(&self, tx: &mut Tx) -> Result<ChangeAsked, Fault<NotDone>> {
        let member = self.caller.member(tx).await?.map_err(Fault::Refused)?;
        let contact = match &member.contact {
            Some(contact) => tx.get::<Contact>(contact).await?,
            None => None,
        };
        check_held(contact.as_ref(), self.claims.iter().map(String::as_str)).map_err(Fault::Refused)?;
        let contact = contact.ok_or(Fault::Refused(NotDone::NotHeld(Vec::new())))?;
        let form = tx.get::<SignUp>(&contact.id).await?.map(|sign_up| sign_up.form).unwrap_or_default();
        let in_force = self.space.form_in_force(tx, &form).await?;
        let (form, passport) =
            Space::form_for(&contact, &form, in_force.as_ref(), self.claims).map_err(Fault::Refused)?;
        let compiled = self.space.compiled(&form, &passport).map_err(Fault::Refused)?;
        self.caller.proof.store(tx).await?.map_err(Fault::Refused)?;
        let query = compiled.query.clone();
        let uses = uses(&form, &query);
        let asked = NewValuesAsked {
            id: format!("{PREFIX}{}", self.id),
            sub: member.sub,
            contact: contact.id,
            form,
            compiled,
            passport,
            until: tx.now().plus(REQUEST_LIFETIME).plus(REMEMBERED).seconds(),
        };
        tx.put(&asked).await?;
        Ok(ChangeAsked { subject: asked.id, query, uses })
    }
}

/// Which use each query is for, and who of the team sees what.
fn uses(form: &Form, query: &Value) -> Vec<VerifierInfo> {
    let queries = query.get("credentials").and_then(Value::as_array).into_iter().flatten();
    let ids = queries.filter_map(|one| one.get("id")?.as_str());
    let (membership, held): (Vec<String>, Vec<String>) =
        ids.map(str::to_owned).partition(|id| id == MEMBERSHIP);
    let of = |id: &str, queries| VerifierInfo { credential_ids: Some(queries), ..for_use(id) };
    [of(&form.purpose, held), of(REFILL, membership)].into_iter().chain(seen_in_team(form)).collect()
}

/// New values that wait to be stored.
pub(crate) struct PreparedNewValues {
    asked: NewValuesAsked,
    found: Contact,
    next: Contact,
    given: NewValuesGiven,
    leaves: [Leaf; 2],
    follow_up: String,
}

impl PreparedNewValues {
    async fn holds(&self, reader: &mut Reader) -> Result<bool, StoreFault> {
        let member = reader.get::<Member>(&self.asked.sub).await?;
        let is_member = member.is_some_and(|member| member.standing == Standing::Active);
        Ok(is_member && reader.get::<Contact>(&self.found.id).await?.as_ref() == Some(&self.found))
    }
}

impl Prepared for PreparedNewValues {
    /// The details may have been changed meanwhile, or the membership have ended.
    fn still_holds<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<bool, StoreFault>> {
        Box::pin(self.holds(tx))
    }

    fn apply<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(async move {
            tx.put(&self.next).await?;
            let names = named(&self.asked.form, &self.asked.passport);
            events::happened(tx, &self.found.id, Event::Changed, names).await?;
            keeping::erase_key(tx, &self.found.id, self.found.generation).await?;
            for leaf in &self.leaves {
                tx.log(leaf.clone()).await?;
            }
            tx.put(&self.given).await?;
            tx.delete::<NewValuesAsked>(&self.asked.id).await?;
            await_end_of(tx, &self.found.id).await
        })
    }

    fn reply(&self) -> Reply {
        Reply { sharing_proof_uri: Some(self.follow_up.clone()), ..Reply::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_value_beside_a_published_one_is_shown_to_nobody_more_than_the_narrowest() {
        let of = |audiences: &[Audience]| narrowest(audiences.iter().copied());
        assert_eq!(of(&[Audience::Public, Audience::MembersHere, Audience::Brand]), Audience::MembersHere);
        assert_eq!(of(&[Audience::Public, Audience::Brand]), Audience::Brand);
        assert_eq!(of(&[Audience::Public, Audience::Team]), Audience::Team);
        assert_eq!((of(&[Audience::Public]), of(&[])), (Audience::Public, Audience::Team));
    }
}
