"""Papers to an index on disk: passages, vectors in Chroma, BM25, and the files that tie them together."""
