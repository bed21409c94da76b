//! Sites at which the space's members sign in.

use clap::Subcommand;
use serde_json::{Value, json};

/// What to do about sites.
#[derive(Debug, Subcommand)]
pub(super) enum SiteCommand {
    /// Enter a site; prints its `client_id` and, this once, its secret.
    Add {
        /// Name of the space in the data folder.
        space: String,
        /// What members read.
        #[arg(long)]
        name: String,
        /// What the site is for, in a few words for members.
        #[arg(long)]
        purpose: String,
        /// An address to which members are sent back; may be given several times.
        #[arg(long = "redirect-uri", required = true)]
        redirect_uris: Vec<String>,
        /// An address to which they may be sent when they have signed out; may be given several times.
        #[arg(long = "logout-uri")]
        logout_uris: Vec<String>,
        /// What it may learn, such as `email`; may be given several times. `list` says which there are.
        #[arg(long = "claim")]
        claims: Vec<String>,
        /// Members have one name at all sites of a sector; the host of the addresses if not said.
        #[arg(long)]
        sector: Option<String>,
        /// It runs in browsers or on phones and can keep no secret.
        #[arg(long)]
        public: bool,
    },
    /// List the sites, and what a site of this space may learn.
    List {
        /// Name of the space in the data folder.
        space: String,
    },
    /// Give a site another secret, printed this once; the one of before counts no more.
    NewSecret {
        /// Name of the space in the data folder.
        space: String,
        /// The site's `client_id`.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// Sign ID tokens with another key from now on; the one of before is shown for two days more.
    NewKey {
        /// Name of the space in the data folder.
        space: String,
    },
    /// End a site: nobody signs in there any more.
    End {
        /// Name of the space in the data folder.
        space: String,
        /// The site's `client_id`.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
}

impl SiteCommand {
    /// The space, and what `verifier_web::handle` answers.
    pub(super) fn request(&self) -> (&str, Value) {
        match self {
            Self::Add { space, name, purpose, redirect_uris, logout_uris, claims, sector, public } => (
                space,
                json!({
                    "command": "verifier.site.add",
                    "name": name,
                    "purpose": purpose,
                    "redirect_uris": redirect_uris,
                    "logout_uris": logout_uris,
                    "claims": claims,
                    "sector": sector,
                    "public": public,
                }),
            ),
            Self::List { space } => (space, json!({"command": "verifier.site.list"})),
            Self::NewSecret { space, id } => {
                (space, json!({"command": "verifier.site.new-secret", "id": id}))
            }
            Self::NewKey { space } => (space, json!({"command": "verifier.site.new-key"})),
            Self::End { space, id } => (space, json!({"command": "verifier.site.end", "id": id})),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: SiteCommand,
    }

    #[test]
    fn a_site_has_a_name_a_purpose_and_an_address_to_go_back_to() {
        let whole = [
            "site",
            "add",
            "kiln",
            "--name",
            "Booking",
            "--purpose",
            "Book rooms",
            "--redirect-uri",
            "https://book.example.org/back",
            "--claim",
            "email",
        ];
        let parsed = Line::try_parse_from(whole).ok().map(|line| {
            let (space, request) = line.command.request();
            (space.to_owned(), request)
        });
        let wanted = json!({
            "command": "verifier.site.add",
            "name": "Booking",
            "purpose": "Book rooms",
            "redirect_uris": ["https://book.example.org/back"],
            "logout_uris": [],
            "claims": ["email"],
            "sector": null,
            "public": false,
        });
        assert_eq!(parsed, Some(("kiln".to_owned(), wanted)));
        for without in [3, 5, 7] {
            let mut near = whole.to_vec();
            near.drain(without..without + 2);
            assert!(Line::try_parse_from(&near).is_err(), "{near:?}");
        }
    }
}
