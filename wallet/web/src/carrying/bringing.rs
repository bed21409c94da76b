//! Bringing a wallet along: a file of it, what opens the file, and how the wallet is opened here from now on.

use askama::Template;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::{Extensions, HeaderMap, Request, StatusCode};
use wallet::{
    Device, FileError, FileKey, FileSecret, NewPasskey, NewWay, Passphrase, PrfSalt, RecoveryCode, VaultId,
    VaultName, WalletFile, WrappedKeys,
};
use web::Words;
use web::errors::error_page;
use web::form::Fields;
use web::page::{ErrorSummary, Page};
use zeroize::Zeroizing;

use super::turns::TURNS;
use super::upload::{self, NotTaken, Upload};
use crate::browsers::called;
use crate::home::{HOME, once_brought};
use crate::hosted;
use crate::making::{BeginsWith, CODE, Make, MakeForm, NotMade, Typed, Wanted, in_wallet};
use crate::site::WalletWeb;
use crate::unlock::{NEXT, UNLOCK, own_page};
use crate::ways::{SCRIPT, secret_in};

/// The page.
pub(crate) const BRING: &str = "/make/bring";

#[derive(Template)]
#[template(path = "bring.html")]
struct BringPage {
    words: Words,
    form: MakeForm,
    /// What was typed as a name; none where a wallet needs none.
    name: Option<String>,
    types_code: bool,
    summary: Option<ErrorSummary>,
}

#[derive(Template)]
#[template(path = "bring_one_here.html")]
struct OneIsHere {
    words: Words,
}

/// What is wrong with a form.
struct Wrong {
    field: &'static str,
    key: &'static str,
    status: StatusCode,
}

impl Wrong {
    const fn new(field: &'static str, key: &'static str) -> Self {
        Self { field, key, status: StatusCode::UNPROCESSABLE_ENTITY }
    }
}

/// `GET /make/bring`.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let fields = Fields::parse(query.unwrap_or_default()).unwrap_or_default();
    let (next, code) = (own_page(fields.optional(NEXT)), fields.optional(CODE).unwrap_or_default());
    if !site.desks.vaults().are_many() {
        match site.desk_of(&headers).await {
            Ok(None) if site.making.may_do(code) => {}
            Ok(Some(_)) => return one_is_here(words),
            Ok(None) => return Redirect::to(UNLOCK).into_response(),
            Err(failed) => return failed.page(words),
        }
    }
    let typed = Typed { next: next.to_owned(), code: code.to_owned(), ..Typed::default() };
    page(&site, words, &headers, &typed, None)
}

