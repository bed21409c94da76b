//! Flows through the real binary: one file a flow.
#![cfg(test)]

mod demo;
mod inspect;
mod terminal;
