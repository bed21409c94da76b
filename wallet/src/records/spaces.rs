//! What each space was given, with the proofs. Each answer is a record of its own: a record has a greatest size, and a
//! member may come back every day.

use environment::Timestamp;
use network::change_proof::ChangeProof;
use network::claims::Audience;
use network::seen_in_team::SeenInTeam;
use network::sharing_proof::ProofOfSharing;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::held::Holding;
use super::{HeldClaim, PrivateKey, proof_of};
use crate::question::Use;
use crate::vault::Kept;

/// The outcome of an answer that the space ended before anything came of it, by its own word.
pub(crate) const ENDED: &str = "ended";

/// A space as the member knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceView {
    /// The DID, or the client identifier outside any network.
    pub id: String,
    /// The name.
    pub name: String,
    /// The host.
    pub host: String,
    /// The network that admitted it.
    pub network: Option<String>,
    /// What it was given, oldest first.
    pub given: Vec<Given>,
    /// What the member had changed there, oldest first.
    pub changes: Vec<ProvenChange>,
    /// What it has by now: what it was given, less what was taken back and what has ended.
    pub held: Vec<HeldClaim>,
    /// When the membership ended by what the member did, in seconds since the epoch; none while no proof says so.
    pub left_at: Option<i64>,
    /// Whether it is a passport office: it is told things to be checked, and is no space.
    pub is_office: bool,
}

impl SpaceView {
    /// Whether this is a space that has details of the member, also after they left. An office erases what it checked, and
    /// counts for none.
    #[must_use]
    pub fn has_details(&self) -> bool {
        !self.is_office && !self.held.is_empty()
    }

    /// Whether the space ended what was begun last before anything came of it.
    #[must_use]
    pub fn has_ended_it(&self) -> bool {
        self.given.last().is_some_and(|given| given.outcome.as_deref() == Some(ENDED))
    }

    /// The use that goes by this name at the space, as it was told when it asked last.
    #[must_use]
    pub fn use_named(&self, id: &str) -> Option<&Use> {
        self.given.iter().rev().find_map(|given| given.use_named(id))
    }
}

impl ProvenChange {
    /// What the proof says; it was verified when it was kept.
    #[must_use]
    pub fn proven(&self) -> Option<ChangeProof> {
        proof_of(&self.proof)
    }
}

impl Given {
    /// The use that goes by this name.
    pub(crate) fn use_named(&self, id: &str) -> Option<&Use> {
        self.uses.iter().find(|one| one.id == id)
    }

    /// The claims that the question named. Answers of before count what lies around one age that was shown, too: the others are
    /// digests in it alone, and tell nothing (RFC 9901 §4.2.6). Where several were shown, all may have been asked for at once.
    pub fn named_claims(&self) -> impl Iterator<Item = &GivenClaim> {
        let ages_beside = |claim: &GivenClaim| {
            self.claims.iter().filter(|other| other.vct == claim.vct && is_age(&other.claim)).count()
        };
        let lies_around = move |claim: &GivenClaim| claim.claim == AGES && ages_beside(claim) == 1;
        self.claims.iter().filter(move |claim| !lies_around(claim))
    }

    /// Whether nothing of it is to be kept there any more: the space declined, or ended it before anything came of it.
    #[must_use]
    pub fn is_kept_no_more(&self) -> bool {
        matches!(self.outcome.as_deref(), Some("declined" | ENDED))
    }

    /// What the proof of sharing says; it was verified when it was kept.
    #[must_use]
    pub fn proven(&self) -> Option<ProofOfSharing> {
        self.proof.as_deref().and_then(proof_of)
    }
}

/// Something that the member had changed at a space, with the proof of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenChange {
    /// When, in seconds since the epoch.
    pub at: i64,
    /// What, in one line: names, no value.
    pub what: String,
    /// The proof of change, checked.
    pub proof: String,
}

/// The same, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptChange {
    /// The identifier under which it was asked.
    pub(crate) id: String,
    /// The identifier of the space.
    pub(crate) space: String,
    /// How many answers this space was given before.
    pub(crate) after: usize,
    /// How many changes it had done before: several may be done within one second.
    #[serde(default)]
    pub(crate) number: usize,
    pub(crate) change: ProvenChange,
}

impl Kept for KeptChange {
    const KIND: &'static str = "change";

