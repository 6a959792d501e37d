"""Deployment files: which commands are found in them, and that no text makes the readers fail."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery.deploy import read_deployment
from flake8_celery.kinds import is_deployment_file
from flake8_celery.model import Deployment

if TYPE_CHECKING:
    from flake8_celery.model import Command


def read(path: str, text: str) -> list[Command]:
    text = textwrap.dedent(text)
    found = read_deployment(path, text)
    assert not found.problems
    for command in found.commands:
        _is_in_place(command, text)
    return list(found.commands)


def _is_in_place(command: Command, text: str) -> None:
    """The span begins with the first word of the command and ends with its last."""
    lines = text.removeprefix("\ufeff").split("\n")
    first = lines[command.span.line - 1][command.span.column :]
    assert first.lstrip("\"'@").startswith(command.argv[0][:4]), first
    last = lines[command.span.end_line - 1][: command.span.end_column]
    assert last.rstrip("\"'").endswith(command.argv[-1][-1:]), last


def one(path: str, text: str) -> Command:
    found = read(path, text)
    assert len(found) == 1
    return found[0]


def line(command: str) -> Command:
    """The command that one line of a shell script starts."""
    return one("run.sh", command + "\n")


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "docker-compose.yml",
        "docker-compose.prod.yaml",
        "deploy/compose.yaml",
        "compose.override.yml",
        "local.compose.yml",
        "docker-compose.yml.j2",
        "Procfile",
        "Procfile.dev",
        "Dockerfile",
        "docker/Dockerfile.worker",
        "worker.Dockerfile",
        "Containerfile",
        "etc/celery.service",
        "etc/celery@.service",
        "supervisord.conf",
        "etc/supervisor/conf.d/worker.conf",
        "supervisor.ini",
        "k8s/beat.yaml",
        "charts/shop/values.yaml",
        "charts/shop/values-prod.yaml",
        "charts/shop/templates/beat.yaml",
        "run-worker.sh",
        "entrypoint",
        "docker-entrypoint",
        "compose/celery/beat/start",
        "Makefile",
        "tools/celery.mk",
        "requirements.txt",
        "requirements-dev.in",
        "requirements/base.txt",
        "setup.cfg",
        "pyproject.toml",
        "Pipfile",
        ".env",
        ".env.production",
        "deploy/prod.env",
        "env.example",
        ".env.dist",
    ],
)
def test_names_of_deployment_files(path: str) -> None:
    assert is_deployment_file(path)


@pytest.mark.parametrize(
    "path",
    [
        "tasks.py",
        "README.md",
        ".github/workflows/ci.yml",
        ".gitlab-ci.yml",
        "pnpm-lock.yaml",
        "mkdocs.yml",
        "docs/index.rst",
        "package.json",
        "static/app.js",
        "celery.py",
        "notes.txt",
        "requirements/base.py",
        "alembic/env.py",
        "src/env.ts",
        ".env.js",
        "environment",
    ],
)
def test_other_names(path: str) -> None:
    assert not is_deployment_file(path)


# --- the command line -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "program", "app", "options"),
    [
        ("celery -A proj worker", "worker", "proj", {}),
        ("celery -Aproj worker", "worker", "proj", {}),
        ("celery --app=proj.celery:app worker", "worker", "proj.celery:app", {}),
        ("celery --app proj beat", "beat", "proj", {}),
        ("celery worker -A proj", "worker", "proj", {}),
        ("celery -A proj -b redis://localhost worker", "worker", "proj", {"--broker": "redis://localhost"}),
        ("celery -q -C -A proj worker", "worker", "proj", {"--quiet": None, "--no-color": None}),
        (
            "celery -A proj worker -P threads -c 4 -Q a,b -n w@%h -B -l INFO -S state -s schedule",
            "worker",
            "proj",
            {
                "--pool": "threads",
                "--concurrency": "4",
                "--queues": "a,b",
                "--hostname": "w@%h",
                "--beat": None,
                "--loglevel": "INFO",
                "--statedb": "state",
                "--schedule": "schedule",
            },
        ),
        ("celery -A proj worker -lINFO -c8 -Ofair", "worker", "proj", {"--loglevel": "INFO", "--concurrency": "8"}),
        ("celery -A proj worker -EB", "worker", "proj", {"--task-events": None, "--beat": None}),
        ("celery -A proj worker -BE -linfo", "worker", "proj", {"--beat": None, "--loglevel": "info"}),
        ("celery -A proj worker --pool=threads", "worker", "proj", {"--pool": "threads"}),
        ("celery -A proj worker --time-limit 60", "worker", "proj", {"--time-limit": "60"}),
        ("celery -A proj worker --discard --events", "worker", "proj", {"--purge": None, "--task-events": None}),
        (
            "celery -A proj beat -S redbeat.RedBeatScheduler",
            "beat",
            "proj",
            {"--scheduler": "redbeat.RedBeatScheduler"},
        ),
        ("celery -A proj beat --pidfile= -s /tmp/s", "beat", "proj", {"--pidfile": "", "--schedule": "/tmp/s"}),
        (
            "celery -A proj flower --port=5555 --address 0.0.0.0",
            "flower",
            "proj",
            {"--port": "5555", "--address": "0.0.0.0"},
        ),
        ("celery -A proj inspect ping -d celery@$HOSTNAME", "inspect", "proj", {"--destination": "celery@$HOSTNAME"}),
        ("celery -A proj events -c Camera -F 2", "events", "proj", {"--camera": "Camera", "--frequency": "2"}),
        ("celery -A proj worker --maxtasksperchild 5", "worker", "proj", {"--maxtasksperchild": "5"}),
        ("celery worker", "worker", None, {}),
        ("celery -A proj batches --size 4", "batches", "proj", {"--size": "4"}),
        ("celeryd -c 2", "worker", None, {"--concurrency": "2"}),
        ("celerybeat -s /var/run/s", "beat", None, {"--schedule": "/var/run/s"}),
    ],
)
def test_command_line(command: str, program: str, app: str | None, options: dict[str, str | None]) -> None:
    found = line(command)
    assert (found.program, found.app) == (program, app)
    given_options = dict(found.options)
    assert {name: given_options[name] for name in options} == options
    assert not found.uncertain
    assert found.replicas == 1


@pytest.mark.parametrize(
    "command",
    [
        "exec celery -A p worker",
        "uv run celery -A p worker",
        "uv run --no-dev celery -A p worker",
        "poetry run celery -A p worker",
        "pipenv run celery -A p worker",
        "python -m celery -A p worker",
        "python3.12 -u -m celery -A p worker",
        "/venv/bin/python -m celery -A p worker",
        "$VENV/bin/celery -A p worker",
        "/opt/venv/bin/celery -A p worker",
        "su-exec celery celery -A p worker",
        "gosu app celery -A p worker",
        "tini -- celery -A p worker",
        "/usr/bin/dumb-init celery -A p worker",
        "newrelic-admin run-program celery -A p worker",
        "ddtrace-run celery -A p worker",
        "watchmedo auto-restart -d . -p '*.py' --recursive -- celery -A p worker",
        "watchfiles --filter python 'celery -A p worker' src",
        "sh -c 'celery -A p worker'",
        'bash -lc "cd /app && exec celery -A p worker"',
        "bash -c \"python manage.py migrate && sh -c 'celery -A p worker'\"",
        "./wait-for-it.sh redis:6379 -- celery -A p worker",
        "/entrypoint.sh celery -A p worker",
        "nohup celery -A p worker > /var/log/celery.log 2>&1 &",
        "celery -A p worker | tee log",
        "cd /app; celery -A p worker",
        "python manage.py migrate && celery -A p worker",
        "(cd src && celery -A p worker)",
        "sleep 5 && exec celery -A p worker",
        "C_FORCE_ROOT=1 celery -A p worker",
        "env C_FORCE_ROOT=1 celery -A p worker",
        "sudo -u www celery -A p worker",
        "su www -c 'celery -A p worker'",
        "docker compose run --rm web celery -A p worker",
        "docker exec -it web celery -A p worker",
        "${CELERY_BIN} -A p worker",
        "timeout 600 celery -A p worker",
        "celery \\\n  -A p \\\n  worker",
        "python manage.py celery -A p worker",
        "doppler run -- celery -A p worker",
        "coverage run -m celery -A p worker",
        "start-stop-daemon --start --exec /usr/bin/celery -- -A p worker || celery -A p worker",
    ],
)
def test_what_stands_before_celery(command: str) -> None:
    found = line(command)
    assert (found.program, found.app) == ("worker", "p")


@pytest.mark.parametrize(
    "command",
    [
        "echo celery -A p worker",
        "echo 'starting celery worker'",
        "pkill -f 'celery worker'",
        "ps aux | grep 'celery -A p worker'",
        "# celery -A p worker",
        "systemctl restart celery beat",
        "sudo systemctl restart celery worker",
        "supervisorctl restart celery worker",
        "docker compose up -d celery worker",
        "docker compose restart celery beat",
        "adduser celery",
        "pip install celery flower",
        "cat <<EOF\ncelery -A p worker\nEOF",
        "cat > /etc/x <<-'END'\n\tcelery -A p worker\n\tEND",
        "chown celery worker",
        "celery --help",
        "celery --version",
        "celery",
        "git commit -m 'run celery worker'",
        "X='celery -A p worker'",
        "kill $(pgrep -f celery)",
        "celery multi stop w1 -A p",
        "celery multi stopwait w1 w2 --pidfile=/run/%n.pid",
        "export CELERY='celery -A p worker'",
        "su-exec celery app",
    ],
)
def test_what_starts_nothing(command: str) -> None:
    assert read("run.sh", command + "\n") == []


@pytest.mark.parametrize(
    ("command", "nodes"),
    [
        ("celery multi start w1 -A p -B", 1),
        ("celery multi start w1 w2 -A p", 2),
        ("celery multi start 3 -A p -c 4", 3),
        ("celery -A p multi restart $NODES --pidfile=/run/%n.pid", None),
    ],
)
def test_multi(command: str, nodes: int | None) -> None:
    found = line(command)
    assert (found.program, found.app, found.replicas) == ("worker", "p", nodes)


@pytest.mark.parametrize("lock", ["single-beat", "flock -n /run/beat.lock", "consul lock beat"])
def test_locks(lock: str) -> None:
    assert line(f"{lock} celery -A p beat").variant == lock.split(maxsplit=1)[0]


def test_airflow_has_a_command_of_that_name() -> None:
    assert read("compose.yml", "services:\n  airflow-worker:\n    command: celery worker\n") == []
    assert read("run.sh", "exec airflow celery worker\n") == []


def test_old_management_command() -> None:
    found = read_deployment("run.sh", "python manage.py celery worker -B\n")
    assert [(c.program, c.options) for c in found.commands] == [("worker", (("--beat", None),))]
    assert [m.word for m in found.mentions] == ["manage.py celery"]


@pytest.mark.parametrize(
    ("command", "uncertain"),
    [
        ("celery -A p worker $ARGS", True),
        ('celery -A p worker "$@"', True),
        ("celery -A p $ROLE", True),
        ("celery -A p worker {{ extra }}", True),
        ("celery -A p worker -c ${N:-3}", False),
        ("celery -A p worker --loglevel=$LEVEL", False),
    ],
)
def test_variables_that_may_hide_options(command: str, uncertain: bool) -> None:
    assert line(command).uncertain is uncertain


def test_variables_stay_as_written() -> None:
    found = line("celery -A ${APP} worker -c ${N:-3} --uid=$UID")
    assert found.app == "${APP}"
    assert found.option("--concurrency") == "${N:-3}"
    assert found.option("--uid") == "$UID"


def test_place_over_several_lines() -> None:
    found = one("run.sh", "#!/bin/sh\nexec celery \\\n    -A p \\\n    worker -l info\n")
    assert (found.span.line, found.span.column, found.span.end_line, found.span.end_column) == (2, 5, 4, 18)


# --- compose ----------------------------------------------------------------------------------------------------------


def test_compose() -> None:
    worker, beat = read(
        "docker-compose.yml",
        """\
        x-app: &app
          build:
            context: ./backend
          environment: &env
            DEBUG: "0"
        services:
          worker:
            <<: *app
            command: celery -A p worker -l info
            environment:
              <<: *env
              BROKER: redis
            deploy:
              replicas: 3
          beat:
            <<: *app
            command: ["celery", "-A", "p", "beat"]
            environment:
              - TZ=UTC
              - EMPTY
        """,
    )
    assert (worker.service, worker.kind, worker.replicas, worker.image) == ("worker", "compose", 3, "build backend")
    assert worker.environment == (("DEBUG", "0"), ("BROKER", "redis"))
    assert (worker.span.line, worker.span.column) == (9, 13)
    assert (beat.service, beat.program, beat.replicas) == ("beat", "beat", 1)
    assert beat.environment == (("TZ", "UTC"), ("EMPTY", ""))
    assert (beat.span.line, beat.span.column, beat.span.end_column) == (17, 15, 40)


@pytest.mark.parametrize(
    ("service", "replicas", "autoscaled"),
    [
        ("scale: 2", 2, False),
        ("deploy: {replicas: 4}", 4, False),
        ("deploy: {replicas: '${N:-2}'}", None, False),
        ("deploy: {mode: global}", None, True),
        ("deploy: {resources: {}}", 1, False),
        ("deploy: {replicas: 0}", 0, False),
    ],
)
def test_compose_replicas(service: str, replicas: int | None, autoscaled: bool) -> None:
    found = one("compose.yaml", f"services:\n  w:\n    command: celery -A p worker\n    {service}\n")
    assert (found.replicas, found.autoscaled) == (replicas, autoscaled)


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("profiles: [debug]", "profile:debug"),
        ("profiles:\n      - a\n      - b", "profile:a profile:b"),
        ("restart: always", ""),
    ],
)
def test_compose_profiles(text: str, variant: str) -> None:
    assert one("compose.yaml", f"services:\n  w:\n    command: celery -A p worker\n    {text}\n").variant == variant


@pytest.mark.parametrize(
    ("path", "variant"),
    [
        ("docker-compose.yml", ""),
        ("docker-compose.override.yml", "override"),
        ("docker-compose-dev.yml", "dev"),
        ("deploy/local/compose.yml", "local"),
        ("docker-compose.ci.test.yml", "ci test"),
        ("docker-compose.prod.yml", ""),
        ("specific/compose.yml", ""),
    ],
)
def test_variant_of_the_file(path: str, variant: str) -> None:
    assert one(path, "services:\n  w:\n    command: celery -A p worker\n").variant == variant


def test_compose_service_that_names_its_variant() -> None:
    dev, prod = read(
        "compose.yml",
        """\
        services:
          beat-dev:
            command: celery -A p beat
          beat-prod:
            command: celery -A p beat
        """,
    )
    assert (dev.variant, prod.variant) == ("dev", "")


def test_compose_entrypoint_and_command() -> None:
    found = read(
        "compose.yml",
        """\
        services:
          a:
            entrypoint: ["celery", "-A", "p"]
            command: ["worker", "-B"]
          b:
            entrypoint: celery -A p
            command: beat
          c:
            entrypoint: /entrypoint.sh
            command: celery -A p flower
          d:
            entrypoint: sh -c "sleep 1 && celery -A p worker"
            command: ["ignored"]
          e:
            entrypoint: []
            command:
              - bash
              - -c
              - |
                python manage.py migrate && \\
                celery -A p worker -E
          f:
            command: >
              bash -c "rm -f x.pid
              && celery -A p beat --pidfile=\\"x.pid\\""
        """,
    )
    assert [(c.service, c.program) for c in found] == [
        ("a", "worker"),
        ("b", "beat"),
        ("c", "flower"),
        ("d", "worker"),
        ("e", "worker"),
        ("f", "beat"),
    ]
    assert found[0].option("--beat") == ""
    assert (found[4].span.line, found[4].span.column) == (21, 8)
    assert found[5].option("--pidfile") == "x.pid"
    assert found[5].span.line == 25


def test_compose_extends() -> None:
    base, worker, other, external = read(
        "compose.yml",
        """\
        services:
          base:
            image: app
            command: celery -A p worker
            environment: {A: "1", B: "1"}
          worker:
            extends: {service: base}
            environment: {B: "2"}
            scale: 2
          other:
            extends: base
            entrypoint: celery -A p beat
          external:
            extends: {service: base, file: common.yml}
            command: celery -A p worker
        """,
    )
    assert (base.replicas, worker.replicas, worker.image) == (1, 2, "app")
    assert worker.environment == (("A", "1"), ("B", "2"))
    assert other.program == "beat"
    assert external.image == ""


def test_compose_extends_itself() -> None:
    assert read("compose.yml", "services:\n  a:\n    extends: a\n    command: celery -A p worker\n")


def test_compose_of_the_first_format() -> None:
    assert one("docker-compose.yml", "worker:\n  build: .\n  command: celery -A p worker\n").service == "worker"


def test_compose_healthcheck_starts_nothing() -> None:
    assert read("compose.yml", "services:\n  w:\n    healthcheck:\n      test: celery -A p inspect ping\n") == []


def test_compose_env_file() -> None:
    found = one("compose.yml", "services:\n  w:\n    env_file: [a.env]\n    command: celery -A p worker\n")
    assert found.environment == (("env_file", "a.env"),)


def test_compose_template() -> None:
    found = read(
        "docker-compose.yml",
        """\
        services:
          django:{% if x == 'y' %} &django{% endif %}
            image: {{ slug }}_django
            command: /start
          {%- if x == 'y' %}
          worker:
            <<: *django
            image: {{ slug }}_worker
            command: celery -A {{ slug }} worker --uid {{ uid }}
          {%- endif %}
        """,
    )
    assert [(c.service, c.app, c.uncertain, c.span.line) for c in found] == [("worker", "{{ slug }}", True, 9)]


def test_compose_with_a_byte_order_mark_and_crlf() -> None:
    found = one("compose.yml", "\ufeffservices:\r\n  w:\r\n    command: celery -A p worker\r\n")
    assert (found.span.line, found.span.column) == (3, 13)


# --- Kubernetes -------------------------------------------------------------------------------------------------------

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: {kind}
metadata:
  name: {name}
spec:
  replicas: {replicas}
  template:
    spec:
      containers:
        - name: celery
          image: registry.example.org:5000/app:1.2
          command: ["celery"]
          args: ["-A", "p", "{program}"]
          env:
            - name: BROKER
              value: redis
            - name: SECRET
              valueFrom: {{secretKeyRef: {{name: a, key: b}}}}
"""


