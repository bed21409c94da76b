//! Invitations.

use clap::Args;
use serde_json::{Value, json};

/// Whom to invite: a passport number, or an e-mail address.
#[derive(Args, Debug)]
#[command(override_usage = "passport verifier invite [OPTIONS] <SPACE> <NUMBER|--email <EMAIL>>")]
pub(super) struct InviteArguments {
    /// Name of the space in the data folder.
    pub(super) space: String,
    /// The member's passport number.
    #[arg(required_unless_present = "email", conflicts_with = "email")]
    number: Option<String>,
    /// Invite by a mail with a link instead.
    #[arg(long)]
    email: Option<String>,
    /// Ask a member who stands at the desk to show their membership: the answer says which member that is.
    #[arg(long, conflicts_with_all = ["email", "form", "days"])]
    here: bool,
    /// The form, if not `sign-up`.
    #[arg(long)]
    form: Option<String>,
    /// For how many days the invitation is open, 14 at most.
    #[arg(long)]
    days: Option<u32>,
    /// The language of the mail.
    #[arg(long, default_value = "en", value_parser = ["en", "es"])]
    language: String,
}

impl InviteArguments {
    /// What `verifier_web::handle` answers.
    pub(super) fn request(&self) -> Value {
        json!({
            "command": "verifier.invite",
            "number": self.number,
            "email": self.email,
            "purpose": if self.here { "here-i-am" } else { "sign-up" },
            "form": self.form,
            "days": self.days,
            "language": self.language,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    enum Line {
        Invite(InviteArguments),
    }

    fn request(line: &[&str]) -> Option<Value> {
        Line::try_parse_from([&["verifier"], line].concat()).ok().map(|parsed| match parsed {
            Line::Invite(arguments) => arguments.request(),
        })
    }

    #[test]
    fn an_invitation_names_a_number_or_an_address_and_not_both() {
        let here = request(&["invite", "kiln-north", "HRB1-0000-00000", "--here"]).unwrap();
        assert_eq!(
            here,
            json!({"command": "verifier.invite", "number": "HRB1-0000-00000", "email": null,
                "purpose": "here-i-am", "form": null, "days": null, "language": "en"})
        );
        let mail = ["invite", "kiln-north", "--email", "ada@example.org", "--days", "2", "--language", "es"];
        assert_eq!(
            request(&mail).unwrap(),
            json!({"command": "verifier.invite", "number": null, "email": "ada@example.org",
                "purpose": "sign-up", "form": null, "days": 2, "language": "es"})
        );
        for line in [
            &["invite", "kiln-north"][..],
            &["invite", "kiln-north", "HRB1-0000-00000", "--email", "ada@example.org"],
            &["invite", "kiln-north", "--email", "ada@example.org", "--here"],
            &["invite", "kiln-north", "HRB1-0000-00000", "--here", "--form", "sign-up"],
            &["invite", "kiln-north", "HRB1-0000-00000", "--language", "xx"],
        ] {
            assert_eq!(request(line), None, "{line:?}");
        }
    }

    #[test]
    fn the_usage_of_an_invitation_names_both_ways() {
        let error = Line::try_parse_from(["verifier", "invite", "kiln-north"]).err().unwrap().to_string();
        assert!(error.contains("invite [OPTIONS] <SPACE> <NUMBER|--email <EMAIL>>"), "{error}");
    }
}
