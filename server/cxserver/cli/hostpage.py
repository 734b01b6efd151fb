"""Read an agency's page as a browser would, and say what keeps the survey from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import Request, urlopen

from cxserver.errors import ServerError

_SECONDS = 10
_MOST = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was fetched: where it ended up, its policies, its script tags and links."""

    url: str
    policies: tuple[str, ...]
    scripts: tuple[Mapping[str, str], ...]
    links: tuple[str, ...]

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return _origin(self.url)


def fetch(url: str) -> Page:
    """The page at `url`. Raises ServerError with what went wrong."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise ServerError(f"'{url}' is not the address of a page: begin with https://")
    request = Request(url, headers={"user-agent": "cx embed check"})  # noqa: S310  # checked above
    try:
        with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  # checked above
            text = answer.read(_MOST).decode("utf-8", "replace")
            headers = answer.headers.get_all("content-security-policy") or []
            reader = _Reader()
            reader.feed(text)
            result = (*headers, *reader.policies)
            return Page(answer.url, result, tuple(reader.scripts), tuple(reader.links))
    except HTTPError as error:
        raise ServerError(f"{url} answers {error.code}, so there is no page to read.") from None
    except (URLError, OSError) as error:
        raise ServerError(f"{url} cannot be reached: {getattr(error, 'reason', error)}") from None


def faults(page: Page, base_url: str, origins: Mapping[str, Sequence[str]]) -> list[str]:
    """What keeps the survey of `base_url` from `page`, a sentence each. Empty: nothing.

    `origins` holds each service's embed origins.
    """
    ours = [tag for tag in page.scripts if _is_ours(tag, page.url, base_url)]
    if not ours:
        return [
            f"This page has no script tag of {base_url}/embed/. Paste the one that `cx embed tag` "
            "prints. (A tag that another script adds later is not seen here.)"
        ]
    return [*_of_policies(page, _origin(base_url)), *_of_links(page, ours, base_url, origins)]


def _of_policies(page: Page, host: str) -> list[str]:
    result = []
    for policy in page.policies:
        rules = _rules(policy)
        for name, fallback in (("script-src", "default-src"), ("frame-src", "child-src")):
            allowed = rules.get(name, rules.get(fallback, rules.get("default-src")))
            if allowed is not None and not _allows(allowed, host, page.origin):
                result.append(f"The page's Content-Security-Policy stops us: add {host} to {name}.")
    return list(dict.fromkeys(result))


def _of_links(
    page: Page,
    tags: Sequence[Mapping[str, str]],
    base_url: str,
    origins: Mapping[str, Sequence[str]],
) -> list[str]:
    given = [tag["data-cx"] for tag in tags if tag.get("data-cx")]
    links = given or [link for link in page.links if link.startswith(f"{base_url}/s/")][:1]
    if not links:
        return ["The tag has no data-cx, and the page has no link to a survey that it could take."]
    result = []
    for link in links:
        steps = urlsplit(link).path.split("/")
        service = steps[-3] if len(steps) > 3 else ""
        if not link.startswith(base_url) or service not in origins:
            result.append(f"data-cx does not lead to a survey of {base_url}: {link[:80]}")
        elif page.origin not in origins[service]:
            result.append(f"Add {page.origin} to embed_origins of service {service}.")
    return result


def _is_ours(tag: Mapping[str, str], url: str, base_url: str) -> bool:
    return urljoin(url, tag.get("src", "")).startswith(f"{base_url}/embed/")


def _rules(policy: str) -> dict[str, list[str]]:
    rules: dict[str, list[str]] = {}
    for part in policy.split(";"):
        words = part.split()
        if words:  # of two rules with one name, browsers keep the first
            rules.setdefault(words[0].lower(), words[1:])
    return rules


def _allows(allowed: Sequence[str], host: str, page: str) -> bool:
    parts = urlsplit(host)
    fitting = {host, parts.netloc, f"{parts.scheme}:", "*"}
    wild = [source.rpartition("//")[2][1:] for source in allowed if "*." in source]
    return (
        not fitting.isdisjoint(source.rstrip("/") for source in allowed)
        or ("'self'" in allowed and host == page)
        or any(parts.netloc.endswith(ending) for ending in wild)
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.policies: list[str] = []
        self.scripts: list[Mapping[str, str]] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "script":
            self.scripts.append(named)
        elif tag == "a":
            self.links.append(named.get("href", ""))
        elif tag == "meta" and named.get("http-equiv", "").lower() == "content-security-policy":
            self.policies.append(named.get("content", ""))
