//! What a failure means to the member, and what to do about it.

use std::path::Path;

use ::wallet::{
    AcceptError, Answer, CollectError, MailError, NetworkError, PresentError, Reading, RefillError,
    TrustError, VaultError, WalletError,
};
use credentials::types;
use openid4vc::http::AnswerError;
use openid4vc::vci::authorization::ReturnError;
use openid4vc::vci::offer::{self, OfferError};
use openid4vc::vci::wallet::WalletError as IssuanceError;
use openid4vc::vp::link;
use openid4vc::vp::request::RequestError;
use outbound::OutboundError;
use store_sled::OpenError;

use super::{Failure, words};

impl From<AcceptError> for Failure {
    fn from(error: AcceptError) -> Self {
        let sentence = accepting(&error).unwrap_or_else(|| error.to_string());
        Self::new(error.code(), sentence)
    }
}

impl From<PresentError> for Failure {
    fn from(error: PresentError) -> Self {
        let sentence = presenting(&error).unwrap_or_else(|| error.to_string());
        Self::new(error.code(), sentence)
    }
}

impl From<RefillError> for Failure {
    fn from(error: RefillError) -> Self {
        match error {
            RefillError::Present(error) => error.into(),
            RefillError::Accept(error) => error.into(),
            other => Self::new("not_refilled", other.to_string()),
        }
    }
}

impl From<CollectError> for Failure {
    fn from(error: CollectError) -> Self {
        Self::new("not_collected", error.to_string())
    }
}

impl From<MailError> for Failure {
    fn from(error: MailError) -> Self {
        match error {
            MailError::Present(error) => error.into(),
            MailError::Accept(error) => error.into(),
            other => Self::new(other.code(), other.to_string()),
        }
    }
}

impl From<NetworkError> for Failure {
    fn from(error: NetworkError) -> Self {
        Self::new("network_not_joined", error.to_string())
    }
}

impl From<WalletError> for Failure {
    fn from(error: WalletError) -> Self {
        Self::new("vault", error.to_string())
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        if let VaultError::Open(OpenError::Locked { folder }) = &error {
            return Self::new("wallet_in_use", in_use(folder));
        }
        let code = match error {
            VaultError::WrongSecret => "wrong_passphrase",
            VaultError::NotThere(_) => "no_wallet",
            VaultError::AlreadyThere(_) | VaultError::HereAlready => "wallet_exists",
            VaultError::OfHost(_) => "wallets_of_a_host",
            VaultError::ShortPassphrase => "short_passphrase",
            VaultError::BrokenOff => "broken_off",
            _ => "vault",
        };
        Self::new(code, error.to_string())
    }
}

/// What whoever calls can do about it: mostly the pages are served, in another terminal.
fn in_use(folder: &Path) -> String {
    format!(
        "your wallet in {} is in use: if `passport wallet serve` shows its pages, do it there, or stop them with Ctrl-C and try again; \
         otherwise another command is at work, so try again in a moment",
        folder.display()
    )
}

