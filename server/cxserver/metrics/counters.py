"""The counters of one server process, as Prometheus keeps them."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

from cxserver.intake.observer import Observer

# They would tell to the millisecond when the first answer of a channel came.
disable_created_metrics()  # type: ignore[no-untyped-call]

# From a kept page to a database that is nearly lost.
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_BATCHES = (1, 2, 5, 10, 25, 50, 100, 250, 500)


class Counters(Observer):
    """Counts in `registry`. With several processes Prometheus's own files add them up."""

    def __init__(self, registry: CollectorRegistry):
        self._requests = Counter(
            "cx_requests", "Responses sent.", ("page", "method", "status"), registry=registry
        )
        self._request_seconds = Histogram(
            "cx_request_seconds",
            "Seconds from a request's head to the start of its response.",
            ("page",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._answers = Counter(
            "cx_answers",
            "Answers handed in: stored, the same again, or different from the first.",
            ("outcome", "channel"),
            registry=registry,
        )
        self._answers_refused = Counter(
            "cx_answers_refused", "Answers not taken, by reason.", ("reason",), registry=registry
        )
        self._links_refused = Counter(
            "cx_links_refused",
            "Links that did not open; genuine are those that a key of ours has signed.",
            ("reason", "genuine"),
            registry=registry,
        )
        self._commit_seconds = Histogram(
            "cx_commit_seconds",
            "Seconds to write and commit one batch of answers.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._commit_answers = Histogram(
            "cx_commit_answers", "Answers in one commit.", buckets=_BATCHES, registry=registry
        )
        self._queue = Gauge(
            "cx_queue_answers",
            "Answers that wait to be written.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._ready = Gauge(
            "cx_writer_ready",
            "1 while the last commit is known to have worked.",
            registry=registry,
            multiprocess_mode="livemin",
        )
        self._ready.set(1)

    def request(self, page: str, method: str, status: int, seconds: float) -> None:
        self._requests.labels(page, method, str(status)).inc()
        self._request_seconds.labels(page).observe(seconds)

    def answer(self, outcome: str, channel: str) -> None:
        self._answers.labels(outcome, channel).inc()

    def answer_refused(self, reason: str) -> None:
        self._answers_refused.labels(reason).inc()

    def link_refused(self, reason: str, genuine: bool) -> None:
        self._links_refused.labels(reason, "yes" if genuine else "no").inc()

    def committed(self, answers: int, seconds: float) -> None:
        self._commit_seconds.observe(seconds)
        self._commit_answers.observe(answers)

    def queue(self, waiting: int, ready: bool) -> None:
        self._queue.set(waiting)
        self._ready.set(1 if ready else 0)
