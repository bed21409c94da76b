//! From a verified answer to a sign-up, a sealed contact, a leaf and a proof of sharing; a refill goes its own way
//! ([`renewing`]).

use credentials::types;
use jose::base64url;
use ledger::{CommitmentNonce, Leaf};
use network::sharing_proof::{NewProof, ProofOfSharing, SharedClaim};
use network::terms::Terms;
use openid4vc::secret::SecretText;
use presentation::{
    Answer, BoxFuture, NothingToStore, Prepared, Presented, Receiving, Refused, Reply, Settlement, SignedBy,
    Way,
};
use serde_json::{Map, Value};
use store::{Lanes, StoreFault, Tx};

use crate::asking_again;
use crate::contact::{self, ContactValues, KeptValue};
use crate::deciding::Deciding;
use crate::form::{Field, Form, Meaning, Need};
use crate::invitations::{here_i_am, opening};
use crate::keeping::{self, delete_contact};
use crate::member_api;
use crate::outgoing::events;
use crate::outgoing::records::Event;
use crate::portal;
use crate::records::{Asked, ByAsked, Contact, Provenance, SignUp};
use crate::renewing;
use crate::space::{Space, SpaceError};
use crate::values;

/// Seconds for which a member leaves details to the space at least: who wants them back at once becomes no member by them.
const SHORTEST_KEEPING: i64 = 86_400;

impl Receiving for Space {
    fn prepare<'a>(&'a self, answer: &'a Answer) -> BoxFuture<'a, Result<Box<dyn Prepared>, Refused>> {
        Box::pin(async move {
            if answer.subject == renewing::SUBJECT {
                return Ok(Box::new(self.prepare_refill(answer).await?) as Box<dyn Prepared>);
            }
            if answer.subject == member_api::ACCESS {
                return Ok(Box::new(self.prepare_access(answer).await?) as Box<dyn Prepared>);
            }
            if member_api::is_about_new_values(&answer.subject) {
                return Ok(Box::new(self.prepare_new_values(answer).await?) as Box<dyn Prepared>);
            }
            if portal::is_about_signing_in(&answer.subject) {
                return self.prepare_sign_in(answer).await;
            }
            if let Some(invitation) = here_i_am::invitation_of(&answer.subject) {
                return Ok(Box::new(self.prepare_here(answer, invitation).await?) as Box<dyn Prepared>);
            }
            let asked = self.tenant.get::<Asked>(&answer.subject).await?.ok_or_else(|| {
                Refused::rejected("unknown_request", "this request has ended; ask for a new one")
            })?;
            self.check_place_of(&asked).await?;
            let prepared = self.prepare_sign_up(&asked, answer)?;
            Ok(Box::new(prepared) as Box<dyn Prepared>)
        })
    }

    /// New values are given beside the membership that says whose they are.
    fn takes_several_keys(&self, subject: &str) -> bool {
        member_api::is_about_new_values(subject)
    }

    fn settle<'a>(
        &'a self,
        subject: &'a str,
        settlement: Settlement,
    ) -> BoxFuture<'a, Result<Box<dyn Prepared>, Refused>> {
        Box::pin(async move {
            if portal::is_about_signing_in(subject) {
                return Ok(match settlement {
                    Settlement::Complete => Box::new(NothingToStore) as Box<dyn Prepared>,
                    Settlement::Rejected | Settlement::Filed => {
                        Box::new(portal::Forgotten(subject.to_owned()))
                    }
                });
            }
            let Some(sign_up) = self.tenant.find::<ByAsked>(subject).await? else {
                return Ok(Box::new(NothingToStore) as Box<dyn Prepared>);
            };
            match settlement {
                Settlement::Rejected => Ok(Box::new(Dropped(sign_up)) as Box<dyn Prepared>),
                Settlement::Complete if sign_up.awaited => {
                    let decision = match self.decide_by_rule(&sign_up).map_err(unavailable)? {
                        Some(decision) => Some(self.telling(decision, &sign_up).await.map_err(unavailable)?),
                        None => None,
                    };
                    Ok(Box::new(Known { sign_up, decision }) as Box<dyn Prepared>)
                }
                Settlement::Complete | Settlement::Filed => Ok(Box::new(NothingToStore) as Box<dyn Prepared>),
            }
        })
    }
}

