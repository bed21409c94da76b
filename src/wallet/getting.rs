//! `passport wallet get` and `passport wallet finish`: credentials for which the person has their say on the issuer's own page.

use std::io::Write;
use std::time::Duration;

use ::wallet::{AcceptError, AcceptOptions, Accepted, Begun, LookedAt, Passphrase, shown};
use environment::Environment;
use openid4vc::secret::SecretText;
use serde_json::json;

use super::Failure;
use super::arguments::Call;
use super::asking::{self, Asking};
use super::doorway::Doorway;
use super::opening::{Opened, opened, opened_by, passphrase_for};
use super::printing::{self, Report};
use super::{telling, words};

/// For how long the browser is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// Where the browser ends when nobody waits there: its address is what counts.
const NOBODY_THERE: &str = "http://127.0.0.1/return";

/// One call, with the passphrase that opens the wallet: while the person is on the issuer's page the wallet is closed, since
/// that page may ask it for something.
struct Calling<'a> {
    call: &'a Call,
    passphrase: Passphrase,
    no_wait: bool,
    /// Nobody offered what is asked for.
    unoffered: bool,
    environment: &'a Environment,
}

/// Gets what an issuer has without any offer.
pub(super) async fn get(
    call: &Call,
    issuer: &str,
    wanted: &[String],
    no_wait: bool,
    environment: &Environment,
) -> Result<Report, Failure> {
    check_address(issuer)?;
    let calling = Calling { call, passphrase: passphrase_for(call)?, no_wait, unoffered: true, environment };
    let opened = calling.opened().await?;
    let wanted: Vec<&str> = wanted.iter().map(|one| words::type_of(one)).collect();
    let looked =
        opened.wallet.look_at_issuer(issuer, &wanted).await.map_err(|error| opened.explained(error))?;
    calling.authorize(opened, &looked).await
}

/// A host alone is no issuer's identifier (OpenID4VCI 1.0 §12.2.1).
fn check_address(issuer: &str) -> Result<(), Failure> {
    if issuer.contains("://") {
        return Ok(());
    }
    let sentence = format!(
        "{issuer} is no address of an issuer: write it with https://, as https://{issuer}, or in development with http://"
    );
    Err(Failure::new("issuer_address", sentence))
}

/// Accepts an offer, by its code or by the person's say. A transaction code that was not given beforehand is asked for, since
/// it came another way.
pub(super) async fn accept(
    call: &Call,
    offer: &str,
    no_wait: bool,
    environment: &Environment,
) -> Result<Report, Failure> {
    telling::check_offers(offer)?;
    let calling = Calling { call, passphrase: passphrase_for(call)?, no_wait, unoffered: false, environment };
    let opened = calling.opened().await?;
    let (wallet, options) = (&opened.wallet, super::accepting(call));
    let looked = wallet.look_at_offer(offer).await.map_err(|error| opened.explained(error))?;
    if looked.needs_authorization() {
        return calling.authorize(opened, &looked).await;
    }
    let accepted = match wallet.accept(&looked, &options, &Asking::of(call)).await {
        Err(error) if options.tx_code.is_none() && error.code() == "tx_code_needed" => {
            let code = (!call.yes)
                .then(asking::tx_code)
                .flatten()
                .ok_or_else(|| Failure::new(error.code(), format!("{error}; give it with --tx-code")))?;
            let options = AcceptOptions { tx_code: Some(SecretText::new(code)), ..options };
            wallet.accept(&looked, &options, &Asking::agreed()).await
        }
        other => other,
    };
    received(&accepted.map_err(|error| opened.explained(error))?)
}

/// What was received; a failure where it is nothing yet, so that no script takes it for done.
fn received(accepted: &Accepted) -> Result<Report, Failure> {
    let waits = !accepted.unchecked.is_empty();
    if waits && accepted.credentials.is_empty() && accepted.deferred.is_empty() {
        let sentence = "what was offered has come and is kept, and could not be checked: nothing can be found out about who \
                        signed it at this moment; finish it with `passport wallet collect`";
        return Err(Failure::new("not_checked_yet", sentence));
    }
    Ok(printing::accepted(accepted))
}

/// Goes on with the address at which the browser ended.
pub(super) async fn finish(call: &Call, address: &str, environment: &Environment) -> Result<Report, Failure> {
    finished(&opened(call, environment).await?, address).await
}

async fn finished(opened: &Opened, address: &str) -> Result<Report, Failure> {
    let accepted = opened.wallet.finish_authorization(address).await;
    received(&accepted.map_err(|error| run_out(&error).unwrap_or_else(|| opened.explained(error)))?)
}

/// A code that the browser brought, and that the issuer does not take any more.
fn run_out(error: &AcceptError) -> Option<Failure> {
    (error.code() == "invalid_grant").then(|| {
        let sentence = "the code in that address has run out, about a minute after the page gave it, or was used already; begin \
                        again with `passport wallet get`, or with a new offer if it began with one";
        Failure::new(error.code(), sentence)
    })
}

