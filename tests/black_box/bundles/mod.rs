//! Two verifiers of audit bundles, ours and one in Python that others can read in an hour, find the
//! same in the same bundles: `docs/audit-bundle.md` is what they have in common.
//!
//! What is compared is validity, reason and leaf, and the whole report where a process is started
//! for each. Here is what runs, all of it in `make test`, in about two minutes of two cores:
//!
//! - [`logs`]: logs that a server made, of content that is hard to write, on both databases; as
//!   they are, in parts, against checkpoints that were kept, and altered in some hundred places
//! - [`crafted`]: some two hundred bundles that are wrong in one way each, most of them such as only
//!   who holds the keys can make; the document says what is to be found in each
//! - [`mutations`]: a bundle of fifty entries, exhaustively: every bit of every byte, the file cut
//!   off behind every byte, every line and every run of lines left out, all pairs of lines
//!   exchanged, every line written a second time at every place, lines of another log inserted and
//!   put in the place of others; and a bundle of 100 000 entries in three hundred places
//!
//! Half a million copies of a bundle take that little because neither verifier begins anew for each:
//! it takes the lines before the first change once ([`walk`], and `tests/verify_mutations.py`).

mod agreement;
mod crafted;
mod edits;
mod logs;
mod mutations;
mod verifiers;
mod walk;
