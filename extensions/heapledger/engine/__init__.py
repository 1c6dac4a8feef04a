"""Planning, compiling, running, caching. The only place that starts processes."""
