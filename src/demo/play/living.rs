//! What the member changes at spaces afterwards: less than was asked, another address, something taken back, and leaving.

use ::wallet::{DetailName, PresentOptions, SentChange, When};
use anyhow::{Context, Result, ensure};
use network::member_api::{ClaimChange, WhatToDo};
use serde_json::{Value, json};

use super::consents::Instead;
use super::{Player, step};
use crate::demo::parties::{LATE_BY_BIRTHDATE, NEW_EMAIL};
use crate::demo::steps::Step;

impl Player<'_> {
    /// ⑤ Kiln South asks for a date of birth, which it has not registered. She offers that she is over 18, and it accepts.
    pub(super) async fn counter_offer(&self) -> Result<(Step, ())> {
        let request = json!({"command": "verifier.request", "form": LATE_BY_BIRTHDATE});
        let asked = self.teams_command(self.teams.kiln_south, &request).await?;
        let link = asked.get("link").and_then(Value::as_str).context("no request was made")?;
        let less = Instead("birthdate", "age_equal_or_over.18");
        let presented = self.wallet.present(link, &PresentOptions::default(), &less).await?;
        ensure!(
            !presented.disclosed.iter().any(|claim| claim == "birthdate"),
            "the date of birth was given nevertheless"
        );
        let mut step = step("counter-offer", "Kiln South", "link", &presented);
        step.withheld.push("birthdate".to_owned());
        Ok((step, ()))
    }

    /// ⑥ Her e-mail address has changed: the office checks the new one, and both spaces get it by one edit.
    pub(super) async fn change_email(&self) -> Result<(Step, ())> {
        let email = DetailName::new("email")?;
        self.wallet.set_own_detail(email.clone(), Value::from(NEW_EMAIL)).await?;
        self.apply_at_office(NEW_EMAIL).await?;
        let spaces = ["Kiln North".to_owned(), "Kiln South".to_owned()];
        let sent = self.wallet.change_at(email, Value::from(NEW_EMAIL), &spaces, When::Now).await?;
        ensure!(sent.len() == spaces.len(), "it was sent to {} spaces", sent.len());
        sent.iter().try_for_each(expect_done)?;
        Ok((self.edited("changed", "Kiln North, Kiln South", "email"), ()))
    }

    /// ⑦ She takes her phone number back.
    pub(super) async fn take_back_phone(&self) -> Result<(Step, ())> {
        let change = ClaimChange { claim: "phone_number".to_owned(), what: WhatToDo::TakeBack };
        let sent = self.wallet.change_rules_at("Kiln South", vec![change]).await?;
        expect_done(&sent)?;
        let held = self.wallet.held_at("Kiln South").await?;
        ensure!(
            !held.details.iter().any(|detail| detail.claim == "phone_number"),
            "the phone number is still there"
        );
        Ok((self.edited("taken-back", "Kiln South", "phone_number"), ()))
    }

    /// ⑧ She leaves Kiln South.
    pub(super) async fn leave(&self) -> Result<(Step, ())> {
        let sent = self.wallet.leave_space("Kiln South").await?;
        expect_done(&sent)?;
        ensure!(sent.membership_ended, "the membership goes on");
        Ok((self.edited("left", "Kiln South", "everything"), ()))
    }

    fn edited(&self, name: &'static str, space: &str, claim: &str) -> Step {
        let edited = vec![claim.to_owned()];
        Step { name, space: space.to_owned(), way: "link", edited, ..Step::default() }
    }
}

fn expect_done(sent: &SentChange) -> Result<()> {
    ensure!(sent.done, "{} at {}: {:?}", sent.what, sent.space, sent.problem);
    Ok(())
}
