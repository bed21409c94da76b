//! Which lists are taken, which are refused by name, and for how long one counts.

use http::StatusCode;
use outbound::{Response, Scripted};
use trust::network_list::{ListContent, usual_credential_types};

use super::*;

const A_DAY: i64 = 86_400;

impl Scene {
    fn signed(&self, version: u64, at: Timestamp) -> String {
        self.network.sign_list(
            version,
            &[self.space.member(Role::Space), self.office.member(Role::Office)],
            at,
        )
    }

    /// How the space is admitted now.
    async fn space_is(&self) -> Result<(), AdmissionError> {
        match self.directory.admit_verifier(&self.space.request.0).await {
            Ok(_) => Ok(()),
            Err(DirectoryError::Admission(error)) => Err(error),
            other => panic!("{other:?}"),
        }
    }
}

fn serving(list: String) -> Scripted {
    Scripted::new(move |_| Ok(Response::new(StatusCode::OK, http::HeaderMap::new(), list.clone())))
}

#[tokio::test]
async fn a_list_that_must_not_be_taken_is_refused_by_name_and_the_one_in_hand_stays() {
    let scene = scene();
    scene.clock.advance(3_600);
    let now = scene.directory.now();
    scene.directory.take_list(&scene.signed(5, now)).unwrap();
    let other = TestNetwork::seeded(2);
    let members = [scene.space.member(Role::Space)];
    // The right network's name and another root's certificate.
    let (chain, key) = &other.list_signer;
    let forged = ListContent {
        network: scene.network.network.clone(),
        version: 6,
        members: members.to_vec(),
        credential_types: usual_credential_types(),
        successor: None,
    };
    let forged = trust::network_list::sign(&forged, chain, key, now, A_DAY).unwrap();
    type Refused = fn(&DirectoryError) -> bool;
    let cases: [(&str, String, Refused); 6] = [
        ("rollback", scene.signed(4, now), |error| {
            matches!(error, DirectoryError::Rollback(RollbackError::Older { offered: 4, seen: 5 }))
        }),
        ("equivocation", scene.network.sign_list(5, &members, now), |error| {
            matches!(error, DirectoryError::Rollback(RollbackError::Equivocation { version: 5 }))
        }),
        ("a foreign certificate", forged, |error| {
            matches!(error, DirectoryError::List(NetworkListError::Path(PathError::UnknownIssuer)))
        }),
        ("the list of another network", other.sign_list(6, &members, now), |error| {
            matches!(error, DirectoryError::List(NetworkListError::Path(PathError::UnknownIssuer)))
        }),
        ("an expired list", scene.signed(6, now.minus(A_DAY)), |error| {
            matches!(
                error,
                DirectoryError::List(NetworkListError::Claim(jose::jwt::ClaimError::Expired { .. }))
            )
        }),
        ("a clock that is a day off", scene.signed(6, now.plus(A_DAY)), |error| {
            matches!(
                error,
                DirectoryError::List(NetworkListError::Claim(
                    jose::jwt::ClaimError::IssuedAtOutsideWindow { .. }
                ))
            )
        }),
    ];
    let before = (scene.directory.state(), scene.directory.list());
    for (case, list, refused) in cases {
        let error = scene.directory.take_list(&list).unwrap_err();
        assert!(refused(&error), "{case}: {error:?}");
        assert_eq!((scene.directory.state(), scene.directory.list()), before, "{case}");
        assert_eq!(scene.space_is().await, Ok(()), "{case}");
    }
    assert_eq!(scene.directory.take_list(&scene.signed(6, now)).unwrap(), 6);
}

#[tokio::test]
async fn what_a_newer_list_says_counts_from_then_on_in_every_role() {
    let scene = scene();
    assert_eq!(scene.space_is().await, Ok(()));
    let now = scene.directory.now();
    for (version, member, refused) in [
        (
            2,
            Member { standing: Standing::Suspended, ..scene.space.member(Role::Space) },
            AdmissionError::Suspended,
        ),
        (
            3,
            Member { standing: Standing::Expelled, ..scene.space.member(Role::Space) },
            AdmissionError::Expelled,
        ),
        (
            4,
            Member { roles: vec![Role::Office], ..scene.space.member(Role::Space) },
            AdmissionError::WrongRole,
        ),
        (5, Member { roles: Vec::new(), ..scene.space.member(Role::Space) }, AdmissionError::WrongRole),
    ] {
        scene.directory.take_list(&scene.network.sign_list(version, &[member], now)).unwrap();
        assert_eq!(scene.space_is().await, Err(refused), "version {version}");
    }
    scene.directory.take_list(&scene.network.sign_list(6, &[], now)).unwrap();
    assert_eq!(scene.space_is().await, Err(AdmissionError::NotAMember));
    scene.directory.take_list(&scene.signed(7, now)).unwrap();
    assert_eq!(scene.space_is().await, Ok(()));
}

