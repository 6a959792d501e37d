"""The proofs of the rules: the bad and the good code of `examples/proofs/`, run and compared with what the page says.

A proof is a folder named by the rule's code with `bad/`, `good/` and `proof.py`, whose function `experiment(lab)`
returns one sentence about what it saw. The page's section *Proof* holds a table with the sentences that must be seen.
"""

from __future__ import annotations

import importlib.util
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType

from .. import rule as rules
from . import HarnessError
from .lab import Lab, outer_environment
from .processes import Processes
from .servers import RedisServer, find_rabbitmq, redis_server
from .templates import Templates

VARIANTS = ("bad", "good")
BROKERS = {"redis": "Redis", "rabbitmq": "RabbitMQ"}
_ROW = re.compile(r"^\|([^|]*)\|(.*)\|\s*$", re.MULTILINE)
_LABEL = re.compile(r"(bad|good)(?:, (Redis|RabbitMQ))?(?:, Celery ([<>=!]+ ?[\d.]+(?:, ?[<>=!]+ ?[\d.]+)*))?")
_DATABASES_OF_A_LAB = 3


class ProofError(HarnessError):
    """A proof or the table of its page is not as it has to be. The message names the file."""


@dataclass(frozen=True)
class Proof:
    """One rule's proof."""

    code: str
    folder: Path

    @cached_property
    def module(self) -> ModuleType:
        path = self.folder / "proof.py"
        spec = importlib.util.spec_from_file_location(f"flake8_celery_proof_{self.code}", path)
        if spec is None or spec.loader is None or not path.is_file():
            raise ProofError(f"{path}: not found")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if not callable(getattr(module, "experiment", None)):
            raise ProofError(f"{path}: has no function experiment(lab)")
        return module

    @property
    def brokers(self) -> tuple[str, ...]:
        found: tuple[str, ...] = getattr(self.module, "BROKERS", ("redis",))
        if not found or set(found) - set(BROKERS):
            raise ProofError(f"{self.folder / 'proof.py'}: BROKERS: {found!r} is not some of {', '.join(BROKERS)}")
        return found

    @property
    def seconds(self) -> float:
        """About how long it takes; the longest start first."""
        return float(getattr(self.module, "SECONDS", 3))

    @property
    def celery(self) -> str:
        """Which versions of Celery it is about, as in a requirement: `>=5.7`; "" for all."""
        return str(getattr(self.module, "CELERY", ""))

    @property
    def own_server(self) -> bool:
        """Whether it flushes or stops the server, which therefore has to be its own."""
        return bool(getattr(self.module, "OWN_SERVER", False))

    @property
    def fresh(self) -> bool:
        """Whether each of its processes is started as a program of its own, since it is about just that."""
        return bool(getattr(self.module, "FRESH", False))

    @property
    def experiment(self) -> Callable[[Lab], str]:
        found: Callable[[Lab], str] = self.module.experiment
        return found

    def expected(self, variant: str, broker: str, celery: str) -> str:
        """What the page says that this code shows, in the most narrow row that fits. Raises ProofError."""
        page = f"{self.code}.md"
        best: tuple[int, str] | None = None
        for row in _ROW.finditer(rules.load(self.code).section("Proof")):
            label, text = row[1].strip(), row[2].strip()
            if label == "code" or set(label) <= set("-: "):
                continue
            match = _LABEL.fullmatch(label)
            if match is None:
                raise ProofError(
                    f"{page}: Proof: the row label {label!r} is not like `bad`, `good, RabbitMQ` or `bad, Celery <5.7`"
                )
            fits = match[1] == variant and match[2] in (None, BROKERS[broker])
            if fits and _version_in(celery, match[3] or ""):
                rank = (match[2] is not None) + (match[3] is not None)
                if best is None or rank > best[0]:
                    best = rank, text.replace("`", "")
        if best is None:
            raise ProofError(f"{page}: Proof: no row for the {variant} code with {BROKERS[broker]}")
        return best[1]


def _version_in(version: str, specifier: str) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(specifier.replace(" ", "")).contains(version, prereleases=True)


def proofs_folder() -> Path:
    """Where the proofs are: in the examples of a checkout, inside the package when installed."""
    here = Path(__file__).parent.parent
    installed = here / "proofs"
    return installed if installed.is_dir() else here.parent / "examples" / "proofs"


def load(codes: Sequence[str] = ()) -> list[Proof]:
    """The proofs of these rules, or all. Raises ProofError for a code without a proof, and says why it has none."""
    folder = proofs_folder()
    known = {path.parent.name: Proof(path.parent.name, path.parent) for path in sorted(folder.glob("CEL*/proof.py"))}
    for code in codes:
        if code not in known:
            try:
                kind = rules.load(code).proof
            except KeyError:
                raise ProofError(f"{code}: no such rule") from None
            why = "nothing that a run could show" if kind == "none" else "not proved by a run yet"
            raise ProofError(f"{code}: no proof: {why}; see `flake8-celery rule {code}`")
    return [known[code] for code in dict.fromkeys(codes)] if codes else list(known.values())