    fn name(&self) -> String {
        self.id.clone()
    }
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// When, in seconds since the epoch.
    pub at: i64,
    /// base64url hash of the request object.
    pub request: String,
    /// The stated purpose.
    pub purpose: Option<String>,
    /// The uses of which the purpose is, as they were registered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) uses: Vec<Use>,
    /// The claims.
    pub claims: Vec<GivenClaim>,
    /// The proof of sharing, checked.
    pub proof: Option<String>,
    /// The decision, checked.
    pub decision: Option<String>,
    /// The outcome in one word, once decided.
    pub outcome: Option<String>,
    /// Of which set the own details in it were, by its identifier, where there were several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) own_set: Option<String>,
    /// Claims of which the space has by this answer new values in the place of those of before.
    #[serde(default)]
    pub(crate) replaces: Vec<String>,
    /// Names of the claims given to a space; an office's are no habit. For the preset "my usual".
    #[serde(default)]
    pub(crate) said_yes: Vec<String>,
    /// Names of the claims that could have been given to the space and were not.
    #[serde(default)]
    pub(crate) said_no: Vec<String>,
}

/// The ages that somebody has reached, each of which is shown for itself.
pub(crate) const AGES: &str = "age_equal_or_over";

/// Whether a claim is one of them.
pub(crate) fn is_age(claim: &str) -> bool {
    claim.strip_prefix(AGES).is_some_and(|rest| rest.starts_with('.'))
}

/// One claim.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenClaim {
    /// Its path, joined by `.`.
    pub claim: String,
    /// The type it was shown from.
    pub vct: String,
    /// base64url SHA-256 of the disclosure.
    pub digest: String,
    /// Who may see it.
    pub audience: Audience,
    /// Who of the team sees it, as the signed request promised it.
    #[serde(default, skip_serializing_if = "SeenInTeam::is_team")]
    pub seen_in_team: SeenInTeam,
    /// SHA-256 of the value, to notice when another space is given the same. Never leaves the vault.
    #[serde(default)]
    pub(crate) same_as: String,
    /// The value, until it is written down in a record of its own ([`GivenValue`](super::GivenValue)).
    #[serde(skip)]
    pub(crate) value: Option<Value>,
}

impl std::fmt::Debug for GivenClaim {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "GivenClaim({})", self.claim)
    }
}

/// A space, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KnownSpace {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) host: String,
    pub(crate) network: Option<String>,
    /// Whether its network lists it as an office. Records of before this was kept say that with the next answer.
    #[serde(default)]
    pub(crate) is_office: bool,
}

/// One answer, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptAnswer {
    /// The identifier of the space.
    pub(crate) space: String,
    /// How many answers this space was given before.
    pub(crate) number: usize,
    pub(crate) given: Given,
    /// The answering key, while it is not known what became of the answer: it alone proves whose answer it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unanswered: Option<PrivateKey>,
}

impl KeptAnswer {
    /// The name of the answer that was given to this space after so many others.
    pub(crate) fn name_of(space: &str, number: usize) -> String {
        format!("{number} {space}")
    }
}

impl SpaceView {
    /// The spaces with what each was given and what was changed there, oldest first, and what they have at `now`.
    pub(crate) fn all(
        spaces: Vec<KnownSpace>,
        mut answers: Vec<KeptAnswer>,
        mut changes: Vec<KeptChange>,
        now: Timestamp,
    ) -> Vec<Self> {
        answers.sort_by_key(|answer| answer.number);
        changes.sort_by_key(|kept| (kept.after, kept.change.at, kept.number));
        let view = |space: KnownSpace| {
            let of_space = answers.iter().filter(|answer| answer.space == space.id);
            let given: Vec<Given> = of_space.map(|answer| answer.given.clone()).collect();
            let at_space: Vec<&KeptChange> = changes.iter().filter(|kept| kept.space == space.id).collect();
            let Holding { held, left_at } = Holding::of(&space.id, &given, &at_space, now);
            let changes = at_space.into_iter().map(|kept| kept.change.clone()).collect();
            let KnownSpace { id, name, host, network, is_office } = space;
            Self { id, name, host, network, given, changes, held, left_at, is_office }
        };
        spaces.into_iter().map(view).collect()
    }
}

impl Kept for KnownSpace {
    const KIND: &'static str = "space";

    fn name(&self) -> String {
        self.id.clone()
    }
}

impl Kept for KeptAnswer {
    const KIND: &'static str = "given";

    fn name(&self) -> String {
        Self::name_of(&self.space, self.number)
    }
}