@pytest.mark.parametrize(
    ("kind", "replicas", "autoscaled"),
    [("Deployment", 2, False), ("StatefulSet", 2, False), ("Rollout", 2, False), ("DaemonSet", None, True)],
)
def test_kubernetes(kind: str, replicas: int | None, autoscaled: bool) -> None:
    found = one("k8s/beat.yaml", _DEPLOYMENT.format(kind=kind, name="beat", replicas=2, program="beat"))
    assert (found.kind, found.service, found.program) == ("kubernetes", "beat", "beat")
    assert (found.replicas, found.autoscaled) == (replicas, autoscaled)
    assert found.image == "registry.example.org:5000/app"
    assert found.environment == (("BROKER", "redis"),)
    assert found.span.line == 12


@pytest.mark.parametrize(
    ("scaler", "autoscaled"),
    [
        ("kind: HorizontalPodAutoscaler\nspec:\n  scaleTargetRef: {kind: Deployment, name: w}\n  maxReplicas: 5", True),
        (
            "kind: HorizontalPodAutoscaler\nspec:\n  scaleTargetRef: {kind: Deployment, name: w}\n  maxReplicas: 1",
            False,
        ),
        ("kind: HorizontalPodAutoscaler\nspec:\n  scaleTargetRef: {kind: Deployment, name: other}", False),
        ("kind: ScaledObject\nspec:\n  scaleTargetRef: {name: w}", True),
    ],
)
def test_kubernetes_autoscaling(scaler: str, autoscaled: bool) -> None:
    text = _DEPLOYMENT.format(kind="Deployment", name="w", replicas=1, program="worker")
    assert one("k8s/w.yaml", f"{text}---\napiVersion: v1\n{scaler}\n").autoscaled is autoscaled


