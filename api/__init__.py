"""The running service: settings, tokens, the embedded database, the command line and what listens."""
