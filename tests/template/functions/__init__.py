"""Every template function against the real helm: `rows` has a table for each theme, `test_conformance` asks helm."""