impl Space {
    fn prepare_sign_up(&self, asked: &Asked, answer: &Answer) -> Result<PreparedSignUp, Refused> {
        let now = self.environment().now();
        let terms = terms_of(asked, answer)?;
        if terms.until.is_some_and(|until| until < now.plus(SHORTEST_KEEPING).seconds()) {
            let sentence = "the details must be left to the space for at least a day; choose a later date";
            return Err(Refused::rejected("until_too_soon", sentence));
        }
        let holder = holder_of(answer)?;
        self.check_brand(asked, answer)?;
        values::check(&asked.form, &asked.compiled, answer, now)?;
        let id = self.fresh_id();
        let given = self.given(asked, answer, &terms);
        let proof = self.proof_of_sharing(asked, &terms.request, &holder, &given).map_err(unavailable)?;
        let log = &self.identity.log;
        let signed = proof
            .sign(&log.key_id.to_string(), log.signer.as_ref())
            .map_err(|error| unavailable(error.into()))?;
        let contact = self.seal_contact(&id, &given, &terms).map_err(unavailable)?;
        let follow_up = SecretText::random(self.environment().randomness());
        let sign_up = SignUp {
            id: id.clone(),
            asked: asked.id.clone(),
            form: asked.form.id.clone(),
            told: asked.told.clone(),
            answered_at: now.seconds(),
            awaited: matches!(answer.way, Way::SameDevice { .. }),
            decides: asked.form.decides(checked(asked, answer)),
            version: asked.version,
            is_limited: asked.form.places.is_some(),
            waits_for_a_place: false,
            decided: None,
            request_hash: terms.request.clone(),
            holder,
            sharing_proof: signed,
            follow_up: follow_up.hash(),
            member: None,
            in_place_of: asked.in_place_of.clone(),
        };
        let decision =
            if sign_up.awaited { None } else { self.decide_by_rule(&sign_up).map_err(unavailable)? };
        let telling = |decision| self.telling_at(decision, &sign_up.id, terms.inbox.as_ref());
        let decision = decision.map(telling).transpose().map_err(unavailable)?;
        let page = match answer.way {
            Way::SameDevice { .. } => Some("/join/return"),
            Way::OtherDevice { .. } => Some("/join/phone"),
            Way::NoScreen => None,
        };
        let reply = Reply {
            redirect_uri: page.map(|page| self.identity.address(page)),
            sharing_proof_uri: Some(self.identity.address(&format!("/follow-up/{}", follow_up.expose()))),
            ..Reply::default()
        };
        Ok(PreparedSignUp { sign_up, contact, leaf: proof.log.leaf, decision, reply })
    }

    /// Everything that was disclosed, in the order of the queries, each with the rule that lets the space have it.
    fn given(&self, asked: &Asked, answer: &Answer, terms: &Terms) -> Vec<Given> {
        let mut given = Vec::new();
        for presented in &answer.presented {
            if presented.facts.vct() == types::TERMS {
                continue;
            }
            for claim in &presented.disclosed {
                let field = asked.form.field(&claim.path);
                let nonce = CommitmentNonce::generate(self.environment().randomness());
                given.push(Given {
                    digest: claim.digest,
                    kept: KeptValue {
                        claim: claim.path.clone(),
                        disclosure: claim.disclosure.clone(),
                        nonce,
                    },
                    provenance: Provenance {
                        claim: claim.path.clone(),
                        vct: presented.facts.vct().to_owned(),
                        word_of: word_of(presented),
                        needed: is_needed(&asked.form, presented.facts.vct(), field),
                        purpose: asked.form.purpose.clone(),
                        audience: terms.audience(&claim.path),
                        seen_in_team: asked.form.seen_in_team(&claim.path),
                        kept_days: self.kept_days(asked, field, &claim.path),
                        until: terms.until,
                        since: Some(self.environment().now().seconds()),
                    },
                });
            }
        }
        given
    }

