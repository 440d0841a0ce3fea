//! The in-memory adapter, held against the conformance suite.

use testkit::MemoryStore;

testkit::conformance!(memory, MemoryStore::new());
