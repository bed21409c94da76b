//! Walkers over the published test vectors.

mod dcql;
#[cfg(test)]
mod did;
mod sd_jwt;
mod status_list;