impl From<TrustError> for Failure {
    fn from(error: TrustError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<outbound::ClientError> for Failure {
    fn from(error: outbound::ClientError) -> Self {
        Self::new("tls", error.to_string())
    }
}

impl From<OutboundError> for Failure {
    fn from(error: OutboundError) -> Self {
        let status = match &error {
            OutboundError::Status { status } => Some(status.as_u16()),
            _ => None,
        };
        let sentence = status.and_then(misdirected).unwrap_or_else(|| error.to_string());
        Self::new("unreachable", sentence)
    }
}

/// A link by which somebody offers something is not answered: what takes it is named.
pub(super) fn check_asks(address: &str) -> Result<(), Failure> {
    let is_offer = matches!(Reading::of(address), Ok(Reading::Offer(_)));
    if !is_offer || link::Link::parse(address).is_ok() {
        return Ok(());
    }
    let sentence = "this link offers you something: take it with `passport wallet accept-offer`";
    Err(Failure::new("invalid_request", sentence))
}

/// A link by which somebody asks for something is not taken as an offer: what answers it is named.
pub(super) fn check_offers(address: &str) -> Result<(), Failure> {
    let is_request = matches!(Reading::of(address), Ok(Reading::Request(_)));
    if !is_request || offer::Link::parse(address).is_ok() {
        return Ok(());
    }
    let sentence = "this link asks you for something: answer it with `passport wallet present`";
    Err(Failure::new("invalid_credential_offer", sentence))
}

fn accepting(error: &AcceptError) -> Option<String> {
    match error {
        AcceptError::Offer(OfferError::Fetch(AnswerError::Status(404 | 410))) => {
            Some("this offer was used or has run out; ask whoever made it for a new one".to_owned())
        }
        AcceptError::Offer(OfferError::Fetch(AnswerError::Status(status)))
        | AcceptError::Issuance(IssuanceError::Status(status)) => misdirected(*status),
        AcceptError::Issuance(IssuanceError::Refused { code }) if code == "invalid_grant" => Some(
            "the issuer refused (invalid_grant): the offer was used already or has run out, or its transaction code \
             is wrong; check the code if there is one, or ask whoever made the offer for a new one"
                .to_owned(),
        ),
        AcceptError::Issuance(IssuanceError::NoPreAuthorizedCode) => Some(
            "the issuer wants your say on its own page: take this offer with `passport wallet accept-offer`".to_owned(),
        ),
        AcceptError::Issuance(IssuanceError::AttestationNeeded) => Some(format!(
            "{error}; name one with `passport wallet provider use`, if you have one that this issuer takes"
        )),
        AcceptError::Issuance(IssuanceError::Refused { code }) if code == "invalid_client" => Some(
            "the issuer does not take this wallet (invalid_client): nobody that it trusts vouches for it".to_owned(),
        ),
        AcceptError::Issuance(IssuanceError::Denied { .. }) => {
            let said = error.said().map(::wallet::shown);
            let said = said.map(|reason| format!("; it says: \u{201c}{reason}\u{201d}")).unwrap_or_default();
            Some(format!("the issuer declined: it gives you no such credential ({}){said}", error.code()))
        }
        AcceptError::Return(returned) => returning(returned),
        _ => None,
    }
}

/// What came back from the issuer's page, in words.
fn returning(error: &ReturnError) -> Option<String> {
    match error {
        ReturnError::Refused { code } => Some(match code.as_str() {
            "access_denied" => {
                "nothing was given: on the issuer's page it was declined (access_denied)".to_owned()
            }
            "server_error" | "temporarily_unavailable" => {
                format!("the issuer is not able to answer at present ({code}); begin again later")
            }
            _ => format!("the issuer refused ({code}); nothing was given"),
        }),
        ReturnError::OtherIssuer | ReturnError::IssuerMissing => Some(format!(
            "{error}; nothing was sent to anybody. Give the address again just as your \
             browser shows it; if that is what you gave, somebody may have mixed up two issuers on purpose: begin again"
        )),
        _ => None,
    }
}

fn presenting(error: &PresentError) -> Option<String> {
    match error {
        PresentError::Request(RequestError::Fetch(AnswerError::Status(404 | 410))) => {
            Some("this request was used or has run out; open the space's page again for a new one".to_owned())
        }
        PresentError::Request(RequestError::Fetch(AnswerError::Status(status))) => misdirected(*status),
        PresentError::CannotBeSatisfied { missing } => {
            Some(format!("{error}. {}. {STAYS_OPEN}", remedies(missing)))
        }
        PresentError::NoFreshCopy { types, ways } => Some(format!(
            "nothing was given: every copy of {} was shown before, has expired or was revoked; {}. {STAYS_OPEN}",
            words::kinds(types),
            ways.iter().map(|way| ::wallet::shown(way)).collect::<Vec<_>>().join("; ")
        )),
        _ => None,
    }
}

/// What this command does with a request that cannot be answered yet.
const STAYS_OPEN: &str = "Then answer the same link again: the request stays open until it runs out";

/// What is missing, each with the ways to get it; what is got in the same way is named together.
fn remedies(missing: &[Answer]) -> String {
    let mut ways: Vec<(String, Vec<String>)> = Vec::new();
    for answer in missing {
        let named: Vec<(String, String)> = if answer.claims.is_empty() {
            vec![(words::kinds(&answer.types), remedy(answer, ""))]
        } else {
            let lacking = answer.claims.iter().filter(|claim| claim.value.is_none());
            lacking.map(|claim| (words::claim(&claim.claim), remedy(answer, &claim.claim))).collect()
        };
        for (name, way) in named {
            match ways.iter_mut().find(|(known, _)| *known == name) {
                Some((_, of_it)) if of_it.contains(&way) => {}
                Some((_, of_it)) => of_it.push(way),
                None => ways.push((name, vec![way])),
            }
        }
    }
    let mut told: Vec<(Vec<String>, String)> = Vec::new();
    for (name, ways) in ways {
        let ways = ways.join(", or ");
        match told.iter_mut().find(|(_, known)| *known == ways) {
            Some((names, _)) => names.push(name),
            None => told.push((vec![name], ways)),
        }
    }
    let told = told.into_iter().map(|(names, ways)| format!("For {}: {ways}", names.join(", ")));
    told.collect::<Vec<_>>().join(". ")
}

/// How the member gets a claim of a part that is missing.
fn remedy(answer: &Answer, claim: &str) -> String {
    let takes = |vct: &str| answer.types.iter().any(|one| one == vct);
    if takes(types::OWN) {
        let example = if claim == "email" { "you@example.org" } else { "…" };
        return format!(
            "say it yourself with `passport wallet own set {} {example}`",
            ::wallet::shown(claim)
        );
    }
    if takes(types::PASSPORT) || takes(types::PROFILE) {
        return "get a passport from an office".to_owned();
    }
    if takes(types::MEMBERSHIP) || takes(types::STATEMENT) {
        return "ask your space for the offer of your membership".to_owned();
    }
    format!("get {} from its issuer", words::kinds(&answer.types))
}

/// A host that is called by a name it does not go by says 421 (RFC 9110 §15.5.20).
fn misdirected(status: u16) -> Option<String> {
    (status == 421).then(|| {
        "the host does not go by the name in this address (status 421); check name and port of the address, and any \
         --resolve"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(vct: &str, name: &str) -> Answer {
        let mut answer = Answer::default();
        answer.types = vec![vct.to_owned()];
        answer.claims.push(::wallet::AskedClaim {
            claim: name.to_owned(),
            value: None,
            beyond_registration: false,
            kept_days: None,
            also_given_to: Vec::new(),
            known_to_asker: None,
            seen_in_team: network::seen_in_team::SeenInTeam::Team,
        });
        answer
    }

    #[test]
    fn what_is_missing_is_named_with_the_way_to_get_it() {
        let missing = vec![
            missing(types::PROFILE, "email"),
            missing(types::OWN, "email"),
            missing(types::PROFILE, "given_name"),
            missing(types::PROFILE, "birthdate"),
        ];
        let failure = Failure::from(PresentError::CannotBeSatisfied { missing });
        assert_eq!(failure.code, "cannot_be_satisfied");
        assert_eq!(
            failure.sentence,
            "nothing was given: the wallet does not have what is needed. For e-mail address: get a passport from an \
             office, or say it yourself with `passport wallet own set email you@example.org`. For first name, \
             date of birth: get a passport from an office. Then answer the same link again: the request stays open until \
             it runs out"
        );
    }

    #[test]
    fn what_was_used_or_has_run_out_is_said_so_and_what_to_do() {
        let fetched = |status| RequestError::Fetch(AnswerError::Status(status));
        for (status, part) in [(404, "was used or has run out"), (410, "open the space's page again")] {
            let failure = Failure::from(PresentError::Request(fetched(status)));
            assert_eq!(failure.code, "invalid_request");
            assert!(failure.sentence.contains(part), "{}", failure.sentence);
        }
        let put_off = Failure::from(PresentError::PutOff { seconds: 57 });
        assert_eq!(put_off.code, "put_off");
        assert_eq!(
            put_off.sentence,
            "the answer was given and could not be taken yet: the same one goes again, with `passport wallet collect` in 57 \
             seconds or later, as long as the request is open"
        );
        let other = Failure::from(PresentError::Request(fetched(500)));
        assert!(other.sentence.contains("500"), "{}", other.sentence);
        let refused = |code: &str| {
            Failure::from(AcceptError::Issuance(IssuanceError::Refused { code: code.to_owned() })).sentence
        };
        assert!(refused("invalid_grant").contains("ask whoever made the offer for a new one"));
        assert_eq!(refused("invalid_request"), "the issuer refused: invalid_request");
    }

    #[test]
    fn what_came_back_from_an_issuers_page_is_told_in_words() {
        let refused =
            |code: &str| Failure::from(AcceptError::Return(ReturnError::Refused { code: code.to_owned() }));
        assert_eq!(refused("access_denied").code, "access_denied");
        for (code, part) in [
            ("access_denied", "was declined"),
            ("server_error", "begin again later"),
            ("invalid_scope", "refused (invalid_scope)"),
        ] {
            assert!(refused(code).sentence.contains(part), "{code}");
        }
        let mixed_up = Failure::from(AcceptError::Return(ReturnError::OtherIssuer));
        assert!(mixed_up.sentence.contains("nothing was sent to anybody"), "{}", mixed_up.sentence);
        let unheard = Failure::from(AcceptError::Issuance(IssuanceError::AttestationNeeded));
        assert!(unheard.sentence.contains("wallet provider use"), "{}", unheard.sentence);
    }

    #[test]
    fn a_host_of_another_name_is_told_from_one_that_is_not_there() {
        let status = |status: u16| OutboundError::Status { status: status.try_into().unwrap() };
        assert!(Failure::from(status(421)).sentence.contains("does not go by the name"));
        assert_eq!(Failure::from(status(404)).sentence, "the host answered with status 404 Not Found");
        let fetch = RequestError::Fetch(AnswerError::Status(421));
        assert!(Failure::from(PresentError::Request(fetch)).sentence.contains("does not go by the name"));
    }
}
