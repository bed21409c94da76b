//! Pages and endpoints of the passport office.