#[tokio::test]
async fn without_a_newer_list_trust_ends_with_the_one_in_hand_to_the_second() {
    let scene = scene();
    let ends = scene.directory.list().unwrap().expires_at();
    assert_eq!(ends, NOW.plus(A_DAY), "a list lives for a day at most");
    let nobody = Scripted::new(|_| Err(OutboundError::Unreachable));
    scene.clock.set(ends.minus(1));
    assert!(scene.directory.keep_fresh(&nobody, 3_600).await.is_err());
    assert_eq!(scene.space_is().await, Ok(()));
    scene.clock.set(ends);
    let refused = AdmissionError::ListExpired { expired_at: ends.seconds(), now: ends.seconds() };
    assert_eq!(scene.space_is().await, Err(refused));
    // The operator that serves the old list on does not keep it alive.
    let old = serving(scene.signed(1, NOW));
    assert!(matches!(
        scene.directory.keep_fresh(&old, 3_600).await,
        Err(DirectoryError::List(NetworkListError::Claim(_)))
    ));
    assert_eq!(scene.space_is().await, Err(refused));
    let fresh = serving(scene.signed(2, ends));
    assert_eq!(scene.directory.keep_fresh(&fresh, 3_600).await.unwrap(), ListRefresh::Taken(2));
    assert_eq!(scene.space_is().await, Ok(()));
}

#[tokio::test]
async fn a_server_looks_for_a_newer_list_every_hour_and_not_before() {
    let scene = scene();
    let suspended = Member { standing: Standing::Suspended, ..scene.space.member(Role::Space) };
    let list = serving(scene.network.sign_list(2, &[suspended], NOW));
    scene.clock.advance(3_599);
    assert_eq!(scene.directory.keep_fresh(&list, 3_600).await.unwrap(), ListRefresh::StillFresh);
    assert_eq!((list.calls().len(), scene.space_is().await), (0, Ok(())));
    scene.clock.advance(1);
    assert_eq!(scene.directory.keep_fresh(&list, 3_600).await.unwrap(), ListRefresh::Taken(2));
    assert_eq!(scene.space_is().await, Err(AdmissionError::Suspended));
    // The age says nothing once the clock was put back.
    scene.clock.set(NOW);
    scene.directory.keep_fresh(&list, 3_600).await.unwrap();
    assert_eq!(list.calls().len(), 2);
}

#[tokio::test]
async fn a_member_that_has_lapsed_is_admitted_no_more_by_chain_or_key_and_nothing_is_fetched_for_it() {
    let scene = scene();
    let key_id = |name: &str| DidUrl::parse(&format!("{}#{name}", scene.space.did)).unwrap();
    assert!(scene.directory.admit_issuer_key(&key_id("issuing")).await.is_ok());
    scene.take_list(2, Standing::Lapsed);
    let before = scene.resolver.asked.load(Ordering::Relaxed);
    let is_lapsed = |refused: DirectoryError| {
        assert!(matches!(refused, DirectoryError::Admission(AdmissionError::Lapsed)), "{refused:?}");
    };
    is_lapsed(scene.directory.admit_issuer_key(&key_id("issuing")).await.unwrap_err());
    is_lapsed(scene.directory.admit_verifier_key(&key_id("request")).await.unwrap_err());
    assert_eq!(scene.resolver.asked.load(Ordering::Relaxed), before);
    is_lapsed(scene.directory.admit_verifier(&scene.space.request.0).await.unwrap_err());
    scene.take_list(3, Standing::Admitted);
    assert!(scene.directory.admit_issuer_key(&key_id("issuing")).await.is_ok());
}
