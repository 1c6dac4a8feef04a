"""Text to :class:`~heapledger.source.snippet.Snippet` to :class:`~heapledger.source.program.Program`. Pure."""
