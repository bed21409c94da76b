//! What becomes of details at spaces, in words.

use ::wallet::{Errand, LeftSpace, OutboxEntry, SentChange, shown};
use network::claims::Audience;
use network::member_api::{Detail, Details, Outcome, REGISTRATION};
use serde_json::json;
use wallet_web::told::{done_at_space, errand_in_words};

use crate::wallet::printing::{Report, moment};
use crate::wallet::{Failure, words};

/// Who would see a detail, told to whoever decides it.
pub(in crate::wallet) const fn seen_by(audience: Audience) -> &'static str {
    match audience {
        Audience::Team => "the team",
        Audience::MembersHere => "the team and the members there",
        Audience::Brand => "the teams and members of the brand's spaces",
        Audience::Public => "everybody",
    }
}

/// Where something is kept although the membership ends: leaving keeps nothing.
pub(in crate::wallet) fn leaving_instead(would: &Outcome, space: &str) -> Option<String> {
    let is_better = would.membership_ended && !would.kept.is_empty();
    is_better.then(|| {
        format!("leaving erases the rest as well: `passport wallet space leave {}`", quoted(&shown(space)))
    })
}

/// One word of a command.
pub(in crate::wallet) fn quoted(word: &str) -> String {
    let is_plain = |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, '.' | ':' | '-' | '_');
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// What the member left, and what is still there.
pub(in crate::wallet) fn left_sentence(left: &LeftSpace) -> String {
    let kept = left.kept.iter().map(|(claim, until)| {
        let until = until.map(|until| format!(" until {}", moment(until))).unwrap_or_default();
        format!("{}{until}", words::claim(claim))
    });
    let kept = if left.kept.is_empty() {
        "what it still keeps: nothing of yours, as far as this wallet knows".to_owned()
    } else {
        format!("what it still keeps and until when: {}", words::joined_by_commas(kept))
    };
    let contact = left.contact.as_deref().map_or_else(|| "its team".to_owned(), shown);
    format!("you left {} on {}; {kept}; write to {contact}", shown(&left.space), moment(left.at))
}

/// What the space says would follow.
pub(in crate::wallet) fn follows(would: &Outcome, gone: &str) -> Vec<String> {
    let claims: Vec<String> = would.claims().map(str::to_owned).collect();
    let mut lines = Vec::new();
    if !claims.is_empty() {
        lines.push(format!("{gone}: {}", words::list(&claims)));
    }
    if would.membership_ended {
        lines.push("Your membership of this space ends by it.".to_owned());
    }
    lines.extend(would.kept.iter().map(|kept| kept_line(&kept.claim, &kept.rule, kept.until)));
    lines
}

pub(in crate::wallet) fn kept_line(claim: &str, rule: &str, until: i64) -> String {
    let rule = if rule == REGISTRATION { "as it registered".to_owned() } else { shown(rule) };
    format!("kept until {}, {rule}: {}", moment(until), words::claim(claim))
}

/// What a space holds.
pub(in crate::wallet) fn held(details: &Details) -> Report {
    let mut lines: Vec<String> = details.details.iter().flat_map(detail).collect();
    for objection in &details.objections {
        let about =
            if objection.about.is_empty() { "everything".to_owned() } else { words::list(&objection.about) };
        lines.push(format!("Your objection of {} about {about}", moment(objection.at)));
    }
    for one in &details.handed_on {
        let confirmed = if one.confirmed { "" } else { ", not all of it confirmed there" };
        let names = words::list(&one.details);
        lines.push(format!("Went on to {} on {}{confirmed}: {names}", shown(&one.to), moment(one.at)));
    }
    for note in &details.notes {
        lines.push(format!(
            "{} of its team wrote on {}: {}",
            shown(&note.by),
            moment(note.at),
            shown(&note.text)
        ));
    }
    for opening in &details.openings {
        let door = opening.door.as_deref().map_or_else(|| "a door that is there no more".to_owned(), shown);
        let became = match opening.opened {
            Some(true) => "opened",
            Some(false) => "did not open",
            None => "was not heard from",
        };
        lines.push(format!("You asked {door} on {}: it {became}", moment(opening.at)));
    }
    if lines.is_empty() {
        lines.push("This space holds no details of you beside your membership.".to_owned());
    }
    let value = serde_json::to_value(details).unwrap_or_default();
    Report { lines, value }
}