    fn proof_of_sharing(
        &self,
        asked: &Asked,
        request: &str,
        holder: &str,
        given: &[Given],
    ) -> Result<ProofOfSharing, SpaceError> {
        let shared = given.iter().map(|given| SharedClaim {
            claim: given.provenance.claim.clone(),
            vct: given.provenance.vct.clone(),
            digest: base64url::encode(given.digest),
            nonce: given.kept.nonce.clone(),
            needed: given.provenance.needed,
            purpose: given.provenance.purpose.clone(),
            audience: given.provenance.audience,
            seen_in_team: given.provenance.seen_in_team,
            kept_days: given.provenance.kept_days,
            kept_until: given.provenance.until,
        });
        let environment = self.environment();
        NewProof {
            issuer: self.identity.did.as_str(),
            request,
            holder,
            purpose: &asked.form.purpose,
            shared: shared.collect(),
        }
        .make(environment.now(), environment.randomness())
        .map_err(|_| SpaceError::Unreadable)
    }

    fn seal_contact(&self, id: &str, given: &[Given], terms: &Terms) -> Result<Contact, SpaceError> {
        let key = contact::key_of(self.identity.did.as_str(), id, 0);
        let values = ContactValues(given.iter().map(|given| given.kept.clone()).collect());
        let inbox = match &terms.inbox {
            None => None,
            Some(inbox) => {
                let text = serde_json::to_vec(inbox).map_err(|_| SpaceError::Unreadable)?;
                Some(contact::seal_inbox(&self.keyring, &key, &text)?)
            }
        };
        Ok(Contact {
            id: id.to_owned(),
            given: given.iter().map(|given| given.provenance.clone()).collect(),
            values: contact::seal_values(&self.keyring, &key, &values)?,
            inbox,
            generation: 0,
            notes: None,
        })
    }

    /// For how many days a claim is kept: as registered, or for less where the form says so. The wallet has shown the
    /// registration, so nothing is kept for longer.
    fn kept_days(&self, asked: &Asked, field: Option<&Field>, claim: &str) -> Option<u32> {
        let uses = &self.registration.content().intended_uses;
        let registered = uses.iter().filter(|one| one.id == asked.form.purpose).flat_map(|one| &one.claims);
        let covers =
            |path: &str| path == claim || claim.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        // The most exact registration counts, as it does where the wallet shows it.
        let registered = registered
            .map(|one| (one.path.to_string(), one.retention_days))
            .filter(|(path, _)| covers(path))
            .max_by_key(|(path, _)| path.len());
        let own = field.and_then(|field| field.kept_days);
        registered.map(|(_, days)| days).into_iter().chain(own).min()
    }
}

/// One value with where it came from.
struct Given {
    digest: [u8; 32],
    kept: KeptValue,
    provenance: Provenance,
}

/// What an office checked of the answer, where the form needs something checked.
fn checked<'a>(asked: &Asked, answer: &'a Answer) -> Option<&'a Map<String, Value>> {
    let profile = asked.compiled.meanings.iter().find(|(_, meaning)| **meaning == Meaning::Profile);
    // All claims that are needed and checked stand in one query; only those can be a rule's.
    profile.and_then(|(query, _)| answer.for_query(query)).map(|presented| &presented.claims)
}

/// The member's terms, which must be about the request object that was answered.
fn terms_of(asked: &Asked, answer: &Answer) -> Result<Terms, Refused> {
    let query = asked.compiled.meanings.iter().find(|(_, meaning)| **meaning == Meaning::Terms);
    let presented = query.and_then(|(id, _)| answer.for_query(id));
    let Some(presented) = presented else {
        return Ok(Terms { request: answer.request_hash.clone(), ..Terms::default() });
    };
    Terms::from_claims(&presented.claims, &answer.request_hash)
        .map_err(|error| Refused::rejected("malformed_presentation", error.to_string()))
}

/// The key to which everything that follows is bound: that of our own types, else that of the first credential.
fn holder_of(answer: &Answer) -> Result<String, Refused> {
    let first = || answer.presented.first().and_then(|presented| presented.facts.holder_key());
    answer
        .answering_key
        .as_ref()
        .or_else(first)
        .map(jose::Jwk::thumbprint_base64url)
        .ok_or_else(|| Refused::rejected("wrong_key", "nothing in the answer is bound to a key"))
}

