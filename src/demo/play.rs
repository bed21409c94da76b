//! The six steps, played over HTTP: the member's wallet and browsers on one side, the running parties on the other.
//!
//! The parties are touched only as their teams would: a member is added or ended, a request is made at the desk.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::verifier::form::Form;
use ::verifier::members::{Check, Vouched};
use ::wallet::{
    AcceptOptions, BoxFuture, Choice, Consent, Cost, DetailName, NetworkTrust, Passphrase, PresentError,
    PresentOptions, Presented, Preset, Question, Source, Vault, Wallet,
};
use anyhow::{Context, Result, bail, ensure};
use did::number::PassportNumber;
use did_resolver::{Keeping, Resolver};
use environment::Environment;
use openid4vc::vp::link::RequestUriMethod;
use outbound::{Fetch, Request};
use presentation::{Asking, ClientIdentifier, Presentation, Way};
use serde_json::{Value, json};
use trust::NetworkDescriptor;
use url::Url;

use super::browser::{Browser, six_digits, text};
use super::letter;
use super::mailbox::Mailbox;
use super::parties::{OFFICE, Place, beyond_registration, test_member};
use super::recording::Recording;
use super::steps::{Report, Step};
use crate::party::RunningSpace;

/// How long the demo waits for something that happens by itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// The running spaces, as their teams hold them.
pub(crate) struct Teams<'a> {
    /// Where Ada is a member already.
    pub(crate) harbour: &'a RunningSpace,
    /// The first space she joins.
    pub(crate) kiln_north: &'a RunningSpace,
}

/// The member with her wallet and her line.
pub(crate) struct Player<'a> {
    wallet: Wallet,
    line: Recording,
    plain: Arc<dyn Fetch>,
    mailbox: Mailbox,
    place: Place,
    teams: Teams<'a>,
}

/// Gives what is needed and the optional claims named; for one claim, the member's own word is preferred.
#[derive(Clone, Copy, Debug, Default)]
struct Wishes {
    optional: &'static [&'static str],
    own: Option<&'static str>,
}

impl Consent for Wishes {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(std::future::ready(self.choose(question)))
    }
}

impl Wishes {
    fn choose(&self, question: &Question) -> Choice {
        let Some(mut selection) = Preset::Needed.pick(question) else { return Choice::Refuse };
        for (group, pick) in question.groups.iter().zip(selection.picks.iter_mut()) {
            let names = |claim: &str| {
                let mut claims =
                    group.options.iter().flat_map(|option| &option.answers).flat_map(|answer| &answer.claims);
                claims.any(|asked| asked.claim == claim)
            };
            if self.optional.iter().any(|claim| names(claim)) {
                *pick = group.options.iter().position(|option| option.available);
            }
            if self.own.is_some_and(names) {
                let own = group.options.iter().position(|option| {
                    option.available
                        && option.answers.iter().all(|answer| answer.source == Source::OwnDetails)
                });
                *pick = own.or(*pick);
            }
        }
        Choice::Share(selection)
    }
}

impl<'a> Player<'a> {
    /// Opens the wallet in `folder`, or makes it, and joins the network.
    pub(crate) async fn new(
        folder: &Path,
        descriptor: &NetworkDescriptor,
        fetch: Arc<dyn Fetch>,
        mailbox: Mailbox,
        place: Place,
        teams: Teams<'a>,
        environment: &Environment,
    ) -> Result<Self> {
        // The demo's wallet is nobody's: its passphrase is no secret, and its cost is that of a test.
        let passphrase = Passphrase::new("the demo's passphrase")?;
        let vault = match Vault::open(folder, &passphrase, environment).await {
            Ok(vault) => vault,
            Err(::wallet::VaultError::NotThere(_)) => {
                Vault::create(folder, &passphrase, Cost::LEAST, environment).await?.0
            }
            Err(error) => return Err(error.into()),
        };
        let vault = Arc::new(vault);
        Wallet::join_network(&vault, descriptor).await?;
        let line = Recording::new(Arc::clone(&fetch));
        let resolver = Resolver::new(Arc::new(line.clone()), environment.clone(), Keeping::default());
        let trust = NetworkTrust::load(
            Arc::clone(&vault),
            Arc::new(line.clone()),
            Arc::new(resolver),
            environment.clone(),
        )
        .await?;
        let wallet = Wallet::new(vault, Arc::new(line.clone()), Arc::new(trust), environment.clone());
        for (name, value) in [
            ("email", test_member().email),
            ("given_name", "Addie".to_owned()),
            ("company", "Example Works".to_owned()),
            ("bio", "Builds things that last.".to_owned()),
            ("address", "1 Example Street".to_owned()),
        ] {
            wallet.set_own_detail(DetailName::new(name)?, Value::from(value)).await?;
        }
        Ok(Self { wallet, line, plain: fetch, mailbox, place, teams })
    }

