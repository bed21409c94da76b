//! OpenID4VCI and OpenID4VP messages and the state machines of both ends.
