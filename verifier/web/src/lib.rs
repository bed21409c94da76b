//! Pages and endpoints of a space.