    /// Plays all six steps.
    ///
    /// # Errors
    /// The first step that does not end as it must.
    pub(crate) async fn play(&self, mut told: impl FnMut(&Step)) -> Result<Report> {
        let mut report = Report::default();
        let mut add = |report: &mut Report, step: Step| {
            told(&step);
            report.steps.push(step);
        };
        let (step, sub) = timed(self.passport()).await.context("step 1, the passport")?;
        add(&mut report, step);
        report.number = self.number().await?;
        report.did = self.wallet.did().await?;
        let (step, ()) = timed(self.join_by_qr()).await.context("step 2, joining Kiln North by QR")?;
        add(&mut report, step);
        let (step, ()) = timed(self.join_with_own_details()).await.context("step 3, joining Kiln South")?;
        add(&mut report, step);
        let (step, ()) = timed(self.beyond_registration()).await.context("step 4, beyond registration")?;
        add(&mut report, step);
        let (step, ()) = timed(self.replay()).await.context("step 5, replay")?;
        add(&mut report, step);
        let (step, ()) = timed(self.revoked(&sub)).await.context("step 6, a revoked membership")?;
        add(&mut report, step);
        Ok(report)
    }

    /// ① A member of Harbour gets the passport.
    async fn passport(&self) -> Result<(Step, String)> {
        let member = test_member();
        let vouched = Vouched {
            given_name: member.given_name,
            family_name: member.family_name,
            birthdate: member.birthdate,
            check: Check::KnownInPerson,
        };
        let (sub, offered) = self.teams.harbour.space.add_member(&vouched, false, 600).await?;
        self.wallet
            .accept_offer(&offered.by_reference, &AcceptOptions::default(), &Wishes::default())
            .await?;
        let mut browser = Browser::new(Arc::clone(&self.plain));
        let asked = self
            .request(&mut browser, &self.address(OFFICE, "/passport/requests")?, &json!({"way": "link"}))
            .await?;
        let presented = self.present(&asked, Wishes::default()).await?;
        if let Some(redirect) = &presented.redirect_uri {
            browser.open(redirect).await?;
        }
        self.collect().await?;
        self.confirm_email().await?;
        self.collect_until(&["urn:passport-network:passport:1", "urn:passport-network:profile:1"]).await?;
        Ok((step("passport", "Passport office", "link", &presented), sub))
    }

    /// The member opens the link in the mail and presses the button there.
    async fn confirm_email(&self) -> Result<()> {
        let mail = self.mailbox.wait_for(&test_member().email, PATIENCE).await.context("no mail came")?;
        let link = letter::link(&mail.body()).context("the mail holds no link")?;
        let mut browser = Browser::new(Arc::clone(&self.plain));
        let page = browser.open(&link).await?;
        let answer = browser.press_button(&link, &page).await?;
        ensure!(
            answer.status.is_success() || answer.status.is_redirection(),
            "the e-mail address was not confirmed: {}",
            answer.status
        );
        Ok(())
    }

    /// ② She joins Kiln North by the QR code on a screen there: asked six, gave four.
    async fn join_by_qr(&self) -> Result<(Step, ())> {
        let mut screen = Browser::new(Arc::clone(&self.plain));
        let asked = self
            .request(&mut screen, &self.address("kiln-north", "/join/requests")?, &json!({"way": "qr"}))
            .await?;
        let wishes = Wishes { optional: &["company"], own: None };
        let presented = self.present(&asked, wishes).await?;
        let mut phone = Browser::new(Arc::clone(&self.plain));
        let page = phone.open(presented.redirect_uri.as_deref().context("no page for the phone")?).await?;
        let code = six_digits(&page)?;
        let (status, answer) =
            screen.post_json(&self.address("kiln-north", "/join/code")?, &json!({"code": code})).await?;
        ensure!(status == 200, "the code was not taken: {status} {answer}");
        self.expect_state(&mut screen, "kiln-north", "joined").await?;
        self.collect().await?;
        Ok((step("join", "Kiln North", "qr", &presented), ()))
    }

    /// ③ She joins Kiln South on the same device, with her own word for one claim.
    async fn join_with_own_details(&self) -> Result<(Step, ())> {
        let mut browser = Browser::new(Arc::clone(&self.plain));
        let asked = self
            .request(&mut browser, &self.address("kiln-south", "/join/requests")?, &json!({"way": "link"}))
            .await?;
        let presented = self.present(&asked, Wishes { optional: &[], own: Some("given_name") }).await?;
        let page =
            browser.open(presented.redirect_uri.as_deref().context("no page to come back to")?).await?;
        ensure!(
            page.status.is_success() || page.status.is_redirection(),
            "the browser did not come back: {}",
            page.status
        );
        self.expect_state(&mut browser, "kiln-south", "joined").await?;
        self.collect().await?;
        Ok((step("join-own-details", "Kiln South", "link", &presented), ()))
    }

