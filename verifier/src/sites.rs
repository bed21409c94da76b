//! Sites of a space's own, and others, at which its members sign in: an OpenID Connect provider (decision 0038).
//!
//! - [`managing`]: which sites there are, what each may learn, their secrets; each change is a version and a leaf.
//! - [`asking`]: a site's request while somebody signs in, and what the member says to it.
//! - [`tokens`]: codes, tokens, and what a site reads with them: what the member gave this space, as it is at that moment.
//! - [`keys`]: the key of ID tokens, and the secret behind the names under which sites know members.
//!
//! What a request and a token are, `verifier-connect` says. Only hashes of codes, tokens and secrets are stored.

pub mod asking;
pub mod keys;
pub mod managing;
pub mod records;
pub mod tokens;

/// Where the provider is below the space's origin: the space's own `/.well-known/openid-configuration` is that of its issuer of
/// memberships.
pub const CONNECT: &str = "/connect";