def test_kubernetes_cron_job_list_and_namespace() -> None:
    found = read(
        "jobs.yml",
        """\
        apiVersion: v1
        kind: List
        items:
          - apiVersion: batch/v1
            kind: CronJob
            metadata: {name: purge, namespace: prod}
            spec:
              jobTemplate:
                spec:
                  template:
                    spec:
                      containers:
                        - name: c
                          command: [sh, -c, "celery -A p purge -f"]
          - apiVersion: v1
            kind: Pod
            metadata: {name: pod}
            spec:
              containers:
                - name: c
                  args:
                    - celery
                    - --app=p
                    - worker
        """,
    )
    assert [(c.service, c.program) for c in found] == [("prod/purge", "purge"), ("pod", "worker")]


def test_containers_of_a_pod() -> None:
    text = """\
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: shop}
        spec:
          template:
            spec:
              containers:
                - name: web
                  command: [./run.sh]
                  env: [{name: C_FORCE_ROOT, value: "1"}]
                - name: worker
                  command: [celery, -A, shop, worker]
                  env: [{name: C_FORCE_ROOT, value: "1"}]
        """
    found = read_deployment("k8s.yaml", textwrap.dedent(text))
    assert [(v.service, v.container) for v in found.variables] == [("shop", "web"), ("shop", "worker")]
    assert [(c.service, c.container) for c in found.commands] == [("shop", "worker")]


