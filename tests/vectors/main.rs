//! Walkers over the published test vectors.

mod dcql;
#[cfg(test)]
mod did;
#[cfg(test)]
mod openid4vp;
mod sd_jwt;
mod status_list;