/// In words where nobody offered anything.
fn unoffered(error: &AcceptError) -> Option<Failure> {
    let sentence = match error.code() {
        "declined" | "left_open" => "nothing was asked for",
        "endpoint_missing" => {
            "this issuer gives this by an offer only: ask there for one, and take it with `passport wallet accept-offer`"
        }
        _ => return None,
    };
    Some(Failure::new(error.code(), sentence))
}

impl Calling<'_> {
    async fn opened(&self) -> Result<Opened, Failure> {
        opened_by(self.call, &self.passphrase, self.environment).await
    }

    async fn authorize(&self, opened: Opened, looked: &LookedAt) -> Result<Report, Failure> {
        let door =
            if self.no_wait { None } else { Some(Doorway::open().await.map_err(|error| shut(&error))?) };
        let back = door.as_ref().map_or_else(|| NOBODY_THERE.to_owned(), Doorway::address);
        let (options, asking) =
            (super::accepting(self.call), Asking::of(self.call).unoffered(self.unoffered));
        let begun = opened.wallet.begin_authorization(looked, &back, &options, &asking).await;
        let begun = begun.map_err(|error| {
            let told = if self.unoffered { unoffered(&error) } else { None };
            told.unwrap_or_else(|| opened.explained(error))
        })?;
        drop(opened);
        let Some(door) = door else { return Ok(open_it(&begun)) };
        told(&begun);
        let awaited = begun.clone();
        let address = door.wait(LONGEST_WAIT, move |address| awaited.is_answered_by(address)).await;
        let address = address.ok_or_else(|| {
            Failure::new(
                "not_returned",
                "nobody came back from the issuer's page in time; if you finish there later, give the address at which \
                 your browser ends to `passport wallet finish`",
            )
        })?;
        finished(&self.opened().await?, &address).await
    }
}

/// On standard error, as everything that is not the result.
fn told(begun: &Begun) {
    let mut lines = opening_lines(begun);
    lines.push(format!(
        "This waits until you are back, {} minutes at most; what the page asks of your wallet, answer in another terminal. \
         Should this end before you are back, give the address at which your browser ends to `passport wallet finish`.",
        LONGEST_WAIT.as_secs() / 60
    ));
    for line in lines {
        // When standard error is closed there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

fn open_it(begun: &Begun) -> Report {
    let mut lines = opening_lines(begun);
    lines.push(
        "Your browser ends at an address of this machine that it cannot open. Give that address to `passport wallet finish` \
         within a minute; all in all this wallet waits for an hour."
            .to_owned(),
    );
    Report { lines, value: json!({"open": begun.address, "until": begun.until}) }
}

fn opening_lines(begun: &Begun) -> Vec<String> {
    vec![
        format!(
            "{} asks you on its own page. Open this in your browser at once, within a minute and a half:",
            shown(&begun.host)
        ),
        format!("    {}", shown(&begun.address)),
    ]
}

fn shut(error: &std::io::Error) -> Failure {
    let sentence =
        format!("nothing can listen on this machine ({error}); use --no-wait and `passport wallet finish`");
    Failure::new("no_listener", sentence)
}

#[cfg(test)]
mod tests {
    use openid4vc::vci::wallet::WalletError;

    use super::*;

    fn refused(code: &str) -> AcceptError {
        WalletError::Refused { code: code.to_owned() }.into()
    }

    #[test]
    fn a_host_without_a_scheme_is_told_how_to_be_written() {
        let refused = check_address("office.localhost:18650").unwrap_err();
        assert_eq!(refused.code, "issuer_address");
        assert!(refused.sentence.contains("as https://office.localhost:18650"), "{}", refused.sentence);
        assert!(check_address("http://office.localhost:18650").is_ok());
    }

    #[test]
    fn a_code_that_has_run_out_is_told_without_an_offer_that_nobody_made() {
        let said = run_out(&refused("invalid_grant")).unwrap();
        assert_eq!(said.code, "invalid_grant");
        assert!(said.sentence.contains("begin again with `passport wallet get`"), "{}", said.sentence);
        assert!(run_out(&refused("invalid_request")).is_none());
    }

    #[test]
    fn what_nobody_offered_is_not_called_an_offer() {
        for nothing in [AcceptError::Declined, AcceptError::LeftOpen { comes_again: false }] {
            assert_eq!(unoffered(&nothing).unwrap().sentence, "nothing was asked for");
        }
        let by_offer_only = unoffered(&WalletError::NoEndpoint("authorization endpoint").into()).unwrap();
        assert!(by_offer_only.sentence.contains("by an offer only"), "{}", by_offer_only.sentence);
        assert!(unoffered(&refused("invalid_request")).is_none());
    }
}