def test_kubernetes_probes_start_nothing() -> None:
    assert (
        read(
            "k8s.yaml",
            """\
            apiVersion: apps/v1
            kind: Deployment
            spec:
              template:
                spec:
                  containers:
                    - name: celery
                      livenessProbe: {exec: {command: [celery, -A, p, inspect, ping]}}
            """,
        )
        == []
    )


def test_helm_template() -> None:
    found = one(
        "chart/templates/worker.yaml",
        """\
        {{- if .Values.worker.enabled }}
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{ include "app.name" . }}-worker
          labels:
            {{- include "app.labels" . | nindent 4 }}
        spec:
          {{- if not .Values.autoscaling }}
          replicas: {{ .Values.worker.replicas }}
          {{- end }}
          template:
            spec:
              containers:
                - name: worker
                  image: "{{ .Values.image.name }}:{{ .Values.image.tag | default "latest" }}"
                  command:
                    [
                      "celery", "-A", "p", "worker",
                      {{- range .Values.worker.args }}
                      {{ . | quote }},
                      {{- end }}
                      "-Q", "{{ .Values.worker.queues }}",
                    ]
        {{- end }}
        """,
    )
    assert (found.service, found.replicas, found.uncertain) == ('{{ include "app.name" . }}-worker', None, True)
    assert found.option("--queues") == "{{ .Values.worker.queues }}"
    assert found.span.line == 19


def test_helm_values() -> None:
    found = read(
        "chart/values.yaml",
        """\
        celery:
          beat:
            replicaCount: 2
            command: ["celery", "-A", "p", "beat"]
          worker:
            autoscaling: {enabled: true, maxReplicas: 4}
            container:
              args: celery -A p worker -B
            livenessProbe:
              exec:
                command: [celery, -A, p, inspect, ping]
          flower:
            enabled: false
            command: [celery, -A, p, flower]
        """,
    )
    assert [(c.kind, c.service, c.replicas, c.autoscaled, c.variant) for c in found] == [
        ("helm", "celery.beat", 2, False, ""),
        ("helm", "celery.worker.container", None, True, ""),
        ("helm", "celery.flower", None, False, "disabled"),
    ]


def test_yaml_that_is_no_manifest() -> None:
    assert read("settings.yaml", "command: celery -A p worker\n") == []


@pytest.mark.parametrize("path", ["docker-compose.yml", "k8s/worker.yaml"])
def test_broken_yaml_is_a_problem(path: str) -> None:
    found = read_deployment(path, "apiVersion: v1\nkind: Pod\nx: [celery\ny: }\n")
    assert [(p, line) for p, line, _ in found.problems] == [(path, 4)]
    assert "broken YAML" in found.problems[0][2]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docker-compose.yml", "x: [y\n"),
        ("fixture.yaml", "celery: [\n"),
        ("chart/templates/x.yaml", "apiVersion: v1\nkind: Pod\n{{ if celery }}]{{ end }}\n"),
    ],
)
def test_broken_yaml_that_is_none_of_our_business(path: str, text: str) -> None:
    assert not read_deployment(path, text).problems


@pytest.mark.parametrize(
    "text",
    [
        "celery: " + "[" * 100_000,
        "celery: " + "{a: " * 50_000,
        "celery:\n" + "".join(" " * i + "a:\n" for i in range(1_000)),
        # A billion laughs, plain and through merge keys.
        "celery: 1\na0: &a0 [x, x]\n"
        + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 40)),
        "services:\n  celery: &a0 {command: celery -A p worker}\n"
        + "".join(f"  s{i}: &a{i}\n    <<: [{', '.join([f'*a{i - 1}'] * 9)}]\n    k{i}: 1\n" for i in range(1, 40)),
        "services:\n  celery: &a0 {command: celery -A p worker}\n"
        + "".join(f"  s{i}: &a{i} {{<<: *a{i - 1}, k{i}: 1}}\n" for i in range(1, 1_000)),
        "services: &s\n  celery: *s\n  b:\n    <<: *s\n    command: celery -A p worker\n",
        "- " * 3_000 + "celery",
        "? " * 3_000 + "celery",
    ],
)
@pytest.mark.parametrize("path", ["docker-compose.yml", "k8s.yaml", "values.yaml"])
def test_bombs(path: str, text: str) -> None:
    # expanded, they would not end in a lifetime
    assert isinstance(read_deployment(path, text), Deployment)


def test_nothing_is_constructed() -> None:
    text = "services:\n  w: !!python/object/apply:os.system ['exit 1']\n  v:\n    command: !x celery -A p worker\n"
    assert one("compose.yml", text).service == "v"


def test_large_files_are_passed_over() -> None:
    assert read("run.sh", "celery -A p worker\n" + "# " + "x" * 1_000_000) == []


# --- Procfile, Dockerfile, units --------------------------------------------------------------------------------------


