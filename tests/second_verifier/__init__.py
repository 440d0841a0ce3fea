"""The second verifier of audit bundles, written from docs/audit-bundle.md and docs/audit.md alone.

It shares no code with the product and was written without looking at it. Its modules and their
rules bear the names and numbers of the document's sections.
"""
