"""Kubernetes manifests, and the values of Helm charts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..model import Container
from . import documents
from .documents import Mapping, Node, Scalar, Sequence
from .reader import Process, Reader
from .text import words as split

_WORKLOADS = frozenset(
    {
        "CronJob",
        "DaemonSet",
        "Deployment",
        "DeploymentConfig",
        "Job",
        "Pod",
        "ReplicaSet",
        "ReplicationController",
        "Rollout",
        "StatefulSet",
    }
)
_SCALERS = frozenset({"HorizontalPodAutoscaler", "ScaledObject"})
_DATA = {"ConfigMap": ("data",), "Secret": ("stringData",)}
_NAME = re.compile(r"[A-Z][A-Z0-9_]+")
_PROBES = re.compile(r"probe|health|lifecycle|hook|initContainers|migrat", re.IGNORECASE)


def looks_like(root: Node) -> bool:
    return isinstance(root, Mapping) and bool(root.string("apiVersion")) and bool(root.string("kind"))


def read(reader: Reader, roots: Iterable[Node], text: str, uncertain: bool = False) -> None:
    """`text` is what the documents were made from: that of the file, or its masked template."""
    manifests = [m for root in roots for m in _manifests(root)]
    for manifest in manifests:
        for key in _DATA.get(manifest.string("kind"), ()):
            _data(reader, manifest.get(key), text)
    scaled = {
        (
            m.string("spec", "scaleTargetRef", "kind") or "Deployment",
            _written(m, text, reader.text, "spec", "scaleTargetRef", "name"),
        )
        for m in manifests
        if m.string("kind") in _SCALERS and not _is_fixed(m)
    }
    for manifest in manifests:
        kind = manifest.string("kind")
        if kind in _WORKLOADS:
            name = _written(manifest, text, reader.text, "metadata", "name")
            _workload(reader, manifest, kind, name, (kind, name) in scaled, text, uncertain)


def _is_fixed(scaler: Mapping) -> bool:
    """Whether a scaler has nothing to decide: between one copy and one copy."""
    most = scaler.scalar("spec", "maxReplicas") or scaler.scalar("spec", "maxReplicaCount")
    return most is not None and most.integer() == 1


def _written(node: Mapping, text: str, original: str, *names: str) -> str:
    """A value as the file writes it."""
    found = node.scalar(*names)
    if found is None or documents.HOLE not in found.value:
        return found.value if found is not None else ""
    return documents.unmasked(documents.piece(found, text), original).text


def _manifests(root: Node) -> list[Mapping]:
    if not isinstance(root, Mapping) or not looks_like(root):
        return []
    if root.string("kind").endswith("List"):
        return [item for item in documents.items(root.get("items")) if isinstance(item, Mapping)]
    return [root]


def _workload(
    reader: Reader, manifest: Mapping, kind: str, name: str, scaled: bool, text: str, uncertain: bool
) -> None:
    if kind == "Pod":
        pod = manifest.mapping("spec")
    elif kind == "CronJob":
        pod = manifest.mapping("spec", "jobTemplate", "spec", "template", "spec")
    else:
        pod = manifest.mapping("spec", "template", "spec")
    if pod is None:
        return
    replicas: int | None = 1
    given = manifest.get("spec", "replicas")
    if given is not None:
        replicas = given.integer() if isinstance(given, Scalar) else None
    if kind == "DaemonSet":
        replicas, scaled = None, True  # one on each node
    namespace = _written(manifest, text, reader.text, "metadata", "namespace")
    for container in documents.items(pod.get("containers")):
        if isinstance(container, Mapping):
            service = name or container.string("name")
            _run(
                reader,
                container,
                text,
                Process(
                    service=f"{namespace}/{service}" if namespace else service,
                    replicas=replicas,
                    autoscaled=scaled,
                    uncertain=uncertain,
                    environment=_environment(container),
                    image=_image(_written(container, text, reader.text, "image")),
                    container=container.string("name"),
                ),
            )


def _data(reader: Reader, node: Node | None, text: str) -> None:
    """The entries of a ConfigMap or Secret, which containers get as variables."""
    if isinstance(node, Mapping):
        for name, value in node.merged().items():
            if isinstance(value, Scalar) and _NAME.fullmatch(name):
                reader.variable(name, documents.unmasked(documents.piece(value, text), reader.text), Process())


def _run(reader: Reader, container: Mapping, text: str, process: Process) -> None:
    for item in documents.items(container.get("env")):
        value = item.get("value") if isinstance(item, Mapping) else None
        if isinstance(item, Mapping) and isinstance(value, Scalar):
            piece = documents.unmasked(documents.piece(value, text), reader.text)
            reader.variable(item.string("name"), piece, process)
    words = []
    for key in ("command", "args"):
        node = container.get(key)
        if isinstance(node, Sequence):
            words += [documents.unmasked(w, reader.text) for w in documents.words(node, text)]
        elif isinstance(node, Scalar) and not node.is_null:
            piece = documents.unmasked(documents.piece(node, text), reader.text)
            if not words:
                reader.contains(Container(reader.path, process.service, tuple(w.text for w in split(piece))))
                reader.script(piece, process)
            else:
                words.append(piece)
    if words:
        reader.contains(Container(reader.path, process.service, tuple(w.text for w in words)))
        reader.run(words, process)


def _environment(container: Mapping) -> tuple[tuple[str, str], ...]:
    pairs = [
        (item.string("name"), item.string("value"))
        for item in documents.items(container.get("env"))
        if isinstance(item, Mapping) and isinstance(item.get("value"), Scalar)
    ]
    for item in documents.items(container.get("envFrom")):
        if isinstance(item, Mapping):
            source = item.string("configMapRef", "name") or item.string("secretRef", "name")
            if source:
                pairs.append(("env_file", source))
    return tuple(dict(pairs).items())


def _image(name: str) -> str:
    """The image without its tag."""
    return re.sub(r"(?:@sha256:\w+|:[\w.-]+)$", "", name)


# --- Helm -------------------------------------------------------------------------------------------------------------


def read_values(reader: Reader, root: Node) -> None:
    """Commands in the values of a chart, wherever they are: each chart has a structure of its own."""
    pending: list[tuple[Node, str, tuple[Mapping, ...]]] = [(root, "", ())]
    seen: set[int] = set()
    while pending:
        node, name, around = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            pending += [(item, name, around) for item in reversed(node.items)]
        elif isinstance(node, Mapping):
            entries = node.merged()
            if "command" in entries or "args" in entries:
                near = (node, *around[-1:])
                own = node.string("name") if name.endswith(("containers", "Containers")) else ""
                replicas = _near(near, "replicas", "replicaCount")
                _run(
                    reader,
                    node,
                    reader.text,
                    Process(
                        service=own or name,
                        replicas=replicas.integer() if replicas is not None else None,
                        autoscaled=any(_autoscales(m) for m in near),
                        variant="disabled" if any(_is_off(m) for m in near) else "",
                        environment=_environment(node),
                        image="",
                    ),
                )
            _data(reader, node, reader.text)
            if "command" not in entries and "args" not in entries and isinstance(node.get("env"), Sequence):
                _run(reader, node, reader.text, Process(service=name))
            pending += [
                (value, f"{name}.{key}" if name else key, (*around[-1:], node))
                for key, value in reversed(entries.items())
                if not isinstance(value, Scalar) and not _PROBES.search(key)
            ]


def _near(nodes: Iterable[Mapping], *names: str) -> Scalar | None:
    for node in nodes:
        for name in names:
            found = node.scalar(name)
            if found is not None:
                return found
    return None


def _is_off(node: Mapping) -> bool:
    enabled = node.scalar("enabled")
    return enabled is not None and enabled.boolean() is False


def _autoscales(node: Mapping) -> bool:
    for key in ("autoscaling", "autoscaler", "hpa", "keda"):
        enabled = node.scalar(key, "enabled")
        if enabled is not None and enabled.boolean():
            most = node.scalar(key, "maxReplicas") or node.scalar(key, "maxReplicaCount")
            return most is None or most.integer() != 1
    return False