def test_procfile() -> None:
    web_worker, beat = read(
        "Procfile",
        """\
        release: python manage.py migrate
        web: gunicorn p.wsgi
        worker: REMAP_SIGTERM=SIGQUIT celery -A p worker -B -l info
        beat: celery -A p beat
        """,
    )
    assert (web_worker.service, web_worker.kind) == ("worker", "procfile")
    assert web_worker.environment == (("REMAP_SIGTERM", "SIGQUIT"),)
    assert (web_worker.span.line, web_worker.span.column) == (3, 30)
    assert beat.program == "beat"


@pytest.mark.parametrize(
    "text",
    [
        'CMD ["celery", "-A", "p", "worker"]',
        "CMD celery -A p worker",
        "CMD celery \\\n    -A p \\\n    # a comment\n    worker",
        'ENTRYPOINT ["celery", "-A", "p"]\nCMD ["worker"]',
        'ENTRYPOINT ["/entrypoint.sh"]\nCMD ["celery", "-A", "p", "worker"]',
        'ENTRYPOINT ["/entrypoint.sh"]\nCMD celery -A p worker',
        'CMD ["sh", "-c", "python manage.py migrate && celery -A p worker"]',
        "ENTRYPOINT celery -A p worker\nCMD celery -A p beat",
        'CMD celery -A p beat\nCMD ["celery", "-A", "p", "worker"]  # the last one counts',
        "RUN <<EOF\nCMD celery -A p beat\nEOF\ncmd celery -A p worker",
        "HEALTHCHECK CMD celery -A p inspect ping\nCMD celery -A p worker",
    ],
)
def test_dockerfile(text: str) -> None:
    found = one("Dockerfile", f"FROM python\nENV C_FORCE_ROOT=1 A='b c'\nWORKDIR /app\n{text}\n")
    assert (found.kind, found.program, found.app, found.replicas) == ("dockerfile", "worker", "p", None)
    assert found.environment == (("C_FORCE_ROOT", "1"), ("A", "b c"))
    assert found.image == "in /app"


def test_dockerfile_stages() -> None:
    found = read(
        "Dockerfile",
        """\
        FROM python AS base
        ENTRYPOINT ["celery", "-A", "p"]
        FROM base AS worker
        CMD ["worker"]
        FROM base AS beat
        CMD ["beat"]
        """,
    )
    assert [(c.service, c.program) for c in found if c.program] == [("worker", "worker"), ("beat", "beat")]


def test_systemd() -> None:
    found = one(
        "etc/celery-worker.service",
        """\
        [Unit]
        Description=celery worker
        [Service]
        Type=simple
        Environment="A=1" B=2
        EnvironmentFile=-/etc/app.env
        WorkingDirectory=/srv/app
        ExecStartPre=/bin/true
        ExecStart=
        ExecStart=-/srv/venv/bin/celery -A p worker \\
            --loglevel=INFO \\
            -n w@%%h
        ExecStop=/srv/venv/bin/celery -A p control shutdown
        [Install]
        WantedBy=multi-user.target
        """,
    )
    assert (found.service, found.kind, found.image) == ("celery-worker", "systemd", "in /srv/app")
    assert found.environment == (("A", "1"), ("B", "2"), ("env_file", "/etc/app.env"))
    assert (found.span.line, found.span.end_line) == (10, 12)
    assert found.option("--hostname") == "w@%%h"


def test_systemd_template_unit_and_daemon() -> None:
    assert one("celery@.service", "[Service]\nExecStart=celery -A p worker -n %i\n").replicas is None
    found = one(
        "celery.service",
        """\
        [Service]
        Type=forking
        ExecStart=/bin/sh -c '${CELERY_BIN} -A $CELERY_APP multi start $CELERYD_NODES \\
            --pidfile=${CELERYD_PID_FILE} $CELERYD_OPTS'
        ExecStop=/bin/sh -c '${CELERY_BIN} multi stopwait $CELERYD_NODES'
        """,
    )
    assert (found.program, found.app, found.replicas, found.uncertain) == ("worker", "$CELERY_APP", None, True)


def test_supervisor() -> None:
    worker, beat, off = read(
        "supervisord.conf",
        """\
        [supervisord]
        nodaemon=true
        ; a comment about celery
        [program:worker]
        command=celery -A p worker
            --hostname=w@%%n
            -Q a,b ; a comment
        environment=A="1,2",B=c
        directory = /srv
        numprocs=4
        [program:beat]
        command : /srv/venv/bin/celery -A p beat
        numprocs=%(ENV_N)s
        [program:off]
        command=celery -A p flower
        autostart=false
        [group:all]
        programs=worker,beat
        """,
    )
    assert (worker.service, worker.replicas, worker.option("--queues")) == ("worker", 4, "a,b")
    assert worker.environment == (("A", "1,2"), ("B", "c"))
    assert worker.image == "in /srv"
    assert (worker.span.line, worker.span.end_line) == (5, 7)
    assert (beat.service, beat.replicas) == ("beat", None)
    assert off.variant == "not started automatically"


def test_supervisor_with_indented_keys() -> None:
    found = one(
        "supervisord.conf",
        """\
        [program:beat]
            command=celery -A p beat
              --loglevel=INFO
            numprocs=2
        """,
    )
    assert (found.replicas, found.option("--loglevel")) == (2, "INFO")


def test_other_configuration_files() -> None:
    assert read("nginx.conf", "server {\n  # celery\n  command=celery -A p worker;\n}\n") == []


# --- scripts ----------------------------------------------------------------------------------------------------------


def test_shell_branches_are_processes_of_their_own() -> None:
    found = read(
        "entrypoint.sh",
        """\
        #!/bin/bash
        set -e
        start_beat() {
          exec celery -A p beat
        }
        function start_all {
          celery -A p worker -B &
        }
        case "$1" in
          worker|celery)
            exec celery -A p worker ;;
          beat) start_beat ;;
          *)
            celery -A p flower
            ;;
        esac
        if [ "$DEBUG" ]; then
          celery -A p worker -l debug
        elif [ "$X" ]; then celery -A p events; else
          celery -A p worker
        fi
        for i in 1 2 3; do celery -A p worker -n $i & done
        celery -A p status
        """,
    )
    assert [c.service for c in found] == [
        "entrypoint:start_beat",
        "entrypoint:start_all",
        "entrypoint:worker|celery",
        "entrypoint:*",
        "entrypoint:if 17",
        "entrypoint:elif 19",
        "entrypoint:else 19",
        "entrypoint:for 22",
        "entrypoint",
    ]
    assert [c.replicas for c in found] == [1] * 7 + [None, 1]


def test_what_a_shell_waits_for() -> None:
    first, second, third = read("all.sh", "celery -A p worker --detach\ncelery -A p beat\ncelery -A p worker -B\n")
    assert (first.variant, second.variant, third.variant) == ("", "", "after line 2")
    both = read("all.sh", "celery -A p worker &\ncelery -A p beat &\nwait\n")
    assert [c.variant for c in both] == ["", ""]