/// `POST /make/bring`.
pub(crate) async fn bring(
    State(site): State<WalletWeb>,
    words: Words,
    headers: HeaderMap,
    extensions: Extensions,
    request: Request<Body>,
) -> Response {
    let Some(_turn) = TURNS.take(&extensions).await else {
        return error_page(words, StatusCode::TOO_MANY_REQUESTS).into_response();
    };
    let Upload { mut fields, file } = match upload::read::<Make>(&site, request).await {
        Ok(upload) => upload,
        Err(NotTaken::Forged) => return error_page(words, StatusCode::FORBIDDEN).into_response(),
        Err(NotTaken::Malformed) => return error_page(words, StatusCode::BAD_REQUEST).into_response(),
        Err(told @ (NotTaken::TooLarge | NotTaken::TooSlow)) => {
            let (key, status) = match told {
                NotTaken::TooSlow => ("bring-too-slow", StatusCode::REQUEST_TIMEOUT),
                _ => ("bring-too-large", StatusCode::PAYLOAD_TOO_LARGE),
            };
            let wrong = Wrong { status, ..Wrong::new("file", key) };
            let typed = Typed { next: "/".to_owned(), ..Typed::default() };
            return page(&site, words, &headers, &typed, Some(wrong));
        }
    };
    let wanted = Wanted::of(&site, &mut fields);
    let mut typed = |name: &str| Zeroizing::new(fields.take(name).unwrap_or_default());
    let (opener, passphrase) = (typed("words"), typed("passphrase"));
    let again = |wanted: &Wanted, wrong| page(&site, words, &headers, wanted.typed(), Some(wrong));
    // Whoever may make none has no file opened either.
    if !site.making.may_do(&wanted.typed().code) {
        return again(&wanted, not_allowed(&site));
    }
    let passkey = secret_in(&mut fields);
    if site.desks.vaults().are_many() {
        let passkey =
            passkey.map(|secret| NewPasskey { secret, salt: PrfSalt::usual(), name: called(&headers) });
        let asking = Asking { site: &site, words, headers: &headers, extensions: &extensions };
        return asking.at_host(wanted, passkey.as_ref(), &mut fields, &file).await;
    }
    let new_words = Passphrase::chosen(passphrase.as_str());
    if passkey.is_none() && new_words.is_err() {
        return again(&wanted, Wrong::new("passphrase", "ways-passphrase-short"));
    }
    let file = match opened(&file, &opener).await {
        Ok(file) => file,
        Err(wrong) => return again(&wanted, wrong),
    };
    let passkey = passkey.map(|secret| NewPasskey { secret, salt: PrfSalt::usual(), name: called(&headers) });
    let way = match (&passkey, &new_words) {
        (Some(passkey), _) => NewWay::Passkey(passkey),
        (None, Ok(new_words)) => NewWay::Passphrase(new_words, site.cost),
        (None, Err(_)) => return again(&wanted, Wrong::new("passphrase", "ways-passphrase-short")),
    };
    let asking = Asking { site: &site, words, headers: &headers, extensions: &extensions };
    asking.brought(&wanted, &way, &file).await
}

/// Whoever brings a wallet along.
struct Asking<'a> {
    site: &'a WalletWeb,
    words: Words,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
}

impl Asking<'_> {
    fn again(&self, wanted: &Wanted, wrong: Wrong) -> Response {
        page(self.site, self.words, self.headers, wanted.typed(), Some(wrong))
    }

    /// The page that was asked for, in the wallet that is made; or what is wrong.
    async fn brought(&self, wanted: &Wanted, way: &NewWay<'_>, file: &WalletFile) -> Response {
        let site = self.site;
        let begins = BeginsWith::File(file);
        match in_wallet(site, self.headers, self.extensions, wanted, way, begins).await {
            Ok((desk, session)) => {
                site.entered(self.headers, &desk, &session, Device::Own, &wanted.typed().next).await
            }
            Err(NotMade::Failed(failed)) => failed.page(self.words),
            Err(NotMade::There) if !site.desks.vaults().are_many() => one_is_here(self.words),
            Err(NotMade::There) => Redirect::to(UNLOCK).into_response(),
            Err(NotMade::HereAlready) => self.again(wanted, Wrong::new("file", "bring-here-already")),
            Err(NotMade::NotAllowed) => self.again(wanted, not_allowed(site)),
            Err(NotMade::NameTaken) => self.again(wanted, Wrong::new("name", "make-name-taken")),
            Err(NotMade::TooMany) => {
                let wrong = Wrong::new("file", "make-limited");
                self.again(wanted, Wrong { status: StatusCode::TOO_MANY_REQUESTS, ..wrong })
            }
        }
    }

    /// At a host, which gets what the member's browser has opened, with the holder keys sealed by it.
    async fn at_host(
        &self,
        mut wanted: Wanted,
        passkey: Option<&NewPasskey>,
        fields: &mut Fields,
        file: &[u8],
    ) -> Response {
        if passkey.is_none() {
            match VaultName::parse(&wanted.typed().name) {
                Ok(name) => wanted.name = Some(name),
                Err(_) => return self.again(&wanted, Wrong::new("name", "make-name-wrong")),
            }
        }
        if file.is_empty() {
            return self.again(&wanted, Wrong::new("file", "bring-no-file"));
        }
        let secret = fields.take("file_key").and_then(|key| FileSecret::of_text(&key));
        let stretched = hosted::stretched_in(self.site, fields);
        let way = match (passkey, &stretched) {
            (Some(passkey), _) => Some(NewWay::Passkey(passkey)),
            (None, Some(stretched)) => Some(NewWay::Stretched(stretched)),
            (None, None) => None,
        };
        let (Some(secret), Some(way), Some(keys)) = (secret, way, hosted::keys_in(fields)) else {
            return self.again(&wanted, Wrong::new("words", "keys-need-script"));
        };
        let by_code = fields.take("code_keys").and_then(|keys| WrappedKeys::parse(keys).ok());
        let file = match WalletFile::open(file, &FileKey::Itself(&secret)).await {
            Ok(file) => file.with_keys_by_code(by_code),
            Err(error) => return self.again(&wanted, wrong_with(&error)),
        };
        // No host takes a key that acts for its member.
        if !file.keeps_keys_elsewhere() {
            return self.again(&wanted, Wrong::new("words", "keys-need-script"));
        }
        self.brought(&wanted, &NewWay::WithKeys(&way, &keys), &file).await
    }
}

