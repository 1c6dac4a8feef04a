"""Finding rustc, its identity, its linker; building the tracer."""
