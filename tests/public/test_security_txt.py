"""/.well-known/security.txt, as RFC 9116 wants it."""

from datetime import datetime, timedelta


def test_it_leads_to_the_agency_and_ends_within_a_year(house):
    with house.client() as client:
        response = client.get("/.well-known/security.txt")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in response.text.splitlines())
    assert fields["Contact"] == "https://example.gov/contact"
    assert fields["Canonical"].endswith("/.well-known/security.txt")
    left = datetime.fromisoformat(fields["Expires"]) - house.clock.now
    assert timedelta(days=90) < left < timedelta(days=365)