/// A place that keeps one wallet has one, and nothing is brought along to it.
fn one_is_here(words: Words) -> Response {
    let body = OneIsHere { words };
    let page = Page::new(words, words.say("bring-one-here"), body).of_site(words.say("wallet-title"));
    (StatusCode::CONFLICT, page).into_response()
}

fn not_allowed(site: &WalletWeb) -> Wrong {
    if site.making.takes_typed_codes() {
        Wrong::new(CODE, "make-code-wrong")
    } else {
        Wrong::new("file", "make-link-wrong")
    }
}

/// The wallet in a file, by what was typed: its passphrase, or the recovery code.
async fn opened(file: &[u8], opener: &str) -> Result<WalletFile, Wrong> {
    if file.is_empty() {
        return Err(Wrong::new("file", "bring-no-file"));
    }
    let by_code = match RecoveryCode::parse(opener) {
        Ok(code) => Some(WalletFile::open(file, &FileKey::RecoveryCode(&code)).await),
        Err(_) => None,
    };
    let read = match by_code {
        Some(Ok(read)) => Ok(read),
        _ => match Passphrase::new(opener) {
            Ok(passphrase) => WalletFile::open(file, &FileKey::Passphrase(&passphrase)).await,
            Err(_) => return Err(Wrong::new("words", "bring-no-words")),
        },
    };
    read.map_err(|error| wrong_with(&error))
}

const fn wrong_with(error: &FileError) -> Wrong {
    match error {
        FileError::WrongKey => Wrong::new("words", "bring-wrong-words"),
        FileError::OtherKind(_) => Wrong::new("file", "bring-history"),
        FileError::OtherVersion | FileError::UnknownRecord => Wrong::new("file", "bring-newer"),
        FileError::NotAFile => Wrong::new("file", "bring-no-such-file"),
        _ => Wrong::new("file", "bring-damaged"),
    }
}

fn page(
    site: &WalletWeb,
    words: Words,
    headers: &HeaderMap,
    typed: &Typed,
    wrong: Option<Wrong>,
) -> Response {
    let (session, cookie) = site.session_of(headers);
    let status = wrong.as_ref().map_or(StatusCode::OK, |wrong| wrong.status);
    // An invitation is this wallet's once it was taken for it, whatever is typed again.
    let id = typed.wallet.clone().unwrap_or_else(|| VaultId::fresh(site.environment.randomness()));
    // Whoever comes home with it is told to close the other one.
    let next = if typed.next == HOME { once_brought() } else { typed.next.clone() };
    let body = BringPage {
        words,
        form: MakeForm::of(site, words, &session, &next, &typed.code, id),
        name: site.desks.vaults().are_many().then(|| typed.name.clone()),
        types_code: site.making.takes_typed_codes(),
        summary: wrong.map(|wrong| ErrorSummary {
            words,
            errors: vec![(wrong.field.to_owned(), words.say(wrong.key))],
        }),
    };
    let page = Page::new(words, words.say("bring-title"), body)
        .of_site(words.say("wallet-title"))
        .with_script(SCRIPT)
        .with_manifest();
    let mut response = (status, hosted::with_script(site, page)).into_response();
    response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    hosted::allow(site, &mut response);
    response
}
