//! How Ada gets her passport, and how she joins: by a QR code, and invited by her number.

use std::sync::Arc;

use ::verifier::members::{Check, Vouched};
use ::wallet::{AcceptOptions, OpenedMail, Presented};
use anyhow::{Context, Result, bail, ensure};
use credentials::types;
use did::number::PassportNumber;
use serde_json::{Value, json};

use super::consents::Wishes;
use super::{PATIENCE, Player, step};
use crate::demo::browser::{Browser, six_digits};
use crate::demo::letter;
use crate::demo::parties::{OFFICE, test_member};
use crate::demo::steps::Step;

impl Player<'_> {
    /// ① A member of Harbour gets the passport.
    pub(super) async fn passport(&self) -> Result<(Step, String)> {
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
        let presented = self.apply_at_office(&test_member().email).await?;
        Ok((step("passport", "Passport office", "link", &presented), sub))
    }

    /// Applies for a passport, or for the same one again, with this e-mail address, until its profile is there.
    pub(super) async fn apply_at_office(&self, email: &str) -> Result<Presented> {
        let mut browser = Browser::new(Arc::clone(&self.plain));
        let asked = self
            .request(&mut browser, &self.address(OFFICE, "/passport/requests")?, &json!({"way": "link"}))
            .await?;
        let presented = self.present(&asked, Wishes::default()).await?;
        if let Some(redirect) = &presented.redirect_uri {
            browser.open(redirect).await?;
        }
        self.collect().await?;
        self.confirm_email(email).await?;
        self.wait_for("the wallet still waits for its credentials", async || {
            self.collect().await?;
            let held = self.wallet.list().await?;
            let has = |vct: &str| held.iter().find(|credential| credential.vct == vct);
            let checked = has(types::PROFILE).and_then(|profile| profile.claims.get("email"));
            let is_there = has(types::PASSPORT).is_some() && checked.and_then(Value::as_str) == Some(email);
            Ok(is_there.then_some(()))
        })
        .await?;
        Ok(presented)
    }

    /// The member opens the link in the mail and presses the button there.
    async fn confirm_email(&self, email: &str) -> Result<()> {
        let mail = self.mailbox.wait_for(email, PATIENCE).await.context("no mail came")?;
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
    pub(super) async fn join_by_qr(&self) -> Result<(Step, ())> {
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

    /// ③ Kiln South invites her by her number, and she joins with her own word for one claim. One digit mistyped is caught
    /// where it is typed.
    pub(super) async fn join_invited_by_number(&self) -> Result<(Step, ())> {
        let number = self.number().await?.context("the wallet has no number")?;
        let team = self.teams.kiln_south;
        let mistyped = self
            .teams_command(team, &json!({"command": "verifier.invite", "number": mistyped(&number)?}))
            .await;
        match mistyped {
            Err(said) if said.to_string().contains("mistyped") => {}
            other => bail!("a mistyped number was not caught: {other:?}"),
        }
        self.teams_command(team, &json!({"command": "verifier.invite", "number": number})).await?;
        let invitation = self.invitation_of("Kiln South").await?;
        let wishes = Wishes { optional: &["phone_number"], own: Some("given_name") };
        let opened = self.wallet.open_mail(&invitation, &AcceptOptions::default(), &wishes).await?;
        let OpenedMail::Presented(presented) = opened else { bail!("the invitation was no question") };
        self.collect().await?;
        self.expect_membership_of("Kiln South").await?;
        let listed = self.teams_command(team, &json!({"command": "verifier.invitations"})).await?;
        let state = listed.pointer("/invitations/0/state").and_then(Value::as_str);
        ensure!(state == Some("answered"), "the team sees the invitation as {state:?}");
        let mut step = step("join-own-details", "Kiln South", "number", &presented);
        step.also = vec!["mistyped_number".to_owned()];
        Ok((step, ()))
    }

    /// Waits until the space's invitation is in the member's mailbox.
    async fn invitation_of(&self, space: &str) -> Result<String> {
        self.wait_for("the invitation does not come", async || {
            let _ = self.wallet.fetch_mail().await?;
            let mail = self.wallet.mail().await?;
            Ok(mail.into_iter().find(|item| item.space_name == space).map(|item| item.id))
        })
        .await
    }

    async fn expect_membership_of(&self, space: &str) -> Result<()> {
        let held = self.wallet.list().await?;
        let is_there = held.iter().any(|one| one.vct == types::MEMBERSHIP && one.issuer_name == space);
        ensure!(is_there, "there is no membership of {space}");
        Ok(())
    }
}

/// The number with one wrong symbol.
fn mistyped(number: &str) -> Result<String> {
    let wrong = "0123456789".chars().map(|digit| {
        let kept = number.char_indices().filter(|(place, _)| place.saturating_add(1) < number.len());
        kept.map(|(_, symbol)| symbol).chain([digit]).collect::<String>()
    });
    let mut wrong = wrong.filter(|text| PassportNumber::parse(text).is_err());
    wrong.next().context("every symbol fits")
}
