//! What is refused: a request beyond registration, replays, a relayed code, and a membership that has ended.

use std::sync::Arc;

use ::verifier::form::Form;
use ::wallet::{PresentError, PresentOptions};
use anyhow::{Context, Result, bail, ensure};
use openid4vc::vp::link::RequestUriMethod;
use outbound::Request;
use presentation::{Asking, ClientIdentifier, Presentation, Way};
use serde_json::{Value, json};
use url::Url;

use super::consents::{OnlyFrom, Wishes};
use super::{Player, step};
use crate::demo::browser::{Browser, six_digits};
use crate::demo::parties::beyond_registration;
use crate::demo::steps::Step;

impl Player<'_> {
    /// ④ A request beyond registration is refused by the wallet.
    pub(super) async fn beyond_registration(&self) -> Result<(Step, ())> {
        let form = beyond_registration();
        let kiln = self.teams.kiln_north;
        let asked = kiln.space.dangerous_ask_beyond_registration(form.clone()).await?;
        let link = ask_at_desk(&kiln.presentation, &asked.id, &asked.compiled.query, true).await?;
        let refused = match self.wallet.present(&link, &PresentOptions::default(), &Wishes::default()).await {
            Err(PresentError::BeyondRegistration) => "beyond_registration".to_owned(),
            Err(other) => bail!("refused for another reason: {other}"),
            Ok(_) => bail!("the wallet answered"),
        };
        let requested = claims(&form);
        let step = Step {
            name: "beyond-registration",
            space: "Kiln North".to_owned(),
            way: "link",
            withheld: requested.clone(),
            requested,
            refused: Some(refused),
            ..Step::default()
        };
        Ok((step, ()))
    }

    /// ⑨ A replayed answer, a stale nonce and a relayed QR are refused.
    pub(super) async fn replay(&self) -> Result<(Step, ())> {
        let kiln = self.teams.kiln_north;
        let first = kiln.space.ask("sign-up").await?;
        let link = ask_at_desk(&kiln.presentation, &first.id, &first.compiled.query, false).await?;
        let presented = self.present(&link, Wishes::default()).await?;
        let answer = self.line.last_answer().context("the wallet sent no answer")?;
        self.expect_refusal(answer.clone()).await?;
        let refused = kiln.presentation.refusal(&first.id).await?;

        let second = kiln.space.ask("sign-up").await?;
        let link = ask_at_desk(&kiln.presentation, &second.id, &second.compiled.query, false).await?;
        self.expect_refusal(self.redirected(answer, &link).await?).await?;
        let stale = kiln.presentation.refusal(&second.id).await?;
        ensure!(refused.as_deref() == Some("replay"), "the replay was refused as {refused:?}");
        ensure!(stale.as_deref() == Some("stale_nonce"), "the stale nonce was refused as {stale:?}");

        self.relayed_qr().await?;
        let mut step = step("replay", "Kiln North", "qr", &presented);
        step.refused = refused;
        step.also = vec!["stale_nonce".to_owned(), "relayed_qr".to_owned()];
        Ok((step, ()))
    }

    /// Somebody shows Ada the QR code of their own screen. She answers, but their screen never gets her session.
    async fn relayed_qr(&self) -> Result<()> {
        let mut relaying = Browser::new(Arc::clone(&self.plain));
        let asked = self
            .request(&mut relaying, &self.address("kiln-north", "/join/requests")?, &json!({"way": "qr"}))
            .await?;
        let presented = self.present(&asked, Wishes::default()).await?;
        let mut phone = Browser::new(Arc::clone(&self.plain));
        let page = phone.open(presented.redirect_uri.as_deref().context("no page for the phone")?).await?;
        let code = six_digits(&page)?;
        let wrong = if code == "000000" { "111111" } else { "000000" };
        for _ in 0..5 {
            let address = self.address("kiln-north", "/join/code")?;
            let (status, _) = relaying.post_json(&address, &json!({"code": wrong})).await?;
            ensure!(status != 200, "a wrong code was taken");
        }
        // Even the right code comes too late now.
        let address = self.address("kiln-north", "/join/code")?;
        let (status, _) = relaying.post_json(&address, &json!({"code": code})).await?;
        ensure!(status != 200, "the code was taken after five wrong ones");
        let state = self.state(&mut relaying, "kiln-north").await?;
        ensure!(state != "joined", "the relaying browser got a session");
        Ok(())
    }

    /// The answer to another request, sent to the one behind `link` with that request's state.
    async fn redirected(&self, mut answer: Request, link: &str) -> Result<Request> {
        let request_uri = Url::parse(link)?
            .query_pairs()
            .find(|(name, _)| name == "request_uri")
            .map(|(_, value)| value.into_owned())
            .context("the link names no request")?;
        let object = self.plain.fetch(Request::get(Url::parse(&request_uri)?)).await?;
        let object = jose::jws::Unverified::parse(std::str::from_utf8(&object.body)?)?;
        let claims = object.claims()?;
        let state = claims.get("state").and_then(Value::as_str).unwrap_or_default();
        let response_uri = claims.get("response_uri").and_then(Value::as_str).unwrap_or_default();
        answer.url = Url::parse(response_uri)?;
        let form = openid4vc::form::Form::parse(Some(openid4vc::form::MEDIA_TYPE), &answer.body)?;
        let fields = form.iter().map(|(name, value)| (name, if name == "state" { state } else { value }));
        answer.body = openid4vc::form::encode(fields).into();
        Ok(answer)
    }

    async fn expect_refusal(&self, answer: Request) -> Result<()> {
        let response = self.plain.fetch(answer).await?;
        ensure!(response.status.as_u16() == 400, "the answer got the status {}", response.status);
        Ok(())
    }

    /// ⑩ Harbour ends the membership; shown at Kiln North it is refused.
    pub(super) async fn revoked(&self, sub: &str) -> Result<(Step, ())> {
        self.teams.harbour.space.end_membership(sub).await?;
        let kiln = self.teams.kiln_north;
        kiln.running.statuses.refresh(true).await;
        let asked = kiln.space.ask("guest-day").await?;
        let link = ask_at_desk(&kiln.presentation, &asked.id, &asked.compiled.query, true).await?;
        match self.wallet.present(&link, &PresentOptions::default(), &OnlyFrom("Harbour")).await {
            Err(PresentError::NotTaken(_)) => {}
            Err(other) => bail!("the wallet did not answer: {other}"),
            Ok(_) => bail!("a revoked membership was taken"),
        }
        let refused = kiln.presentation.refusal(&asked.id).await?;
        ensure!(refused.as_deref() == Some("revoked"), "it was refused as {refused:?}");
        let requested = vec!["since".to_owned()];
        let step = Step {
            name: "revoked",
            space: "Kiln North".to_owned(),
            way: "link",
            disclosed: requested.clone(),
            requested,
            refused,
            ..Step::default()
        };
        Ok((step, ()))
    }
}

/// The team makes a request at the desk.
async fn ask_at_desk(
    presentation: &Presentation,
    subject: &str,
    query: &Value,
    encrypt: bool,
) -> Result<String> {
    let asked = presentation
        .ask(Asking {
            subject: subject.to_owned(),
            query: query.clone(),
            way: Way::NoScreen,
            encrypt,
            client: ClientIdentifier::X509Hash,
            method: RequestUriMethod::Get,
            lifetime: 300,
        })
        .await?;
    Ok(asked.link)
}

fn claims(form: &Form) -> Vec<String> {
    form.fields.iter().map(|field| field.claim.clone()).collect()
}