pub(in crate::wallet) fn detail(detail: &Detail) -> Vec<String> {
    let value = detail.value.as_str().map_or_else(|| detail.value.to_string(), str::to_owned);
    let needed = if detail.needed { ", needed" } else { "" };
    let end = match (detail.until, detail.kept_days) {
        (Some(until), _) => format!("until {}", moment(until)),
        (None, Some(days)) => format!("while you are a member, and {}", words::after_that(days)),
        (None, None) => "while you are a member".to_owned(),
    };
    vec![
        format!("{} ({}): {}", words::claim(&detail.claim), shown(&detail.claim), shown(&value)),
        format!("  for {}{needed}; seen by {}", shown(&detail.purpose), shown(&detail.seen_by)),
        format!("  held since {}, {end}", moment(detail.since)),
    ]
}

/// What became of what was sent at once; where nothing of it was done, that is a failure.
pub(in crate::wallet) fn sent(changes: &[SentChange]) -> Result<Report, Failure> {
    let report = report(changes);
    if changes.iter().any(|change| change.done) {
        return Ok(report);
    }
    Err(Failure::new("not_changed", report.lines.join("; ")))
}

pub(in crate::wallet) fn report(changes: &[SentChange]) -> Report {
    let lines = changes.iter().flat_map(change_lines).collect();
    Report { lines, value: json!({"changes": changes}) }
}

/// What became of one change.
pub(in crate::wallet) fn change_lines(change: &SentChange) -> Vec<String> {
    if change.done {
        let mut lines = done_at_space(words::catalogue(), &change.errand, &change.space);
        if change.membership_ended {
            lines.push(words::catalogue().say("space-ended"));
        }
        let kept = change.kept.iter().map(|(claim, rule, until)| kept_line(claim, rule, *until));
        lines.extend(kept.map(|line| format!("  {line}")));
        return lines;
    }
    let what = to_do(&change.space, &change.errand);
    if !change.waits {
        let problem = change.problem.as_deref().unwrap_or_default();
        return vec![format!("{what}. Not done: {}", shown(problem))];
    }
    let when = match change.again_at {
        Some(at) => format!("to be sent by `passport wallet collect` from {} on", moment(at)),
        None => "not sent again by itself; `passport wallet outbox cancel` forgets it".to_owned(),
    };
    match &change.problem {
        Some(problem) => vec![format!("{what}. Not done: {}; {when}", shown(problem))],
        None => vec![format!("{what}; {when}")],
    }
}

/// What is to be done, and where.
fn to_do(space: &str, errand: &Errand) -> String {
    format!("{}: {}", shown(space), words::within(&errand_in_words(words::catalogue(), errand)))
}

pub(in crate::wallet) fn waiting(entries: &[OutboxEntry]) -> Report {
    let line = |entry: &OutboxEntry| {
        let when = if entry.given_up {
            "not sent again by itself".to_owned()
        } else {
            format!("from {} on", moment(entry.due_at))
        };
        let problem = entry.problem.as_deref().map(|why| format!(" ({})", shown(why))).unwrap_or_default();
        format!("{}  {}, {when}{problem}", entry.id, to_do(&entry.space, &entry.errand))
    };
    let mut lines: Vec<String> = entries.iter().map(line).collect();
    if lines.is_empty() {
        lines.push("Nothing waits to be changed.".to_owned());
    }
    Report { lines, value: json!({"outbox": entries}) }
}

#[cfg(test)]
mod tests {
    use ::wallet::MemberApiError;
    use network::member_api::{ClaimChange, WhatToDo};

    use super::*;

    fn change() -> SentChange {
        SentChange {
            space: "Kiln North".to_owned(),
            space_id: "did:example:kiln".to_owned(),
            what: "take email back".to_owned(),
            errand: Errand::Changes(vec![ClaimChange {
                claim: "email".to_owned(),
                what: WhatToDo::TakeBack,
            }]),
            done: true,
            waits: false,
            membership_ended: true,
            kept: vec![("given_name".to_owned(), REGISTRATION.to_owned(), 1_795_564_800)],
            problem: None,
            why: None,
            again_at: None,
        }
    }

    #[test]
    fn what_was_done_is_told_with_what_followed_and_what_stays() {
        let lines = sent(&[change()]).map(|report| report.lines).unwrap_or_default();
        assert_eq!(
            lines,
            [
                "You have taken this back from Kiln North: e-mail address",
                "They signed it, and your wallet keeps the proof.",
                "Your membership there has ended.",
                &format!("  kept until {}, as it registered: first name", moment(1_795_564_800)),
            ]
        );
    }