/// Whether the form cannot do without what came. What no field asks for came with something that it cannot do without.
fn is_needed(form: &Form, vct: &str, field: Option<&Field>) -> bool {
    let need = match vct {
        types::PASSPORT => form.passport,
        types::MEMBERSHIP => form.membership,
        _ => field.map(|field| field.need),
    };
    need != Some(Need::Optional)
}

pub(crate) fn word_of(presented: &Presented) -> String {
    match &presented.signed_by {
        SignedBy::Office(did) => format!("office {did}"),
        SignedBy::Space(did) => format!("space {did}"),
        SignedBy::Holder => "own".to_owned(),
        SignedBy::Foreign(subject) => format!("foreign {subject}"),
    }
}

pub(crate) fn unavailable(error: SpaceError) -> Refused {
    match error {
        SpaceError::Store(fault) => Refused::Store(fault),
        other => Refused::Store(StoreFault::unavailable(other)),
    }
}

/// A sign-up that waits to be stored.
struct PreparedSignUp {
    sign_up: SignUp,
    contact: Contact,
    leaf: Leaf,
    decision: Option<Deciding>,
    reply: Reply,
}

impl Prepared for PreparedSignUp {
    fn lanes(&self) -> Lanes {
        self.decision.as_ref().map_or_else(Lanes::none, Deciding::lanes)
    }

    /// The sign-up whose place this takes may have been decided meanwhile, or asked for something else again.
    fn still_holds<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<bool, StoreFault>> {
        Box::pin(async move {
            match &self.sign_up.in_place_of {
                Some(earlier) => asking_again::may_replace(tx, &self.sign_up.asked, earlier).await,
                None => Ok(true),
            }
        })
    }

    fn apply<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(async move {
            if let Some(earlier) = &self.sign_up.in_place_of {
                asking_again::replace(tx, earlier).await?;
            }
            tx.put(&self.contact).await?;
            tx.log(self.leaf.clone()).await?;
            let mut sign_up = self.sign_up.clone();
            if !sign_up.awaited {
                tx.put(&sign_up).await?;
                events::happened(tx, &sign_up.id, Event::SignedUp, self.contact.names()).await?;
            }
            if let Some(decision) = &self.decision {
                decision.write_or_wait(tx, &mut sign_up).await?;
            }
            tx.put(&sign_up).await?;
            if !sign_up.awaited {
                opening::answered(tx, &sign_up.asked).await?;
            }
            keeping::await_end_of(tx, &sign_up.id).await
        })
    }

    fn reply(&self) -> Reply {
        self.reply.clone()
    }
}

/// A sign-up whose device did not come back, or came back in another browser: its values go.
struct Dropped(SignUp);

impl Prepared for Dropped {
    fn apply<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(async move {
            tx.delete::<SignUp>(&self.0.id).await?;
            delete_contact(tx, &self.0.id).await
        })
    }

    fn reply(&self) -> Reply {
        Reply::default()
    }
}

/// A sign-up whose device has come back.
struct Known {
    sign_up: SignUp,
    decision: Option<Deciding>,
}

impl Prepared for Known {
    fn lanes(&self) -> Lanes {
        self.decision.as_ref().map_or_else(Lanes::none, Deciding::lanes)
    }

    /// The sign-up may have come to its end meanwhile, or been decided.
    fn still_holds<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<bool, StoreFault>> {
        Box::pin(async move { Ok(tx.get::<SignUp>(&self.sign_up.id).await?.as_ref() == Some(&self.sign_up)) })
    }

    fn apply<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(async move {
            let mut sign_up = self.sign_up.clone();
            sign_up.awaited = false;
            if let Some(contact) = tx.get::<Contact>(&sign_up.id).await? {
                events::happened(tx, &sign_up.id, Event::SignedUp, contact.names()).await?;
            }
            if let Some(decision) = &self.decision {
                decision.write_or_wait(tx, &mut sign_up).await?;
            }
            opening::answered(tx, &sign_up.asked).await?;
            tx.put(&sign_up).await
        })
    }

    fn reply(&self) -> Reply {
        Reply::default()
    }
}