@dataclass
class Result:
    """What a proof showed with one broker. `seconds` counts both runs."""

    code: str
    broker: str
    bad: str = ""
    good: str = ""
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    skipped: str = ""

    @property
    def verdict(self) -> str:
        """ "holds", "fails" or "skipped"."""
        return "skipped" if self.skipped else "fails" if self.problems else "holds"


class Prover:
    """Runs proofs side by side. The server and all processes end with `close()`."""

    def __init__(self, redis_url: str | None = None, rabbitmq_url: str | None = None, jobs: int = 0) -> None:
        from celery import __version__

        self.celery = __version__
        self.processes = Processes()
        self.templates = Templates(self.processes, outer_environment())
        self.rabbitmq_url = rabbitmq_url
        self.redis_url = redis_url
        self.jobs = jobs or 4 * (os.cpu_count() or 1)  # most of the time they wait
        self.rabbitmq: str | None = None
        self.redis: RedisServer | None = None
        self._own: list[RedisServer] = []
        self._lock = threading.Lock()
        self._room = threading.Semaphore(self.jobs)

    def start(self) -> None:
        """Find or start the servers. Raises ServerError."""
        self.redis = redis_server(self.processes, self.redis_url)
        self.rabbitmq = find_rabbitmq(self.rabbitmq_url)
        if not self.redis.own:
            room = self.redis.room // _DATABASES_OF_A_LAB
            self.jobs = max(1, min(self.jobs, room))

    def close(self) -> None:
        """End everything. Safe to call at any time, also twice."""
        self.processes.close()
        self.templates.close()
        for server in [self.redis, *self._own]:
            if server is not None:
                server.close()

    def run(self, proofs: Sequence[Proof]) -> Iterator[Result]:
        """Run the proofs and yield each result as soon as it is there."""
        runs: dict[Future[tuple[str, float]], tuple[Result, Proof, str]] = {}
        open_runs: dict[int, int] = {}
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                ordered = sorted(proofs, key=lambda proof: -proof.seconds)
                for proof in ordered:
                    for broker in proof.brokers:
                        result = Result(proof.code, broker, skipped=self._obstacle(proof, broker))
                        if result.skipped:
                            yield result
                            continue
                        open_runs[id(result)] = len(VARIANTS)
                        for variant in VARIANTS:
                            runs[pool.submit(self._observe, proof, broker, variant)] = result, proof, variant
                for future in as_completed(runs):
                    result, proof, variant = runs[future]
                    self._judge(result, proof, variant, future)
                    open_runs[id(result)] -= 1
                    if not open_runs[id(result)]:
                        yield result
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self.processes.close()
                raise

    def _obstacle(self, proof: Proof, broker: str) -> str:
        assert self.redis is not None
        if proof.celery and not _version_in(self.celery, proof.celery):
            return f"about Celery {proof.celery}, installed is {self.celery}"
        if broker == "rabbitmq" and self.rabbitmq is None:
            return "no RabbitMQ: none answers on 127.0.0.1:5672, and no --rabbitmq-url was given"
        if proof.own_server and not self.redis.own:
            return "it stops or flushes the server, which is done only to a server that the harness started"
        return ""

    def _observe(self, proof: Proof, broker: str, variant: str) -> tuple[str, float]:
        assert self.redis is not None
        start = time.monotonic()
        server = self.redis
        if proof.own_server:
            server = redis_server(self.processes)
            with self._lock:
                self._own.append(server)
        try:
            with Lab(
                proof.folder / variant,
                processes=self.processes,
                redis=server,
                rabbitmq=self.rabbitmq if broker == "rabbitmq" else None,
                variant=variant,
                templates=None if proof.fresh else self.templates,
            ) as lab:
                observed = proof.experiment(lab)
        finally:
            if server is not self.redis:
                server.close()
        return observed, time.monotonic() - start

    def _judge(self, result: Result, proof: Proof, variant: str, future: Future[tuple[str, float]]) -> None:
        error = future.exception()
        if error is not None:
            if not isinstance(error, Exception):
                raise error
            observed, seconds = f"{type(error).__name__}: {error}", 0.0
            result.problems.append(f"{variant}: {observed}")
        else:
            observed, seconds = future.result()
            try:
                expected = proof.expected(variant, result.broker, self.celery)
            except ProofError as problem:
                result.problems.append(f"{problem}; seen was “{observed}”")
                expected = observed
            if observed.replace("`", "") != expected.replace("`", ""):
                result.problems.append(f"{variant}: the page says “{expected}”, seen was “{observed}”")
        setattr(result, variant, observed)
        result.seconds += seconds