    /// ④ A request beyond registration is refused by the wallet.
    async fn beyond_registration(&self) -> Result<(Step, ())> {
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

    /// ⑤ A replayed answer, a stale nonce and a relayed QR are refused.
    async fn replay(&self) -> Result<(Step, ())> {
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

    /// ⑥ Harbour ends the membership; shown at Kiln North it is refused.
    async fn revoked(&self, sub: &str) -> Result<(Step, ())> {
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

    async fn request(&self, browser: &mut Browser, address: &str, body: &Value) -> Result<String> {
        let (status, answer) = browser.post_json(address, body).await?;
        let link = answer.get("link").and_then(Value::as_str);
        Ok(link.with_context(|| format!("no request was made: {status} {answer}"))?.to_owned())
    }

    async fn present(&self, link: &str, wishes: Wishes) -> Result<Presented> {
        let presented = self.wallet.present(link, &PresentOptions::default(), &wishes).await?;
        if let ::wallet::ShareProof::Wrong(reason) = &presented.sharing_proof {
            bail!("the proof of sharing is wrong: {reason}");
        }
        Ok(presented)
    }

    async fn collect(&self) -> Result<()> {
        let collected = self.wallet.collect(&Wishes::default()).await?;
        match collected.from.iter().find_map(|from| from.problem.as_ref()) {
            Some(problem) => bail!("collecting failed: {problem}"),
            None => Ok(()),
        }
    }

    /// Collects until the wallet holds credentials of all `types`.
    async fn collect_until(&self, types: &[&str]) -> Result<()> {
        let start = Instant::now();
        loop {
            self.collect().await?;
            let held = self.wallet.list().await?;
            if types.iter().all(|wanted| held.iter().any(|credential| credential.vct == *wanted)) {
                return Ok(());
            }
            ensure!(start.elapsed() < PATIENCE, "the wallet still waits for its credentials");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn state(&self, browser: &mut Browser, space: &str) -> Result<String> {
        let page = browser.open(&self.address(space, "/join/status")?).await?;
        let value: Value = jose::json::parse(text(&page)).unwrap_or(Value::Null);
        Ok(value.get("state").and_then(Value::as_str).unwrap_or("unknown").to_owned())
    }

    async fn expect_state(&self, browser: &mut Browser, space: &str, expected: &str) -> Result<()> {
        let start = Instant::now();
        loop {
            let state = self.state(browser, space).await?;
            if state == expected {
                return Ok(());
            }
            ensure!(start.elapsed() < PATIENCE, "the screen says {state:?} and not {expected:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn number(&self) -> Result<Option<String>> {
        let held = self.wallet.list().await?;
        let passport = held.iter().find(|credential| credential.vct == credentials::types::PASSPORT);
        let number = passport.and_then(|passport| passport.claims.get("number")).and_then(Value::as_str);
        Ok(number.map(PassportNumber::parse).transpose()?.map(|number| number.printed()))
    }

    fn address(&self, party: &str, path: &str) -> Result<String> {
        Ok(format!("{}{path}", self.place.origin(party)?.as_str().trim_end_matches('/')))
    }
}

/// Shows a membership of one space only.
struct OnlyFrom(&'static str);

impl Consent for OnlyFrom {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        let mut choice = Preset::Needed.pick(question);
        if let Some(selection) = &mut choice {
            for (group, pick) in question.groups.iter().zip(selection.picks.iter_mut()) {
                *pick = group
                    .options
                    .iter()
                    .position(|option| {
                        let from =
                            |answer: &::wallet::Answer| answer.source == Source::CheckedBy(self.0.to_owned());
                        option.available && option.answers.iter().all(from)
                    })
                    .or(*pick);
            }
        }
        Box::pin(std::future::ready(choice.map_or(Choice::Refuse, Choice::Share)))
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

fn step(name: &'static str, space: &str, way: &'static str, presented: &Presented) -> Step {
    Step {
        name,
        space: space.to_owned(),
        way,
        requested: presented.requested.clone(),
        disclosed: presented.disclosed.clone(),
        withheld: presented.withheld.clone(),
        ..Step::default()
    }
}

async fn timed<T>(part: impl Future<Output = Result<(Step, T)>>) -> Result<(Step, T)> {
    let start = Instant::now();
    let (mut step, rest) = part.await?;
    step.millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok((step, rest))
}