@pytest.mark.parametrize(
    "text",
    [
        '(trap \'kill 0\' INT;\n  ("$BIN"/celery -A p worker -B) &\n  ("$BIN"/celery -A p beat) &\n  web)\n',
        "{ cd a; celery -A p worker -B; } &\n{ celery -A p beat; } &\n",
        "celery -A p worker -B & celery -A p beat\n",
        "nohup celery -A p worker -B > log 2>&1 &\nexec celery -A p beat\n",
    ],
)
def test_what_a_shell_does_not_wait_for(text: str) -> None:
    assert [(c.program, c.service, c.variant) for c in read("all.sh", text)] == [
        ("worker", "all", ""),
        ("beat", "all", ""),
    ]


def test_script_without_suffix() -> None:
    assert one("celery/beat/start", "#!/bin/bash\nexec celery -A p beat\n").service == "beat/start"
    assert read("celery/beat/start", "exec celery -A p beat\n") == []
    assert read("bin/start-celery", "#!/usr/bin/env python\ncelery -A p beat\n") == []


def test_makefile() -> None:
    worker, beat, shell, inline = read(
        "Makefile",
        "CELERY = celery -A p worker\n"
        "help: ## runs celery\n"
        "\t@echo celery -A p worker\n"
        "worker: migrate ## the worker\n"
        "\t@cd src && \\\n"
        "\t  celery -A p worker -l $(LEVEL)\n"
        "beat:\n"
        "\t-$(VENV)/bin/celery -A p beat\n"
        "\n"
        "\tdocker compose exec web celery -A p shell\n"
        "flower: ; celery -A p flower\n",
    )
    assert [(c.service, c.program) for c in (worker, beat, shell, inline)] == [
        ("worker", "worker"),
        ("beat", "beat"),
        ("beat", "shell"),
        ("flower", "flower"),
    ]
    assert (worker.kind, worker.span.line, worker.option("--loglevel")) == ("make", 6, "$(LEVEL)")


# --- mentions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("celeryd -A p -l info", "celeryd"),
        ("celeryd --loglevel=info", "celeryd"),
        ("/usr/local/bin/celerybeat -A p -l info", "celerybeat"),
        ("celeryev -c camera", "celeryev"),
        ("celerymon -P 80", "celerymon"),
        ("celeryd-multi start w1 -l info", "celeryd-multi"),
        ("python manage.py celeryd -B", "manage.py celeryd"),
        ("./manage.py celerybeat", "manage.py celerybeat"),
        ("python manage.py celerycam --frequency=2", "manage.py celerycam"),
        ("manage.py celery worker -c 2", "manage.py celery"),
        ("django-admin.py celeryd", "manage.py celeryd"),
        ("python -m django celeryd", "manage.py celeryd"),
        ("exec newrelic-admin run-program python manage.py celeryd", "manage.py celeryd"),
        ("python manage.py djcelerymon 8000", "manage.py djcelerymon"),
    ],
)
@pytest.mark.parametrize("path", ["run.sh", "Procfile", "docker-compose.yml", "supervisord.conf", "celery.service"])
def test_programs_that_are_gone(command: str, word: str, path: str) -> None:
    frame = {
        "run.sh": "{}\n",
        "Procfile": "x: {}\n",
        "docker-compose.yml": "services:\n  x:\n    command: {}\n",
        "supervisord.conf": "[program:x]\ncommand={}\n",
        "celery.service": "[Service]\nExecStart={}\n",
    }[path]
    (mention,) = read_deployment(path, frame.format(command)).mentions
    assert (mention.kind, mention.word) == ("program", word)
    assert mention.text == command.removeprefix("exec ") or mention.text == command


@pytest.mark.parametrize(
    "command",
    [
        "celery -A p worker --pidfile=celeryd.pid",
        "rm -f celerybeat.pid celerybeat-schedule",
        "service celeryd restart",
        "/etc/init.d/celeryd start",
        "./celerybeat -l info",
        "/start-celerybeat",
        "/app/docker/celeryd -l info",
        "celerybeat",
        "/entrypoint.sh celerybeat -l info",
        "echo celeryd -l info",
        "supervisorctl restart celeryd -v",
        "python manage.py migrate djcelery",
        "python manage.py migrate && python manage.py runserver",
        "python manage.py test celery",
    ],
)
def test_what_is_no_mention(command: str) -> None:
    assert not read_deployment("run.sh", command + "\n").mentions


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("requirements.txt", "django-celery==3.3.1\nDjango_Celery\ndjango.celery>=3", ["django-celery"] * 3),
        ("requirements/base.in", "celerymon\n  django-kombu  # a comment\n", ["celerymon", "django-kombu"]),
        ("requirements.txt", "django-celery-beat\ndjango-celery-results==2\ndjango-celery-email\n", []),
        ("requirements.txt", "celery==5.4\n    # via django-celery\n# django-celery\n", []),
        ("requirements.txt", "-e git+https://example.org/x.git@1#egg=django-celery\n", ["django-celery"]),
        ("requirements.txt", "-e git+https://example.org/x.git@1#egg=django-celery-monitor\n", []),
        ("requirements.txt", "django-celery; python_version < '3'\n", []),
        ("setup.cfg", "[options]\ninstall_requires =\n    celery\n    django-celery>=3\n", ["django-celery"]),
        ("setup.cfg", "[metadata]\nname = django-celery\nkeywords =\n    django-celery\n", []),
        ("pyproject.toml", '[project]\nname = "x"\ndependencies = [\n  "django-celery>=3",\n]\n', ["django-celery"]),
        ("pyproject.toml", '[project]\ndependencies = ["celery", "django-celery"]\n', ["django-celery"]),
        ("pyproject.toml", '[project]\nname = "django-celery"\nkeywords = ["celerymon"]\n', []),
        ("pyproject.toml", '[tool.poetry.dependencies]\ndjango-celery = "^3.3"\n', ["django-celery"]),
        ("pyproject.toml", '[dependency-groups]\ndev = [\n  "celery",\n  "django-celery",\n]\n', ["django-celery"]),
        ("pyproject.toml", '[tool.poetry.dependencies]\ndjango-celery-beat = "*"\n# django-celery\n', []),
        ("Pipfile", '[packages]\ndjango-celery = "*"\n', ["django-celery"]),
    ],
)
def test_requirements(path: str, text: str, words: list[str]) -> None:
    mentions = read_deployment(path, text).mentions
    assert [m.word for m in mentions] == words
    for mention in mentions:
        written = text.split("\n")[mention.span.line - 1][mention.span.column : mention.span.end_column]
        assert written.lower().replace("_", "-").replace(".", "-") == mention.word
        assert mention.kind == "requirement"


