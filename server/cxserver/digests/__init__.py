"""Digests: who gets one, how often, and up to which day it was sent."""
