//! OpenID4VCI endpoints over the store, shared by offices and spaces.