# --- no text makes a reader fail --------------------------------------------------------------------------------------

_PATHS = [
    "docker-compose.yml",
    "Procfile",
    "Dockerfile",
    "celery.service",
    "supervisord.conf",
    "k8s/worker.yaml",
    "chart/values.yaml",
    "run.sh",
    "Makefile",
    "requirements.txt",
    "pyproject.toml",
]
_FRAGMENTS = [
    *(
        "celery",
        " ",
        "\n",
        "\t",
        "  ",
        "-A",
        " p ",
        "worker",
        " beat",
        "-B",
        "$(",
        ")",
        "${",
        "}",
        "{{",
        "}}",
        "{%",
        "%}",
    ),
    *(
        "'",
        '"',
        "`",
        "\\",
        "\\\n",
        "<<EOF\n",
        "EOF\n",
        "if ",
        "then ",
        "fi",
        "case x in",
        ";;",
        "esac",
        "(",
        "{",
        "[",
        "]",
    ),
    *(
        "services:\n",
        "  w:\n",
        "    command: ",
        "&a ",
        "*a",
        "<<: ",
        "- ",
        ": ",
        "|\n",
        ">\n",
        "# ",
        "apiVersion: v1\n",
    ),
    *(
        "kind: Deployment\n",
        "spec:\n",
        "containers:\n",
        "[program:x]\n",
        "command=",
        "numprocs=",
        "[Service]\n",
        "=",
        ";",
    ),
    *(
        "ExecStart=",
        "CMD ",
        "ENTRYPOINT ",
        '["',
        '", "',
        '"]',
        "FROM x AS y\n",
        "worker: ",
        "multi start ",
        "sh -c ",
        "&",
        "|",
    ),
    *(
        "celeryd -l",
        "manage.py celery",
        "django-celery",
        "\r\n",
        "\x00",
        "\ufeff",
        "\ue000",
        "\u2028",
        "é",
        "😀",
        "!!x ",
        "? ",
    ),
]


@pytest.mark.parametrize("path", _PATHS)
@settings(max_examples=150, deadline=None)
@given(text=st.lists(st.sampled_from(_FRAGMENTS) | st.text(max_size=4), max_size=40).map("".join))
def test_no_text_fails(path: str, text: str) -> None:
    found = read_deployment(path, "# celery\n" + text)
    lines = text.count("\n") + 2
    for command in found.commands:
        assert 1 <= command.span.line <= command.span.end_line <= lines
        assert command.argv
    for mention in found.mentions:
        assert 1 <= mention.span.line <= lines


@pytest.mark.parametrize("path", _PATHS)
@settings(max_examples=100, deadline=None)
@given(text=st.text())
def test_arbitrary_text(path: str, text: str) -> None:
    read_deployment(path, text)
    read_deployment(path, text + "celery")


@given(path=st.text())
def test_any_name(path: str) -> None:
    is_deployment_file(path)
    read_deployment(path, "celery -A p worker")


@pytest.mark.parametrize("path", _PATHS)
def test_surrogates(path: str) -> None:
    read_deployment(path, "celery: \udcff 'x\n")


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize(
    "fragment",
    [
        "$(",
        "(",
        "{ ",
        "`",
        "'",
        '"',
        "${",
        "{{",
        "<<E\n",
        "celery\\\n",
        "&a ",
        "[",
        "- ",
        "if ",
        "case x in ",
        "a(",
        ")",
    ],
)
def test_long_nonsense_is_read_in_time(path: str, fragment: str) -> None:
    # a reader that takes quadratic time would not come back here for minutes
    assert isinstance(read_deployment(path, "celery " + fragment * 20_000), Deployment)


def test_recursion_limit_is_untouched() -> None:
    limit = sys.getrecursionlimit()
    read_deployment("compose.yml", "services: {celery: " * 50)
    assert sys.getrecursionlimit() == limit


# --- variables and ports ----------------------------------------------------------------------------------------------


def variables(path: str, text: str) -> list[tuple[str, str, str]]:
    """The variables of a file as name, value and service; each span is that of the value."""
    text = textwrap.dedent(text)
    found = read_deployment(path, text)
    assert not found.problems
    lines = text.split("\n")
    for variable in found.variables:
        line = lines[variable.span.line - 1][variable.span.column : variable.span.end_column]
        assert line == variable.value, (line, variable)
    return [(v.name, v.value, v.service) for v in found.variables]


def test_variables_of_a_compose_file() -> None:
    text = """
        x-environment: &environment
          CELERY_BROKER_URL: "amqp://a:b@mq.shop.org//"
          DEBUG: "1"
        services:
          worker:
            image: shop
            environment:
              <<: *environment
              C_FORCE_ROOT: true
          beat:
            image: shop
            environment:
              - CELERY_RESULT_BACKEND=redis://cache/0
              - "FLOWER_BASIC_AUTH=a:b"
              - CELERY_FROM_THE_SHELL
        """
    assert variables("docker-compose.yml", text) == [
        ("CELERY_BROKER_URL", "amqp://a:b@mq.shop.org//", "worker"),
        ("C_FORCE_ROOT", "true", "worker"),
        ("CELERY_RESULT_BACKEND", "redis://cache/0", "beat"),
        ("FLOWER_BASIC_AUTH", "a:b", "beat"),
    ]


