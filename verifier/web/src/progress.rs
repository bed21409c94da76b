//! How far this browser's sign-up has come: for the script that waits, and as a page.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use issuance::Shown;
use network::decision::Outcome;
use openid4vc::secret::SecretText;
use presentation::{RequestState, ScreenState};
use verifier::portal::is_about_signing_in;
use verifier::records::SignUp;
use web::Words;
use web::csrf::Purpose;
use web::page::{
    CodeEntry, CopyLink, LinkButton, Look, Notice, PostButton, QrFigure, Waiting, WaitingStatus, WalletButton,
};
use web::session::SessionSecret;

use crate::screen::{MOST_ASKED, name_of};
use crate::site::{Failed, SpaceWeb};

/// Where a browser looks how far its sign-up has come.
pub(crate) const ANSWER: &str = "/join/answer";
const STATUS: &str = "/join/status";
/// Where a browser begins, and begins again when nothing is open in its session.
pub(crate) const JOIN: &str = "/join";
/// Where the form goes by which a browser gives up what is open in its session.
const AGAIN: &str = "/join/again";

/// The form with the six digits.
pub(crate) struct TypeCode;

impl Purpose for TypeCode {
    const NAME: &'static str = "space-join-code";
}

/// The button by which a browser gives up what is open.
pub(crate) struct BeginAgain;

impl Purpose for BeginAgain {
    const NAME: &'static str = "space-join-again";
}

/// How far a sign-up has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nobody has answered.
    Waiting,
    /// Somebody has answered; the digits on the phone are to be typed here.
    CodeWanted,
    /// The person at this screen is a member now.
    Joined,
    /// A person of the team looks at it.
    WithTheTeam,
    /// All places are taken: the next that is free is theirs.
    WaitingForAPlace,
    /// The space said no.
    Declined,
    /// The member chose not to share.
    NotShared,
    /// What was shared could not be taken.
    NotTaken,
    /// Nobody typed the right digits in time: the space has the answer, this screen has nothing.
    Filed,
    /// The request has ended, and nobody has answered.
    Expired,
    /// Nothing is open at this screen, or somebody answered who was not shown to be here.
    Ended,
}

impl Progress {
    /// The word on the wire, and in the keys of the catalogue.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::CodeWanted => "code-wanted",
            Self::Joined => "joined",
            Self::WithTheTeam => "with-the-team",
            Self::WaitingForAPlace => "waiting-for-a-place",
            Self::Declined => "declined",
            Self::NotShared => "not-shared",
            Self::NotTaken => "not-taken",
            Self::Filed => "filed",
            Self::Expired => "expired",
            Self::Ended => "ended",
        }
    }
}

impl Progress {
    /// Whether nobody at this screen can do anything about it any more.
    const fn is_decided_later(self) -> bool {
        matches!(self, Self::WithTheTeam | Self::WaitingForAPlace)
    }
}

/// A page that stands until somebody has decided.
struct DecidedLater {
    status_url: &'static str,
    state: &'static str,
    text: String,
}

/// What this browser may know.
pub(crate) struct Seen {
    pub(crate) progress: Progress,
    pub(crate) sign_up: Option<SignUp>,
    /// Whether an answer may still come.
    is_open: bool,
}

impl Seen {
    const fn only(progress: Progress) -> Self {
        Self { progress, sign_up: None, is_open: false }
    }

    const fn open(progress: Progress) -> Self {
        Self { progress, sign_up: None, is_open: true }
    }
}

/// Whether a request of a browser is one to join: others are about signing in, and have waiting screens of their own.
pub(crate) fn is_about_joining(subject: &str) -> bool {
    !is_about_signing_in(subject)
}