    #[test]
    fn what_was_done_nowhere_is_a_failure_and_what_was_done_somewhere_tells_of_each_space() {
        let failed = SentChange {
            space: "Rook\u{1b}[2J".to_owned(),
            done: false,
            waits: true,
            problem: Some("the space could not be reached".to_owned()),
            again_at: Some(1_795_564_800),
            ..change()
        };
        let failure = sent(std::slice::from_ref(&failed)).map(|_| ()).unwrap_err();
        assert_eq!(failure.code, "not_changed");
        assert!(failure.sentence.contains("could not be reached") && !failure.sentence.contains('\u{1b}'));
        let both = sent(&[change(), failed]).map(|report| report.lines.join("\n")).unwrap_or_default();
        assert!(both.contains("Kiln North") && both.contains("from 2026-11-25"), "{both}");
    }

    #[test]
    fn what_was_never_queued_is_not_told_to_be_in_the_outbox() {
        let problem = Some("your passport office has to check the new address first".to_owned());
        let refused = SentChange { done: false, waits: false, problem, ..change() };
        let lines = change_lines(&refused).join("\n");
        assert_eq!(
            lines,
            "Kiln North: take back: e-mail address. Not done: your passport office has to check the new address first"
        );
        let given_up = change_lines(&SentChange { waits: true, ..refused }).join("\n");
        assert!(given_up.contains("`passport wallet outbox cancel`"), "{given_up}");
    }

    fn would_be(membership_ended: bool, kept: &[&str]) -> Outcome {
        let kept = kept.iter().map(|claim| network::member_api::KeptClaim {
            claim: (*claim).to_owned(),
            rule: REGISTRATION.to_owned(),
            until: 1_795_564_800,
        });
        let back = ClaimChange { claim: "email".to_owned(), what: WhatToDo::TakeBack };
        Outcome { changes: vec![back], membership_ended, kept: kept.collect(), ..Outcome::default() }
    }

    #[test]
    fn a_question_before_doing_does_not_read_as_done() {
        let lines = follows(&would_be(true, &["given_name"]), "to be taken back");
        assert_eq!(lines[0], "to be taken back: e-mail address");
        assert_eq!(lines[1], "Your membership of this space ends by it.");
        assert!(lines[2].starts_with("kept until 2026-11-25"), "{lines:?}");
    }

    #[test]
    fn leaving_is_offered_where_something_would_be_kept_although_the_membership_ends() {
        assert_eq!(
            leaving_instead(&would_be(true, &["given_name"]), "Kiln North").as_deref(),
            Some("leaving erases the rest as well: `passport wallet space leave 'Kiln North'`")
        );
        assert_eq!(leaving_instead(&would_be(true, &[]), "kiln.example"), None);
        assert_eq!(leaving_instead(&would_be(false, &["given_name"]), "kiln.example"), None);
        let odd = leaving_instead(&would_be(true, &["given_name"]), "Ada's $(kiln)").unwrap_or_default();
        assert!(odd.contains(r"'Ada'\''s $(kiln)'"), "{odd}");
    }

    #[test]
    fn who_left_is_told_when_what_is_still_kept_and_where_to_write() {
        let left = LeftSpace {
            space: "Kiln North".to_owned(),
            at: 1_795_564_800,
            kept: vec![("email".to_owned(), Some(1_795_651_200))],
            contact: Some("privacy@kiln.example\u{1b}".to_owned()),
        };
        let failure = Failure::from(MemberApiError::Left(Box::new(left.clone())));
        assert_eq!(failure.code, "left");
        let (before, rest) = failure.sentence.split_once("; ").unwrap();
        assert!(before.starts_with("you left Kiln North on 2026-11-25"), "{before}");
        assert!(
            rest.starts_with("what it still keeps and until when: e-mail address until 2026-11-26"),
            "{rest}"
        );
        assert!(rest.ends_with("; write to privacy@kiln.example\\u{1b}"), "{rest}");
        let nothing = left_sentence(&LeftSpace { kept: Vec::new(), contact: None, ..left });
        assert!(
            nothing.ends_with("nothing of yours, as far as this wallet knows; write to its team"),
            "{nothing}"
        );
    }
}
