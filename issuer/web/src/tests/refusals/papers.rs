//! What members show the office (OpenID4VP §8.6, specs/flows.md §2): refused for its reason, nothing is kept.

use super::*;

struct Shown<'a> {
    case: &'a str,
    papers: Vec<(&'a str, String, &'a SigningKey)>,
    reason: &'a str,
}

/// Refused with `invalid_request` for its reason, twice; no application, no mail, and the request is still open.
async fn is_refused(world: &World, asked: &Value, shown: &Shown<'_>) {
    let before = applications(world).await;
    let papers: Vec<(&str, &str, &SigningKey)> =
        shown.papers.iter().map(|(query, paper, key)| (*query, paper.as_str(), *key)).collect();
    for _ in 0..2 {
        let response = world.present(asked, &papers).await;
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!((response.status, &body["error"]), (400, &json!("invalid_request")), "{}", shown.case);
        assert_eq!(
            reason(world, &asked["session"]).await.as_deref(),
            Some(shown.reason),
            "{}: {body}",
            shown.case
        );
        assert_eq!(applications(world).await, before, "{}: something was kept", shown.case);
    }
}

#[tokio::test]
async fn papers_for_a_first_passport_must_be_of_one_member_one_key_and_the_home_space() {
    let world = World::new();
    let (key, other) = (world.scene.key(), world.scene.key());
    let asked = world.post_json("/passport/requests", &json!({})).await.json();
    let membership = || world.membership(key.public_jwk());
    let statement = || world.statement("m-1", key.public_jwk());
    let own = || world.own(&key);
    let papers = |membership: String, statement: String| {
        vec![("membership", membership, &key), ("statement", statement, &key), ("own", own(), &key)]
    };
    let mut elsewhere = papers(membership(), world.statement("m-1", other.public_jwk()));
    elsewhere[1].2 = &other;
    let mut stolen = papers(membership(), statement());
    stolen[0].2 = &other;
    let mut exchanged = papers(statement(), membership());
    exchanged[0].0 = "membership";
    let claims = json!({"sub": "m-1", "since": "2026-01-01", "space": HARBOUR});
    let by_office = world.by_office(types::MEMBERSHIP, claims, key.public_jwk());
    let elsewhere_named = json!({"sub": "m-1", "since": "2026-01-01", "space": "did:web:kiln.localhost"});
    let of_another_space = world.by_harbour(types::MEMBERSHIP, elsewhere_named, key.public_jwk(), 7);
    let cases = [
        Shown {
            case: "another member's statement",
            papers: papers(membership(), world.statement("m-2", key.public_jwk())),
            reason: "malformed_presentation",
        },
        Shown { case: "a statement under another key", papers: elsewhere, reason: "different_keys" },
        Shown { case: "a membership of somebody else's key", papers: stolen, reason: "bad_signature" },
        Shown {
            case: "a membership that has ended",
            papers: papers(world.ended_membership(key.public_jwk()), statement()),
            reason: "revoked",
        },
        Shown {
            case: "a membership signed by an office",
            papers: papers(by_office, statement()),
            reason: "untrusted_issuer",
        },
        Shown {
            case: "a membership that names another space",
            papers: papers(of_another_space, statement()),
            reason: "malformed_presentation",
        },
        Shown { case: "each in the other's place", papers: exchanged, reason: "wrong_credential_type" },
    ];
    for shown in &cases {
        is_refused(&world, &asked, shown).await;
    }
    assert!(world.scene.mails.mails().is_empty());
    let (membership, statement, own) = (membership(), statement(), own());
    let honest = [("membership", &*membership, &key), ("statement", &*statement, &key), ("own", &*own, &key)];
    assert_eq!(world.present(&asked, &honest).await.status, 200);
    assert_eq!(applications(&world).await, 1);
}

#[tokio::test]
async fn only_this_offices_own_copies_are_refilled_and_only_for_their_holder() {
    let world = World::new();
    let (key, keys) = (world.scene.key(), [world.scene.key()]);
    let (passports, profiles) = issued(&world, &key, &keys).await;
    world.work().await;
    let (holder, thief) = (&keys[0], world.scene.key());
    let number = passport(&world).await;
    let claims = json!({"number": number.number, "did": number.did});
    let by_harbour = world.by_harbour(types::PASSPORT, claims, holder.public_jwk(), 8);
    let said = claims_of_profile(&profiles[0]);
    let profile_by_harbour = world.by_harbour(types::PROFILE, said, holder.public_jwk(), 8);
    let member = world.scene.key();
    let membership = || ("membership", world.membership(member.public_jwk()), &member);
    let asked = async |what: &str| world.post_json("/refill/requests", &json!({"what": what})).await.json();
    let (passport_asked, profile_asked) = (asked("passport").await, asked("profile").await);
    let ended = world.ended_membership(member.public_jwk());
    let cases = [
        (
            &passport_asked,
            Shown {
                case: "a space's leaf signing a passport",
                papers: vec![("passport", by_harbour, holder), membership()],
                reason: "untrusted_issuer",
            },
        ),
        (
            &passport_asked,
            Shown {
                case: "a copy bound by a thief",
                papers: vec![("passport", passports[0].clone(), &thief), membership()],
                reason: "bad_signature",
            },
        ),
        (
            &passport_asked,
            Shown {
                case: "a membership that has ended",
                papers: vec![("passport", passports[0].clone(), holder), ("membership", ended, &member)],
                reason: "revoked",
            },
        ),
        (
            &passport_asked,
            Shown {
                case: "a profile in place of the passport",
                papers: vec![("passport", profiles[0].clone(), holder), membership()],
                reason: "wrong_credential_type",
            },
        ),
        (
            &profile_asked,
            Shown {
                case: "a space's leaf signing a profile",
                papers: vec![("profile", profile_by_harbour, holder)],
                reason: "untrusted_issuer",
            },
        ),
        (
            &profile_asked,
            Shown {
                case: "a profile bound by a thief",
                papers: vec![("profile", profiles[0].clone(), &thief)],
                reason: "bad_signature",
            },
        ),
    ];
    for (asked, shown) in &cases {
        is_refused(&world, asked, shown).await;
    }
    let membership = world.membership(member.public_jwk());
    let honest = [("passport", &*passports[0], holder), ("membership", &*membership, &member)];
    assert_eq!(world.present(&passport_asked, &honest).await.status, 200);
    assert_eq!(world.present(&profile_asked, &[("profile", &*profiles[0], holder)]).await.status, 200);
}

/// What a profile says, without what every copy has of its own.
fn claims_of_profile(profile: &str) -> Value {
    let mut said = claims(profile);
    said.retain(|name, _| !matches!(name.as_str(), "vct" | "cnf" | "status" | "iat" | "exp"));
    said.into()
}
