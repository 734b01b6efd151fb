"""The doors: a one-time link, the identity provider, and the way out."""