/// Looks at the sign-up of the browser whose session is named `screen`.
pub(crate) async fn look(site: &SpaceWeb, screen: Option<&SecretText>) -> Result<Seen, Failed> {
    let Some(screen) = screen else { return Ok(Seen::only(Progress::Ended)) };
    let Some((subject, state)) = site.presentation.screen(screen, is_about_joining).await? else {
        return Ok(Seen::only(Progress::Ended));
    };
    Ok(match state {
        ScreenState::Waiting => Seen::open(unless_over(site, screen, Progress::Waiting).await?),
        ScreenState::Expired => Seen::only(unless_over(site, screen, Progress::Expired).await?),
        ScreenState::CodeWanted => Seen::only(Progress::CodeWanted),
        ScreenState::SignedIn => signed_in(site.space.sign_up_for(&subject).await?),
        ScreenState::Ended => Seen::only(at_the_end(site, screen).await?),
    })
}

fn signed_in(sign_up: Option<SignUp>) -> Seen {
    let waits_for_a_place = sign_up.as_ref().is_some_and(|sign_up| sign_up.waits_for_a_place);
    let outcome = sign_up.as_ref().map(|sign_up| sign_up.decided.as_ref().map(|decided| decided.outcome));
    let progress = match outcome {
        Some(Some(Outcome::Approved)) => Progress::Joined,
        Some(Some(Outcome::Declined)) => Progress::Declined,
        Some(None) if waits_for_a_place => Progress::WaitingForAPlace,
        Some(None) => Progress::WithTheTeam,
        None => Progress::Ended,
    };
    Seen { progress, sign_up, is_open: false }
}

/// One of the page's requests may be over while the other is open: the wallet said no to it, sent what cannot be taken, or
/// its digits were not typed. Whoever then begins again does so in another session, so that what is over says nothing
/// about what comes.
async fn unless_over(site: &SpaceWeb, screen: &SecretText, otherwise: Progress) -> Result<Progress, Failed> {
    for asked in site.space.asked_at_screen(screen.hash(), MOST_ASKED).await? {
        let over = match site.presentation.state_at_screen(&asked.id).await? {
            // This screen is neither signed in nor waits for digits.
            Some(RequestState::Accepted) => Some(Progress::Filed),
            Some(RequestState::Refused(code)) => of_refusal(&code),
            _ => None,
        };
        if let Some(progress) = over {
            return Ok(progress);
        }
    }
    Ok(otherwise)
}

fn of_refusal(code: &str) -> Option<Progress> {
    match code {
        // Not the wallet's doing, which sends its answer again; or gone to another browser than this.
        "temporarily_unavailable" | "status_unknown" | "session_mismatch" => None,
        "access_denied" => Some(Progress::NotShared),
        _ => Some(Progress::NotTaken),
    }
}

async fn at_the_end(site: &SpaceWeb, screen: &SecretText) -> Result<Progress, Failed> {
    for asked in site.space.asked_at_screen(screen.hash(), MOST_ASKED).await? {
        if site.space.sign_up_for(&asked.id).await?.is_some() {
            return Ok(Progress::Filed);
        }
    }
    Ok(Progress::Ended)
}

/// `GET /join/status`.
pub(crate) async fn status(State(site): State<SpaceWeb>, headers: HeaderMap) -> Response {
    let session = SessionSecret::of_request(&headers);
    match look(&site, session.as_ref().map(name_of).as_ref()).await {
        Ok(seen) => Json(status_of(seen.progress)).into_response(),
        Err(failed) => failed.into_response(),
    }
}

/// What a script is told.
pub(crate) fn status_of(progress: Progress) -> WaitingStatus {
    let location = (progress != Progress::Waiting).then(|| ANSWER.to_owned());
    WaitingStatus { state: progress.name(), location }
}

/// The waiting component of a page that was made in the state `progress`.
pub(crate) fn waiting(words: Words, progress: Progress) -> Waiting {
    Waiting { words, status_url: STATUS.to_owned(), state: progress.name().into() }
}

#[derive(Template)]
#[template(path = "answer.html")]
struct Answer {
    words: Words,
    title: String,
    text: String,
    code: Option<CodeEntry>,
    waiting: Option<Waiting>,
    decided_later: Option<DecidedLater>,
    notice: Option<Notice>,
    offer: Option<Offer>,
    again: Option<LinkButton>,
    give_up: Option<PostButton>,
    /// The state of a page that says how something ended while another answer may come: then it goes on.
    watched: Option<Watched>,
}

/// What the script of waiting pages looks at where nothing is to be seen of it.
struct Watched {
    status_url: &'static str,
    state: &'static str,
}

