//! Accounts by the Rules (A1-A48), on a clock of the test: how they are asked for, entered, blocked and opened; and that every
//! act is journalled. A test carries the number of its item.

mod acts;
mod entry;
mod office;
mod programs;
mod requests;
