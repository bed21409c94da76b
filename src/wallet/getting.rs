//! `passport wallet get` and `passport wallet finish`: credentials for which the person has their say on the issuer's own page.

use std::io::Write;
use std::time::Duration;

use ::wallet::{AcceptOptions, Begun, LookedAt, Passphrase, shown};
use environment::Environment;
use openid4vc::secret::SecretText;
use serde_json::json;

use super::Failure;
use super::arguments::Call;
use super::asking::{self, Asking};
use super::doorway::Doorway;
use super::opening::{Opened, opened, opened_by, passphrase_for};
use super::printing::{self, Report};
use super::words;

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
    let calling = Calling { call, passphrase: passphrase_for(call)?, no_wait, environment };
    let opened = calling.opened().await?;
    let wanted: Vec<&str> = wanted.iter().map(|one| words::type_of(one)).collect();
    let looked =
        opened.wallet.look_at_issuer(issuer, &wanted).await.map_err(|error| opened.explained(error))?;
    calling.authorize(opened, &looked).await
}

/// Accepts an offer, by its code or by the person's say. A transaction code that was not given beforehand is asked for, since
/// it came another way.
pub(super) async fn accept(
    call: &Call,
    offer: &str,
    no_wait: bool,
    environment: &Environment,
) -> Result<Report, Failure> {
    let calling = Calling { call, passphrase: passphrase_for(call)?, no_wait, environment };
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
    Ok(printing::accepted(&accepted.map_err(|error| opened.explained(error))?))
}

/// Goes on with the address at which the browser ended.
pub(super) async fn finish(call: &Call, address: &str, environment: &Environment) -> Result<Report, Failure> {
    finished(&opened(call, environment).await?, address).await
}

async fn finished(opened: &Opened, address: &str) -> Result<Report, Failure> {
    let accepted = opened.wallet.finish_authorization(address).await;
    Ok(printing::accepted(&accepted.map_err(|error| opened.explained(error))?))
}

impl Calling<'_> {
    async fn opened(&self) -> Result<Opened, Failure> {
        opened_by(self.call, &self.passphrase, self.environment).await
    }

    async fn authorize(&self, opened: Opened, looked: &LookedAt) -> Result<Report, Failure> {
        let door =
            if self.no_wait { None } else { Some(Doorway::open().await.map_err(|error| shut(&error))?) };
        let back = door.as_ref().map_or_else(|| NOBODY_THERE.to_owned(), Doorway::address);
        let (options, asking) = (super::accepting(self.call), Asking::of(self.call));
        let begun = opened.wallet.begin_authorization(looked, &back, &options, &asking).await;
        let begun = begun.map_err(|error| opened.explained(error))?;
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
        "Your browser ends at an address of this machine that it cannot open. Give that address to `passport wallet finish`."
            .to_owned(),
    );
    Report { lines, value: json!({"open": begun.address, "until": begun.until}) }
}

fn opening_lines(begun: &Begun) -> Vec<String> {
    vec![
        format!("{} asks you on its own page. Open this in your browser:", shown(&begun.host)),
        format!("    {}", shown(&begun.address)),
    ]
}

fn shut(error: &std::io::Error) -> Failure {
    let sentence =
        format!("nothing can listen on this machine ({error}); use --no-wait and `passport wallet finish`");
    Failure::new("no_listener", sentence)
}