/// The membership, for a wallet that did not fetch it by itself.
struct Offer {
    open: WalletButton,
    qr: QrFigure,
    link: CopyLink,
}

/// `GET /join/answer`: the page of whatever state the sign-up is in.
pub(crate) async fn answer(State(site): State<SpaceWeb>, words: Words, headers: HeaderMap) -> Response {
    let session = SessionSecret::of_request(&headers);
    match answer_page(&site, words, session.as_ref(), StatusCode::OK, None).await {
        Ok(response) => response,
        Err(failed) => failed.page(words),
    }
}

/// The page of the sign-up in `session`; `wrong` is what is wrong with the digits that were typed.
pub(crate) async fn answer_page(
    site: &SpaceWeb,
    words: Words,
    session: Option<&SessionSecret>,
    status: StatusCode,
    wrong: Option<String>,
) -> Result<Response, Failed> {
    let seen = look(site, session.map(name_of).as_ref()).await?;
    let progress = seen.progress;
    let space = site.name();
    let title = words.say_with(&format!("sign-up-{}-title", progress.name()), &[("space", space)]);
    let is_watched = seen.is_open && progress != Progress::Waiting;
    let code_wanted = session.filter(|_| progress == Progress::CodeWanted);
    let body = Answer {
        words,
        title: title.clone(),
        text: words.say_with(&format!("sign-up-{}-text", progress.name()), &[("space", space)]),
        notice: wrong.clone().filter(|_| code_wanted.is_none()).map(|title| Notice {
            title,
            text: String::new(),
            warning: true,
        }),
        code: code_wanted.map(|session| CodeEntry {
            words,
            action: "/join/code".to_owned(),
            csrf: site.csrf.token::<TypeCode>(&session.id()),
            error: wrong,
        }),
        waiting: (progress == Progress::Waiting).then(|| waiting(words, progress)),
        decided_later: progress.is_decided_later().then(|| DecidedLater {
            status_url: STATUS,
            state: progress.name(),
            text: words.say(&format!("sign-up-{}-waiting", progress.name())),
        }),
        offer: offer(site, words, &seen).await?,
        again: again(words, progress),
        give_up: code_wanted.map(|session| PostButton {
            action: AGAIN.to_owned(),
            csrf: site.csrf.token::<BeginAgain>(&session.id()),
            label: words.say("join-start-again"),
            look: Look::Secondary,
        }),
        watched: is_watched.then(|| Watched { status_url: STATUS, state: progress.name() }),
    };
    let page = site.page(words, title, body);
    let page = match progress {
        _ if progress == Progress::Waiting || progress.is_decided_later() => page.with_waiting(),
        Progress::Joined => page.with_copying().with_wallets(),
        _ if is_watched => page.with_waiting_beside_a_form(),
        _ => page,
    };
    Ok((status, page).into_response())
}

fn again(words: Words, progress: Progress) -> Option<LinkButton> {
    let (label, secondary) = match progress {
        // Whoever waits for digits gives something up by beginning again: by a form.
        Progress::Joined | Progress::WithTheTeam | Progress::WaitingForAPlace | Progress::CodeWanted => {
            return None;
        }
        Progress::Waiting => ("join-start-again", true),
        _ => ("join-start-again", false),
    };
    Some(LinkButton { href: JOIN.to_owned(), label: words.say(label), secondary })
}

async fn offer(site: &SpaceWeb, words: Words, seen: &Seen) -> Result<Option<Offer>, Failed> {
    let sub = seen
        .sign_up
        .as_ref()
        .filter(|_| seen.progress == Progress::Joined)
        .and_then(|one| one.member.as_ref());
    let Some(sub) = sub else { return Ok(None) };
    let Some(offered) = site.space.membership_offer(sub, Shown::OnPage).await? else { return Ok(None) };
    Ok(Some(Offer {
        open: WalletButton::new(words, words.say("join-offer-open"), offered.by_value),
        qr: QrFigure::new(words, &offered.by_reference)?,
        link: CopyLink { words, id: "join-offer", link: offered.by_reference },
    }))
}