def test_variables_of_manifests() -> None:
    text = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: shop}
        data:
          CELERY_BROKER_URL: redis://cache/0
          celery.conf: broker_url
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: shop}
        stringData:
          BROKER_URL: redis://:x@cache/0
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: worker}
        spec:
          template:
            spec:
              containers:
                - name: worker
                  env:
                    - name: C_FORCE_ROOT
                      value: "1"
                    - name: CELERY_BROKER_URL
                      valueFrom: {secretKeyRef: {name: shop, key: broker}}
        """
    assert variables("k8s/shop.yaml", text) == [
        ("CELERY_BROKER_URL", "redis://cache/0", ""),
        ("BROKER_URL", "redis://:x@cache/0", ""),
        ("C_FORCE_ROOT", "1", "worker"),
    ]


def test_variables_of_chart_values() -> None:
    text = """
        celery:
          environment:
            CELERY_BROKER_URL: redis://cache/0
          env:
            - name: C_FORCE_ROOT
              value: "true"
        """
    assert sorted(variables("chart/values.yaml", text)) == [
        ("CELERY_BROKER_URL", "redis://cache/0", ""),
        ("C_FORCE_ROOT", "true", "celery"),
    ]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            ".env",
            "# x\nexport BROKER_URL='redis://a' \nPATH=x\nCELERY_A=\nCELERY_B=b#c # d\n",
            [("BROKER_URL", "redis://a"), ("CELERY_A", ""), ("CELERY_B", "b#c")],
        ),
        ("Dockerfile", "FROM python\nENV C_FORCE_ROOT=true A=b\n", [("C_FORCE_ROOT", "true")]),
        (
            "Dockerfile",
            'FROM python\nENV C_FORCE_ROOT "1"\nENV A=1 \\\n  CELERY_X="y z"\n',
            [("C_FORCE_ROOT", '"1"'), ("CELERY_X", "y z")],
        ),
        (
            "run.sh",
            "export C_FORCE_ROOT=1\nCELERY_X=y celery -A shop worker\n",
            [("C_FORCE_ROOT", "1"), ("CELERY_X", "y")],
        ),
        ("run.sh", "echo C_FORCE_ROOT=1\ncelery -A shop worker\n", []),
        ("Procfile", "worker: C_FORCE_ROOT=1 celery -A shop worker\n", [("C_FORCE_ROOT", "1")]),
        ("celery.service", "[Service]\nEnvironment=C_FORCE_ROOT=1 A=b\n", [("C_FORCE_ROOT", "1")]),
        ("w.conf", '[program:celery]\nenvironment=A="b",C_FORCE_ROOT="true"\n', [("C_FORCE_ROOT", "true")]),
        ("Makefile", "worker:\n\tC_FORCE_ROOT=1 celery -A shop worker\n", [("C_FORCE_ROOT", "1")]),
    ],
)
def test_variables_elsewhere(path: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(name, value) for name, value, _ in variables(path, text)] == expected


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ('["5555:5555"]', ("5555",)),
        ('["8080:5555/tcp"]', ("5555",)),
        ("[5555]", ("5555",)),
        ('["127.0.0.1:5555:5555"]', ()),
        ('["localhost:5555:5555"]', ()),
        ('["[::1]:5555:5555"]', ()),
        ('["0.0.0.0:5555:5555"]', ("5555",)),
        ('["${FLOWER_PORT}:5555"]', ("5555",)),
        ('["${FLOWER_BIND:-127.0.0.1}:5555:5555"]', ()),
        ('["5555:${FLOWER_PORT:-5555}"]', ("5555",)),
        ('["5555:${FLOWER_PORT}"]', ("$FLOWER_PORT",)),
        ("[{target: 5555, published: 80}]", ("5555",)),
        ("[{target: 5555, published: 80, host_ip: 127.0.0.1}]", ()),
        ("[]", ()),
    ],
)
def test_published_ports(ports: str, expected: tuple[str, ...]) -> None:
    text = f"services:\n  flower:\n    command: celery -A shop flower\n    ports: {ports}\n"
    assert one("docker-compose.yml", text).ports == expected


def test_the_web_process_of_a_procfile_is_published() -> None:
    first, second = read("Procfile", "web: celery -A shop flower --port=$PORT\nflower: celery -A shop flower\n")
    assert first.ports == ("$PORT",)
    assert second.ports == ()


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("", ()),
        ("command: --port=80 --basic-auth=a:b", (("--port", "80"), ("--basic-auth", "a:b"))),
        (
            'command: ["flower", "--broker=redis://cache", "--port=80"]',
            (("--broker", "redis://cache"), ("--port", "80")),
        ),
    ],
)
def test_flower_of_its_own_image(command: str, options: tuple[tuple[str, str], ...]) -> None:
    text = f"services:\n  celery-flower:\n    image: mher/flower:2.0\n    {command}\n"
    (found,) = read_deployment("docker-compose.yml", text).commands
    assert (found.program, found.options, found.span.line) == ("flower", options, 3)


def test_a_command_of_its_own_starts_flower_once() -> None:
    text = "services:\n  flower:\n    image: mher/flower\n    command: celery --broker=redis://cache flower\n"
    assert one("docker-compose.yml", text).span.line == 4


# --- shells and containers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text", "shell"),
    [
        ("run.sh", "celery -A shop worker\n", "script"),
        ("run.sh", "DEBUG=1 exec celery -A shop worker\n", ""),
        ("run.sh", "celery -A shop worker &\nwait\n", ""),
        ("run.sh", "trap stop TERM\ncelery -A shop worker\n", ""),
        ("run.sh", "bash -c 'celery -A shop worker'\n", "bash"),
        ("run.sh", "su shop -c 'celery -A shop worker'\n", ""),
        ("Dockerfile", "FROM python\nCMD celery -A shop worker\n", "sh"),
        ("Dockerfile", "FROM python\nENTRYPOINT exec celery -A shop worker\n", ""),
        ("Dockerfile", 'FROM python\nSHELL ["bash", "-c"]\nCMD celery -A shop worker\n', ""),
        ("Dockerfile", 'FROM python\nCMD ["celery", "-A", "shop", "worker"]\n', ""),
        ("Dockerfile", 'FROM python\nCMD ["dash", "-c", "cd /srv && celery -A shop worker"]\n', "dash"),
        ("docker-compose.yml", "services: {w: {image: a, command: celery -A shop worker}}\n", ""),
        ("docker-compose.yml", "services: {w: {image: a, command: sh -c 'celery -A shop worker'}}\n", "sh"),
        ("Procfile", "worker: celery -A shop worker\n", ""),
    ],
)
def test_shell_that_waits_for_a_command(path: str, text: str, shell: str) -> None:
    assert one(path, text).shell == shell


def test_containers() -> None:
    text = """
        FROM python:3.13 AS base
        COPY --chown=shop requirements.txt docker/worker.sh /srv/
        FROM base
        COPY --from=builder /srv/celery /srv/
        ENTRYPOINT ["/entry", "--"]
        CMD /srv/worker.sh -v
    """
    first, second = read_deployment("Dockerfile", textwrap.dedent(text)).containers
    assert first.words == ()
    assert second.words == ("/entry", "--", "/srv/worker.sh", "-v")
    assert second.image == "python:3.13"
    assert second.copies == first.copies == (("requirements.txt", "/srv/"), ("docker/worker.sh", "/srv/"))
    text = """
        services:
          worker: {image: celery, init: true, entrypoint: [/entry], command: ./worker.sh --fast}
    """
    (service,) = read_deployment("docker-compose.yml", textwrap.dedent(text)).containers
    assert (service.service, service.words, service.init) == ("worker", ("/entry", "./worker.sh", "--fast"), True)
    text = """
        apiVersion: v1
        kind: Pod
        metadata: {name: celery}
        spec: {containers: [{name: worker, command: [./worker.sh], args: ["-v"]}]}
    """
    (container,) = read_deployment("pod.yaml", textwrap.dedent(text)).containers
    assert (container.service, container.words) == ("celery", ("./worker.sh", "-v"))
