//! Offers that are taken up by a code, and what they hold.

use super::*;

/// An offer that is taken up in the given way: as link and by reference.
async fn offered(scene: &Scene, taken_up: TakenUp) -> CredentialOffer {
    let prepared = scene.replicas[0].prepare_offer_by(&request("m-1", &[PASSPORT]), taken_up).unwrap();
    scene.tenant().carry_out(&crate::offers::PutOffer(&prepared)).await.unwrap();
    let Link::ByValue(offer) = Link::parse(&prepared.offered().by_value).unwrap() else { panic!() };
    let Link::ByReference(url) = Link::parse(&prepared.offered().by_reference).unwrap() else { panic!() };
    let path = url.strip_prefix(ISSUER).unwrap();
    let fetched = scene.send(Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(CredentialOffer::parse(&fetched.text).unwrap(), *offer);
    *offer
}

fn state_of(offer: &CredentialOffer) -> SecretText {
    offer.authorization_code.clone().unwrap().issuer_state.unwrap()
}

#[tokio::test]
async fn an_offer_with_both_grants_is_taken_up_once_by_either() {
    let scene = Scene::new();
    let offer = offered(&scene, TakenUp::Either).await;
    let code = offer.pre_authorized.clone().unwrap().code;
    let asking = Asking::new(&scene, &by_scope(PASSPORT), Some(&state_of(&offer)));
    let opened = scene.opened(&asking).await;
    assert_eq!(opened.offered_to.as_deref(), Some("m-1"));
    assert_eq!(
        scene.replicas[0].grant(&opened.id, browser(), "m-2").await.unwrap(),
        None,
        "it is somebody else's offer"
    );
    assert!(scene.replicas[0].grant(&opened.id, browser(), "m-1").await.unwrap().is_some());
    assert_eq!(scene.token(code.expose(), &[], None).await.refusal(), refusal(400, "invalid_grant"));

    let offer = offered(&scene, TakenUp::Either).await;
    let asking = Asking::new(&scene, &by_scope(PASSPORT), Some(&state_of(&offer)));
    let opened = scene.opened(&asking).await;
    let code = offer.pre_authorized.clone().unwrap().code;
    assert_eq!(scene.token(code.expose(), &[], None).await.status, StatusCode::OK);
    assert_eq!(scene.replicas[0].grant(&opened.id, browser(), "m-1").await.unwrap(), None);
    let late = scene.push(&Asking::new(&scene, &by_scope(PASSPORT), Some(&state_of(&offer)))).await;
    assert_eq!(late.refusal(), refusal(400, "invalid_request"));
}

#[tokio::test]
async fn an_offer_to_be_asked_for_has_no_code_that_counts_and_holds_what_may_be_asked() {
    let scene = Scene::new();
    let offer = offered(&scene, TakenUp::ByAuthorization).await;
    assert_eq!(offer.pre_authorized, None);
    let state = state_of(&offer);
    let more = scene.push(&Asking::new(&scene, &by_details(&[PASSPORT, PROFILE]), Some(&state))).await;
    assert_eq!(more.refusal(), refusal(400, "invalid_request"));
    let asking = Asking::new(&scene, &by_scope(PASSPORT), Some(&state));
    let token = scene.access(&asking).await;
    assert_eq!(scene.passport(&asking, &token).await.copies().len(), 1);
    // The address of the offer holds a handle, and that is no code.
    let prepared = scene.replicas[0].prepare_offer_by(&request("m-1", &[PASSPORT]), TakenUp::ByAuthorization);
    let prepared = prepared.unwrap();
    scene.tenant().carry_out(&crate::offers::PutOffer(&prepared)).await.unwrap();
    let Link::ByReference(url) = Link::parse(&prepared.offered().by_reference).unwrap() else { panic!() };
    let handle = url.rsplit('/').next().unwrap();
    assert_eq!(scene.token(handle, &[], None).await.refusal(), refusal(400, "invalid_grant"));
}

#[tokio::test]
async fn a_transaction_code_is_not_gone_round() {
    let scene = Scene::new();
    let guarded = crate::OfferRequest { tx_code: true, ..request("m-1", &[PASSPORT]) };
    for taken_up in [TakenUp::Either, TakenUp::ByAuthorization] {
        let refused = scene.replicas[0].prepare_offer_by(&guarded, taken_up).unwrap_err();
        assert_eq!(refused, OfferError::TxCodeByAuthorization);
    }
    assert!(scene.replicas[0].prepare_offer_by(&guarded, TakenUp::ByCode).is_ok());
    let offer = scene.offer(&[PASSPORT], false).await;
    let derived = TakenUp::Either.issuer_state(&SecretText::new(&*offer.code)).unwrap();
    let refused = scene.push(&Asking::new(&scene, &by_scope(PASSPORT), Some(&derived))).await;
    assert_eq!(refused.refusal(), refusal(400, "invalid_request"), "an offer by code alone has no state");
}

#[tokio::test]
async fn an_offer_that_was_taken_up_in_time_counts_as_long_as_the_page_waits() {
    let scene = Scene::new();
    for taken_up in [TakenUp::Either, TakenUp::ByAuthorization] {
        let offer = offered(&scene, taken_up).await;
        let asking = Asking::new(&scene, &by_scope(PASSPORT), Some(&state_of(&offer)));
        let opened = scene.opened(&asking).await;
        scene.clock.advance(CODE_FLOW.person - 1);
        let late = scene.push(&Asking::new(&scene, &by_scope(PASSPORT), Some(&state_of(&offer)))).await;
        assert_eq!(late.refusal(), refusal(400, "invalid_request"), "the offer itself has ended");
        let granted = scene.replicas[0].grant(&opened.id, browser(), "m-1").await.unwrap();
        assert!(asking.pending.returned(&granted.unwrap()).is_ok());
    }
    // One that was withdrawn counts no more.
    let offer = offered(&scene, TakenUp::Either).await;
    let asking = Asking::new(&scene, &by_scope(PASSPORT), Some(&state_of(&offer)));
    let opened = scene.opened(&asking).await;
    scene.tenant().carry_out(&Withdraw("m-1")).await.unwrap();
    assert_eq!(scene.replicas[0].grant(&opened.id, browser(), "m-1").await.unwrap(), None);
}

struct Withdraw<'a>(&'a str);

impl Change for Withdraw<'_> {
    const NAME: &'static str = "withdraw";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        crate::withdraw(tx, self.0).await?;
        Ok(())
    }
}
