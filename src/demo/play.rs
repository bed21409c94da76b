//! The steps, played over HTTP: the member's wallet and browsers on one side, the running parties on the other.
//!
//! The parties are touched only as their teams would: a member is added or ended, a request is made at the desk.

mod consents;
mod joining;
mod living;
mod refused;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::wallet::{
    Cost, DetailName, NetworkTrust, NewWay, Passphrase, PresentOptions, Presented, Secret, Vault, Wallet,
};
use anyhow::{Context, Result, bail, ensure};
use did::number::PassportNumber;
use did_resolver::{Keeping, Resolver};
use environment::Environment;
use outbound::Fetch;
use serde_json::Value;
use trust::NetworkDescriptor;

use super::browser::{Browser, text};
use super::mailbox::Mailbox;
use super::parties::{Place, test_member};
use super::recording::Recording;
use super::steps::{Report, Step};
use crate::party::RunningSpace;
use consents::Wishes;

/// How long the demo waits for something that happens by itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// The running spaces, as their teams hold them.
pub(crate) struct Teams<'a> {
    /// Where Ada is a member already.
    pub(crate) harbour: &'a RunningSpace,
    /// The first space she joins.
    pub(crate) kiln_north: &'a RunningSpace,
    /// The space that invites her.
    pub(crate) kiln_south: &'a RunningSpace,
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
        let vault = match Vault::open(folder, Secret::Passphrase(&passphrase), environment).await {
            Ok(vault) => vault,
            Err(::wallet::VaultError::NotThere(_)) => {
                Vault::create(folder, &NewWay::Passphrase(&passphrase, Cost::LEAST), environment).await?.0
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
            ("phone_number", "+49 30 5550100".to_owned()),
        ] {
            wallet.set_own_detail(DetailName::new(name)?, Value::from(value)).await?;
        }
        Ok(Self { wallet, line, plain: fetch, mailbox, place, teams })
    }

    /// Plays all steps.
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
        let (step, ()) =
            timed(self.join_invited_by_number()).await.context("step 3, invited by number to Kiln South")?;
        add(&mut report, step);
        let (step, ()) = timed(self.beyond_registration()).await.context("step 4, beyond registration")?;
        add(&mut report, step);
        let (step, ()) = timed(self.counter_offer()).await.context("step 5, offering less")?;
        add(&mut report, step);
        let (step, ()) = timed(self.change_email()).await.context("step 6, another e-mail address")?;
        add(&mut report, step);
        let (step, ()) = timed(self.take_back_phone()).await.context("step 7, taking the phone back")?;
        add(&mut report, step);
        let (step, ()) = timed(self.leave()).await.context("step 8, leaving Kiln South")?;
        add(&mut report, step);
        let (step, ()) = timed(self.replay()).await.context("step 9, replay")?;
        add(&mut report, step);
        let (step, ()) = timed(self.revoked(&sub)).await.context("step 10, a revoked membership")?;
        add(&mut report, step);
        Ok(report)
    }

    /// What the team of `space` does at its command line.
    async fn teams_command(&self, space: &RunningSpace, command: &Value) -> Result<Value> {
        let answer = verifier_web::handle(&space.space, &space.presentation, command.clone()).await;
        answer.map_err(anyhow::Error::msg)
    }

    /// Looks again and again until something is there.
    async fn wait_for<T>(&self, otherwise: &str, look: impl AsyncFn() -> Result<Option<T>>) -> Result<T> {
        let start = Instant::now();
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            ensure!(start.elapsed() < PATIENCE, "{otherwise}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
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
