"""How many examples a property test tries: a multiple of what the profile in `conftest.py` says."""

import hypothesis


def times(factor: float) -> hypothesis.settings:
    """The profile's settings, with so many times its examples: more where one costs nothing, and
    fewer where one asks a database or a server. A night with more examples has more of these too.
    """
    profile = hypothesis.settings()
    return hypothesis.settings(profile, max_examples=max(1, round(factor * profile.max_examples)))
