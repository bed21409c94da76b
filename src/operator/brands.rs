//! `passport operator brand`: which brands may admit spaces of their own, and how far they may go.

use std::io::{self, Write};
use std::path::PathBuf;

use ::operator::{BrandLimits, BrandRecord, Operator};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use environment::{Date, Environment};
use trust::registration::ClaimPath;
use trust::{Brand, Standing};

/// What the operator does about brands.
#[derive(Debug, Subcommand)]
pub(crate) enum BrandsCommand {
    /// Let a brand admit spaces of its own, within limits.
    Add {
        /// Folder of the network.
        folder: PathBuf,
        /// Identifier of the brand, as its spaces name it.
        id: String,
        /// The name that people know.
        #[arg(long)]
        name: String,
        /// The brand's DID, as `passport verifier brand init` printed it.
        #[arg(long)]
        did: String,
        #[command(flatten)]
        limits: LimitArguments,
    },
    /// Set other limits; spaces beyond them stay until their certificates end (30 days at most), or until the brand's day.
    Limit {
        /// Folder of the network.
        folder: PathBuf,
        /// Identifier of the brand.
        id: String,
        #[command(flatten)]
        limits: LimitArguments,
    },
    /// Put a brand aside for now, and all its spaces with it.
    Suspend {
        /// Folder of the network.
        folder: PathBuf,
        /// Identifier of the brand.
        id: String,
    },
    /// Take a suspended brand back, and its spaces with it.
    Readmit {
        /// Folder of the network.
        folder: PathBuf,
        /// Identifier of the brand.
        id: String,
    },
    /// Print the brands, their limits and how many spaces they have.
    List {
        /// Folder of the network.
        folder: PathBuf,
    },
}

/// How far a brand may go.
#[derive(Args, Debug)]
pub(crate) struct LimitArguments {
    /// A host that its spaces may have, or `*.kiln.example.org` for all below; may be given again.
    #[arg(long = "host", value_name = "HOST", required = true)]
    hosts: Vec<String>,
    /// How many spaces it may have.
    #[arg(long, value_name = "NUMBER")]
    spaces: u32,
    /// A use that its spaces may register, by its identifier; may be given again. Without it, any.
    #[arg(long = "use", value_name = "ID")]
    uses: Vec<String>,
    /// A claim that its spaces may register; may be given again. Without it, any.
    #[arg(long = "claim", value_name = "CLAIM")]
    claims: Vec<String>,
    /// The first day on which it admits nobody any more and its spaces are admitted no more, YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Date,
}

fn day(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "write a day as YYYY-MM-DD".to_owned())
}

impl LimitArguments {
    fn limits(self) -> Result<BrandLimits> {
        let claims = self.claims.iter().map(|claim| ClaimPath::names(claim.split('.')));
        let claims: Vec<ClaimPath> = claims.collect::<Result<_, _>>().context("--claim")?;
        Ok(BrandLimits {
            hosts: self.hosts,
            spaces: self.spaces,
            uses: (!self.uses.is_empty()).then_some(self.uses),
            claims: (!claims.is_empty()).then_some(claims),
            until: self.until.start().seconds(),
        })
    }
}

/// Runs one `passport operator brand` command.
///
/// # Errors
/// A sentence for the person at the terminal.
pub(crate) fn run(command: BrandsCommand, environment: &Environment) -> Result<()> {
    let open = |folder: &PathBuf| Operator::open(folder, environment.clone());
    let mut output = io::stdout().lock();
    let said = match command {
        BrandsCommand::Add { folder, id, name, did, limits } => {
            let brand = Brand { id: id.clone(), name };
            let limits = limits.limits()?;
            open(&folder)?.add_brand(BrandRecord { brand, did, limits, standing: Standing::Admitted })?;
            format!("{id} may admit spaces of its own within its limits.")
        }
        BrandsCommand::Limit { folder, id, limits } => {
            open(&folder)?.limit_brand(&id, limits.limits()?)?;
            format!(
                "{id} has these limits from now on. Spaces beyond them stay until their certificates end, within 30 days; on the last day all end."
            )
        }
        BrandsCommand::Suspend { folder, id } => {
            open(&folder)?.set_brand_standing(&id, true)?;
            format!(
                "{id} is suspended, and its spaces with it. The network list says so from now on; everybody sees it within a day."
            )
        }
        BrandsCommand::Readmit { folder, id } => {
            open(&folder)?.set_brand_standing(&id, false)?;
            format!(
                "{id} is admitted again, and its spaces with it, but for those that are suspended or expelled themselves."
            )
        }
        BrandsCommand::List { folder } => {
            format!("{:#}", serde_json::to_value(open(&folder)?.brands()?)?)
        }
    };
    Ok(writeln!(output, "{said}")?)
}
